"""A link copied from any page opens the same view in a browser that has never been here; Back and Forward work."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_by_hand import choose_row
from tests.browsing import no_fault, open_tab, settle, wait_until_synchronised
from tests.serving import Served

Opener = Callable[[Page], None]


def choose(page: Page, label: str, at: int) -> None:
    """Another choice of a field than the one that it has."""
    page.get_by_role("combobox", name=re.compile(f"^{label}|{label}$")).first.click()
    page.get_by_role("option").nth(at).click()


def home(page: Page) -> None:
    choose(page, "Cohort", 1)
    page.wait_for_url(re.compile(r"cohort=(?!everyone)"))


def night(page: Page) -> None:
    before = page.url
    page.get_by_role("button", name="Previous").click()
    page.wait_for_url(lambda url: url != before)


def person(page: Page) -> None:
    choose(page, "Person", 2)
    page.wait_for_timeout(500)
    settle(page)
    page.get_by_text("3 months", exact=True).click()
    page.wait_for_url(re.compile("period=3-months"))


def cohort(page: Page) -> None:
    choose(page, "Cohort", 1)
    page.wait_for_url(re.compile(r"cohort=(?!everyone)"))
    settle(page)
    page.get_by_text("4 weeks", exact=True).click()
    page.wait_for_url(re.compile("period=4-weeks"))


def quality(page: Page) -> None:
    choose(page, "Cohort", 1)
    page.wait_for_url(re.compile(r"cohort=(?!everyone)"))
    settle(page)
    page.get_by_text("3 months", exact=True).click()
    page.wait_for_url(re.compile("period=3-months"))


def reports(page: Page) -> None:
    before = page.url
    choose(page, "Person", 1)
    page.wait_for_url(lambda url: url != before)


def go(page: Page, way: str, *, until: str) -> int:
    """Back or forward in the browser's history until an address is reached; after how many entries."""
    for steps in range(1, 6):
        page.evaluate(f"history.{way}()")
        page.wait_for_timeout(500)
        settle(page)
        if page.url == until:
            return steps
    raise AssertionError(f"The history does not lead {way} to {until}; {page.url} is shown.")


@pytest.mark.parametrize(
    ("path", "turn"),
    [
        ("/", home),
        ("/night", night),
        ("/person", person),
        ("/cohort", cohort),
        ("/quality", quality),
        ("/reports", reports),
    ],
)
def test_a_link_copied_from_a_page_opens_the_same_view(
    browser: Browser, dashboard: Served, path: str, turn: Opener
) -> None:
    page = open_tab(browser).page
    page.goto(dashboard.address)
    settle(page)
    wait_until_synchronised(page)
    page.goto(dashboard.address + path)
    page.wait_for_url(re.compile(r"\?"))  # the address is completed
    settle(page)
    bare = page.url
    first = page.locator("h1").inner_text()
    turn(page)
    page.wait_for_timeout(1500)  # the address changes before the page does
    settle(page)
    no_fault(page)
    copied, title = page.url, page.locator("h1").inner_text()
    assert copied != bare

    fresh = open_tab(browser).page
    fresh.goto(copied)
    settle(fresh)
    no_fault(fresh)
    expect(fresh.locator("h1")).to_have_text(title)
    expect(fresh.locator("[data-testid=stAlert]")).to_have_count(0)
    assert fresh.url == copied

    go(page, "back", until=bare)
    expect(page.locator("h1")).to_have_text(first)
    go(page, "forward", until=copied)
    expect(page.locator("h1")).to_have_text(title)
    no_fault(page)


def test_forward_before_the_page_that_back_led_to_has_said_its_address_keeps_the_next_one(
    browser: Browser, dashboard: Served
) -> None:
    page = open_tab(browser).page
    page.goto(dashboard.address)
    settle(page)
    wait_until_synchronised(page)
    page.goto(f"{dashboard.address}/reports")
    page.wait_for_url(re.compile(r"\?"))
    settle(page)
    bare = page.url
    reports(page)
    page.wait_for_timeout(1500)
    settle(page)
    copied = page.url
    steps = go(page, "back", until=bare)
    go(page, "forward", until=copied)
    for after_ms in range(60, 240, 20):
        page.evaluate(f"history.go(-{steps})")
        page.wait_for_timeout(after_ms)
        page.evaluate(f"history.go({steps})")
        page.wait_for_timeout(1000)
        settle(page)
        assert page.url == copied, after_ms


def test_the_navigation_on_top_takes_person_and_period_along(browser: Browser, dashboard: Served) -> None:
    page = open_tab(browser).page
    page.goto(f"{dashboard.address}/person?period=3-months")
    page.wait_for_url(re.compile("person=p_"))
    settle(page)
    wanted = re.search(r"person=(p_\w+)", page.url)
    assert wanted
    choose(page, "Person", 3)
    page.wait_for_url(re.compile(rf"person=(?!{wanted[1]})"))
    settle(page)
    chosen = page.url
    for name, parts in (("Night", ("person",)), ("Reports", ("person",)), ("Person", ("person", "period"))):
        page.get_by_role("link", name=name, exact=True).first.click()
        page.wait_for_url(re.compile(f"/{name.lower()}\\?"))
        settle(page)
        for part in parts:
            value = re.search(rf"{part}=([\w-]+)", chosen)
            assert value
            assert f"{part}={value[1]}" in page.url, (name, page.url)
    for _ in range(3):
        page.go_back()
        settle(page)
    assert page.url == chosen


