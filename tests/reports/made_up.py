"""Weeks of made-up sleep as values, so that a report can be asked for any week one can think of."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from analytics import wording
from analytics.ledger import exclusion_ledger
from analytics.night_drawing import stage_shares
from analytics.night_view import Against, NightView
from analytics.nights import NIGHT_COLUMNS
from analytics.patterns import patterns
from analytics.person_figures import PeriodNights, person_figures
from analytics.person_period import HISTORY_DAYS
from analytics.regularity import Estimator
from analytics.score import Part, PeriodScore
from analytics.sleep_cycles import no_cycles
from analytics.stages import Ragged, night_statistics, runs
from analytics.summary import ClockSpread, Coverage, PersonPeriod, Sleeper
from reports.weekly import PersonReport

ZONE = "America/Los_Angeles"
FIRST, LAST = date(2026, 2, 5), date(2026, 2, 11)
NAN = float("nan")
_NAMES = {-1: "unknown", 0: "awake", 1: "light", 2: "deep", 3: "rem"}
_NO_TIME = pd.Timestamp("NaT")


@dataclass(frozen=True, kw_only=True)
class Sleep:
    """One recording: when it began on the local clock, its stages, and what became of it."""

    begun: datetime
    stages: tuple[int, ...]
    kind: str = "main"
    grade: str = "A"
    reasons: str = ""
    session_id: str = ""
    label: date | None = None


def at(local_time: str) -> datetime:
    """A wall clock without a zone, which the tests add: `2026-02-04 23:20`."""
    return datetime.fromisoformat(local_time)


def stages_of_a_night(hours: float, seed: int) -> tuple[int, ...]:
    """Stages of a plausible night: 90 min cycles, deep early, REM late, a few awakenings."""
    random = np.random.default_rng(seed)
    epochs = int(hours * 120)
    night = [0] * int(random.integers(8, 40))
    cycle = 0
    while len(night) < epochs - 20:
        deep, rem = max(0, 44 - 11 * cycle), 12 + 14 * cycle
        for stage, length in ((1, 40), (2, deep), (1, 34), (3, rem), (0, int(random.integers(0, 9)))):
            night += [stage] * max(0, int(length * random.uniform(0.5, 1.4)))
            if stage == 1 and random.random() < 0.4:
                night += [0] * int(random.integers(1, 5)) + [1] * 6
        cycle += 1
    return tuple(night[: epochs - 12] + [0] * 12)


def week_of_nights() -> list[Sleep]:
    """Seven valid nights, the mockup's week: one of them far later than the others."""
    hours = (9.1, 8.7, 8.0, 9.5, 8.6, 8.9, 9.1)
    clocks = ("23:20", "00:10", "03:41", "23:05", "23:25", "23:06", "23:08")
    nights = []
    for n, (length, clock) in enumerate(zip(hours, clocks, strict=True)):
        day = FIRST + timedelta(n)
        begun = at(f"{day} {clock}") - timedelta(days=clock > "12:00")
        nights.append(Sleep(begun=begun, stages=stages_of_a_night(length, n)))
    return nights


def frame_of(sleeps: list[Sleep], zone: str = ZONE) -> pd.DataFrame:
    """The nights frame of some sleeps, with every column that `analytics.nights` gives it."""
    table = Ragged.from_arrays([np.array(sleep.stages, dtype=np.int8) for sleep in sleeps])
    statistics = night_statistics(table.values, table.offsets)
    rows = [_row(sleep, n, zone) for n, sleep in enumerate(sleeps)]
    frame = pd.DataFrame(rows) if rows else pd.DataFrame([_row(_BLANK, 0, zone)]).iloc[:0]
    frame = pd.concat([frame, statistics.set_axis(frame.index)], axis=1)
    frame["sri_agree"], frame["sri_known"], frame["snoring_min"] = 0, 0, 0.0
    for name in (name for name in NIGHT_COLUMNS if name.startswith("vendor_")):
        frame[name] = NAN
    frame["vendor_tib_min"] = frame["tib_min"]
    frame["vendor_tst_min"] = frame["tst_min"] + 0.5
    frame["vendor_sleep_index"] = 71.0
    return frame[list(NIGHT_COLUMNS)]


def view_of(sleep: Sleep, frame: pd.DataFrame, zone: str = ZONE, note: str = "") -> NightView:
    """The night view of one of the sleeps in a frame."""
    row = frame[frame["session_id"] == _session_id(sleep)].iloc[0]
    drawn = runs(np.array(sleep.stages, dtype=np.int8))
    table = pd.DataFrame(
        {
            "what": [_NAMES[int(stage)] for stage in drawn["stage"]],
            "start_min": drawn["start_epoch"] / 2,
            "end_min": drawn["end_epoch"] / 2,
        }
    )
    table["minutes"] = table["end_min"] - table["start_min"]
    begun = sleep.begun.replace(tzinfo=ZoneInfo(zone))
    nothing = table.iloc[:0][["start_min", "end_min", "minutes"]]
    return NightView(
        session_id=_session_id(sleep),
        start=begun,
        end=(begun.astimezone(UTC) + timedelta(seconds=30 * len(sleep.stages))).astimezone(ZoneInfo(zone)),
        zone=zone,
        dates="",
        clock_note=note,
        kind=sleep.kind,
        basis="stages",
        grade=sleep.grade,
        reasons=(),
        title="",
        runs=table,
        snoring=nothing,
        long_awakenings=nothing,
        cycles=no_cycles(),
        latency_min=float(row["sol_min"]),
        final_wake_min=float(row["final_wake_min"]),
        statistics=row,
        shares=stage_shares(np.array(sleep.stages, dtype=np.int8)),
        against=(),
        beside=(),
    )


