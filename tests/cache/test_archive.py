"""The archive: what went in is there, what is derived agrees, and whatever happens to a file is no error."""

import logging
import multiprocessing
import os
import shutil
import stat
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.nights import NIGHT_COLUMNS, night_columns, night_table
from analytics.received import Columns
from cache import archive as archive_module
from cache import arrivals as arrivals_module
from cache import shelf as shelf_module
from cache.archive import UNREADABLE, Delivery, NightArchive, PutReport, Unreadable, session_set
from cache.files import exclusively
from cache.seal import PlainSeal
from tests.cache.samples import NOW, MirrorSeal, bytes_under, night

NORTH = "north"


@pytest.fixture(params=[PlainSeal, MirrorSeal])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> NightArchive:
    return NightArchive(tmp_path / "archive", request.param())


def put(
    archive: NightArchive,
    person_id: str,
    days: "range | list[int]",
    *,
    organisation: str = NORTH,
    minutes: int = 0,
    **more: Any,
) -> PutReport:
    received = NOW + timedelta(minutes=minutes)
    prefix = f"{person_id}-"
    return archive.put(
        organisation,
        person_id,
        **{
            "zone": "Europe/Berlin",
            "results": [night(day, prefix=prefix) for day in days],
            "received": received,
            "synced_at": received,
            **more,
        },
    )


def another(archive: NightArchive) -> NightArchive:
    """The archive as another process sees it: the same folder, nothing in memory."""
    return NightArchive(archive._folder, archive._seal)


def derived_anew(archive: NightArchive, organisation: str = NORTH) -> pd.DataFrame:
    """What the statistics should be: the nights of every person's file, computed here and now."""
    frames = []
    for file in sorted((archive._folder / organisation / "people").glob("*.parquet")):
        nights = night_table(archive.sessions(organisation, file.stem), zone="Europe/Berlin")
        nights.insert(0, "person_id", file.stem)
        frames.append(nights.astype({"person_id": "str"}))
    return pd.concat(frames, ignore_index=True)


def assert_agrees(archive: NightArchive, organisation: str = NORTH) -> None:
    found, wanted = archive.statistics(organisation), derived_anew(archive, organisation)
    assert list(found.columns) == ["person_id", *NIGHT_COLUMNS]
    assert len(found) == len(wanted)
    for name in wanted:
        if pd.api.types.is_float_dtype(wanted[name].dtype):
            np.testing.assert_allclose(
                found[name].to_numpy(np.float64), wanted[name].to_numpy(), rtol=1e-5, atol=0, err_msg=name
            )
        else:
            assert found[name].tolist() == wanted[name].tolist() or (
                found[name].astype("str").tolist() == wanted[name].astype("str").tolist()
            ), name


def test_what_was_put_is_there_and_its_nights_are_derived(archive: NightArchive) -> None:
    assert put(archive, "p_b", range(20)) == PutReport(added=20, changed=0, total=20)
    assert put(archive, "p_a", range(5)) == PutReport(added=5, changed=0, total=5)
    sessions = archive.sessions(NORTH, "p_b")
    assert sessions.frame["session_id"].tolist() == [f"p_b-{day}" for day in range(20)]
    assert sessions.stages[3].tolist() == list(night(3).sleep_stages or ())
    statistics = archive.statistics(NORTH)
    assert statistics["person_id"].tolist() == ["p_a"] * 5 + ["p_b"] * 20
    assert statistics["valid"].all()
    assert_agrees(archive)
    assert_agrees(another(archive))


def test_a_persons_nights_have_the_columns_and_types_of_the_nights_table(archive: NightArchive) -> None:
    put(archive, "p_a", range(5))
    put(archive, "p_b", range(7))
    nights = archive.nights(NORTH, "p_b")
    wanted = night_table(archive.sessions(NORTH, "p_b"), zone="Europe/Berlin")
    assert {name: str(dtype) for name, dtype in nights.dtypes.items()} == {
        name: str(dtype) for name, dtype in NIGHT_COLUMNS.items()
    }
    pd.testing.assert_frame_equal(nights, wanted, rtol=1e-5)


