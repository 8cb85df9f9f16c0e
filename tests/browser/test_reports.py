"""Reports as a coach makes them on a Monday: everybody's as one ZIP, under pseudonyms; and a researcher's bundle."""

import io
import json
import re
import zipfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browsing import no_fault, open_tab, settle, wait_until_synchronised
from tests.serving import Served


def opened(browser: Browser, dashboard: Served, query: str) -> Page:
    page = open_tab(browser).page
    page.goto(dashboard.address)
    settle(page)
    wait_until_synchronised(page)
    page.goto(f"{dashboard.address}/reports?{query}")
    page.wait_for_url(re.compile(r"ending="))
    settle(page)
    no_fault(page)
    return page


def downloaded(page: Page, folder: Path, key: str) -> zipfile.ZipFile:
    button = page.locator(f".st-key-{key} button")
    expect(button).to_be_visible(timeout=120_000)
    with page.expect_download() as waiting:
        button.click()
    target = folder / waiting.value.suggested_filename
    waiting.value.save_as(target)
    found = zipfile.ZipFile(io.BytesIO(target.read_bytes()))
    assert found.testzip() is None
    return found


def test_everybodys_reports_are_made_while_one_watches_and_hold_nobodys_name(
    browser: Browser, dashboard: Served, tmp_path: Path
) -> None:
    page = opened(browser, dashboard, "about=cohort&names=pseudonyms")
    page.locator(".st-key-many_begin button").click()
    found = downloaded(page, tmp_path, "many_download")
    names = [name.rpartition("/")[2] for name in found.namelist()]
    assert names
    assert all(re.fullmatch(r"weekly-P-[0-9A-Z]{6,}-\d{4}-\d{2}-\d{2}\.pdf", name) for name in names), names
    no_fault(page)


def test_a_bundle_is_made_and_says_what_is_in_it(browser: Browser, dashboard: Served, tmp_path: Path) -> None:
    page = opened(browser, dashboard, "about=cohort")
    page.locator(".st-key-bundle_begin button").click()
    found = downloaded(page, tmp_path, "bundle_download")
    files = {name.rpartition("/")[2]: name for name in found.namelist()}
    package = json.loads(found.read(files["datapackage.json"]))
    assert {resource["path"] for resource in package["resources"]} <= set(files)
    assert {"nights.parquet", "epochs.parquet", "people.csv", "README.md", "methods.md"} <= set(files)
    no_fault(page)
