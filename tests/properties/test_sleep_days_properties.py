"""Splitting, copying and reordering the sessions changes no night, nor does moving them by whole days."""

import gzip
import json
import random
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.ledger import exclusion_ledger
from analytics.nights import night_table
from tests.analytics.recordings import Recording, epochs, session_set

BEGIN = datetime(2026, 3, 24, 12, tzinfo=UTC)
REAL_NIGHTS = Path(__file__).resolve().parents[3] / "shared" / "real-nights"
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

# What names the sessions and not the sleep.
NAMES = ["session_id", "session_ids", "pieces", "received"]

bouts = st.lists(st.tuples(st.sampled_from([-1, 0, 1, 2, 3]), st.integers(1, 150)), min_size=1, max_size=8)
sleeps = bouts.map(lambda runs: ((1, 20), *runs, (2, 20)))


@st.composite
def people(draw: st.DrawFn) -> list[Recording]:
    """Some days of one sleep each or none, at any hour; never closer to each other than a bridge."""
    found = []
    for day in range(draw(st.integers(1, 9))):
        if draw(st.booleans()):
            start = BEGIN + timedelta(days=day, minutes=30 * draw(st.integers(0, 24)))
            zone = draw(st.sampled_from(["Europe/Berlin"] * 6 + ["Asia/Tokyo"]))
            found.append(Recording(start=start, stages=draw(sleeps), zone=zone, session_id=f"n{day}"))
    return found


def table(sessions: list[Recording], zone: str = "Europe/Berlin") -> pd.DataFrame:
    return night_table(session_set(sessions), zone=zone)


def split(each: Recording, at: int) -> list[Recording]:
    """The recording stopped and started again after so many epochs, each part with its own name."""
    stages = epochs(each.stages)
    parts = []
    for name, begin, piece in (("a", 0, stages[:at]), ("b", at, stages[at:])):
        runs = tuple((int(stage), len(list(run))) for stage, run in groupby(piece.tolist()))
        start = each.start.astimezone(UTC) + timedelta(seconds=30 * begin)
        end = each.end if name == "b" else None
        parts.append(
            Recording(start=start, end=end, stages=runs, zone=each.zone, session_id=f"{each.name}{name}")
        )
    return parts


def within_sleep(each: Recording, share: float) -> int:
    """An epoch with sleep on both sides of it."""
    asleep = np.flatnonzero(epochs(each.stages) > 0)
    return int(asleep[0] + 1 + share * (asleep[-1] - asleep[0] - 1))


@quick
@given(people(), st.lists(st.floats(0, 1), min_size=9, max_size=9), st.randoms(use_true_random=False))
def test_sessions_split_copied_and_shuffled_are_the_same_nights(
    sessions: list[Recording], shares: list[float], chance: random.Random
) -> None:
    parts = [
        part
        for each, share in zip(sessions, shares, strict=False)
        for part in (split(each, within_sleep(each, share)) if share > 0.3 else [each])
    ]
    again = [*parts, *parts[:3]]
    chance.shuffle(again)
    plain, cut = table(sessions), table(again)
    pd.testing.assert_frame_equal(plain.drop(columns=NAMES), cut.drop(columns=NAMES))
    one, other = exclusion_ledger(plain, consistency=True), exclusion_ledger(cut, consistency=True)
    assert one.analysed_nights == other.analysed_nights
    assert {each.code: each.nights for each in one.exclusions} == {
        each.code: each.nights for each in other.exclusions
    }


@quick
@given(people(), st.integers(-1000, 1000))
def test_moved_by_whole_days_only_the_dates_move(sessions: list[Recording], days: int) -> None:
    # Zones without clock changes: elsewhere a day is not always 24 h.
    still = [Recording(**{**vars(each), "zone": "Asia/Kolkata"}) for each in sessions]
    later = timedelta(days=days)
    moved = [
        Recording(**{**vars(each), "start": each.start + later, "received": each.received + later})
        for each in still
    ]
    one, other = table(still, "Asia/Kolkata"), table(moved, "Asia/Kolkata")
    instants = [name for name, dtype in one.dtypes.items() if str(dtype).startswith("datetime64")]
    for name in instants:
        assert (other[name] - one[name]).eq(pd.Timedelta(later)).all()
    assert (other["day_index"] - one["day_index"]).eq(days).all()
    changed = [*instants, "day_index"]
    pd.testing.assert_frame_equal(one.drop(columns=changed), other.drop(columns=changed))


@pytest.fixture(scope="module")
def real() -> list[Recording]:
    if not REAL_NIGHTS.is_dir():
        pytest.skip("the real nights are not part of the repository; put them in ../shared/real-nights")
    with gzip.open(REAL_NIGHTS / "nights.jsonl.gz", "rt", encoding="utf-8") as lines:
        nights = [night for night in map(json.loads, lines) if night["dataset"] == "oura"]
    return [
        Recording(
            session_id=night["night_id"],
            start=datetime.fromisoformat(night["start_time"]),
            end=datetime.fromisoformat(night["end_time"]),
            zone=night["zone"],
            stages=tuple((stage, len(list(run))) for stage, run in groupby(night["stages"])),
        )
        for night in nights
    ]


@pytest.mark.parametrize("share", [0.25, 0.5, 0.8])
def test_real_nights_split_copied_and_reversed_are_the_same(real: list[Recording], share: float) -> None:
    zone = "America/Los_Angeles"
    parts = [part for each in real for part in split(each, within_sleep(each, share))]
    plain, cut = table(real, zone), table([*parts[::-1], *parts[:20]], zone)
    pd.testing.assert_frame_equal(plain.drop(columns=NAMES), cut.drop(columns=NAMES))


def test_nineteen_pairs_of_real_nights_begin_on_one_date_and_each_has_its_own(real: list[Recording]) -> None:
    nights = table(real, "America/Los_Angeles").set_index("session_id")
    begun = pd.Series({each.name: each.start.date() for each in real})
    shared = begun[begun.duplicated(keep=False)]
    assert len(shared) == 38
    assert nights.loc[shared.index, "night"].is_unique


def test_the_days_of_the_real_journey_are_left_out_of_consistency(real: list[Recording]) -> None:
    nights = table(real, "America/Los_Angeles")
    codes = nights["reasons"].str.split(";")
    for code, count in (("TRAVEL", 2), ("AFTER_TRAVEL", 4)):
        assert codes.map(lambda told, code=code: code in told).sum() == count
    ledger = exclusion_ledger(nights, consistency=True)
    assert (ledger.valid_nights, ledger.analysed_nights) == (98, 92)
