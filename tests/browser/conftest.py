"""A real Chromium on a real server; every request that would leave the machine is noted and refused."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.serving import Served, serve_script

DEMO = {"NOCTURNE_DEMO_PEOPLE": "9", "NOCTURNE_DEMO_NIGHTS": "40", "NOCTURNE_SYNC_INTERVAL_MINUTES": "0"}


@dataclass
class Tab:
    """A page, and the requests it made that did not go to this machine."""

    page: Page
    strayed: list[str] = field(default_factory=list)


def open_tab(browser: Browser, *, width: int = 1280, height: int = 900, dark: bool = False) -> Tab:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        accept_downloads=True,
        timezone_id="Europe/Berlin",
    )
    page = context.new_page()
    tab = Tab(page=page)

    def guard(route: Route) -> None:
        if urlsplit(route.request.url).hostname in {"127.0.0.1", None}:
            route.continue_()
        else:
            tab.strayed.append(route.request.url)
            route.abort()

    context.route("**/*", guard)
    page.on("websocket", lambda socket: _note_socket(tab, socket.url))
    page.set_default_timeout(30_000)
    return tab


def _note_socket(tab: Tab, url: str) -> None:
    if urlsplit(url).hostname != "127.0.0.1":
        tab.strayed.append(url)


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def dashboard(tmp_path_factory: pytest.TempPathFactory, data_folder: Path) -> Iterator[Served]:
    environment = {**DEMO, "NOCTURNE_DATA_DIR": str(data_folder)}
    output = tmp_path_factory.mktemp("dashboard") / "output.txt"
    with serve_script("streamlit_app.py", output=output, environment=environment) as served:
        yield served
