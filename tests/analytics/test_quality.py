"""Completeness of a cohort's nights: counted by hand, said in words, and beside other rules."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.analysed import MOST_NIGHTS, Analysed
from analytics.asked import Synced
from analytics.fates import NOT_ANALYSED, SENTENCES
from analytics.grades import REASONS
from analytics.nights import night_table
from analytics.quality import Quality, days_known, quality
from analytics.quality_change import QualityChange
from analytics.quality_flow import flow
from analytics.quality_people import COLUMNS, REASON_COLUMNS
from analytics.quality_states import (
    GRADE_A,
    GRADE_B,
    LEFT_OUT,
    NO_RECORDING,
    NOT_SYNCED,
    REASON_CODES,
    REASON_SENTENCES,
    STATES,
    UNUSABLE,
)
from analytics.quality_states import NOT_ANALYSED as VALID_ONLY
from analytics.quality_words import SHORT_REASONS, edges_told, flow_title, grid_title, listed_title, title
from analytics.rules import ValidNight
from analytics.signal_gaps import longest_gaps_min
from analytics.sleeper import Sleeper
from tests.analytics.lives import LAST, person
from tests.analytics.recordings import Recording, at, session_set
from tests.serving import ROOT

FIRST = LAST - timedelta(days=6)
ASKED = (FIRST - timedelta(days=30), LAST)
GOOD = ((0, 20), (1, 880), (0, 20))
PARTLY = ((0, 20), (1, 400), (-1, 100), (1, 400), (0, 20))  # 10.6 % without signal, the gap below an hour
GAP = ((0, 20), (1, 400), (-1, 130), (1, 400), (0, 20))  # 65 min in one piece, 13.4 % of the recording
SHORT = ((1, 200),)
SHORT_AND_LOST = ((1, 100), (-1, 100))
AWAKE = ((0, 900),)


def recorded(whose: Sleeper, day: int, stages: tuple[tuple[int, int], ...] = GOOD, **more: Any) -> Recording:
    """A recording of the night that ends `day` days after the first of the period."""
    evening = FIRST + timedelta(days=day - 1)
    return Recording(
        start=at(f"{evening} 23:00"), stages=stages, session_id=f"{whose.person_id}-{day}", **more
    )


def nights_of(whose: Sleeper, sessions: Sequence[Recording], rules: ValidNight | None = None) -> pd.DataFrame:
    made = night_table(session_set(sessions), zone="UTC", rules=rules or ValidNight())
    return made.assign(person_id=pd.Series(whose.person_id, index=made.index, dtype="str"))


ANA, BEN, CYD = person(1), person(2), person(3)
SESSIONS = {
    ANA: [recorded(ANA, day) for day in range(7)],
    BEN: [
        recorded(BEN, 0, PARTLY),
        recorded(BEN, 1, GAP),
        recorded(BEN, 2, SHORT),
        recorded(BEN, 3, AWAKE),
        recorded(BEN, 5),
    ],
    CYD: [],
}


def squad(
    rules: ValidNight | None = None,
    *,
    people: Sequence[Sleeper] = (ANA, BEN, CYD),
    synced: dict[str, Synced] | None = None,
    first: date = FIRST,
    last: date = LAST,
    sessions: dict[Sleeper, list[Recording]] | None = None,
    **asked: Any,
) -> Quality:
    parts = [nights_of(whose, (sessions or SESSIONS)[whose], rules) for whose in people]
    nights = pd.concat(parts, ignore_index=True) if parts else nights_of(ANA, [])
    known = days_known(
        people, nights, {ANA.person_id: ASKED, BEN.person_id: ASKED} if synced is None else synced
    )
    return quality(
        "Squad",
        people,
        nights,
        first=first,
        last=last,
        known=known,
        analysed=Analysed(**asked),
        rules=rules or ValidNight(),
    )


def test_every_night_is_in_the_state_that_it_is_in() -> None:
    found = squad()
    assert list(found.people.index) == [CYD.person_id, BEN.person_id, ANA.person_id], (
        "the least complete first"
    )
    assert found.states.tolist() == [
        [NOT_SYNCED] * 7,
        [GRADE_B, LEFT_OUT, LEFT_OUT, UNUSABLE, NO_RECORDING, GRADE_A, NO_RECORDING],
        [GRADE_A] * 7,
    ]
    assert found.states.dtype == np.uint8


def test_what_the_title_counts_as_left_out_is_called_so_in_the_grid() -> None:
    found = squad(minimum_nights=3)
    called = {state for state, name in STATES.items() if name.startswith("left out")}
    assert int(np.isin(found.states, list(called)).sum()) == len(found.left_out) == 5
    assert title(found).startswith("5 of 12 nights were left out")


def test_the_counts_are_those_by_hand() -> None:
    found = squad()
    assert (found.expected, found.not_synced, found.unrecorded) == (21, 7, 2)
    assert (found.recorded, found.valid, found.in_analysis) == (12, 9, 9)
    assert dict(found.nights_by_reason) == {
        "NOT_SYNCED": 7,
        "NO_RECORDING": 2,
        "NEVER_SLEPT": 1,
        "TIME_IN_BED_SHORT": 1,
        "LONG_GAP": 1,
    }


def test_the_sheet_has_a_row_a_person_that_adds_up() -> None:
    row = squad().people.loc[BEN.person_id]
    counted = {
        "expected_nights": 7,
        "unrecorded_nights": 2,
        "recorded_nights": 5,
        "valid_a_nights": 1,
        "valid_b_nights": 1,
        "provisional_nights": 0,
        "valid_nights": 2,
        "left_out_nights": 3,
        "analysed_nights": 2,
        "valid_pct": 28.6,
        "longest_run_unrecorded_nights": 1,
        "left_out_long_gap_nights": 1,
        "left_out_never_slept_nights": 1,
        "left_out_time_in_bed_short_nights": 1,
    }
    assert {name: row[name] for name in counted} == counted
    assert (row["first_night"], row["last_night"]) == (
        pd.Timestamp(FIRST),
        pd.Timestamp(FIRST) + pd.Timedelta(days=5),
    )
    silent = squad().people.loc[CYD.person_id]
    assert silent["longest_run_unrecorded_nights"] == 7
    assert str(silent["first_night"]) == "NaT"
    assert str(silent["last_synchronised_utc"]) == "NaT"


def test_the_longest_run_is_of_neighbouring_nights() -> None:
    sessions = {ANA: [recorded(ANA, day) for day in (0, 2, 6)]}
    assert squad(people=[ANA], sessions=sessions).people["longest_run_unrecorded_nights"].tolist() == [3]


def test_the_nights_of_a_reason_are_exactly_those() -> None:
    found = squad()
    (gap,) = found.nights_of("LONG_GAP").to_dict("records")
    assert (gap["person_id"], gap["session_id"], gap["night"].date()) == (
        BEN.person_id,
        "p_02-1",
        FIRST + timedelta(days=1),
    )
    assert gap["missing_share"] == pytest.approx(130 / 970)
    assert len(found.nights_of("NOT_SYNCED")) == 7
    silent = found.nights_of("NO_RECORDING")
    assert silent["night"].dt.date.tolist() == [LAST, LAST - timedelta(days=2)], "the newest first"
    assert found.nights_of("NO_RECORDING", most=1)["night"].dt.date.tolist() == [LAST]
    assert len(found.nights_of()) == found.counted("") == 3
    assert len(found.nights_of(most=2)) == 2
    assert found.counted("NOT_SYNCED") == 7
    with pytest.raises(ValueError, match="no night"):
        found.nights_of("MOSTLY_MISSING")


def test_the_longest_gap_is_that_of_the_signal() -> None:
    sessions = session_set(SESSIONS[BEN])
    named = ["p_02-1", "p_02-0", "p_02-5", "nobody"]
    assert longest_gaps_min(sessions, named)[:3] == [65.0, 50.0, 0.0]
    assert np.isnan(longest_gaps_min(sessions, named)[3])
    late = session_set(
        [recorded(ANA, 0, ((1, 900), (-1, 80), (1, 20))), recorded(ANA, 1, ((-1, 10), (1, 20)))]
    )
    assert longest_gaps_min(late, ["p_01-0", "p_01-0;p_01-1"]) == [40.0, 40.0], "up to the end, pieces joined"


def test_too_few_nights_leave_a_person_out_with_all_of_them() -> None:
    found = squad(minimum_nights=3)
    assert (found.valid, found.in_analysis) == (9, 7)
    assert found.nights_by_reason["TOO_FEW_NIGHTS"] == 2
    assert found.people.loc[BEN.person_id, "not_analysed_too_few_nights"] == 2
    assert found.states[1, 0] == VALID_ONLY


def test_a_night_without_a_value_is_valid_and_not_analysed() -> None:
    found = squad(measure="rem_latency_min")
    assert (found.valid, found.in_analysis) == (9, 0)
    assert found.nights_by_reason["NO_VALUE"] == 9


def test_consistency_leaves_out_journeys() -> None:
    sessions = [recorded(ANA, day, zone="Europe/Berlin" if day < 3 else "Asia/Tokyo") for day in range(7)]
    plain = squad(people=[ANA], sessions={ANA: sessions})
    found = squad(people=[ANA], sessions={ANA: sessions}, consistency=True)
    assert plain.in_analysis == plain.valid
    assert found.in_analysis < found.valid == plain.valid
    assert {"TRAVEL", "AFTER_TRAVEL"} <= set(found.nights_by_reason)


@pytest.mark.parametrize(
    "wrong", [{"measure": "secret"}, {"minimum_nights": -1}, {"minimum_nights": MOST_NIGHTS + 1}]
)
def test_a_question_that_cannot_be_meant_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"measure|fewest"):
        Analysed(**wrong)


def test_the_flow_adds_up_row_by_row() -> None:
    rows = flow(squad(minimum_nights=3))
    steps = [row for row in rows if row.kind == "step"]
    assert [(row.code, row.nights) for row in steps] == [
        ("expected", 21),
        ("recorded", 12),
        ("valid", 9),
        ("analysed", 7),
    ]
    left = sessions = None
    for row in rows:
        if row.kind == "step":
            assert left is None or row.nights == left
            assert sessions is None or row.sessions == sessions
            left, sessions = row.nights, row.sessions
        else:
            assert left is not None
            assert row.above == left, "a reason is taken from what is left above it"
            left -= row.nights
            sessions = None if sessions is None else sessions - (row.sessions or 0)


def test_the_title_is_the_finding() -> None:
    assert title(squad()).startswith("3 of 12 nights were left out, most often for ")
    only = {ANA: [recorded(ANA, 0), recorded(ANA, 1, GAP)]}
    assert title(squad(people=[ANA], sessions=only)) == (
        "1 of 2 nights was left out, for a long gap in the signal"
    )
    two = {ANA: [recorded(ANA, 0), recorded(ANA, 1, GAP), recorded(ANA, 2, GAP)]}
    assert title(squad(people=[ANA], sessions=two)).endswith("all for a long gap in the signal")
    three = {ANA: [*two[ANA], recorded(ANA, 3, SHORT)]}
    assert title(squad(people=[ANA], sessions=three)).endswith("most for a long gap in the signal")
    assert title(squad(people=[ANA])) == "All 7 nights recorded are analysed"
    assert title(squad(people=[CYD])) == "Squad: nothing was recorded in this period"
    assert title(squad(people=[])) == "Squad: nobody is in this cohort"
    assert title(squad(people=[ANA], last=FIRST)) == "The one night recorded is analysed"


def test_the_other_titles_count_too() -> None:
    found = squad()
    assert flow_title(found) == "12 of 21 expected nights were recorded (57\u00a0%); 9 are valid, 9 analysed"
    assert grid_title(found) == "1 of 3 people have a valid night on every date, 1 on none"
    assert grid_title(squad(people=[ANA])) == "Everybody has a valid night on every date"
    assert listed_title(found, "") == "3\u00a0recorded nights left out"
    assert listed_title(found, "LONG_GAP").startswith("1\u00a0night: The signal was lost")
    assert "nobody" in flow_title(squad(people=[])).lower()


def test_nights_before_anybody_recorded_are_told_from_those_that_were_missed() -> None:
    sessions = {
        ANA: [recorded(ANA, day) for day in (2, 3)],
        BEN: [recorded(BEN, day) for day in (-4, 5)],
        CYD: [],
    }
    found = squad(sessions=sessions)
    edges = dict(
        zip(
            found.people.index,
            found.people[["before_first_nights", "after_last_nights"]].to_numpy().tolist(),
            strict=True,
        )
    )
    assert edges[ANA.person_id] == [2, 3]
    assert edges[BEN.person_id] == [0, 1], "who recorded before the period had begun by then"
    assert edges[CYD.person_id] == [0, 0], "who has no recording has no first one"
    assert (
        edges_told(found)
        .replace("\u00a0", " ")
        .startswith(
            "18 expected nights have no recording: 2 of them lie before a person’s first recording, 4 after their last"
        )
    )
    later = squad(people=[ANA], sessions={ANA: [recorded(ANA, 9)]})
    assert later.people["before_first_nights"].tolist() == [7]
    assert "7 of them lie before a person’s first recording." in edges_told(later).replace("\u00a0", " ")
    earlier = squad(people=[ANA], sessions={ANA: [recorded(ANA, -9)]})
    assert "7 of them lie after a person’s last recording." in edges_told(earlier).replace("\u00a0", " ")
    assert earlier.people["after_last_nights"].tolist() == [7]
    assert edges_told(squad(people=[ANA])) == ""
    assert edges_told(squad(people=[])) == ""


def test_every_reason_has_a_sentence_and_a_phrase() -> None:
    excluding = {code for code, (_, excludes) in REASONS.items() if excludes} | set(NOT_ANALYSED)
    assert excluding <= set(SHORT_REASONS)
    assert set(SHORT_REASONS) <= set(REASON_SENTENCES)
    assert set(REASON_COLUMNS) == excluding - {"NAP", "SUPERSEDED"}
    assert set(SENTENCES) <= set(REASON_CODES)
    assert len(REASON_CODES) < 128, "a place in it fits the int8 of `Quality.reasons`"
    assert sorted(STATES) == list(range(8))


def test_every_column_of_the_sheet_is_defined() -> None:
    page = (ROOT / "docs" / "definitions.md").read_text(encoding="utf-8")
    assert [name for name in COLUMNS if f"`{name}`" not in page] == []


def test_a_night_beyond_what_was_asked_for_is_not_synced() -> None:
    found = squad(people=[ANA], synced={ANA.person_id: ASKED}, last=LAST + timedelta(days=3))
    assert found.states[0, -3:].tolist() == [NOT_SYNCED] * 3
    before = squad(people=[ANA], synced={ANA.person_id: (FIRST, LAST)}, first=FIRST - timedelta(days=2))
    assert before.states[0, :2].tolist() == [NOT_SYNCED] * 2


def test_what_does_not_add_up_cannot_exist() -> None:
    found = squad()
    fields = {name: getattr(found, name) for name in Quality.__dataclass_fields__}
    with pytest.raises(ValueError, match="add up"):
        Quality(**{**fields, "states": found.states[:, :-1]})
    with pytest.raises(ValueError, match="add up"):
        Quality(**{**fields, "left_out": found.left_out.iloc[1:]})


def test_it_is_asked_for_sensibly() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        squad(first=LAST, last=FIRST)
    with pytest.raises(ValueError, match="twice"):
        squad(people=[ANA, ANA])


class TestChange:
    def test_other_rules_say_which_nights_change_and_why(self) -> None:
        change = QualityChange(now=squad(), then=squad(ValidNight(longest_gap_min=90)), unread={})
        assert (change.left_out, change.counted) == (0, 1)
        (night,) = change.nights.to_dict("records")
        assert (night["person_id"], night["night"].date()) == (BEN.person_id, FIRST + timedelta(days=1))
        assert (night["code_now"], night["code_then"]) == ("LONG_GAP", "")
        assert night["then"] == "Analysed."
        assert change.title == "1\u00a0more night would be analysed, of 1\u00a0person"
        assert change.flow["difference"].tolist() == [0, 1, 1]
        assert change.reasons.set_index("code")["difference"].to_dict()["LONG_GAP"] == -1

    def test_stricter_rules_leave_out_more(self) -> None:
        change = QualityChange(
            now=squad(),
            then=squad(ValidNight(most_missing_share_a=0.02, most_missing_share_b=0.05)),
            unread={},
        )
        assert change.left_out == 1
        assert set(change.nights["code_then"]) == {"MOSTLY_MISSING"}
        # The night with the long gap has lost too much as well, which is told first.
        assert "1\u00a0more night would be left out" in change.title

    def test_people_are_those_with_a_night_that_goes_in_or_out(self) -> None:
        short, gap = person(4), person(5)
        sessions = {
            **SESSIONS,
            short: [recorded(short, 1, SHORT_AND_LOST), recorded(short, 2)],
            gap: [recorded(gap, 1, GAP), recorded(gap, 2, GAP)],
        }
        now, then = (
            squad(rules, people=(ANA, BEN, CYD, short, gap), sessions=sessions, synced={})
            for rules in (ValidNight(), ValidNight(longest_gap_min=90, shortest_in_bed_min=60))
        )
        change = QualityChange(now=now, then=then, unread={})
        told = change.nights.set_index("person_id")[["code_now", "code_then"]]
        assert tuple(told.loc[short.person_id]) == ("TIME_IN_BED_SHORT", "MOSTLY_MISSING")
        assert change.nights["person_id"].nunique() == 3
        assert (change.left_out, change.counted) == (0, 4)
        assert change.title == "4\u00a0more nights would be analysed, of 2\u00a0people"

    def test_the_same_rules_change_nothing(self) -> None:
        change = QualityChange(now=squad(), then=squad(), unread={})
        assert change.title.startswith("By these rules the same nights")
        assert not len(change.nights)

    def test_only_the_same_people_and_days_are_compared(self) -> None:
        with pytest.raises(ValueError, match="same people"):
            QualityChange(now=squad(), then=squad(people=[ANA]), unread={})
