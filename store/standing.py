"""How a database stands: whether it can be written, is the file that was opened, and has the tables of this program.

Asked by probes, again and again; nobody's answers are forgotten for it.
"""

from pathlib import Path
from typing import Final

from sqlalchemy import Engine, text

from store.engine import Lineage
from store.troubles import translated

REPLACED: Final = (
    "The file of {name} is not the one that was opened: somebody moved, deleted or replaced it. Stop Nocturne, put the "
    "file back or restore a back-up, and start again."
)
OTHER_TABLES: Final = (
    "The tables of {name} are not those that were there at the start: another Nocturne changed them meanwhile. Start "
    "this one again."
)


class Standing:
    """What is looked at again of an engine's database; made when the engine is, while the file is surely its own.

    Args:
        engine: with the lineage's tables at the newest revision.
        lineage: whose tables they are.
    """

    def __init__(self, engine: Engine, lineage: Lineage) -> None:
        self._engine, self._lineage = engine, lineage
        self._newest = self._revision()
        is_sqlite = engine.dialect.name == "sqlite"
        self._file = Path(str(engine.url.database)) if is_sqlite else None
        self._identity = _identity(self._file)

    def problems(self) -> tuple[str, ...]:
        """Sentences about what is wrong beside being writable; none when all is well.

        Raises:
            StoreUnavailable: the database cannot be read.
        """
        found = []
        if self._file is not None and _identity(self._file) != self._identity:
            found.append(REPLACED.format(name=self._lineage.name))
        if self._revision() != self._newest:
            found.append(OTHER_TABLES.format(name=self._lineage.name))
        return tuple(found)

    def _revision(self) -> str | None:
        with translated(), self._engine.connect() as connection:
            # Alembic itself would write two lines into the log each time.
            table = self._lineage.version_table
            found: str | None = connection.execute(text(f"SELECT version_num FROM {table}")).scalar()  # noqa: S608
            return found

    def writable(self) -> None:
        """Return when a row could be written; it is taken back, so that nobody takes the data for changed.

        Raises:
            StoreUnavailable: it could not.
        """
        table = self._lineage.version_table
        writer = self._engine.execution_options(writes=True)
        with translated(), writer.connect() as connection, connection.begin() as transaction:
            connection.execute(text(f"UPDATE {table} SET version_num = version_num"))  # noqa: S608 - a name of ours
            transaction.rollback()


def _identity(file: Path | None) -> tuple[int, int] | None:
    """Device and number of a file; None where there is none."""
    if file is None:
        return None
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
