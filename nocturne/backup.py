"""One file with everything that cannot be derived or asked for again, and an empty installation filled from it.

    manifest.json             format, organisation, when, how many people, the marks of those who were erased, and for
                              each other entry its size and digest
    rows.jsonl                the rows of the organisation, as `store.portable` writes them
    people/<person_id>.parquet  the truth of the archive, one person a file

It is a zip, with its table of contents at the end: one that is cut off cannot be opened. The rows are written before
the files: a file may hold more than the rows know of, which the next synchronisation finds out, and never less. Each
person's file is whole, whoever writes meanwhile. The table of statistics and the cache are not in it, nor the events
and nights of the inbox, which the vendor can be asked for; who was erased stays erased by the marks.
"""

import hashlib
import json
import logging
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, cast

from cache.archive import NightArchive
from cache.files import settle
from cache.moving import SCHEMA, Unmovable, is_empty, put_in_place, readable, taken_out
from cache.seal import PlainSeal
from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from settings import Settings
from store.engine import open_engine
from store.inbox import Inbox, Tombstone
from store.portable import read_rows, require_empty

FORMAT: Final = 2
"""1: as now, without the marks of those who were erased; whoever reads no others would bring them back."""
_MANIFEST: Final = "manifest.json"
_ROWS: Final = "rows.jsonl"
_PEOPLE: Final = "people/"
_CHUNK: Final = 1 << 20
_UNCHANGED: Final = "Nothing was restored."

log = logging.getLogger(__name__)


class BackupError(Exception):
    """A back-up cannot be written or restored; the message says why, and nothing of it was kept."""


@dataclass(frozen=True, kw_only=True)
class BackedUp:
    """What a back-up holds, or what of it was restored.

    Attributes:
        rows: how many rows of the store.
        people: of how many people there are nights.
        size: of the file in bytes.
        written_at: when it was written (UTC).
    """

    rows: int
    people: int
    size: int
    written_at: datetime


def backup(application: Application, actor: Actor, file: Path) -> BackedUp:
    """What is in the back-up, which is at `file` whole, open to its owner only; a former file there is replaced.

    Raises:
        NotAllowed.
        BackupError: somebody was erased meanwhile, or a person's file is damaged, or was and lies aside; nothing was
            written.
        OSError: the place cannot be written, or is full; nothing was written.
    """
    authorize(actor, Permission.MANAGE_PEOPLE, application.organisation)
    if not file.parent.is_dir():
        raise BackupError(f"There is no folder {file.parent}; make it, or name another.")
    handle, part = tempfile.mkstemp(dir=file.parent, prefix=".", suffix=".part")  # its mode is 0600
    try:
        with os.fdopen(handle, "w+b") as sink:
            made = _written(application, sink)
            sink.flush()
            os.fsync(sink.fileno())
        made_size = Path(part).stat().st_size
        Path(part).replace(file)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    settle(file.parent)
    return BackedUp(rows=made.rows, people=made.people, size=made_size, written_at=made.written_at)


def restore(settings: Settings, file: Path) -> BackedUp:
    """What was restored into the empty installation of these settings: all of the file, or nothing.

    No `Application` may have been made of the settings: it would have put its organisation into the database.

    Raises:
        BackupError: the file is cut off, damaged, of a newer Nocturne or of another organisation, or the installation
            is not empty.
        StoreError: the database is not empty, or does not answer.
        OSError: the file cannot be read, or the data folder cannot be written; nothing was restored.
    """
    with _opened(file) as archive:
        manifest = _checked(archive, settings)
        folder = settings.folder / "archive"
        settings.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _database(settings) as engine:
            require_empty(engine)
            with _underway(settings, folder, digest=hashlib.sha256(archive.read(_MANIFEST)).hexdigest()):
                people = put_in_place(folder, PlainSeal(), settings.organisation, _people(archive))
                _restore_marks(settings, _marks(manifest))
                with archive.open(_ROWS) as rows:
                    counts = read_rows(engine, cast("BinaryIO", rows))
    _derive(folder, settings.organisation)
    return BackedUp(
        rows=sum(counts.values()),
        people=people,
        size=file.stat().st_size,
        written_at=datetime.fromisoformat(manifest["written_at"]),
    )


def _derive(folder: Path, organisation: str) -> None:
    """Makes the table of statistics; where there is no room for it everything is restored all the same."""
    try:
        NightArchive(folder, PlainSeal()).rebuild(organisation)
    except OSError as problem:
        log.warning(
            "Everything is restored; the table of statistics is left to the first reader: %s", problem
        )


@contextmanager
def _database(settings: Settings) -> Iterator[Any]:
    """The database of the settings with its tables, without any row of ours, until the end of the block."""
    engine = open_engine(settings.database_url)
    try:
        yield engine
    finally:
        engine.dispose()


def _restore_marks(settings: Settings, marks: tuple[Tombstone, ...]) -> None:
    """Enters the marks beside those that are there; without the secret among the rows they mean nobody."""
    with closing(Inbox(settings.inbox_url)) as inbox:
        inbox.restore_marks(settings.organisation, marks)


def _marks(manifest: dict[str, Any]) -> tuple[Tombstone, ...]:
    return tuple(
        Tombstone(environment=environment, mark=bytes.fromhex(mark))
        for environment, mark in manifest.get("erased", ())
    )


