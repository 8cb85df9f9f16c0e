"""The statistics of an organisation, kept up to date with its people's files and derived again where they are not.

A reader takes the table of everybody, lays the tables of changed people over it, and compares each person's rows with
the file they were derived from. Rows that are missing, of an older schema or of an older file are derived again, by
the reader itself when nobody else is at work, so a page never meets an error and a crash between two files heals.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from analytics.nights import night_table
from cache.columns import READ_ERRORS, PersonFile, decode_person
from cache.files import remove, set_aside
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
)

_ATTEMPTS = 5

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """An organisation's nights at one version.

    Attributes:
        table: everybody's nights; each person's rows together.
        rows: which rows are whose.
        parts: what is known of each person, by person id.
    """

    version: str
    table: NightTable
    rows: dict[str, slice]
    parts: dict[str, Part]

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The table as a frame, read-only: `person_id` and the columns of nights; made when it is first asked for."""
        return frame_of(self.table)


def load(shelf: Shelf) -> Statistics:
    """The nights of everybody who has a file, all of one state, derived again where they have to be."""
    for _ in range(_ATTEMPTS):
        version = shelf.version()
        table, stale = _present(shelf)
        if stale and _healed(shelf, wait=not table.parts):
            continue
        if shelf.version() == version:
            break
    return Statistics(
        version=version,
        table=table,
        rows=ranges_of(table.parts),
        parts={part.person_id: part for part in table.parts},
    )


def read_person(shelf: Shelf, person_id: str) -> PersonFile | None:
    """The person's file, or None when there is none that can be read. Only for whoever is alone on the shelf."""
    path = shelf.person(person_id)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return decode_person(shelf.seal.open(data, label=shelf.label(path)))
    except READ_ERRORS as error:
        set_aside(path, because=str(error))
        log.warning(
            "The person of that file counts as not synchronised; the next synchronisation brings it back."
        )
        return None


def derived(
    shelf: Shelf, person_id: str, person: PersonFile, nights: pd.DataFrame | None = None
) -> NightTable:
    """The person's nights as a table of one part that belongs to the file as it lies there now.

    `nights` is what `night_table` made of the person's sessions, when that is known already.
    """
    if nights is None:
        nights = night_table(person.sessions, zone=person.zone)
    stat = shelf.person(person_id).stat()
    part = Part(
        person_id=person_id,
        rows=len(nights),
        zone=person.zone,
        synced_at=person.synced_at,
        size=stat.st_size,
        mtime_ns=stat.st_mtime_ns,
    )
    return night_table_of(nights, part)


def lay_over(shelf: Shelf, table: NightTable) -> None:
    """Put one person's nights over the table of everybody. Only for whoever is alone on the shelf."""
    shelf.write(shelf.overlay(table.parts[0].person_id), encode_table(table))


def fold(shelf: Shelf, *, fresh: Iterable[NightTable] = (), stale: bool = True) -> None:
    """Write the table of everybody anew, with the given people's nights; only for whoever is alone on the shelf.

    With `stale`, rows that do not belong to the file as it is are derived again on the way.
    """
    changes: dict[str, NightTable | None] = {table.parts[0].person_id: table for table in fresh}
    present, outdated = _present(shelf)
    for person_id in outdated if stale else ():
        if person_id not in changes:
            person = read_person(shelf, person_id)
            changes[person_id] = None if person is None else derived(shelf, person_id, person)
    shelf.write(shelf.statistics, encode_table(patched(present, changes)))
    # In this order: a reader who took the former table and finds no overlays left will also find a new version.
    shelf.renew_version()
    remove(*(shelf.overlay(person_id) for person_id in shelf.overlays()))
    shelf.remove_unfinished()


def _present(shelf: Shelf) -> tuple[NightTable, list[str]]:
    """What the derived files say about everybody who has a file, and whose rows are missing or out of date."""
    table = _read(shelf, shelf.statistics) or empty_table()
    overlays = {person_id: _read(shelf, shelf.overlay(person_id)) for person_id in shelf.overlays()}
    changes: dict[str, NightTable | None] = {
        name: over for name, over in overlays.items() if over is not None
    }
    people = shelf.people()
    changes |= {part.person_id: None for part in table.parts if part.person_id not in people}
    changes |= {person_id: None for person_id in changes if person_id not in people}
    table = patched(table, changes)
    sources = {part.person_id: (part.size, part.mtime_ns) for part in table.parts}
    stale = [name for name, stat in people.items() if sources.get(name) != (stat.st_size, stat.st_mtime_ns)]
    return table, stale


def _read(shelf: Shelf, path: Path) -> NightTable | None:
    try:
        data = shelf.map(path)
    except FileNotFoundError:
        return None
    except READ_ERRORS as error:
        log.warning("%s could not be opened and is derived again: %s", path.name, error)
        return None
    try:
        return decode_table(data)
    except READ_ERRORS as error:
        log.warning("%s could not be read and is derived again: %s", path.name, error)
        return None


def _healed(shelf: Shelf, *, wait: bool) -> bool:
    """Whether what was out of date is so no more; False when somebody is at work who will see to it.

    Only a reader who has nothing to show waits for whoever may be deriving everything.
    """
    with shelf.alone() if wait else shelf.alone_if_free() as free:
        if free is False:
            return False
        if _present(shelf)[1]:
            fold(shelf)
    return True