def test_some_people_s_rows_are_those_of_the_statistics_in_their_order(archive: NightArchive) -> None:
    everyone = ["a", "b", "c", "d"]
    for number, person_id in enumerate(everyone):
        put(archive, person_id, range(2 + number))
    table = archive.statistics(NORTH)
    for wanted in (["d", "a"], ["c", "b"], ["nobody", "b"], everyone, ["nobody"], []):
        found = archive.statistics_of(NORTH, wanted, ["person_id", "tst_min", "reasons"])
        expected = table.loc[table["person_id"].isin(wanted), ["person_id", "tst_min", "reasons"]]
        pd.testing.assert_frame_equal(found, expected.reset_index(drop=True), check_exact=True)
    assert len(archive.statistics_of(NORTH, ["d", "a"], ["tst_min"])) == 7


def test_nobody_has_nothing(archive: NightArchive) -> None:
    assert archive.version(NORTH) == ""
    assert len(archive.sessions(NORTH, "p_a")) == 0
    assert archive.known(NORTH, "p_a") == {}
    assert archive.synced(NORTH) == {}
    for frame in (archive.statistics(NORTH), archive.nights(NORTH, "p_a")):
        assert len(frame) == 0
        assert set(NIGHT_COLUMNS) <= set(frame.columns)
    assert not (archive._folder / NORTH).exists()


def test_a_second_delivery_joins_the_first(archive: NightArchive) -> None:
    put(archive, "p_a", range(5))
    report = put(archive, "p_a", [3, 4, 5, 6], minutes=5)
    assert report == PutReport(added=2, changed=0, total=7)
    assert archive.sessions(NORTH, "p_a").frame["session_id"].tolist() == [f"p_a-{day}" for day in range(7)]
    assert_agrees(archive)


def test_sync_learns_what_is_known_and_until_when(archive: NightArchive) -> None:
    broken = Unreadable(session_id="x", start=NOW, end=None, reason="stat is a list.")
    results = [night(1), night(2, state="OPEN")]
    put(archive, "p_a", [], results=results, problems=[broken])
    states = {name: one.state for name, one in archive.known(NORTH, "p_a").items()}
    assert states == {"s1": "COMPLETE", "s2": "OPEN", "x": UNREADABLE}
    assert archive.synced(NORTH) == {"p_a": NOW}
    put(archive, "p_a", [5], minutes=9, synced_at=None)
    put(archive, "p_b", [5], synced_at=None)
    assert archive.synced(NORTH) == {"p_a": NOW}
    put(archive, "p_a", [], minutes=9)
    assert another(archive).synced(NORTH) == {"p_a": NOW + timedelta(minutes=9)}


def test_a_frame_that_was_handed_out_is_the_callers_own(archive: NightArchive) -> None:
    put(archive, "p_a", range(5))
    archive.fold(NORTH)
    mine = archive.statistics(NORTH)
    before = mine["tst_min"].tolist()
    mine["extra"] = 1
    mine.loc[:, "tst_min"] = 0.0
    mine.loc[0, "sri_known"] = 7
    assert "extra" not in archive.statistics(NORTH)
    assert archive.statistics(NORTH)["tst_min"].tolist() == before
    assert_agrees(archive)
    with pytest.raises(ValueError, match="read-only"):
        archive.statistics(NORTH)["tst_min"].to_numpy()[0] = 1.0


