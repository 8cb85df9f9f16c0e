"""One night has one value: Home, Night, Person, the HTML report and the CSV show the same figures of it."""

import csv
import io
import math
from datetime import UTC, date, datetime

import pandas as pd
import pytest

from analytics import wording
from analytics.night_view import NightView, night_view
from analytics.nights import night_table
from analytics.summary import (
    CohortOverview,
    PersonPeriod,
    Sleeper,
    cohort_overview,
    person_period,
    person_week,
)
from analytics.usual import counted_efficiency_pct
from reports.person_html import person_html
from reports.week_facts import regularity_facts
from reports.week_nights import night_lines
from reports.weekly import PersonReport, weekly_csv
from tests.analytics.recordings import Recording, at, session_set
from tests.reports.documents import read

PERSON = Sleeper(person_id="p_1", name="Person A", zone="UTC", birth_year=1986)
LAST = date(2026, 2, 11)
WHOLE = ((0, 20), (1, 720), (0, 220))  # 75 % of 960 epochs in bed
EPOCHS, ASLEEP = 960, 720


class Shown:
    """A week of nights whose last one lost some epochs of signal, as every place shows it."""

    def __init__(self, lost: int) -> None:
        last = ((0, 20), (1, ASLEEP), (0, EPOCHS - ASLEEP - 20 - lost), (-1, lost))
        recordings = [
            Recording(start=at(f"{day:%Y-%m-%d} 23:00"), stages=WHOLE, session_id=f"s{n}")
            for n, day in enumerate(pd.date_range(end="2026-02-09", periods=30))
        ] + [Recording(start=at("2026-02-10 23:00"), stages=last, session_id="last")]
        sessions = session_set(recordings)
        nights = night_table(sessions, zone="UTC").assign(person_id=PERSON.person_id)
        # As an archive hands them out: seven digits, in wide columns again.
        wide = list(nights.select_dtypes("float64"))
        self.nights = nights.astype(dict.fromkeys(wide, "float32")).astype(dict.fromkeys(wide, "float64"))
        self.view: NightView = night_view(sessions, self.nights, "last")
        self.period: PersonPeriod = person_week(PERSON, self.nights, ending=LAST)
        self.cohort: CohortOverview = cohort_overview([PERSON], self.nights, night=LAST, synced={})
        self.report = PersonReport(period=self.period, hypnograms=(self.view,))
        self.csv = list(csv.DictReader(io.StringIO(weekly_csv(self.report).decode())))[-1]


@pytest.mark.parametrize("lost", [0, 30, 96, 192])
def test_efficiency_of_a_night_with_up_to_a_fifth_lost_is_the_same_everywhere(lost: int) -> None:
    shown = Shown(lost)
    counted = 100 * ASLEEP / (EPOCHS - lost)
    assert shown.view.grade == ("A" if lost <= 48 else "B")
    assert shown.cohort.people.at["p_1", "last_se_pct"] == pytest.approx(counted)
    against = next(row for row in shown.view.against if row.name == "se_pct")
    assert against.value == pytest.approx(counted)
    assert counted_efficiency_pct(shown.period.nights)[-1] == pytest.approx(counted)
    assert shown.period.score.mean_se_pct == pytest.approx((6 * 75 + counted) / 7)
    assert float(shown.csv["efficiency_pct"]) == pytest.approx(counted)
    line = night_lines(shown.report, None)[-1]
    assert line.efficiency == line.cells[-1] == against.text == wording.percent(counted)
    text = read(
        person_html(shown.report, generated_at=datetime(2026, 2, 12, tzinfo=UTC), plotly="beside")
    ).text
    assert wording.percent(counted) in text


def test_efficiency_of_the_time_in_bed_has_a_name_of_its_own() -> None:
    shown = Shown(192)
    assert shown.csv["se_pct"] == "75.0"
    beside = {row.label: row.ours for row in shown.view.beside}
    assert beside["Efficiency, of time in bed"] == wording.percent(75)
    assert "Efficiency" not in beside


def test_a_spread_that_the_person_page_withholds_is_withheld_in_the_report() -> None:
    nights = Shown(0).nights
    sparse = nights[nights["night"] > pd.Timestamp("2026-02-03")]
    month = person_period(PERSON, sparse, first=date(2026, 1, 15), last=LAST)
    week = person_week(PERSON, sparse, ending=LAST)
    assert (month.bed.nights, week.bed.nights) == (8, 7)
    assert math.isnan(month.bed.sd_min)
    assert wording.duration(week.bed.sd_min) == wording.duration(0)
    said = {period.days: regularity_facts(period)[1] for period in (month, week)}
    assert said[28].value == "23:00"
    assert said[28].note == "mean of 8\u00a0nights, low confidence, no spread"
    assert said[7].value.startswith("23:00 \u00b1 ")
