"""The way to the database: how connections are set up, and the tables brought up to date at the start."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.orm import Session

from store import integrity
from store.errors import StoreUnavailable, UnusableDatabase
from store.scrubbing import mark_erasure, scrub, scrub_after_erasure
from store.troubles import NOT_WRITABLE, translated

BUSY_TIMEOUT_MS = 10_000
# Any number will do as long as it is ours: PostgreSQL lets one holder at a time have it.
_MIGRATION_LOCK = 6_031_769

_WRITE = (
    "Nocturne keeps its data in one of two kinds: write sqlite:///path/to/file.db, or "
    "postgresql+psycopg://user:password@host/name."
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """Tables that are brought up to date together, whatever else lies in the same database.

    Attributes:
        name: whose tables they are, in sentences: `the store`.
        migrations: the folder of their revisions.
        version_table: where the database says at which of them it is.
    """

    name: str
    migrations: Path
    version_table: str


STORE = Lineage(
    name="the store", migrations=Path(__file__).parent / "migrations", version_table="alembic_version"
)


def open_engine(url: str, lineage: Lineage = STORE, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> Engine:
    """An engine for the URL, with the lineage's tables at the newest revision; two processes may start at once.

    An SQLite file is first looked through for damage, as `store.integrity` says.

    Args:
        url: `sqlite:///path/to/file.db`, or `postgresql://...` with a driver that is installed.
        lineage: whose tables are brought up to date.
        busy_timeout_ms: how long a writer waits for SQLite's lock.

    Raises:
        UnusableDatabase: the URL cannot be read, or names a kind or a driver that is not there; the file is damaged;
            or a newer Nocturne has made the tables.
        StoreUnavailable: the database cannot be reached or written, or is locked.
    """
    engine = _engine(url, busy_timeout_ms)
    try:
        with translated():
            if engine.dialect.name == "sqlite":
                integrity.check(engine, Path(str(engine.url.database)))
            migrate(engine, lineage)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _engine(url: str, busy_timeout_ms: int) -> Engine:
    try:
        parsed = make_url(url)
        kind = parsed.get_backend_name()
        if kind == "sqlite":
            return _sqlite_engine(parsed, busy_timeout_ms)
        if kind == "postgresql":
            return create_engine(parsed, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise UnusableDatabase(f"NOCTURNE_DATABASE_URL cannot be read. {_WRITE}") from error
    except ImportError as error:
        raise UnusableDatabase(
            f"NOCTURNE_DATABASE_URL needs the Python package {error.name}, which is not installed. Install it, or "
            "write another address."
        ) from error
    raise UnusableDatabase(f"NOCTURNE_DATABASE_URL names {kind}, which cannot be read here. {_WRITE}")


def migrate(engine: Engine, lineage: Lineage = STORE) -> None:
    """Bring the tables to the newest revision; nothing is locked when they are there already.

    Raises:
        UnusableDatabase: the tables have a revision that is not known here.
    """
    config = migration_config(lineage)
    known = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    newest = known[0]
    with engine.connect() as connection:
        options = {"version_table": lineage.version_table}
        found = MigrationContext.configure(connection, opts=options).get_current_revision()
    if found == newest:
        return
    if found is not None and found not in known:
        raise UnusableDatabase(
            f"The tables of {lineage.name} have revision {found!r}, which a newer Nocturne has made; this one knows "
            f"those up to {newest}. Nothing was changed. Start the newer one, or restore a back-up of this one "
            "elsewhere."
        )
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    log.info("The tables of %s are at revision %s.", lineage.name, newest)


def migration_config(lineage: Lineage = STORE) -> Config:
    """Alembic's configuration, from here and not from a file."""
    config = Config()
    config.set_main_option("script_location", str(lineage.migrations).replace("%", "%%"))
    config.attributes["version_table"] = lineage.version_table
    return config


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session that sees one state of the database."""
    with translated(), Session(engine, expire_on_commit=False) as session:
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """A session whose changes are kept together at the end, or not at all when anything is raised."""
    # On SQLite the write lock is taken at once: a reader that turns writer is refused without waiting.
    with (
        translated(),
        Session(engine.execution_options(writes=True), expire_on_commit=False) as session,
        session.begin(),
    ):
        yield session


@contextmanager
def erasing(engine: Engine) -> Iterator[Session]:
    """As `writing`, for what has to leave no byte behind; a large file, or one in use, is left to a later `scrub`."""
    with writing(engine) as session:
        mark_erasure(session.connection())
        yield session
    scrub_after_erasure(engine, partial(scrub, engine))


def _sqlite_engine(url: URL, busy_timeout_ms: int) -> Engine:
    if not url.database or url.database == ":memory:":
        raise UnusableDatabase(
            "NOCTURNE_DATABASE_URL is wrong: a SQLite database in memory would be lost; "
            "name a file: sqlite:///path/to/file.db"
        )
    file = Path(url.database)
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)  # SQLite gives its -wal and -shm files the same mode
    except OSError as error:
        raise StoreUnavailable(
            f"The database file cannot be written: {error.strerror}. {NOT_WRITABLE}"
        ) from error
    # Beside the file SQLite writes others. Found out here, this is a sentence; found out later, a lost change.
    if not all(os.access(path, os.W_OK) for path in (file, file.parent)):
        raise StoreUnavailable(f"The database file or its folder is read-only. {NOT_WRITABLE}")
    engine = create_engine(url, connect_args={"timeout": busy_timeout_ms / 1000})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # The driver's own way of opening transactions leaves DDL outside them; `_begin_sqlite` says BEGIN itself.
    connection.isolation_level = None
    cursor = connection.cursor()
    # FULL: what is committed is on the disk. It is SQLite's default, which whoever built the library may have changed.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
