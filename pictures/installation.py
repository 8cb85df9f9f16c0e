"""An operator's first day and a bad one: an empty installation, a list with mistakes, all well, and the vendor gone."""

import csv
import io
import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from nocturne.demo import DemoPerson, DemoSimulator
from pictures.at_a_moment import LAST_EVENING
from pictures.serving import dashboard
from pictures.shooting import DESK, Camera, Scene
from settings import Settings
from tests.browsing import open_tab, settle, wait_until_synchronised

# Of the simulated fourteen: of these nobody needs attention on the last evening.
_WELL = (1, 3, 4, 5, 7, 8, 10, 11, 12)
_HEADER = ("vendor_id", "name", "zone", "birth_year", "sex", "tags")
_MISTAKES = (
    ("G-20260301101500-zone", "Sofia M.", "Mars/Olympus", "1994", "female", "Squad"),
    ("G-20260301101500-year", "Ravi D.", "Asia/Kolkata", "1700", "male", "Squad"),
    ("G-20260301101500-sex", "Elif K.", "Europe/Istanbul", "1999", "mars", "Squad"),
    ("", "Jonas W.", "Europe/Berlin", "1988", "male", ""),
)
_NEWCOMER = ("G-20260513090000-new", "Leila R.", "Europe/Paris", "2001", "female", "New")


def shoot(camera: Camera, folder: Path) -> None:
    """Starts a dashboard with a key on a simulator of its own; pictures from empty to the vendor's absence."""
    cast = Settings(
        asleep_api_key=None, nocturne_environment="demo", nocturne_demo_people=14, nocturne_demo_nights=60
    )
    vendor = DemoSimulator.start(cast, until=LAST_EVENING)
    try:
        well = [_row(vendor.people[place]) for place in _WELL]
        lists: dict[str, list[tuple[str, ...]]] = {
            "good": well,
            "bad": [*well, *_MISTAKES, well[0]],
            "new": [_NEWCOMER],
        }
        for name, rows in lists.items():
            (folder / f"{name}.csv").write_text(_csv(rows), encoding="utf-8")
        settings = {
            "ASLEEP_API_KEY": vendor.api_key,
            "ASLEEP_BASE_URL": vendor.address,
            "NOCTURNE_RATE_LIMIT_PER_SECOND": "200",
            "NOCTURNE_SYNC_DAYS": "60",
            "NOCTURNE_SYNC_INTERVAL_MINUTES": "0",
        }
        with dashboard(folder, settings) as served:
            _first_day(camera, served.address, folder)
            vendor.stop()
            _bad_day(camera, served.address, folder)
    finally:
        vendor.stop()


def _first_day(camera: Camera, address: str, folder: Path) -> None:
    def preview(page: Page) -> None:
        _choose_list(page, folder / "bad.csv")

    camera.shoot(
        address,
        Scene(name="home-empty", link="/", faces=(DESK,)),
        Scene(name="admin-import", link="/admin?section=people", bring=preview),
        Scene(name="admin-create", link="/admin?section=people", bring=_create, faces=(DESK,)),
    )
    _import(camera.browser, address, folder / "good.csv")
    camera.shoot(address, Scene(name="home-all-well", link="/", faces=(DESK,)))


def _bad_day(camera: Camera, address: str, folder: Path) -> None:
    """The vendor is gone: somebody new cannot be synchronised, and somebody erased is not deleted there."""
    _import(camera.browser, address, folder / "new.csv")
    camera.shoot(
        address,
        Scene(name="home-no-data", link="/?cohort=New", faces=(DESK,)),
        Scene(name="admin-sync-failed", link="/admin?section=sync", faces=(DESK,)),
    )
    _erase_first(camera.browser, address)
    camera.shoot(address, Scene(name="admin-waiting", link="/admin?section=people", faces=(DESK,)))


def _choose_list(page: Page, file: Path) -> None:
    page.get_by_role("tab", name="Import a list").click()
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("Nothing has been taken in yet.")).to_be_visible()


def _create(page: Page) -> None:
    page.get_by_role("tab", name="Create a person").click()
    page.get_by_text("What the vendor is told, all of it optional").click()
    settle(page)


def _import(browser: Browser, address: str, file: Path) -> None:
    """Takes a list in, and waits until the synchronisation that follows has ended, well or not."""
    page = open_tab(browser).page
    page.goto(f"{address}/admin?section=people")
    settle(page)
    _choose_list(page, file)
    page.get_by_role("button", name=re.compile("^Import .* and bring their nights")).click()
    page.get_by_role("button", name="Close").click()
    settle(page)
    page.goto(f"{address}/admin?section=sync")
    settle(page)
    wait_until_synchronised(page, within_s=180)
    page.context.close()


def _erase_first(browser: Browser, address: str) -> None:
    page = open_tab(browser).page
    page.goto(f"{address}/admin?section=people")
    settle(page)
    page.locator(".st-key-admin_person input").first.click()
    page.get_by_role("option", name="Yusuf H.").click()
    page.wait_for_url(re.compile("person=p_"))
    settle(page)
    page.get_by_role("button", name="Erase this person").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Type the name to confirm").fill("Yusuf H.")
    dialog.get_by_label("Type the name to confirm").press("Enter")
    dialog.get_by_role("button", name="Erase for good").click()
    expect(dialog).to_have_count(0, timeout=90_000)
    settle(page)
    page.context.close()


def _row(person: DemoPerson) -> tuple[str, ...]:
    year = "" if person.birth_year is None else str(person.birth_year)
    return (person.user_id, person.name, person.zone, year, person.sex or "", ";".join(person.tags))


def _csv(rows: list[tuple[str, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([_HEADER, *rows])
    return text.getvalue()
