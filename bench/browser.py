"""First paint of Home with the demo in Chromium, beside an empty Streamlit + Plotly page in the same run."""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from bench.results import Figure
from tests.serving import CHROMIUM_FLAGS, Served, chromium, serve_script

_ROUNDS = 7
_DEMO = {"NOCTURNE_DEMO_PEOPLE": "48", "NOCTURNE_DEMO_NIGHTS": "90", "NOCTURNE_SYNC_INTERVAL_MINUTES": "0"}


def figures() -> list[Figure]:
    """Medians over a few rounds, each round measuring ours and the yardstick one after the other.

    Without Chromium there is nothing to measure; that is said and no figure is made up.
    """
    path = chromium()
    if path is None:
        print("Chromium is not installed: the browser figures are left out.")
        return []
    with tempfile.TemporaryDirectory(prefix="nocturne-bench-") as folder, sync_playwright() as playwright:
        base = Path(folder)
        environment = {**_DEMO, "NOCTURNE_DATA_DIR": str(base / "data")}
        with (
            serve_script("streamlit_app.py", output=base / "ours.txt", environment=environment) as ours,
            serve_script("bench/empty_page.py", output=base / "empty.txt", environment={}) as empty,
        ):
            browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_FLAGS))
            try:
                return _first_paint(browser, ours, empty)
            finally:
                browser.close()


def _first_paint(browser: Browser, ours: Served, empty: Served) -> list[Figure]:
    _synchronised(browser, ours)
    rounds = [
        (_until_title(browser, ours.address, "h1"), _until_title(browser, empty.address, "h1"))
        for _ in range(_ROUNDS)
    ]
    mine = statistics.median(first for first, _ in rounds)
    ratio = statistics.median(first / second for first, second in rounds)
    return [
        Figure(name="Home of 48 people, first paint of its title", value=mine * 1000, unit="ms"),
        Figure(name="first paint beside an empty page", value=ratio, unit="ratio", bound=1.5),
    ]


def _page(browser: Browser) -> Page:
    return browser.new_context(viewport={"width": 1280, "height": 900}).new_page()


def _synchronised(browser: Browser, served: Served) -> None:
    page = _page(browser)
    page.goto(served.address)
    page.get_by_text("Synchronise now").wait_for(timeout=240_000)
    page.context.close()


def _until_title(browser: Browser, address: str, title: str) -> float:
    page = _page(browser)

    def load() -> None:
        page.goto(address)
        page.locator(title).first.wait_for()

    spent = _timed(load)
    page.context.close()
    return spent


def _timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start
