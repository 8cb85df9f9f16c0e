"""What was done about people's flags: a history that is only ever added to.

Whether an action still hides a flag is decided by `analytics.flag_state`.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Literal, cast, get_args

from sqlalchemy import ColumnElement, Engine, Select, func, select
from sqlalchemy.orm import Session

from store.engine import reading, writing
from store.errors import InvalidEntry, StoreError
from store.people import checked_text
from store.rows import checked_actor, person_row, require_organisation
from store.tables import FlagActionRow
from store.unchanged import Unchanged

Action = Literal["note", "snooze", "done", "reopen"]

MAX_TEXT = 2000
_MAX_LABEL = 100
_MAX_LEVEL = 60


@dataclass(frozen=True, kw_only=True)
class NewFlagAction:
    """Something done about a person's flag, and what the flag was when it was done.

    Attributes:
        person_id: whose flag.
        action: a note leaves the flag as it is; snooze, done and reopen decide whether it is shown.
        text: why; a note has to have one, up to 2000 characters.
        until: the last night that a snooze hides; of a snooze only.
        night: label of the last night that was seen.
        label: the flag in two or three words.
        red, amber: how many metrics were.
        max_abs_z: the largest |z| of all metrics; None (or NaN) without any.
        levels: names of the flags on levels that were up.
    """

    person_id: str
    action: Action
    night: date
    label: str = ""
    red: int = 0
    amber: int = 0
    max_abs_z: float | None = None
    levels: tuple[str, ...] = ()
    text: str = ""
    until: date | None = None


@dataclass(frozen=True, kw_only=True)
class FlagAction:
    """An entry of the history: what `NewFlagAction` has, and what follows.

    Attributes:
        action_id: rises with every entry of the organisation.
        by, at: who did it, and when (UTC).
    """

    action_id: int
    person_id: str
    action: Action
    text: str
    until: date | None
    by: str
    at: datetime
    night: date
    label: str
    red: int
    amber: int
    max_abs_z: float | None
    levels: tuple[str, ...]


class DecidedMeanwhile(StoreError):
    """Something was decided about the flag since it was seen: `last`."""

    def __init__(self, last: FlagAction) -> None:
        super().__init__(
            f"{last.by} has decided about this flag in the meantime. Look at it, then decide again."
        )
        self.last = last


class FlagActions:
    """The histories of people's flags, reached as `Store.flag_actions`."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], unchanged: Unchanged) -> None:
        self._engine, self._now, self._unchanged = engine, now, unchanged

    def record(
        self, organisation: str, new: NewFlagAction, *, by: str, after: int | None = None
    ) -> FlagAction:
        """The action as entered.

        Args:
            organisation: whose person it is.
            new: what was done.
            by: who did it.
            after: the last action known that decides (a snooze, done or reopen), 0 for none; None asks nothing.

        Raises:
            InvalidEntry: a field cannot be accepted.
            DecidedMeanwhile: something was decided after `after`; nothing was entered.
            UnknownPerson, UnknownOrganisation: there is no such.
        """
        row = _checked_row(organisation, new)
        row.author, row.acted_at = checked_actor(by), self._now()
        last = select(func.max(FlagActionRow.id)).where(FlagActionRow.organisation_id == organisation)
        with writing(self._engine) as session:
            # The organisation's row is the lock: two who record at once get two numbers.
            require_organisation(session, organisation, lock=True)
            person_row(session, organisation, new.person_id, lock=True)
            if after is not None:
                _require_last(session, organisation, new.person_id, after)
            row.id = (session.scalar(last) or 0) + 1
            session.add(row)
        return _flag_action(row)

    def history(self, organisation: str, person_id: str) -> tuple[FlagAction, ...]:
        """Everything done about the person's flags, the newest first.

        Raises:
            UnknownPerson: nobody in the organisation has that id.
        """
        with reading(self._engine) as session:
            person_row(session, organisation, person_id)
            query = _actions(organisation).where(FlagActionRow.person_id == person_id)
            rows = session.scalars(query.order_by(FlagActionRow.id.desc()))
            return tuple(map(_flag_action, rows))

    def latest(self, organisation: str) -> Mapping[str, FlagAction]:
        """The last snooze, done or reopen of everybody who has one, by person id; a note decides nothing."""
        return self._unchanged.answer(
            ("latest actions", organisation),
            lambda: self._newest(organisation, FlagActionRow.action != "note"),
        )

    def latest_notes(self, organisation: str) -> Mapping[str, FlagAction]:
        """The last note of everybody who has one, by person id."""
        return self._unchanged.answer(
            ("latest notes", organisation),
            lambda: self._newest(organisation, FlagActionRow.action == "note"),
        )

    def _newest(self, organisation: str, which: ColumnElement[bool]) -> Mapping[str, FlagAction]:
        newest = (
            select(func.max(FlagActionRow.id))
            .where(FlagActionRow.organisation_id == organisation, which)
            .group_by(FlagActionRow.person_id)
        )
        with reading(self._engine) as session:
            rows = session.scalars(_actions(organisation).where(FlagActionRow.id.in_(newest)))
            return MappingProxyType({row.person_id: _flag_action(row) for row in rows})


