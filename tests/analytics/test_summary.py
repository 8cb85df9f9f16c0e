"""A person's period and a cohort's night as values: findings are computed and counted, or said to be absent."""

import math
import time
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from analytics import cohort_words
from analytics.grades import REASONS
from analytics.night_view import night_view
from analytics.nights import night_table
from analytics.summary import (
    CohortOverview,
    PersonPeriod,
    Sleeper,
    cohort_overview,
    person_period,
    person_week,
)
from analytics.wording import NBSP
from tests.analytics.recordings import Recording, at, session_set
from tests.analytics.test_nights import nightly

PERSON = Sleeper(person_id="p_1", name="Person A", zone="UTC", birth_year=1986)
LAST = date(2026, 2, 11)


def plain(text: str) -> str:
    return text.replace(NBSP, " ")


def sleeps(first: str, asleep_min: list[float], clocks_h: list[float] | None = None) -> list[Recording]:
    """Nights on consecutive days, 20 min awake in the middle of each; a NaN is no recording."""
    begun = at(f"{first} 23:00")
    shifts = clocks_h or [0.0] * len(asleep_min)
    made = []
    for n, (minutes, shift) in enumerate(zip(asleep_min, shifts, strict=True)):
        if math.isnan(minutes):
            continue
        half = round(minutes)
        start = begun + timedelta(days=n, hours=shift)
        made.append(Recording(start=start, stages=((1, half), (0, 40), (2, 2 * round(minutes) - half))))
    return made


def nights_of(*recordings: Recording) -> pd.DataFrame:
    return night_table(session_set(recordings), zone="UTC")


def week(*recordings: Recording, sleeper: Sleeper = PERSON) -> PersonPeriod:
    """The seven nights labelled 5 to 11 February."""
    return person_week(sleeper, nights_of(*recordings), ending=LAST)


BEFORE = sleeps("2026-01-07", [460.0] * 28)


class TestPeriod:
    def test_a_week_ends_with_its_night(self) -> None:
        found = week(*BEFORE, *sleeps("2026-02-04", [460.0] * 7))
        assert (found.first, found.last) == (date(2026, 2, 5), LAST)
        assert found.nights["night"].dt.date.tolist() == [date(2026, 2, n) for n in range(5, 12)]
        assert len(found.valid) == 7
        assert found.score.overall == pytest.approx(0.4 * 100 + 0.3 * 100 + 0.3 * 100)
        assert found.score.day_pairs == 6
        assert found.before.nights == 28
        assert len(found.history) == 35
        assert found.smooth.iloc[-1] == 460
        assert found.trend.verdict == "none"
        assert found.bed.mean_h == pytest.approx(23)
        assert found.rise.mean_h == pytest.approx(7)
        assert found.rise.nights == 7

    @pytest.mark.parametrize(
        ("days", "nights", "told"), [(7, 5, False), (7, 6, True), (28, 10, False), (28, 11, True)]
    )
    def test_a_spread_takes_6_nights_of_a_week_and_11_of_a_longer_period(
        self, days: int, nights: int, told: bool
    ) -> None:
        first = LAST - timedelta(days=days - 1)
        made = nights_of(
            *sleeps((first - timedelta(days=1)).isoformat(), [460.0] * nights, [n % 2 for n in range(nights)])
        )
        found = person_period(PERSON, made, first=first, last=LAST)
        for spread in (found.bed, found.rise):
            assert spread.nights == nights
            assert not math.isnan(spread.mean_h)
            assert math.isnan(spread.sd_min) != told

    def test_what_lies_beyond_the_period_does_not_count_in_it(self) -> None:
        after = sleeps("2026-02-11", [200.0] * 3)
        one = week(*BEFORE, *sleeps("2026-02-04", [460.0] * 7))
        two = week(*BEFORE, *sleeps("2026-02-04", [460.0] * 7), *after)
        assert two.score == one.score
        assert two.against == one.against
        assert two.title == one.title
        pd.testing.assert_series_equal(two.smooth, one.smooth)

    def test_means_stand_against_the_mean_of_the_28_days_before(self) -> None:
        older = sleeps("2025-12-01", [100.0 + 200] * 20)
        mixed = sleeps("2026-01-07", [480.0, 480, 480, 360] * 7)
        asleep = week(*older, *mixed, *sleeps("2026-02-04", [420.0, 440, 460] * 2)).against[0]
        assert asleep.nights == 28
        assert asleep.usual == 450
        assert asleep.value == 440
        assert asleep.delta == -10
        assert (asleep.low, asleep.high) == (360, 480)
        assert [each.label for each in week(*BEFORE).against] == [
            "Asleep", "Efficiency", "Latency", "Awake after onset", "REM", "Deep", "Bedtime",
        ]  # fmt: skip

    def test_every_exclusion_is_counted_in_words(self) -> None:
        held = [
            Recording(start=at("2026-02-07 23:00"), stages=((0, 600),)),
            Recording(start=at("2026-02-08 23:00"), stages=((0, 600),)),
            Recording(start=at("2026-02-09 23:00"), stages=((1, 960),), missing=0.4),
        ]
        coverage = week(*sleeps("2026-02-04", [460.0] * 3), *held).coverage
        assert (coverage.expected, coverage.recorded, coverage.valid) == (7, 6, 3)
        assert list(coverage.excluded.items()) == [
            (REASONS["NEVER_SLEPT"][0], 2),
            (REASONS["MOSTLY_MISSING"][0], 1),
        ]

    def test_history_reaches_8_weeks_back_or_as_long_as_the_period(self) -> None:
        long = nights_of(*sleeps("2025-10-01", [460.0] * 134))
        assert len(person_week(PERSON, long, ending=LAST).history) == 56
        quarter = person_period(PERSON, long, first=date(2025, 11, 10), last=LAST)
        assert len(quarter.history) == quarter.coverage.expected == 94

    def test_rows_of_others_are_left_out(self) -> None:
        mine = nights_of(*BEFORE, *sleeps("2026-02-04", [460.0] * 7)).assign(person_id="p_1")
        both = pd.concat([mine, mine.assign(person_id="p_2", tst_min=300.0)], ignore_index=True)
        assert (
            person_week(PERSON, both, ending=LAST).against == person_week(PERSON, mine, ending=LAST).against
        )

    def test_age_decides_what_length_is_good(self) -> None:
        short = [*BEFORE, *sleeps("2026-02-04", [400.0] * 7)]
        adult = week(*short)
        child = week(*short, sleeper=Sleeper(person_id="p_1", name="Child", zone="UTC", birth_year=2016))
        assert child.score.duration.value < adult.score.duration.value

    def test_an_ending_before_its_beginning_is_refused(self) -> None:
        with pytest.raises(ValueError, match="swap the two dates"):
            person_period(PERSON, nights_of(*BEFORE), first=LAST, last=date(2026, 2, 1))


