"""The roster in a database: what comes back, what is refused, and what one organisation sees of another."""

import io
import multiprocessing
import re
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, event

from store.database import Store
from store.engine import migration_config, open_engine
from store.errors import EditedMeanwhile
from store.people import (
    DuplicatePerson,
    StoreUnavailable,
    SyncOutcome,
    UnknownOrganisation,
    UnknownPerson,
    UnusableDatabase,
)
from store.tables import Base
from tests.store.samples import NOW, somebody


def test_a_person_comes_back_as_added(store: Store) -> None:
    added = store.add_person(
        "north", somebody(birth_year=1980, sex="female", tags=("shift", "control"), environment="test")
    )
    assert re.fullmatch(r"p_[a-z2-7]{12}", added.person_id)
    assert added.tags == ("control", "shift")
    assert added.created_at == NOW
    assert store.person("north", added.person_id) == added
    assert store.people("north") == (added,)


def test_people_are_listed_by_name_and_by_tag(store: Store) -> None:
    names = {"G-1": "zoe", "G-2": "Ann", "G-3": "Émile", "G-4": "bob"}
    for vendor_id, name in names.items():
        tags = ("shift",) if name in {"zoe", "bob"} else ()
        store.add_person("north", somebody(vendor_id, name=name, tags=tags))
    assert [person.name for person in store.people("north")] == ["Ann", "bob", "zoe", "Émile"]
    assert [person.name for person in store.people("north", tag="shift")] == ["bob", "zoe"]
    assert store.people("north", tag="nobody") == ()
    assert store.tags("north") == {"shift": 2}


def test_one_vendor_id_is_in_a_roster_once_but_may_be_in_two_rosters(store: Store) -> None:
    store.add_person("north", somebody())
    with pytest.raises(DuplicatePerson, match="'G-1' is already in the roster"):
        store.add_person("north", somebody(name="Somebody Else"))
    store.add_person("north", somebody(environment="test"))
    assert store.add_person("south", somebody()).vendor_id == "G-1"
    assert len(store.people("north")) == 2
    assert len(store.people("north", environment="live")) == 1


def test_an_import_adds_the_good_rows_and_says_why_not_for_each_other(store: Store) -> None:
    store.add_person("north", somebody("G-1"))
    rows = [
        somebody("G-1"),
        somebody("G-2"),
        somebody("G-3", zone="Nowhere"),
        somebody("G-2"),
        somebody("G-4"),
    ]
    outcomes = store.add_people("north", rows)
    assert [(outcome.row, outcome.vendor_id) for outcome in outcomes] == [
        (0, "G-1"), (1, "G-2"), (2, "G-3"), (3, "G-2"), (4, "G-4"),
    ]  # fmt: skip
    assert [outcome.person is not None for outcome in outcomes] == [False, True, False, False, True]
    assert "already in the roster" in outcomes[0].problem
    assert "not an IANA name" in outcomes[2].problem
    assert "already in the roster" in outcomes[3].problem
    assert {person.vendor_id for person in store.people("north")} == {"G-1", "G-2", "G-4"}
    assert {outcome.person for outcome in outcomes if outcome.person} <= set(store.people("north"))


def test_what_can_be_changed_of_a_person_is_changed_and_nothing_else(store: Store) -> None:
    added = store.add_person("north", somebody(tags=("shift", "control")))
    other = store.add_person("north", somebody("G-2", tags=("shift",)))
    changed = replace(
        added, name="Ann Other", zone="Asia/Seoul", birth_year=1970, sex="other", tags=("shift", "new")
    )
    after = store.update_person("north", replace(changed, vendor_id="G-9"))
    assert after == replace(changed, tags=("new", "shift"), version=2)
    assert store.person("north", other.person_id) == other
    assert store.tags("north") == {"new": 1, "shift": 2}


def test_one_organisation_cannot_reach_a_person_of_another(store: Store) -> None:
    mine = store.add_person("north", somebody(tags=("shift",)))
    reaches: list[Callable[[], object]] = [
        lambda: store.person("south", mine.person_id),
        lambda: store.update_person("south", mine),
        lambda: store.remove_person("south", mine.person_id),
    ]
    for reach in reaches:
        with pytest.raises(UnknownPerson):
            reach()
    store.record_syncs("south", [SyncOutcome(person_id=mine.person_id, attempted_at=NOW)])
    assert store.people("south") == ()
    assert store.tags("south") == {}
    assert store.sync_states("south") == store.sync_states("north") == {}
    assert store.people("north") == (mine,)


