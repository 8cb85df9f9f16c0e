"""From every earlier schema to the newest with everything kept, and back again."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, Engine, MetaData, insert, inspect, select
from sqlalchemy.orm import Session

from store.database import Store
from store.engine import _engine, migration_config
from store.people import Person
from store.tables import Base
from tests.store.samples import NOW, somebody

EARLIER = ("0001", "0002", "0003")
THEN = datetime(2025, 6, 1, 22, 30, tzinfo=UTC)
# The columns of sync_states that a revision had for the first time.
ADDED = {"0001": (), "0002": ("asked_since",), "0003": ("asked_since", "statistics_at")}


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    made = _engine(url, 5_000)
    yield made
    made.dispose()


def lift(engine: Engine, revision: str) -> None:
    """Take the tables up to a revision, whatever is newest."""
    config = migration_config()
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def lower(engine: Engine, revision: str) -> None:
    """Take the tables back down to a revision."""
    config = migration_config()
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def at(connection: Connection, moment: datetime) -> datetime:
    return moment.replace(tzinfo=None) if connection.dialect.name == "sqlite" else moment


def fill(engine: Engine, revision: str) -> None:
    """Rows as a Nocturne of that revision wrote them, in the columns that the tables had then."""
    tables = MetaData()
    tables.reflect(engine)
    with engine.begin() as connection:
        then = at(connection, THEN)
        rows: dict[str, list[dict[str, Any]]] = {
            "organisations": [
                {"id": name, "name": name.title(), "zone": "UTC", "created_at": then} for name in ("north", "south")
            ],
            "people": [
                {
                    "organisation_id": organisation, "id": f"p_{number}", "vendor_id": f"G-{number}",
                    "environment": "live", "name": f"Zoë {number}", "zone": "Asia/Seoul", "birth_year": 1980,
                    "sex": "female", "created_at": then,
                }
                for organisation in ("north", "south") for number in range(3)
            ],
            "tags": [{"organisation_id": "north", "person_id": f"p_{n}", "tag": "shift"} for n in range(2)],
            "sync_states": [
                {
                    "organisation_id": "north", "person_id": "p_0", "attempted_at": then, "succeeded_at": None,
                    "error": "It broke off.", "listed": 5, "fetched": 4, "failed": 1,
                    **dict.fromkeys(ADDED[revision], then),
                }
            ],
        }  # fmt: skip
        for name, values in rows.items():
            connection.execute(insert(tables.tables[name]), values)


@pytest.mark.parametrize("revision", EARLIER)
def test_everything_of_an_earlier_schema_is_kept(url: str, engine: Engine, revision: str) -> None:
    lift(engine, revision)
    fill(engine, revision)
    store = Store(url, now=lambda: NOW)
    expected = [
        Person(
            person_id=f"p_{number}", vendor_id=f"G-{number}", name=f"Zoë {number}", zone="Asia/Seoul",
            birth_year=1980, sex="female", tags=("shift",) if number < 2 else (), created_at=THEN, version=1,
        )
        for number in range(3)
    ]  # fmt: skip
    assert list(store.people("north")) == expected
    assert len(store.people("south")) == 3
    state = store.sync_states("north")["p_0"]
    assert (state.attempted_at, state.succeeded_at, state.error) == (THEN, None, "It broke off.")
    assert (state.listed, state.fetched, state.failed) == (5, 4, 1)
    assert state.asked_since == (THEN if "asked_since" in ADDED[revision] else None)
    assert state.statistics_at == (THEN if "statistics_at" in ADDED[revision] else None)
    assert store.update_person("north", expected[0]).version == 2
    assert store.add_person("north", somebody("G-new")).version == 1
    store.close()


@pytest.mark.parametrize("revision", EARLIER)
def test_the_way_back_keeps_what_the_earlier_schema_can_hold(url: str, engine: Engine, revision: str) -> None:
    lift(engine, revision)
    before = inspect(engine)
    tables = {
        name: {column["name"] for column in before.get_columns(name)} for name in before.get_table_names()
    }
    fill(engine, revision)
    Store(url).close()
    assert set(Base.metadata.tables) <= set(inspect(engine).get_table_names())
    lower(engine, revision)
    after = inspect(engine)
    assert {
        name: {column["name"] for column in after.get_columns(name)} for name in after.get_table_names()
    } == tables
    old = MetaData()
    old.reflect(engine)
    with Session(engine) as session:
        for name, count in {"organisations": 2, "people": 6, "tags": 2, "sync_states": 1}.items():
            assert len(session.execute(select(old.tables[name])).all()) == count, name
    lower(engine, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
