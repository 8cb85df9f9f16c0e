"""Person's calendar in a real browser: a chosen day opens its night, and Back leads to the calendar again."""

import re

from playwright.sync_api import Browser, expect

from tests.browsing import no_fault, open_tab, settle, wait_until_synchronised
from tests.serving import Served


def test_a_chosen_day_opens_its_night_and_back_leads_to_the_calendar(
    browser: Browser, dashboard: Served
) -> None:
    page = open_tab(browser).page
    page.goto(dashboard.address)
    settle(page)
    wait_until_synchronised(page)
    page.goto(f"{dashboard.address}/person?metric=se_pct")
    settle(page)
    days = page.locator("[class*='st-key-card_calendar'] .scatterlayer .trace").last.locator("path.point")
    days.last.scroll_into_view_if_needed()
    days.last.click(force=True)
    page.wait_for_url(re.compile(r"/night\?.*session="))
    settle(page)
    expect(page.locator("[class*='st-key-card_hypnogram']")).to_be_visible()
    page.go_back()
    page.wait_for_url(re.compile(r"/person\?.*metric=se_pct"))
    settle(page)
    expect(page.locator("[class*='st-key-card_calendar']")).to_be_visible()
    page.wait_for_timeout(1500)
    assert "/person" in page.url, "the old choice opened the night again"
    no_fault(page)
