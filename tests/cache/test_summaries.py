"""The average statistics as sessions, and the nights they make: what the stages will say, as far as it can be said."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Final

import numpy as np
import pandas as pd
import pytest

from analytics.night_view import night_view
from analytics.nights import SESSION_COLUMNS, SessionSet, night_table
from analytics.stages import STATISTICS
from asleep.client import AsleepClient, Timeouts
from asleep.contract import example
from asleep.models import AverageStats, SessionResult, SleptSession
from asleep.pacing import Pacer
from asleep.payloads import parse_average_stats
from asleep.simulator.server import serve
from asleep.simulator.world import simulated_world
from cache.columns import (
    SUMMARISED,
    PersonFile,
    Unreadable,
    encode_person,
    known_sessions,
    merged,
    session_set,
)
from cache.summaries import summarised
from tests.cache.samples import NOW

LATE: Final = datetime(2026, 3, 30, 18, 0, tzinfo=UTC)
FROM_STAGES_ONLY: Final = {
    "unknown_min",
    "unknown_share",
    "se_known_pct",
    "se_lower_pct",
    "se_upper_pct",
    "sol_5min_min",
    "sol_10min_min",
    "awakenings_over_5min",
    "sfi_per_h",
    "stage_shifts",
    "shift_rate_per_h",
}


@dataclass(frozen=True, kw_only=True)
class Life:
    """A made-up person as both ways of asking tell of them."""

    zone: str
    averages: AverageStats
    results: tuple[SessionResult, ...]


@pytest.fixture(scope="module")
def lives() -> Iterator[list[Life]]:
    with serve(simulated_world(people=9, nights=60, seed=5, until=date(2026, 3, 29), now=LATE)) as running:
        client = AsleepClient(
            base_url=running.address,
            api_key=running.api_key,
            timeouts=Timeouts(total_s=10),
            pacer=Pacer(None),
        )
        yield [
            Life(
                zone=person.zone,
                averages=client.average_stats(
                    person.user_id, first=date(2026, 1, 20), last=date(2026, 3, 30)
                ),
                results=tuple(
                    client.get_session(person.user_id, item.session_id)
                    for item in client.list_sessions(person.user_id)
                ),
            )
            for person in running.world.people
        ]
        client.close()


def averages_of(name: str) -> AverageStats:
    return parse_average_stats(json.dumps(example(name)).encode())


def both_ways(life: Life) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The nights by the vendor's statistics, and the same sleeps by their stages."""
    vendor = night_table(summarised(life.averages, received=LATE), zone=life.zone).set_index("session_id")
    staged = night_table(session_set(life.results, received=LATE), zone=life.zone).set_index("session_id")
    return vendor, staged.loc[[name for name in vendor.index if name in staged.index]]


def test_nights_by_the_vendors_statistics_are_those_that_the_stages_make(lives: list[Life]) -> None:
    compared = 0
    for life in lives:
        vendor, staged = both_ways(life)
        vendor = vendor.loc[staged.index]
        for name in ("night", "kind", "day_index", "start", "end", "onset", "final_wake", "midsleep", "zone"):
            sleeps = staged["kind"] != "unusable"
            assert vendor.loc[sleeps, name].tolist() == staged.loc[sleeps, name].tolist(), name
        whole = staged.index[(staged["unknown_min"] == 0) & (staged["kind"] != "unusable")]
        for name in sorted(set(STATISTICS) - FROM_STAGES_ONLY):
            np.testing.assert_allclose(
                vendor.loc[whole, name], staged.loc[whole, name], rtol=0, atol=1e-9, err_msg=name
            )
        compared += len(whole)
    assert compared > 400