@contextmanager
def _underway(settings: Settings, folder: Path, *, digest: str) -> Iterator[None]:
    """Puts nights and rows in place within the block, rows last; without the rows nothing has been restored.

    The note tells that nights without rows are those of this back-up, when an earlier try was killed between the two.
    """
    note = settings.folder / "restoring"
    begun = note.exists() and note.read_text() == digest
    if not begun and not is_empty(folder, settings.organisation):
        raise BackupError(
            f"The archive in {settings.folder} already holds nights. {_UNCHANGED} Name an empty data folder."
        )
    note.touch(mode=0o600)
    note.write_text(digest)
    try:
        yield
    except BaseException:
        shutil.rmtree(folder / settings.organisation, ignore_errors=True)
        raise
    finally:
        note.unlink(missing_ok=True)


def _written(application: Application, sink: IO[bytes]) -> BackedUp:
    organisation = application.organisation
    before = {person.person_id for person in application.store.people(organisation)}
    entries: dict[str, dict[str, object]] = {}
    written_at = application.now()
    with zipfile.ZipFile(sink, "w", allowZip64=True) as archive:
        with tempfile.TemporaryFile() as rows:
            counts = application.store.write_rows(rows, organisation)
            rows.seek(0)
            entries[_ROWS] = _put(archive, _ROWS, iter(lambda: rows.read(_CHUNK), b""), packed=True)
        people = sorted(person.person_id for person in application.store.people(organisation))
        try:
            for person_id, data in taken_out(application.archive, organisation, people):
                name = f"{_PEOPLE}{person_id}.parquet"
                entries[name] = _put(archive, name, iter([data]), packed=False)
        except Unmovable as damaged:
            raise BackupError(
                f"{damaged} No back-up was written; `python -m nocturne repair` says what can be done."
            ) from damaged
        if before - {person.person_id for person in application.store.people(organisation)}:
            raise BackupError(
                "Somebody was erased while the back-up was being written, and would still have been in it. None was "
                "written; start it again."
            )
        manifest = {
            "format": FORMAT,
            "organisation": organisation,
            "environment": application.settings.asleep_environment,
            "written_at": written_at.isoformat(),
            "archive_format": SCHEMA,
            "erased": [[each.environment, each.mark.hex()] for each in application.inbox.marks(organisation)],
            "counts": {"rows": sum(counts.values()), "people": len(entries) - 1},
            "entries": entries,
        }
        archive.writestr(_MANIFEST, json.dumps(manifest, indent=1))
    return BackedUp(rows=sum(counts.values()), people=len(entries) - 1, size=0, written_at=written_at)


def _put(archive: zipfile.ZipFile, name: str, chunks: Iterator[bytes], *, packed: bool) -> dict[str, object]:
    """The size and the digest of the entry that was written."""
    digest, size = hashlib.sha256(), 0
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o600 << 16
    info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with archive.open(info, "w", force_zip64=True) as entry:
        for chunk in chunks:
            entry.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    return {"size": size, "sha256": digest.hexdigest()}


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with closing(zipfile.ZipFile(file)) as archive:
            yield archive
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError) as error:
        raise _damaged("it is cut off, or no back-up at all") from error


def _checked(archive: zipfile.ZipFile, settings: Settings) -> dict[str, Any]:
    """The manifest, once every entry is what it says; nothing is put in place before."""
    try:
        manifest: dict[str, Any] = json.loads(archive.read(_MANIFEST))
        newer = manifest["format"] > FORMAT or manifest["archive_format"] > SCHEMA
        entries: dict[str, dict[str, Any]] = manifest["entries"]
        organisation = manifest["organisation"]
        _marks(manifest)
    except (KeyError, ValueError, TypeError) as error:
        raise _damaged("it does not say what it holds") from error
    if newer:
        raise BackupError(
            f"The back-up has format {manifest['format']} with nights of format {manifest['archive_format']}; this "
            f"Nocturne reads up to {FORMAT} and {SCHEMA}. {_UNCHANGED} Use the Nocturne that wrote it, or a newer one."
        )
    if organisation != settings.organisation:
        raise BackupError(
            f"The back-up is of the organisation {str(organisation)[:80]!r}, and these settings are of "
            f"{settings.organisation!r}. {_UNCHANGED} Set ASLEEP_API_KEY for an installation that is not the demo."
        )
    environment = manifest.get("environment", settings.asleep_environment)  # the first back-ups do not say
    if environment != settings.asleep_environment:
        raise BackupError(
            f"The back-up was written with ASLEEP_ENVIRONMENT={str(environment)[:20]}, and these settings are of "
            f"{settings.asleep_environment}, where its people would not be seen. {_UNCHANGED} Set the other one."
        )
    if sorted(archive.namelist()) != sorted([_MANIFEST, *entries]) or _ROWS not in entries:
        raise _damaged("it holds other entries than it says")
    for name, entry in entries.items():
        _check_entry(archive, name, entry)
    return manifest


def _check_entry(archive: zipfile.ZipFile, name: str, entry: dict[str, Any]) -> None:
    digest, size = hashlib.sha256(), 0
    try:
        file = archive.open(name)
    except (
        RuntimeError
    ) as error:  # its own beginning says that it is locked, or packed in a way that we never do
        raise _damaged(f"{name[:120]!r} cannot be opened") from error
    with file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    if (size, digest.hexdigest()) != (entry.get("size"), entry.get("sha256")):
        raise _damaged(f"the digest of {name[:120]!r} is another than it says")


def _people(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    for name in archive.namelist():
        if name.startswith(_PEOPLE):
            person_id, data = Path(name).stem, archive.read(name)
            try:
                readable(data, person_id)
            except Unmovable as error:
                raise _damaged(str(error)) from error
            yield person_id, data


def _damaged(why: str) -> BackupError:
    return BackupError(f"The back-up is damaged: {why}. {_UNCHANGED} Use another one.")