def test_an_organisation_is_made_once_and_must_exist(store: Store) -> None:
    again = store.ensure_organisation("north", "Another Name", "UTC")
    assert (again.name, again.zone) == ("North Clinic", "Europe/Berlin")
    for refused in (
        lambda: store.organisation("east"),
        lambda: store.add_person("east", somebody()),
        lambda: store.add_people("east", [somebody()]),
    ):
        with pytest.raises(UnknownOrganisation, match="'east'"):
            refused()


def test_a_failed_synchronisation_keeps_the_last_success(store: Store) -> None:
    person_id = store.add_person("north", somebody()).person_id
    earlier, later = NOW - timedelta(days=90), NOW + timedelta(hours=1)
    went_well = SyncOutcome(person_id=person_id, attempted_at=NOW, listed=5, fetched=5, asked_since=earlier)
    store.record_syncs("north", [went_well])
    store.record_syncs(
        "north", [SyncOutcome(person_id=person_id, attempted_at=later, error="x" * 900, failed=2)]
    )
    state = store.sync_states("north")[person_id]
    assert (state.attempted_at, state.succeeded_at, state.asked_since) == (later, NOW, earlier)
    assert (len(state.error), state.listed, state.fetched, state.failed) == (500, 0, 0, 2)


def test_what_was_asked_for_once_stays_asked_for(store: Store) -> None:
    person_id = store.add_person("north", somebody()).person_id
    since = []
    for days in (30, None, 90, 10):
        start = None if days is None else NOW - timedelta(days=days)
        store.record_syncs("north", [SyncOutcome(person_id=person_id, attempted_at=NOW, asked_since=start)])
        since.append(store.sync_states("north")[person_id].asked_since)
    assert since == [NOW - timedelta(days=days) for days in (30, 30, 90, 90)]


def test_when_statistics_came_last_is_kept_through_failures_and_rounds_without_them(store: Store) -> None:
    person_id = store.add_person("north", somebody()).person_id
    later = NOW + timedelta(hours=13)
    kept = []
    for outcome in (
        SyncOutcome(person_id=person_id, attempted_at=NOW, error="It broke off.", statistics_at=NOW),
        SyncOutcome(person_id=person_id, attempted_at=NOW, statistics_at=NOW),
        SyncOutcome(person_id=person_id, attempted_at=later),
        SyncOutcome(person_id=person_id, attempted_at=later, error="It broke off.", statistics_at=later),
        SyncOutcome(person_id=person_id, attempted_at=later, statistics_at=later),
    ):
        store.record_syncs("north", [outcome])
        kept.append(store.sync_states("north")[person_id].statistics_at)
    assert kept == [None, NOW, NOW, NOW, later]


def test_one_who_left_meanwhile_does_not_keep_the_others_from_being_recorded(store: Store) -> None:
    stays = store.add_person("north", somebody()).person_id
    outcomes = [SyncOutcome(person_id=name, attempted_at=NOW) for name in ("p_gone", stays)]
    store.record_syncs("north", outcomes)
    assert list(store.sync_states("north")) == [stays]


def test_instants_come_back_in_utc_whatever_zone_they_were_given_in(store: Store) -> None:
    person_id = store.add_person("north", somebody()).person_id
    seoul = datetime(2026, 3, 1, 6, 0, tzinfo=timezone(timedelta(hours=9)))
    store.record_syncs("north", [SyncOutcome(person_id=person_id, attempted_at=seoul)])
    kept = store.sync_states("north")[person_id].attempted_at
    assert (kept, kept.tzinfo) == (datetime(2026, 2, 28, 21, 0, tzinfo=UTC), UTC)