def test_what_the_vendor_does_not_send_is_missing_and_the_row_says_what_it_rests_on(
    lives: list[Life],
) -> None:
    for life in lives:
        vendor, _ = both_ways(life)
        assert set(vendor["basis"]) == {"vendor"}
        assert set(vendor["grade"]) <= {"provisional", "X"}
        assert (vendor["valid"] == (vendor["grade"] == "provisional")).all()
        assert (vendor[["sri_agree", "sri_known"]] == 0).all(axis=None)
        assert vendor[sorted(FROM_STAGES_ONLY)].isna().all(axis=None)
        assert not vendor["reasons"].str.contains("DIFFERS").any()
    reasons = {reason for life in lives for reason in both_ways(life)[0]["reasons"]}
    assert any("NEVER_SLEPT" in reason for reason in reasons), (
        "sessions without sleep are listed, not averaged"
    )


def test_the_night_page_of_such_a_night_says_so(lives: list[Life]) -> None:
    life = lives[0]
    sessions = summarised(life.averages, received=LATE)
    nights = night_table(sessions, zone=life.zone)
    main = nights[nights["kind"] == "main"].iloc[-1]
    view = night_view(sessions, nights, str(main["session_id"]))
    assert (view.basis, view.grade, len(view.runs), view.beside) == ("vendor", "provisional", 0, ())
    assert view.shares.loc["deep", "minutes"] == main["deep_min"]
    assert view.shares["pct"].sum() == pytest.approx(100)


def equal(one: SessionSet, other: SessionSet) -> bool:
    pd.testing.assert_frame_equal(one.frame, other.frame)
    return bool(
        np.array_equal(one.stages.values, other.stages.values)
        and np.array_equal(one.stages.offsets, other.stages.offsets)
    )


def folded(parts: Sequence[SessionSet]) -> SessionSet:
    whole = SessionSet.empty()
    for part in parts:
        whole, _, _ = merged(whole, part)
    return whole


def test_stages_and_statistics_give_the_same_sessions_in_whatever_order_they_come(lives: list[Life]) -> None:
    for seed, life in enumerate(lives[:3]):
        cut = len(life.results) // 2
        parts = [
            summarised(life.averages, received=LATE),
            session_set(life.results[:cut], received=LATE + timedelta(minutes=5)),
            session_set(life.results[cut:], received=LATE + timedelta(minutes=6)),
            summarised(life.averages, received=LATE + timedelta(days=1)),
        ]
        expected = folded(parts)
        assert set(expected.frame["basis"]) == {"stages"}
        orders = list(permutations(parts))
        random.Random(seed).shuffle(orders)
        for order in orders[:6]:
            assert equal(folded(order), expected)
        # The statistics of a session with stages are those of its stages, whatever came first.
        pd.testing.assert_frame_equal(
            night_table(expected, zone=life.zone).drop(columns="received"),
            night_table(session_set(life.results, received=LATE), zone=life.zone).drop(columns="received"),
        )


def test_stages_that_cannot_be_read_leave_the_vendors_statistics_and_a_remark(lives: list[Life]) -> None:
    averages = lives[0].averages
    one = averages.slept[0]
    assert one.start
    unread = Unreadable(session_id=one.session_id, start=one.start, end=one.end, reason="a field is missing")
    for parts in permutations(
        [
            summarised(averages, received=LATE),
            session_set([], [unread], received=LATE + timedelta(minutes=1)),
        ]
    ):
        sessions = folded(parts)
        row = night_table(sessions, zone="UTC").set_index("session_id").loc[one.session_id]
        assert bool(row["valid"])
        assert row["basis"] == "vendor"
        assert "STAGES_UNREADABLE" in row["reasons"].split(";")
        known = known_sessions(encode_person(PersonFile(sessions=sessions, zone="UTC", synced_at=None)))
        assert not known[one.session_id].whole


def test_the_older_shape_gives_no_sessions_here() -> None:
    averages = averages_of("average_stats_reference_shape")
    assert averages.slept
    assert len(summarised(averages, received=NOW)) == 0


