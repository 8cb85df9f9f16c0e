"""Versions of people; cohorts, phases, notes, tags of nights, flag actions, settings, deletions at the vendor.

Revision: 0004; after: 0003.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _versioned() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.String(200), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
    )


def _organisation_id() -> sa.Column[str]:
    return sa.Column("organisation_id", sa.String(63), nullable=False)


def _person_id() -> sa.Column[str]:
    return sa.Column("person_id", sa.String(32), nullable=False)


def _of_organisation(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id"], ["organisations.id"], name=f"fk_{table}_organisation_id", ondelete="CASCADE"
    )


def _of_person(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id", "person_id"],
        ["people.organisation_id", "people.id"],
        name=f"fk_{table}_organisation_id_person_id",
        ondelete="CASCADE",
    )


def upgrade() -> None:
    op.add_column("people", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("people", sa.Column("changed_by", sa.String(200), nullable=False, server_default=""))
    op.add_column("people", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    _create_cohorts()
    _create_phases()
    _create_journal()
    _create_flag_actions()
    _create_settings_and_deletions()


def _create_cohorts() -> None:
    op.create_table(
        "cohorts",
        _organisation_id(),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("name_key", sa.String(300), nullable=False),
        sa.Column("rule", sa.Text(), nullable=True),
        *_versioned(),
        _of_organisation("cohorts"),
        sa.PrimaryKeyConstraint("organisation_id", "id", name="pk_cohorts"),
        sa.UniqueConstraint("organisation_id", "name_key", name="uq_cohorts_organisation_id_name_key"),
    )
    op.create_table(
        "cohort_members",
        _organisation_id(),
        sa.Column("cohort_id", sa.String(32), nullable=False),
        _person_id(),
        _of_person("cohort_members"),
        sa.ForeignKeyConstraint(
            ["organisation_id", "cohort_id"],
            ["cohorts.organisation_id", "cohorts.id"],
            name="fk_cohort_members_organisation_id_cohort_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "cohort_id", "person_id", name="pk_cohort_members"),
    )
    op.create_index("ix_cohort_members_person", "cohort_members", ["organisation_id", "person_id"])


def _create_phases() -> None:
    op.create_table(
        "phases",
        _organisation_id(),
        sa.Column("id", sa.String(32), nullable=False),
        _person_id(),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        *_versioned(),
        _of_person("phases"),
        sa.PrimaryKeyConstraint("organisation_id", "id", name="pk_phases"),
    )
    op.create_index("ix_phases_person", "phases", ["organisation_id", "person_id"])


def _create_journal() -> None:
    op.create_table(
        "notes",
        _organisation_id(),
        sa.Column("id", sa.String(32), nullable=False),
        _person_id(),
        sa.Column("night", sa.Date(), nullable=True),
        sa.Column("session_id", sa.String(200), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        *_versioned(),
        _of_person("notes"),
        sa.PrimaryKeyConstraint("organisation_id", "id", name="pk_notes"),
    )
    op.create_index("ix_notes_person", "notes", ["organisation_id", "person_id"])
    op.create_table(
        "night_tags",
        _organisation_id(),
        _person_id(),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("tag", sa.String(60), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _of_person("night_tags"),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", "night", "tag", name="pk_night_tags"),
    )


def _create_flag_actions() -> None:
    op.create_table(
        "flag_actions",
        _organisation_id(),
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        _person_id(),
        sa.Column("action", sa.String(8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("acted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("label", sa.String(100), nullable=False),
        sa.Column("red", sa.Integer(), nullable=False),
        sa.Column("amber", sa.Integer(), nullable=False),
        sa.Column("max_abs_z", sa.Double(), nullable=True),
        sa.Column("levels", sa.Text(), nullable=False),
        _of_person("flag_actions"),
        sa.PrimaryKeyConstraint("organisation_id", "id", name="pk_flag_actions"),
    )
    op.create_index("ix_flag_actions_person", "flag_actions", ["organisation_id", "person_id", "action", "id"])


def _create_settings_and_deletions() -> None:
    op.create_table(
        "organisation_settings",
        _organisation_id(),
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        *_versioned(),
        _of_organisation("organisation_settings"),
        sa.PrimaryKeyConstraint("organisation_id", "key", name="pk_organisation_settings"),
    )
    op.create_table(
        "vendor_deletions",
        _organisation_id(),
        sa.Column("environment", sa.String(8), nullable=False),
        sa.Column("vendor_id", sa.String(200), nullable=False),
        sa.Column("requested_by", sa.String(200), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(500), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        _of_organisation("vendor_deletions"),
        sa.PrimaryKeyConstraint(
            "organisation_id", "environment", "vendor_id", name="pk_vendor_deletions"
        ),
    )


def downgrade() -> None:
    for table in (
        "vendor_deletions",
        "organisation_settings",
        "flag_actions",
        "night_tags",
        "notes",
        "phases",
        "cohort_members",
        "cohorts",
    ):
        op.drop_table(table)
    for column in ("changed_at", "changed_by", "version"):
        op.drop_column("people", column)
