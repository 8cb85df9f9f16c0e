"""The tables of the inbox and of the nights under way. Every key begins with the organisation and the environment.

Instants are whole microseconds since 1970 in UTC: a third of what the text takes, and the same in every database.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import (
    BigInteger,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

# Written into the conditions of queries as they stand: SQLite uses a partial index for no others.
OPEN = text("state <> 'done'")
DONE = text("state = 'done'")


def micros(moment: datetime) -> int:
    """Microseconds from 1970 to an aware moment; one without a zone is refused: nobody could say when it was."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone; give an aware datetime.")
    return (moment - _BEGINNING) // _MICROSECOND


def moment_of(microseconds: int) -> datetime:
    """The moment so many microseconds after 1970, aware, in UTC."""
    return _BEGINNING + timedelta(microseconds=microseconds)


class Moment(TypeDecorator[datetime]):
    """An instant, as microseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - theirs
        """Microseconds since 1970."""
        return None if value is None else micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - theirs
        """The stored instant, aware, in UTC."""
        return None if value is None else moment_of(value)


class Base(DeclarativeBase):
    """What the tables share: names of constraints that are the same in every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


# The rows lie in the order of their key, which is not written a second time.
_KEY_ONLY: Final = {"sqlite_with_rowid": False}


class Event(Base):
    """One event as it came, and how far it is; the table is the queue.

    `next_at` is when it may be leased: later than now where it was put off, and where somebody has it on lease.
    `variant` is the body's digest where nobody knows the kind, and b"" where what is said is told by the other columns.
    `since` is when it was leased first; not what was tried before it was joined, replayed or revised.
    """

    __tablename__ = "inbox_events"
    __table_args__ = (
        # The vendor id stands in the key, so that an event about somebody else's session takes nobody's place.
        UniqueConstraint(
            "organisation", "environment", "vendor_id", "session_id", "event", "seq", "length", "variant",
            name="uq_inbox_events_key",
        ),
        # All that is not done is counted and leased by this alone.
        Index(
            "ix_inbox_events_open", "organisation", "environment", "state", "next_at", "received_at",
            sqlite_where=OPEN, postgresql_where=OPEN,
        ),
        Index(
            "ix_inbox_events_done", "organisation", "environment", "ended_at", "state",
            sqlite_where=DONE, postgresql_where=DONE,
        ),
        Index("ix_inbox_events_received", "organisation", "environment", "received_at"),
        {"sqlite_autoincrement": True},  # an id is never given twice: a lease of what was erased holds for nothing
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    organisation: Mapped[str] = mapped_column(String(63))
    environment: Mapped[str] = mapped_column(String(8))
    kind: Mapped[str] = mapped_column(String(8))
    event: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(Text)
    vendor_id: Mapped[str] = mapped_column(Text)
    session_id: Mapped[str] = mapped_column(Text)
    seq: Mapped[int] = mapped_column(BigInteger)
    length: Mapped[int] = mapped_column(BigInteger)
    variant: Mapped[bytes] = mapped_column(LargeBinary)
    stages: Mapped[bytes] = mapped_column(LargeBinary)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    request_id: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(12))
    next_at: Mapped[datetime] = mapped_column(Moment)
    since: Mapped[datetime | None] = mapped_column(Moment)
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    error: Mapped[str] = mapped_column(Text, server_default=text("''"))
    leased_by: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class RevisionRow(Base):
    """Another body that came under the key of an event; b"" where only its digest is kept."""

    __tablename__ = "inbox_revisions"

    event_id: Mapped[int] = mapped_column(ForeignKey(Event.id, ondelete="CASCADE"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    request_id: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(Moment)


class TombstoneRow(Base):
    """Of somebody who was erased nothing but this mark, from which nobody can tell who it was."""

    __tablename__ = "inbox_tombstones"
    __table_args__ = _KEY_ONLY

    organisation: Mapped[str] = mapped_column(String(63), primary_key=True)
    environment: Mapped[str] = mapped_column(String(8), primary_key=True)
    mark: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)


class UpkeepRow(Base):
    """The one row that is written to find out whether writing works."""

    __tablename__ = "inbox_upkeep"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    written_at: Mapped[datetime] = mapped_column(Moment)


class NightRow(Base):
    """A session that is being recorded, or was completed in the last days.

    `blocks` and `last_block_at` are counted from the blocks whenever one is added, so that whoever has read them knows
    by one row whether there are others by now. A block is never changed.
    """

    __tablename__ = "live_nights"
    __table_args__ = _KEY_ONLY

    organisation: Mapped[str] = mapped_column(String(63), primary_key=True)
    environment: Mapped[str] = mapped_column(String(8), primary_key=True)
    vendor_id: Mapped[str] = mapped_column(Text, primary_key=True)
    session_id: Mapped[str] = mapped_column(Text, primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    start_at: Mapped[datetime] = mapped_column(Moment)
    end_at: Mapped[datetime | None] = mapped_column(Moment)
    zone: Mapped[str] = mapped_column(Text)
    seen_at: Mapped[datetime] = mapped_column(Moment)
    completed_at: Mapped[datetime | None] = mapped_column(Moment)
    blocks: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    last_block_at: Mapped[datetime | None] = mapped_column(Moment)


class BlockRow(Base):
    """The stages of one block; without a row of its night nobody sees it."""

    __tablename__ = "live_blocks"
    __table_args__ = _KEY_ONLY

    organisation: Mapped[str] = mapped_column(String(63), primary_key=True)
    environment: Mapped[str] = mapped_column(String(8), primary_key=True)
    vendor_id: Mapped[str] = mapped_column(Text, primary_key=True)
    session_id: Mapped[str] = mapped_column(Text, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    length: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    stages: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(Moment)


class LiveVersionRow(Base):
    """A number that is another one after every change of the nights."""

    __tablename__ = "live_versions"

    organisation: Mapped[str] = mapped_column(String(63), primary_key=True)
    environment: Mapped[str] = mapped_column(String(8), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
