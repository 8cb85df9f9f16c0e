"""A researcher finds why nights were left out, takes the sheet along, and sends the link to somebody else."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pandas as pd
from playwright.sync_api import Browser, expect

from tests.browser.test_by_hand import choose_row
from tests.browsing import no_fault, open_tab, settle, wait_until_synchronised
from tests.serving import Served


def test_why_nights_were_left_out_takes_three_clicks(browser: Browser, dashboard: Served) -> None:
    page = open_tab(browser).page
    page.goto(dashboard.address)
    settle(page)
    wait_until_synchronised(page)
    page.get_by_role("link", name="Quality", exact=True).click()  # one
    page.wait_for_url(re.compile("/quality"))
    settle(page)
    expect(page.locator("h1")).to_have_text(re.compile(r"\d+ of \d+ nights were left out"))
    reason = page.locator(".st-key-quality_reason button").filter(has_not_text="no recording").first
    told = reason.inner_text()
    counted = int(told.rpartition("·")[2])
    reason.click()  # two
    page.wait_for_url(re.compile("reason=[A-Z_]+"))
    settle(page)
    expect(page.get_by_text(re.compile(rf"^{counted}\s+nights?: "))).to_be_visible()
    choose_row(page, page.locator(".st-key-quality_nights [data-testid=stDataFrame]"))  # three
    page.wait_for_url(re.compile(r"/night\?person=p_\w+&session="))
    settle(page)
    no_fault(page)


def test_the_sheet_is_what_the_page_says_and_the_link_shows_the_same(
    browser: Browser, dashboard: Served, tmp_path: Path
) -> None:
    tab = open_tab(browser)
    page = tab.page
    page.goto(dashboard.address)
    settle(page)
    wait_until_synchronised(page)
    page.goto(f"{dashboard.address}/quality?period=6-weeks&minimum=5")
    settle(page)
    page.locator(".st-key-quality_reason button").first.click()
    page.wait_for_url(re.compile("reason="))
    settle(page)
    field = page.get_by_role("spinbutton", name="In bed at least, h")
    field.fill("7")
    field.press("Tab")
    page.get_by_role("button", name="See what would change").click()
    page.wait_for_url(re.compile("shortest_in_bed_min=420"))
    expect(page.get_by_text(re.compile("would be left out"))).to_be_visible(timeout=60_000)
    settle(page)
    no_fault(page)
    facts = page.locator(".st-key-quiet_facts").inner_text().replace("\xa0", " ")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Adherence sheet, CSV").click()
    target = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(target)
    sheet = pd.read_csv(target, parse_dates=["first_night", "last_night"])
    recorded, valid = sheet["recorded_nights"].sum(), sheet["valid_nights"].sum()
    assert f"{recorded} of {sheet['expected_nights'].sum()} expected nights recorded" in facts
    assert f"{valid} of {recorded} valid" in facts
    assert f"{sheet['analysed_nights'].sum()} of {valid} analysed" in facts
    assert sheet["person_id"].is_unique
    assert not tab.strayed

    fresh = open_tab(browser).page
    fresh.goto(page.url)
    settle(fresh)
    expect(fresh.get_by_text(re.compile("would be left out"))).to_be_visible(timeout=60_000)
    for place in ("h1", ".st-key-quiet_facts", ".st-key-card_rules", ".st-key-quality_reason"):
        expect(fresh.locator(place)).to_have_text(page.locator(place).inner_text(), use_inner_text=True)
    expect(fresh.locator("[data-testid=stAlert]")).to_have_count(0)
    assert parse_qs(urlsplit(fresh.url).query) == parse_qs(urlsplit(page.url).query)
    no_fault(fresh)
