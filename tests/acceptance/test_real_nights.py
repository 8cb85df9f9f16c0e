"""174 real nights of 65 people, all the way: recorded file, HTTP, client, archive, statistics, dates."""

import csv
import io
import json
import math
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pypdf
import pytest

from nocturne.access import local_actor
from nocturne.application import Application, build
from nocturne.bundles import BundleWanted, make_bundle
from nocturne.cohorts import cohorts
from nocturne.documents import FORMATS, KINDS, Kind, Wanted, documents
from nocturne.runs import cohort_report, person_report
from nocturne.sync import synchronise
from settings import Settings
from tests.nocturne.bundling import (
    nights_from_csv,
    nights_from_parquet,
    opened,
    same_nights,
    same_statistics,
    statistics_from_csv,
    statistics_from_parquet,
)
from tests.nocturne.importing import import_people
from tests.reports.test_bundle import described_rightly

ROOT = Path(__file__).resolve().parents[2]
REAL = ROOT.parent / "shared" / "real-nights"
NIGHTS, PEOPLE, OURA = 174, 65, "oura_a"

pytestmark = pytest.mark.skipif(
    not REAL.is_dir(),
    reason="the folder shared/real-nights is not beside the project here, so no real night was checked",
)


@dataclass(frozen=True, kw_only=True)
class Replay:
    application: Application
    sessions: dict[str, str]
    nights: pd.DataFrame


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replay]:
    folder = tmp_path_factory.mktemp("replay")
    roster = folder / "people.csv"
    command = [
        *(sys.executable, "-m", "asleep.simulator", "--exit-with-parent", "--until", "2026-03-01"),
        *("--replay", str(REAL / "nights.jsonl.gz"), "--roster", str(roster)),
    ]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        ready = json.loads(process.stdout.readline())
        settings = Settings(
            asleep_api_key=ready["api_key"],
            asleep_base_url=ready["address"],
            nocturne_data_dir=folder / "data",
            nocturne_rate_limit_per_second=1000,
        )
        application = build(settings)
        actor = local_actor(application.organisation)
        taken = import_people(application, actor, roster.read_text(encoding="utf-8"))
        assert not taken.refused
        progress = synchronise(application, actor, application.people(), days=3650)
        assert not progress.failures
        yield Replay(
            application=application,
            sessions=ready["sessions"],
            nights=application.archive.statistics(application.organisation).set_index("session_id"),
        )
        application.close()
        process.terminate()
        process.communicate()


def test_every_night_of_everybody_arrives(replay: Replay) -> None:
    assert len(replay.application.people()) == PEOPLE
    assert len(replay.sessions) == NIGHTS
    assert set(replay.nights.index) == set(replay.sessions.values())


def test_the_archive_equals_every_published_statistic(replay: Replay) -> None:
    with (REAL / "night_stats.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == NIGHTS
    columns = [name for name in rows[0] if name not in {"night_id", "person"}]
    wrong = [
        (row["night_id"], column, row[column], found)
        for row in rows
        for column in columns
        if not _equal(row[column], found := float(replay.nights[column][replay.sessions[row["night_id"]]]))
    ]
    assert not wrong, wrong[:10]


def _equal(published: str, found: float) -> bool:
    if published == "":
        return math.isnan(found)
    return math.isclose(float(published), found, rel_tol=1e-5, abs_tol=1e-9)


def test_no_two_nights_of_a_person_share_a_label(replay: Replay) -> None:
    mains = _oura(replay)
    assert len(mains) == 98
    assert mains["night"].nunique() == 98


def test_the_night_the_clocks_went_back_lasts_as_long_as_it_lasted(replay: Replay) -> None:
    mains = _oura(replay)
    night = mains[mains["night"] == pd.Timestamp(date(2025, 11, 2))].iloc[0]
    elapsed_min = (night["end"] - night["start"]).total_seconds() / 60
    assert math.floor(elapsed_min) == 9 * 60 + 23
    assert night["end_offset_min"] - night["start_offset_min"] == -60


def test_people_without_clock_times_keep_their_nights_apart(replay: Replay) -> None:
    for _, nights in replay.nights[replay.nights["kind"] == "main"].groupby("person_id", observed=True):
        assert nights["night"].is_unique


@pytest.mark.parametrize("pseudonyms", [False, True])
def test_a_research_bundle_of_them_reproduces_every_statistic(
    replay: Replay, tmp_path: Path, *, pseudonyms: bool
) -> None:
    application, path = replay.application, tmp_path / "real.zip"
    wanted = BundleWanted(
        people=application.people(),
        label="everyone",
        first=date(2000, 1, 1),
        last=application.now().date(),
        pseudonyms=pseudonyms,
        hypnograms=True,
    )
    run = make_bundle(application, local_actor(application.organisation), wanted, path)
    assert not run.failures
    bundle = opened(path)
    described_rightly(bundle)
    nights = nights_from_parquet(bundle)
    assert len(nights) == NIGHTS
    same_statistics(statistics_from_parquet(bundle), nights)
    same_statistics(statistics_from_csv(bundle), nights_from_csv(bundle))
    if pseudonyms:
        names = [person.name for person in application.people()] + list(replay.sessions.values())
        said = b"".join(bundle.members.values())
        assert not [name for name in names if name.encode() in said]
    else:
        same_nights(nights, replay.nights.reset_index()[list(nights)])


def test_everybody_has_a_week_on_one_page_and_as_tables(replay: Replay) -> None:
    application, actor = replay.application, local_actor(replay.application.organisation)
    for person in application.people():
        wanted = Wanted(ending=_newest(replay, person.person_id), formats=("pdf", "xlsx", "csv"))
        report = person_report(application, actor, person.person_id, wanted)
        pdf, xlsx, nights, *_ = (
            made.content for made in documents(report, wanted, generated_at=application.now())
        )
        assert len(pypdf.PdfReader(io.BytesIO(pdf)).pages) == 1, person.name
        assert "Nights" in openpyxl.load_workbook(io.BytesIO(xlsx), read_only=True).sheetnames
        assert nights.count(b"\r\n") == 1 + len(report.period.nights)


@pytest.mark.parametrize("kind", KINDS)
def test_some_of_them_and_all_together_have_a_report_in_every_format(replay: Replay, kind: Kind) -> None:
    application, actor = replay.application, local_actor(replay.application.organisation)
    everyone = cohorts(application, actor)[0]
    people = [person for person in application.people() if person.name == OURA] + [
        *application.people()[::20]
    ]
    for person in people:
        wanted = Wanted(kind=kind, ending=_newest(replay, person.person_id))
        report = person_report(application, actor, person.person_id, wanted)
        made = documents(report, wanted, generated_at=application.now())
        assert {Path(each.name).suffix.removeprefix(".") for each in made} == set(FORMATS)
        assert all(len(each.content) > 100 for each in made)
    wanted = Wanted(kind=kind, ending=date(2026, 3, 1))
    whole = cohort_report(application, actor, everyone, wanted)
    assert whole.period.size == PEOPLE
    assert not whole.period.unserved
    made = documents(whole, wanted, generated_at=application.now())
    assert {Path(each.name).suffix.removeprefix(".") for each in made} == set(FORMATS)


def _newest(replay: Replay, person_id: str) -> date:
    newest: pd.Timestamp = replay.nights.loc[replay.nights["person_id"] == person_id, "night"].max()
    return newest.date()


def _oura(replay: Replay) -> pd.DataFrame:
    (person,) = [entry for entry in replay.application.people() if entry.name == OURA]
    return replay.nights[(replay.nights["person_id"] == person.person_id) & (replay.nights["kind"] == "main")]
