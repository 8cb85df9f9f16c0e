"""Five hundred people whose nights are only arriving: pages paint what is there, say what it rests on, and follow."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import no_fault, open_tab
from tests.serving import ROOT, Served, clean_environment, serve_script

PEOPLE: Final = 500
NIGHTS: Final = 30
RATE_PER_S: Final = 10
PAINTED_WITHIN_S: Final = 1.0
RESTS_ON = re.compile(r"[Ss]tages for ([\d,]+) of ([\d,]+) nights")


@contextmanager
def simulator(roster: Path) -> Iterator[dict[str, str]]:
    """The settings of a dashboard on a simulator of so many people, whose calls are limited."""
    command = [sys.executable, "-m", "asleep.simulator", "--people", str(PEOPLE), "--nights", str(NIGHTS)]
    command += ["--rate-limit", str(RATE_PER_S), "--roster", str(roster), "--exit-with-parent"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            yield {
                "ASLEEP_API_KEY": ready["api_key"],
                "ASLEEP_BASE_URL": ready["address"],
                "NOCTURNE_RATE_LIMIT_PER_SECOND": str(RATE_PER_S),
                "NOCTURNE_SYNC_DAYS": str(NIGHTS),
                "NOCTURNE_WORKERS": "2",
            }
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def arriving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("arriving")
    with simulator(folder / "people.csv") as settings:
        environment = {**settings, "NOCTURNE_DATA_DIR": str(folder / "data")}
        subprocess.run(
            [sys.executable, "-m", "nocturne", "people", "import", str(folder / "people.csv")],
            cwd=ROOT,
            env=clean_environment(environment),
            check=True,
            capture_output=True,
        )
        with serve_script(
            "streamlit_app.py", output=folder / "output.txt", environment=environment
        ) as served:
            yield served


def staged(page: Page) -> tuple[int, int] | None:
    """Of how many nights the page says it has stages, of how many in all; None while it is being painted."""
    found = RESTS_ON.search(words(page))
    return None if found is None else (number(found[1]), number(found[2]))


def words(page: Page) -> str:
    return page.locator("[data-testid=stMain]").inner_text().replace("\u00a0", " ")


def number(text: str) -> int:
    return int(text.replace(",", ""))


def says_its_basis(page: Page) -> bool:
    return RESTS_ON.search(words(page)) is not None or "vendor's own statistics" in words(page)


def until(page: Page, what: str, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, f"not within a minute: {what}"
        page.wait_for_timeout(200)


def test_pages_paint_what_is_there_and_follow_what_arrives(browser: Browser, arriving: Served) -> None:
    page = open_tab(browser).page
    page.goto(arriving.address)
    expect(page.get_by_text(RESTS_ON).first).to_be_visible(timeout=90_000)
    shown = staged(page)
    assert shown is not None
    assert shown[0] < shown[1]
    # The best of three visits: what else the machine does meets some of them, a slow page meets them all.
    painted: dict[str, float] = {}
    for name in ("Cohort", "Person", "Night", "Home") * 3:
        before = page.locator("h1").first.inner_text()
        link = page.get_by_role("link", name=name, exact=True).first
        began = time.perf_counter()
        link.click()
        expect(page.locator("h1").first).not_to_have_text(before, timeout=30_000)
        painted[name] = min(round(time.perf_counter() - began, 2), painted.get(name, 60.0))
        no_fault(page)
        until(page, f"{name} says what it rests on", lambda: bool(says_its_basis(page)))
    page.get_by_role("link", name="Cohort", exact=True).first.click()
    until(page, "the cohort says on how many nights its stages are here", lambda: staged(page) is not None)
    first = staged(page)
    until(page, "stages of more nights are shown", lambda: (staged(page) or (0, 0)) > (first or (0, 0)))
    assert max(painted.values()) <= PAINTED_WITHIN_S, painted
