"""The statistics of an organisation, kept up to date with its people's files and derived again where they are not.

A reader takes the table of everybody, lays the tables of changed people over it, and compares each person's rows with
the file and the rules they were derived from. Rows that are missing, of an older schema, an older file or other rules
are derived again, by the reader itself when nobody else is at work, so a page never meets an error and a crash between
two files heals.
"""

import logging
import os
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from analytics.nights import ValidNight, night_columns
from cache.columns import BEYOND_US, NOT_DAMAGE, READ_ERRORS, PersonFile, decode_person
from cache.files import remove, set_aside
from cache.overwriting import ERASED, patches
from cache.rules_file import rules_of, write_rules
from cache.shelf import Shelf
from cache.table import (
    NightTable,
    Part,
    decode_table,
    empty_table,
    encode_table,
    frame_of,
    night_table_of,
    patched,
    ranges_of,
    unchecked_table,
)

_ATTEMPTS = 5
_OTHER_RULES_S = 0.02

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """An organisation's nights at one version.

    Attributes:
        read: the derived files as they were read, for who reads the next version.
        table: everybody's nights; each person's rows together.
        rules: by which they were made.
        rows: which rows are whose.
        parts: what is known of each person, by person id.
    """

    version: str
    read: "Mapping[Path, FileRead]"
    table: NightTable
    rules: ValidNight
    rows: dict[str, slice]
    parts: dict[str, Part]

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The table as a frame, read-only: `person_id` and the columns of nights; made when it is first asked for."""
        return frame_of(self.table)


@dataclass(frozen=True, kw_only=True)
class FileRead:
    """The table in a derived file, and which file it was: its inode, size and time."""

    identity: tuple[int, int, int]
    table: NightTable


_NOTHING_READ: Mapping[Path, FileRead] = MappingProxyType({})


def load(shelf: Shelf, before: Mapping[Path, FileRead] = _NOTHING_READ) -> Statistics:
    """The nights of everybody who has a file, all of one state, derived again where they have to be.

    `before` is `read` of statistics read earlier; a file that is still the one read then is not read again.
    """
    for _ in range(_ATTEMPTS):
        version = shelf.version()
        found = present(shelf, before)
        before = found.read
        if not found.agrees and _healed(shelf, wait=not found.table.parts):
            continue
        if found.other_rules:  # they are being put in force, which is a matter of milliseconds
            time.sleep(_OTHER_RULES_S)
            continue
        if shelf.version() == version:
            break
    return Statistics(
        version=version,
        read=found.read,
        table=found.table,
        rules=found.rules,
        rows=ranges_of(found.table.parts),
        parts={part.person_id: part for part in found.table.parts},
    )


def read_person(shelf: Shelf, person_id: str) -> PersonFile | None:
    """The person's file, or None when there is none that can be read. Only for whoever is alone on the shelf.

    Raises:
        NewerFormat: the file is of a newer program and stays as it is; likewise the others of `NOT_DAMAGE`.
    """
    path = shelf.person(person_id)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return decode_person(shelf.seal.open(data, label=shelf.label(path)))
    except NOT_DAMAGE:
        raise
    except READ_ERRORS as error:
        set_aside(path, because=str(error))
        log.warning(
            "The person of that file counts as not synchronised; the next synchronisation brings it back."
        )
        return None


def derived(
    shelf: Shelf,
    person_id: str,
    person: PersonFile,
    *,
    rules: ValidNight,
    nights: Mapping[str, Any] | None = None,
    stat: os.stat_result | None = None,
) -> NightTable:
    """The person's nights by these rules, as a table of one part that belongs to the file as it lies there now.

    `nights` is what `night_columns` made of the person's sessions by them, when that is known already. Whoever is not
    alone on the shelf gives the `stat` of the file from before it was read.
    """
    if nights is None:
        nights = night_columns(person.sessions, zone=person.zone, rules=rules)
    stat = stat or shelf.person(person_id).stat()
    part = Part(
        person_id=person_id,
        rows=0,
        zone=person.zone,
        synced_at=person.synced_at,
        size=stat.st_size,
        mtime_ns=stat.st_mtime_ns,
        rules=rules.tag,
    )
    return night_table_of(nights, part)


def lay_over(shelf: Shelf, table: NightTable) -> None:
    """Put one person's nights over the table of everybody. Only for whoever is alone on the shelf."""
    shelf.write(shelf.overlay(table.parts[0].person_id), encode_table(table))


def fold(
    shelf: Shelf, *, fresh: Iterable[NightTable] = (), stale: bool = True, rules: ValidNight | None = None
) -> None:
    """Write the table of everybody anew, with the given people's nights; only for whoever is alone on the shelf.

    With `stale`, rows that do not belong to the file as it is are derived again on the way. `rules` are in force from
    then on; without them those that are stay.
    """
    changes: dict[str, NightTable | None] = {table.parts[0].person_id: table for table in fresh}
    found = present(shelf, rules=rules)
    if stale:
        missing = [person_id for person_id in found.stale if person_id not in changes]
        changes |= _derived_again(shelf, missing, found.rules)
    _write_anew(shelf, found, changes, rules=rules)


def _derived_again(shelf: Shelf, people: Iterable[str], rules: ValidNight) -> dict[str, NightTable | None]:
    """Each person's nights, None without a file; whose file this program cannot read is left out and logged."""
    changes: dict[str, NightTable | None] = {}
    for person_id in people:
        try:
            person = read_person(shelf, person_id)
        except BEYOND_US as error:
            log.warning("The statistics of %s stay as they are: %s", person_id, error)
        else:
            changes[person_id] = None if person is None else derived(shelf, person_id, person, rules=rules)
    return changes


