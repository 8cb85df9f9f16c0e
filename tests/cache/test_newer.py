"""What may be whole is left alone: files of a newer program, and whatever was read while memory was short."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from cache import archive as archive_module
from cache import arrivals as arrivals_module
from cache import columns
from cache import derived as derived_module
from cache.archive import Delivery, NewerFormat, NightArchive, session_set
from cache.columns import decode_person, decode_stages, known_sessions
from cache.seal import PlainSeal
from tests.cache.samples import NOW, MirrorSeal, night
from tests.cache.test_archive import NORTH, another, put


@pytest.fixture(params=[PlainSeal, MirrorSeal])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> NightArchive:
    archive = NightArchive(tmp_path, request.param())
    for person_id in ("p_a", "p_b"):
        put(archive, person_id, range(3))
    return archive


@pytest.fixture
def newer(archive: NightArchive, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of p_a, to which the next program has added a night."""
    monkeypatch.setattr(columns, "SCHEMA", columns.SCHEMA + 1)
    put(archive, "p_a", [9])
    monkeypatch.undo()
    return archive._folder / NORTH / "people" / "p_a.parquet"


ASKED: dict[str, Callable[[NightArchive], object]] = {
    "put": lambda archive: put(archive, "p_a", [4]),
    "put_many": lambda archive: archive.put_many(NORTH, [delivery("p_a")]),
    "sessions": lambda archive: archive.sessions(NORTH, "p_a"),
    "known": lambda archive: archive.known(NORTH, "p_a"),
    "stages_of": lambda archive: list(archive.stages_of(NORTH, ["p_a"])),
    "remove_session": lambda archive: archive.remove_session(NORTH, "p_a", "p_a-0"),
}


def delivery(person_id: str, *days: int) -> Delivery:
    sessions = session_set([night(day, prefix=f"{person_id}-") for day in days or range(3, 5)], received=NOW)
    return Delivery(person_id=person_id, zone="Europe/Berlin", sessions=sessions, synced_at=NOW)


@pytest.mark.parametrize("asked", ASKED)
def test_a_file_of_a_newer_program_is_refused_and_stays(
    archive: NightArchive, newer: Path, asked: str
) -> None:
    before = newer.read_bytes()
    with pytest.raises(NewerFormat, match=r"has format \d+.*Start the newer program"):
        ASKED[asked](another(archive))
    assert newer.read_bytes() == before
    assert {path.name for path in newer.parent.iterdir()} == {"p_a.parquet", "p_b.parquet"}


@pytest.mark.parametrize("decode", [decode_person, decode_stages, known_sessions])
def test_every_reader_of_a_newer_file_says_so(newer: Path, decode: Callable[[bytes], Any]) -> None:
    data = newer.read_bytes()
    if not data.startswith(b"PAR1"):
        data = MirrorSeal().open(data, label=f"{NORTH}/people/p_a.parquet")
    with pytest.raises(NewerFormat):
        decode(data)


def test_everybody_s_statistics_keep_the_rows_of_whose_file_is_newer(
    archive: NightArchive, newer: Path, caplog: pytest.LogCaptureFixture
) -> None:
    newer.touch()  # its rows are not of the file as it is now
    put(archive, "p_b", [5])
    other = another(archive)
    with caplog.at_level(logging.WARNING):
        assert other.statistics(NORTH)["person_id"].tolist() == ["p_a"] * 4 + ["p_b"] * 4
    assert "The statistics of p_a stay as they are" in caplog.text
    version = other.version(NORTH)
    assert len(other.statistics(NORTH)) == 8
    assert other.version(NORTH) == version, "nothing is written again and again for who cannot be read"
    archive.fold(NORTH)
    assert len(archive.statistics(NORTH)) == 8


def test_a_newer_file_is_found_and_not_mended(archive: NightArchive, newer: Path) -> None:
    before = newer.read_bytes()
    (finding,) = archive.verify(NORTH, roster=["p_a", "p_b"])
    assert (finding.kind, finding.person_id) == ("newer format", "p_a")
    assert finding.sentence.endswith("Start the newer program that wrote it.")
    assert any(deed.startswith("Left p_a.parquet as it is.") for deed in archive.repair(NORTH))
    assert newer.read_bytes() == before
    assert len(archive.statistics(NORTH)) == 7


@pytest.mark.parametrize(
    "error", [MemoryError("no"), pa.ArrowMemoryError("no"), pa.ArrowNotImplementedError("no")]
)
@pytest.mark.parametrize("asked", ["sessions", "known", "stages_of", "put"])
def test_what_is_no_damage_sets_nothing_aside(
    archive: NightArchive, monkeypatch: pytest.MonkeyPatch, asked: str, error: Exception
) -> None:
    def wants(_data: bytes) -> None:
        raise error

    for name in ("decode_person", "decode_stages", "known_sessions"):
        monkeypatch.setattr(archive_module, name, wants)
    monkeypatch.setattr(derived_module, "decode_person", wants)
    with pytest.raises(type(error)):
        ASKED[asked](archive)
    monkeypatch.undo()
    assert not list(archive._folder.rglob("*.damaged"))
    assert len(archive.known(NORTH, "p_a")) == 3


def test_a_person_who_cannot_be_read_for_a_moment_is_not_left_out(
    archive: NightArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def passes(_data: bytes) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(archive_module, "decode_stages", passes)
    found = dict(archive.stages_of(NORTH, ["p_a", "p_b"]))
    monkeypatch.undo()
    wanted = dict(archive.stages_of(NORTH, ["p_a", "p_b"]))
    assert found.keys() == wanted.keys()
    assert found["p_a"].session_ids == wanted["p_a"].session_ids
    assert found["p_a"].stages.values.tolist() == wanted["p_a"].stages.values.tolist()


def left_behind(archive: NightArchive, monkeypatch: pytest.MonkeyPatch, person_id: str) -> Path:
    """The delivery of a writer that was cut off before any night was made of it."""

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(arrivals_module, "night_columns", dies)
        with pytest.raises(KeyboardInterrupt):
            put(archive, person_id, [7])
    return archive._folder / NORTH / "arriving" / f"{person_id}.parquet"


def test_a_damaged_delivery_is_set_aside_and_blocks_nobody(
    archive: NightArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = left_behind(archive, monkeypatch, "p_a")
    data = bytearray(path.read_bytes())
    for place in range(len(data) // 3, 2 * len(data) // 3):
        data[place] ^= 0xFF
    path.write_bytes(data)
    put(archive, "p_b", [8])
    assert [each.name for each in path.parent.iterdir()] == ["p_a.parquet.damaged"]
    assert len(archive.known(NORTH, "p_a")) == 3
    assert len(archive.known(NORTH, "p_b")) == 4


def test_a_delivery_for_a_newer_file_stays_and_blocks_nobody_else(
    archive: NightArchive, newer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(archive, "p_c", [1])
    path = left_behind(archive, monkeypatch, "p_c")
    shelf = archive._shelf(NORTH)
    shelf.write(shelf.person("p_c"), shelf.read(newer))
    before = path.read_bytes()
    put(archive, "p_b", [8])
    assert len(archive.known(NORTH, "p_b")) == 4
    with pytest.raises(NewerFormat, match="for a newer program to take in"):
        put(archive, "p_c", [2])
    assert path.read_bytes() == before
