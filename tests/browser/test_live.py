"""A night from its first block to its place on Home and Night, as somebody sees it who has the pages open.

The simulator records it at 200 times the speed of a clock and announces it by webhooks to the dashboard, whose receiver
and worker do the rest: nothing is synchronised meanwhile, and no page is loaded again.
"""

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from charts.live_strip import WIDTH_PX
from nocturne.application import Application, build, utc_now
from nocturne.webhook_access import address
from settings import Settings
from store.inbox import BlockPlaced, Effect, Opened
from tests.browsing import no_fault, open_tab, settle
from tests.serving import ROOT, Served, clean_environment, free_port, serve_script

SPEED = 200
# Ten hours of a night at that speed, and what a busy machine adds.
NIGHT_LIMIT_S = 10 * 3600 / SPEED + 120
_UNTIL = re.compile(r"stages until (\d\d):(\d\d)")


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A dashboard, and whose night is recorded while it runs."""

    served: Served
    folder: Path
    person_id: str
    name: str
    session_id: str


@contextmanager
def simulator(folder: Path, webhook: str) -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "asleep.simulator", "--people", "6", "--nights", "12"]
    command += ["--webhook", webhook, "--webhook-speed", str(SPEED), "--webhook-people", "1"]
    command += ["--roster", str(folder / "people.csv"), "--exit-with-parent"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def opened_application(folder: Path) -> Application:
    """The application of the dashboard's data folder in this process; its key opens nothing."""
    return build(Settings(asleep_api_key="of-no-use-to-anybody", nocturne_data_dir=folder / "data"))  # type: ignore[arg-type]


def webhook_path(folder: Path) -> str:
    """The address that the organisation's inbox will have; it is made here and stays."""
    application = opened_application(folder)
    try:
        return address(application).path
    finally:
        application.close()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    folder, port = tmp_path_factory.mktemp("live"), free_port()
    with simulator(folder, f"http://127.0.0.1:{port}{webhook_path(folder)}") as ready:
        environment = {
            "ASLEEP_API_KEY": ready["api_key"],
            "ASLEEP_BASE_URL": ready["address"],
            "NOCTURNE_DATA_DIR": str(folder / "data"),
            "NOCTURNE_RATE_LIMIT_PER_SECOND": "200",
            "NOCTURNE_SYNC_DAYS": "12",
            "NOCTURNE_SYNC_INTERVAL_MINUTES": "0",
        }
        subprocess.run(
            [sys.executable, "-m", "nocturne", "people", "import", str(folder / "people.csv")],
            cwd=ROOT,
            env=clean_environment(environment),
            check=True,
            capture_output=True,
            timeout=120,
        )
        (recording,) = ready["recording"]
        with serve_script(
            "streamlit_app.py", output=folder / "output.txt", environment=environment, port=port
        ) as served:
            yield Recorded(
                served=served,
                folder=folder,
                **someone(folder, recording["user_id"]),
                session_id=recording["session_id"],
            )


def someone(folder: Path, vendor_id: str) -> dict[str, str]:
    application = opened_application(folder)
    try:
        (found,) = (person for person in application.people() if person.vendor_id == vendor_id)
        return {"person_id": found.person_id, "name": found.name}
    finally:
        application.close()


def opened(browser: Browser, recorded: Recorded, link: str, **face: Any) -> Page:
    page = open_tab(browser, **face).page
    page.goto(recorded.served.address + link)
    settle(page)
    page.evaluate("window.loadedOnce = true")
    return page


def strip(page: Page, recorded: Recorded) -> Locator:
    return page.locator(f".st-key-card_live_{recorded.person_id}_{recorded.session_id} img")


def known_until_min(page: Page, recorded: Recorded) -> int | None:
    """Up to which minute of the clock there are stages; None while there are none."""
    image = strip(page, recorded)
    found = _UNTIL.search(image.get_attribute("alt") or "") if image.count() else None
    return None if found is None else 60 * int(found[1]) + int(found[2])