def _require_last(session: Session, organisation: str, person_id: str, after: int) -> None:
    query = _actions(organisation).where(
        FlagActionRow.person_id == person_id, FlagActionRow.action != "note", FlagActionRow.id > after
    )
    newer = session.scalars(query.order_by(FlagActionRow.id.desc()).limit(1)).first()
    if newer is not None:
        raise DecidedMeanwhile(_flag_action(newer))


def _actions(organisation: str) -> Select[FlagActionRow]:
    return select(FlagActionRow).where(FlagActionRow.organisation_id == organisation)


def _checked_row(organisation: str, new: NewFlagAction) -> FlagActionRow:
    if new.action not in get_args(Action):
        raise InvalidEntry(f"Action {new.action!r} is not one of {', '.join(get_args(Action))}.")
    if new.red < 0 or new.amber < 0:
        raise InvalidEntry("The number of red or amber metrics is below 0.")
    _check_until(new)
    return FlagActionRow(
        organisation_id=organisation,
        person_id=new.person_id,
        action=new.action,
        text=_text(new.text) if new.text.strip() or new.action == "note" else "",
        until=new.until,
        night=new.night,
        label=_short(new.label, "The flag's label", _MAX_LABEL) if new.label.strip() else "",
        red=new.red,
        amber=new.amber,
        max_abs_z=_size(new.max_abs_z),
        levels=json.dumps(sorted({_short(name, "A level's name", _MAX_LEVEL) for name in new.levels})),
    )


def _check_until(new: NewFlagAction) -> None:
    if new.action != "snooze":
        if new.until is not None:
            raise InvalidEntry(f"A day until when belongs to a snooze, not to {new.action!r}; leave it out.")
    elif new.until is None:
        raise InvalidEntry("A snooze needs the day until when; give it.")
    elif new.until < new.night:
        raise InvalidEntry(
            f"A snooze until {new.until} would hide nothing, because the last night is {new.night}; give a later day."
        )


def _text(text: str) -> str:
    return checked_text(text, field="The text", longest=MAX_TEXT, lines=True, refusal=InvalidEntry)


def _short(text: str, field: str, longest: int) -> str:
    return checked_text(text, field=field, longest=longest, refusal=InvalidEntry)


def _size(max_abs_z: float | None) -> float | None:
    if max_abs_z is None or math.isnan(max_abs_z):
        return None
    if not 0 <= max_abs_z < math.inf:
        raise InvalidEntry(
            f"The largest |z| is {max_abs_z}, which is no size; give a number from 0, or none."
        )
    return float(max_abs_z)


def _flag_action(row: FlagActionRow) -> FlagAction:
    return FlagAction(
        action_id=row.id,
        person_id=row.person_id,
        action=cast("Action", row.action),
        text=row.text,
        until=row.until,
        by=row.author,
        at=row.acted_at,
        night=row.night,
        label=row.label,
        red=row.red,
        amber=row.amber,
        max_abs_z=row.max_abs_z,
        levels=tuple(json.loads(row.levels)),
    )
