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
"""An event is worked off within seconds, or some minutes later where the vendor has not finished its analysis."""

_HOLDS_S: Final = 5
"""So long a count of the inbox serves every open page."""

Clock = Callable[[datetime], str]
"""How the reader's clock shows a moment."""


@dataclass(frozen=True, kw_only=True)
class WebhookHealth:
    """How the inbox of an organisation stands.

    Attributes:
        on: whether webhooks are received at all.
        state: the inbox in counts.
        behind_min: for how long the oldest event has waited, where that is longer than usual; else 0. The worker
            has then stopped, or cannot do what it is asked to.
    """

    on: bool
    state: InboxState
    behind_min: float

    @property
    def well(self) -> bool:
        """Whether there is nothing that anybody has to look at."""
        return self.on and not self.state.dead and not self.behind_min

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
            return (
                "NOCTURNE_WEBHOOKS is off: nights come by synchronisation alone, and nobody is shown asleep.",
            )
        if not self.ever:
            return (
                "Until the vendor is told where to send them, nights come by synchronisation alone.",
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
            said.append(
                f"{events} about somebody who is not on the roster; kept for a week in case they are added."
            )
        if state.unhandled:
            events = plural(state.unhandled, "event is", "events are")
            said.append(f"{events} of a kind that Nocturne does not know; kept, and nothing is done with it.")
        return said

    def _waiting(self, clock: Clock) -> str:
        state = self.state
        if not state.waiting or state.oldest_waiting_at is None:
            return "Nothing waits: the worker keeps up."
        events = plural(state.waiting, "event waits", "events wait")
        if not self.behind_min:
            return f"{events} for the worker at this moment."
        return (
            f"{events}, the oldest since {clock(state.oldest_waiting_at)} ({duration(self.behind_min)}): the worker "
            "does not run, or the vendor cannot be asked at present. Nothing is lost meanwhile."
        )


def webhook_health(application: Application, actor: Actor) -> WebhookHealth:
    """How webhooks are doing now, counted at most every few seconds for everybody who asks.

    Raises:
        NotAllowed: the actor may not see people here.
        StoreError: the inbox cannot be read.
    """
    authorize(actor, Permission.SEE_PEOPLE, application.organisation)
    organisation, now = application.organisation, application.now()
    environment = application.settings.asleep_environment
    return application.kept.answer(
        organisation,
        application.archive.version(organisation),
        ("webhook health", environment),
        lambda: _health(application, application.inbox.state(organisation, environment), now),
        grounds=int(now.timestamp()) // _HOLDS_S,
    )


def health_now(application: Application, actor: Actor) -> WebhookHealth:
    """The same, counted now: for whoever has just changed something.

    Raises:
        NotAllowed, StoreError.
    """
    authorize(actor, Permission.SEE_PEOPLE, application.organisation)
    state = application.inbox.state(application.organisation, application.settings.asleep_environment)
    return _health(application, state, application.now())


def _health(application: Application, state: InboxState, now: datetime) -> WebhookHealth:
    waited = now - state.oldest_waiting_at if state.oldest_waiting_at is not None else timedelta()
    return WebhookHealth(
        on=application.settings.nocturne_webhooks == "on",
        state=state,
        # Whole minutes: a page is not drawn anew for less.
        behind_min=waited // timedelta(minutes=1) if waited > LATE else 0,
    )
