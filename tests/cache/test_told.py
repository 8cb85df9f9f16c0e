"""A reader who has loaded before sees the truth, wherever a writer was cut off between its steps."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from cache import archive as archive_module
from cache import arrivals as arrivals_module
from cache import derived as derived_module
from cache import shelf as shelf_module
from cache.archive import Delivery, NightArchive, session_set
from cache.seal import PlainSeal
from tests.cache.samples import NOW, night
from tests.cache.test_archive import NORTH, another, assert_agrees, put


@pytest.fixture
def archive(tmp_path: Path) -> NightArchive:
    archive = NightArchive(tmp_path, PlainSeal())
    for person_id in ("p_a", "p_b"):
        put(archive, person_id, range(3))
    archive.fold(NORTH)
    return archive


def put_many(archive: NightArchive) -> None:
    sessions = session_set([night(day, prefix="p_a-") for day in range(3, 6)], received=NOW)
    delivery = Delivery(person_id="p_a", zone="Europe/Berlin", sessions=sessions, synced_at=NOW)
    archive.put_many(NORTH, [delivery])


PUT: Callable[[NightArchive], object] = lambda archive: put(archive, "p_a", range(3, 6))  # noqa: E731
ERASE: Callable[[NightArchive], object] = lambda archive: archive.erase(NORTH, "p_a")  # noqa: E731
REMOVE: Callable[[NightArchive], object] = lambda archive: archive.remove_session(NORTH, "p_a", "p_a-1")  # noqa: E731
Place = tuple[ModuleType | type, str]
VERSION: Place = (shelf_module.Shelf, "renew_version")
CUTS: list[tuple[Callable[[NightArchive], object], Place]] = [
    *((PUT, cut) for cut in [(arrivals_module, "derived"), (archive_module, "lay_over"), VERSION]),
    (PUT, (archive_module, "done_with")),
    *((put_many, cut) for cut in [(arrivals_module, "derived"), (archive_module, "fold"), VERSION]),
    (put_many, (derived_module, "remove")),
    *((ERASE, cut) for cut in [(shelf_module.Shelf, "remove_unfinished"), VERSION]),
    (ERASE, (derived_module, "erase_rows")),
    *((REMOVE, cut) for cut in [(arrivals_module, "derived"), VERSION]),
]


def power_cut(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(("change", "cut"), CUTS)
def test_a_reader_of_before_sees_what_a_writer_did_who_was_cut_off(
    archive: NightArchive,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[NightArchive], object],
    cut: Place,
) -> None:
    reader = another(archive)
    before = reader.version(NORTH)
    assert len(reader.statistics(NORTH)) == 6
    with monkeypatch.context() as patched:
        patched.setattr(*cut, power_cut)
        with pytest.raises(KeyboardInterrupt):
            change(archive)
    assert_agrees(reader)
    assert len(reader.nights(NORTH, "p_a")) == len(reader.known(NORTH, "p_a")) != 3
    assert reader.version(NORTH) != before
    assert reader.verify(NORTH, roster=["p_a", "p_b"]) == ()


@pytest.mark.parametrize("cut", [(arrivals_module, "derived"), (arrivals_module, "lay_over"), VERSION])
def test_a_reader_of_before_sees_what_was_taken_in_by_somebody_cut_off(
    archive: NightArchive, monkeypatch: pytest.MonkeyPatch, cut: Place
) -> None:
    reader = another(archive)
    assert len(reader.statistics(NORTH)) == 6
    with monkeypatch.context() as patched:
        patched.setattr(arrivals_module, "night_columns", power_cut)
        with pytest.raises(KeyboardInterrupt):
            PUT(archive)
    with monkeypatch.context() as patched:
        patched.setattr(*cut, power_cut)
        with pytest.raises(KeyboardInterrupt):
            put(another(archive), "p_b", [9])
    assert len(reader.nights(NORTH, "p_a")) == 6
    assert_agrees(reader)


def test_a_full_disk_leaves_no_row_of_a_person_erased(
    archive: NightArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_shelf: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(shelf_module.Shelf, "renew_version", full)
        with pytest.raises(OSError, match="No space"):
            archive.erase(NORTH, "p_a")
    assert not any(b"p_a" in path.read_bytes() for path in archive.folder.rglob("*") if path.is_file())
    assert len(archive.statistics(NORTH)) == 3
