"""People's files on their way out of an archive and into another: the truth, opened, without what is derived of it."""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from cache.archive import NightArchive
from cache.columns import NOT_DAMAGE, READ_ERRORS, SCHEMA, decode_person
from cache.files import private_folder, settle
from cache.seal import Seal, SealBroken
from cache.shelf import Shelf

__all__ = ["SCHEMA", "Unmovable", "is_empty", "put_in_place", "readable", "taken_out"]


class Unmovable(Exception):
    """A person's file cannot be read, or is another program's; the message says what to do."""


def taken_out(
    archive: NightArchive, organisation: str, person_ids: Iterable[str]
) -> Iterator[tuple[str, bytes]]:
    """Each person's file as it is at the moment of its turn, whole, whoever writes meanwhile; who has none is left out.

    Raises:
        Unmovable: a file is damaged, or was and has not been brought back; nothing was changed about it.
    """
    for person_id in archive.arriving(organisation):  # first: taking it in would set aside what is damaged
        _file_of(archive, organisation, person_id)
    archive.version(organisation)  # takes in what writers left who were cut off
    for person_id in person_ids:
        data = _file_of(archive, organisation, person_id)
        if data is not None:
            yield person_id, data


def _file_of(archive: NightArchive, organisation: str, person_id: str) -> bytes | None:
    """The person's file, which can be read; None for whom nothing was ever kept."""
    try:
        data = archive.raw(organisation, person_id)
    except SealBroken as error:
        raise _unreadable(person_id, error) from error
    if data is not None:
        readable(data, person_id)
    elif archive.is_set_aside(organisation, person_id):
        raise Unmovable(
            f"What was kept of {person_id} could not be read and lies aside; a synchronisation brings it back."
        )
    return data


def readable(data: bytes, person_id: str) -> None:
    """Return when the bytes are a person's file that this program reads.

    Raises:
        Unmovable: they are not.
    """
    try:
        decode_person(data)
    except (*NOT_DAMAGE, *READ_ERRORS) as error:
        raise _unreadable(person_id, error) from error


def _unreadable(person_id: str, error: Exception) -> Unmovable:
    return Unmovable(f"What is kept of {person_id} cannot be read: {error}")


def is_empty(folder: Path, organisation: str) -> bool:
    """Whether an archive in that folder has no file of anybody of the organisation."""
    people = folder / organisation / "people"
    return not people.exists() or not any(people.iterdir())


def put_in_place(folder: Path, seal: Seal, organisation: str, people: Iterable[tuple[str, bytes]]) -> int:
    """How many people an archive in that folder has now: all of these, or none when anything is raised.

    They are written beside it and get their place together, at the end. Only for an organisation of whom `is_empty`.
    """
    staged = private_folder(folder) / f".{organisation}.part"
    shutil.rmtree(staged, ignore_errors=True)
    try:
        # The label under which bytes are sealed names the organisation and not the folder.
        shelf = Shelf(folder=private_folder(staged), organisation=organisation, seal=seal)
        private_folder(staged / "people")
        count = 0
        for person_id, data in people:
            shelf.write(shelf.person(person_id), data)
            count += 1
        shutil.rmtree(folder / organisation, ignore_errors=True)
        staged.replace(folder / organisation)
        settle(folder)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise
    return count
