"""The main job in a real browser, and every deep link as the first request of a fresh process."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import DEMO
from tests.browsing import no_fault, open_tab, settle, wait_until_synchronised
from tests.serving import Served, serve_script


def test_from_home_to_a_report_without_leaving_the_machine(
    browser: Browser, dashboard: Served, tmp_path: Path
) -> None:
    tab = open_tab(browser)
    page = tab.page
    page.goto(dashboard.address)
    settle(page)
    wait_until_synchronised(page)
    expect(page.locator("h1")).to_have_text(re.compile(r"needs? attention"))
    no_fault(page)

    page.get_by_role("link", name="Night", exact=True).nth(1).click()
    page.wait_for_url(re.compile(r"/night\?person=p_\w+&session="))
    settle(page)
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    before = page.url
    page.get_by_role("button", name="Previous").click()
    page.wait_for_url(lambda url: url != before)
    settle(page)
    page.go_back()
    page.wait_for_url(before)
    settle(page)
    no_fault(page)

    page.get_by_role("link", name="Home").click()
    settle(page)
    page.locator("[data-testid=stMain] a[href*='person?person=']").first.click()
    page.wait_for_url(re.compile(r"/person\?person=p_\w+"))
    settle(page)
    expect(page.get_by_text(re.compile("Score|No score")).first).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_have_count(6)
    no_fault(page)

    page.get_by_role("link", name="Cohort").click()
    settle(page)
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    no_fault(page)

    page.get_by_role("link", name="Reports").click()
    settle(page)
    starts = {"PDF": b"%PDF-", "HTML": b"<!doctype html>", "XLSX": b"PK", "CSV, zipped": b"PK"}
    for kind, start in starts.items():
        with page.expect_download() as waiting:
            page.get_by_role("button", name=kind, exact=True).click()
        target = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(target)
        content = target.read_bytes().lstrip()
        assert content[: len(start)].lower() == start.lower(), content[:80]
        assert re.fullmatch(r"weekly-p_\w+-\d{4}-\d{2}-\d{2}\.(pdf|html|xlsx|zip)", target.name)
    expect(page.get_by_alt_text(re.compile("Page 1 of 1 of the report"))).to_be_visible()
    no_fault(page)
    assert not tab.strayed, tab.strayed


@pytest.fixture(scope="module")
def links(browser: Browser, dashboard: Served) -> dict[str, str]:
    """Every deep link of the product, with ids that exist."""
    page = open_tab(browser).page
    page.goto(dashboard.address)
    settle(page)
    wait_until_synchronised(page)
    night = page.locator("[data-testid=stMain] a[href*='night?']").last.get_attribute("href") or ""
    person = re.search(r"person=(p_\w+)", night)
    assert person
    return {
        "night": f"/{night.lstrip('/')}",
        "person": f"/person?person={person[1]}",
        "cohort": "/cohort?cohort=everyone",
        "quality": "/quality?cohort=everyone",
        "reports": f"/reports?person={person[1]}",
        "live": "/live",
        "home": "/",
    }


@pytest.mark.parametrize("name", ["night", "person", "cohort", "quality", "reports", "live", "home"])
def test_a_deep_link_opens_as_the_first_request_of_a_fresh_process(
    browser: Browser, data_folder: Path, tmp_path: Path, links: dict[str, str], name: str
) -> None:
    environment = {**DEMO, "NOCTURNE_DATA_DIR": str(data_folder)}
    with serve_script("streamlit_app.py", output=tmp_path / "output.txt", environment=environment) as served:
        tab = open_tab(browser)
        tab.page.goto(served.address + links[name])
        settle(tab.page)
        no_fault(tab.page)
        # The router ran: its navigation is there, and its page settings are in force.
        expect(tab.page.get_by_role("link", name="Cohort")).to_be_visible()
        expect(tab.page).to_have_title(re.compile("Nocturne|Home|Night|Person|Cohort|Reports|Live"))
        expect(tab.page.get_by_text("This link names")).to_have_count(0)
        assert not tab.strayed


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/person?person=p_nobody", "not on the roster"),
        ("/night?person=p_nobody", "not on the roster"),
        ("/cohort?cohort=nobody", "cohort that does not exist"),
        ("/person?from=yesterday", "not a date"),
        ("/person?from=2026-03-02&to=2026-03-01", "ends before it begins"),
        ("/person?period=decade", "a period that does not exist"),
        ("/night?session=20200101000000_aaaaa", "has not arrived"),
        ("/person?from=2001-01-01&to=2001-01-07", "No night in this period"),
        ("/reports?ending=tomorrow", "not a date"),
    ],
)
def test_a_link_that_names_nothing_says_so_and_what_to_do(
    browser: Browser, dashboard: Served, path: str, sentence: str
) -> None:
    page = open_tab(browser).page
    page.goto(dashboard.address + path)
    expect(page.get_by_text(sentence).first).to_be_visible(timeout=60_000)
    no_fault(page)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", ["night", "person", "cohort", "quality", "reports", "live", "home"])
def test_a_phone_shows_every_page_without_scrolling_sideways(
    browser: Browser, dashboard: Served, links: dict[str, str], name: str, dark: bool
) -> None:
    page = open_tab(browser, width=390, height=844, dark=dark).page
    page.goto(dashboard.address + links[name])
    settle(page)
    page.wait_for_timeout(1500)
    settle(page)
    no_fault(page)
    main = page.locator("[data-testid=stMain]")
    overflow = main.evaluate("node => node.scrollWidth - node.clientWidth")
    assert overflow <= 0, f"{overflow} px too wide"
