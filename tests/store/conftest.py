"""A private store for each test: SQLite always, PostgreSQL too when one is named and has a driver."""

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from store.database import Store
from tests.store.samples import NOW

POSTGRES = "NOCTURNE_TEST_POSTGRES_URL"


def postgres_url() -> str:
    url = os.environ.get(POSTGRES, "")
    if not url:
        pytest.skip(f"PostgreSQL is not tried: {POSTGRES} is not set")
    if not any(importlib.util.find_spec(driver) for driver in ("psycopg", "psycopg2", "pg8000")):
        pytest.skip(f"PostgreSQL is not tried: {POSTGRES} is set, but no driver (psycopg, ...) is installed")
    return url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/store.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/store.db"
        return
    address = postgres_url()
    yield address
    engine = create_engine(address)
    with engine.begin() as connection:
        for table in ("sync_states", "tags", "people", "organisations", "alembic_version"):
            connection.execute(text(f"DROP TABLE IF EXISTS {table}"))
    engine.dispose()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    made = Store(url, now=lambda: NOW)
    made.ensure_organisation("north", "North Clinic", "Europe/Berlin")
    made.ensure_organisation("south", "South Lab", "UTC")
    yield made
    made.close()
