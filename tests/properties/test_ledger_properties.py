"""The ledger adds up for whatever was recorded, and depends neither on order nor on the machine's zone."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.grades import first_exclusion
from analytics.ledger import added, exclusion_ledger, ledgers
from analytics.nights import night_table
from tests.analytics.recordings import LATER, Recording, session_set

BEGIN = datetime(2026, 3, 24, tzinfo=UTC)
stages = st.lists(st.tuples(st.sampled_from([-1, 0, 1, 1, 2, 3]), st.integers(1, 400)), max_size=5).map(tuple)
recordings = st.builds(
    Recording,
    # Half hours, so that sessions often overlap, coincide or touch.
    start=st.integers(0, 8 * 48).map(lambda half_hours: BEGIN + timedelta(minutes=30 * half_hours)),
    stages=stages | st.just(((1, 5), (7, 1))),
    session_id=st.integers(0, 30).map(lambda n: f"s{n:02d}"),
    state=st.sampled_from(["COMPLETE"] * 8 + ["OPEN", "CLOSED"]),
    open=st.sampled_from([False] * 9 + [True]),
    zone=st.sampled_from(["", "Europe/Berlin", "Asia/Tokyo", "No/Where"]),
    labels=st.sampled_from([()] * 8 + [("NEVER_SLEPT",), ("TOO_SHORT_FOR_ANALYSIS",)]),
    missing=st.sampled_from([0.0] * 4 + [0.1, 0.5]),
    received=st.integers(0, 3).map(lambda days: LATER - timedelta(days=days)),
    problem=st.sampled_from([""] * 9 + ["The answer is not JSON."]),
)
people = st.lists(recordings, max_size=12)
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
questions = st.fixed_dictionaries(
    {
        "measure": st.sampled_from([None, "tst_min", "rem_latency_min"]),
        "consistency": st.booleans(),
        "minimum_nights": st.integers(0, 3),
    }
)


def table(sessions: list[Recording]) -> pd.DataFrame:
    return night_table(session_set(sessions), zone="Europe/Berlin")


@contextmanager
def machine_in(zone: str) -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = zone
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()


@quick
@given(people, questions)
def test_it_adds_up_and_counts_every_session_once(
    sessions: list[Recording], question: dict[str, object]
) -> None:
    nights = table(sessions)
    # A ledger that does not add up refuses to exist; here its ends are those counted by hand.
    ledger = exclusion_ledger(nights, received=len(sessions), **question)  # type: ignore[arg-type]
    assert ledger.received == len(sessions)
    assert ledger.recorded == len({each.name for each in sessions})
    assert ledger.valid == nights.loc[nights["valid"], "pieces"].sum()
    assert ledger.recorded_nights == nights["night"].nunique()
    mains = nights[nights["valid"] & (nights["kind"] == "main")]
    assert ledger.valid_nights == len(mains) == mains["night"].nunique()
    assert 0 <= ledger.analysed_nights <= ledger.analysed <= ledger.valid
    assert all(each.sessions > 0 and each.reason for each in ledger.exclusions)


@quick
@given(people)
def test_what_is_not_valid_is_counted_by_its_first_reason(sessions: list[Recording]) -> None:
    nights = table(sessions)
    left_out = nights[~nights["valid"]]
    expected = (
        left_out["pieces"]
        .groupby(left_out["reasons"].map(partial(first_exclusion, valid=False)))
        .sum()
        .to_dict()
    )
    found = {each.code: each.sessions for each in exclusion_ledger(nights).exclusions if each.step == "valid"}
    assert found == expected


@quick
@given(people.flatmap(lambda sessions: st.tuples(st.just(sessions), st.permutations(sessions))), questions)
def test_the_order_of_sessions_and_of_copies_never_matters(
    both: tuple[list[Recording], list[Recording]], question: dict[str, object]
) -> None:
    one, other = both
    plain = exclusion_ledger(table(one), **question)  # type: ignore[arg-type]
    assert plain == exclusion_ledger(table([*other, *one]), **question)  # type: ignore[arg-type]


@quick
@given(st.lists(people, max_size=4), questions)
def test_people_add_up_to_the_ledger_of_all(
    everyone: list[list[Recording]], question: dict[str, object]
) -> None:
    parts = [table(sessions).assign(person_id=f"p{n}") for n, sessions in enumerate(everyone)]
    ids = [f"p{n}" for n in range(len(parts))]
    each = [exclusion_ledger(part, **question) for part in parts if len(part)]  # type: ignore[arg-type]
    together = pd.concat(parts, ignore_index=True) if parts else table([]).assign(person_id="")
    summed = added(ledgers(together, person_ids=ids, **question))  # type: ignore[arg-type]
    assert summed.recorded == sum(part["pieces"].sum() for part in parts)
    assert summed.exclusions == added(each).exclusions
    assert summed.analysed_nights == sum(ledger.analysed_nights for ledger in each)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(people)
def test_nights_and_ledger_are_the_same_wherever_the_machine_stands(sessions: list[Recording]) -> None:
    found = []
    for zone in ("UTC", "Asia/Kolkata"):
        with machine_in(zone):
            nights = table(sessions)
            found.append((nights, exclusion_ledger(nights, consistency=True)))
    pd.testing.assert_frame_equal(found[0][0], found[1][0], check_exact=True)
    assert found[0][1] == found[1][1]


@quick
@given(people, st.integers(-400, 400).map(lambda weeks: timedelta(weeks=weeks)))
def test_whole_weeks_later_the_ledger_is_the_same(sessions: list[Recording], later: timedelta) -> None:
    moved = [
        Recording(**{**vars(each), "start": each.start + later, "received": each.received + later})
        for each in sessions
    ]
    # In a zone without clock changes a day is a day.
    one, other = (
        exclusion_ledger(night_table(session_set(some), zone="UTC"), consistency=True)
        for some in (
            [Recording(**{**vars(each), "zone": ""}) for each in sessions],
            [Recording(**{**vars(each), "zone": ""}) for each in moved],
        )
    )
    assert one == other
