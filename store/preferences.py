"""The settings of an organisation, by key, as JSON values. Which keys there are, and their defaults, others know."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from store.engine import reading, writing
from store.errors import EditedMeanwhile, InvalidEntry
from store.people import checked_text
from store.rows import checked_actor, mark_changed, require_organisation, require_version
from store.tables import SettingRow

_MAX_KEY = 100
_MAX_VALUE = 65_536
DEFAULT = 0
"""The version of a setting that is not set."""


@dataclass(frozen=True, kw_only=True)
class Preference:
    """A setting of an organisation that differs from the default.

    Attributes:
        key: which.
        value: what JSON can say: text, number, truth value, None, lists, and mappings by text.
        version: rises with every change.
        changed_by, changed_at: who set it, and when (UTC).
    """

    key: str
    value: Any
    version: int
    changed_by: str
    changed_at: datetime


class Preferences:
    """The settings of organisations, reached as `Store.preferences`."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine, now

    def all(self, organisation: str) -> Mapping[str, Preference]:
        """What is set in the organisation, by key; what is not there has its default."""
        query = select(SettingRow).where(
            SettingRow.organisation_id == organisation, SettingRow.value.is_not(None)
        )
        with reading(self._engine) as session:
            rows = session.scalars(query.order_by(SettingRow.key)).all()
        return {row.key: _preference(row) for row in rows}

    def set(self, organisation: str, key: str, value: object, *, version: int, by: str) -> Preference:
        """The setting as stored now, a version later.

        Args:
            organisation: whose setting it is.
            key: which, up to 100 characters.
            value: what JSON can say, up to 65,536 characters of it.
            version: that of the setting which was read; `DEFAULT` where it was not set.
            by: who sets it.

        Raises:
            InvalidEntry: the key or the value cannot be accepted.
            EditedMeanwhile: it has another value since that version was read.
            UnknownOrganisation: there is no such organisation.
        """
        written = _written(value)
        name = checked_text(key, field="The setting's key", longest=_MAX_KEY, refusal=InvalidEntry)
        with writing(self._engine) as session:
            row = self._changed(session, organisation, name, version, by)
            row.value = written
        return _preference(row)

    def reset(self, organisation: str, key: str, *, version: int, by: str) -> None:
        """The setting has its default from now on.

        Raises:
            EditedMeanwhile: it has been set, or set back, after that version was read.
            UnknownOrganisation: there is no such organisation.
        """
        with writing(self._engine) as session:
            self._changed(session, organisation, key, version, by).value = None

    def _changed(self, session: Session, organisation: str, key: str, version: int, by: str) -> SettingRow:
        require_organisation(session, organisation, lock=True)
        row = session.get(SettingRow, (organisation, key))
        if row is None:
            if version != DEFAULT:
                raise EditedMeanwhile(f"The setting {key}", by="", at=None)
            row = SettingRow(organisation_id=organisation, key=key, version=0)
            session.add(row)
        elif row.value is not None or version != DEFAULT:
            # Who read that it was not set may set it: it has come back to what it was.
            require_version(row, version, f"The setting {key}")
        mark_changed(row, by=checked_actor(by), at=self._now())
        return row


def _written(value: object) -> str:
    try:
        text = json.dumps(value, allow_nan=False, sort_keys=True)
    except (TypeError, ValueError) as error:
        raise InvalidEntry(f"The setting's value cannot be written as JSON: {error}.") from error
    if len(text) > _MAX_VALUE:
        raise InvalidEntry(f"The setting's value has {len(text)} characters; the most is {_MAX_VALUE}.")
    return text


def _preference(row: SettingRow) -> Preference:
    value, changed_at = cast(
        "tuple[str, datetime]", (row.value, row.changed_at)
    )  # of what is set there are both
    return Preference(
        key=row.key,
        value=json.loads(value),
        version=row.version,
        changed_by=row.changed_by,
        changed_at=changed_at,
    )
