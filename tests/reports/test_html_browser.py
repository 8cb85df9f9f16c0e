"""Reports with charts where readers meet them: offline, in both themes, on paper, without scripts, and under attack."""

import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from reports.cohort_html import cohort_html
from reports.person_html import person_html
from reports.plotly_page import PLOTLY_FILE, Library, plotly_js
from reports.style import palettes
from scripts.fetch_axe import SCRIPT
from tests.reports.made_up import report_of, week_of_nights
from tests.reports.months import cohort_month_of, person_month_of

MADE = datetime(2026, 2, 12, tzinfo=UTC)
KINDS = ("weekly", "monthly", "cohort")
SIX_MEGABYTES = 6_000_000
HOSTILE = (
    "</script><script>window.hit = 1</script><img src=x onerror='window.hit = 1'>"
    "<a href='javascript:window.hit=1'>\u2028$theme"
)


def made(kind: str, *, name: str = "Person A", library: Library = "inside") -> bytes:
    if kind == "weekly":
        return person_html(report_of(week_of_nights(), name=name), generated_at=MADE, plotly=library)
    if kind == "monthly":
        return person_html(person_month_of(name), generated_at=MADE, plotly=library)
    report = cohort_month_of([name, *(f"Person {n}" for n in range(7))], tags=(name,))
    return cohort_html(
        replace(report, period=replace(report.period, name=name)), generated_at=MADE, plotly=library
    )


@dataclass
class Opened:
    page: Page
    asked: list[str]
    said: list[str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("reports")
    for kind in KINDS:
        (found / f"{kind}.html").write_bytes(made(kind))
    return found


@pytest.fixture
def opened(browser: Browser) -> Iterator[Any]:
    contexts = []

    def go(file: Path, **context: Any) -> Opened:
        found = browser.new_context(offline=True, **context)
        contexts.append(found)
        page = found.new_page()
        seen = Opened(page=page, asked=[], said=[])
        page.on("request", lambda request: seen.asked.append(request.url))
        page.on("console", lambda message: seen.said.append(message.text))
        page.on("pageerror", lambda error: seen.said.append(str(error)))
        page.on("dialog", lambda dialog: seen.said.append(dialog.message))
        page.goto(file.as_uri())
        page.wait_for_load_state("networkidle")
        return seen

    yield go
    for context in contexts:
        context.close()


def drawn(page: Page) -> None:
    """Waits until every chart that is not folded away has its drawing."""
    page.wait_for_function(
        """() => document.documentElement.classList.contains('drawn') &&
        [...document.querySelectorAll('[data-plot]')].filter(each => !each.closest('details:not([open])'))
            .every(each => each.querySelector('.main-svg'))"""
    )


def colour(text: str) -> str:
    return "#{:02x}{:02x}{:02x}".format(*(int(part) for part in re.findall(r"\d+", text)[:3]))


TICK = "getComputedStyle(document.querySelector('.chart .xtick text')).fill"


@pytest.mark.parametrize("kind", KINDS)
def test_it_opens_offline_draws_its_charts_and_asks_nobody(folder: Path, opened: Any, kind: str) -> None:
    file = folder / f"{kind}.html"
    seen = opened(file)
    drawn(seen.page)

    assert file.stat().st_size < SIX_MEGABYTES
    assert seen.page.locator(".chart .main-svg").count() >= 6
    assert [url for url in seen.asked if not url.startswith("data:")] == [file.as_uri()]
    assert seen.said == []
    assert seen.page.locator("a[href]").count() == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_sticks_out_sideways(folder: Path, opened: Any, kind: str, width: int) -> None:
    page = opened(folder / f"{kind}.html", viewport={"width": width, "height": 900}).page
    drawn(page)

    assert page.evaluate("document.documentElement.scrollWidth") == width
    wide = page.evaluate(
        """() => [...document.querySelectorAll('.chart')].filter(each => !each.closest('details:not([open])'))
            .filter(each => each.querySelector('.main-svg').getBoundingClientRect().width > each.offsetWidth + 1)
            .map(each => each.dataset.plot)"""
    )
    assert wide == []


@pytest.mark.parametrize("kind", KINDS)
def test_charts_follow_the_readers_theme_and_paper_has_its_own(folder: Path, opened: Any, kind: str) -> None:
    page = opened(folder / f"{kind}.html", color_scheme="dark").page
    drawn(page)

    assert colour(page.evaluate(TICK)) == palettes()["dark"]["text_secondary"]
    page.emulate_media(color_scheme="light")
    page.wait_for_timeout(300)
    assert colour(page.evaluate(TICK)) == palettes()["light"]["text_secondary"]
    page.emulate_media(media="print", color_scheme="dark")
    page.wait_for_timeout(300)
    assert colour(page.evaluate(TICK)) == palettes()["print"]["text_secondary"]


@pytest.mark.parametrize(("kind", "most"), [("weekly", 1), ("monthly", 4), ("cohort", 4)])
def test_it_prints_on_whole_pages_in_the_colours_of_paper(
    folder: Path, opened: Any, kind: str, most: int
) -> None:
    page = opened(folder / f"{kind}.html", color_scheme="dark").page
    drawn(page)

    sheets = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages

    assert 1 <= len(sheets) <= most
    for number, sheet in enumerate(sheets, start=1):
        text = sheet.extract_text()
        assert f"page {number} of {len(sheets)}" in text
        assert len(text) > 300
    page.emulate_media(media="print")
    page.wait_for_timeout(300)
    tall = page.evaluate(
        "() => [...document.querySelectorAll('.chart')].filter(each => each.offsetHeight > 980).length"
    )
    assert tall == 0


def test_a_chart_that_was_printed_is_as_wide_as_the_screen_again(folder: Path, opened: Any) -> None:
    page = opened(folder / "monthly.html", viewport={"width": 1280, "height": 900}).page
    drawn(page)
    width = "document.querySelector('[data-plot=trend] .main-svg').getBoundingClientRect().width"
    before = page.evaluate(width)

    page.emulate_media(media="print")
    page.wait_for_timeout(300)
    assert page.evaluate(width) == 650
    page.emulate_media(media="screen")
    page.wait_for_timeout(300)

    assert page.evaluate(width) == before


@pytest.mark.parametrize("kind", ["weekly", "monthly"])
def test_a_night_shows_its_stages_when_it_is_unfolded(folder: Path, opened: Any, kind: str) -> None:
    page = opened(folder / f"{kind}.html").page
    drawn(page)
    night = page.locator("details.fold").first
    assert night.locator(".main-svg").count() == 0

    night.locator("summary").first.click()

    expect(night.locator(".main-svg").first).to_be_visible()
    page.wait_for_timeout(200)
    assert night.locator("[data-plot]").evaluate("each => each.querySelector('.main-svg').clientWidth") > 500


@pytest.mark.parametrize("kind", KINDS)
def test_a_hostile_name_does_nothing(tmp_path: Path, opened: Any, kind: str) -> None:
    file = tmp_path / "hostile.html"
    file.write_bytes(made(kind, name=HOSTILE))

    seen = opened(file)
    drawn(seen.page)

    assert HOSTILE.split("\u2028", maxsplit=1)[0] in seen.page.inner_text("main")
    assert seen.page.evaluate("typeof window.hit") == "undefined"
    assert seen.page.locator("img, a[href^=javascript]").count() == 0
    assert seen.said == []
    assert [url for url in seen.asked if not url.startswith("data:")] == [file.as_uri()]


def test_a_script_that_got_into_a_page_all_the_same_would_not_run(folder: Path, opened: Any) -> None:
    page = opened(folder / "weekly.html").page
    page.evaluate(
        """() => {
            const script = document.createElement('script')
            script.textContent = 'window.hit = 1'
            document.body.append(script)
            document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.hit = 2">')
            document.body.insertAdjacentHTML('beforeend', '<img src="http://127.0.0.1:9/out.png">')
        }"""
    )
    page.wait_for_timeout(300)

    assert page.evaluate("typeof window.hit") == "undefined"
    assert page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'went out', () => 'stayed')") == "stayed"