def test_a_person_taken_out_is_gone_with_tags_and_synchronisation(store: Store) -> None:
    gone = store.add_person("north", somebody(tags=("shift",)))
    stays = store.add_person("north", somebody("G-2"))
    store.record_syncs("north", [SyncOutcome(person_id=gone.person_id, attempted_at=NOW)])
    store.remove_person("north", gone.person_id)
    assert store.people("north") == (stays,)
    assert store.tags("north") == {}
    assert store.sync_states("north") == {}
    assert store.add_person("north", somebody()).person_id != gone.person_id


def test_no_byte_of_a_person_taken_out_stays_in_the_files(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/store.db", now=lambda: NOW)
    store.ensure_organisation("north", "North", "UTC")
    canaries = (b"CANARY-NAME", b"CANARY-VENDOR", b"canary-tag", b"canary-error")
    person = store.add_person("north", somebody("CANARY-VENDOR", name="CANARY-NAME", tags=("canary-tag",)))
    store.record_syncs(
        "north", [SyncOutcome(person_id=person.person_id, attempted_at=NOW, error="canary-error")]
    )
    store.update_person("north", replace(person, name="CANARY-NAME the second"))

    def bytes_on_disk() -> bytes:
        return b"".join(file.read_bytes() for file in tmp_path.iterdir())

    assert all(canary in bytes_on_disk() for canary in canaries)
    store.remove_person("north", person.person_id)
    left = [canary for canary in (*canaries, person.person_id.encode()) if canary in bytes_on_disk()]
    store.close()
    assert left == []


def test_the_models_and_the_migrations_make_the_same_tables(url: str) -> None:
    engine = open_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)
    engine.dispose()
    assert differences == []


def test_a_second_start_keeps_the_roster_and_takes_no_write_lock(url: str) -> None:
    first = Store(url, now=lambda: NOW)
    first.ensure_organisation("north", "North", "UTC")
    added = first.add_person("north", somebody())
    first.close()
    second = Store(url)
    assert second.people("north") == (added,)
    second.close()


def test_sqlite_is_set_up_for_durable_private_concurrent_use(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/new/store.db")
    wanted = {"journal_mode": "wal", "foreign_keys": 1, "secure_delete": 1, "busy_timeout": 10_000}
    with engine.connect() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in wanted}
    modes = {file.name: oct(file.stat().st_mode & 0o777) for file in (tmp_path / "new").iterdir()}
    engine.dispose()
    assert found == wanted
    assert set(modes.values()) == {"0o600"}
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0


