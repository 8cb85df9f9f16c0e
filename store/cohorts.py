"""Saved cohorts: named sets of people, chosen by hand or by a rule."""

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, cast

from sqlalchemy import ColumnElement, Engine, delete, select
from sqlalchemy.orm import Session

from store.cohort_rules import CohortRule, checked_rule, rule_of, rule_text, takes_in
from store.engine import reading, writing
from store.errors import InvalidEntry, UnknownEntry
from store.people import Environment, Person, checked_text
from store.rows import (
    checked_actor,
    mark_changed,
    opaque_id,
    persons_of,
    require_organisation,
    require_people,
    require_version,
)
from store.tables import CohortMemberRow, CohortRow, PersonRow

EVERYONE = "everyone"
"""The name that no cohort may take, because it names everybody."""
MAX_COHORT_NAME = 100


@dataclass(frozen=True, kw_only=True)
class NewCohort:
    """A cohort to be saved: by rule where there is one, else by hand.

    Attributes:
        name: unique in the organisation, whatever the case of its letters.
        rule: who is in it; None for a cohort by hand.
        person_ids: who is in a cohort by hand; empty where there is a rule.
    """

    name: str
    rule: CohortRule | None = None
    person_ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """A saved cohort: what `NewCohort` has, and what follows.

    Attributes:
        cohort_id: ours, and opaque.
        version: rises with every change.
        changed_by, changed_at: who saved it last, and when (UTC).
    """

    cohort_id: str
    name: str
    rule: CohortRule | None
    person_ids: tuple[str, ...]
    version: int
    changed_by: str
    changed_at: datetime

    @property
    def kind(self) -> Literal["hand", "rule"]:
        """How it chooses."""
        return "hand" if self.rule is None else "rule"


