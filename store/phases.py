"""Groups and phases: what a person belongs to, or goes through, from one day to another."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, cast, get_args

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from store.engine import reading, writing
from store.errors import InvalidEntry, UnknownEntry
from store.people import checked_text
from store.rows import (
    checked_actor,
    mark_changed,
    opaque_id,
    person_row,
    require_organisation,
    require_people,
    require_version,
)
from store.tables import PersonRow, PhaseRow

PhaseKind = Literal["group", "phase"]
"""A group is what somebody belongs to (control), a phase what they go through (baseline)."""

MAX_PHASE_NAME = 100
_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class NewPhase:
    """A group or phase to be entered: its first day, and its last or None while it goes on; both included."""

    kind: PhaseKind
    name: str
    first: date
    last: date | None = None


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A group or phase of one person; the fields are those of `NewPhase`, and `version` rises with every change."""

    phase_id: str
    person_id: str
    kind: PhaseKind
    name: str
    first: date
    last: date | None
    version: int


class Phases:
    """The groups and phases of people, reached as `Store.phases`."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine, now

    def add(
        self, organisation: str, person_ids: Collection[str], new: NewPhase, *, by: str
    ) -> tuple[Phase, ...]:
        """The phase as entered for each of these people, in one step: for everybody, or for nobody.

        Raises:
            InvalidEntry: the name or the days cannot be accepted, or somebody is in one of that kind on a day of it.
            UnknownPerson: somebody is not in the organisation.
            UnknownOrganisation: there is no such organisation.
        """
        checked, actor = _checked(new), checked_actor(by)
        with writing(self._engine) as session:
            # One at a time changes phases: two who look at once would both find the days free.
            require_organisation(session, organisation, lock=True)
            wanted = require_people(session, organisation, person_ids)
            _require_free(session, organisation, checked, wanted)
            rows = [
                PhaseRow(organisation_id=organisation, id=opaque_id("f"), person_id=person_id, version=0)
                for person_id in wanted
            ]
            for row in rows:
                _fill(row, checked)
                mark_changed(row, by=actor, at=self._now())
            session.add_all(rows)
            return tuple(map(_phase, rows))

    def update(self, organisation: str, phase: Phase, *, by: str) -> Phase:
        """The phase as stored now, a version later: kind, name and days become those given.

        Raises:
            EditedMeanwhile: it has been changed after the version that was read.
            UnknownEntry: the organisation has no such phase (any more).
            InvalidEntry, UnknownOrganisation: as in `add`.
        """
        new = _checked(NewPhase(kind=phase.kind, name=phase.name, first=phase.first, last=phase.last))
        with writing(self._engine) as session:
            require_organisation(session, organisation, lock=True)
            row = _row(session, organisation, phase.phase_id)
            require_version(row, phase.version, f"The {row.kind} {row.name}")
            _require_free(session, organisation, new, (row.person_id,), but=row.id)
            _fill(row, new)
            mark_changed(row, by=checked_actor(by), at=self._now())
            return _phase(row)

    def remove(self, organisation: str, phase_id: str) -> None:
        """Take a phase out.

        Raises:
            UnknownEntry: the organisation has no such phase.
        """
        with writing(self._engine) as session:
            session.delete(_row(session, organisation, phase_id))

    def of_person(self, organisation: str, person_id: str) -> tuple[Phase, ...]:
        """The groups and phases of a person, by first day.

        Raises:
            UnknownPerson: nobody in the organisation has that id.
        """
        query = select(PhaseRow).where(PhaseRow.organisation_id == organisation)
        with reading(self._engine) as session:
            person_row(session, organisation, person_id)
            return _in_order(session.scalars(query.where(PhaseRow.person_id == person_id)))

    def of_organisation(self, organisation: str, *, kind: PhaseKind | None = None) -> tuple[Phase, ...]:
        """The groups and phases of everybody, by first day; or only those of one kind."""
        query = select(PhaseRow).where(PhaseRow.organisation_id == organisation)
        with reading(self._engine) as session:
            return _in_order(session.scalars(query if kind is None else query.where(PhaseRow.kind == kind)))

    def names(self, organisation: str, kind: PhaseKind) -> Mapping[str, int]:
        """The names of that kind in alphabetical order, each with how many people have or had it."""
        query = (
            select(PhaseRow.name, func.count(PhaseRow.person_id.distinct()))
            .where(PhaseRow.organisation_id == organisation, PhaseRow.kind == kind)
            .group_by(PhaseRow.name)
        )
        with reading(self._engine) as session:
            return dict(sorted(iter(session.execute(query)), key=lambda pair: pair[0].casefold()))


def _checked(new: NewPhase) -> NewPhase:
    if new.kind not in get_args(PhaseKind):
        raise InvalidEntry(f"Kind {new.kind!r} is neither group nor phase.")
    if new.last is not None and new.last < new.first:
        raise InvalidEntry(f"The last day, {new.last}, is before the first, {new.first}; exchange the two.")
    name = checked_text(
        new.name, field=f"The {new.kind}'s name", longest=MAX_PHASE_NAME, refusal=InvalidEntry
    )
    return NewPhase(kind=new.kind, name=name, first=new.first, last=new.last)


def _require_free(
    session: Session, organisation: str, new: NewPhase, person_ids: Collection[str], *, but: str = ""
) -> None:
    """Returns when none of these people is in a phase of that kind on a day of the new one."""
    query = (
        select(PersonRow.id, PersonRow.name, PhaseRow.name, PhaseRow.first_day, PhaseRow.last_day)
        .join(
            PersonRow,
            (PersonRow.organisation_id == PhaseRow.organisation_id) & (PersonRow.id == PhaseRow.person_id),
        )
        .where(PhaseRow.organisation_id == organisation, PhaseRow.kind == new.kind, PhaseRow.id != but)
        .where(PhaseRow.last_day.is_(None) | (PhaseRow.last_day >= new.first))
        .order_by(PersonRow.name, PersonRow.id, PhaseRow.first_day)
    )
    if new.last is not None:
        query = query.where(PhaseRow.first_day <= new.last)
    wanted = set(person_ids)
    taken = {row[0]: row[1:] for row in session.execute(query) if row[0] in wanted}
    if not taken:
        return
    named = [f"{who} ({what}, {_days(first, last)})" for who, what, first, last in taken.values()]
    more = f", and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    raise InvalidEntry(
        f"Already in a {new.kind} on some of these days: {', '.join(named[:_NAMED])}{more}. Nothing was saved; end the "
        "earlier one the day before, or choose other days."
    )


def _days(first: date, last: date | None) -> str:
    return f"since {first}" if last is None else f"{first} to {last}"


def _row(session: Session, organisation: str, phase_id: str) -> PhaseRow:
    row = session.get(PhaseRow, (organisation, phase_id), with_for_update={"key_share": True})
    if row is None:
        raise UnknownEntry(f"There is no group or phase with the id {phase_id[:40]!r}; load the list again.")
    return row


def _fill(row: PhaseRow, new: NewPhase) -> None:
    row.kind, row.name, row.first_day, row.last_day = new.kind, new.name, new.first, new.last


def _in_order(rows: Iterable[PhaseRow]) -> tuple[Phase, ...]:
    return tuple(
        sorted(map(_phase, rows), key=lambda phase: (phase.first, phase.kind, phase.name, phase.phase_id))
    )


def _phase(row: PhaseRow) -> Phase:
    return Phase(
        phase_id=row.id,
        person_id=row.person_id,
        kind=cast("PhaseKind", row.kind),
        name=row.name,
        first=row.first_day,
        last=row.last_day,
        version=row.version,
    )
