"""The rows of the store as lines of JSON: for a back-up, and for the way from one kind of database to another.

    {"format": 1, "revision": "0004", "organisation": null, "counts": {"organisations": 1, "people": 48, ...}}
    ["people", {"organisation_id": "main", "id": "p_...", "birth_year": 1990, ...}]
    ...
    {"rows": 1234, "sha256": "..."}

Instants are in UTC and, like dates, in ISO 8601. The digest is of every byte before the last line. Tables come in an
order in which what is referred to is there before whoever refers to it.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, BinaryIO, Final

from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Date, Engine, Select, Table, func, insert, select
from sqlalchemy.exc import DataError, IntegrityError

from store.engine import migration_config
from store.errors import UnknownOrganisation, UnreadableBackup
from store.tables import Base, Instant, OrganisationRow
from store.troubles import translated

FORMAT: Final = 1
_AT_ONCE: Final = 1000

Row = dict[str, Any]


def write_rows(engine: Engine, file: BinaryIO, organisation: str | None = None) -> Mapping[str, int]:
    """How many rows of each table were written, all as they were at one moment.

    Args:
        engine: of `store.engine.open_engine`; whoever writes to the database meanwhile is not kept from it.
        file: where to; the caller opens, closes and keeps it private.
        organisation: whose rows; None for everybody's.

    Raises:
        UnknownOrganisation: there is none of that id.
        StoreUnavailable: the database did not answer.
    """
    digest = hashlib.sha256()

    def put(value: object) -> None:
        line = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        digest.update(line)
        file.write(line)

    with translated(), _at_one_moment(engine) as connection, connection.begin():
        counts = {table.name: _count(connection, table, organisation) for table in _tables()}
        if organisation is not None and not counts[OrganisationRow.__tablename__]:
            raise UnknownOrganisation(
                f"There is no organisation {organisation!r}; there is nothing to write."
            )
        put({"format": FORMAT, "revision": _revisions()[0], "organisation": organisation, "counts": counts})
        for table in _tables():
            for row in _rows(connection, table, organisation):
                put([table.name, row])
    put({"rows": sum(counts.values()), "sha256": digest.hexdigest()})
    return counts


def read_rows(engine: Engine, file: BinaryIO) -> Mapping[str, int]:
    """How many rows of each table were taken in: all of the file, or none when anything is raised.

    A file of an older revision is taken in too: columns that it does not have yet get what new rows have.

    Args:
        engine: of `store.engine.open_engine`, with no row in its tables.
        file: what `write_rows` wrote.

    Raises:
        UnreadableBackup: the file is cut off or damaged, or a newer Nocturne wrote it; or the database is not empty.
        StoreUnavailable: the database did not answer, is locked, or cannot be written.
    """
    lines = _Lines(file)
    header = _checked_header(lines.next())
    counts: dict[str, int] = dict.fromkeys(header["counts"], 0)
    with translated(), engine.connect().execution_options(writes=True) as connection, connection.begin():
        _require_empty(connection)
        try:
            for table, rows in _batches(lines):
                connection.execute(insert(table), rows)
                counts[table.name] += len(rows)
        except (IntegrityError, DataError, KeyError) as error:
            raise _damaged(
                "a row does not fit to the others, or is in a table that its beginning lacks"
            ) from error
        # Only the end tells that the file is whole: what is raised here takes every row out again.
        if counts != header["counts"] or sum(counts.values()) != lines.end.get("rows"):
            raise _damaged("it holds other numbers of rows than it says")
    return counts


def require_empty(engine: Engine) -> None:
    """Return when no table has a row.

    Raises:
        UnreadableBackup: rows would meet others.
        StoreUnavailable: the database did not answer.
    """
    with translated(), engine.connect() as connection:
        _require_empty(connection)


class _Lines:
    """The lines of a file as values; the last one, which `end` keeps, vouches for those before."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._digest = file, hashlib.sha256()
        self.end: dict[str, Any] = {}

    def next(self) -> object:
        """The next value."""
        line = self._file.readline()
        if not line.endswith(b"\n"):
            raise _damaged("it is cut off")
        try:
            value = json.loads(line)
        except ValueError as error:
            raise _damaged("a line cannot be read") from error
        if isinstance(value, dict) and "sha256" in value:
            if value["sha256"] != self._digest.hexdigest():
                raise _damaged("its digest is another than that of its lines")
            if self._file.read(1):
                raise _damaged("something follows its end")
            self.end = value
        self._digest.update(line)
        return value

    def rows(self) -> Iterator[tuple[Table, Row]]:
        """Every row up to the end, with its table."""
        while True:
            value = self.next()
            if self.end:
                return
            try:
                yield _row(value)
            except (TypeError, ValueError, KeyError, AttributeError) as error:
                raise _damaged("a line is no row of a table that is known here") from error


