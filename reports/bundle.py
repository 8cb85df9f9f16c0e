"""A research bundle: one ZIP with the nights of some people, that loads without a question and says where it is from.

It is written person by person; in memory are the nights of a few people and never all epochs.
"""

import csv
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from reports.bundle_files import TableFiles
from reports.bundle_part import BundleAbout, BundlePart
from reports.bundle_rows import rows_of
from reports.bundle_tally import Tally
from reports.bundle_words import methods, read_me
from reports.data_package import data_package, dictionary_csv
from reports.file_names import safe
from reports.hypnogram_text import hypnogram_text
from reports.packing import Packed, Packing, checksums, whole_or_not_at_all
from reports.provenance import provenance

__all__ = ["BundleAbout", "BundlePart", "NothingToHandOver", "WrittenBundle", "write_bundle"]


class NothingToHandOver(Exception):
    """Nobody has a single sleep in the period; nothing was written."""


@dataclass(frozen=True, kw_only=True)
class WrittenBundle:
    """What is in a bundle.

    Attributes:
        path: the file.
        people: how many are in it.
        sleeps: how many sleeps, those included that do not count.
        valid_nights: how many nights count.
        size: of the file in bytes.
    """

    path: Path
    people: int
    sleeps: int
    valid_nights: int
    size: int


def write_bundle(
    target: Path,
    about: BundleAbout,
    parts: Iterable[BundlePart],
    *,
    unserved: Callable[[], Sequence[str]] = tuple,
) -> WrittenBundle:
    """What was written; the file is there whole or not at all, and a former one of that name is replaced.

    Args:
        target: a file in a folder that is there.
        about: what the bundle is about.
        parts: person by person in the order in which they stand in the files; each is let go of.
        unserved: asked when all parts have come, says who could not be read, by the id that is handed out.

    Raises:
        NothingToHandOver: nobody has a sleep in the period.
        OSError: the place cannot be written, or is full; nothing is left there.
    """
    with whole_or_not_at_all(target) as (folder, made):
        tables = folder / "tables"
        tables.mkdir()
        tally = _tabled(tables, about, parts)
        if not tally.sleeps:
            raise NothingToHandOver
        tally.unserved = tuple(unserved())
        with zipfile.ZipFile(made, "w", allowZip64=True) as archive:
            _packed(Packing(archive, about.folder, about.made_at), tables, about, tally)
        size = made.stat().st_size
    return WrittenBundle(
        path=target,
        people=tally.people,
        sleeps=tally.sleeps,
        valid_nights=tally.ledger.valid_nights,
        size=size,
    )


def _tabled(folder: Path, about: BundleAbout, parts: Iterable[BundlePart]) -> Tally:
    """The tables as files in the folder, and what is in them."""
    tally = Tally()
    with ExitStack() as held:
        files = TableFiles(folder, held, epochs=about.epochs)
        for part in parts:
            tally.count(part)
            for table, rows in rows_of(part):
                files.add(table, rows)
        tally.rows = files.finish()
    return tally


def _packed(packing: Packing, tables: Path, about: BundleAbout, tally: Tally) -> None:
    packed = [
        packing.content("README.md", read_me(about, tally)),
        packing.content("methods.md", methods(about, tally)),
    ]
    packed += [packing.file(tables / name) for name in tally.rows]
    if about.hypnograms:
        packed += _hypnograms(packing, tables / "epochs.csv")
    named = {each.name: each for each in packed}
    packed.append(packing.content("dictionary.csv", dictionary_csv(named)))
    packed.append(packing.content("datapackage.json", data_package(about, named)))
    packed.append(packing.content("provenance.json", provenance(about, tally, packed)))
    packing.content("checksums.sha256", checksums(packed))


def _hypnograms(packing: Packing, epochs: Path) -> Iterator[Packed]:
    """A text file for each sleep, made of the digits that are in the table already."""
    with epochs.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield packing.content(f"hypnograms/{safe(row['session_id'])}.txt", hypnogram_text(row["stages"]))
