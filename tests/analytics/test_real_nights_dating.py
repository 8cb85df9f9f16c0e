"""Ninety-eight nights of a real person, with a clock change and a journey: each gets a date of its own."""

import gzip
import json
import time
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analytics.nights import night_table
from analytics.regularity import sri_from_counts
from tests.analytics.plain_slots import plain_counts
from tests.analytics.recordings import Recording, session_set

REAL_NIGHTS = Path(__file__).resolve().parents[3] / "shared" / "real-nights"


@pytest.fixture(scope="module")
def published() -> list[dict[str, Any]]:
    if not REAL_NIGHTS.is_dir():
        pytest.skip("the real nights are not part of the repository; put them in ../shared/real-nights")
    with gzip.open(REAL_NIGHTS / "nights.jsonl.gz", "rt", encoding="utf-8") as lines:
        nights = [json.loads(line) for line in lines]
    return [night for night in nights if night["dataset"] == "oura"]


@pytest.fixture(scope="module")
def recordings(published: list[dict[str, Any]]) -> list[Recording]:
    return [
        Recording(
            session_id=night["night_id"],
            start=datetime.fromisoformat(night["start_time"]),
            end=datetime.fromisoformat(night["end_time"]),
            zone=night["zone"],
            stages=tuple((stage, len(list(run))) for stage, run in groupby(night["stages"])),
        )
        for night in published
    ]


@pytest.fixture(scope="module")
def nights(recordings: list[Recording]) -> pd.DataFrame:
    return night_table(session_set(recordings), zone="America/Los_Angeles")


def test_every_night_has_a_date_of_its_own(nights: pd.DataFrame) -> None:
    assert len(nights) == 98
    assert nights["kind"].eq("main").all()
    assert nights["night"].is_unique
    assert nights["day_index"].is_unique


def test_dates_are_those_the_device_gave(nights: pd.DataFrame, published: list[dict[str, Any]]) -> None:
    given = {night["night_id"]: night["published"]["day"] for night in published}
    found = nights.set_index("session_id")["night"].dt.strftime("%Y-%m-%d").to_dict()
    assert found == given


def test_the_night_the_clocks_went_back_lasts_as_long_as_it_did(nights: pd.DataFrame) -> None:
    night = nights[nights["night"] == "2025-11-02"].iloc[0]
    lasted = night["end"] - night["start"]
    assert lasted.round("min") == pd.Timedelta(hours=9, minutes=23)
    assert (night["start_offset_min"], night["end_offset_min"]) == (-420, -480)
    assert "CLOCK_CHANGE" in night["reasons"]


def test_the_journey_is_read_on_the_clock_of_its_place(nights: pd.DataFrame) -> None:
    away = nights[nights["zone"] == "Pacific/Honolulu"]
    assert len(away) == 5
    assert away["end_clock_h"].between(6, 9).all()


def test_arrays_an_entry_too_long_are_no_mismatch(nights: pd.DataFrame) -> None:
    assert not nights["reasons"].str.contains("EPOCH_MISMATCH").any()


def test_regularity_follows_the_rules_spelled_out(nights: pd.DataFrame, recordings: list[Recording]) -> None:
    zone = "America/Los_Angeles"
    weeks = [each for each in recordings if each.zone == zone and each.start.isoformat() < "2025-12-20"]
    home = night_table(session_set(weeks), zone=zone)
    found = zip(home["sri_agree"], home["sri_known"], strict=True)
    assert dict(zip(home["day_index"], found, strict=True)) == plain_counts(weeks, home, zone)
    sri, pairs = sri_from_counts(nights["sri_agree"], nights["sri_known"])
    assert 70 < sri < 80
    # Two journeys leave out three nights each, and with them four pairs.
    assert pairs == 81


def test_a_person_is_dated_faster_than_a_page_can_tell(recordings: list[Recording]) -> None:
    sessions = session_set(recordings)
    night_table(sessions, zone="UTC")
    begun = time.process_time()
    night_table(sessions, zone="UTC")
    # Some 10 ms; the bound leaves room for a machine five times slower.
    assert time.process_time() - begun < 0.06
