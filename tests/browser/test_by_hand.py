"""What a reader does with mouse and keyboard, beyond following links."""

import re
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browsing import no_fault, open_tab, settle, wait_until_synchronised
from tests.serving import Served


def choose_next(page: Page, picker: str, steps: int = 1) -> None:
    """Opens a picker by its key and takes the entry `steps` further down."""
    page.locator(f".st-key-{picker} input").first.click()
    for _ in range(steps):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


def choose_row(page: Page, table: Locator) -> None:
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    assert box
    page.mouse.click(box["x"] + 15, box["y"] + 60)


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def test_a_chosen_cohort_stands_in_the_link_and_the_link_opens_it(
    browser: Browser, dashboard: Served
) -> None:
    page = open_tab(browser).page
    page.goto(dashboard.address)
    settle(page)
    wait_until_synchronised(page)
    choose_next(page, "cohort_choice")
    page.wait_for_url(re.compile("cohort="))
    settle(page)
    (name,) = query(page)["cohort"]
    assert "(" not in name, "the link holds what the reader sees and not the name"
    found = page.locator("h1").inner_text()
    again = open_tab(browser).page
    again.goto(page.url)
    settle(again)
    assert again.locator("h1").inner_text() == found
    expect(again.get_by_text("does not exist")).to_have_count(0)


def test_rows_open_a_person_and_a_night(browser: Browser, dashboard: Served) -> None:
    page = open_tab(browser).page
    page.goto(f"{dashboard.address}/cohort")
    settle(page)
    choose_row(page, page.locator("[data-testid=stDataFrame]").first)
    page.wait_for_url(re.compile(r"/person\?person=p_"))
    settle(page)
    facts = page.locator(".st-key-quiet_facts")
    before = facts.inner_text()
    page.get_by_text("3 months").click()
    expect(facts).not_to_have_text(before)
    settle(page)
    choose_row(page, page.locator(".st-key-card_nights [data-testid=stDataFrame]"))
    page.wait_for_url(re.compile(r"/night\?person=p_\w+&session="))
    settle(page)
    no_fault(page)


def test_another_person_is_one_choice_away_and_back_returns(browser: Browser, dashboard: Served) -> None:
    page = open_tab(browser).page
    page.goto(dashboard.address)
    wait_until_synchronised(page)  # until then a title may change as stages arrive
    page.goto(f"{dashboard.address}/person")
    settle(page)
    first = page.locator("h1").inner_text()
    choose_next(page, "person_person", steps=2)
    page.wait_for_url(re.compile("person=p_"))
    expect(page.locator("h1")).not_to_have_text(first)
    settle(page)
    second, chosen = page.locator("h1").inner_text(), page.url
    choose_next(page, "person_person", steps=2)
    page.wait_for_url(lambda url: url != chosen)
    settle(page)
    page.go_back()
    page.wait_for_url(chosen)
    expect(page.locator("h1")).to_have_text(second)
    settle(page)
    shown = page.locator(".st-key-person_person input").first.input_value()
    assert second.startswith(shown), f"the picker says {shown}, the page {second}"
