"""What an operator does on the first day: from an empty installation with a key to a cohort's Home."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, expect

from asleep.simulator.server import serve
from asleep.simulator.world import simulated_world
from tests.browsing import no_fault, open_tab, settle
from tests.nocturne.conftest import roster_csv
from tests.serving import serve_script

PEOPLE = 5


def test_from_an_empty_installation_to_the_home_of_a_cohort(browser: Browser, tmp_path: Path) -> None:
    with serve(simulated_world(people=PEOPLE, nights=40, seed=3), latency_ms=3) as vendor:
        environment = {
            "ASLEEP_API_KEY": vendor.api_key,
            "ASLEEP_BASE_URL": vendor.address,
            "NOCTURNE_DATA_DIR": str(tmp_path / "data"),
            "NOCTURNE_RATE_LIMIT_PER_SECOND": "100",
            "NOCTURNE_SYNC_INTERVAL_MINUTES": "0",
        }
        people = tmp_path / "people.csv"
        people.write_text(roster_csv(vendor) + "G-bad,Nobody,Mars/Olympus,,,\n", encoding="utf-8")
        with serve_script(
            "streamlit_app.py", output=tmp_path / "output.txt", environment=environment
        ) as served:
            tab = open_tab(browser)
            page = tab.page
            page.goto(served.address)
            settle(page)
            expect(page.locator("h1")).to_have_text("Nobody is on the roster yet")
            page.get_by_role("link", name="Admin").click()
            page.wait_for_url(re.compile("/admin"))
            settle(page)
            page.get_by_role("tab", name="Import a list").click()
            page.locator("input[type=file]").set_input_files(people)
            expect(page.get_by_text(f"{PEOPLE} to add, 0 to change, 0 as before, 1 refused.")).to_be_visible()
            expect(page.get_by_text("Nothing has been taken in yet.")).to_be_visible()
            page.get_by_role("button", name=f"Import {PEOPLE} and bring their nights").click()
            expect(page.locator("h1")).to_have_text(re.compile(rf"{PEOPLE}\s*people are on the roster"))
            expect(page.get_by_text(re.compile(r"Line 7: .*Mars"))).to_be_visible()
            no_fault(page)

            page.get_by_text("Sync", exact=True).click()
            page.wait_for_url(re.compile("section=sync"))
            expect(page.locator("[data-testid=stProgress]")).to_be_visible(timeout=30_000)
            expect(page.get_by_text("Synchronise now")).to_be_visible(timeout=120_000)
            settle(page)
            expect(page.locator("h1")).to_have_text("Everybody is synchronised")
            expect(page.get_by_text(re.compile(rf"{PEOPLE} of {PEOPLE} people done"))).to_be_visible()
            no_fault(page)
            # Not while it changes: an address that loses the section a moment later has had it too.
            page.wait_for_timeout(1500)
            settle(page)
            assert parse_qs(urlsplit(page.url).query) == {"section": ["sync"]}
            page.reload()
            settle(page)
            page.wait_for_timeout(1500)
            expect(page.get_by_role("radio", name="Sync")).to_be_checked()
            assert parse_qs(urlsplit(page.url).query) == {"section": ["sync"]}

            tag = vendor.world.people[0].tags[0]
            count = sum(tag in person.tags for person in vendor.world.people)
            page.get_by_role("link", name="Home").click()
            settle(page)
            page.locator(".st-key-cohort_choice input").first.click()
            page.get_by_role("option", name=f"{tag} ({count})").click()
            page.wait_for_url(re.compile("cohort="))
            settle(page)
            expect(page.get_by_text(re.compile(rf"of {count} delivered last night"))).to_be_visible()
            no_fault(page)

            # And somebody out again: the name is typed first.
            person = vendor.world.people[0]
            page.goto(f"{served.address}/admin?section=people")
            settle(page)
            page.locator(".st-key-admin_person input").first.click()
            page.get_by_role("option", name=person.name).click()
            page.wait_for_url(re.compile("person=p_"))
            settle(page)
            page.get_by_role("button", name="Erase this person").click()
            dialog = page.get_by_role("dialog")
            expect(dialog.get_by_text(re.compile(r"nights?.* from "))).to_be_visible()
            expect(dialog.get_by_role("button", name="Erase for good")).to_be_disabled()
            dialog.get_by_label("Type the name to confirm").fill(person.name)
            dialog.get_by_label("Type the name to confirm").press("Enter")
            dialog.get_by_role("button", name="Erase for good").click()
            expect(page.locator("h1")).to_have_text(re.compile(rf"{PEOPLE - 1}\s*people are on the roster"))
            expect(page.get_by_text("the vendor has deleted the user")).to_be_visible()
            no_fault(page)
            assert vendor.account.person(person.user_id) is None
            assert not tab.strayed
