"""Erasing a person: no byte stays, nobody else changes, nobody who reads meanwhile is hurt, and a cut-off heals."""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd
import pytest

from cache import arrivals as arrivals_module
from cache import files
from cache import shelf as shelf_module
from cache.archive import Delivery, NightArchive, PutReport, session_set
from cache.seal import PlainSeal, Sealed
from tests.cache.samples import NOW, MirrorSeal, bytes_under, night
from tests.cache.test_archive import NORTH, another, assert_agrees, put


def filled(folder: Path) -> NightArchive:
    """Five people in the table of everybody; the canary lives where nobody else does."""
    archive = NightArchive(folder, PlainSeal())
    for person_id in ("p_a", "p_b", "p_canary", "p_d"):
        put(archive, person_id, range(4))
    strange = [night(day, prefix="canary-") for day in range(3)]
    put(archive, "p_canary", [], results=strange, zone="Pacific/Chatham")
    put(archive, "p_nobody", [])
    archive.fold(NORTH)
    return archive


def test_no_byte_of_a_person_erased_stays_and_nobody_else_is_touched(tmp_path: Path) -> None:
    archive = NightArchive(tmp_path, PlainSeal())
    for person_id in ("p_a", "p_canary", "p_c"):
        put(archive, person_id, range(3))
    put(archive, "p_canary", range(3), organisation="south")
    archive.fold(NORTH)
    put(archive, "p_canary", [4])  # in the table of everybody and in its own
    put(archive, "p_c", [4])
    people = tmp_path / NORTH / "people"
    shutil.copy(people / "p_canary.parquet", people / "p_canary.parquet.damaged")
    (people / ".cut-off.part").write_bytes(b"p_canary")
    south = bytes_under(tmp_path / "south")
    assert archive.erase(NORTH, "p_canary")
    assert b"p_canary" not in bytes_under(tmp_path / NORTH)
    assert not any("p_canary" in str(path) for path in (tmp_path / NORTH).rglob("*"))
    assert set(archive.statistics(NORTH)["person_id"]) == {"p_a", "p_c"}
    assert set(another(archive).synced(NORTH)) == {"p_a", "p_c"}
    assert archive.known(NORTH, "p_canary") == {}
    assert_agrees(archive)
    assert not archive.erase(NORTH, "p_canary")
    assert bytes_under(tmp_path / "south") == south


@pytest.mark.parametrize("person_id", ["p_a", "p_canary", "p_d", "p_nobody"])
def test_only_the_rows_of_the_person_change_in_the_table_of_everybody(tmp_path: Path, person_id: str) -> None:
    archive = filled(tmp_path)
    before = archive.statistics(NORTH)
    kept = before[before["person_id"] != person_id].reset_index(drop=True).copy(deep=True)
    table = tmp_path / NORTH / "statistics.arrow"
    inode, length = table.stat().st_ino, table.stat().st_size
    assert archive.erase(NORTH, person_id)
    assert (table.stat().st_ino, table.stat().st_size) == (inode, length)
    assert person_id.encode() not in bytes_under(tmp_path)
    for reader in (archive, another(archive)):
        pd.testing.assert_frame_equal(reader.statistics(NORTH), kept)


