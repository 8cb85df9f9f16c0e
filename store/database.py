"""The store: organisations, their people, how synchronisation went; every question names the organisation."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

from sqlalchemy import Select, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from store.engine import open_engine, reading, scrub, writing
from store.people import (
    DuplicatePerson,
    Environment,
    InvalidPerson,
    NewPerson,
    Organisation,
    Outcome,
    Person,
    SyncOutcome,
    SyncState,
    UnknownOrganisation,
    UnknownPerson,
    checked_organisation_id,
    checked_person,
    checked_text,
    checked_zone,
)
from store.rows import as_new, insert_people, persons_of, sync_state_of, tag_rows, with_id
from store.tables import OrganisationRow, PersonRow, SyncStateRow, TagRow
from store.unchanged import Unchanged

_LONGEST_ERROR = 500


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Store:
    """Organisations and people behind a database URL; tables are brought up to date when it is made.

    Args:
        url: `sqlite:///path/to/file.db`, or `postgresql://...`.
        now: the clock; tests hand in their own.

    Raises:
        StoreUnavailable: from here and from every method, when the database cannot be reached or written.
    """

    def __init__(self, url: str, *, now: Callable[[], datetime] = _utc_now) -> None:
        self._engine = open_engine(url)
        self._now = now
        self._unchanged = Unchanged(self._engine)

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
            return persons_of(session, organisation, [_person_row(session, organisation, person_id)])[0]

    def person_by_vendor_id(
        self, organisation: str, vendor_id: str, *, environment: Environment = "live"
    ) -> Person:
        """The person behind a user id of the API; raises `UnknownPerson` when it is nobody's here."""
        query = _people(organisation).where(
            PersonRow.vendor_id == vendor_id, PersonRow.environment == environment
        )
        with reading(self._engine) as session:
            row = session.scalars(query).one_or_none()
            if row is None:
                raise UnknownPerson(
                    "Nobody in this organisation has that vendor user id; add the person first."
                )
            return persons_of(session, organisation, [row])[0]

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
                _require_organisation(session, organisation)
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
            _require_organisation(session, organisation)
            query = select(PersonRow.environment, PersonRow.vendor_id)
            rows = session.execute(query.where(PersonRow.organisation_id == organisation))
            taken = {(environment, vendor_id) for environment, vendor_id in rows}
            outcomes = tuple(_outcome(row, person, taken, now) for row, person in enumerate(people))
            insert_people(session, organisation, [outcome.person for outcome in outcomes if outcome.person])
        return outcomes

    def update_person(self, organisation: str, person: Person) -> Person:
        """The person as stored now: name, zone, birth year, sex and tags become those given.

        The ids, the environment and the day of joining never change; see `dataclasses.replace`.

        Raises:
            InvalidPerson: a field cannot be accepted.
            UnknownPerson: nobody in the organisation has that id.
        """
        checked = checked_person(as_new(person), this_year=self._now().year)
        with writing(self._engine) as session:
            row = _person_row(session, organisation, person.person_id)
            row.name, row.zone = checked.name, checked.zone
            row.birth_year, row.sex = checked.birth_year, checked.sex
            mine = (TagRow.organisation_id == organisation, TagRow.person_id == person.person_id)
            session.execute(delete(TagRow).where(*mine))
            session.add_all(tag_rows(organisation, person.person_id, checked.tags))
        return self.person(organisation, person.person_id)

    def remove_person(self, organisation: str, person_id: str) -> None:
        """Take a person out with tags and sync state; no byte of them stays in the database file.

        Raises:
            UnknownPerson: nobody in the organisation has that id.
        """
        with writing(self._engine) as session:
            session.delete(_person_row(session, organisation, person_id))
        scrub(self._engine)

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
            for outcome in sorted(outcomes, key=lambda each: each.person_id):
                # The person's row is the lock: two workers that record at once do so one after the other.
                person = session.get(PersonRow, (organisation, outcome.person_id), with_for_update=True)
                if person is not None:
                    _enter(session, organisation, outcome)

    def record_statistics(self, organisation: str, person_ids: Iterable[str], *, at: datetime) -> None:
        """Enters that the statistics of these people have arrived, whatever becomes of the rest of the synchronisation.

        Somebody who has left the roster meanwhile is passed over.
        """
        with writing(self._engine) as session:
            for person_id in sorted(person_ids):
                if session.get(PersonRow, (organisation, person_id), with_for_update=True) is None:
                    continue
                row = session.get(SyncStateRow, (organisation, person_id))
                if row is None:
                    row = SyncStateRow(
                        organisation_id=organisation, person_id=person_id, attempted_at=at, error=""
                    )
                    row.listed = row.fetched = row.failed = 0
                    session.add(row)
                row.statistics_at = at

    def sync_states(self, organisation: str) -> Mapping[str, SyncState]:
        """The last synchronisation of each person who ever had one, by person id; shared and not to be written to."""
        question = ("sync states", organisation)
        return self._unchanged.answer(question, lambda: self._read_sync_states(organisation))

    def _read_sync_states(self, organisation: str) -> Mapping[str, SyncState]:
        query = select(SyncStateRow).where(SyncStateRow.organisation_id == organisation)
        with reading(self._engine) as session:
            return MappingProxyType({row.person_id: sync_state_of(row) for row in session.scalars(query)})


def _enter(session: Session, organisation: str, outcome: SyncOutcome) -> None:
    row = session.get(SyncStateRow, (organisation, outcome.person_id))
    if row is None:
        row = SyncStateRow(organisation_id=organisation, person_id=outcome.person_id)
        session.add(row)
    row.attempted_at = outcome.attempted_at
    row.error = outcome.error[:_LONGEST_ERROR]
    row.listed, row.fetched, row.failed = outcome.listed, outcome.fetched, outcome.failed
    if not outcome.error:
        before, until = row.asked_since, row.succeeded_at
        row.succeeded_at = outcome.attempted_at
        if outcome.asked_since is not None:
            # Between a success long ago and a first day after it nobody has asked.
            joined = before is not None and until is not None and outcome.asked_since <= until
            row.asked_since = min(before, outcome.asked_since) if joined and before else outcome.asked_since
        row.statistics_at = outcome.statistics_at or row.statistics_at
    session.flush()


def _people(organisation: str) -> Select[PersonRow]:
    return select(PersonRow).where(PersonRow.organisation_id == organisation)


def _person_row(session: Session, organisation: str, person_id: str, *, lock: bool = False) -> PersonRow:
    row = session.get(PersonRow, (organisation, person_id), with_for_update=lock or None)
    if row is None:
        raise UnknownPerson(f"Nobody in this organisation has the id {person_id!r}; see the list of people.")
    return row


def _require_organisation(session: Session, organisation: str) -> None:
    if session.get(OrganisationRow, organisation) is None:
        raise UnknownOrganisation(f"There is no organisation {organisation!r}; make it first.")


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