def test_the_contracts_example_is_read_whole() -> None:
    averages = averages_of("average_stats")
    sessions = summarised(averages, received=NOW)
    assert list(sessions.frame.columns) == list(SESSION_COLUMNS)
    assert len(sessions) == len(averages.slept) + len(averages.never_slept) == 4
    nights = night_table(sessions, zone="Europe/Berlin")
    assert nights["grade"].tolist().count("provisional") == 3
    first = nights.iloc[0]
    assert (first["tib_min"], first["tst_min"], first["waso_min"], first["awakenings"]) == (
        480.0,
        438.5,
        9.5,
        3.0,
    )


@pytest.mark.parametrize("missing", ["time_in_bed_s", "time_in_sleep_s", "sleep_latency_s"])
def test_a_session_without_length_or_place_waits_for_its_stages(missing: str) -> None:
    averages = averages_of("average_stats")
    sessions = summarised(averages, received=NOW)
    frame = sessions.frame.assign(**{f"vendor_{missing}": np.nan})
    nights = night_table(
        SessionSet.of_frame(frame=frame, stages=sessions.stages, snoring=sessions.snoring), zone="UTC"
    )
    assert set(nights["kind"]) == {"unusable"}
    assert nights["reasons"].str.contains("STAGES_AWAITED").sum() == 3


def overlapping(hours: float, *, received: datetime = NOW) -> SessionSet:
    """Two sessions known by their statistics, the second beginning so long before the first one ends."""
    slept = averages_of("average_stats").slept[:1]
    one: SleptSession = slept[0]
    assert one.end
    assert one.start
    begin = one.end - timedelta(hours=hours)
    stat = one.stat
    other = SleptSession(
        session_id="other", start=begin, end=begin + (one.end - one.start), stat=stat, created_timezone="UTC"
    )
    averages = AverageStats(
        timezone="UTC", first=date(2026, 2, 9), last=date(2026, 2, 15), days=7, slept=(one, other)
    )
    return summarised(averages, received=received)


def test_two_that_share_some_time_wait_and_two_that_share_most_are_one() -> None:
    some = night_table(overlapping(1), zone="UTC")
    assert some["reasons"].tolist() == ["STAGES_AWAITED", "STAGES_AWAITED"]
    most = night_table(overlapping(7), zone="UTC")
    assert sorted(most["reasons"]) == ["", "DUPLICATE"]
    apart = night_table(overlapping(-0.5), zone="UTC")
    assert apart["pieces"].tolist() == [2], "half an hour apart they are pieces of one sleep"
    assert apart["tst_min"].tolist() == [2 * 438.5]
    assert apart["waso_min"].tolist() == [2 * 9.5 + 20 + 12]


def test_such_sessions_are_told_apart_by_what_synchronisation_knows(lives: list[Life]) -> None:
    sessions = summarised(lives[0].averages, received=LATE)
    known = known_sessions(encode_person(PersonFile(sessions=sessions, zone="UTC", synced_at=None)))
    assert {one.state for one in known.values()} == {SUMMARISED}
    assert all(one.summary for one in known.values())
    assert len({one.summary for one in known.values()}) == len(known)


def test_a_field_that_the_vendor_adds_makes_no_session_another_one() -> None:
    payload = example("average_stats")
    plain = summarised(parse_average_stats(json.dumps(payload).encode()), received=NOW)
    for slept in (*payload["result"]["slept_sessions"], *payload["result"]["never_slept_sessions"]):
        slept["season"] = "winter"
    richer = summarised(parse_average_stats(json.dumps(payload).encode()), received=NOW)
    assert richer.frame["summary"].tolist() == plain.frame["summary"].tolist()
    payload["result"]["slept_sessions"][0]["time_in_sleep"] -= 30
    other = summarised(parse_average_stats(json.dumps(payload).encode()), received=NOW)
    changed = [one != two for one, two in zip(other.frame["summary"], plain.frame["summary"], strict=True)]
    assert changed == [True, False, False, False]
