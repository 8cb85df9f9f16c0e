"""A back-up: private, whole whoever writes meanwhile, and without anybody who was erased."""

import zipfile
from pathlib import Path
from threading import Event, Thread

import pytest

from asleep.simulator.server import Running
from cache import moving
from nocturne import backup as backup_module
from nocturne.access import Actor, local_actor
from nocturne.application import Application
from nocturne.backup import BackupError, backup, restore
from nocturne.erasure import erase_person
from nocturne.sync import synchronise
from tests.cache.test_full_disk import fill
from tests.nocturne.backups.conftest import opened, settings_of


def test_a_back_up_is_private_and_holds_only_what_cannot_be_derived(
    filled: Application, actor: Actor, tmp_path: Path
) -> None:
    made = backup(filled, actor, tmp_path / "all.zip")
    assert (tmp_path / "all.zip").stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        names = archive.namelist()
    people = {f"people/{person.person_id}.parquet" for person in filled.people()}
    assert set(names) == {"manifest.json", "rows.jsonl"} | people
    assert made.people == 4
    assert made.size == (tmp_path / "all.zip").stat().st_size


def test_a_full_disk_leaves_the_former_back_up_and_nothing_half_done(
    filled: Application,
    actor: Actor,
    small_disk: Path,
) -> None:
    file = small_disk / "all.zip"
    backup(filled, actor, file)
    before = file.read_bytes()
    fill(small_disk)
    with pytest.raises(OSError, match="No space left"):
        backup(filled, actor, file)
    assert file.read_bytes() == before
    assert {path.name for path in small_disk.iterdir()} == {"all.zip", "ballast"}


def test_a_folder_that_is_not_there_is_a_sentence(filled: Application, actor: Actor, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="There is no folder"):
        backup(filled, actor, tmp_path / "nowhere" / "all.zip")


def files_of(application: Application) -> list[Path]:
    """The people's files, each the truth about one person."""
    return sorted((application.settings.folder / "archive" / application.organisation / "people").iterdir())


@pytest.mark.parametrize("looked_first", [False, True])
def test_a_person_whose_file_cannot_be_read_is_not_left_out_silently(
    filled: Application, actor: Actor, tmp_path: Path, looked_first: bool
) -> None:
    damaged = files_of(filled)[1]
    damaged.write_bytes(damaged.read_bytes()[:2_000])
    if looked_first:  # whoever reads the person moves the file aside
        assert filled.archive.known(filled.organisation, damaged.stem) == {}
        assert not damaged.exists()
    before = [(path.name, path.read_bytes()) for path in files_of(filled)]
    for _ in range(2):
        with pytest.raises(BackupError, match=f"{damaged.stem}.*No back-up was written"):
            backup(filled, actor, tmp_path / "all.zip")
    assert not list(tmp_path.glob("*.zip"))
    assert [(path.name, path.read_bytes()) for path in files_of(filled)] == before, (
        "a back-up changes nothing"
    )
    filled.archive.repair(filled.organisation)
    synchronise(filled, actor, filled.people())
    assert backup(filled, actor, tmp_path / "all.zip").people == 4


def test_what_has_arrived_for_a_damaged_file_does_not_stand_in_for_it(
    filled: Application, actor: Actor, tmp_path: Path
) -> None:
    damaged = files_of(filled)[1]
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[:2_000])
    arrived = damaged.parent.parent / "arriving" / damaged.name
    arrived.write_bytes(whole)  # of a writer that was cut off
    with pytest.raises(BackupError, match=damaged.stem):
        backup(filled, actor, tmp_path / "all.zip")
    assert damaged.stat().st_size == 2_000
    assert arrived.exists()


def test_what_a_writer_who_was_cut_off_had_received_is_in_a_back_up(
    filled: Application, actor: Actor, tmp_path: Path
) -> None:
    file = files_of(filled)[1]
    arrived = file.parent.parent / "arriving" / file.name
    file.rename(arrived)
    assert backup(filled, actor, tmp_path / "all.zip").people == 4
    assert not arrived.exists()


def test_nobody_who_was_erased_meanwhile_is_in_a_back_up(
    filled: Application, actor: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = moving.taken_out
    person = filled.people()[1]

    def late(*arguments: object) -> object:
        files = list(true(*arguments))  # type: ignore[arg-type]
        erase_person(filled, actor, person.person_id, at_vendor=False)
        return files

    monkeypatch.setattr(backup_module, "taken_out", late)
    with pytest.raises(BackupError, match="Somebody was erased"):
        backup(filled, actor, tmp_path / "all.zip")
    assert not list(tmp_path.glob("*.zip"))
    monkeypatch.undo()
    backup(filled, actor, tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert not any(person.person_id in name for name in archive.namelist())
        assert person.vendor_id.encode() not in archive.read("rows.jsonl")


def test_while_a_synchronisation_writes_every_person_is_whole(
    filled: Application, actor: Actor, tmp_path: Path, vendor: Running
) -> None:
    for person in filled.people():
        filled.archive.erase(filled.organisation, person.person_id)
    stop = Event()

    def write() -> None:
        while not stop.is_set():
            synchronise(filled, actor, filled.people())
            for person in filled.people():
                filled.archive.erase(filled.organisation, person.person_id)

    thread = Thread(target=write)
    thread.start()
    try:
        for turn in range(6):
            backup(filled, actor, tmp_path / f"{turn}.zip")
    finally:
        stop.set()
        thread.join()
    for turn in range(6):
        settings = settings_of(tmp_path / f"restored-{turn}", vendor)
        restore(settings, tmp_path / f"{turn}.zip")
        with opened(settings) as second:
            assert not synchronise(second, local_actor(second.organisation), second.people()).failures
            roster = [person.person_id for person in second.people()]
            assert not second.archive.verify(second.organisation, roster=roster)
