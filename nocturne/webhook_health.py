"""How webhooks are doing, in plain sentences: what arrives, what waits, what was given up, and what to do about it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from analytics.wording import duration, plural
from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from store.inbox import InboxState

LATE: Final = timedelta(minutes=15)
"""An event is worked off within seconds once it is due; so late, nobody works it off."""
_SOON: Final = timedelta(seconds=30)
"""What waits no longer than this is on its way: a worker that keeps up has always something in hand."""
_PUT_OFF: Final = timedelta(minutes=2)
"""Longer than a worker keeps an event to itself: what waits so long and is not due was put off."""

_BY_SYNCHRONISATION: Final = (
    "nights come by synchronisation alone, and who is recording is known as of the last one"
)

_HOLDS_S: Final = 5
"""So long a count of the inbox serves every open page."""
_DONE_HOLDS_S: Final = 60
"""It is a month's count, and takes long where there is much."""

Clock = Callable[[datetime], str]
"""How the reader's clock shows a moment."""


@dataclass(frozen=True, kw_only=True)
class WebhookHealth:
    """How the inbox of an organisation stands.

    Attributes:
        on: whether webhooks are received at all.
        state: the inbox in counts.
        due_since: since when the event has been due that is due the longest (UTC); None where none waits.
        behind_min: for how long that is, where it is longer than usual; else 0. The worker has then stopped, or cannot
            do what it is asked to.
        lags: whether that is longer than the moment that every event takes.
        put_off: whether all that waits is looked at again later.
    """

    on: bool
    state: InboxState
    due_since: datetime | None
    behind_min: float
    lags: bool
    put_off: bool

    @property
    def well(self) -> bool:
        """Whether there is nothing that anybody has to look at; nor is there where webhooks are off on purpose."""
        return not self.on or not (self.state.dead or self.behind_min)

    @property
    def ever(self) -> bool:
        """Whether an event has ever arrived, of those that are still kept."""
        return self.state.last_received_at is not None

    @property
    def title(self) -> str:
        """The finding."""
        if not self.on:
            return "Webhooks are switched off"
        if not self.ever:
            return "No webhook has arrived yet"
        if self.behind_min:
            return "Webhooks arrive and wait"
        if self.state.dead:
            return f"{plural(self.state.dead, 'event')} could not be used"
        return "Webhooks arrive as they should"

    def sentences(self, clock: Clock) -> tuple[str, ...]:
        """What there is to say, the most important first, each with its full stop.

        Args:
            clock: writes a moment as the reader's clock shows it.
        """
        if not self.on:
            return (f"NOCTURNE_WEBHOOKS is off: {_BY_SYNCHRONISATION}.",)
        if not self.ever:
            return (
                f"Until the vendor is told where to send them, {_BY_SYNCHRONISATION}.",
                "Admin has the address.",
            )
        return tuple(self._said(clock))

    def _said(self, clock: Clock) -> list[str]:
        state, said = self.state, []
        if state.last_received_at is not None:
            today = plural(state.received_since_midnight, "event")
            said.append(
                f"The last event came at {clock(state.last_received_at)}; {today} since midnight UTC."
            )
        said.append(self._waiting(clock))
        if state.dead:
            said.append(f"{plural(state.dead, 'event was', 'events were')} given up, and can be tried again.")
        if state.quarantined:
            events = plural(state.quarantined, "event is", "events are")
            whom = "somebody who is" if state.quarantined == 1 else "people who are"
            said.append(f"{events} about {whom} not on the roster; kept for a week in case they are added.")
        if state.unhandled:
            events = plural(state.unhandled, "event is", "events are")
            them = "it" if state.unhandled == 1 else "them"
            said.append(
                f"{events} of a kind that Nocturne does not know; kept, and nothing is done with {them}."
            )
        return said

    def _waiting(self, clock: Clock) -> str:
        state = self.state
        if not (self.lags or self.put_off):
            return "The worker keeps up."
        events = plural(state.waiting, "event waits", "events wait")
        if self.behind_min and self.due_since is not None:
            first = "due" if state.waiting == 1 else "the first of them due"
            return (
                f"{events}, {first} since {clock(self.due_since)} ({duration(self.behind_min)}): the worker does not "
                "run, or is far behind. Nothing is lost meanwhile."
            )
        if self.put_off:
            return (
                f"{events} for the vendor: it has not finished its analysis, or cannot be asked at present."
            )
        return f"{events} for the worker at this moment."


def webhook_health(application: Application, actor: Actor) -> WebhookHealth:
    """How webhooks are doing now, counted at most every few seconds for everybody who asks.

    Raises:
        NotAllowed: the actor may not see people here.
        StoreError: the inbox cannot be read.
    """
    authorize(actor, Permission.SEE_PEOPLE, application.organisation)
    organisation, now = application.organisation, application.now()
    return application.kept.answer(
        organisation,
        application.archive.version(organisation),
        ("webhook health", application.settings.asleep_environment),
        lambda: _health(application, now),
        grounds=int(now.timestamp()) // _HOLDS_S,
    )


def health_now(application: Application, actor: Actor) -> WebhookHealth:
    """The same, counted now: for whoever has just changed something.

    Raises:
        NotAllowed, StoreError.
    """
    authorize(actor, Permission.SEE_PEOPLE, application.organisation)
    return _health(application, application.now())


def done_lately(application: Application) -> int:
    """How many events were worked off in the last 30 days, counted at most every minute.

    Raises:
        StoreError: the inbox cannot be read.
    """
    organisation, environment = application.organisation, application.settings.asleep_environment
    return application.kept.answer(
        organisation,
        application.archive.version(organisation),
        ("webhooks done", environment),
        lambda: application.inbox.done(organisation, environment),
        grounds=int(application.now().timestamp()) // _DONE_HOLDS_S,
    )


def _health(application: Application, now: datetime) -> WebhookHealth:
    inbox, settings = application.inbox, application.settings
    state = inbox.state(application.organisation, settings.asleep_environment)
    due_since = inbox.due_since(application.organisation, settings.asleep_environment)
    # Not since it was received: an analysis may take its time, and what is tried again is due from then on.
    overdue = now - due_since if due_since is not None else timedelta()
    waited = now - state.oldest_waiting_at if state.oldest_waiting_at is not None else timedelta()
    return WebhookHealth(
        on=settings.nocturne_webhooks == "on",
        state=state,
        due_since=due_since,
        # Whole minutes: a page is not drawn anew for less.
        behind_min=overdue // timedelta(minutes=1) if overdue > LATE else 0,
        lags=overdue > _SOON,
        put_off=due_since is not None and due_since > now and waited > _PUT_OFF,
    )
