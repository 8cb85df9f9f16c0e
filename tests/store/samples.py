"""What the tests of the store begin with."""

from datetime import UTC, datetime

from store.people import NewPerson

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def somebody(vendor_id: str = "G-1", **changes: object) -> NewPerson:
    fields: dict[str, object] = {"name": "Ann Example", "zone": "Europe/Berlin", "vendor_id": vendor_id}
    return NewPerson(**{**fields, **changes})  # type: ignore[arg-type]
