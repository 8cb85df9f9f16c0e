"""The tables of a bundle as files that grow person by person; in memory are the rows of a few people at most."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from reports.arrow_csv import csv_lines, header_line
from reports.bundle_columns import EPOCHS, OF_EPOCHS, OF_NIGHTS, Table

_BYTES_AT_ONCE: Final = 8 << 20
"""So much of a table is held before it is written: a row group of Parquet, always of whole people."""
_EPOCHS_ENCODED: Final[dict[str, Any]] = {
    # They rise by one from row to row, for which this encoding needs next to nothing.
    "column_encoding": {"epoch": "DELTA_BINARY_PACKED", "start_utc": "DELTA_BINARY_PACKED"},
    "use_dictionary": ["person_id", "session_id", "night", "segment", "stage"],
}


class TableFiles:
    """The files of all tables.

    Args:
        folder: where they are written.
        held: lets go of them at the end.
        epochs: whether those of the epochs are among them.
    """

    def __init__(self, folder: Path, held: ExitStack, *, epochs: bool) -> None:
        tables = (*OF_NIGHTS, *(OF_EPOCHS if epochs else ()))
        self._files = {
            (table.name, form): _OneFile(folder / f"{table.name}.{form}", table, held)
            for table in tables
            for form in table.forms
        }

    def add(self, table: Table, rows: "pa.Table") -> None:
        """Writes rows of one person."""
        for form in table.forms:
            self._files[table.name, form].add(rows)

    def finish(self) -> dict[str, int]:
        """How many rows each file has, by its name, now that all are written."""
        return {file.path.name: file.finish() for file in self._files.values()}


class _OneFile:
    """One file of a table."""

    def __init__(self, path: Path, table: Table, held: ExitStack) -> None:
        self.path = path
        self._rows = 0
        self._waiting: list[pa.Table] = []
        self._plain = {column.name for column in table.columns if column.kind == "digits"}
        if path.suffix == ".csv":
            self._csv: BinaryIO | None = held.enter_context(path.open("xb"))
            self._csv.write(header_line(table.schema.names))
        else:
            self._csv = None
            self._parquet = held.enter_context(_parquet(path, table))

    def add(self, rows: "pa.Table") -> None:
        self._rows += rows.num_rows
        self._waiting.append(rows)
        if sum(each.nbytes for each in self._waiting) >= _BYTES_AT_ONCE:
            self._write()

    def finish(self) -> int:
        if self._waiting:
            self._write()
        if self._csv is not None:
            self._csv.flush()
        else:
            self._parquet.close()
        return self._rows

    def _write(self) -> None:
        rows = pa.concat_tables(self._waiting)
        self._waiting.clear()
        if self._csv is not None:
            self._csv.write(csv_lines(rows, plain=self._plain))
        elif rows.num_rows:
            self._parquet.write_table(
                rows.unify_dictionaries().combine_chunks(), row_group_size=rows.num_rows
            )


@contextmanager
def _parquet(path: Path, table: Table) -> "Iterator[pq.ParquetWriter]":
    with path.open("xb") as sink:
        writer = pq.ParquetWriter(
            sink,
            table.schema,
            compression="zstd",
            compression_level=1,
            **(_EPOCHS_ENCODED if table is EPOCHS else {}),
        )
        try:
            yield writer
        finally:
            writer.close()
