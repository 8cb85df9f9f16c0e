"""Changes of people who are on a roster: each against the version that was read, all in the caller's transaction."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from store.errors import StoreError
from store.people import Person, checked_person
from store.rows import AT_ONCE, as_new, mark_changed, nobody_of, person_of, require_version, tag_rows
from store.tables import PersonRow, TagRow


def change_people(
    session: Session, organisation: str, people: Sequence[Person], *, by: str, at: datetime
) -> tuple[Person | StoreError, ...]:
    """For each, in order: the person as stored now, or what `Store.update_person` raises and nothing was changed.

    Rows are locked in the order of their ids, so that two who change many people never wait for each other.
    """
    rows = _locked(session, organisation, sorted({person.person_id for person in people}))
    results = tuple(_changed(rows.get(person.person_id), person, by=by, at=at) for person in people)
    changed = [result for result in results if isinstance(result, Person)]
    ids = [person.person_id for person in changed]
    for first in range(0, len(ids), AT_ONCE):
        mine = TagRow.organisation_id == organisation, TagRow.person_id.in_(ids[first : first + AT_ONCE])
        session.execute(delete(TagRow).where(*mine))
    for person in changed:
        session.add_all(tag_rows(organisation, person.person_id, person.tags))
    return results


def _locked(session: Session, organisation: str, person_ids: Sequence[str]) -> dict[str, PersonRow]:
    query = select(PersonRow).where(PersonRow.organisation_id == organisation).order_by(PersonRow.id)
    return {
        row.id: row
        for first in range(0, len(person_ids), AT_ONCE)
        for row in session.scalars(
            query.where(PersonRow.id.in_(person_ids[first : first + AT_ONCE])).with_for_update(key_share=True)
        )
    }


def _changed(row: PersonRow | None, person: Person, *, by: str, at: datetime) -> Person | StoreError:
    try:
        checked = checked_person(as_new(person), this_year=at.year)
        if row is None:
            raise nobody_of(person.person_id)
        require_version(row, person.version, row.name)
    except StoreError as problem:
        return problem
    row.name, row.zone = checked.name, checked.zone
    row.birth_year, row.sex = checked.birth_year, checked.sex
    mark_changed(row, by=by, at=at)
    return person_of(row, checked.tags)
