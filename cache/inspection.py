"""What an archive holds, and whether it is all right.

Looking changes nothing. What seems wrong is looked at once more alone, because it may be a writer's work half done.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from cache.columns import BEYOND_US, NOT_DAMAGE, READ_ERRORS, SCHEMA, decode_person, schema_of
from cache.derived import Present, derived, present
from cache.rules_file import rules_of
from cache.shelf import Shelf
from cache.table import decode_table, frame_of, ranges_of

Kind = Literal[
    "damaged",
    "set aside",
    "older format",
    "newer format",
    "out of date",
    "disagreeing",
    "left over",
    "unfinished",
    "stranger",
    "not on the roster",
]
"""damaged: a file that cannot be read. set aside: one that could not, still lying there. older format: of a
program before this one. newer format: of a program after this one, which cannot read it. out of date:
statistics that do not belong to the person's file. disagreeing: statistics other than the person's sessions
give. left over: statistics of whoever has no file. unfinished: what a writer left that was cut off. stranger: a
file that is none of the archive's. not on the roster: a person nobody is expected to be."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that is not as it should be.

    Attributes:
        file: where, below the organisation's folder.
        person_id: whom it concerns; None when everybody or nobody.
        sentence: what is the case and what to do about it.
    """

    kind: Kind
    file: str
    person_id: str | None
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """What an organisation's archive holds, sizes in bytes.

    Attributes:
        people, nights: who has a file, and rows of statistics (main sleeps, naps and unusable sessions).
        people_bytes, table_bytes, overlay_bytes: the truth, the table derived from it, what is laid over that.
        overlays: how many people's nights are laid over the table.
        version: the word for what is there now; empty before anything is.
        format: of the files that this program writes.
    """

    people: int
    nights: int
    people_bytes: int
    table_bytes: int
    overlays: int
    overlay_bytes: int
    version: str
    format: int


def holdings(shelf: Shelf) -> Holdings:
    """What is there now; nothing is read but the statistics."""
    found = present(shelf)
    overlays = [shelf.overlay(name) for name in shelf.overlays()]
    return Holdings(
        people=len(shelf.names()),
        nights=found.table.rows.num_rows,
        people_bytes=sum(stat.st_size for stat in shelf.people().values()),
        table_bytes=shelf.size(shelf.statistics),
        overlays=len(overlays),
        overlay_bytes=sum(shelf.size(path) for path in overlays),
        version=shelf.version(),
        format=SCHEMA,
    )


def verify(shelf: Shelf, *, roster: Collection[str]) -> tuple[Finding, ...]:
    """Everything that is not as it should be; nothing when all is well.

    Every person's file is read, their nights are computed anew and compared with the statistics. `roster` are the
    ids of everybody who may be there.
    """
    doubted = list(_findings(shelf, shelf.names()))
    if doubted:
        with shelf.alone():
            people = {each.person_id for each in doubted if each.person_id is not None}
            doubted = list(_findings(shelf, people & shelf.names()))
    unknown = sorted(shelf.names() - set(roster))
    return (*doubted, *(_unknown(shelf, person_id) for person_id in unknown))


def _findings(shelf: Shelf, people: Collection[str]) -> Iterator[Finding]:
    yield from _of_the_folder(shelf)
    found = present(shelf)
    yield from _of_the_derived(shelf, found)
    frame, rows = frame_of(found.table), ranges_of(found.table.parts)
    for person_id in sorted(people):
        kept = frame.iloc[rows.get(person_id, slice(0, 0))].reset_index(drop=True)
        yield from _of_person(shelf, person_id, None if person_id in found.stale else kept)


def _of_the_folder(shelf: Shelf) -> Iterator[Finding]:
    for path in shelf.unfinished():
        yield _found(
            shelf, "unfinished", path, "was never finished: a writer was cut off. `repair` deletes it."
        )
    if shelf.marker.exists():
        text = "says that a writer was cut off. The next page or `repair` sees to it."
        yield _found(shelf, "unfinished", shelf.marker, text)
    for person_id in shelf.arrivals():
        text = "was received and not taken in: a writer was cut off. The next page or `repair` takes it in."
        yield _found(shelf, "unfinished", shelf.arrival(person_id), text, person_id)
    names = shelf.names()
    for path, person_id in shelf.damaged().items():
        what = "was set aside because it could not be read"
        then = "A synchronisation brings the person back."
        if person_id in names:
            then = "The person has been brought back since; `repair` deletes it."
        yield _found(shelf, "set aside", path, f"{what}. {then}", person_id)
    for path in shelf.strangers():
        yield _found(shelf, "stranger", path, "is no file of the archive and is not read; see whose it is.")


def _of_the_derived(shelf: Shelf, found: Present) -> Iterator[Finding]:
    for path in (shelf.statistics, *(shelf.overlay(name) for name in shelf.overlays())):
        try:
            decode_table(shelf.map(path))
        except FileNotFoundError:
            continue  # what is missing is out of date for somebody
        except MemoryError:
            raise
        except READ_ERRORS as error:
            yield _found(shelf, "damaged", path, f"cannot be read: {error}. `repair` derives it again.")
    for person_id in found.leftover:
        text = f"still has nights of {person_id}, who has no file any more. `repair` takes them out."
        yield _found(shelf, "left over", shelf.statistics, text, person_id)


def _of_person(shelf: Shelf, person_id: str, kept: pd.DataFrame | None) -> Iterator[Finding]:
    """What is wrong with a person's file and with the rows kept of it; None where they are out of date."""
    path = shelf.person(person_id)
    try:
        data = shelf.read(path)
        person, schema = decode_person(data), schema_of(data)
    except FileNotFoundError:
        return
    except BEYOND_US as error:
        text = f"is left for a newer program. {str(error).rstrip('.')}."
        yield _found(shelf, "newer format", path, text, person_id)
        return
    except NOT_DAMAGE:
        raise
    except READ_ERRORS as error:
        text = (
            f"cannot be read: {error}. `repair` sets it aside, and a synchronisation brings the person back."
        )
        yield _found(shelf, "damaged", path, text, person_id)
        return
    if schema < SCHEMA:
        text = f"has format {schema}, and this program writes {SCHEMA}. `repair` writes it anew."
        yield _found(shelf, "older format", path, text, person_id)
    if kept is None:
        text = "is not what the statistics were derived from. The next page or `repair` derives them again."
        yield _found(shelf, "out of date", path, text, person_id)
        return
    differing = _differing(kept, frame_of(derived(shelf, person_id, person, rules=rules_of(shelf))))
    if differing:
        text = f"gives other nights than the statistics have ({differing}). `repair` derives them again."
        yield _found(shelf, "disagreeing", path, text, person_id)


def _differing(kept: pd.DataFrame, fresh: pd.DataFrame) -> str:
    """In what two frames of one person's nights differ; empty when in nothing."""
    if len(kept) != len(fresh):
        return f"{len(fresh)} instead of {len(kept)}"
    return ", ".join(str(name) for name in fresh if not kept[name].equals(fresh[name]))


def _unknown(shelf: Shelf, person_id: str) -> Finding:
    text = f"is of {person_id}, who is not on the roster. Put them back on it, or erase what is kept of them."
    return _found(shelf, "not on the roster", shelf.person(person_id), text, person_id)


def _found(shelf: Shelf, kind: Kind, path: Path, text: str, person_id: str | None = None) -> Finding:
    file = str(path.relative_to(shelf.folder))
    return Finding(kind=kind, file=file, person_id=person_id, sentence=f"{file} {text}")
