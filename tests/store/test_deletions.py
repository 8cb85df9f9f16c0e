"""What the vendor still has to delete: kept until it has, then gone."""

from datetime import timedelta
from pathlib import Path

import pytest

from store.database import Store
from store.errors import InvalidEntry, UnknownEntry, UnknownOrganisation
from tests.store.samples import NOW


def test_a_deletion_is_due_at_once_later_after_a_failure_and_gone_when_done(store: Store) -> None:
    asked = store.deletions.add("north", "live", "G-1", by="Kim")
    assert (asked.attempts, asked.last_error, asked.next_try_at) == (0, "", NOW)
    assert store.deletions.due("north", NOW) == (asked,)
    assert store.deletions.due("north", NOW - timedelta(seconds=1)) == ()
    later = NOW + timedelta(hours=1)
    failed = store.deletions.failed("north", asked, error="e" * 900, next_try_at=later)
    assert (failed.attempts, len(failed.last_error), failed.next_try_at) == (1, 500, later)
    assert store.deletions.due("north", NOW) == ()
    assert store.deletions.due("north", later) == store.deletions.all("north") == (failed,)
    store.deletions.done("north", failed)
    assert store.deletions.all("north") == ()
    with pytest.raises(UnknownEntry, match="not waiting to be deleted"):
        store.deletions.done("north", failed)


def test_what_was_asked_for_twice_is_there_once_and_keeps_its_attempts(store: Store) -> None:
    asked = store.deletions.add("north", "live", "G-1", by="Kim")
    failed = store.deletions.failed("north", asked, error="Refused.", next_try_at=NOW)
    assert store.deletions.add("north", "live", "G-1", by="Lee") == failed
    assert store.deletions.add("north", "test", "G-1", by="Lee").attempts == 0
    assert len(store.deletions.all("north")) == 2


def test_an_organisation_has_its_own_deletions(store: Store) -> None:
    asked = store.deletions.add("north", "live", "G-1", by="Kim")
    assert store.deletions.all("south") == store.deletions.due("south", NOW) == ()
    for late in (
        lambda: store.deletions.done("south", asked),
        lambda: store.deletions.failed("south", asked, error="", next_try_at=NOW),
    ):
        with pytest.raises(UnknownEntry):
            late()
    with pytest.raises(UnknownOrganisation):
        store.deletions.add("east", "live", "G-1", by="Kim")
    for environment, vendor_id in (("staging", "G-1"), ("live", "")):
        with pytest.raises(InvalidEntry):
            store.deletions.add("north", environment, vendor_id, by="Kim")  # type: ignore[arg-type]
    assert store.deletions.all("north") == (asked,)


def test_no_byte_of_a_user_whom_the_vendor_has_deleted_stays_in_the_files(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/store.db", now=lambda: NOW)
    store.ensure_organisation("north", "North", "UTC")
    asked = store.deletions.add("north", "live", "CANARY-VENDOR", by="Kim")
    store.deletions.failed("north", asked, error="CANARY-ERROR", next_try_at=NOW)
    store.deletions.done("north", asked)
    left = [file.name for file in tmp_path.iterdir() if b"CANARY" in file.read_bytes()]
    store.close()
    assert left == []
