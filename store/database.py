"""The store: organisations, their people, how synchronisation went; every question names the organisation."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import BinaryIO

from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError

from store.cohorts import Cohorts
from store.deletions import Deletions
from store.engine import BUSY_TIMEOUT_MS, STORE, erasing, open_engine, reading, writing
from store.flag_actions import FlagActions
from store.journal import Journal
from store.people import (
    DuplicatePerson,
    Environment,
    InvalidPerson,
    NewPerson,
    Organisation,
    Outcome,
    Person,
    StoreError,
    SyncOutcome,
    SyncState,
    UnknownOrganisation,
    checked_organisation_id,
    checked_person,
    checked_text,
    checked_zone,
)
from store.person_changes import change_people
from store.phases import Phases
from store.portable import write_rows
from store.preferences import Preference, Preferences
from store.rows import (
    checked_actor,
    insert_people,
    person_row,
    persons_of,
    require_organisation,
    with_id,
)
from store.scrubbing import scrub
from store.standing import Standing
from store.sync_states import enter_outcomes, enter_statistics, sync_state_of
from store.tables import OrganisationRow, PersonRow, SyncStateRow, TagRow
from store.unchanged import Unchanged


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Store:
    """Organisations and people behind a database URL; tables are brought up to date when it is made.

    Args:
        url: `sqlite:///path/to/file.db`, or `postgresql://...`.
        now: the clock; tests hand in their own.
        busy_timeout_ms: how long a writer waits for SQLite's lock.

    Attributes:
        cohorts: saved cohorts and who is in them.
        phases: the groups and phases of people, with dates.
        journal: notes, and tags of nights.
        flag_actions: what was done about people's flags.
        preferences: the settings of an organisation.
        deletions: users whom the vendor still has to delete.
        standing: whether the database can be written and is the one that was opened.

    Raises:
        StoreUnavailable: from here and from every method, when the database cannot be reached or written.
    """

    def __init__(
        self, url: str, *, now: Callable[[], datetime] = _utc_now, busy_timeout_ms: int = BUSY_TIMEOUT_MS
    ) -> None:
        self._engine = open_engine(url, busy_timeout_ms=busy_timeout_ms)
        self._now = now
        self.standing = Standing(self._engine, STORE)
        self._unchanged = Unchanged(self._engine)
        self.cohorts = Cohorts(self._engine, now)
        self.phases = Phases(self._engine, now)
        self.journal = Journal(self._engine, now)
        self.flag_actions = FlagActions(self._engine, now, self._unchanged)
        self.preferences = Preferences(self._engine, now)
        self.deletions = Deletions(self._engine, now)

    def close(self) -> None:
        """Give back every connection."""
        self._unchanged.close()
        self._engine.dispose()

    def ensure_organisation(self, organisation: str, name: str, zone: str) -> Organisation:
        """The organisation of that id, made with this name and zone when there is none yet.

        Raises:
            InvalidPerson: id, name or zone cannot be accepted.
        """
        row = OrganisationRow(
            id=checked_organisation_id(organisation),
            name=checked_text(name, field="The organisation's name", longest=200),
            zone=checked_zone(zone),
            created_at=self._now(),
        )
        try:
            with writing(self._engine) as session:
                if session.get(OrganisationRow, organisation) is None:
                    session.add(row)
        except IntegrityError:
            pass  # another process made it between our look and our insert: it is there, which is all we want
        return self.organisation(organisation)

    def organisation(self, organisation: str) -> Organisation:
        """The organisation of that id; raises `UnknownOrganisation` when there is none."""
        with reading(self._engine) as session:
            row = session.get(OrganisationRow, organisation)
        if row is None:
            raise UnknownOrganisation(f"There is no organisation {organisation!r}; make it first.")
        return Organisation(organisation_id=row.id, name=row.name, zone=row.zone, created_at=row.created_at)

    def people(
        self, organisation: str, *, tag: str | None = None, environment: Environment | None = None
    ) -> tuple[Person, ...]:
        """The people of the organisation, by name; or only those with the tag or environment."""
        question = ("people", organisation, tag, environment)
        return self._unchanged.answer(question, lambda: self._read_people(organisation, tag, environment))

    def _read_people(
        self, organisation: str, tag: str | None, environment: Environment | None
    ) -> tuple[Person, ...]:
        query = _people(organisation)
        if tag is not None:
            tagged = select(TagRow.person_id).where(TagRow.organisation_id == organisation, TagRow.tag == tag)
            query = query.where(PersonRow.id.in_(tagged))
        if environment is not None:
            query = query.where(PersonRow.environment == environment)
        with reading(self._engine) as session:
            return persons_of(session, organisation, session.scalars(query).all())

    def person(self, organisation: str, person_id: str) -> Person:
        """The person of that id; raises `UnknownPerson` when nobody in the organisation has it."""
        question = ("person", organisation, person_id)
        return self._unchanged.answer(question, lambda: self._read_person(organisation, person_id))

    def _read_person(self, organisation: str, person_id: str) -> Person:
        with reading(self._engine) as session:
            return persons_of(session, organisation, [person_row(session, organisation, person_id)])[0]

    def add_person(self, organisation: str, person: NewPerson) -> Person:
        """The person as added, with a new opaque id.

        Raises:
            InvalidPerson: a field cannot be accepted.
            DuplicatePerson: the vendor id is already in the roster.
            UnknownOrganisation: there is no such organisation.
        """
        now = self._now()
        added = with_id(checked_person(person, this_year=now.year), now)
        try:
            with writing(self._engine) as session:
                require_organisation(session, organisation)
                insert_people(session, organisation, [added])
        except IntegrityError as error:
            raise DuplicatePerson(_duplicate(person.vendor_id)) from error
        return added

    def add_people(self, organisation: str, people: Iterable[NewPerson]) -> tuple[Outcome, ...]:
        """One outcome for each row, in order: added, or why not. A bad row never keeps a good one out.

        Raises:
            UnknownOrganisation: there is no such organisation.
        """
        rows = tuple(people)
        try:
            return self._add_people(organisation, rows)
        except IntegrityError:
            # Somebody added one of them at the same moment; the second look finds that person as a duplicate.
            return self._add_people(organisation, rows)

    def _add_people(self, organisation: str, people: Sequence[NewPerson]) -> tuple[Outcome, ...]:
        now = self._now()
        with writing(self._engine) as session:
            require_organisation(session, organisation)
            query = select(PersonRow.environment, PersonRow.vendor_id)
            rows = session.execute(query.where(PersonRow.organisation_id == organisation))
            taken = {(environment, vendor_id) for environment, vendor_id in rows}
            outcomes = tuple(_outcome(row, person, taken, now) for row, person in enumerate(people))
            insert_people(session, organisation, [outcome.person for outcome in outcomes if outcome.person])
        return outcomes

    def update_person(self, organisation: str, person: Person, *, by: str = "") -> Person:
        """The person as stored now, a version later: name, zone, birth year, sex and tags become those given.

        The ids, the environment and the day of joining never change; see `dataclasses.replace`.

        Args:
            organisation: whose person it is.
            person: as it shall be, with the version that was read.
            by: who changes it, to be told to whoever comes too late; "" where that is not known.

        Raises:
            InvalidPerson: a field cannot be accepted.
            UnknownPerson: nobody in the organisation has that id.
            EditedMeanwhile: the person has been changed after that version was read.
        """
        (result,) = self._change(organisation, [person], by)
        if isinstance(result, StoreError):
            raise result
        return result

    def update_people(
        self, organisation: str, people: Iterable[Person], *, by: str = ""
    ) -> tuple[Outcome, ...]:
        """One outcome for each, in order: as `update_person` returns, or why not; the others are changed all the same.

        All of it is one transaction: when the database fails nobody is changed.
        """
        rows = tuple(people)
        results = self._change(organisation, rows, by)
        return tuple(
            Outcome(row=row, vendor_id=person.vendor_id, person=None, problem=str(result))
            if isinstance(result, StoreError)
            else Outcome(row=row, vendor_id=person.vendor_id, person=result, problem="")
            for row, (person, result) in enumerate(zip(rows, results, strict=True))
        )

    def _change(
        self, organisation: str, people: Sequence[Person], by: str
    ) -> tuple[Person | StoreError, ...]:
        actor = checked_actor(by, refusal=InvalidPerson) if by else ""
        with writing(self._engine) as session:
            return change_people(session, organisation, people, by=actor, at=self._now())

    def remove_person(self, organisation: str, person_id: str) -> None:
        """Take a person out with all that is kept of them here; no byte of them stays in the database file.

        Where SQLite's file is being read or is over 64 MB, it holds them until `scrub` succeeds.

        Raises:
            UnknownPerson: nobody in the organisation has that id.
        """
        with erasing(self._engine) as session:
            session.delete(person_row(session, organisation, person_id))

    def scrub(self) -> bool:
        """Whether no byte of what was taken out is left in the database's log; False while somebody reads it."""
        return scrub(self._engine)

    def leaving(self, organisation: str, environment: Environment) -> frozenset[str]:
        """The vendor's ids of those whom it still has to delete."""
        question = ("leaving", organisation, environment)
        return self._unchanged.answer(question, lambda: self._read_leaving(organisation, environment))

    def _read_leaving(self, organisation: str, environment: Environment) -> frozenset[str]:
        found = self.deletions.all(organisation)
        return frozenset(each.vendor_id for each in found if each.environment == environment)

    def settings_of(self, organisation: str) -> Mapping[str, Preference]:
        """What is set in the organisation, as `preferences.all`; shared and not to be written to."""
        return self._unchanged.answer(("settings", organisation), lambda: self.preferences.all(organisation))

    def write_rows(self, file: BinaryIO, organisation: str) -> Mapping[str, int]:
        """How many rows of each table of the organisation were written, as `store.portable.write_rows` has it."""
        return write_rows(self._engine, file, organisation)

    def tags(self, organisation: str) -> Mapping[str, int]:
        """The organisation's tags in alphabetical order, each with how many people carry it."""
        query = (
            select(TagRow.tag, func.count())
            .where(TagRow.organisation_id == organisation)
            .group_by(TagRow.tag)
            .order_by(TagRow.tag)
        )
        with reading(self._engine) as session:
            return dict(iter(session.execute(query)))

    def record_syncs(self, organisation: str, outcomes: Iterable[SyncOutcome]) -> None:
        """Enters how synchronisation ended, in one transaction; the last success is kept when a try failed.

        Somebody who has left the roster meanwhile is passed over.
        """
        with writing(self._engine) as session:
            enter_outcomes(session, organisation, outcomes)

    def record_statistics(self, organisation: str, person_ids: Iterable[str], *, at: datetime) -> None:
        """Enters that the statistics of these people have arrived, whatever becomes of the rest of the synchronisation.

        Somebody who has left the roster meanwhile is passed over.
        """
        with writing(self._engine) as session:
            enter_statistics(session, organisation, person_ids, at)

    def sync_states(self, organisation: str) -> Mapping[str, SyncState]:
        """The last synchronisation of each person who ever had one, by person id; shared and not to be written to."""
        question = ("sync states", organisation)
        return self._unchanged.answer(question, lambda: self._read_sync_states(organisation))

    def _read_sync_states(self, organisation: str) -> Mapping[str, SyncState]:
        query = select(SyncStateRow).where(SyncStateRow.organisation_id == organisation)
        with reading(self._engine) as session:
            return MappingProxyType({row.person_id: sync_state_of(row) for row in session.scalars(query)})


def _people(organisation: str) -> Select[PersonRow]:
    return select(PersonRow).where(PersonRow.organisation_id == organisation)


def _outcome(row: int, person: NewPerson, taken: set[tuple[str, str]], now: datetime) -> Outcome:
    """What becomes of one row; a person who may come in is entered in `taken`."""
    added, problem = None, ""
    try:
        checked = checked_person(person, this_year=now.year)
    except InvalidPerson as error:
        problem = str(error)
    else:
        if (person.environment, person.vendor_id) in taken:
            problem = _duplicate(person.vendor_id)
        else:
            taken.add((person.environment, person.vendor_id))
            added = with_id(checked, now)
    return Outcome(row=row, vendor_id=person.vendor_id, person=added, problem=problem)


def _duplicate(vendor_id: str) -> str:
    return f"The vendor user id {vendor_id!r} is already in the roster; it was not added again."