class TestTitle:
    @pytest.mark.parametrize(
        ("asleep", "clocks", "title"),
        [
            ([460.0] * 7, [0.0] * 7, "Person A slept as long as in the 28 days before, at steady hours"),
            (
                [460.0] * 7,
                [0, 3, -1, 4, 0, 2, -2],
                "Person A slept as long as in the 28 days before, at shifting hours",
            ),
            ([400.0] * 7, [0.0] * 7, "Person A slept 1 h less than in the 28 days before, at steady hours"),
            ([500.0] * 5, [0.0] * 5, "Person A slept 40 min more than in the 28 days before"),
            (
                [460.0] * 7,
                [0, 8, -8, 0, 8, -8, 0],
                "Person A slept as long as in the 28 days before, at hours all round the clock",
            ),
            ([460.0] * 2, [0.0] * 2, "Person A: 2 valid nights, too few for a finding"),
            ([120.0] * 7, [0.0] * 7, "Person A has no valid night in this period"),
            ([], [], "Person A: nothing was recorded in this period"),
        ],
    )
    def test_says_what_was_found(self, asleep: list[float], clocks: list[float], title: str) -> None:
        found = week(*BEFORE, *sleeps("2026-02-04", asleep, clocks))
        assert plain(found.title) == title

    def test_says_how_long_where_nothing_is_usual_yet(self) -> None:
        found = week(*sleeps("2026-02-04", [460.0] * 7))
        assert plain(found.title) == "Person A slept 7 h 40 min a night at steady hours"
        assert "a usual needs 5 valid nights before, there are 0" in plain(found.lead)


