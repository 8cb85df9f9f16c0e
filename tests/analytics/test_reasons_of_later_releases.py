"""An archive that a later release wrote holds codes that are not known here: every view says so, and none breaks."""

import pandas as pd
import pytest

from analytics.cohort_overview import cohort_overview
from analytics.grades import REASONS, first_exclusion, sentences, why_left_out
from analytics.ledger import exclusion_ledger
from analytics.night_view import night_view
from analytics.nights import night_table
from analytics.person_period import person_week
from tests.analytics.lives import LAST, life, person
from tests.analytics.recordings import Recording, at, session_set
from tests.reports import made_up
from tests.reports.test_person_html import document

ONE = person(1)
LEFT_OUT = "Left out for a reason that this version does not know."
REMARK = "There is a remark that this version does not know."
# A code of tomorrow, none at all, and a remark that is known and keeps nothing out.
UNKNOWN = ["CODE_OF_TOMORROW", "", "BROKE_OFF"]


def last_left_out(reasons: str) -> pd.DataFrame:
    """A week whose last night is left out for these reasons."""
    nights = life(ONE, days=7)
    out = nights["night"] == nights["night"].max()
    return nights.assign(
        valid=~out,
        grade=nights["grade"].mask(out, "X"),
        reasons=nights["reasons"].mask(out, reasons),
    )


@pytest.mark.parametrize("reasons", UNKNOWN)
class TestASleepLeftOutForAReasonNotKnown:
    def test_has_the_sentence_for_that(self, reasons: str) -> None:
        assert sentences(reasons, valid=False)[0] == LEFT_OUT
        assert why_left_out(reasons) == (LEFT_OUT,)
        assert first_exclusion(reasons, valid=False) == "REASON_NOT_KNOWN"

    def test_is_counted_in_a_person_s_week(self, reasons: str) -> None:
        coverage = person_week(ONE, last_left_out(reasons), ending=LAST).coverage
        assert (coverage.valid, coverage.excluded) == (6, {LEFT_OUT: 1})

    def test_is_told_in_a_cohort_s_table(self, reasons: str) -> None:
        people = cohort_overview([ONE], last_left_out(reasons), night=LAST, synced={}).people
        assert people["last_reason"].tolist() == [LEFT_OUT]

    def test_is_told_on_the_page_of_the_night(self, reasons: str) -> None:
        sessions = session_set([Recording(start=at("2026-02-10 23:00"), session_id="held")])
        nights = night_table(sessions, zone=ONE.zone).assign(valid=False, grade="X", reasons=reasons)
        view = night_view(sessions, nights, "held")
        assert view.reasons[0] == LEFT_OUT
        assert view.title.endswith("not counted: left out for a reason that this version does not know")

    def test_is_counted_in_the_ledger(self, reasons: str) -> None:
        (exclusion,) = exclusion_ledger(last_left_out(reasons)).exclusions
        told = (exclusion.code, exclusion.reason, exclusion.sessions, exclusion.nights)
        assert told == ("REASON_NOT_KNOWN", LEFT_OUT, 1, 1)

    def test_is_told_in_the_report_of_the_week(self, reasons: str) -> None:
        night = made_up.week_of_nights()[0]
        held = made_up.Sleep(begun=night.begun, stages=night.stages, grade="X", reasons=reasons)
        assert LEFT_OUT in document(made_up.report_of([held])).text


def test_a_remark_not_known_keeps_nothing_out() -> None:
    assert sentences("CODE_OF_TOMORROW;BROKE_OFF", valid=True) == (REMARK, REASONS["BROKE_OFF"][0])
    assert first_exclusion("CODE_OF_TOMORROW", valid=True) == ""
    nights = life(ONE, days=7).assign(reasons="CODE_OF_TOMORROW")
    assert person_week(ONE, nights, ending=LAST).coverage.excluded == {}
    assert cohort_overview([ONE], nights, night=LAST, synced={}).people["last_reason"].tolist() == [""]
    assert exclusion_ledger(nights).exclusions == ()


def test_a_reason_that_is_known_is_told_beside_codes_that_are_not() -> None:
    reasons = "CODE_OF_TOMORROW;LONG_GAP"
    assert first_exclusion(reasons, valid=False) == "LONG_GAP"
    assert why_left_out(reasons) == (REASONS["LONG_GAP"][0],)
    assert sentences(reasons, valid=False) == (REMARK, REASONS["LONG_GAP"][0])


def test_several_codes_not_known_are_one_sentence() -> None:
    assert sentences("ONE_OF_TOMORROW;TWO_OF_TOMORROW", valid=False) == (LEFT_OUT,)
    assert sentences("ONE_OF_TOMORROW;TWO_OF_TOMORROW", valid=True) == (REMARK,)
    assert sentences("", valid=True) == ()