def changes(archive: NightArchive) -> dict[str, Callable[[], object]]:
    return {
        "a put": lambda: put(archive, "p_a", [9]),
        "the same put again": lambda: put(archive, "p_a", [9]),
        "a put of another person": lambda: put(archive, "p_b", [1]),
        "many": lambda: archive.put_many(NORTH, []),
        "a session removed": lambda: archive.remove_session(NORTH, "p_a", "p_a-9"),
        "a fold": lambda: archive.fold(NORTH),
        "a rebuild": lambda: archive.rebuild(NORTH),
        "an erasure": lambda: archive.erase(NORTH, "p_b"),
    }


def test_every_change_and_nothing_else_makes_a_new_version(archive: NightArchive) -> None:
    put(archive, "p_a", range(3))
    put(archive, "p_a", range(3), organisation="south")
    other, south = another(archive), archive.version("south")
    seen = {archive.version(NORTH)}
    for what, change in changes(archive).items():
        other.statistics(NORTH)
        change()
        assert other.version(NORTH) not in seen, what
        seen.add(other.version(NORTH))
        assert_agrees(other)
    other.statistics(NORTH)
    other.nights(NORTH, "p_a")
    archive.known(NORTH, "p_a")
    assert archive.version(NORTH) in seen
    assert archive.version("south") == south


def test_changed_people_are_laid_over_and_folded_in_after_a_while(tmp_path: Path) -> None:
    archive = NightArchive(tmp_path, PlainSeal(), fold_after=3)
    overlay = tmp_path / NORTH / "overlay"
    counts = []
    for number in range(7):
        put(archive, f"p_{number}", range(2))
        counts.append(len(list(overlay.iterdir())))
        assert_agrees(another(archive))
    assert counts == [1, 2, 0, 1, 2, 0, 1]
    put(archive, "p_1", [7, 8])
    assert_agrees(another(archive))
    archive.fold(NORTH)
    assert list(overlay.iterdir()) == []
    assert_agrees(another(archive))


def test_one_delivery_at_a_time_and_many_at_once_come_to_the_same(tmp_path: Path) -> None:
    single, bulk = (NightArchive(tmp_path / name, PlainSeal()) for name in ("single", "bulk"))
    deliveries = []
    for number, days in enumerate((range(3), range(5), range(4))):
        person_id = f"p_{number % 2}"
        put(single, person_id, days)
        sessions = session_set([night(day, prefix=f"{person_id}-") for day in days], received=NOW)
        deliveries.append(
            Delivery(person_id=person_id, zone="Europe/Berlin", sessions=sessions, synced_at=NOW)
        )
    reports = bulk.put_many(NORTH, deliveries)
    assert [report.total for report in reports] == [3, 5, 4]
    pd.testing.assert_frame_equal(single.statistics(NORTH), bulk.statistics(NORTH))
    assert single.synced(NORTH) == bulk.synced(NORTH)
    assert_agrees(bulk)


def test_a_session_removed_is_in_no_file_any_more(archive: NightArchive) -> None:
    put(archive, "p_a", range(3))
    archive.fold(NORTH)
    assert archive.remove_session(NORTH, "p_a", "p_a-1")
    assert not archive.remove_session(NORTH, "p_a", "p_a-1")
    assert not archive.remove_session(NORTH, "p_z", "p_a-1")
    assert archive.sessions(NORTH, "p_a").frame["session_id"].tolist() == ["p_a-0", "p_a-2"]
    assert_agrees(archive)
    assert_agrees(another(archive))


def test_organisations_share_nothing(archive: NightArchive) -> None:
    put(archive, "p_a", range(3))
    put(archive, "p_a", range(5), organisation="south")
    assert len(archive.statistics(NORTH)) == 3
    assert len(archive.nights("south", "p_a")) == 5
    archive.erase(NORTH, "p_a")
    assert len(archive.sessions("south", "p_a")) == 5