class TestLead:
    def test_gives_the_numbers_with_what_they_rest_on(self) -> None:
        found = week(*BEFORE, *sleeps("2026-02-04", [430.0] * 7, [0, 3, -1, 4, 0, 2, -2]))
        assert plain(found.lead) == (
            "7 h 10 min a night, 30 min less than in the 28 days before (7 h 40 min, 28 nights). "
            "Bedtime ranged from 21:00 to 03:00. "
            "Mid-sleep varied by 2 h 12 min (standard deviation), usually 0 min. 7 of 7 nights valid."
        )
        assert plain(found.talk) == (
            "Nights were 30 min shorter than usual, and the hours moved. "
            "The latest bedtime was 03:00, the earliest 21:00."
        )

    def test_says_that_few_nights_carry_little(self) -> None:
        found = week(*BEFORE, *sleeps("2026-02-04", [460.0] * 3))
        assert "(low confidence: 3 nights, 5 are good), as in the 28 days before" in plain(found.lead)
        assert plain(found.title).endswith("(low confidence: 3 nights)")
        assert plain(found.lead).endswith("3 of 7 nights valid.")
        two = week(*BEFORE, *sleeps("2026-02-04", [460.0] * 2))
        assert plain(two.lead) == "2 of 7 nights valid."
        assert plain(two.talk).startswith("With 2 valid nights there is little to read")

    @pytest.mark.parametrize(
        ("asleep", "clocks", "talk"),
        [
            ([460.0] * 7, [0.0] * 7, "Sleep length is as usual, and the hours kept steady."),
            ([460.0] * 7, [0, 3, -1, 4, 0, 2, -2], "Sleep length is as usual; the hours are what moved."),
            ([500.0] * 7, [0.0] * 7, "Nights were 40 min longer than usual; the hours kept steady."),
            ([460.0] * 5, [0.0] * 5, "Sleep length is as usual."),
            ([], [], "There is no valid night to talk about: what kept nights from being recorded?"),
        ],
    )
    def test_the_line_to_talk_about_says_what_moved(
        self, asleep: list[float], clocks: list[float], talk: str
    ) -> None:
        assert plain(week(*BEFORE, *sleeps("2026-02-04", asleep, clocks)).talk).startswith(talk)

    def test_the_method_says_n_version_and_that_it_is_no_diagnosis(self) -> None:
        method = plain(week(*BEFORE, *sleeps("2026-02-04", [460.0] * 7)).method)
        for words in (
            "28 of 28",
            "evidence-2",
            "0.4 × efficiency",
            "over 7 nights and 6 pairs of consecutive nights",
            "at most 20 % of the recording missing",
            "over 35 nights",
            "not a diagnosis",
        ):
            assert words in method


def cohort(nights: pd.DataFrame, *people: str, **more: object) -> CohortOverview:
    given: dict[str, object] = {"night": LAST, "days": 14, "synced": {}} | more
    sleepers = [
        Sleeper(person_id=each, name=each.title(), zone="Asia/Tokyo", tags=("crew",)) for each in people
    ]
    return cohort_overview(sleepers, nights, **given)  # type: ignore[arg-type]


def several(**recordings: list[Recording]) -> pd.DataFrame:
    return pd.concat(
        [nights_of(*made).assign(person_id=person) for person, made in recordings.items()], ignore_index=True
    )


SYNCED = datetime(2026, 2, 11, 9, tzinfo=UTC)


