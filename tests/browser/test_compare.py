"""What a researcher does with Compare, in a real browser: chooses groups, reads the difference, hands the link on."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DEMO
from tests.browsing import no_fault, open_tab, settle, wait_until_synchronised
from tests.serving import Served, serve_script


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A demo with enough people in each arm for a mean."""
    folder = tmp_path_factory.mktemp("study")
    environment = {**DEMO, "NOCTURNE_DEMO_PEOPLE": "24", "NOCTURNE_DATA_DIR": str(folder / "data")}
    with serve_script("streamlit_app.py", output=folder / "output.txt", environment=environment) as served:
        yield served


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=re.compile(f"{label}$")).first.click()
    page.get_by_role("option", name=re.compile(f"^{option}")).first.click()


def read(page: Page) -> tuple[str, str, list[str]]:
    """The finding, the difference, and the table of what it rests on."""
    settle(page)
    expect(page.get_by_text("how its bootstrap spreads")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Bootstrap interval", exact=True)).to_be_visible(timeout=60_000)
    card = page.locator(".st-key-card_rests")
    expect(card.locator("table td").first).to_be_visible()
    return (
        page.locator("h1").inner_text(),
        card.locator("[data-testid=stMetricValue]").inner_text(),
        card.locator("table td").all_inner_texts(),
    )


@pytest.mark.parametrize("width", [1280, 390])
def test_two_groups_are_chosen_read_and_handed_on(browser: Browser, study: Served, width: int) -> None:
    tab = open_tab(browser, width=width)
    page = tab.page
    page.goto(study.address)
    settle(page)
    wait_until_synchronised(page)
    page.goto(f"{study.address}/compare")
    settle(page)
    page.wait_for_url(re.compile(r"a=Control&b=Intervention|b=Intervention&a=Control"))
    by_itself = read(page)
    assert by_itself[0].startswith("Intervention: ")

    choose(page, "Statistic", "Deep sleep")
    page.wait_for_url(re.compile("metric=mean_deep_min"))
    expect(page.locator("h1")).to_contain_text("deep sleep")
    page.get_by_text("6 weeks", exact=True).click()
    page.wait_for_url(re.compile("period=6-weeks"))
    page.wait_for_timeout(500)
    title, difference, figures = read(page)
    assert re.search(r"somewhere between .* and ", title)
    assert re.fullmatch(r"[+−]?\d+\s(?:h|min).*", difference)
    interval = figures[figures.index("95 % interval") + 1]
    assert re.search(r"min to ", interval)
    copied = page.url
    assert {"a=Control", "b=Intervention", "design=groups"} <= set(copied.partition("?")[2].split("&"))
    no_fault(page)
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("node => node.scrollWidth - node.clientWidth") <= 0

    fresh = open_tab(browser, width=width)
    fresh.page.goto(copied)
    assert read(fresh.page) == (title, difference, figures)
    expect(fresh.page.locator("[data-testid=stAlert]")).to_have_count(0)
    assert fresh.page.url == copied
    no_fault(fresh.page)
    assert not tab.strayed + fresh.strayed


def test_the_method_is_copied_and_the_values_are_downloaded(browser: Browser, study: Served) -> None:
    page = open_tab(browser).page
    page.goto(f"{study.address}/compare?a=Control&b=Intervention")
    settle(page)
    wait = page.locator(".st-key-card_rests")
    wait.get_by_role("button", name="Copy method").click()
    code = page.locator("[data-testid=stCode]")
    expect(code).to_contain_text("Intervention (b) against Control (a)")
    expect(code).to_contain_text("seed 42")
    page.keyboard.press("Escape")
    with page.expect_download() as coming:
        wait.get_by_role("button", name="People’s values as CSV").click()
    text = Path(coming.value.path()).read_text(encoding="utf-8")
    assert text.startswith("person_id,name,group,side,mean_tst_min,mean_tst_min_nights")
    no_fault(page)


def test_two_periods_of_one_group_are_compared_and_back_leads_to_the_groups(
    browser: Browser, study: Served
) -> None:
    page = open_tab(browser).page
    page.goto(f"{study.address}/compare?a=Control&b=Intervention")
    read(page)
    page.get_by_text("Two periods", exact=True).click()
    page.wait_for_url(re.compile("design=periods"))
    expect(page.locator(".st-key-card_estimation")).to_contain_text("Each line is one person")
    read(page)
    no_fault(page)
    page.go_back()
    page.wait_for_url(re.compile("design=groups"))
    expect(page.locator(".st-key-card_estimation")).to_contain_text("Each dot is one person")
    no_fault(page)
