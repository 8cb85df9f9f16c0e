"""What assistive technology, a keyboard and a reader without colours or motion find on every page.

axe-core judges the rendered page. What is Streamlit's own and cannot be mended here is listed in
docs/accessibility.md, rule by rule and with the part of the page that it is about; anything else fails.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from scripts.fetch_axe import SCRIPT
from tests.browser.receiving import receiving
from tests.browsing import no_fault, open_tab, settle, wait_until_synchronised
from tests.serving import ROOT, Served

SECTIONS = ("people", "settings", "sync", "webhooks", "storage")
LINKS = (
    "/",
    "/night",
    "/person",
    "/cohort",
    "/compare",
    "/quality",
    "/reports",
    "/live",
    *(f"/admin?section={name}" for name in SECTIONS),
)
# Both themes and both widths; what a page says is the same in the other two pairs.
FACES: list[dict[str, Any]] = [{"width": 1280, "dark": False}, {"width": 390, "dark": True}]
DRAWN_MS = 1200
_ROW = re.compile(r"^\| `([a-z-]+)` \| `([^`]+)` \| (.+?) \|$", flags=re.MULTILINE)
KNOWN = [(rule, part) for rule, part, _ in _ROW.findall((ROOT / "docs" / "accessibility.md").read_text())]


@pytest.fixture(scope="module")
def axe() -> str:
    if not SCRIPT.exists():
        message = (
            "axe-core is not there, so accessibility was not judged. Fetch it: python scripts/fetch_axe.py"
        )
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return SCRIPT.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def filled(browser: Browser, dashboard: Served) -> Served:
    page = open_tab(browser).page
    page.goto(dashboard.address)
    settle(page)
    wait_until_synchronised(page)
    page.context.close()
    return dashboard


def opened(browser: Browser, served: Served, link: str, **face: Any) -> Page:
    page = open_tab(browser, **face).page
    page.goto(served.address + link)
    settle(page)
    page.wait_for_timeout(DRAWN_MS)
    settle(page)
    no_fault(page)
    return page


def violations(page: Page, axe: str) -> list[dict[str, Any]]:
    page.evaluate(axe)
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return list(found["violations"])


def of_streamlit(page: Page, rule: str, target: str) -> bool:
    return any(
        rule == known
        and page.evaluate(
            "([target, part]) => !!document.querySelector(target)?.closest(part)", [target, part]
        )
        for known, part in KNOWN
    )


def ours(page: Page, found: list[dict[str, Any]]) -> list[str]:
    """What weighs, or breaks the order of headings, and is not Streamlit's."""
    return [
        f"{each['id']} ({each['impact']}): {node['target']} {node['html'][:160]}"
        for each in found
        if each["impact"] in {"serious", "critical"} or each["id"] == "heading-order"
        for node in each["nodes"]
        if not of_streamlit(page, each["id"], node["target"][0])
    ]


@pytest.mark.parametrize("face", FACES, ids=str)
@pytest.mark.parametrize("link", LINKS)
def test_axe_finds_nothing_that_is_ours(
    browser: Browser, filled: Served, axe: str, link: str, face: dict[str, Any]
) -> None:
    page = opened(browser, filled, link, **face)
    found = ours(page, violations(page, axe))
    page.context.close()
    assert not found, "\n".join(found)


