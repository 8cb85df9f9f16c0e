"""One sleep as a reader meets it: what is drawn, what is said, and what stands beside it."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.drawn_night import drawn_nights
from analytics.grades import REASONS
from analytics.night_view import Against, NightView, UnknownNight, night_view, night_views
from analytics.nights import night_table
from analytics.wording import NBSP, NOTHING
from tests.analytics.recordings import Recording, at, session_set
from tests.analytics.test_nights import CHECKED, VENDOR, hours, nightly

SLEEP = ((0, 20), (1, 920), (0, 20))


def view_of(recordings: list[Recording], session_id: str = "", zone: str = "UTC") -> NightView:
    """The view of one session, by default the last one given."""
    sessions = session_set(recordings)
    return night_view(sessions, night_table(sessions, zone=zone), session_id or recordings[-1].name)


def plain(text: str) -> str:
    return text.replace(NBSP, " ")


def row(view: NightView, label: str) -> Against:
    return next(each for each in view.against if each.label == label)


def weeks_then(last: Recording, nights: int = 10) -> list[Recording]:
    """Nights of 7 h 40 min asleep, 23:00 to 7:00, and then one."""
    return [*nightly("2026-01-20 23:00", nights, stages=SLEEP), last]


def tonight(*stages: tuple[int, int], clock: str = "2026-01-30 23:00", **more: Any) -> Recording:
    return Recording(start=at(clock), stages=stages, session_id="tonight", **more)


class TestTitle:
    @pytest.mark.parametrize(
        ("asleep", "title"),
        [
            (880, "Slept 7 h 20 min, 20 min less than usual"),
            (960, "Slept 8 h, 20 min more than usual"),
            (890, "Slept 7 h 25 min, about as long as usual"),
            (949, "Slept 7 h 55 min, about as long as usual"),
            (951, "Slept 7 h 56 min, 16 min more than usual"),
        ],
    )
    def test_says_how_long_against_usual(self, asleep: int, title: str) -> None:
        assert plain(view_of(weeks_then(tonight((1, asleep)))).title) == title

    def test_says_only_how_long_without_a_usual(self) -> None:
        assert plain(view_of(weeks_then(tonight((1, 880)), nights=4)).title) == "Slept 7 h 20 min"

    def test_of_a_nap(self) -> None:
        nap = Recording(start=at("2026-01-25 13:00"), stages=((0, 10), (1, 56)), session_id="nap")
        view = view_of([*weeks_then(tonight((1, 900))), nap])
        assert view.kind == "nap"
        assert plain(view.title) == "Nap of 28 min"
        assert all(math.isnan(each.usual) for each in view.against)

    def test_of_what_is_shown_and_not_counted(self) -> None:
        view = view_of(weeks_then(tonight((1, 240))))
        assert plain(view.title) == "Slept 2 h, not counted: the recording is too short to stand for a night"
        assert view.grade == "X"

    def test_of_what_could_not_be_used(self) -> None:
        view = view_of(weeks_then(tonight((0, 240))))
        assert view.title == "No usable night: no sleep was found in the recording"
        assert view.reasons == (REASONS["NEVER_SLEPT"][0],)
        assert view.against == ()
        assert view.beside == ()


class TestAgainst:
    def test_compares_with_the_last_28_valid_nights_before(self) -> None:
        older = nightly("2025-12-01 23:00", 20, stages=((1, 600),))
        recent = nightly("2026-01-01 23:00", 28, stages=SLEEP)
        later = nightly("2026-02-10 23:00", 3, stages=((1, 400),))
        last = tonight((0, 40), (1, 880))
        view = view_of([*older, *recent, *later, last], "tonight")
        asleep = row(view, "Asleep")
        assert asleep.nights == 28
        assert asleep.usual == asleep.low == asleep.high == 460
        assert asleep.delta == -20
        assert asleep.outside
        assert plain(asleep.text) == "7 h 20 min"
        assert plain(asleep.delta_text) == "−20 min"
        assert plain(asleep.usual_text) == "7 h 40 min to 7 h 40 min"

    def test_does_not_count_naps_nor_nights_left_out(self) -> None:
        naps = [hours(24 * n + 12.5, 24 * n + 13.5) for n in range(20, 26)]
        left_out = [tonight((1, 960), clock=f"2026-01-{d} 23:00", missing=0.5) for d in (27, 28, 29)]
        nights = [
            Recording(start=each.start, stages=each.stages, missing=0.5, session_id=f"x{n}")
            for n, each in enumerate(left_out)
        ]
        view = view_of([*nightly("2026-01-20 23:00", 7, stages=SLEEP), *naps, *nights, tonight((1, 900))])
        assert row(view, "Asleep").nights == 7

    def test_bedtime_is_compared_across_midnight(self) -> None:
        clocks = [23.2, 23.6, 0.1, 23.9, 0.3, 23.5] * 2
        nights = [
            hours(24 * n + (clock if clock > 12 else clock + 24), 24 * n + 31)
            for n, clock in enumerate(clocks)
        ]
        bed = row(view_of([*nights, hours(24 * 12 + 24.5, 24 * 12 + 32, session_id="t")], "t"), "Bedtime")
        assert bed.usual == pytest.approx(23.75)
        assert bed.delta == pytest.approx(45)
        assert bed.outside
        assert bed.text == "00:30"
        assert plain(bed.delta_text) == "+45 min"
        assert bed.usual_text == "23:14 to 00:17"

    def test_without_a_typical_bedtime_there_is_no_usual_one(self) -> None:
        round_the_clock = [hours(24 * n + 8 * (n % 3), 24 * n + 8 * (n % 3) + 7) for n in range(6)]
        bed = row(view_of([*round_the_clock, hours(24 * 8, 24 * 8 + 8)]), "Bedtime")
        assert math.isnan(bed.usual)
        assert bed.usual_text == NOTHING
        assert not bed.outside

    def test_efficiency_is_of_the_known_time_where_some_is_lost(self) -> None:
        last = tonight((1, 800), (-1, 100), (1, 60))
        efficiency = row(view_of(weeks_then(last)), "Efficiency")
        assert efficiency.value == 100
        assert plain(efficiency.text) == "100 %"
        assert plain(efficiency.delta_text) == "+4 points"

    def test_efficiency_is_of_the_time_in_bed_where_too_much_is_lost(self) -> None:
        assert row(view_of(weeks_then(tonight((1, 700), (-1, 300)))), "Efficiency").value == 70

    def test_reads_the_narrow_numbers_of_an_archive(self) -> None:
        recordings = weeks_then(tonight((1, 880)))
        sessions = session_set(recordings)
        nights = night_table(sessions, zone="UTC")
        narrow = nights.astype(dict.fromkeys(nights.select_dtypes("float64"), "float32"))
        assert night_view(sessions, narrow, "tonight").title == night_view(sessions, nights, "tonight").title


class TestDrawing:
    def test_runs_cover_the_recording(self) -> None:
        runs = view_of([tonight((0, 10), (1, 4), (-1, 6), (2, 700), (3, 5))]).runs
        assert runs.to_dict("list") == {
            "what": ["awake", "light", "unknown", "deep", "rem"],
            "start_min": [0, 5, 7, 10, 360],
            "end_min": [5, 7, 10, 360, 362.5],
            "minutes": [5, 2, 3, 350, 2.5],
        }

    def test_the_gap_between_pieces_was_not_recorded(self) -> None:
        first = Recording(start=at("2026-01-30 23:00"), stages=((1, 400),), snoring=((1, 20), (0, 380)))
        second = Recording(
            start=at("2026-01-31 02:50"), stages=((0, 20), (1, 480)), snoring=((0, 490), (1, 10))
        )
        view = view_of([first, second])
        assert view.session_id == first.name
        assert view.start == at("2026-01-30 23:00")
        assert view.end == at("2026-01-31 07:00")
        assert view.runs["what"].tolist() == ["light", "not recorded", "awake", "light"]
        assert view.runs["start_min"].tolist() == [0, 200, 230, 240]
        assert view.snoring.to_dict("list") == {
            "start_min": [0, 475], "end_min": [10, 480], "minutes": [10, 5],
        }  # fmt: skip
        assert view.long_awakenings.to_dict("list") == {"start_min": [230], "end_min": [240], "minutes": [10]}
        assert view.latency_min == 0
        assert view.final_wake_min == 0

    def test_shared_time_is_drawn_once(self) -> None:
        view = view_of([hours(23, 31), hours(30.75, 32.75)])
        assert view.runs.to_dict("list") == {
            "what": ["light", "light"],
            "start_min": [0, 480],
            "end_min": [480, 585],
            "minutes": [480, 105],
        }

    def test_stages_that_end_early_leave_the_rest_not_recorded(self) -> None:
        view = view_of([tonight((1, 900), end=at("2026-01-31 07:00"))])
        assert view.runs["what"].tolist() == ["light", "not recorded"]
        assert view.runs["end_min"].tolist() == [450, 480]
        # Up to a minute at the end is an epoch that was not finished.
        assert len(view_of([tonight((1, 900), end=at("2026-01-31 06:30:40"))]).runs) == 1

    def test_awakenings_over_5_minutes_reach_across_lost_signal(self) -> None:
        view = view_of(
            [tonight((0, 60), (1, 300), (0, 6), (-1, 4), (0, 5), (1, 300), (0, 10), (1, 200), (0, 30))]
        )
        assert view.long_awakenings.to_dict("list") == {
            "start_min": [180], "end_min": [187.5], "minutes": [5.5],
        }  # fmt: skip
        assert view.statistics["awakenings_over_5min"] == 1
        assert view.latency_min == 30
        assert view.final_wake_min == 15

    def test_shares_are_of_the_time_asleep(self) -> None:
        shares = view_of([tonight((0, 100), (1, 400), (2, 200), (3, 200), (-1, 40))]).shares
        assert shares["minutes"].to_dict() == {
            "awake": 50,
            "rem": 100,
            "light": 200,
            "deep": 100,
            "unknown": 20,
        }
        assert shares["pct"].dropna().to_dict() == {"rem": 25, "light": 50, "deep": 25}

    def test_what_has_no_stages_is_an_empty_drawing_with_its_reason(self) -> None:
        silent = Recording(
            start=at("2026-01-30 23:00"), end=at("2026-01-31 06:00"), stages=(), state="", problem="Not JSON."
        )
        view = view_of([silent])
        assert view.runs.empty
        assert list(view.runs.columns) == ["what", "start_min", "end_min", "minutes"]
        assert view.reasons == (REASONS["UNREADABLE"][0], "Not JSON.")
        assert math.isnan(view.latency_min)
        assert math.isnan(view.final_wake_min)
        assert view.shares["minutes"].sum() == 0

    def test_codes_that_are_no_stages_are_not_drawn(self) -> None:
        view = view_of([tonight((1, 500), (7, 3))])
        assert view.runs.empty
        assert view.reasons == (REASONS["STAGE_CODE"][0],)

    def test_an_open_session_is_drawn_as_far_as_it_goes(self) -> None:
        view = view_of([tonight((0, 20), (1, 100), state="OPEN", open=True)])
        assert view.end - view.start == timedelta(hours=1)
        assert view.runs["what"].tolist() == ["awake", "light"]
        assert view.title == "No usable night: the session is still being recorded or analysed"

    def test_a_session_without_any_instant_is_still_shown(self) -> None:
        sessions = session_set([tonight((1, 960))])
        frame = sessions.frame.copy()
        for name in ("start", "end", "received"):
            frame[name] = frame[name].where(np.array([False]))
        sessions = type(sessions).of_frame(frame, sessions.stages, sessions.snoring)
        view = night_view(sessions, night_table(sessions, zone="UTC"), "tonight")
        assert view.reasons[0] == REASONS["NO_START"][0]
        assert view.start == datetime(1970, 1, 1, tzinfo=UTC)


class TestWords:
    def test_both_dates_and_the_zone_are_said(self) -> None:
        view = view_of([Recording(start=at("2026-02-10 22:52", "Europe/Berlin"), zone="Europe/Berlin")])
        assert plain(view.dates) == "Night of Tue 10 to Wed 11 February 2026"
        assert view.zone == "Europe/Berlin"
        assert view.start.isoformat() == "2026-02-10T22:52:00+01:00"
        assert view.clock_note == ""

    def test_a_main_sleep_begun_after_midnight_is_one_of_the_evening_before(self) -> None:
        late = Recording(start=at("2026-02-11 00:40"), stages=SLEEP)
        nap = Recording(start=at("2026-02-11 03:00"), stages=((1, 20),), labels=("TOO_SHORT_FOR_ANALYSIS",))
        assert plain(view_of([late]).dates) == "Night of Tue 10 to Wed 11 February 2026"
        assert plain(view_of([nap]).dates) == "Sleep of Wed 11 February 2026"

    @pytest.mark.parametrize(
        ("begun", "note"),
        [
            ("2026-10-24 23:00", "The clocks went back by 1 h at 03:00; this recording lasted 7 h 40 min."),
            (
                "2026-03-28 23:00",
                "The clocks went forward by 1 h at 02:00; this recording lasted 7 h 40 min.",
            ),
        ],
    )
    def test_a_clock_change_is_told_with_the_true_length(self, begun: str, note: str) -> None:
        view = view_of([Recording(start=at(begun, "Europe/Berlin"), zone="Europe/Berlin")])
        assert plain(view.clock_note) == note
        assert view.reasons == (REASONS["CLOCK_CHANGE"][0],)

    def test_another_zone_than_usual_is_told(self) -> None:
        home = nightly("2026-01-20 23:00", 6, "Europe/Berlin", stages=SLEEP)
        away = Recording(start=at("2026-01-27 23:00", "Asia/Tokyo"), zone="Asia/Tokyo", stages=SLEEP)
        view = view_of([*home, away])
        assert view.clock_note == "Recorded in Asia/Tokyo; most of the nights before were in Europe/Berlin."

    def test_any_session_of_a_sleep_leads_to_it(self) -> None:
        pieces = [hours(23, 27), hours(27.5, 31)]
        assert view_of(pieces, pieces[1].name).session_id == pieces[0].name

    def test_a_session_that_is_not_there_is_named(self) -> None:
        with pytest.raises(UnknownNight, match="no session 'nowhere'") as refused:
            view_of([hours(23, 31)], "nowhere")
        assert refused.value.session_id == "nowhere"
        assert isinstance(refused.value, LookupError)


class TestCycles:
    NIGHT = ((0, 20), (1, 100), (3, 20), (1, 150), (3, 30), (1, 60), (0, 10))

    def test_of_a_night_are_told_in_minutes_since_it_began(self) -> None:
        cycles = view_of([tonight(*self.NIGHT)]).cycles
        assert [
            (cycle.number, cycle.start_min, cycle.end_min, cycle.minutes, cycle.complete)
            for cycle in cycles.each
        ] == [(1, 10, 70, 60, True), (2, 70, 160, 90, True), (3, 160, 190, 30, False)]
        assert (cycles.words, cycles.complete, cycles.mean_min) == ("Two complete cycles", 2, 75)
        assert not cycles.uncertain
        assert cycles.notes == ()

    def test_of_a_nap_are_shown_too(self) -> None:
        nap = Recording(start=at("2026-01-25 13:00"), stages=((0, 10), (1, 60), (3, 10)), session_id="nap")
        view = view_of([*weeks_then(tonight((1, 900))), nap])
        assert view.kind == "nap"
        assert view.cycles.words == "One complete cycle"
        assert [cycle.end_min for cycle in view.cycles.each] == [40]

    def test_are_not_looked_for_in_an_unusable_session(self) -> None:
        view = view_of([tonight(*self.NIGHT, state="OPEN", open=True)])
        assert view.kind == "unusable"
        assert len(view.runs)
        assert (view.cycles.words, view.cycles.each, view.cycles.notes) == ("", (), ())
        assert math.isnan(view.cycles.mean_min)

    def test_reach_over_the_gap_between_two_recordings(self) -> None:
        first = Recording(start=at("2026-01-30 23:00"), stages=((0, 20), (1, 100), (3, 20), (1, 60)))
        second = Recording(start=at("2026-01-31 01:00:12"), stages=((1, 60), (3, 40), (1, 200)))
        cycles = view_of([first, second]).cycles
        assert [cycle.start_min for cycle in cycles.each] == pytest.approx([10, 70, 170.2])
        assert [cycle.end_min for cycle in cycles.each] == pytest.approx([70, 170.2, 270.2])
        assert cycles.uncertain


class TestBeside:
    def test_ours_stands_beside_the_vendors(self) -> None:
        view = view_of([CHECKED])
        assert [(each.label, plain(each.ours), plain(each.vendor)) for each in view.beside] == [
            ("Time in bed", "8 h", "8 h"),
            ("Asleep", "7 h 30 min", "7 h 30 min"),
            ("Latency", "10 min", "10 min"),
            ("Awake after onset", "10 min", "10 min"),
            ("Final wake", "10 min", "10 min"),
            ("Efficiency, of time in bed", "94 %", "94 %"),
            ("Awakenings", "1", "1"),
            ("Complete cycles", "1", NOTHING),
        ]
        assert not any(each.differs for each in view.beside)

    @pytest.mark.parametrize(
        ("figure", "change", "label"),
        [
            ("time_in_sleep_s", 31, "Asleep"),
            ("wakeup_latency_s", -60, "Final wake"),
            ("sleep_efficiency_ratio", 0.012, "Efficiency, of time in bed"),
            ("waso_count", 1, "Awakenings"),
        ],
    )
    def test_what_differs_is_marked(self, figure: str, change: float, label: str) -> None:
        vendor = VENDOR | {figure: VENDOR[figure] + change}
        view = view_of([Recording(start=CHECKED.start, stages=CHECKED.stages, vendor=vendor)])
        assert [each.label for each in view.beside if each.differs] == [label]

    @pytest.mark.parametrize(
        ("figure", "change"), [("time_in_sleep_s", 30), ("sleep_efficiency_ratio", 0.008)]
    )
    def test_what_rounding_explains_is_not_marked(self, figure: str, change: float) -> None:
        vendor = VENDOR | {figure: VENDOR[figure] + change}
        view = view_of([Recording(start=CHECKED.start, stages=CHECKED.stages, vendor=vendor)])
        assert not any(each.differs for each in view.beside)

    @pytest.mark.parametrize(
        ("figure", "label"),
        [
            ("time_in_sleep_period_s", "Sleep period"),
            ("time_in_light_s", "Light"),
            ("time_in_deep_s", "Deep"),
            ("time_in_rem_s", "REM"),
            ("longest_waso_s", "Longest awakening"),
        ],
    )
    def test_what_is_compared_without_a_line_has_one_where_it_differs(self, figure: str, label: str) -> None:
        vendor = VENDOR | {figure: VENDOR[figure] + 60}
        view = view_of([Recording(start=CHECKED.start, stages=CHECKED.stages, vendor=vendor)])
        assert REASONS["DIFFERS_FROM_VENDOR"][0] in view.reasons
        assert [each.label for each in view.beside if each.differs] == [label]
        assert len(view.beside) == 9

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(
            st.dictionaries(
                st.sampled_from(
                    sorted(set(VENDOR) - {"sleep_index", "waso_count", "sleep_efficiency_ratio"})
                ),
                st.integers(-90, 90),
                max_size=3,
            ),
            min_size=1,
            max_size=2,
        ),
        st.sampled_from([0.0, 0.005, 0.0085, 0.011, 0.012, 0.05]),
        st.sampled_from([-0.25, 0.5, 1.0]),
    )
    def test_a_sleep_is_remarked_as_different_when_one_of_its_lines_is(
        self, changes: list[dict[str, int]], ratio: float, gap_h: float
    ) -> None:
        recordings = []
        for n, change in enumerate(changes):
            vendor = VENDOR | {name: VENDOR[name] + seconds for name, seconds in change.items()}
            vendor["sleep_efficiency_ratio"] += ratio
            start = CHECKED.start + timedelta(hours=n * (8 + gap_h))
            recordings.append(Recording(start=start, stages=CHECKED.stages, vendor=vendor))
        sessions = session_set(recordings)
        nights = night_table(sessions, zone="UTC")
        narrow = nights.astype(dict.fromkeys(nights.select_dtypes("float64"), "float32"))
        for kept in (nights, narrow):
            view = night_view(sessions, kept, recordings[0].name)
            remarked = REASONS["DIFFERS_FROM_VENDOR"][0] in view.reasons
            marked = [each for each in view.beside if each.differs]
            assert remarked == bool(marked)
            assert all(each.ours != each.vendor for each in marked)

    def test_what_differs_looks_different(self) -> None:
        stages = ((0, 20), (1, 451), (0, 20), (2, 225), (3, 225), (0, 19))
        vendor = VENDOR | {"time_in_sleep_s": 27062.0}
        view = view_of([Recording(start=CHECKED.start, stages=stages, vendor=vendor)])
        asleep = next(each for each in view.beside if each.label == "Asleep")
        assert asleep.differs
        assert (plain(asleep.ours), plain(asleep.vendor)) == ("450.5 min", "451 min")

    @pytest.mark.parametrize("served", [0, 1, 5])
    def test_cycles_are_counted_by_another_rule_and_never_differ(self, served: int) -> None:
        vendor = VENDOR | {"sleep_cycle_count": float(served)}
        view = view_of([Recording(start=CHECKED.start, stages=CHECKED.stages, vendor=vendor)])
        line = view.beside[-1]
        assert (line.label, line.ours, line.vendor) == ("Complete cycles", "1", str(served))
        assert line.other_rule
        assert not line.differs
        assert not any(each.other_rule for each in view.beside[:-1])
        assert view.reasons == ()

    def test_the_vendors_cycles_of_two_recordings_stand_side_by_side_in_their_order(self) -> None:
        first, second = (
            hours(begun, begun + 3.75, vendor={"sleep_cycle_count": count})
            for begun, count in ((23, 3.0), (27, 2.0))
        )
        for order in ([first, second], [second, first]):
            assert plain(view_of(order).beside[-1].vendor) == "3 + 2"
        silent = hours(27, 30.75)
        assert view_of([first, silent]).beside[-1].vendor == NOTHING

    def test_what_the_vendor_does_not_say_is_a_dash_and_no_difference(self) -> None:
        view = view_of([hours(23, 31)])
        assert {each.vendor for each in view.beside} == {NOTHING}
        assert not any(each.differs for each in view.beside)

    def test_lost_signal_is_no_difference(self) -> None:
        stages = (*CHECKED.stages[:-1], (-1, 20))
        view = view_of([Recording(start=CHECKED.start, stages=stages, vendor=VENDOR | {"waso_count": 4.0})])
        assert np.all([not each.differs for each in view.beside])


@pytest.mark.parametrize(
    "last", [tonight((1, 880)), tonight((1, 880), (-1, 400)), tonight(zone="Asia/Seoul")]
)
def test_a_drawing_says_of_a_night_what_its_view_says(last: Recording) -> None:
    sessions = session_set([*weeks_then(last), Recording(start=at("2026-03-28 23:30"), session_id="spring")])
    nights = night_table(sessions, zone="Europe/Berlin")
    ids = nights["session_id"].tolist()
    for drawn, view in zip(
        drawn_nights(sessions, nights, ids), night_views(sessions, nights, ids), strict=True
    ):
        assert drawn.runs.equals(view.runs)
        assert drawn.statistics.equals(view.statistics)
        for name in ("session_id", "start", "end", "zone", "kind", "clock_note"):
            assert getattr(drawn, name) == getattr(view, name)


def test_of_a_session_that_is_not_there_nothing_is_drawn() -> None:
    sessions = session_set(weeks_then(tonight((1, 880))))
    with pytest.raises(UnknownNight, match="no session 'another'"):
        drawn_nights(sessions, night_table(sessions, zone="UTC"), ["tonight", "another"])