def test_pages_of_one_folder_share_the_library(tmp_path: Path, opened: Any) -> None:
    (tmp_path / PLOTLY_FILE).write_bytes(plotly_js())
    for kind in KINDS:
        file = tmp_path / f"{kind}.html"
        file.write_bytes(made(kind, library="beside"))
        seen = opened(file)
        drawn(seen.page)
        beside = (tmp_path / PLOTLY_FILE).as_uri()
        assert [url for url in seen.asked if not url.startswith("data:")] == [file.as_uri(), beside]
        assert seen.said == []
        assert file.stat().st_size < 700_000


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("without", ["scripts", "library"])
def test_without_charts_words_tables_and_pictures_carry_it(
    tmp_path: Path, opened: Any, kind: str, without: str
) -> None:
    file = tmp_path / "alone.html"
    file.write_bytes(made(kind, library="beside"))

    page = opened(file, java_script_enabled=without == "library").page

    said = page.inner_text("main")
    if kind == "cohort":
        assert page.locator(".people tbody tr").count() == 8
        assert page.locator("svg.line").first.is_visible()
        assert re.search(r"means of people: 8 of 8 people", said)
    else:
        assert page.locator("svg.night").first.is_visible()
        assert page.locator("svg.weeks").is_visible()
        assert "Night by night" in said
    if kind != "weekly":
        assert page.locator(".instead").first.is_visible()
        page.locator(".twin summary").first.click()
        assert page.locator(".twin table").first.is_visible()
    assert page.locator(".chart").first.is_hidden()


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


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_axe_finds_nothing_that_weighs(
    folder: Path, opened: Any, axe: str, kind: str, *, width: int, scheme: str
) -> None:
    face: dict[str, Any] = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    page = opened(folder / f"{kind}.html", **face).page
    drawn(page)
    page.evaluate(axe)

    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")

    heavy = [
        f"{each['id']}: {node['target']} {node['html'][:160]}"
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"} or each["id"] == "heading-order"
        for node in each["nodes"]
    ]
    assert not heavy, "\n".join(heavy)