def report_of(
    sleeps: list[Sleep],
    *,
    name: str = "Person A",
    person_id: str = "p_abc",
    zone: str = ZONE,
    score: float = 86.4,
    before: float = 84.1,
    estimator: Estimator | None = "sri",
    history_nights: int = 56,
    usual: bool = True,
    notes: dict[str, str] | None = None,
    title: str | None = None,
) -> PersonReport:
    """A report whose period holds the given sleeps; everything else follows from them or from the arguments."""
    frame = frame_of(sleeps, zone)
    valid = frame[frame["valid"] & (frame["kind"] == "main")]
    history = _history(history_nights)
    sleeper = Sleeper(person_id=person_id, name=name, zone=zone, birth_year=1986)
    since = LAST - timedelta(days=HISTORY_DAYS - 1)
    found = patterns(sleeper, history, first=since, last=LAST)
    of_week = score_of(score, nights=len(valid), estimator=estimator)
    of_before = score_of(before, nights=26, estimator="sri")
    period = PersonPeriod(
        sleeper=sleeper,
        first=FIRST,
        last=LAST,
        title=title or f"{name} slept as long as usual, at shifting hours",
        lead="8 h 5 min a night, 3 min less than usual (8 h 8 min). Bedtime ranged from 22:50 to 03:41; its spread "
        "was 1 h 43 min, usually 51 min. 7 of 7 nights valid.",
        nights=frame,
        valid=valid,
        coverage=Coverage(expected=7, recorded=frame["night"].nunique(), valid=len(valid), excluded=_excluded(frame)),
        score=of_week,
        before=of_before,
        bed=_spread(23.85, 103.0, len(valid)),
        rise=_spread(8.1, 62.0, len(valid)),
        against=_against(usual=usual) if len(valid) else (),
        figures=person_figures(
            PeriodNights(valid=valid, naps=0, days=7), found=found, score=of_week, before=of_before
        ),
        history=history,
        patterns=found,
        insights=(),
        ledger=exclusion_ledger(frame),
        talk="Sleep length is within the usual range; the hours are what moved. The latest bedtime of the week was "
        "03:41, the earliest 22:50.",
        method="Time asleep counts every epoch scored light, deep or REM between falling asleep and final wake. Usual: "
        "the last 28 valid nights before this week.",
    )  # fmt: skip
    views = tuple(
        view_of(sleep, frame, zone, (notes or {}).get(_session_id(sleep), ""))
        for sleep in sleeps
        if sleep.kind == "main"
    )
    return PersonReport(period=period, hypnograms=views)


def score_of(overall: float, *, nights: int, estimator: Estimator | None) -> PeriodScore:
    """A score of known parts; NaN `overall` means that consistency is missing."""
    known = not np.isnan(overall)
    doubt = " (low confidence, 5 are good)" if nights in {3, 4} else ""
    return PeriodScore(
        overall=overall,
        efficiency=Part(
            name="efficiency",
            value=88.2,
            weight=0.4,
            reason=f"asleep 91 % of the known time in bed, mean of {nights} nights{doubt}",
        ),
        consistency=Part(
            name="consistency",
            value=74.5 if known else NAN,
            weight=0.3,
            reason="sleep regularity index 75, from 6 pairs of consecutive nights"
            if known
            else _NO_CONSISTENCY,
        ),
        duration=Part(
            name="duration",
            value=96.1,
            weight=0.3,
            reason=f"asleep 8 h 5 min, mean of {nights} nights{doubt}; 7 h to 9 h are recommended for age 40",
        ),
        nights=nights,
        day_pairs=6.0,
        estimator=estimator,
        mean_se_pct=91.0,
        mean_tst_min=485.0,
        version="evidence-2",
        reason="" if known else _NO_CONSISTENCY,
    )


def against_row(
    name: str,
    label: str,
    kind: str,
    numbers: tuple[float, float, float, float],
    *,
    nights: int = 26,
    note: str = "",
) -> Against:
    """One statistic of a week against usual (value, usual, low, high), with its words."""
    value, usual, low, high = numbers
    words = _WORDS[kind]
    delta = (value - usual) * (60 if kind == "clock" else 1)
    return Against(
        name=name, label=label, kind=kind, value=value, usual=usual, low=low, high=high, nights=nights,
        text=words(value), usual_text=f"{words(low)} to {words(high)}" if not np.isnan(low) else words(usual),
        delta=delta,
        delta_text=wording.signed_quantity(delta, "points") if kind == "percent" else wording.signed_duration(delta),
        outside=bool(value < low or value > high), note=note,
    )  # fmt: skip


