"""The tables. Every key begins with the organisation, so that no id of one tells anything about another."""

from datetime import UTC, date, datetime

from sqlalchemy import (
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
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


class Versioned:
    """What tables share whose rows two people may change: the version that was read has to be the stored one."""

    version: Mapped[int] = mapped_column(default=1)
    changed_by: Mapped[str] = mapped_column(String(200), default="")
    changed_at: Mapped[datetime | None] = mapped_column(Instant)


def _of_person() -> ForeignKeyConstraint:
    """The row goes when the person goes."""
    return ForeignKeyConstraint(
        ["organisation_id", "person_id"], ["people.organisation_id", "people.id"], ondelete="CASCADE"
    )


class OrganisationRow(Base):
    """One organisation."""

    __tablename__ = "organisations"

    id: Mapped[str] = mapped_column(String(63), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    zone: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Instant)


class PersonRow(Versioned, Base):
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
    """One tag of one person."""

    __tablename__ = "tags"
    __table_args__ = (_of_person(),)

    organisation_id: Mapped[str] = mapped_column(String(63), primary_key=True)
    tag: Mapped[str] = mapped_column(String(60), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(32), primary_key=True)


class SyncStateRow(Base):
    """How the last synchronisation of a person went."""

    __tablename__ = "sync_states"
    __table_args__ = (_of_person(),)

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


class CohortRow(Versioned, Base):
    """A saved cohort: by rule, or where `rule` is null by hand. `name_key` makes names unique whatever their case."""

    __tablename__ = "cohorts"
    __table_args__ = (UniqueConstraint("organisation_id", "name_key"),)

    organisation_id: Mapped[str] = mapped_column(
        ForeignKey(OrganisationRow.id, ondelete="CASCADE"), primary_key=True
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    name_key: Mapped[str] = mapped_column(String(300))
    rule: Mapped[str | None] = mapped_column(Text)


class CohortMemberRow(Base):
    """One person in one cohort by hand."""

    __tablename__ = "cohort_members"
    __table_args__ = (
        _of_person(),
        ForeignKeyConstraint(
            ["organisation_id", "cohort_id"], ["cohorts.organisation_id", "cohorts.id"], ondelete="CASCADE"
        ),
        Index("ix_cohort_members_person", "organisation_id", "person_id"),
    )

    organisation_id: Mapped[str] = mapped_column(String(63), primary_key=True)
    cohort_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(32), primary_key=True)


class PhaseRow(Versioned, Base):
    """A group or a phase that a person is in from one day to another, or still is."""

    __tablename__ = "phases"
    __table_args__ = (_of_person(), Index("ix_phases_person", "organisation_id", "person_id"))

    organisation_id: Mapped[str] = mapped_column(String(63), primary_key=True)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(100))
    first_day: Mapped[date]
    last_day: Mapped[date | None]


class NoteRow(Versioned, Base):
    """A note about a night, or about a person."""

    __tablename__ = "notes"
    __table_args__ = (_of_person(), Index("ix_notes_person", "organisation_id", "person_id"))

    organisation_id: Mapped[str] = mapped_column(String(63), primary_key=True)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(32))
    night: Mapped[date | None]
    session_id: Mapped[str | None] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Instant)


class NightTagRow(Base):
    """One tag of one night of one person."""

    __tablename__ = "night_tags"
    __table_args__ = (_of_person(),)

    organisation_id: Mapped[str] = mapped_column(String(63), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    night: Mapped[date] = mapped_column(primary_key=True)
    tag: Mapped[str] = mapped_column(String(60), primary_key=True)
    author: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Instant)


class FlagActionRow(Base):
    """What was done about a person's flag, and what the flag was; never changed, so that it can be told later."""

    __tablename__ = "flag_actions"
    __table_args__ = (
        _of_person(),
        # With action and id in it, the last one that decides is found for everybody from the index alone.
        Index("ix_flag_actions_person", "organisation_id", "person_id", "action", "id"),
    )

    organisation_id: Mapped[str] = mapped_column(String(63), primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person_id: Mapped[str] = mapped_column(String(32))
    action: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text)
    until: Mapped[date | None]
    author: Mapped[str] = mapped_column(String(200))
    acted_at: Mapped[datetime] = mapped_column(Instant)
    night: Mapped[date]
    label: Mapped[str] = mapped_column(String(100))
    red: Mapped[int]
    amber: Mapped[int]
    max_abs_z: Mapped[float | None] = mapped_column(Double)
    levels: Mapped[str] = mapped_column(Text)


class SettingRow(Versioned, Base):
    """A setting of an organisation as JSON; null after it was set back, so that its versions never begin again."""

    __tablename__ = "organisation_settings"

    organisation_id: Mapped[str] = mapped_column(
        ForeignKey(OrganisationRow.id, ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    value: Mapped[str | None] = mapped_column(Text)


class DeletionRow(Base):
    """A user whom the vendor still has to delete; the person has left the roster, so nobody is referred to."""

    __tablename__ = "vendor_deletions"

    organisation_id: Mapped[str] = mapped_column(
        ForeignKey(OrganisationRow.id, ondelete="CASCADE"), primary_key=True
    )
    environment: Mapped[str] = mapped_column(String(8), primary_key=True)
    vendor_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    requested_by: Mapped[str] = mapped_column(String(200))
    requested_at: Mapped[datetime] = mapped_column(Instant)
    attempts: Mapped[int]
    last_error: Mapped[str] = mapped_column(String(500))
    next_try_at: Mapped[datetime] = mapped_column(Instant)