@pytest.mark.timeout(600)
def test_a_night_grows_on_live_and_stands_on_home_and_night_when_it_is_complete(
    browser: Browser, recorded: Recorded
) -> None:
    live = opened(browser, recorded, "/live")
    expect(strip(live, recorded)).to_be_visible(timeout=90_000)
    # At that speed a night of the past is recorded once more: its stages are hours old when they come.
    expect(live.get_by_role("heading", level=1)).to_have_text("Nobody is known to be recording")
    expect(live.locator(".st-key-quiet_facts")).to_contain_text("1 catching up")
    night = opened(browser, recorded, f"/night?person={recorded.person_id}")
    home = opened(browser, recorded, "/")
    expect(home.get_by_text("Synchronise now")).to_be_visible(timeout=60_000)
    before = night.locator(".st-key-quiet_facts").inner_text()
    counted = home.locator(".st-key-card_sync").inner_text()
    seen = grown(live, recorded)
    assert len(seen) >= 3, f"the strip did not grow: {seen}"
    expect(night.locator(".st-key-quiet_facts")).not_to_have_text(before, timeout=1000 * NIGHT_LIMIT_S)
    expect(home.locator(".st-key-card_sync")).not_to_have_text(counted, timeout=30_000)
    expect(live.get_by_role("heading", level=1)).to_have_text("Nobody is recording now", timeout=30_000)
    expect(live.locator(".st-key-card_arrived")).to_contain_text(recorded.name)
    night.wait_for_url(f"**session={recorded.session_id}*")
    for page in (live, night, home):
        assert page.evaluate("window.loadedOnce"), "a page was loaded again"
        no_fault(page)
        page.context.close()


def grown(live: Page, recorded: Recorded) -> list[int]:
    """Up to where there were stages, each time that the strip had grown, four times or for a minute."""
    seen: list[int] = []
    for _ in range(120):
        until = known_until_min(live, recorded)
        if until is not None and until not in seen:
            seen.append(until)
        if len(seen) == 4:
            break
        live.wait_for_timeout(500)
    return seen


WATCH = """part => {
    const seen = window.seenChanges = []
    const told = record => seen.push(`${record.type} ${record.attributeName || ''} ${record.target.nodeName}`)
    new MutationObserver(records => records.forEach(told)).observe(document.querySelector(part), {
        attributes: true, childList: true, characterData: true, subtree: true })
}"""


@pytest.fixture
def quiet(browser: Browser, recorded: Recorded) -> Recorded:
    """The dashboard once the simulator's night is complete, and nobody sends anything any more."""
    page = opened(browser, recorded, "/live")
    arrived = page.locator(f".st-key-who_arrived_{recorded.person_id}_{recorded.session_id}")
    expect(arrived).to_be_visible(timeout=1000 * NIGHT_LIMIT_S)
    page.context.close()
    return recorded


def changes(page: Page) -> list[str]:
    seen: list[str] = page.evaluate("window.seenChanges")
    return seen


def begins(recorded: Recorded, *, blocks: int, session_id: str = "another") -> None:
    """Another process enters a night under way, as a worker of its own does."""
    application = opened_application(recorded.folder)
    try:
        person = application.person(recorded.person_id)
        start = utc_now() - timedelta(minutes=50)
        effects: list[Effect] = [
            Opened(vendor_id=person.vendor_id, session_id=session_id, start=start, zone=person.zone),
            *(
                BlockPlaced(
                    vendor_id=person.vendor_id, session_id=session_id, seq=seq, stages=bytes([seq % 4]) * 10
                )
                for seq in range(blocks)
            ),
        ]
        application.inbox.live.apply(
            application.organisation, person.environment, *effects, mark=b"of nobody"
        )
    finally:
        application.close()


