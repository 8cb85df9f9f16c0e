"""Whoever is taken off the roster is gone from every table, to the last byte."""

import sqlite3
from contextlib import closing
from datetime import date
from hashlib import sha256
from pathlib import Path

from sqlalchemy import select

from store.cohorts import NewCohort
from store.database import Store
from store.engine import reading
from store.flag_actions import NewFlagAction
from store.journal import NewNote
from store.people import SyncOutcome
from store.phases import NewPhase
from store.tables import Base
from tests.store.samples import NOW, somebody

NIGHT = date(2026, 2, 28)


def with_everything(store: Store, vendor_id: str) -> str:
    """The id of a person of whom every table that has people has something."""
    person = store.add_person("north", somebody(vendor_id, name="CANARY-1", tags=("CANARY-2",))).person_id
    store.record_syncs("north", [SyncOutcome(person_id=person, attempted_at=NOW, error="CANARY-3")])
    store.cohorts.add("north", NewCohort(name=vendor_id, person_ids=(person,)), by="Kim")
    store.phases.add("north", [person], NewPhase(kind="group", name="CANARY-4", first=NIGHT), by="Kim")
    text = "CANARY-5" + "x" * 1990
    store.journal.add_note("north", NewNote(person_id=person, text=text, night=NIGHT), by="CANARY-6")
    store.journal.tag_night("north", person, NIGHT, "CANARY-7", by="Kim")
    action = NewFlagAction(person_id=person, action="note", night=NIGHT, label="CANARY-8", text="CANARY-9")
    store.flag_actions.record("north", action, by="Kim")
    return person


def rows_of(store: Store, person: str) -> dict[str, int]:
    """How many rows each table has of a person."""
    columns = {
        name: table.c.id if name == "people" else table.c.person_id
        for name, table in Base.metadata.tables.items()
        if name == "people" or "person_id" in table.c
    }
    with reading(store._engine) as session:
        return {
            name: len(session.execute(select(column).where(column == person)).all())
            for name, column in columns.items()
        }


def test_a_person_taken_out_is_gone_from_every_table_and_nobody_else_is(store: Store) -> None:
    gone, stays = with_everything(store, "G-1"), with_everything(store, "G-2")
    before = rows_of(store, stays)
    assert len(before) == 8
    assert set(before.values()) == {1}, "a table without a row is not tried"
    store.remove_person("north", gone)
    assert set(rows_of(store, gone).values()) == {0}
    assert rows_of(store, stays) == before


def test_no_byte_of_the_journal_of_a_person_taken_out_stays_in_the_files(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/store.db", now=lambda: NOW)
    store.ensure_organisation("north", "North", "UTC")
    people = [with_everything(store, f"G-{number}") for number in range(20)]
    canaries = [*(f"CANARY-{number}" for number in range(1, 10)), *people]

    def left() -> list[str]:
        content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
        return [canary for canary in canaries if canary.encode() in content]

    assert left() == canaries
    for person in people:
        store.remove_person("north", person)
    found = left()
    store.close()
    assert found == []


def test_of_many_who_leave_one_after_the_other_no_copy_is_left_in_a_page_that_was_divided(
    tmp_path: Path,
) -> None:
    store = Store(f"sqlite:///{tmp_path}/store.db", now=lambda: NOW)
    store.ensure_organisation("north", "North", "UTC")
    # In no order, so that pages of the index are divided again and again.
    names = [f"CANARY-{sha256(n.to_bytes(2)).hexdigest()}" for n in range(400)]
    store.add_people("north", [somebody(name) for name in names])
    gone = [person for person in store.people("north") if person.vendor_id in set(names[::8])]
    for person in gone:
        store.remove_person("north", person.person_id)
    assert store.scrub()
    store.close()
    left = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert len(gone) == 50
    assert not [person.vendor_id for person in gone if person.vendor_id.encode() in left]
    assert names[1].encode() in left, "what stays is there to be found"


def test_what_could_not_be_scrubbed_stays_due_also_after_a_new_start(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    store = Store(url, now=lambda: NOW)
    store.ensure_organisation("north", "North", "UTC")
    person = store.add_person("north", somebody("CANARY"))
    with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM people").fetchone()
        store.remove_person("north", person.person_id)
        assert _scrub_is_due(tmp_path)
        store.close()
    again = Store(url)
    assert again.scrub()
    again.close()
    assert not _scrub_is_due(tmp_path)
    assert not any(b"CANARY" in file.read_bytes() for file in tmp_path.iterdir())


def _scrub_is_due(folder: Path) -> bool:
    with closing(sqlite3.connect(folder / "store.db")) as connection:
        return bool(connection.execute("PRAGMA user_version").fetchone()[0] % 2)