def _write_anew(
    shelf: Shelf,
    found: "Present",
    changes: Mapping[str, NightTable | None],
    *,
    rules: ValidNight | None = None,
) -> None:
    shelf.write(shelf.statistics, encode_table(patched(found.table, changes)))
    if rules is not None:  # after the nights: words about the rules do not run ahead of them
        write_rules(shelf, rules)
    # In this order: a reader who took the former table and finds no overlays left will also find a new version.
    shelf.renew_version()
    overlays = [shelf.overlay(person_id) for person_id in shelf.overlays()]
    if remove(*overlays):  # and who has laid former overlays over the new table finds another one yet
        shelf.renew_version()
    shelf.remove_unfinished()


def erase_person(shelf: Shelf, person_id: str) -> bool:
    """Whether anything was kept of the person, of whom no byte is left; only for whoever is alone on the shelf."""
    found = shelf.remove_person(person_id)
    # In this order: a reader of the rows as they are being overwritten will also find a new version.
    try:
        shelf.renew_version()
    finally:  # a full disk takes no new version, and the rows go all the same
        erase_rows(shelf)
    return found


def erase_rows(shelf: Shelf) -> None:
    """Leave no byte of whoever has no file in the table of everybody; only for whoever is alone on the shelf.

    The rows are overwritten where they lie. Where that cannot be, the table is written anew without them.
    """
    try:
        data = shelf.map(shelf.statistics)
        table = unchecked_table(data)
        gone = _leftover(table, shelf.names())
        pieces = [(patch.at, patch.data) for patch in patches(table, data, gone)]
        if not pieces or shelf.overwrite(shelf.statistics, pieces):
            return
    except FileNotFoundError:
        log.debug("There is no %s yet.", shelf.statistics.name)
    except READ_ERRORS as error:
        log.warning("%s could not be changed and is written anew: %s", shelf.statistics.name, error)
    fold(shelf, stale=False)


@dataclass(frozen=True, kw_only=True)
class Present:
    """What the derived files say about everybody who has a file.

    Attributes:
        read: the derived files that could be read.
        stale: whose rows are missing or out of date.
        leftover: of whom there are rows in the table of everybody and no file.
        rules: by which rows have to be made.
    """

    read: Mapping[Path, FileRead]
    table: NightTable
    stale: list[str]
    leftover: frozenset[str]
    rules: ValidNight

    @property
    def other_rules(self) -> bool:
        """Whether some rows were made by other rules."""
        return any(part.rules != self.rules.tag for part in self.table.parts)

    @property
    def agrees(self) -> bool:
        """Whether there is nothing to derive again and nothing to take out."""
        return not self.stale and not self.leftover


def present(
    shelf: Shelf, before: Mapping[Path, FileRead] = _NOTHING_READ, *, rules: ValidNight | None = None
) -> Present:
    """What there is now; nothing is derived again, and a file that is still the one read `before` not read again.

    `rules` are those by which rows have to be made; without them those in force.
    """
    rules = rules_of(shelf) if rules is None else rules
    overlays = {shelf.overlay(person_id): person_id for person_id in shelf.overlays()}
    paths = (shelf.statistics, *overlays)
    read = {path: each for path in paths if (each := _read(shelf, path, before.get(path))) is not None}
    table = read[shelf.statistics].table if shelf.statistics in read else empty_table()
    changes: dict[str, NightTable | None] = {
        person_id: read[path].table for path, person_id in overlays.items() if path in read
    }
    people = shelf.people()
    leftover = _leftover(table, people.keys())
    changes |= {part.person_id: None for part in table.parts if part.person_id not in people}
    changes |= {person_id: None for person_id in changes if person_id not in people}
    table = patched(table, changes)
    sources = {part.person_id: (part.size, part.mtime_ns, part.rules) for part in table.parts}
    stale = [
        name
        for name, stat in people.items()
        if sources.get(name) != (stat.st_size, stat.st_mtime_ns, rules.tag)
    ]
    return Present(read=read, table=table, stale=stale, leftover=leftover, rules=rules)


def _leftover(table: NightTable, people: Collection[str]) -> frozenset[str]:
    named = (part.person_id for part in table.parts if not part.person_id.startswith(ERASED))
    return frozenset(named) - frozenset(people)


def _read(shelf: Shelf, path: Path, before: FileRead | None) -> FileRead | None:
    try:
        stat = path.stat()
        identity = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        if before is not None and before.identity == identity:
            return before
        return FileRead(identity=identity, table=decode_table(shelf.map(path)))
    except FileNotFoundError:
        return None
    except MemoryError:
        raise
    except READ_ERRORS as error:
        log.warning("%s could not be read and is derived again: %s", path.name, error)
        return None


def _healed(shelf: Shelf, *, wait: bool) -> bool:
    """Whether what was out of date is so no more; False when somebody is at work, or nothing can be done about it.

    Only a reader who has nothing to show waits for whoever may be deriving everything.
    """
    with shelf.alone() if wait else shelf.alone_if_free() as free:
        if free is False:
            return False
        found = present(shelf)
        changes = _derived_again(shelf, found.stale, found.rules)
        if changes:
            _write_anew(shelf, found, changes)
        elif found.leftover:
            erase_rows(shelf)  # an erasure was cut off, or a file was taken away by hand
        return bool(changes) or not found.stale