def test_what_a_link_got_wrong_is_said_and_gone_from_the_address(browser: Browser, dashboard: Served) -> None:
    page = open_tab(browser).page
    page.goto(f"{dashboard.address}/cohort?cohort=nobody&period=decade")
    settle(page)
    expect(page.get_by_text("a cohort that does not exist").first).to_be_visible()
    expect(page.get_by_text("a period that does not exist").first).to_be_visible()
    page.wait_for_url(re.compile(r"cohort\?cohort=everyone$"))
    no_fault(page)


def test_a_phone_shows_the_section_and_the_person_that_a_link_to_admin_names(
    browser: Browser, dashboard: Served
) -> None:
    # The first run on a phone is cut off: what it has set may not have reached the browser.
    page = open_tab(browser).page
    page.goto(dashboard.address)
    settle(page)
    wait_until_synchronised(page)
    link = page.locator("[data-testid=stMain] a[href*='person?person=']").first.get_attribute("href") or ""
    person = link.rpartition("person=")[2]
    phone = open_tab(browser, width=390, height=844).page
    for section in ("sync", "people"):
        phone.goto(f"{dashboard.address}/admin?section={section}&person={person}")
        settle(phone)
        phone.wait_for_timeout(1500)
        settle(phone)
        expect(phone.get_by_role("radio", name=section.capitalize())).to_be_checked()
    expect(phone.get_by_role("button", name="Erase this person")).to_be_visible()
    assert parse_qs(urlsplit(phone.url).query)["person"] == [person]
    main = phone.locator("[data-testid=stMain]")
    assert main.evaluate("node => node.scrollWidth - node.clientWidth") <= 0


def test_the_question_about_deleting_does_not_open_by_itself_after_back_and_forward(
    browser: Browser, dashboard: Served
) -> None:
    page = open_tab(browser).page
    page.goto(dashboard.address)
    settle(page)
    wait_until_synchronised(page)
    page.get_by_role("link", name="Night", exact=True).first.click()
    page.wait_for_url(re.compile(r"/night\?.*session="))
    settle(page)
    page.get_by_role("button", name="Delete this recording").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.go_back()
    settle(page)
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.go_forward()
    page.wait_for_url(re.compile("/night"))
    expect(page.get_by_role("button", name="Delete this recording")).to_be_visible()
    settle(page)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_page_that_ends_early_completes_its_address(browser: Browser, dashboard: Served) -> None:
    page = open_tab(browser).page
    page.goto(f"{dashboard.address}/person?from=2020-01-01&to=2020-01-20")
    expect(page.locator("h1")).to_have_text("No night in this period")
    page.wait_for_url(re.compile("person=p_"))
    settle(page)
    assert set(parse_qs(urlsplit(page.url).query)) == {"person", "from", "to"}


@pytest.mark.parametrize("width", [1280, 390])
def test_the_usual_of_a_night_is_not_cut(browser: Browser, dashboard: Served, width: int) -> None:
    page = open_tab(browser, width=width).page
    page.goto(f"{dashboard.address}/night")
    settle(page)
    page.wait_for_timeout(1500)
    settle(page)
    usual = page.locator(".st-key-night_metrics [data-testid=stCaptionContainer]")
    expect(usual).to_have_count(5)
    for place in range(5):
        line = usual.nth(place)
        assert line.evaluate("node => node.scrollWidth <= node.clientWidth")
        assert re.search("(min|%)$", line.inner_text().strip())


@pytest.mark.parametrize(
    ("address", "table"),
    [
        (
            "quality?cohort={}&reason=NO_RECORDING&measure=snoring_min&minimum=5&period=3-months",
            ".st-key-quality_nights",
        ),
        (
            "cohort?cohort={}&sex=female&sex=male&metric=start_clock_h&period=3-months",
            ".st-key-cohort_people",
        ),
    ],
)
def test_back_from_the_row_of_a_table_shows_what_was_left(
    browser: Browser, dashboard: Served, address: str, table: str
) -> None:
    page = open_tab(browser).page
    page.goto(dashboard.address)
    settle(page)
    wait_until_synchronised(page)
    choose(page, "Cohort", 1)
    page.wait_for_url(re.compile(r"cohort=(?!everyone)"))
    (cohort,) = parse_qs(urlsplit(page.url).query)["cohort"]
    page.goto(f"{dashboard.address}/{address.format(cohort)}")
    settle(page)
    page.wait_for_timeout(1500)
    settle(page)
    left, facts = parse_qs(urlsplit(page.url).query), page.locator(".st-key-quiet_facts").inner_text()
    assert set(left) == set(parse_qs(address)) - {address.partition("=")[0]} | {"cohort"}
    choose_row(page, page.locator(f"{table} [data-testid=stDataFrame]"))
    page.wait_for_url(re.compile(r"/person\?"))
    settle(page)
    page.wait_for_url(lambda url: set(parse_qs(urlsplit(url).query)) == {"person", "period"})
    expect(page.locator("[data-testid=stAlert]")).to_have_count(0)  # the metric of people is none of a person
    page.go_back()
    page.wait_for_url(re.compile(address.partition("?")[0]))
    settle(page)
    page.wait_for_url(lambda url: "person" not in parse_qs(urlsplit(url).query))
    assert parse_qs(urlsplit(page.url).query) == left
    expect(page.locator(".st-key-quiet_facts")).to_have_text(facts, use_inner_text=True)
    expect(page.locator("[data-testid=stAlert]")).to_have_count(0)
    no_fault(page)
