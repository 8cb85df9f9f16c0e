"""The demo as everybody meets it first: every screen, and what is done about a flag."""

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from pictures.serving import dashboard
from pictures.shooting import DESK, NIGHT_DESK, NIGHT_PHONE, Camera, Scene
from pictures.under_way import enter
from tests.browsing import open_tab, settle, wait_until_synchronised

_SETTINGS = {"NOCTURNE_DEMO_SEED": "1", "NOCTURNE_SYNC_INTERVAL_MINUTES": "0"}
# Light and dark where people compare; of what is opened on the way, on a phone too.
_DESKS = (DESK, NIGHT_DESK)
_EVERYWHERE = (DESK, NIGHT_DESK, NIGHT_PHONE)
_COMPARE = "/compare?a=Control&b=Intervention"
_CARDS = "[class*='st-key-card_p_']"


def shoot(camera: Camera, folder: Path) -> None:
    """Starts the demo in a folder of its own, waits until everything is here, and takes its pictures."""
    with dashboard(folder, _SETTINGS) as served:
        night, person = _whom(camera.browser, served.address)
        camera.shoot(
            served.address,
            Scene(name="home", link="/", faces=_EVERYWHERE),
            Scene(name="home-act", link="/", bring=_act, whole=False),
            Scene(name="home-missing", link="/", bring=_missing, faces=(DESK,)),
            Scene(name="night", link=night, faces=_EVERYWHERE),
            Scene(name="person", link=f"/person?person={person}", faces=_DESKS),
            Scene(
                name="person-quarter",
                link=f"/person?person={person}&period=3-months&metric=midsleep_clock_h",
                faces=(DESK, NIGHT_PHONE),
            ),
            Scene(name="cohort", link="/cohort?cohort=everyone", bring=_long, faces=_EVERYWHERE),
            Scene(name="compare", link=_COMPARE, bring=_all_arrived, faces=_DESKS),
            Scene(
                name="compare-periods",
                link="/compare?design=periods&cohort=Intervention&metric=mean_deep_min",
                bring=_all_arrived,
                faces=(),
            ),
            Scene(
                name="compare-few",
                link="/compare?a=Rowing%20squad&b=Night%20shift&metric=mean_midsleep_h",
                faces=(),
            ),
            Scene(name="quality", link="/quality?cohort=everyone", faces=_EVERYWHERE),
            Scene(name="reports", link=f"/reports?person={person}", faces=_DESKS),
            Scene(name="reports-cohort", link="/reports?about=cohort", faces=(DESK,)),
            Scene(
                name="quality-rules",
                link="/quality?cohort=everyone&longest_gap_min=20",
                bring=_quality_rules,
                faces=(DESK,),
                whole=False,
            ),
            *(
                Scene(name=f"admin-{section}", link=f"/admin?section={section}", faces=_EVERYWHERE)
                for section in ("people", "settings", "sync", "storage")
            ),
            Scene(
                name="admin-nights-preview", link="/admin?section=settings", bring=_other_rules, faces=(DESK,)
            ),
            Scene(
                name="admin-erase",
                link=f"/admin?section=people&person={person}",
                bring=_erase,
                whole=False,
            ),
        )
        enter(folder / "data" / "demo")
        camera.shoot(served.address, Scene(name="live", link="/live", faces=(DESK,)))
        _deal_with_two(camera.browser, served.address)
        camera.shoot(served.address, Scene(name="home-set-aside", link="/", bring=_set_aside, faces=(DESK,)))


def _whom(browser: Browser, address: str) -> tuple[str, str]:
    """The link to the night of whoever is first on Home, and that person's id, once everybody is synchronised."""
    page = open_tab(browser).page
    page.goto(address)
    settle(page)
    wait_until_synchronised(page, within_s=300)
    night = page.locator(_CARDS).first.get_by_role("link", name="Night", exact=True).get_attribute("href")
    page.context.close()
    found = re.search(r"person=(p_\w+)", night or "")
    if night is None or found is None:
        raise RuntimeError("Nobody on Home has a link to a night, so there is nothing to take a picture of.")
    return f"/{night.lstrip('/')}", found[1]


def _long(page: Page) -> None:
    """Waits for a page whose last section is drawn late."""
    expect(page.get_by_text("Around a phase").first).to_be_visible()
    settle(page)


def _act(page: Page) -> None:
    page.locator(_CARDS).first.get_by_role("button", name="Act").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _missing(page: Page) -> None:
    page.get_by_text("Who is missing, and why").click()
    settle(page)


def _all_arrived(page: Page) -> None:
    expect(page.get_by_text("Bootstrap interval", exact=True)).to_be_visible(timeout=60_000)
    expect(page.get_by_text("how its bootstrap spreads")).to_be_visible(timeout=60_000)
    settle(page)


def _other_rules(page: Page) -> None:
    hours = page.get_by_role("spinbutton", name="In bed at least, h")
    hours.fill("5")
    hours.press("Tab")
    page.get_by_role("button", name="See what would change").click()
    expect(page.get_by_role("button", name="Let nights count so")).to_be_visible(timeout=60_000)


def _quality_rules(page: Page) -> None:
    settle(page)
    expect(page.get_by_text("would be left out")).to_be_visible(timeout=60_000)
    page.locator(".st-key-card_rules").evaluate("card => card.scrollIntoView({block: 'start'})")


def _erase(page: Page) -> None:
    page.get_by_role("button", name="Erase this person").click()
    expect(page.get_by_role("dialog").get_by_label("Type the name to confirm")).to_be_visible()


def _deal_with_two(browser: Browser, address: str) -> None:
    """Whoever is first is done with a note, the next is snoozed."""
    page = open_tab(browser).page
    page.goto(address)
    settle(page)
    for button, note in (("Done", "Called: exam week, back to normal on Monday."), ("A week", "On a trip.")):
        _act(page)
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Note").fill(note)
        dialog.get_by_role("button", name=button, exact=True).click()
        expect(dialog).to_have_count(0)
        settle(page)
    page.context.close()


def _set_aside(page: Page) -> None:
    page.get_by_text("1 snoozed, 1 done").click()
    settle(page)
