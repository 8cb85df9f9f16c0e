"""Admin's webhooks as an operator has them open while a worker goes on: nobody loads the page again."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.receiving import Receiving, receiving
from tests.browser.test_by_hand import choose_row
from tests.browsing import no_fault, open_tab, settle

UNKNOWN = "The vendor does not know this session."


@pytest.fixture
def received(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiving]:
    with receiving(tmp_path_factory.mktemp("operator")) as found:
        found.gives_up(UNKNOWN, range(3))
        yield found


def test_what_is_given_up_meanwhile_appears_and_leaves_the_choice(
    browser: Browser, received: Receiving
) -> None:
    page = open_tab(browser).page
    page.goto(received.served.address + "/admin?section=webhooks")
    settle(page)
    page.evaluate("window.loadedOnce = true")
    card = page.locator(".st-key-card_dead_letters")
    card.get_by_text("one by one").click()
    table = card.locator("[data-testid=stDataFrame]")
    expect(table).to_be_visible()
    settle(page)
    choose_row(page, table)
    alone = card.get_by_role("button", name="Replay this event")
    expect(alone).to_be_visible()

    received.gives_up("The vendor refuses the key.", range(3, 8))
    expect(card.get_by_text("The vendor refuses the key.").first).to_be_visible(timeout=20_000)
    expect(page.get_by_role("heading", level=1)).to_contain_text("8")
    expect(alone).to_be_visible()

    alone.click()
    expect(card.get_by_text("tried again now")).to_be_visible()
    expect(card.get_by_role("heading")).to_contain_text("7")
    expect(alone).to_have_count(0)
    assert page.evaluate("window.loadedOnce"), "the page was loaded again"
    no_fault(page)
    page.context.close()


def test_on_a_phone_the_sections_stand_in_whole_borders_and_nothing_is_cut(
    browser: Browser, received: Receiving
) -> None:
    page = open_tab(browser, width=390).page
    page.goto(received.served.address + "/admin?section=webhooks")
    address = page.locator("pre")
    address.wait_for()
    settle(page)
    edges = page.evaluate(
        """() => [...document.querySelectorAll('.st-key-admin_section [role=radio]')].map(node => {
            const style = getComputedStyle(node)
            return ['Left', 'Right', 'Top', 'Bottom'].map(side =>
                style[`border${side}Width`] + ' ' + style[`border${side}Color`])
        })"""
    )
    assert len(edges) == 5
    assert all(len(set(sides)) == 1 for sides in edges), edges
    assert not [each for sides in edges for each in sides if "rgba(0, 0, 0, 0)" in each], edges
    assert address.evaluate("node => node.scrollWidth <= node.clientWidth")
    page.context.close()