class TestCohort:
    def test_the_last_night_of_everyone_has_one_of_three_states(self) -> None:
        week_before = sleeps("2026-01-28", [460.0] * 14)
        nights = several(
            ana=week_before,
            ben=[
                *week_before[:-1],
                Recording(start=week_before[-1].start, stages=((0, 900),), session_id="awake"),
            ],
            cem=week_before[:-1],
        )
        people = cohort(nights, "ana", "ben", "cem", "dee").people
        assert people["last_state"].to_dict() == {
            "ana": "valid",
            "ben": "no valid night",
            "cem": "no data",
            "dee": "no data",
        }
        assert people["last_session_id"].to_dict() == {
            "ana": week_before[-1].name, "ben": "awake", "cem": "", "dee": "",
        }  # fmt: skip
        assert people.at["ben", "last_reason"] == REASONS["NEVER_SLEPT"][0]
        assert people.at["ana", "last_reason"] == ""
        assert people.at["ana", "last_tst_min"] == 460
        assert people.at["ana", "last_se_pct"] == pytest.approx(100 * 460 / 480)
        assert people["last_tst_min"].isna().to_dict()["ben"]
        assert people.at["dee", "tags"] == ("crew",)

    def test_the_valid_main_sleep_stands_for_the_night(self) -> None:
        nap = Recording(start=at("2026-02-10 20:00"), stages=((1, 60),))
        made = [*sleeps("2026-01-28", [460.0] * 14), nap]
        assert cohort(several(ana=made), "ana").people.at["ana", "last_session_id"] == made[-2].name

    def test_means_are_those_of_the_persons_own_week(self) -> None:
        made = [
            *sleeps("2026-01-07", [470.0, 480, 490, 400] * 7),
            *sleeps("2026-02-04", [420.0, math.nan, 440, 460, 400, 450, 430]),
        ]
        person = cohort(several(ana=made), "ana").people.loc["ana"]
        alone = person_week(Sleeper(person_id="ana", name="Ana", zone="UTC"), nights_of(*made), ending=LAST)
        asleep = alone.against[0]
        assert person["mean_tst_min"] == pytest.approx(asleep.value)
        assert person["usual_tst_min"] == pytest.approx(asleep.usual)
        assert person["delta_tst_min"] == pytest.approx(asleep.delta)
        assert person["score"] == pytest.approx(alone.score.overall, nan_ok=True)
        assert person["score_e"] == pytest.approx(alone.score.efficiency.value)
        assert person["estimator"] == alone.score.estimator
        assert person["mean_se_pct"] == pytest.approx(alone.score.mean_se_pct)
        assert (person["valid_7"], person["valid_28"]) == (6, 27)

    def test_usual_of_the_last_night_is_what_the_night_itself_says(self) -> None:
        random = np.random.default_rng(13)
        lengths = {
            # Beyond the window of the tables: 28 valid nights reach as far back as they have to.
            "ana": [
                *random.normal(450, 60, 60).round(),
                *[math.nan] * 40,
                *random.normal(400, 30, 20).round(),
            ],
            "ben": [460.0, 480, 420, 500, 470, 430],
            "cem": [460.0, 480, 420, 500, 430],
            # A last night that is left out has its usual too.
            "dee": [*random.normal(450, 60, 30).round(), 100.0],
        }
        made = {
            who: sleeps((date(2026, 2, 11) - timedelta(days=len(asleep))).isoformat(), asleep)
            for who, asleep in lengths.items()
        }
        found = cohort(several(**made), *made, "eve").people["last_usual_tst_min"]
        for who, recordings in made.items():
            sessions = session_set(recordings)
            shown = night_view(sessions, night_table(sessions, zone="UTC"), recordings[-1].name).against[0]
            assert found[who] == pytest.approx(shown.usual, nan_ok=True, rel=1e-12)
        assert found.isna().to_dict() == {
            "ana": False, "ben": False, "cem": True, "dee": False, "eve": True
        }  # fmt: skip

    def test_a_last_night_that_could_not_be_used_has_no_usual(self) -> None:
        awake = Recording(start=at("2026-02-10 23:00"), stages=((0, 600),))
        people = cohort(several(ana=[*sleeps("2026-01-28", [460.0] * 13), awake]), "ana").people
        assert people["last_session_id"].tolist() == [awake.name]
        assert people["last_usual_tst_min"].isna().all()

    def test_the_sparkline_is_the_last_28_nights_with_breaks(self) -> None:
        made = sleeps("2026-01-13", [480.0] * 27 + [math.nan, 420])
        line: tuple[float, ...] = cohort(several(ana=made), "ana").people["sparkline"].tolist()[0]
        assert len(line) == 28
        assert line[-1] == 7
        assert math.isnan(line[-2])
        assert line[0] == 8

    def test_too_few_nights_have_no_mean_and_no_usual(self) -> None:
        made = [*sleeps("2026-01-20", [460.0] * 4), *sleeps("2026-02-09", [460.0] * 2)]
        person = cohort(several(ana=made), "ana").people.loc["ana"]
        assert person[["mean_tst_min", "usual_tst_min", "delta_tst_min", "score"]].isna().all()

    def test_three_nights_make_a_mean_and_five_a_usual(self) -> None:
        made = [*sleeps("2026-01-20", [460.0] * 5), *sleeps("2026-02-08", [440.0] * 3)]
        person = cohort(several(ana=made), "ana").people.loc["ana"]
        assert (person["mean_tst_min"], person["usual_tst_min"], person["delta_tst_min"]) == (440, 460, -20)

    def test_the_map_keeps_three_states_apart(self) -> None:
        made = sleeps("2026-02-01", [460.0, 460, math.nan, 460, 100, 460])
        shown = cohort(several(ana=made), "ana", "dee", synced={"ana": SYNCED - timedelta(days=2)})
        states = shown.map_states.loc["ana"]
        assert states.index.equals(shown.map_dates)
        by_day = dict(zip(shown.map_dates.day.tolist(), states.to_numpy().tolist(), strict=True))
        # First night on the 2nd, synchronised on the 9th; nothing on the 4th, too short on the 6th.
        assert by_day == {
            29: 0,
            30: 0,
            31: 0,
            1: 0,
            2: 2,
            3: 2,
            4: 1,
            5: 2,
            6: 1,
            7: 2,
            8: 1,
            9: 1,
            10: 0,
            11: 0,
        }
        assert shown.map_states.loc["dee"].eq(0).all()
        assert shown.map_states.to_numpy().dtype == np.uint8
        assert shown.map_values.notna().sum().sum() == shown.valid == 4
        assert shown.expected == 28

    def test_synchronised_is_read_on_the_persons_calendar(self) -> None:
        nights = several(ana=sleeps("2026-02-01", [460.0]))
        late = datetime(2026, 2, 10, 16, tzinfo=UTC)  # the 11th in Tokyo
        assert cohort(nights, "ana", synced={"ana": late}).map_states.loc["ana"].iloc[-1] == 1
        assert (
            cohort(nights, "ana", synced={"ana": late - timedelta(hours=2)}).map_states.loc["ana"].iloc[-1]
            == 0
        )

    def test_a_range_of_dates_is_taken_as_it_is(self) -> None:
        asked = {"ana": (date(2026, 2, 3), date(2026, 2, 5))}
        shown = cohort(several(ana=sleeps("2026-02-09", [460.0])), "ana", synced=asked)
        states = shown.map_states.loc["ana"]
        assert shown.map_dates[(states == 1).to_numpy()].day.tolist() == [3, 4, 5]
        assert states.iloc[-2] == 2

    def test_whose_sleep_fell_most_comes_first(self) -> None:
        def fell(minutes: float) -> list[Recording]:
            return [*BEFORE, *sleeps("2026-02-04", [460.0 - minutes] * 7)]

        shown = cohort(several(cem=fell(10), ana=fell(50), ben=fell(-30)), "ben", "zoe", "ana", "cem")
        assert shown.people.index.tolist() == ["ana", "cem", "ben", "zoe"]
        assert (
            shown.map_states.index.tolist() == shown.map_values.index.tolist() == ["ana", "cem", "ben", "zoe"]
        )

    def test_people_who_are_not_of_the_cohort_are_left_out(self) -> None:
        nights = several(ana=sleeps("2026-01-28", [460.0] * 14), other=sleeps("2026-01-28", [300.0] * 14))
        shown = cohort(nights, "ana")
        assert shown.people.index.tolist() == ["ana"]
        assert shown.valid == 14

    def test_narrow_numbers_of_an_archive_do(self) -> None:
        nights = several(ana=[*BEFORE, *sleeps("2026-02-04", [430.0] * 7)])
        narrow = nights.astype(dict.fromkeys(nights.select_dtypes("float64"), "float32"))
        assert cohort(narrow, "ana").table_title == cohort(nights, "ana").table_title

    def test_a_map_of_no_nights_is_refused(self) -> None:
        with pytest.raises(ValueError, match="1 night or more"):
            cohort(several(ana=BEFORE), "ana", days=0)

    def test_an_empty_cohort_and_empty_nights_have_their_words(self) -> None:
        nobody = cohort(several(ana=BEFORE))
        assert nobody.title == "Nobody is in this cohort"
        assert (nobody.valid, nobody.expected) == (0, 0)
        silent = cohort(several(ana=BEFORE).iloc[:0], "ana", "ben")
        assert silent.title == "Nobody has 3 valid nights in the last 7"
        assert silent.table_title == "Too few nights for anybody's usual"
        assert silent.map_title == "No valid night in this period"
        assert silent.people["last_state"].eq("no data").all()


