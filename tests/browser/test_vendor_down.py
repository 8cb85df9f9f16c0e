"""The vendor stops answering: every page still shows what it had, and says how old it is."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, expect

from tests.browsing import no_fault, open_tab, settle
from tests.serving import ROOT, Served, clean_environment, serve_script


@dataclass(frozen=True, kw_only=True)
class Orphaned:
    """A dashboard whose vendor is gone, and somebody it has nights of."""

    served: Served
    person_id: str


@pytest.fixture(scope="module")
def orphaned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orphaned]:
    folder = tmp_path_factory.mktemp("orphaned")
    roster = folder / "people.csv"
    command = [
        *(sys.executable, "-m", "asleep.simulator", "--exit-with-parent", "--people", "4", "--nights", "40"),
        *("--roster", str(roster)),
    ]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as vendor:
        assert vendor.stdout
        ready = msgspec.json.decode(vendor.stdout.readline())
        environment = {
            "ASLEEP_API_KEY": ready["api_key"],
            "ASLEEP_BASE_URL": ready["address"],
            "NOCTURNE_DATA_DIR": str(folder / "data"),
            "NOCTURNE_RATE_LIMIT_PER_SECOND": "1000",
            "NOCTURNE_SYNC_INTERVAL_MINUTES": "0",
        }
        nocturne(environment, "people", "import", str(roster))
        nocturne(environment, "sync")
        listed = nocturne(environment, "people", "list")
        vendor.terminate()
        vendor.communicate()
    # The dashboard's first synchronisation meets nobody.
    with serve_script("streamlit_app.py", output=folder / "output.txt", environment=environment) as served:
        yield Orphaned(served=served, person_id=listed.split("\t")[0])


def nocturne(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "nocturne", *arguments],
        cwd=ROOT,
        env=clean_environment(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("page", ["", "night", "person", "cohort", "reports"])
def test_a_page_shows_what_it_had_with_its_age(browser: Browser, orphaned: Orphaned, page: str) -> None:
    tab = open_tab(browser).page
    address = orphaned.served.address
    # The vendor's refusal to answer is tried a few times before it is believed.
    tab.goto(address)
    expect(tab.get_by_text("Synchronise now")).to_be_visible(timeout=90_000)
    query = f"?person={orphaned.person_id}" if page in {"night", "person", "reports"} else ""
    tab.goto(f"{address}/{page}{query}")
    settle(tab)
    no_fault(tab)
    expect(tab.get_by_text("data as of").first).to_be_visible()
    expect(tab.get_by_text("synchronisation paused").first).to_be_visible()
    expect(tab.get_by_text("could not be reached").first).to_be_visible()
    expect(tab.get_by_text("It goes on by itself at").first).to_be_visible()
    if page in {"night", "person", "cohort"}:
        expect(tab.locator(".js-plotly-plot").first).to_be_visible()
    if page == "":
        expect(tab.get_by_text("Last night").first).to_be_visible()
    if page == "reports":
        expect(tab.get_by_alt_text(re.compile("Page 1 of 1 of the report"))).to_be_visible()


def test_what_the_server_said_holds_no_key_and_no_traceback(orphaned: Orphaned) -> None:
    said = orphaned.served.output.read_text(errors="replace")
    assert "simulated-key" not in said
    assert "Traceback" not in said


def test_the_report_of_a_person_is_made_without_the_vendor(orphaned: Orphaned, tmp_path: Path) -> None:
    data = orphaned.served.output.parent / "data"
    environment = {
        "ASLEEP_API_KEY": "simulated-key-for-nobody",
        "ASLEEP_BASE_URL": "http://127.0.0.1:9",
        "NOCTURNE_DATA_DIR": str(data),
    }
    asked = ("report", "weekly", "--people", orphaned.person_id, "--format", "pdf,html,xlsx,csv")
    nocturne(environment, *asked, "--out", str(tmp_path))
    assert {path.suffix for path in tmp_path.iterdir()} == {".pdf", ".html", ".xlsx", ".csv"}