def _row(value: object) -> tuple[Table, Row]:
    if not isinstance(value, list):
        raise TypeError("a row stands in a list with the name of its table")
    name, cells = value
    table = Base.metadata.tables[name]
    return table, {column: _read(table, column, cell) for column, cell in cells.items()}


def _batches(lines: _Lines) -> Iterator[tuple[Table, list[Row]]]:
    table: Table | None = None
    batch: list[Row] = []
    for owner, row in lines.rows():
        if table is not None and (owner is not table or len(batch) == _AT_ONCE):
            yield table, batch
            batch = []
        table = owner
        batch.append(row)
    if table is not None:
        yield table, batch


def _checked_header(header: object) -> dict[str, Any]:
    if not isinstance(header, dict) or not {"format", "revision", "counts"} <= set(header):
        raise _damaged("it does not begin as one does")
    if header["format"] != FORMAT or header["revision"] not in _revisions():
        raise UnreadableBackup(
            f"The back-up has format {header['format']} and revision {header['revision']}; this Nocturne reads format "
            f"{FORMAT} and revisions up to {_revisions()[0]}. Nothing was restored; use the Nocturne that wrote it, "
            "or a newer one."
        )
    if not set(header["counts"]) <= set(Base.metadata.tables):
        raise _damaged("it names a table that is not known here")
    return header


def _require_empty(connection: Connection) -> None:
    found = {table.name: _count(connection, table, None) for table in _tables()}
    if held := ", ".join(f"{count} in {name}" for name, count in found.items() if count):
        raise UnreadableBackup(
            f"The database already holds rows ({held}). Nothing was restored; name another data folder with "
            "NOCTURNE_DATA_DIR, or an empty database with NOCTURNE_DATABASE_URL."
        )


def _damaged(why: str) -> UnreadableBackup:
    return UnreadableBackup(f"The back-up is damaged: {why}. Nothing was restored; use an older one.")


def _at_one_moment(engine: Engine) -> Connection:
    """A connection whose transaction sees one state; SQLite's always do."""
    if engine.dialect.name == "sqlite":
        return engine.connect()
    return engine.connect().execution_options(isolation_level="REPEATABLE READ")


def _tables() -> list[Table]:
    return Base.metadata.sorted_tables


@cache
def _revisions() -> tuple[str, ...]:
    """The revisions that are known here, the newest first."""
    scripts = ScriptDirectory.from_config(migration_config()).walk_revisions()
    return tuple(script.revision for script in scripts)


def _mine(query: Select[Any], table: Table, organisation: str | None) -> Select[Any]:
    if organisation is None:
        return query
    key = table.c.id if table.name == OrganisationRow.__tablename__ else table.c.organisation_id
    return query.where(key == organisation)


def _count(connection: Connection, table: Table, organisation: str | None) -> int:
    query = _mine(select(func.count()).select_from(table), table, organisation)
    return int(connection.execute(query).scalar_one())


def _rows(connection: Connection, table: Table, organisation: str | None) -> Iterable[Row]:
    query = _mine(select(table), table, organisation).order_by(*table.primary_key)
    streamed = connection.execute(query, execution_options={"yield_per": _AT_ONCE})
    for row in streamed.mappings():
        yield {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}


def _read(table: Table, column: str, value: Any) -> Any:
    kind = table.c[column].type
    if value is None:
        return None
    if isinstance(kind, Instant):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(kind, Date) else value
