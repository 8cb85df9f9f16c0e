"""Rows of the tables to values and back."""

import base64
import secrets
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.errors import EditedMeanwhile, Invalid, InvalidEntry, UnknownOrganisation, UnknownPerson
from store.people import Environment, NewPerson, Person, checked_text
from store.tables import OrganisationRow, PersonRow, TagRow, Versioned

# PostgreSQL's lock on a row that others may still refer to; SQLite has one lock, which every writer holds.
_LOCK = {"key_share": True}
AT_ONCE = 500


def persons_of(session: Session, organisation: str, rows: Collection[PersonRow]) -> tuple[Person, ...]:
    """The rows as values with their tags, by name."""
    query = (
        select(TagRow.person_id, TagRow.tag)
        .where(TagRow.organisation_id == organisation)
        .order_by(TagRow.tag)
    )
    if len(rows) == 1:
        query = query.where(TagRow.person_id == next(iter(rows)).id)
    tags: dict[str, list[str]] = {}
    for person_id, tag in session.execute(query):
        tags.setdefault(person_id, []).append(tag)
    persons = (person_of(row, tuple(sorted(tags.get(row.id, ())))) for row in rows)
    return tuple(sorted(persons, key=lambda person: (person.name.casefold(), person.person_id)))


def person_of(row: PersonRow, tags: tuple[str, ...]) -> Person:
    """The row as a value."""
    return Person(
        person_id=row.id,
        vendor_id=row.vendor_id,
        name=row.name,
        zone=row.zone,
        birth_year=row.birth_year,
        sex=row.sex,
        tags=tags,
        created_at=row.created_at,
        environment=cast("Environment", row.environment),
        version=row.version,
    )


def with_id(person: NewPerson, now: datetime) -> Person:
    """The person with an opaque id."""
    return Person(
        person_id=opaque_id("p"),
        vendor_id=person.vendor_id,
        name=person.name,
        zone=person.zone,
        birth_year=person.birth_year,
        sex=person.sex,
        tags=person.tags,
        created_at=now.astimezone(UTC),
        environment=person.environment,
    )


def opaque_id(kind: str) -> str:
    """An id of 60 random bits after the letter of its kind: it tells nothing and cannot be guessed."""
    return f"{kind}_{base64.b32encode(secrets.token_bytes(8))[:12].decode().lower()}"


def as_new(person: Person) -> NewPerson:
    """What of a person can be checked: everything but the id and the day of joining."""
    return NewPerson(
        vendor_id=person.vendor_id,
        name=person.name,
        zone=person.zone,
        birth_year=person.birth_year,
        sex=person.sex,
        tags=person.tags,
        environment=person.environment,
    )


def insert_people(session: Session, organisation: str, people: Collection[Person]) -> None:
    """Write people with their tags; the transaction is the caller's."""
    rows = [
        PersonRow(
            organisation_id=organisation,
            id=person.person_id,
            vendor_id=person.vendor_id,
            environment=person.environment,
            name=person.name,
            zone=person.zone,
            birth_year=person.birth_year,
            sex=person.sex,
            created_at=person.created_at,
        )
        for person in people
    ]
    session.add_all(rows)
    session.flush()  # the people before their tags: there is no relationship that would tell the order
    for person in people:
        session.add_all(tag_rows(organisation, person.person_id, person.tags))


def tag_rows(organisation: str, person_id: str, tags: Iterable[str]) -> list[TagRow]:
    """One row for each tag."""
    return [TagRow(organisation_id=organisation, person_id=person_id, tag=tag) for tag in tags]


def person_row(session: Session, organisation: str, person_id: str, *, lock: bool = False) -> PersonRow:
    """The person's row; with `lock` nobody else changes what is of that person until the transaction ends.

    Raises:
        UnknownPerson: nobody in the organisation has that id.
    """
    row = session.get(PersonRow, (organisation, person_id), with_for_update=_LOCK if lock else None)
    if row is None:
        raise nobody_of(person_id)
    return row


def nobody_of(person_id: str) -> UnknownPerson:
    """What is said of an id that nobody has."""
    return UnknownPerson(f"Nobody in this organisation has the id {person_id!r}; see the list of people.")


def require_organisation(session: Session, organisation: str, *, lock: bool = False) -> None:
    """Returns when there is such an organisation; with `lock` nobody else who asks so gets past until the end.

    Raises:
        UnknownOrganisation: there is none.
    """
    if session.get(OrganisationRow, organisation, with_for_update=_LOCK if lock else None) is None:
        raise UnknownOrganisation(f"There is no organisation {organisation!r}; make it first.")


def require_people(session: Session, organisation: str, person_ids: Iterable[str]) -> tuple[str, ...]:
    """The ids sorted, each once; none of these people leaves until the transaction ends.

    Raises:
        UnknownPerson: somebody is not in the organisation.
    """
    wanted = sorted(set(person_ids))
    found: set[str] = set()
    for first in range(0, len(wanted), AT_ONCE):
        query = select(PersonRow.id).where(
            PersonRow.organisation_id == organisation, PersonRow.id.in_(wanted[first : first + AT_ONCE])
        )
        found.update(session.scalars(query.with_for_update(read=True, key_share=True)))
    if missing := len(wanted) - len(found):
        raise UnknownPerson(
            f"{missing} of {len(wanted)} people are not in this organisation, or have left it; load the list again."
        )
    return tuple(wanted)


def require_version(row: Versioned, version: int, what: str) -> None:
    """Returns when the row still has the version that the caller had read.

    Raises:
        EditedMeanwhile: it has another.
    """
    if row.version != version:
        raise EditedMeanwhile(what, by=row.changed_by, at=row.changed_at)


def mark_changed(row: Versioned, *, by: str, at: datetime) -> None:
    """Enter a change: the next version, who made it, and when."""
    row.version += 1
    row.changed_by, row.changed_at = by, at


def checked_actor(name: str, *, refusal: type[Invalid] = InvalidEntry) -> str:
    """The name of who does something, as it is kept with what was done."""
    return checked_text(name, field="The name of who does this", longest=200, refusal=refusal)