class TestCohortTitles:
    @pytest.mark.parametrize(
        ("means", "title"),
        [
            ([400, 410, 430, 500], "2 of 4 people average under 7 h a night"),
            ([400, 430, 500], "1 of 3 people averages under 7 h a night"),
            ([430, 500], "Nobody averages under 7 h a night, of 2 people"),
            ([430, 400, np.nan], "1 of 2 people with enough nights averages under 7 h a night"),
        ],
    )
    def test_counts_who_averages_under_7_hours(self, means: list[float], title: str) -> None:
        people = pd.DataFrame({"mean_tst_min": means, "mean_reliability": "good"})
        assert plain(cohort_words.title(people)) == title

    @pytest.mark.parametrize(
        ("verdicts", "end"),
        [
            (["good", "good", "low"], ""),
            (["low", "good", "low"], ", 1 of them on few nights"),
            (["low", "low", "good"], ", all of them on few nights"),
        ],
    )
    def test_says_how_many_of_those_counted_rest_on_few_nights(self, verdicts: list[str], end: str) -> None:
        means = {"mean_tst_min": [400, 410, 430], "delta_tst_min": [-30, -40, 5]}
        people = pd.DataFrame(means).assign(mean_reliability=verdicts, usual_reliability="good")
        assert plain(cohort_words.title(people)) == f"2 of 3 people average under 7 h a night{end}"
        changed = "2 of 3 people slept over 20 min less than usual in the last 7 nights"
        assert plain(cohort_words.table_title(people)) == f"{changed}{end}"
        swapped = people.assign(mean_reliability="good", usual_reliability=verdicts)
        assert plain(cohort_words.table_title(swapped)) == f"{changed}{end}"
        one = people.iloc[[0, 2]]
        assert cohort_words.title(one).endswith("on few nights") is (verdicts[0] == "low")

    @pytest.mark.parametrize(
        ("changes", "title"),
        [
            ([-21, -50, 3], "2 of 3 people slept over 20 min less than usual in the last 7 nights"),
            ([-20, 3], "Nobody slept over 20 min less than usual in the last 7 nights, of 2 people"),
            (
                [-30, np.nan],
                "1 of 1 person with a usual slept over 20 min less than usual in the last 7 nights",
            ),
        ],
    )
    def test_counts_who_slept_less_than_usual(self, changes: list[float], title: str) -> None:
        people = pd.DataFrame(
            {"delta_tst_min": changes, "mean_reliability": "good", "usual_reliability": "good"}
        )
        assert plain(cohort_words.table_title(people)) == title

    def test_names_the_night_that_stands_out_or_says_that_none_does(self) -> None:
        random = np.random.default_rng(4)
        dates = pd.date_range("2026-01-29", periods=14, freq="D")
        quiet = pd.DataFrame(random.normal(450, 30, (20, 14)), columns=dates)
        assert plain(cohort_words.map_title(quiet)) == "No night stands out among 14 nights"
        loud = quiet.copy()
        loud.iloc[:, 7] -= 90
        loud.iloc[3, 7] = np.nan
        title = plain(cohort_words.map_title(loud))
        assert title.startswith("On the night to Thu 5 February people slept 1 h ")
        assert title.endswith("less than their mean (19 of 20)")
        assert cohort_words.map_title(quiet.iloc[:3]).startswith("Too few valid nights")