@pytest.mark.parametrize("bad", ["../south", "", ".", "a/b", "a.b", "/etc", "a\x00"])
def test_an_id_that_could_lead_elsewhere_is_refused_everywhere(archive: NightArchive, bad: str) -> None:
    calls: list[Callable[[str, str], object]] = [
        lambda o, p: put(archive, p, [1], organisation=o),
        archive.sessions,
        archive.known,
        archive.nights,
        archive.erase,
        lambda o, p: archive.remove_session(o, p, "s1"),
    ]
    for call in calls:
        for organisation, person_id in ((bad, "p_a"), (NORTH, bad)):
            with pytest.raises(ValueError, match="cannot be the name of a file"):
                call(organisation, person_id)
    for ask in (archive.statistics, archive.version, archive.synced, archive.fold, archive.rebuild):
        with pytest.raises(ValueError, match="cannot be the name of a file"):
            ask(bad)
    assert {path.name for path in archive._folder.parent.iterdir()} == {"archive"}


def test_every_file_is_private(archive: NightArchive) -> None:
    put(archive, "p_a", range(3))
    archive.fold(NORTH)
    put(archive, "p_b", range(3))
    for path in [archive._folder, *archive._folder.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_nothing_reaches_the_disk_around_the_seal(tmp_path: Path) -> None:
    archive = NightArchive(tmp_path, MirrorSeal(), fold_after=2)
    for person_id in ("p_a", "p_b", "p_c"):
        put(archive, person_id, range(3), results=[night(1, prefix="canary-")])
    found = bytes_under(tmp_path)
    assert b"canary" not in found
    assert b"Berlin" not in found
    assert b"PAR1" not in found
    assert b"ARROW1" not in found


def test_a_file_under_another_name_is_not_taken_for_that_person(tmp_path: Path) -> None:
    archive = NightArchive(tmp_path, MirrorSeal())
    put(archive, "p_a", range(3))
    people = tmp_path / NORTH / "people"
    shutil.copy(people / "p_a.parquet", people / "p_b.parquet")
    assert len(archive.sessions(NORTH, "p_b")) == 0
    assert set(another(archive).statistics(NORTH)["person_id"]) == {"p_a"}


SPOILERS: dict[str, Callable[[Path], object]] = {
    "deleted": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "rubbish": lambda path: path.write_bytes(b"rubbish" * 999),
    "cut in half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "last byte gone": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "middle overwritten": lambda path: path.write_bytes(
        path.read_bytes()[: path.stat().st_size // 3]
        + b"\xff" * (path.stat().st_size - path.stat().st_size // 3)
    ),
}


@pytest.mark.parametrize("spoiler", SPOILERS)
@pytest.mark.parametrize("name", ["statistics.arrow", "overlay/p_c.arrow", "version"])
def test_whatever_happens_to_a_derived_file_it_is_derived_again(
    archive: NightArchive, name: str, spoiler: str
) -> None:
    put(archive, "p_a", range(3))
    put(archive, "p_b", range(4))
    archive.fold(NORTH)
    put(archive, "p_c", range(5))
    SPOILERS[spoiler](archive._folder / NORTH / name)
    after = another(archive)
    assert_agrees(after)
    assert after.synced(NORTH) == {"p_a": NOW, "p_b": NOW, "p_c": NOW}
    put(after, "p_a", [8])
    assert_agrees(another(archive))


@pytest.mark.parametrize("spoiler", [name for name in SPOILERS if name != "deleted"])
def test_a_persons_file_that_cannot_be_read_is_moved_aside_and_the_person_is_not_synced(
    archive: NightArchive, spoiler: str, caplog: pytest.LogCaptureFixture
) -> None:
    put(archive, "p_a", range(3))
    put(archive, "p_b", range(4))
    file = archive._folder / NORTH / "people" / "p_a.parquet"
    SPOILERS[spoiler](file)
    with caplog.at_level(logging.WARNING):
        assert len(archive.sessions(NORTH, "p_a")) == 0
    assert "p_a.parquet could not be read and was moved aside" in caplog.text
    assert [path.name for path in file.parent.iterdir() if "p_a" in path.name] == ["p_a.parquet.damaged"]
    assert archive.known(NORTH, "p_a") == {}
    assert set(archive.synced(NORTH)) == {"p_b"}
    assert_agrees(archive)
    assert put(archive, "p_a", range(3)).added == 3
    assert_agrees(another(archive))


def test_a_page_that_meets_a_damaged_person_shows_the_others(archive: NightArchive) -> None:
    put(archive, "p_a", range(3))
    put(archive, "p_b", range(4))
    SPOILERS["cut in half"](archive._folder / NORTH / "people" / "p_a.parquet")
    assert set(another(archive).statistics(NORTH)["person_id"]) == {"p_b"}
    assert another(archive).known(NORTH, "p_a") == {}


def test_a_person_whose_file_was_deleted_by_hand_is_gone(archive: NightArchive) -> None:
    put(archive, "p_a", range(3))
    put(archive, "p_b", range(3))
    archive.fold(NORTH)
    (archive._folder / NORTH / "people" / "p_a.parquet").unlink()
    assert set(another(archive).statistics(NORTH)["person_id"]) == {"p_b"}


def test_a_table_of_other_rules_is_derived_again(
    archive: NightArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cache.table.SCHEMA", "older")
    put(archive, "p_a", range(3))
    archive.fold(NORTH)
    put(archive, "p_b", range(3))
    older = (archive._folder / NORTH / "statistics.arrow").read_bytes()
    monkeypatch.undo()
    assert_agrees(another(archive))
    assert (archive._folder / NORTH / "statistics.arrow").read_bytes() != older


def test_a_rebuild_needs_the_peoples_files_only(archive: NightArchive) -> None:
    for person_id in ("p_a", "p_b", "p_c"):
        put(archive, person_id, range(3))
    before = archive.statistics(NORTH)
    synced = archive.synced(NORTH)
    shutil.rmtree(archive._folder / NORTH / "overlay")
    archive.rebuild(NORTH)
    pd.testing.assert_frame_equal(archive.statistics(NORTH), before)
    assert archive.synced(NORTH) == synced


@pytest.mark.parametrize(
    ("module", "cut"),
    [
        (arrivals_module, "night_columns"),
        (arrivals_module, "derived"),
        (arrivals_module, "remove"),
        (archive_module, "lay_over"),
    ],
)
def test_a_delivery_that_was_cut_off_between_two_files_heals(
    archive: NightArchive, monkeypatch: pytest.MonkeyPatch, module: ModuleType, cut: str
) -> None:
    put(archive, "p_a", range(3))

    def power_cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, cut, power_cut)
    with pytest.raises(KeyboardInterrupt):
        put(archive, "p_a", range(6))
    monkeypatch.undo()
    after = another(archive)
    assert len(after.known(NORTH, "p_a")) == 6
    assert len(after.nights(NORTH, "p_a")) == 6
    assert_agrees(after)


def test_a_bulk_delivery_that_was_cut_off_keeps_whom_it_had(archive: NightArchive) -> None:
    sessions = session_set([night(day) for day in range(3)], received=NOW)

    def deliveries() -> Any:
        yield Delivery(person_id="p_a", zone="Europe/Berlin", sessions=sessions, synced_at=NOW)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        archive.put_many(NORTH, deliveries())
    assert len(archive.nights(NORTH, "p_a")) == 3
    assert_agrees(another(archive))


def test_sessions_that_no_night_can_be_made_of_do_not_get_in(
    archive: NightArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(archive, "p_a", range(3))
    files = bytes_under(archive._folder)

    def refuses(*_: object, **__: object) -> None:
        raise ValueError("no night can be made of this")

    monkeypatch.setattr(arrivals_module, "night_columns", refuses)
    with pytest.raises(ValueError, match="no night"):
        put(archive, "p_a", range(9))
    monkeypatch.undo()
    assert bytes_under(archive._folder) == files
    assert_agrees(archive)


def test_a_delivery_is_on_disk_before_its_nights_are_computed_and_in_no_way_afterwards(
    archive: NightArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    arriving = archive._folder / NORTH / "arriving"
    seen = []

    def noted(*arguments: Any, **more: Any) -> Columns:
        seen.append([path.name for path in arriving.iterdir()])
        return night_columns(*arguments, **more)

    monkeypatch.setattr(arrivals_module, "night_columns", noted)
    put(archive, "p_a", range(3))
    assert seen == [["p_a.parquet"]]
    assert list(arriving.iterdir()) == []


def test_what_arrived_and_makes_no_nights_is_set_aside_and_nobody_stumbles_over_it(
    archive: NightArchive, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    put(archive, "p_a", range(3))

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    def refuses(*_: object, **__: object) -> None:
        raise ZeroDivisionError("no night can be made of this")

    monkeypatch.setattr(arrivals_module, "night_columns", dies)
    with pytest.raises(KeyboardInterrupt):
        put(archive, "p_a", range(9))
    monkeypatch.setattr(arrivals_module, "night_columns", refuses)
    with caplog.at_level(logging.WARNING):
        assert len(another(archive).known(NORTH, "p_a")) == 3
    assert "no night can be made of this" in caplog.text
    monkeypatch.undo()
    assert_agrees(another(archive))
    assert {finding.kind for finding in archive.verify(NORTH, roster=["p_a"])} == {"set aside"}


def test_a_person_erased_while_a_delivery_was_cut_off_does_not_come_back(
    archive: NightArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(arrivals_module, "night_columns", dies)
    with pytest.raises(KeyboardInterrupt):
        put(archive, "p_a", range(9))
    monkeypatch.undo()
    assert archive.erase(NORTH, "p_a")
    assert len(another(archive).known(NORTH, "p_a")) == 0
    assert len(another(archive).statistics(NORTH)) == 0


def test_a_full_disk_leaves_what_was_there(archive: NightArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    put(archive, "p_a", range(3))

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        put(archive, "p_a", range(9))
    monkeypatch.undo()
    assert len(archive.known(NORTH, "p_a")) == 3
    assert_agrees(another(archive))


def test_readers_do_not_wait_for_a_writer(archive: NightArchive) -> None:
    put(archive, "p_a", range(3))
    other = another(archive)
    with exclusively(archive._folder / NORTH / ".lock"):
        began = time.monotonic()
        assert len(other.statistics(NORTH)) == 3
        assert len(other.sessions(NORTH, "p_a")) == 3
        assert len(other.known(NORTH, "p_a")) == 3
        assert len(other.nights(NORTH, "p_a")) == 3
        assert time.monotonic() - began < 5


def test_the_stages_of_many_come_one_person_after_the_other(archive: NightArchive) -> None:
    for person_id in ("p_a", "p_b", "p_c"):
        put(archive, person_id, range(3))
    SPOILERS["rubbish"](archive._folder / NORTH / "people" / "p_b.parquet")
    found = dict(archive.stages_of(NORTH, ["p_c", "p_nobody", "p_b", "p_a"]))
    assert list(found) == ["p_c", "p_a"]
    sessions = archive.sessions(NORTH, "p_c")
    assert found["p_c"].session_ids == tuple(sessions.frame["session_id"])
    assert [row.tolist() for row in found["p_c"].stages] == [row.tolist() for row in sessions.stages]
    assert archive.known(NORTH, "p_b") == {}


def test_threads_that_put_at_once_lose_nothing(archive: NightArchive) -> None:
    def deliver(first: int) -> None:
        for day in range(first, first + 4):
            put(archive, "p_same", [day])
            put(archive, f"p_{first}", [day])

    threads = [threading.Thread(target=deliver, args=(first,)) for first in (0, 4, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(archive.known(NORTH, "p_same")) == 12
    assert_agrees(archive)
    assert_agrees(another(archive))


def deliver_days(folder: Path, first: int) -> None:
    archive = NightArchive(folder, PlainSeal(), fold_after=2)
    for day in range(first, first + 5):
        put(archive, "p_same", [day])
        put(archive, f"p_{day % 3}", [day])


def test_processes_that_put_at_once_lose_nothing_while_a_reader_reads(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    reader = NightArchive(tmp_path, PlainSeal())
    processes = [spawn.Process(target=deliver_days, args=(tmp_path, first)) for first in (0, 5)]
    for process in processes:
        process.start()
    most = 0
    while any(process.is_alive() for process in processes):
        frame = reader.statistics(NORTH)
        same = int((frame["person_id"] == "p_same").sum())
        assert same >= most, "nights that were there once must not vanish"
        most = same
        time.sleep(0.01)
    assert [process.exitcode for process in processes] == [0, 0]
    assert len(reader.known(NORTH, "p_same")) == 10
    assert_agrees(reader)


def test_the_table_is_mapped_and_narrow(tmp_path: Path) -> None:
    archive = NightArchive(tmp_path, PlainSeal())
    put(archive, "p_a", range(60))
    archive.fold(NORTH)
    frame = another(archive).statistics(NORTH)
    widths = {name: frame[name].to_numpy().itemsize for name in frame if frame[name].dtype.kind in "fiub"}
    assert max(widths.values()) == 4
    mapped = [line for line in Path("/proc/self/maps").read_text().splitlines() if "statistics.arrow" in line]
    assert mapped
    numbers = frame["tst_min"].to_numpy()
    assert np.shares_memory(numbers, frame["tst_min"].to_numpy())
    assert not numbers.flags.writeable
    addresses = [range(*(int(place, 16) for place in line.split()[0].split("-"))) for line in mapped]
    for name in ("tst_min", "sri_known", "night", "valid"):
        place = frame[name].to_numpy().__array_interface__["data"][0]
        assert any(place in each for each in addresses), f"{name} is a copy"
    place = frame["start"].array.asi8.__array_interface__["data"][0]
    assert any(place in each for each in addresses), "instants are a copy"


def test_a_file_that_did_not_change_is_not_read_again(
    archive: NightArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(archive, "p_a", range(3))
    archive.fold(NORTH)
    put(archive, "p_b", range(3))
    reader, read = another(archive), list[str]()
    reader.statistics(NORTH)
    look = shelf_module.Shelf.map

    def noted(shelf: shelf_module.Shelf, path: Path) -> memoryview:
        read.append(path.name)
        return look(shelf, path)

    monkeypatch.setattr(shelf_module.Shelf, "map", noted)
    put(archive, "p_c", range(3))
    read.clear()
    reader.statistics(NORTH)
    assert read == ["p_c.arrow"]
    assert_agrees(reader)


def test_a_version_that_did_not_change_costs_no_reading(
    archive: NightArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(archive, "p_a", range(3))
    archive.statistics(NORTH)

    def never(*_: object) -> None:
        raise AssertionError("read again although nothing changed")

    monkeypatch.setattr(archive_module, "load", never)
    assert len(archive.statistics(NORTH)) == 3
    assert len(archive.nights(NORTH, "p_a")) == 3


def test_a_copy_of_the_people_in_another_place_is_a_whole_archive(
    archive: NightArchive, tmp_path: Path
) -> None:
    put(archive, "p_a", range(3))
    put(archive, "p_b", range(4))
    backup = tmp_path / "backup" / NORTH / "people"
    shutil.copytree(archive._folder / NORTH / "people", backup)
    for number, file in enumerate(backup.iterdir()):
        os.utime(file, (1_600_000_000 + number, 1_600_000_000))
    restored = NightArchive(tmp_path / "backup", archive._seal)
    assert_agrees(restored)
    assert restored.synced(NORTH) == archive.synced(NORTH)
