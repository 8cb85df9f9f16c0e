"""A dashboard on the demo that browser tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import Served, serve_script

# Without webhooks nobody records meanwhile: which nights there are does not depend on the hour of the test.
DEMO = {
    "NOCTURNE_DEMO_PEOPLE": "9",
    "NOCTURNE_DEMO_NIGHTS": "40",
    "NOCTURNE_SYNC_INTERVAL_MINUTES": "0",
    "NOCTURNE_WEBHOOKS": "off",
}


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def dashboard(tmp_path_factory: pytest.TempPathFactory, data_folder: Path) -> Iterator[Served]:
    environment = {**DEMO, "NOCTURNE_DATA_DIR": str(data_folder)}
    output = tmp_path_factory.mktemp("dashboard") / "output.txt"
    with serve_script("streamlit_app.py", output=output, environment=environment) as served:
        yield served
