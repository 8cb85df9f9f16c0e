"""Cohort in a browser: what is filtered and chosen stands in the address, and whoever gets it sees the same."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.test_by_hand import query
from tests.browsing import no_fault, open_tab, settle, wait_until_synchronised
from tests.serving import Served


def headings(page: Page) -> list[str]:
    return page.locator("h2").all_inner_texts()


def settled(page: Page, address: str) -> Page:
    page.goto(address)
    settle(page)
    expect(page.get_by_text("Around a phase").first).to_be_visible()
    settle(page)
    return page


def test_a_filter_and_a_metric_are_in_the_link_and_a_fresh_browser_shows_the_same(
    browser: Browser, dashboard: Served
) -> None:
    page = open_tab(browser).page
    page.goto(dashboard.address)
    settle(page)
    wait_until_synchronised(page)
    settled(page, f"{dashboard.address}/cohort")
    page.get_by_role("button", name="Filter people").click()
    years = page.get_by_role("spinbutton", name="From, years")
    years.fill("30")
    years.press("Tab")
    page.wait_for_url(re.compile("age_from=30"))
    page.keyboard.press("Escape")
    settle(page)
    page.get_by_role("button", name="Latency", exact=True).or_(
        page.get_by_role("radio", name="Latency", exact=True)
    ).first.click()
    page.wait_for_url(re.compile("metric=sol_min"))
    settle(page)
    expect(
        page.get_by_text(re.compile("fall asleep within|has nights enough|Latency of")).first
    ).to_be_visible()
    assert query(page)["age_from"] == ["30"]
    assert query(page)["cohort"] == ["everyone"], "a fragment leaves the address whole"
    no_fault(page)
    other = settled(open_tab(browser).page, page.url)
    assert len(headings(page)) >= 4
    assert headings(other) == headings(page)
    assert other.locator("h1").inner_text() == page.locator("h1").inner_text()
    assert query(other) == query(page)
    page.go_back()
    page.wait_for_url(lambda url: "metric=" not in url)
    settle(page)
    expect(page.get_by_text(re.compile("sleep .* a night|Asleep of")).first).to_be_visible()


def test_a_phone_shows_two_panels_abreast_and_nothing_is_cut_off(browser: Browser, dashboard: Served) -> None:
    page = settled(open_tab(browser, width=390, height=844).page, f"{dashboard.address}/cohort")
    panels = page.locator("[class*='st-key-who_panel']")
    expect(panels.nth(1)).to_be_visible()
    # Both in one look, and until the page has come to rest: what arrives above them moves them.
    page.wait_for_function(
        """() => {
            const [first, second] = [...document.querySelectorAll("[class*='st-key-who_panel']")]
                .map((panel) => panel.getBoundingClientRect())
            return Math.abs(first.y - second.y) < 2 && second.right <= 390
        }"""
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    no_fault(page)