def test_a_year_of_500_people_is_summed_up_well_under_half_a_second() -> None:
    one = nights_of(*nightly("2025-02-11 23:00", 365))
    nights = pd.concat([one] * 500, ignore_index=True)
    nights["person_id"] = pd.Series(np.repeat([f"p{n:03d}" for n in range(500)], len(one)), dtype="str")
    sleepers = [Sleeper(person_id=f"p{n:03d}", name=f"N{n}", zone="UTC") for n in range(500)]
    begun = time.process_time()
    shown = cohort_overview(
        sleepers, nights, night=LAST, synced=dict.fromkeys([s.person_id for s in sleepers], SYNCED)
    )
    assert time.process_time() - begun < 0.5
    assert shown.valid == shown.expected == 500 * 42


@pytest.mark.parametrize(
    ("days", "nights", "told"), [(7, 2, False), (7, 3, True), (28, 4, False), (28, 5, True)]
)
def test_a_mean_is_told_from_three_nights_of_a_week_and_five_of_a_month(
    days: int, nights: int, told: bool
) -> None:
    first = LAST - timedelta(days=nights)
    rows = nights_of(*sleeps(first.isoformat(), [460.0] * nights))
    found = person_period(PERSON, rows, first=LAST - timedelta(days=days - 1), last=LAST)
    assert len(found.valid) == nights
    assert ("too few for a finding" not in found.title) is told
    asleep = next(one for one in found.against if one.name == "tst_min")
    assert math.isnan(asleep.value) is not told
