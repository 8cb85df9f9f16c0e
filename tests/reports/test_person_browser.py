"""The report where readers meet it: in a browser, on a phone, in the dark, and on one sheet of paper."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request

from reports.person_html import person_html
from reports.style import palettes
from reports.weekly import PersonReport
from tests.reports.made_up import NAN, Sleep, at, report_of, week_of_nights

A4_PRINTABLE = {"width": 658, "height": 986}  # 174 mm by 261 mm at 96 to the inch


@pytest.fixture
def address(tmp_path: Path) -> str:
    return saved(report_of(week_of_nights()), tmp_path)


def saved(report: PersonReport, folder: Path) -> str:
    file = folder / "report.html"
    file.write_bytes(person_html(report, generated_at=datetime(2026, 2, 12, tzinfo=UTC)))
    return file.as_uri()


def colour(page: Page, selector: str, style: str) -> str:
    found = page.evaluate("([s, p]) => getComputedStyle(document.querySelector(s))[p]", [selector, style])
    numbers = [int(part) for part in re.findall(r"\d+", found)[:3]]
    return "#{:02x}{:02x}{:02x}".format(*numbers)


def test_opening_it_asks_nothing_of_anybody(browser: Browser, address: str) -> None:
    page = browser.new_page()
    asked: list[str] = []
    said: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    page.on("console", lambda message: said.append(message.text))
    page.goto(address)
    page.wait_for_load_state("networkidle")

    assert [url for url in asked if not url.startswith("data:")] == [address]
    assert said == []
    page.close()


def test_it_fits_a_phone_without_scrolling_sideways(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(address)

    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.locator(".nights .number").first.inner_text().startswith("asleep")
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_screen_follows_the_readers_theme(browser: Browser, address: str, scheme: str) -> None:
    page = browser.new_page(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(address)

    assert colour(page, "body", "backgroundColor") == palettes()[scheme]["background"]
    assert colour(page, "svg .deep", "fill") == palettes()[scheme]["deep"]
    page.close()


def test_paper_has_the_print_palette_whatever_the_screen_had(browser: Browser, address: str) -> None:
    page = browser.new_page(color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    page.goto(address)

    assert colour(page, "svg .deep", "fill") == palettes()["print"]["deep"]
    assert colour(page, "h1", "color") == palettes()["print"]["text"]
    page.close()


@pytest.mark.parametrize("nights", [0, 1, 2, 3, 4, 5, 7])
def test_a_week_prints_on_one_sheet(browser: Browser, tmp_path: Path, nights: int) -> None:
    report = report_of(
        week_of_nights()[:nights],
        score=86.4 if nights == 7 else NAN,
        estimator="sri" if nights == 7 else None,
    )
    page = browser.new_page()
    page.goto(saved(report, tmp_path))

    pdf = page.pdf(prefer_css_page_size=True)

    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    assert re.search(rb"/MediaBox\s*\[0 0 59[45][.\d]* 84[12][.\d]*\]", pdf)  # A4 in points
    page.close()


def test_nothing_overlaps_on_paper(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": A4_PRINTABLE["width"], "height": A4_PRINTABLE["height"]})
    page.emulate_media(media="print")
    page.goto(address)

    wide = page.evaluate(
        """() => [...document.querySelectorAll('.statistics, .against, .nights li, .score p')]
            .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.className || e.tagName)"""
    )
    assert wide == []
    assert page.evaluate("document.documentElement.scrollWidth") <= A4_PRINTABLE["width"]
    page.close()


def test_a_week_with_a_long_name_naps_and_a_clock_change_prints_on_one_sheet(
    browser: Browser, tmp_path: Path
) -> None:
    nights = week_of_nights()
    name = "Maximiliane-Alexandra von und zu Hohenstein-Waldburg"
    naps = [
        Sleep(begun=at(f"2026-02-{day} 14:10"), stages=(0,) * 6 + (1,) * 50, kind="nap")
        for day in ("06", "08", "10")
    ]
    note = "The clocks went forward by 1 h at 02:00; this recording lasted 7 h 51 min."
    report = report_of(
        [*nights, *naps], name=name, notes={f"s-{night.begun:%Y%m%d%H%M}": note for night in nights[:2]}
    )
    page = browser.new_page()
    page.goto(saved(report, tmp_path))

    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))) == 1
    page.close()