@pytest.fixture(scope="module")
def received(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A dashboard that takes in webhooks, with some given up; the shared one has webhooks off."""
    with receiving(tmp_path_factory.mktemp("received")) as found:
        found.gives_up("The vendor does not know this session.", range(3))
        found.gives_up("The vendor refuses the key, and says no more about it than that.", [3])
        yield found.served


def test_axe_finds_nothing_where_webhooks_are_received(browser: Browser, received: Served, axe: str) -> None:
    page = opened(browser, received, "/admin?section=webhooks", width=390, dark=True)
    expect(page.locator("pre")).to_contain_text("/webhooks/asleep/")
    page.get_by_text("one by one").click()
    expect(page.locator("[data-testid=stDataFrame]")).to_be_visible()
    settle(page)
    found = ours(page, violations(page, axe))
    page.context.close()
    assert not found, "\n".join(found)


def test_axe_finds_a_fault_that_is_there(browser: Browser, filled: Served, axe: str) -> None:
    page = opened(browser, filled, "/")
    page.evaluate(
        """() => {
            const main = document.querySelector('[data-testid=stMain]')
            main.insertAdjacentHTML('beforeend', '<img src="data:," width=40 height=40><h5>Out of order</h5>')
        }"""
    )
    found = "\n".join(ours(page, violations(page, axe)))
    page.context.close()
    assert "image-alt" in found
    assert "heading-order" in found


_FOCUSED = """() => {
    const node = document.activeElement
    if (!node || node === document.body) return null
    window.reached = window.reached || new Set()
    window.reached.add(node)
    return true
}"""
_MISSED = """() => [...document.querySelectorAll(
    '[data-testid=stMain] :is(a[href], button, input, select, textarea, summary, [tabindex="0"])')]
    .filter(node => node.checkVisibility({visibilityProperty: true, opacityProperty: true}))
    .filter(node => !node.disabled && node.tabIndex >= 0 && !node.closest('[aria-hidden=true], [inert]'))
    // Of a group of choices the Tab key reaches one; the arrows go on from there.
    .filter(node => !(node.type === 'radio' && [...window.reached].some(other => other.name === node.name)))
    .filter(node => !(node.getAttribute('role') === 'radio' &&
        [...window.reached].some(other => node.closest('[role=radiogroup]')?.contains(other))))
    .filter(node => !window.reached.has(node))
    .map(node => node.outerHTML.slice(0, 160))"""
_MARKED = """async () => {
    // Some fields mark themselves by a state of their own, which is drawn a moment after focus comes or goes.
    const drawn = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
    await drawn()
    const seen = node => { const style = getComputedStyle(node)
        return [style.outlineStyle !== 'none' && style.outlineWidth !== '0px' ? style.outline : '', style.boxShadow,
                style.borderColor, style.backgroundColor, style.color, style.textDecoration].join('|') }
    const around = node => { const found = []
        for (let at = node, n = 0; at && n < 5; at = at.parentElement, n++) found.push(seen(at)); return found.join() }
    const node = document.activeElement
    const focused = around(node)
    node.blur()
    await drawn()
    const rest = around(node)
    node.focus({focusVisible: true})
    return focused !== rest || !node.matches(':is(a, button, input, textarea, summary)')
        ? null : node.outerHTML.slice(0, 160)
}"""


@dataclass(frozen=True, kw_only=True)
class Walk:
    """What the Tab key came to: how many elements, which it never reached, and which do not show the focus."""

    reached: int
    missed: list[str]
    unmarked: list[str]


def walked(page: Page) -> Walk:
    page.emulate_media(reduced_motion="reduce")
    page.locator("body").focus()
    unmarked = []
    for _ in range(400):
        page.keyboard.press("Tab")
        if not page.evaluate(_FOCUSED):
            break
        unmarked += [told for told in [page.evaluate(_MARKED)] if told]
    reached = page.evaluate("window.reached.size")
    return Walk(reached=reached, missed=page.evaluate(_MISSED), unmarked=unmarked)


@pytest.mark.parametrize("link", ["/", "/night", "/person", "/cohort", "/compare", "/reports", "/live"])
def test_a_keyboard_reaches_everything_and_shows_where_it_is(
    browser: Browser, filled: Served, link: str
) -> None:
    page = opened(browser, filled, link)
    walk = walked(page)
    page.context.close()
    assert walk.reached > 10
    assert walk.missed == []
    assert walk.unmarked == []


@pytest.mark.parametrize("link", ["/", "/night"])
def test_no_small_drawing_is_a_stop_of_the_tab_key(browser: Browser, filled: Served, link: str) -> None:
    page = opened(browser, filled, link)
    drawings = page.locator("[data-testid=stMain] img[src^='data:image/svg']")
    expect(drawings.first).to_be_visible()
    drawings.first.hover()
    expect(page.get_by_role("button", name="Fullscreen")).to_have_count(0)
    walked(page)
    stops = page.evaluate("[...window.reached].map(node => node.getAttribute('aria-label') || '')")
    page.context.close()
    assert len(stops) > 10
    assert not [stop for stop in stops if "fullscreen" in stop.lower()]


def test_a_link_with_the_focus_has_an_outline(browser: Browser, filled: Served) -> None:
    page = opened(browser, filled, "/")
    link = page.locator("[data-testid=stMain] a[href*='person=']").first
    before = link.evaluate("node => getComputedStyle(node).outlineStyle")
    link.evaluate("node => node.focus({focusVisible: true})")
    after = link.evaluate("node => getComputedStyle(node).outline")
    page.context.close()
    assert before == "none"
    assert "solid 2px" in after or "2px solid" in after, after


def test_a_button_that_hides_the_focus_is_noticed(browser: Browser, filled: Served) -> None:
    page = opened(browser, filled, "/reports")
    page.evaluate(
        """() => document.querySelector('[data-testid=stMain]').insertAdjacentHTML('beforeend',
            '<button style="all: unset">Hidden focus</button>')"""
    )
    walk = walked(page)
    page.context.close()
    assert [told for told in walk.unmarked if "Hidden focus" in told]


def test_nothing_moves_for_who_asked_for_less_motion(browser: Browser, filled: Served) -> None:
    page = open_tab(browser).page
    page.emulate_media(reduced_motion="reduce")
    page.goto(filled.address + "/person")
    settle(page)
    moving = page.evaluate(
        """() => [...document.querySelectorAll('[data-testid=stApp] *')]
            .filter(node => getComputedStyle(node).animationName !== 'none')
            .map(node => node.outerHTML.slice(0, 120))"""
    )
    page.context.close()
    assert moving == []


@pytest.mark.parametrize("link", ["/night", "/person", "/cohort", "/compare"])
def test_every_chart_has_its_numbers_in_words_and_as_a_table(
    browser: Browser, filled: Served, link: str
) -> None:
    page = opened(browser, filled, link)
    charts = page.locator("[data-testid=stPlotlyChart]")
    expect(charts.first).to_be_visible()
    told = page.evaluate(
        """() => [...document.querySelectorAll('[data-testid=stPlotlyChart]')]
            .map(node => node.matches('[aria-label]') ? node : node.querySelector('[aria-label]'))
            .map(node => node?.getAttribute('aria-label') || '')"""
    )
    twins = page.get_by_text("The same as a table").count()
    page.context.close()
    assert all(re.search(r"\d", words) for words in told), told
    assert twins == len(told)
