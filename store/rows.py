"""Rows of the tables to values and back."""

import base64
import secrets
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.people import Environment, NewPerson, Person, SyncState
from store.tables import PersonRow, SyncStateRow, TagRow


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
    )


def with_id(person: NewPerson, now: datetime) -> Person:
    """The person with an opaque id of 60 random bits, which tells nothing and cannot be guessed."""
    return Person(
        person_id="p_" + base64.b32encode(secrets.token_bytes(8))[:12].decode().lower(),
        vendor_id=person.vendor_id,
        name=person.name,
        zone=person.zone,
        birth_year=person.birth_year,
        sex=person.sex,
        tags=person.tags,
        created_at=now.astimezone(UTC),
        environment=person.environment,
    )


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


def sync_state_of(row: SyncStateRow) -> SyncState:
    """The row as a value."""
    return SyncState(
        person_id=row.person_id,
        attempted_at=row.attempted_at,
        succeeded_at=row.succeeded_at,
        error=row.error,
        listed=row.listed,
        fetched=row.fetched,
        failed=row.failed,
        asked_since=row.asked_since,
        statistics_at=row.statistics_at,
    )