def test_what_was_deleted_leaves_the_log_when_nobody_reads_it_any_more(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/store.db", busy_timeout_ms=20_000)
    store.ensure_organisation("north", "North", "UTC")
    person = store.add_person("north", somebody("CANARY"))
    with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM people").fetchone()
        began = time.monotonic()
        store.remove_person("north", person.person_id)
        assert not store.scrub()
        assert time.monotonic() - began < 5
    assert store.scrub()
    assert not any(b"CANARY" in file.read_bytes() for file in tmp_path.iterdir())
    with store._engine.connect() as connection:
        patience_ms = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
    store.close()
    assert patience_ms == 20_000, "writers wait as long as before"


def test_a_migration_that_fails_half_way_leaves_no_table_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "CREATE TABLE tags" in statement:
            raise KeyboardInterrupt

    event.listen(Engine, "before_cursor_execute", cut_off)
    url = f"sqlite:///{tmp_path}/store.db"
    try:
        with pytest.raises(KeyboardInterrupt):
            open_engine(url)
    finally:
        event.remove(Engine, "before_cursor_execute", cut_off)
    Store(url).close()


def test_many_writers_at_once_lose_nothing(store: Store) -> None:
    def add(first: int) -> None:
        for number in range(first, first + 10):
            store.add_person("north", somebody(f"G-{number}"))

    threads = [threading.Thread(target=add, args=(first,)) for first in range(0, 80, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.people("north")) == 80


def start_store(url: str) -> None:
    store = Store(url)
    store.ensure_organisation("north", "North", "UTC")
    store.close()


def test_two_processes_may_start_at_once(url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=start_store, args=(url,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    store = Store(url)
    assert store.organisation("north").name == "North"
    store.close()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("not a url", "cannot be read"),
        ("nosuchdatabase://host/db", "cannot be read"),
        ("sqlite://", "in memory would be lost"),
        ("sqlite:////proc/nowhere/store.db", "cannot be written"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_with_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(StoreUnavailable, match=sentence):
        Store(url)


def test_a_damaged_database_is_named_and_not_replaced(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    file.write_bytes(b"this is no database" * 100)
    with pytest.raises(
        UnusableDatabase, match=r"damaged: file is not a database.*restore the newest back-up"
    ):
        Store(f"sqlite:///{file}")
    assert file.read_bytes() == b"this is no database" * 100


def test_the_tables_are_described_in_words_that_postgresql_knows() -> None:
    config = migration_config()
    config.set_main_option("sqlalchemy.url", "postgresql://")
    script = config.output_buffer = io.StringIO()
    command.upgrade(config, "head", sql=True)
    assert "TIMESTAMP WITH TIME ZONE NOT NULL" in script.getvalue()
    assert script.getvalue().count("ON DELETE CASCADE") == script.getvalue().count("FOREIGN KEY") == 12


def test_who_changes_a_person_too_late_is_told_by_whom_and_when(store: Store) -> None:
    read = store.add_person("north", somebody())
    saved = store.update_person("north", replace(read, name="Ann First"), by="Kim")
    assert (read.version, saved.version) == (1, 2)
    with pytest.raises(EditedMeanwhile) as told:
        store.update_person("north", replace(read, name="Ann Second", tags=("late",)), by="Lee")
    assert str(told.value) == (
        "Ann First was changed by Kim at 2026-03-01 12:00 UTC meanwhile. Nothing was saved; load again and make the "
        "change anew."
    )
    assert (told.value.by, told.value.at) == ("Kim", NOW)
    assert store.person("north", read.person_id) == saved
    assert store.update_person("north", replace(saved, name="Ann Second")).version == 3


def test_many_are_changed_in_one_transaction_and_whoever_comes_too_late_is_told(store: Store) -> None:
    ann, bob, cem = (
        store.add_person("north", somebody(f"G-{name}", name=name, tags=("shift",)))
        for name in ("Ann", "Bob", "Cem")
    )
    store.update_person("north", replace(bob, name="Bob First"), by="Kim")
    elsewhere = store.add_person("south", somebody())
    wanted = [
        replace(cem, name="Cem K.", tags=("new", "late")),
        replace(bob, name="Bob Second", tags=()),
        replace(ann, zone="Nowhere"),
        elsewhere,
        replace(ann, name="Ann K."),
        replace(ann, name="Ann L."),
    ]
    outcomes = store.update_people("north", wanted, by="Lee")
    assert [(outcome.row, outcome.vendor_id) for outcome in outcomes] == [
        (0, "G-Cem"), (1, "G-Bob"), (2, "G-Ann"), (3, "G-1"), (4, "G-Ann"), (5, "G-Ann"),
    ]  # fmt: skip
    cem_now, ann_now = outcomes[0].person, outcomes[4].person
    assert cem_now == replace(cem, name="Cem K.", tags=("late", "new"), version=2)
    assert ann_now == replace(ann, name="Ann K.", version=2)
    reasons = [outcome.problem for outcome in outcomes if outcome.person is None]
    for reason, said in zip(
        reasons,
        ("Bob First was changed by Kim at", "not an IANA name", "Nobody in this", "by Lee at"),
        strict=True,
    ):
        assert said in reason
    assert {person.name for person in store.people("north")} == {"Ann K.", "Bob First", "Cem K."}
    assert {cem_now, ann_now} <= set(store.people("north"))
    assert store.tags("north") == {"late": 1, "new": 1, "shift": 2}
    assert store.update_people("north", []) == ()


def test_of_two_who_change_a_person_at_once_one_is_told(store: Store) -> None:
    read = store.add_person("north", somebody())
    told: list[EditedMeanwhile] = []
    ready = threading.Barrier(8)

    def change(name: str) -> None:
        ready.wait()
        try:
            store.update_person("north", replace(read, name=name), by=name)
        except EditedMeanwhile as late:
            told.append(late)

    threads = [threading.Thread(target=change, args=(f"Browser {number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = store.person("north", read.person_id)
    assert len(told) == 7
    assert {late.by for late in told} == {kept.name}
    assert kept.version == 2
