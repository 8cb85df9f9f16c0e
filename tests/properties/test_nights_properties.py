"""What holds of nights whatever a person recorded and in whatever order it arrived."""

from datetime import UTC, datetime, timedelta

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.grades import REASONS
from analytics.night_view import night_view
from analytics.nights import SessionSet, night_table
from tests.analytics.recordings import LATER, Recording, session_set

BEGIN = datetime(2026, 3, 24, tzinfo=UTC)
ZONES = ("", "UTC", "Europe/Berlin", "Pacific/Apia", "America/New_York", "No/Where")

stages = st.lists(st.tuples(st.sampled_from([-1, 0, 1, 2, 3]), st.integers(1, 400)), max_size=6).map(tuple)
recordings = st.builds(
    Recording,
    # Minutes, so that starts and ends often touch, overlap or coincide.
    start=st.integers(0, 10 * 48).map(lambda half_hours: BEGIN + timedelta(minutes=30 * half_hours)),
    stages=stages | st.just(((1, 5), (7, 1))),
    session_id=st.integers(0, 40).map(lambda n: f"s{n:02d}"),
    state=st.sampled_from(["COMPLETE"] * 8 + ["OPEN", "CLOSED"]),
    open=st.sampled_from([False] * 9 + [True]),
    zone=st.sampled_from(ZONES),
    labels=st.sampled_from(
        [()] * 8 + [("NEVER_SLEPT",), ("TOO_SHORT_FOR_ANALYSIS", "NO_BREATHING_STABILITY")]
    ),
    missing=st.sampled_from([0.0] * 4 + [0.1, 0.5]),
    received=st.integers(0, 3).map(lambda days: LATER - timedelta(days=days)),
    problem=st.sampled_from([""] * 9 + ["The answer is not JSON."]),
)
people = st.lists(recordings, max_size=14)
quick = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def table(sessions: list[Recording]) -> pd.DataFrame:
    return night_table(session_set(sessions), zone="Europe/Berlin")


@quick
@given(people.flatmap(lambda sessions: st.tuples(st.just(sessions), st.permutations(sessions))))
def test_the_order_of_arrival_never_matters(both: tuple[list[Recording], list[Recording]]) -> None:
    given_order, another = both
    pd.testing.assert_frame_equal(table(given_order), table(another), check_exact=True)


@quick
@given(people)
def test_every_session_is_named_exactly_once(sessions: list[Recording]) -> None:
    named = [name for names in table(sessions)["session_ids"] for name in names.split(";")]
    assert sorted(named) == sorted({each.name for each in sessions})


@quick
@given(people)
def test_no_day_has_two_main_sleeps_and_no_main_sleep_is_without_sleep(sessions: list[Recording]) -> None:
    nights = table(sessions)
    mains = nights[nights["kind"] == "main"]
    assert mains["day_index"].is_unique
    assert (nights.loc[nights["kind"] != "unusable", "tst_min"] > 0).all()
    assert set(nights.loc[nights["kind"] == "nap", "day_index"]) <= set(mains["day_index"])


@quick
@given(people)
def test_dates_rise_with_days_and_main_sleeps_never_share_one(sessions: list[Recording]) -> None:
    nights = table(sessions)
    by_day = nights.sort_values("day_index", kind="stable")
    assert by_day["night"].is_monotonic_increasing
    assert nights.groupby("day_index")["night"].nunique().le(1).all()
    assert nights.loc[nights["kind"] == "main", "night"].is_unique


@quick
@given(people)
def test_what_is_left_out_says_why_and_what_counts_has_no_excluding_reason(sessions: list[Recording]) -> None:
    for row in table(sessions).to_dict("records"):
        excluding = [code for code in row["reasons"].split(";") if code and REASONS[code][1]]
        assert bool(excluding) != row["valid"]
        assert row["valid"] == (row["grade"] in {"A", "B"})


@quick
@given(people)
def test_no_minute_counts_twice(sessions: list[Recording]) -> None:
    nights = table(sessions)
    slept = nights[nights["kind"] != "unusable"].sort_values("start")
    # Recordings begin on whole minutes and last whole epochs, so pieces can touch but not share an epoch.
    assert (slept["start"].iloc[1:].to_numpy() >= slept["end"].iloc[:-1].to_numpy()).all()
    known = nights[nights["sri_known"] > 0]
    assert (known["sri_agree"] <= known["sri_known"]).all()
    assert (known["sri_known"] <= 2880).all()


@quick
@given(people)
def test_every_row_can_be_shown(sessions: list[Recording]) -> None:
    received = session_set(sessions)
    nights = night_table(received, zone="Europe/Berlin")
    for session_id in nights["session_id"]:
        view = night_view(received, nights, session_id)
        assert view.title
        assert (view.runs["minutes"] > 0).all()
        assert (
            view.runs["start_min"].iloc[1:].to_numpy() >= view.runs["end_min"].iloc[:-1].to_numpy() - 1e-9
        ).all()
        if view.kind != "unusable":
            assert len(view.long_awakenings) == view.statistics["awakenings_over_5min"]
            assert view.shares.loc[["rem", "light", "deep"], "minutes"].sum() == view.statistics["tst_min"]


@quick
@given(people, people)
def test_what_arrives_later_gives_the_same_nights_as_all_at_once(
    first: list[Recording], second: list[Recording]
) -> None:
    together = SessionSet.concat([session_set(first), session_set(second)])
    pd.testing.assert_frame_equal(night_table(together, zone="Europe/Berlin"), table([*second, *first]))
