"""The tables of a research bundle: their columns, in which order, of which type and in which unit."""

from dataclasses import dataclass
from typing import Final, Literal

import pyarrow as pa

from analytics.nights import NIGHT_COLUMNS
from reports.definitions import definition

Kind = Literal["text", "digits", "category", "integer", "small", "number", "boolean", "date", "instant"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table.

    Attributes:
        name: its entry in docs/definitions.md.
        kind: "category" is text that repeats, "digits" text that we make of numbers and instants, "small" a whole
            number of 8 bits, "number" one of 32 bits.
    """

    name: str
    kind: Kind

    @property
    def unit(self) -> str:
        """The unit that the name ends with, in words; "" for text, dates, shares and plain counts."""
        return next((unit for ending, unit in _UNITS.items() if self.name.endswith(ending)), "")

    @property
    def meaning(self) -> str:
        """Its sentence in docs/definitions.md."""
        return definition(self.name)


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of the bundle.

    Attributes:
        name: of its files, without ending.
        title: what it holds.
        columns: in their order.
        key: the columns that tell its rows apart.
        forms: as which kinds of file it is written.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    forms: tuple[Literal["csv", "parquet"], ...] = ("csv", "parquet")

    @property
    def schema(self) -> "pa.Schema":
        """Its columns as Arrow has them; nothing about anybody is in it."""
        return pa.schema([(each.name, _ARROW[each.kind]) for each in self.columns])


_UNITS: Final = {
    "_per_h": "per hour",
    "_min": "minutes",
    "_pct": "percent",
    "_clock_h": "hours after midnight, local time",
    "_share": "share, 0 to 1",
    "mid_epoch": "epochs of 30 seconds",
    "sri_agree": "slots of 30 seconds",
    "sri_known": "slots of 30 seconds",
    "vendor_sleep_index": "points, 0 to 100",
}
_ARROW: Final = {
    "text": pa.string(),
    "digits": pa.string(),
    "category": pa.dictionary(pa.int32(), pa.string()),
    "integer": pa.int32(),
    "small": pa.int8(),
    "number": pa.float32(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "instant": pa.timestamp("us", tz="UTC"),
}
_OF_FRAMES: Final[dict[str, Kind]] = {
    "str": "text",
    "int64": "integer",
    "float64": "number",
    "bool": "boolean",
    "datetime64[us]": "date",
    "datetime64[us, UTC]": "instant",
}


def _columns(**kinds: Kind) -> tuple[Column, ...]:
    return tuple(Column(name=name, kind=kind) for name, kind in kinds.items())


PEOPLE: Final = Table(
    name="people",
    title="One row a person.",
    columns=_columns(person_id="text", home_zone="text", birth_year="integer", sex="text", tags="text"),
    key=("person_id",),
)
NIGHTS: Final = Table(
    name="nights",
    title="One row a sleep: main sleeps, naps, and sessions that could not be used.",
    columns=_columns(person_id="text", **{name: _OF_FRAMES[dtype] for name, dtype in NIGHT_COLUMNS.items()}),
    key=("person_id", "session_id"),
)
EXCLUSIONS: Final = Table(
    name="exclusions",
    title="One row a sleep that does not count, with the one reason that leaves it out.",
    columns=_columns(
        person_id="text", night="date", session_id="text", kind="text", code="text", sentence="text"
    ),
    key=("person_id", "session_id"),
)
TRANSITIONS: Final = Table(
    name="transitions",
    title="How often one stage follows another: sixteen rows a sleep.",
    columns=_columns(
        person_id="category",
        session_id="category",
        from_stage="category",
        to_stage="category",
        count="integer",
    ),
    key=("person_id", "session_id", "from_stage", "to_stage"),
)
EPOCHS: Final = Table(
    name="epochs",
    title="One row an epoch of 30 seconds.",
    columns=_columns(
        person_id="category", session_id="category", night="date", epoch="integer", start_utc="instant",
        segment="small", stage="small",
    ),
    key=("person_id", "session_id", "epoch"),
    forms=("parquet",),
)  # fmt: skip
DIGITS: Final = Table(
    name="epochs",
    title="One row a sleep, its epochs as digits.",
    columns=_columns(
        person_id="text", session_id="text", night="date", start_utc="instant", start_offset_min="integer",
        epochs="integer", piece_first_epochs="digits", piece_starts_utc="digits", piece_segments="digits",
        stages="digits",
    ),
    key=("person_id", "session_id"),
    forms=("csv",),
)  # fmt: skip

OF_NIGHTS: Final = (PEOPLE, NIGHTS, EXCLUSIONS)
OF_EPOCHS: Final = (EPOCHS, DIGITS, TRANSITIONS)
