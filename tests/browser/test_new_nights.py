"""A night that arrives is shown without a reload, and nobody is interrupted in what they are doing."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from cache.archive import NightArchive
from cache.seal import PlainSeal
from tests.browsing import no_fault, open_tab, settle, wait_until_synchronised
from tests.serving import ROOT, Served, clean_environment, serve_script

# Nothing comes but what a test brings.
SETTINGS = {
    "NOCTURNE_DEMO_PEOPLE": "14",
    "NOCTURNE_DEMO_NIGHTS": "20",
    "NOCTURNE_SYNC_INTERVAL_MINUTES": "0",
    "NOCTURNE_WEBHOOKS": "off",
}
_NEW_NIGHT = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from asleep.models import SessionResult
from cache.archive import NightArchive
from cache.seal import PlainSeal

folder, organisation, person_id = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
archive = NightArchive(folder, PlainSeal())
start, end = map(datetime.fromisoformat, sys.argv[4:])
stages = (((0,) * 10 + (1,) * 60 + (2,) * 40 + (3,) * 30) * 12)[: (end - start) // timedelta(seconds=30)]
zone = archive.zones(organisation)[person_id]
archive.put(organisation, person_id, zone=zone, received=datetime.now(UTC), synced_at=None, results=[
    SessionResult(session_id=f"{start:%Y%m%d%H%M%S}_abcde", state="COMPLETE", start=start,
                  end=end, created_timezone=zone, sleep_stages=stages)])
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("new-nights")


@pytest.fixture(scope="module")
def served(browser: Browser, folder: Path) -> Iterator[Served]:
    environment = {**SETTINGS, "NOCTURNE_DATA_DIR": str(folder)}
    with serve_script("streamlit_app.py", output=folder / "output.txt", environment=environment) as running:
        page = open_tab(browser).page
        page.goto(running.address)
        settle(page)
        wait_until_synchronised(page)
        page.context.close()
        yield running


def organisation_of(folder: Path) -> Path:
    (archive,) = folder.rglob("archive")
    (organisation,) = archive.iterdir()
    return organisation


class Waited(NamedTuple):
    """Somebody whose newest night is not here yet, and when it was."""

    who: str
    start: datetime
    end: datetime


@pytest.fixture(scope="module")
def people(served: Served, folder: Path) -> Iterator[Waited]:
    """Somebody for each test, whose newest sleep is away: it comes again, so it is over whatever time it is now.

    Only of those whose two newest sleeps are nights and no naps.
    """
    organisation = organisation_of(folder)
    archive = NightArchive(organisation.parent, PlainSeal())
    waited = []
    for who in sorted(path.stem for path in (organisation / "people").iterdir()):
        nights = archive.nights(organisation.name, who).sort_values("start")
        if set(nights["kind"].iloc[-2:]) == {"main"}:
            newest = nights.iloc[-1]
            for session_id in newest["session_ids"].split(";"):
                assert archive.remove_session(organisation.name, who, session_id)
            waited.append(Waited(who, newest["start"].to_pydatetime(), newest["end"].to_pydatetime()))
    return iter(waited)


def arrives(folder: Path, night: Waited) -> None:
    """Another process puts the newest night into the archive, as a worker does."""
    organisation = organisation_of(folder)
    subprocess.run(
        [
            sys.executable,
            "-c",
            _NEW_NIGHT,
            str(organisation.parent),
            organisation.name,
            night.who,
            night.start.isoformat(),
            night.end.isoformat(),
        ],
        cwd=ROOT,
        env=clean_environment({}),
        check=True,
        timeout=60,
    )


def opened(browser: Browser, served: Served, link: str) -> Page:
    page = open_tab(browser).page
    page.goto(served.address + link)
    settle(page)
    return page


def facts(page: Page) -> Locator:
    """The line below the title: the night that is shown, or the dates that are."""
    return page.locator(".st-key-quiet_facts")


def recordings(page: Page) -> Locator:
    """The card on Home that says how many sleeps are here."""
    return page.locator(".st-key-card_sync")


def test_a_night_is_shown_on_night_and_on_home_without_a_reload(
    browser: Browser, served: Served, folder: Path, people: Iterator[Waited]
) -> None:
    waited = next(people)
    night, home = opened(browser, served, f"/night?person={waited.who}"), opened(browser, served, "/")
    before, counted = facts(night).inner_text(), recordings(home).inner_text()
    for page in (night, home):
        page.evaluate("window.loadedOnce = true")
    arrives(folder, waited)
    expect(facts(night)).not_to_have_text(before, timeout=40_000)
    expect(recordings(home)).not_to_have_text(counted, timeout=40_000)
    for page in (night, home):
        assert page.evaluate("window.loadedOnce")
        expect(page.get_by_text("New nights have arrived.")).to_have_count(0)
        no_fault(page)
        page.context.close()


def test_a_night_that_was_chosen_stays_and_has_a_next_one(
    browser: Browser, served: Served, folder: Path, people: Iterator[Waited]
) -> None:
    waited = next(people)
    found = opened(browser, served, f"/night?person={waited.who}")
    found.wait_for_url("**session=*")
    page = opened(browser, served, found.url.removeprefix(served.address))
    found.context.close()
    # While a page is drawn anew what was there stands beside what comes.
    before, following = facts(page).inner_text(), page.get_by_role("button", name="Next").last
    expect(following).to_be_disabled()
    arrives(folder, waited)
    expect(following).to_be_enabled(timeout=40_000)
    expect(facts(page)).to_have_text(before)
    page.context.close()


_ONE_FIELD = """text => {
    const fields = [...document.querySelectorAll("textarea")]
    return fields.length === 1 && fields[0].value === text
}"""


def test_who_is_writing_is_told_and_keeps_what_is_written(
    browser: Browser, served: Served, folder: Path, people: Iterator[Waited]
) -> None:
    waited = next(people)
    page = opened(browser, served, f"/night?person={waited.who}")
    before = facts(page).inner_text()
    field = page.get_by_label("Write a note about this night")
    field.fill("Half a sentence")
    page.locator("h1").first.click()
    arrives(folder, waited)
    notice = page.get_by_text("New nights have arrived.")
    expect(notice).to_be_visible(timeout=40_000)
    assert field.input_value() == "Half a sentence"
    assert facts(page).inner_text() == before
    page.get_by_role("button", name="Show them").click()
    expect(facts(page)).not_to_have_text(before, timeout=40_000)
    expect(notice).to_have_count(0)
    page.wait_for_function(_ONE_FIELD, arg="")
    page.get_by_role("button", name="Previous").click()
    expect(facts(page)).to_have_text(before)
    page.wait_for_function(_ONE_FIELD, arg="Half a sentence")
    no_fault(page)
    page.context.close()


def test_who_has_scrolled_down_is_told_and_keeps_the_night(
    browser: Browser, served: Served, folder: Path, people: Iterator[Waited]
) -> None:
    waited = next(people)
    page = opened(browser, served, f"/night?person={waited.who}")
    before = facts(page).inner_text()
    page.mouse.move(400, 400)
    page.mouse.wheel(0, 500)
    page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollTop > 200")
    arrives(folder, waited)
    expect(page.get_by_text("New nights have arrived.")).to_be_visible(timeout=40_000)
    assert facts(page).inner_text() == before
    page.context.close()


def test_an_open_dialog_stays_as_it_is(
    browser: Browser, served: Served, folder: Path, people: Iterator[Waited]
) -> None:
    page = opened(browser, served, "/")
    page.get_by_role("button", name="Act").first.click()
    note = page.get_by_role("dialog").get_by_label("Note")
    note.fill("Called")
    before = recordings(page).inner_text()
    arrives(folder, next(people))
    expect(page.get_by_text("New nights have arrived.")).to_be_visible(timeout=40_000)
    assert note.input_value() == "Called"
    assert recordings(page).inner_text() == before
    page.get_by_role("button", name="Close").click()
    expect(recordings(page)).not_to_have_text(before, timeout=40_000)
    page.context.close()