def test_a_word_that_nobody_else_uses_goes_too(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    assert b"canary-1" in bytes_under(tmp_path)
    archive.erase(NORTH, "p_a")
    archive.erase(NORTH, "p_canary")
    assert b"canary" not in bytes_under(tmp_path)
    assert b"Chatham" not in bytes_under(tmp_path)
    assert b"Berlin" in bytes_under(tmp_path)


def test_everybody_can_be_erased_and_come_back(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    for person_id in ("p_d", "p_a", "p_nobody", "p_canary", "p_b"):
        assert archive.erase(NORTH, person_id)
        assert set(another(archive).statistics(NORTH)["person_id"]) == set(another(archive).synced(NORTH)) - {
            "p_nobody"
        }
    assert len(another(archive).statistics(NORTH)) == 0
    put(archive, "p_a", range(2))
    assert_agrees(another(archive))
    archive.fold(NORTH)
    assert_agrees(another(archive))


def test_a_frame_from_before_an_erasure_holds_rows_of_nothing_and_can_be_read(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    before = another(archive).statistics(NORTH)
    mine = (before["person_id"] == "p_canary").to_numpy()
    others = before[~mine].copy(deep=True)
    archive.erase(NORTH, "p_canary")
    assert not before.loc[mine, "valid"].any()
    assert before.loc[mine, "tst_min"].isna().all()
    assert not before.loc[mine, "session_id"].str.contains("canary").any()
    pd.testing.assert_frame_equal(before[~mine], others)


def test_under_a_seal_of_whole_files_the_table_is_written_anew(tmp_path: Path) -> None:
    archive = NightArchive(tmp_path, MirrorSeal())
    for person_id in ("p_a", "p_b"):
        put(archive, person_id, range(3))
    archive.fold(NORTH)
    table = tmp_path / NORTH / "statistics.arrow"
    length = table.stat().st_size
    assert archive.erase(NORTH, "p_a")
    assert table.stat().st_size < length
    assert set(another(archive).statistics(NORTH)["person_id"]) == {"p_b"}


@pytest.mark.parametrize("written", [0, 1, 3, 40, 82, 83])
def test_an_erasure_that_was_cut_off_is_ended_by_whoever_reads_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    archive = filled(tmp_path)

    def cut_off(path: Path, pieces: Iterable[tuple[int, Sealed]]) -> None:
        every = list(pieces)
        assert len(every) == 84, "what is cut off below are its rows, its words, and one of its two headers"
        files.overwrite(path, every[:written])
        raise KeyboardInterrupt

    monkeypatch.setattr(shelf_module, "overwrite", cut_off)
    with pytest.raises(KeyboardInterrupt):
        archive.erase(NORTH, "p_canary")
    monkeypatch.undo()
    assert b"p_canary" in bytes_under(tmp_path)
    after = another(archive)
    assert set(after.statistics(NORTH)["person_id"]) == {"p_a", "p_b", "p_d"}
    assert b"canary" not in bytes_under(tmp_path)
    assert_agrees(after)


@pytest.mark.parametrize("cut", ["renew_version", "overwrite"])
def test_an_erasure_that_was_cut_off_between_two_files_is_ended_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    archive = filled(tmp_path)

    def power_cut(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(shelf_module.Shelf, cut, power_cut)
    with pytest.raises(KeyboardInterrupt):
        archive.erase(NORTH, "p_canary")
    monkeypatch.undo()
    assert set(another(archive).statistics(NORTH)["person_id"]) == {"p_a", "p_b", "p_d"}
    assert b"canary" not in bytes_under(tmp_path)


def delivered(*days: int) -> Delivery:
    """What a synchronisation has in hand of p_canary."""
    sessions = session_set([night(day, prefix="p_canary-") for day in days], received=NOW)
    return Delivery(person_id="p_canary", zone="Europe/Berlin", sessions=sessions, synced_at=NOW)


def put_all(archive: NightArchive) -> PutReport:
    return put(archive, "p_canary", range(5), minutes=9)


def put_many(archive: NightArchive) -> PutReport:
    return archive.put_many(NORTH, [delivered(*range(5))])[0]


@pytest.mark.parametrize("late", [put_all, put_many])
@pytest.mark.parametrize("there", ["the person's file", "no file any more"])
def test_an_erased_recording_does_not_come_back_with_a_late_delivery(
    tmp_path: Path, late: Callable[[NightArchive], PutReport], there: str
) -> None:
    archive = filled(tmp_path)
    put(archive, "p_b", [], results=[night(1, prefix="p_canary-")])
    assert archive.remove_session(NORTH, "p_canary", "p_canary-1")
    if there == "no file any more":
        archive.erase(NORTH, "p_canary")
    report = late(another(archive))
    assert report.total == len(archive.known(NORTH, "p_canary"))
    assert {"p_canary-0", "p_canary-2", "p_canary-4"} <= set(archive.known(NORTH, "p_canary"))
    assert "p_canary-1" not in archive.known(NORTH, "p_canary")
    assert "p_canary-1" in archive.known(NORTH, "p_b"), "it is the recording of that person which was erased"
    assert_agrees(archive)
    assert archive.verify(NORTH, roster=["p_a", "p_b", "p_canary", "p_d", "p_nobody"]) == ()


def test_an_erased_recording_does_not_come_back_with_what_a_writer_left_who_was_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = filled(tmp_path)
    archive.remove_session(NORTH, "p_canary", "p_canary-1")

    def power_cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(arrivals_module, "night_columns", power_cut)
        with pytest.raises(KeyboardInterrupt):
            put_all(archive)
    assert archive.arriving(NORTH) == ("p_canary",)
    assert "p_canary-1" not in another(archive).known(NORTH, "p_canary")
    assert "p_canary-4" in another(archive).known(NORTH, "p_canary")


def test_a_recording_that_was_not_here_yet_stays_away_too(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    assert not archive.remove_session(NORTH, "p_canary", "p_canary-4")
    put_all(archive)
    assert "p_canary-4" not in archive.known(NORTH, "p_canary")


def test_who_is_erased_for_good_takes_the_marks_of_erased_recordings_along(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    archive.remove_session(NORTH, "p_canary", "p_canary-1")
    archive.remove_session(NORTH, "p_b", "p_b-1")
    erased = tmp_path / NORTH / "erased"
    assert b"p_canary-1" not in bytes_under(tmp_path)
    assert not any("canary-1" in str(path) for path in erased.rglob("*"))
    assert {path.stat().st_mode & 0o777 for path in erased.rglob("*")} == {0o600, 0o700}
    archive.erase(NORTH, "p_canary", for_good=True)
    assert len([path for path in erased.rglob("*") if path.is_file()]) == 2, "the person's, and that of p_b"
    assert archive.verify(NORTH, roster=["p_a", "p_b", "p_d", "p_nobody"]) == ()
    put(archive, "p_b", range(4))
    assert "p_b-1" not in archive.known(NORTH, "p_b")
