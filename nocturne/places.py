"""Where the documents of a run go: a folder, or one ZIP. Each is there whole or not at all."""

import io
import os
import secrets
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Final, Protocol, Self

from nocturne.documents import Document, Wanted, documents, named
from reports.cohort_report import CohortReport
from reports.person_report import PersonReport

_PACKED: Final = frozenset({".pdf", ".xlsx", ".zip"})
"""What is compressed already gains nothing from being compressed again."""


class CannotKeep(OSError):
    """A place cannot be written; the message says which, and why."""


class Place(Protocol):
    """Takes documents, one after the other."""

    def take(self, made: Document) -> str:
        """Where the document is from now on, as a reader would look for it; raises `CannotKeep`."""
        ...

    def drop(self, where: str) -> bool:
        """Whether the document at `where`, as `take` said it, is gone from there now."""
        ...


class Folder:
    """A folder that only its owner reads, made when it is not there; a file of the same name is replaced.

    Args:
        path: the folder.

    Raises:
        CannotKeep: it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        with _kept_at(path):
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = path

    def take(self, made: Document) -> str:
        """The path of the document.

        Raises:
            CannotKeep: it cannot be written; what was there before is there still.
        """
        path = self._path / made.name
        with whole_file(path) as file, _kept_at(path):
            file.write(made.content)
        return str(path)

    def drop(self, where: str) -> bool:
        """Removes the file."""
        Path(where).unlink(missing_ok=True)
        return True


class Zip:
    """A ZIP that is written as its documents come, for a `with` block; one that breaks off is not a ZIP.

    Args:
        file: where to, open for writing.
        folder: the one folder in it that holds everything.
        made_at: the moment that every document in it carries, so that the same run is the same file.
    """

    def __init__(self, file: IO[bytes], *, folder: str, made_at: datetime) -> None:
        self._zip = zipfile.ZipFile(file, "w", allowZip64=True)
        self._folder = folder
        self._made_at = made_at.timetuple()[:6]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            # Its list of contents cannot be written any more, and nobody wants it.
            self._zip.fp = None
            return
        with _kept_at(Path(self._folder)):
            self._zip.close()

    def take(self, made: Document) -> str:
        """The name of the document in the ZIP.

        Raises:
            CannotKeep: the disk is full.
        """
        entry = zipfile.ZipInfo(f"{self._folder}/{made.name}", date_time=self._made_at)
        entry.compress_type = (
            zipfile.ZIP_STORED if Path(made.name).suffix in _PACKED else zipfile.ZIP_DEFLATED
        )
        entry.external_attr = 0o600 << 16
        with _kept_at(Path(entry.filename)):
            self._zip.writestr(entry, made.content)
        return entry.filename

    def drop(self, where: str) -> bool:
        """False: what is in a ZIP stays there."""
        return where not in self._zip.namelist()


def one_file(report: PersonReport | CohortReport, wanted: Wanted, *, generated_at: datetime) -> bytes:
    """The report as one file to download: its document, or a ZIP where there are several."""
    made = documents(report, wanted, generated_at=generated_at)
    if len(made) == 1:
        return made[0].content
    file = io.BytesIO()
    with Zip(file, folder=Path(named(report, "zip")).stem, made_at=generated_at) as place:
        for each in made:
            place.take(each)
    return file.getvalue()


@contextmanager
def _kept_at(path: Path) -> Iterator[None]:
    """What the system refuses in the block is said of this path."""
    try:
        yield
    except OSError as reason:
        raise CannotKeep(f"{path} cannot be written: {reason.strerror or reason}") from reason


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to be written under a passing name, which takes its place when the block ends well, and else is gone.

    Only its owner reads it.

    Raises:
        CannotKeep: it cannot be written; what was there before is there still.
    """
    part = path.parent / f".{path.name}.{secrets.token_hex(4)}.part"
    with _kept_at(path):
        file = open(part, "xb", opener=_by_its_owner)  # noqa: SIM115 - no path opens with a mode
    try:
        with file:
            yield file
            with _kept_at(path):
                file.flush()
                os.fsync(file.fileno())
        with _kept_at(path):
            part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _by_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
