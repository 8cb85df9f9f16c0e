"""What the store keeps in memory holds until anybody changes the database, and never a moment longer."""

from dataclasses import replace

import pytest
from sqlalchemy import event

from store.database import Store
from store.people import SyncOutcome, UnknownPerson
from tests.store.samples import NOW, somebody


@pytest.fixture
def reads(store: Store) -> list[str]:
    """The questions that the database itself has been asked since."""
    if store._engine.dialect.name != "sqlite":
        pytest.skip("only SQLite tells whether anything has changed")
    asked: list[str] = []
    event.listen(
        store._engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_: asked.append(statement),
    )
    return asked


def test_a_roster_that_nobody_changed_is_read_once(store: Store, reads: list[str]) -> None:
    store.add_person("north", somebody(name="Ann"))
    first = store.people("north")
    reads.clear()
    assert store.people("north") is first
    assert not reads


def test_what_this_store_writes_is_seen_at_once(store: Store) -> None:
    ann = store.add_person("north", somebody(name="Ann"))
    assert [each.name for each in store.people("north")] == ["Ann"]
    store.update_person("north", replace(ann, name="Anna"))
    assert [each.name for each in store.people("north")] == ["Anna"]
    assert store.person("north", ann.person_id).name == "Anna"
    store.record_syncs("north", [SyncOutcome(person_id=ann.person_id, attempted_at=NOW)])
    assert set(store.sync_states("north")) == {ann.person_id}
    store.remove_person("north", ann.person_id)
    assert store.people("north") == ()
    with pytest.raises(UnknownPerson):
        store.person("north", ann.person_id)
    assert not store.sync_states("north")


def test_what_another_process_writes_is_seen_at_once(store: Store, url: str) -> None:
    assert store.people("north") == ()
    other = Store(url)
    other.add_person("north", somebody(name="Ann"))
    other.close()
    assert [each.name for each in store.people("north")] == ["Ann"]


def test_no_organisation_gets_the_answer_of_another(store: Store) -> None:
    store.add_person("north", somebody(name="Ann", tags=("shift",)))
    store.add_person("south", somebody(name="Zoe"))
    for _ in range(2):
        assert [each.name for each in store.people("north")] == ["Ann"]
        assert [each.name for each in store.people("south")] == ["Zoe"]
        assert [each.name for each in store.people("north", tag="shift")] == ["Ann"]
        assert store.people("south", tag="shift") == ()
        assert store.people("north", environment="test") == ()


def test_an_answer_cannot_be_written_to(store: Store) -> None:
    with pytest.raises(TypeError):
        store.sync_states("north")["p_1"] = None  # type: ignore[index]
