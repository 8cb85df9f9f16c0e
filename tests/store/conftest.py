"""A private store for each test: an SQLite file always, and a schema of its own in PostgreSQL where one answers."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from store.database import Store
from store.inbox import Inbox
from tests.store.arrivals import Clock
from tests.store.samples import NOW

POSTGRES = "NOCTURNE_TEST_POSTGRES_URL"
LOOPBACK = "postgresql+psycopg://postgres@127.0.0.1:5432/test?connect_timeout=3"


@pytest.fixture(scope="session")
def postgres() -> str:
    """The address of a PostgreSQL that answers: the one that is named has to, the one of this machine may."""
    named = os.environ.get(POSTGRES, "")
    engine = create_engine(named or LOOPBACK)
    try:
        engine.connect().close()
    except OperationalError:
        if named:
            raise
        pytest.skip(f"PostgreSQL is not tried: {POSTGRES} is not set, and none answers at 127.0.0.1:5432")
    finally:
        engine.dispose()
    return named or LOOPBACK


@contextmanager
def own_schema(address: str) -> Iterator[str]:
    """The address of an empty schema, gone afterwards: runs side by side never meet."""
    schema = f"nocturne_{secrets.token_hex(6)}"
    engine = create_engine(address)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    try:
        own = make_url(address).update_query_dict({"options": f"-csearch_path={schema}"})
        yield own.render_as_string(hide_password=False)
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        engine.dispose()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/store.db"


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    with own_schema(postgres) as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(name))


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    made = Store(url, now=lambda: NOW)
    made.ensure_organisation("north", "North Clinic", "Europe/Berlin")
    made.ensure_organisation("south", "South Lab", "UTC")
    yield made
    made.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def inbox(url: str, clock: Clock) -> Iterator[Inbox]:
    made = Inbox(url, now=clock)
    yield made
    made.close()
