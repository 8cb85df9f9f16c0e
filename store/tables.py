"""The tables. Every key begins with the organisation, so that no id of one tells anything about another."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, ForeignKey, ForeignKeyConstraint, MetaData, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class Instant(TypeDecorator[datetime]):
    """An instant, written in UTC and read back aware; SQLite itself would drop the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The instant in UTC; one without a zone is refused, because nobody could say when it was."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone; give an aware datetime.")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The stored instant, aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Base(DeclarativeBase):
    """What the tables share: names of constraints that are the same in every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class OrganisationRow(Base):
    """One organisation."""

    __tablename__ = "organisations"

    id: Mapped[str] = mapped_column(String(63), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    zone: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Instant)


class PersonRow(Base):
    """One person of one organisation's roster."""

    __tablename__ = "people"
    __table_args__ = (UniqueConstraint("organisation_id", "environment", "vendor_id"),)

    organisation_id: Mapped[str] = mapped_column(
        ForeignKey(OrganisationRow.id, ondelete="CASCADE"), primary_key=True
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    vendor_id: Mapped[str] = mapped_column(String(200))
    environment: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(200))
    zone: Mapped[str] = mapped_column(String(64))
    birth_year: Mapped[int | None]
    sex: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(Instant)


class TagRow(Base):
    """One tag of one person; a cohort is the people who carry it."""

    __tablename__ = "tags"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "person_id"], ["people.organisation_id", "people.id"], ondelete="CASCADE"
        ),
    )

    organisation_id: Mapped[str] = mapped_column(String(63), primary_key=True)
    tag: Mapped[str] = mapped_column(String(60), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(32), primary_key=True)


class SyncStateRow(Base):
    """How the last synchronisation of a person went."""

    __tablename__ = "sync_states"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "person_id"], ["people.organisation_id", "people.id"], ondelete="CASCADE"
        ),
    )

    organisation_id: Mapped[str] = mapped_column(String(63), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    attempted_at: Mapped[datetime] = mapped_column(Instant)
    succeeded_at: Mapped[datetime | None] = mapped_column(Instant)
    error: Mapped[str] = mapped_column(String(500))
    listed: Mapped[int]
    fetched: Mapped[int]
    failed: Mapped[int]
    asked_since: Mapped[datetime | None] = mapped_column(Instant)
    statistics_at: Mapped[datetime | None] = mapped_column(Instant)
