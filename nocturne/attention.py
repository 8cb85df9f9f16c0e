"""Who of a cohort needs attention, what was done about it, and doing something about it.

Whether what was done still hides a flag is decided by `analytics.flag_state`; here its rule meets the histories that
the store keeps.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from analytics.flag_state import Flag, State, flag_state
from analytics.summary import CohortDay
from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from nocturne.views import day_of_cohort, person
from store.flag_actions import Action, DecidedMeanwhile, FlagAction, NewFlagAction

SNOOZES: Final = MappingProxyType({"Tomorrow": 1, "3 days": 3, "A week": 7})
"""In how many days a snoozed flag is shown again, by what the choice is called."""


class ActedMeanwhile(RuntimeError):
    """Somebody else did something about the flag after the actor had seen it; nothing was entered."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A person's flag as somebody saw it before doing something about it.

    Attributes:
        person_id: whose flag.
        label: the flag in two or three words.
        flag: what it was.
        night: label of the last night.
        last: the last snooze, done or reopen; None where there was none.
    """

    person_id: str
    label: str
    flag: Flag
    night: date
    last: FlagAction | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Attention:
    """The flags of a cohort, and what was done about them.

    Attributes:
        day: the cohort on its last night.
        latest: the last snooze, done or reopen of everybody who has one, by person id.
        notes: the last note likewise.
        states: what has become of the flags of who was acted on.
    """

    day: CohortDay
    latest: Mapping[str, FlagAction]
    notes: Mapping[str, FlagAction]
    states: Mapping[str, State]

    @property
    def aside(self) -> dict[str, State]:
        """By person id whose flag is hidden, and whether it is snoozed or done."""
        return {who: state for who, state in self.states.items() if state in ("snoozed", "done")}

    @property
    def in_need(self) -> int:
        """How many people need attention whom nobody has dealt with."""
        return self.day.in_need - len(self.aside)

    @property
    def title(self) -> str:
        """How many people need attention; who was dealt with stands apart."""
        return self.day.attention_title_beside(len(self.aside))

    def seen(self, person_id: str) -> Seen:
        """The flag of one of the people as it is now.

        Raises:
            KeyError: the cohort has no such person.
        """
        return Seen(
            person_id=person_id,
            label=str(self.day.overview.people.at[person_id, "label"]),
            flag=self.day.flags([person_id])[person_id],
            night=self.day.night,
            last=self.latest.get(person_id),
        )

    def state(self, person_id: str) -> State:
        """What has become of the flag of one of the people who need attention."""
        return self.states.get(person_id, "open")

    def note(self, person_id: str) -> FlagAction | None:
        """The last note about the flag that is up; None where there is none."""
        note = self.notes.get(person_id)
        return note if note is not None and self.is_about(note) else None

    def is_about(self, action: FlagAction) -> bool:
        """Whether something was done about the flag that is up, and not about one that has gone since."""
        flag = self.day.flags([action.person_id]).get(action.person_id)
        return flag is not None and flag.since is not None and action.night >= flag.since


def attention(application: Application, actor: Actor, cohort: str, *, days: int = 28) -> Attention:
    """The flags of a cohort on its last night with what was done about them.

    Raises:
        NotAllowed, UnknownCohort.
    """
    day = day_of_cohort(application, actor, cohort, days=days)
    actions = application.store.flag_actions
    latest = actions.latest(application.organisation)
    flags = day.flags(latest)
    return Attention(
        day=day,
        latest=latest,
        notes=actions.latest_notes(application.organisation),
        states={who: flag_state(flag, latest[who], day.night) for who, flag in flags.items()},
    )


def act(
    application: Application,
    actor: Actor,
    person_id: str,
    action: Action,
    *,
    seen: Seen,
    text: str = "",
    until: date | None = None,
) -> FlagAction:
    """Enters that something was done about a flag, with what the flag was when it was seen.

    Args:
        application: where.
        actor: who does it.
        person_id: whose flag.
        action: note, snooze, done or reopen.
        seen: the flag as the actor saw it.
        text: why; a note has to have one.
        until: the last night that a snooze hides; of a snooze only.

    Raises:
        NotAllowed, UnknownPerson, InvalidEntry.
        ActedMeanwhile: what decides was done by somebody else since; a note is always entered.
    """
    authorize(actor, Permission.ACT_ON_FLAGS, application.organisation, person_id)
    application.person(person_id)
    new = NewFlagAction(
        person_id=person_id,
        action=action,
        night=seen.night,
        label=seen.label,
        red=seen.flag.red,
        amber=seen.flag.amber,
        max_abs_z=seen.flag.max_abs_z,
        levels=seen.flag.levels,
        text=text,
        until=until,
    )
    known = seen.last.action_id if seen.last is not None else 0
    try:
        return application.store.flag_actions.record(
            application.organisation, new, by=actor.name, after=None if action == "note" else known
        )
    except DecidedMeanwhile as late:
        did = {"snooze": "snoozed it", "done": "marked it done", "reopen": "opened it again"}[
            late.last.action
        ]
        raise ActedMeanwhile(
            f"{late.last.by} {did} in the meantime. Look at what was done, then decide again."
        ) from late


def history(application: Application, actor: Actor, person_id: str) -> tuple[FlagAction, ...]:
    """Everything that was done about a person's flags, the newest first.

    Raises:
        NotAllowed, UnknownPerson.
    """
    person(application, actor, person_id)
    return application.store.flag_actions.history(application.organisation, person_id)


def back_on(action: FlagAction) -> date:
    """The day on which a snoozed flag is shown again: the one after the last night that the snooze hides."""
    return (action.until or action.night) + timedelta(days=1)


def last_hidden(application: Application, days: int) -> date:
    """The last night that a snooze hides whose flag is to be shown again in so many days."""
    return application.now().date() + timedelta(days=days - 1)