@pytest.mark.timeout(600)
def test_nothing_moves_while_nothing_changes_and_then_only_what_has_changed(
    browser: Browser, quiet: Recorded
) -> None:
    begins(quiet, blocks=4)
    page = opened(browser, quiet, "/live")
    growing = page.locator("[class*=st-key-card_live_][class*=_another] img")
    expect(growing).to_be_visible()
    page.evaluate("window.card = document.querySelector('[class*=st-key-card_live_][class*=_another]')")
    # Elapsed minutes are shown, so within a minute nothing may move but at its turn.
    wait_for_the_minute(page)
    page.evaluate(WATCH, "[data-testid=stMain]")
    page.wait_for_timeout(10_000)
    assert changes(page) == []
    page.evaluate(WATCH, ".st-key-card_webhooks")
    before = growing.get_attribute("src")
    begins(quiet, blocks=9)
    expect(growing).not_to_have_attribute("src", before or "", timeout=15_000)
    assert page.evaluate("window.card.isConnected"), "the card was taken away and put back"
    assert changes(page) == []
    no_fault(page)
    page.context.close()


def wait_for_the_minute(page: Page) -> None:
    """Until a minute of the clock has just begun and been drawn."""
    page.wait_for_timeout(1000 * (60 - utc_now().second) + 6000)


@pytest.mark.parametrize("face", [{"width": 1280}, {"width": 390, "dark": True}], ids=str)
def test_live_fits_its_window_and_says_its_strips_in_words(
    browser: Browser, quiet: Recorded, face: dict[str, Any]
) -> None:
    begins(quiet, blocks=9)
    page = opened(browser, quiet, "/live", **face)
    image = page.locator("[class*=st-key-card_live_][class*=_another] img")
    expect(image).to_be_visible()
    expect(image).to_have_js_property("naturalWidth", WIDTH_PX[face["width"] < 640])
    assert re.search(r"Deep \d+\smin", image.get_attribute("alt") or "")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    box = image.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= face["width"]
    page.context.close()


def renamed(recorded: Recorded, before: str, after: str) -> None:
    """A table of the inbox is out of the way, as if the file had been damaged."""
    with closing(sqlite3.connect(recorded.folder / "data" / "inbox.sqlite3", timeout=20)) as connection:
        connection.execute(f"ALTER TABLE {before} RENAME TO {after}")


def test_an_inbox_that_cannot_be_read_is_said_and_then_read_again(
    browser: Browser, recorded: Recorded
) -> None:
    page = opened(browser, recorded, "/live")
    heading = page.get_by_role("heading", level=1)
    title = heading.inner_text()
    renamed(recorded, "live_versions", "out_of_the_way")
    try:
        expect(page.get_by_text("cannot be read").first).to_be_visible(timeout=20_000)
    finally:
        renamed(recorded, "out_of_the_way", "live_versions")
    expect(heading).to_have_text(title, timeout=20_000)
    expect(page.get_by_text("cannot be read")).to_have_count(0, timeout=20_000)
    no_fault(page)
    page.context.close()


@pytest.mark.timeout(600)
def test_back_leads_to_the_page_of_people_that_was_left_and_nothing_jumps_there(
    browser: Browser, quiet: Recorded
) -> None:
    for number in range(31):
        begins(quiet, blocks=1, session_id=f"many{number}")
    page = opened(browser, quiet, "/live")
    rows = page.locator("[class*=st-key-live_row_]")
    expect(rows).to_have_count(30)
    page.get_by_role("button", name="Page 2", exact=True).click()
    page.wait_for_url("**/live?page=2")
    expect(rows.first).to_be_visible()
    before = rows.count()
    assert before < 30
    heights = set()
    for blocks in (2, 3):
        begins(quiet, blocks=blocks, session_id="many0")
        for _ in range(20):
            heights.add(page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight"))
            page.wait_for_timeout(250)
    assert len(heights) == 1
    rows.first.locator("a").click()
    page.wait_for_url("**/person?**")
    page.go_back()
    page.wait_for_url("**/live?page=2")
    expect(rows).to_have_count(before)
    page.context.close()