class Cohorts:
    """The saved cohorts of organisations, reached as `Store.cohorts`."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine, now

    def all(self, organisation: str) -> tuple[Cohort, ...]:
        """The saved cohorts of the organisation, by name."""
        rows = select(CohortRow).where(CohortRow.organisation_id == organisation)
        pairs = select(CohortMemberRow.cohort_id, CohortMemberRow.person_id)
        pairs = pairs.where(CohortMemberRow.organisation_id == organisation)
        with reading(self._engine) as session:
            members: dict[str, list[str]] = {}
            for cohort_id, person_id in session.execute(pairs):
                members.setdefault(cohort_id, []).append(person_id)
            found = [_cohort(row, members.get(row.id, ())) for row in session.scalars(rows)]
        return tuple(sorted(found, key=lambda cohort: (cohort.name.casefold(), cohort.cohort_id)))

    def get(self, organisation: str, cohort_id: str) -> Cohort:
        """The cohort of that id; raises `UnknownEntry` when the organisation has none."""
        with reading(self._engine) as session:
            return _cohort(_row(session, organisation, cohort_id), _members(session, organisation, cohort_id))

    def members(
        self, organisation: str, cohort_id: str, on: date, *, environment: Environment | None = None
    ) -> tuple[Person, ...]:
        """Who is in the cohort on that day, by name; or only those of one vendor environment.

        Raises:
            UnknownEntry: the organisation has no such cohort.
        """
        with reading(self._engine) as session:
            row = _row(session, organisation, cohort_id)
            if row.rule is not None:
                return _taken_in(session, organisation, rule_of(row.rule), on, environment)
            ids = set(_members(session, organisation, cohort_id))
            people = _people(session, organisation, environment)
            return tuple(person for person in people if person.person_id in ids)

    def add(self, organisation: str, new: NewCohort, *, by: str) -> Cohort:
        """The cohort as saved, with a new opaque id.

        Raises:
            InvalidEntry: the name is taken or cannot be accepted, or the rule cannot.
            UnknownPerson: somebody is not in the organisation.
            UnknownOrganisation: there is no such organisation.
        """
        row = CohortRow(organisation_id=organisation, id=opaque_id("c"), version=0)
        with writing(self._engine) as session:
            require_organisation(session, organisation, lock=True)
            person_ids = _fill(session, row, new)
            mark_changed(row, by=checked_actor(by), at=self._now())
            session.add(row)
            session.flush()
            _enter(session, row, person_ids)
            return _cohort(row, person_ids)

    def update(self, organisation: str, cohort: Cohort, *, by: str) -> Cohort:
        """The cohort as saved, a version later: name, rule and people become those given.

        Raises:
            EditedMeanwhile: it has been changed after the version that was read.
            UnknownEntry: the organisation has no such cohort (any more).
            InvalidEntry, UnknownPerson, UnknownOrganisation: as in `add`.
        """
        new = NewCohort(name=cohort.name, rule=cohort.rule, person_ids=cohort.person_ids)
        with writing(self._engine) as session:
            require_organisation(session, organisation, lock=True)
            row = _row(session, organisation, cohort.cohort_id)
            require_version(row, cohort.version, f"The cohort {row.name}")
            person_ids = _fill(session, row, new)
            mark_changed(row, by=checked_actor(by), at=self._now())
            session.execute(delete(CohortMemberRow).where(*_of(organisation, row.id)))
            _enter(session, row, person_ids)
            return _cohort(row, person_ids)

    def remove(self, organisation: str, cohort_id: str) -> None:
        """Take a cohort out; its people stay on the roster.

        Raises:
            UnknownEntry: the organisation has no such cohort.
        """
        with writing(self._engine) as session:
            session.delete(_row(session, organisation, cohort_id))


def _row(session: Session, organisation: str, cohort_id: str) -> CohortRow:
    row = session.get(CohortRow, (organisation, cohort_id))
    if row is None:
        raise UnknownEntry(f"There is no cohort with the id {cohort_id[:40]!r}; see the list of cohorts.")
    return row


_MAX_KEY = 300


def _fill(session: Session, row: CohortRow, new: NewCohort) -> tuple[str, ...]:
    """The ids of a cohort by hand; name and rule are entered in the row when they can be accepted."""
    name = checked_text(new.name, field="The cohort's name", longest=MAX_COHORT_NAME, refusal=InvalidEntry)
    if new.rule is not None and new.person_ids:
        raise InvalidEntry("A cohort is either by rule or by hand; give a rule or people, not both.")
    rule = None if new.rule is None else rule_text(checked_rule(new.rule))
    person_ids = require_people(session, row.organisation_id, new.person_ids)
    row.name_key = _free_key(session, row, name)
    row.name, row.rule = name, rule
    return person_ids


def _free_key(session: Session, row: CohortRow, name: str) -> str:
    key = unicodedata.normalize("NFKC", name).casefold()
    if len(key) > _MAX_KEY:
        raise InvalidEntry(
            "The cohort's name has letters that are spelled out to too many others; shorten it."
        )
    if key == EVERYONE:
        raise InvalidEntry(f"The name {name!r} is taken: it names everybody. Choose another.")
    query = select(CohortRow.name).where(
        CohortRow.organisation_id == row.organisation_id, CohortRow.name_key == key, CohortRow.id != row.id
    )
    with session.no_autoflush:
        other = session.scalar(query)
    if other is not None:
        raise InvalidEntry(f"There is a cohort {other!r} already. Choose another name, or change that one.")
    return key


def _enter(session: Session, row: CohortRow, person_ids: Iterable[str]) -> None:
    session.add_all(
        CohortMemberRow(organisation_id=row.organisation_id, cohort_id=row.id, person_id=person_id)
        for person_id in person_ids
    )


def _of(organisation: str, cohort_id: str) -> tuple[ColumnElement[bool], ...]:
    return (CohortMemberRow.organisation_id == organisation, CohortMemberRow.cohort_id == cohort_id)


def _members(session: Session, organisation: str, cohort_id: str) -> tuple[str, ...]:
    return tuple(session.scalars(select(CohortMemberRow.person_id).where(*_of(organisation, cohort_id))))


def _people(session: Session, organisation: str, environment: Environment | None) -> tuple[Person, ...]:
    query = select(PersonRow).where(PersonRow.organisation_id == organisation)
    if environment is not None:
        query = query.where(PersonRow.environment == environment)
    return persons_of(session, organisation, session.scalars(query).all())


def _taken_in(
    session: Session, organisation: str, rule: CohortRule, on: date, environment: Environment | None
) -> tuple[Person, ...]:
    people = _people(session, organisation, environment)
    return tuple(person for person in people if takes_in(rule, person, on))


def _cohort(row: CohortRow, person_ids: Iterable[str]) -> Cohort:
    return Cohort(
        cohort_id=row.id,
        name=row.name,
        rule=None if row.rule is None else rule_of(row.rule),
        person_ids=tuple(sorted(person_ids)),
        version=row.version,
        changed_by=row.changed_by,
        changed_at=cast("datetime", row.changed_at),  # `add` enters who made it, and when
    )