_WORDS: dict[str, Callable[[float], str]] = {
    "duration": wording.duration,
    "percent": wording.percent,
    "clock": wording.clock,
}
_BLANK = Sleep(begun=at("2026-02-05 23:00"), stages=(0,))
_NO_CONSISTENCY = (
    "consistency needs 5 pairs of consecutive nights, or 5 nights; there are 2 pairs and 3 nights"
)
_NO_CLOCK = ClockSpread(mean_h=NAN, sd_min=NAN, nights=0)


def _spread(mean_h: float, sd_min: float, nights: int) -> ClockSpread:
    if not nights:
        return _NO_CLOCK
    return ClockSpread(mean_h=mean_h, sd_min=sd_min if nights >= 6 else NAN, nights=nights)


def _against(*, usual: bool) -> tuple[Against, ...]:
    rows = (
        ("tst_min", "Asleep", "duration", (485.0, 488.0, 452.0, 517.0)),
        ("se_pct", "Efficiency", "percent", (90.8, 93.0, 88.0, 97.0)),
        ("sol_min", "Latency", "duration", (14.0, 12.0, 4.0, 25.0)),
        ("waso_min", "Awake after onset", "duration", (27.0, 20.0, 4.0, 42.0)),
        ("rem_min", "REM", "duration", (128.0, 125.0, 96.0, 158.0)),
        ("deep_min", "Deep", "duration", (88.0, 84.0, 62.0, 99.0)),
        ("start_clock_h", "Bedtime", "clock", (23.85, 23.47, 23.0, 23.7)),
    )
    if usual:
        return tuple(against_row(*row) for row in rows)
    return tuple(against_row(*row[:3], (row[3][0], NAN, NAN, NAN)) for row in rows)


def _history(nights: int) -> pd.DataFrame:
    random = np.random.default_rng(8)
    days = pd.date_range(end=pd.Timestamp(LAST), periods=nights, freq="D").as_unit("us")
    asleep = random.normal(470, 75, nights)
    same = {"kind": "main", "valid": True, "reasons": "", "unknown_share": 0.0, "midsleep_clock_h": 3.5}
    stages = {"light_min": asleep * 0.55, "deep_min": asleep * 0.2, "rem_min": asleep * 0.25}
    efficiency = {
        "se_pct": 91.0,
        "se_known_pct": 91.0,
        "spt_min": asleep + 20,
        "day_index": np.arange(nights),
    }
    return pd.DataFrame({"night": days, "tst_min": asleep, **stages, **efficiency, **same})


def _row(sleep: Sleep, n: int, zone: str) -> dict[str, object]:
    start = sleep.begun.replace(tzinfo=ZoneInfo(zone))
    end = (start.astimezone(UTC) + timedelta(seconds=30 * len(sleep.stages))).astimezone(ZoneInfo(zone))
    asleep = [i for i, stage in enumerate(sleep.stages) if stage > 0]
    onset = start + timedelta(seconds=30 * asleep[0]) if asleep else None
    middle = start + (end - start) / 2
    return {
        "session_id": _session_id(sleep),
        "session_ids": _session_id(sleep),
        "pieces": 1,
        "night": pd.Timestamp(sleep.label or end.date()).as_unit("us"),
        "day_index": n,
        "kind": sleep.kind,
        "grade": sleep.grade,
        "basis": "stages",
        "valid": sleep.grade in {"A", "B"},
        "reasons": sleep.reasons,
        "start": pd.Timestamp(start).tz_convert(UTC).as_unit("us"),
        "end": pd.Timestamp(end).tz_convert(UTC).as_unit("us"),
        "onset": pd.Timestamp(onset).tz_convert(UTC).as_unit("us") if onset else _NO_TIME,
        "final_wake": pd.Timestamp(end).tz_convert(UTC).as_unit("us"),
        "midsleep": pd.Timestamp(middle).tz_convert(UTC).as_unit("us"),
        "zone": zone,
        "start_offset_min": _offset_min(start),
        "end_offset_min": _offset_min(end),
        "start_clock_h": _clock_h(start),
        "end_clock_h": _clock_h(end),
        "onset_clock_h": _clock_h(onset) if onset else NAN,
        "wake_clock_h": _clock_h(end),
        "midsleep_clock_h": _clock_h(middle),
        "anchor_clock_h": 15.5,
        "gap_min": 0.0,
        "missing_share": 0.0,
        "received": pd.Timestamp(end).tz_convert(UTC).as_unit("us"),
    }


def _excluded(frame: pd.DataFrame) -> dict[str, int]:
    return dict(frame.loc[~frame["valid"], "reasons"].value_counts())


def _session_id(sleep: Sleep) -> str:
    return sleep.session_id or f"s-{sleep.begun:%Y%m%d%H%M}"


def _offset_min(moment: datetime) -> int:
    offset = moment.utcoffset()
    assert offset is not None
    return int(offset.total_seconds() // 60)


def _clock_h(moment: datetime) -> float:
    return moment.hour + moment.minute / 60
