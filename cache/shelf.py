"""The folder of one organisation: which file lies where, sealed on the way in and opened on the way out."""

import contextlib
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from cache.files import (
    DAMAGED,
    PART,
    exclusively,
    exclusively_if_free,
    is_safe_id,
    overwrite,
    private_folder,
    remove,
    safe_id,
    settle,
    write_atomically,
)
from cache.seal import Seal, SealBroken

_FOLDERS = ("people", "overlay", "arriving")


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """The files of one organisation.

        people/<person_id>.parquet    the truth: every session of the person
        arriving/<person_id>.parquet  what is on its way into the truth; there for moments only
        statistics.arrow              derived: the nights of everybody
        overlay/<person_id>.arrow     derived: the nights of people who changed since
        version                       a word that is another one after every change
        rules.json                    the limits by which nights are made here, where they are not the defaults
        changing                      there while the truth may be newer than the version
        erased/<digest>               a person who was erased for good: nothing of them is taken in any more
        erased/<digest>.sessions/<digest>  a recording of somebody's that was erased: it is not taken in any more
        .lock                         held by whoever changes something

    Raises:
        ValueError: an organisation's or a person's id cannot be the name of a file.
    """

    folder: Path
    organisation: str
    seal: Seal

    def __post_init__(self) -> None:
        safe_id(self.organisation)

    def checked(self, person_id: str) -> str:
        """The id itself; raises `ValueError` when it could lead elsewhere."""
        return safe_id(person_id)

    @property
    def statistics(self) -> Path:
        """The table of everybody."""
        return self.folder / "statistics.arrow"

    @property
    def rules(self) -> Path:
        """The limits by which nights are made here; `rules_file` reads and writes it."""
        return self.folder / "rules.json"

    def person(self, person_id: str) -> Path:
        """The person's sessions."""
        return self.folder / "people" / f"{self.checked(person_id)}.parquet"

    def overlay(self, person_id: str) -> Path:
        """The person's nights since the table of everybody was written."""
        return self.folder / "overlay" / f"{self.checked(person_id)}.arrow"

    def arrival(self, person_id: str) -> Path:
        """A delivery of the person's that is being taken in."""
        return self.folder / "arriving" / f"{self.checked(person_id)}.parquet"

    def bury(self, person_id: str) -> None:
        """Note on the disk, by a digest of the id, that the person was erased for good, with every recording."""
        self._mark(self._grave(person_id))
        shutil.rmtree(self._session_graves(person_id), ignore_errors=True)  # the person's mark says it all

    def bury_session(self, person_id: str, session_id: str) -> None:
        """Note on the disk, by a digest, that this recording of the person's was erased."""
        self._mark(self._session_graves(person_id) / self._digest(person_id, session_id))

    def buried_sessions(self, person_id: str, session_ids: Iterable[str]) -> list[str]:
        """Which of these recordings of the person's were erased."""
        graves = self._session_graves(person_id)
        if not graves.exists():
            return []
        return [each for each in session_ids if (graves / self._digest(person_id, each)).exists()]

    def is_buried(self, person_id: str) -> bool:
        """Whether the person was erased for good."""
        return self._grave(person_id).exists()

    def half_erased(self) -> list[str]:
        """Of whom a file is left although they were erased for good: the erasure was cut off."""
        if not (self.folder / "erased").exists():
            return []
        left = {*self.names(), *self.overlays(), *self.arrivals(), *self.damaged().values()}
        return sorted(person_id for person_id in left if is_safe_id(person_id) and self.is_buried(person_id))

    def _mark(self, path: Path) -> None:
        """An empty file there, and the disk knows of it."""
        for folder in reversed([each for each in path.parents if self.folder in each.parents]):
            private_folder(folder)
            settle(folder.parent)
        path.touch(mode=0o600)
        settle(path.parent)

    def _grave(self, person_id: str) -> Path:
        return self.folder / "erased" / self._digest(person_id)

    def _session_graves(self, person_id: str) -> Path:
        return self.folder / "erased" / f"{self._digest(person_id)}.sessions"

    def _digest(self, person_id: str, *session_id: str) -> str:
        named = "/".join((self.organisation, self.checked(person_id), *session_id))
        return hashlib.sha256(named.encode()).hexdigest()[:40]

    def arrivals(self) -> list[str]:
        """Whose deliveries are being taken in, or were when their writer was cut off."""
        return sorted(self._names("arriving", ".parquet"))

    def people(self) -> dict[str, os.stat_result]:
        """Everybody who has a file, by person id, with its size and time."""
        return dict(self._files("people", ".parquet"))

    def names(self) -> frozenset[str]:
        """The ids of everybody who has a file."""
        return frozenset(self._names("people", ".parquet"))

    def overlays(self) -> list[str]:
        """Whose nights changed since the table of everybody was written."""
        return sorted(self._names("overlay", ".arrow"))

    def version(self) -> str:
        """A word that is another one after every change; empty before the first."""
        try:
            return self.read(self.folder / "version").decode()
        except (FileNotFoundError, SealBroken, UnicodeDecodeError):
            return ""

    def renew_version(self) -> None:
        """Tell every reader, of other processes too, that something changed."""
        self.write(self.folder / "version", secrets.token_hex(8).encode())

    @property
    def marker(self) -> Path:
        """There from before the truth changes until the version is renewed."""
        return self.folder / "changing"

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """Leave the marker for readers when the block is cut off or fails; only for whoever is alone on the shelf."""
        with contextlib.suppress(OSError):  # a full disk must not keep anybody from erasing
            self.marker.touch(mode=0o600)
        yield
        remove(self.marker)

    def alone(self) -> AbstractContextManager[None]:
        """Be the only one who changes something, waiting for one's turn; makes the folders."""
        for folder in (self.folder, *(self.folder / name for name in _FOLDERS)):
            private_folder(folder)
        return exclusively(self.folder / ".lock")

    def alone_if_free(self) -> AbstractContextManager[bool | None]:
        """As `alone`, without waiting: False when somebody is changing something now."""
        return exclusively_if_free(self.folder / ".lock")

    def read(self, path: Path) -> bytes:
        """The file's bytes, opened."""
        return self.seal.open(path.read_bytes(), label=self.label(path))

    def map(self, path: Path) -> memoryview:
        """The file's bytes, opened; mapped into memory where the seal can."""
        return self.seal.map(path, label=self.label(path))

    def write(self, path: Path, data: bytes) -> None:
        """Put the bytes there, sealed, whole or not at all."""
        write_atomically(path, self.seal.seal(data, label=self.label(path)))

    def overwrite(self, path: Path, pieces: Iterable[tuple[int, bytes]]) -> bool:
        """Whether the bytes at these places could be exchanged for as many others; not where a seal holds the whole."""
        label = self.label(path)
        sealed = [(place, self.seal.patch(data, label=label)) for place, data in pieces]
        whole = [(place, data) for place, data in sealed if data is not None]
        if len(whole) < len(sealed):
            return False
        overwrite(path, whole)
        return True

    def remove_person(self, person_id: str) -> bool:
        """Whether there was a file of the person; every one is gone, damaged and unfinished ones too."""
        found = False
        for path in (self.person(person_id), self.overlay(person_id), self.arrival(person_id)):
            found |= remove(path, path.with_name(path.name + DAMAGED))
            if path.parent.exists():
                settle(path.parent)
        self.remove_unfinished()
        return found

    def remove_unfinished(self) -> None:
        """Delete what writers left who were cut off; only for whoever is alone, when nobody is writing."""
        remove(*self.unfinished())

    def unfinished(self) -> list[Path]:
        """What writers are writing now, and what those left who were cut off."""
        folders = (self.folder, *(self.folder / name for name in _FOLDERS))
        entries = (entry for folder in folders if folder.exists() for entry in os.scandir(folder))
        return sorted(
            Path(entry.path) for entry in entries if entry.name.startswith(".") and entry.name.endswith(PART)
        )

    def damaged(self) -> dict[Path, str]:
        """The files that could not be read and were moved aside, with whose they are."""
        ending = f".parquet{DAMAGED}"
        files = sorted(self.folder.glob(f"*/*{ending}"))
        return {path: path.name.removesuffix(ending) for path in files}

    def is_set_aside(self, person_id: str) -> bool:
        """Whether a file of the person's could not be read and was moved aside; it may have a successor by now."""
        path = self.person(person_id)
        return path.with_name(path.name + DAMAGED).exists()

    def strangers(self) -> list[Path]:
        """Files that are none of the archive's."""
        own = {self.statistics, self.folder / "version", self.rules, self.folder / ".lock", self.marker}
        own |= {self.person(name) for name in self.names()} | {self.overlay(name) for name in self.overlays()}
        own |= {self.arrival(name) for name in self.arrivals()}
        own |= {*self.damaged(), *self.unfinished(), *(self.folder / "erased").rglob("*")}
        return sorted(path for path in self.folder.rglob("*") if path.is_file() and path not in own)

    def size(self, path: Path) -> int:
        """The file's size on disk in bytes; 0 when there is none."""
        try:
            return path.stat().st_size
        except FileNotFoundError:
            return 0

    def remove_derived(self) -> None:
        """Delete what can be derived again."""
        remove(self.statistics, *(self.overlay(person_id) for person_id in self.overlays()))

    def _files(self, folder: str, ending: str) -> Iterator[tuple[str, os.stat_result]]:
        for entry in self._entries(folder, ending):
            try:
                yield entry.name.removesuffix(ending), entry.stat()
            except FileNotFoundError:
                continue  # deleted between the look at the folder and the look at the file

    def _names(self, folder: str, ending: str) -> Iterator[str]:
        return (entry.name.removesuffix(ending) for entry in self._entries(folder, ending))

    def _entries(self, folder: str, ending: str) -> list["os.DirEntry[str]"]:
        try:
            entries = list(os.scandir(self.folder / folder))
        except FileNotFoundError:
            return []
        return [
            entry
            for entry in entries
            if entry.name.endswith(ending) and is_safe_id(entry.name.removesuffix(ending))
        ]

    def label(self, path: Path) -> str:
        """What the seal is told about a file."""
        return f"{self.organisation}/{path.relative_to(self.folder)}"
