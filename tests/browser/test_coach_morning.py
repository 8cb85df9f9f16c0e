"""A coach's morning in a real browser: from Home to the worst flag, its night, a note, done, and what is left of it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import DEMO
from tests.browsing import no_fault, open_tab, settle, wait_until_synchronised
from tests.serving import Served, serve_script

MOST_CLICKS = 6


class Hand:
    """Clicks, and counts them."""

    def __init__(self) -> None:
        self.clicks = 0

    def click(self, target: Locator) -> None:
        target.click()
        self.clicks += 1


@pytest.fixture
def own_dashboard(tmp_path: Path) -> Iterator[Served]:
    environment = {**DEMO, "NOCTURNE_DATA_DIR": str(tmp_path / "data")}
    with serve_script("streamlit_app.py", output=tmp_path / "output.txt", environment=environment) as served:
        yield served


def count_in_title(page: Page) -> int:
    found = re.match(r"(\d+) of", page.locator("h1").inner_text())
    return int(found[1]) if found else 0


@pytest.mark.parametrize("width", [1280, 390])
def test_from_the_worst_flag_to_done_in_six_clicks(
    browser: Browser, own_dashboard: Served, width: int
) -> None:
    tab = open_tab(browser, width=width)
    page, hand = tab.page, Hand()
    page.goto(own_dashboard.address)
    settle(page)
    wait_until_synchronised(page)
    before = count_in_title(page)
    assert before
    worst = page.locator("[class*='st-key-card_p_']").first
    name = worst.locator("a[href*='person?person='] strong").inner_text()
    expect(worst).to_contain_text(re.compile(r"than usual|on average|recorded"))

    hand.click(worst.get_by_role("link", name="Night", exact=True))
    page.wait_for_url(re.compile(r"/night\?person=p_\w+"))
    settle(page)
    expect(page.locator("h1")).to_contain_text(name)
    page.go_back()
    hand.clicks += 1
    settle(page)

    hand.click(worst.get_by_role("button", name="Act"))
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(name)
    dialog.get_by_label("Note").fill("Called: exam week.")
    hand.click(dialog.get_by_role("button", name="Save note"))
    expect(dialog).to_contain_text("Called: exam week.")
    hand.click(dialog.get_by_role("button", name="Done"))
    expect(dialog).to_have_count(0)
    settle(page)

    assert hand.clicks <= MOST_CLICKS
    assert count_in_title(page) == before - 1
    expect(page.locator("[class*='st-key-card_p_']").filter(has_text=name)).to_have_count(0)
    page.get_by_text("1 done").click()
    expect(page.get_by_text("Done by local")).to_be_visible()
    page.locator("[data-testid=stMain]").get_by_role("link", name=re.compile(re.escape(name))).last.click()
    page.wait_for_url(re.compile(r"/person\?person=p_\w+"))
    settle(page)
    history = page.locator(".st-key-card_history")
    expect(history).to_contain_text("Done")
    expect(history).to_contain_text("Called: exam week.")
    no_fault(page)
    assert not tab.strayed, tab.strayed
