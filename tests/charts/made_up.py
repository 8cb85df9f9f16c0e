"""Made-up nights, periods and cohorts as values, for charts to draw."""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from analytics.cohort_nights import CohortNights
from analytics.night_drawing import Piece
from analytics.night_metrics import NIGHT_METRICS
from analytics.night_view import Against, NightView
from analytics.regularity import wrap_h
from analytics.sleep_cycles import sleep_cycles
from analytics.stages import STAGE_NAMES, UNKNOWN
from analytics.summary import CohortOverview, PersonPeriod, Sleeper
from analytics.summary import person_period as a_person_period
from analytics.wording import clock, duration, number, percent, signed_duration, signed_quantity

NAN = float("nan")
HOSTILE = '<b>*[x](y)</b> & "O\'Brien" :red[z] $a$ <script>alert(1)</script>'
Run = tuple[str, float]

# A whole night as (what, minutes): long latency, awakenings of all lengths, a gap, deep early and REM late.
NIGHT: tuple[Run, ...] = (
    ("awake", 22), ("light", 1), ("awake", 1), ("light", 4), ("awake", 0.5), ("light", 9), ("awake", 21),
    ("light", 18), ("deep", 9), ("light", 0.5), ("deep", 9.5), ("light", 11), ("deep", 1), ("light", 7), ("rem", 15),
    ("light", 5), ("awake", 14), ("light", 17), ("deep", 2), ("light", 1), ("deep", 21), ("light", 8), ("awake", 0.5),
    ("light", 8), ("rem", 32), ("light", 22), ("deep", 1.5), ("light", 4.5), ("awake", 3), ("unknown", 12),
    ("light", 22), ("deep", 13), ("light", 3), ("awake", 1), ("light", 5), ("rem", 29), ("awake", 0.5), ("light", 29),
    ("awake", 2), ("light", 25), ("deep", 4), ("light", 1), ("deep", 5), ("light", 2), ("deep", 11), ("awake", 3),
    ("light", 0.5), ("awake", 11), ("light", 9), ("rem", 17), ("awake", 8),
)  # fmt: skip


def night_view(
    runs: Sequence[Run] = NIGHT,
    *,
    start: datetime = datetime(2026, 2, 10, 22, 52),  # noqa: DTZ001
    zone: str = "Europe/Berlin",
    snoring: Sequence[tuple[float, float]] = (
        (75, 95),
        (108, 111),
        (165, 176),
        (201, 209),
        (260, 283),
        (400, 419),
    ),
    against: tuple[Against, ...] = (),
) -> NightView:
    """The night made of these runs, begun on the clock of a zone."""
    begun = start.replace(tzinfo=ZoneInfo(zone))
    frame = _run_frame(runs)
    total = float(frame["minutes"].sum())
    asleep = frame[frame["what"].isin(["rem", "light", "deep"])]
    wake = frame[(frame["what"] == "awake") & (frame["minutes"] > 5)]
    inside = wake[(wake["start_min"] > 0) & (wake["end_min"] < total)]
    minutes = (
        frame.groupby("what")["minutes"]
        .sum()
        .reindex(["awake", "rem", "light", "deep", "unknown"], fill_value=0)
    )
    slept = float(minutes[["rem", "light", "deep"]].sum())
    pct = (100 * minutes / slept if slept else minutes * NAN).where(~minutes.index.isin(["awake", "unknown"]))
    snores = pd.DataFrame(snoring, columns=["start_min", "end_min"], dtype=float)
    snores["minutes"] = snores["end_min"] - snores["start_min"]
    return NightView(
        session_id="s-1",
        start=begun,
        end=(begun.astimezone(UTC) + timedelta(minutes=total)).astimezone(ZoneInfo(zone)),
        zone=zone,
        dates="Night of Tue 10 to Wed 11 February 2026",
        clock_note="",
        kind="main",
        basis="stages",
        grade="A",
        reasons=(),
        title="",
        runs=frame,
        snoring=snores,
        long_awakenings=inside[["start_min", "end_min", "minutes"]].reset_index(drop=True),
        cycles=sleep_cycles((_piece(frame),)),
        latency_min=float(asleep["start_min"].iloc[0]) if len(asleep) else NAN,
        final_wake_min=total - float(asleep["end_min"].iloc[-1]) if len(asleep) else NAN,
        statistics=pd.Series({"waso_min": 65.0}),
        shares=pd.DataFrame({"minutes": minutes, "pct": pct}),
        against=against,
        beside=(),
    )


def _run_frame(runs: Sequence[Run]) -> pd.DataFrame:
    frame = pd.DataFrame(runs, columns=["what", "minutes"]).astype({"minutes": float})
    frame["end_min"] = frame["minutes"].cumsum()
    frame["start_min"] = frame["end_min"] - frame["minutes"]
    return frame[["what", "start_min", "end_min", "minutes"]]


def _piece(runs: pd.DataFrame) -> Piece:
    """The runs as one recording; what was not recorded is unknown, as a gap between two pieces is to cycles."""
    codes = {name: stage for stage, name in STAGE_NAMES.items()}
    stages = np.repeat(
        [codes.get(what, UNKNOWN) for what in runs["what"]], (2 * runs["minutes"]).astype(int)
    ).astype(np.int8)
    return Piece(start_min=0.0, end_min=len(stages) / 2, stages=stages, snoring=np.zeros_like(stages))


def against_row(
    name: str = "tst_min",
    label: str = "Asleep",
    kind: str = "duration",
    *,
    value: float = 399,
    usual: float = 440,
    low: float = 408,
    high: float = 478,
    nights: int = 26,
    note: str = "",
) -> Against:
    """One statistic against usual, worded as analytics words it."""
    words = _WORDS[kind]
    delta = 60 * wrap_h(value - usual) if kind == "clock" else value - usual
    known = not math.isnan(usual)
    away = (
        wrap_h(value - low) < 0 or wrap_h(value - high) > 0
        if kind == "clock"
        else value < low or value > high
    )
    return Against(
        name=name, label=label, kind=kind, value=value, usual=usual, low=low, high=high, nights=nights,
        text=words(value), usual_text=words(usual) if math.isnan(low) else f"{words(low)} to {words(high)}",
        delta=delta, delta_text=signed_quantity(delta, "points") if kind == "percent" else signed_duration(delta),
        outside=bool(known and away), note=note,
    )  # fmt: skip


_WORDS: dict[str, Callable[[float], str]] = {
    "duration": duration,
    "percent": percent,
    "clock": clock,
    "count": number,
}


def against_rows() -> tuple[Against, ...]:
    """The seven rows of a night page."""
    return (
        against_row(),
        against_row("se_pct", "Efficiency", "percent", value=79, usual=88, low=83, high=93),
        against_row("sol_min", "Latency", value=22, usual=18, low=11, high=27),
        against_row("waso_min", "Awake after onset", value=65, usual=33, low=22, high=47),
        against_row("rem_min", "REM", value=92, usual=98, low=74, high=118),
        against_row("deep_min", "Deep", value=80, usual=71, low=54, high=88),
        against_row("start_clock_h", "Bedtime", "clock", value=22.87, usual=23.2, low=22.5, high=23.9),
    )


def nights_frame(
    *,
    first: date = date(2026, 1, 15),
    days: int = 28,
    bed_h: float = 23.3,
    length_h: float = 8.4,
    spread_h: float = 0.8,
    missing: Sequence[int] = (9, 17),
    naps: Sequence[int] = (),
    zone: str = "America/Los_Angeles",
    seed: int = 3,
) -> pd.DataFrame:
    """Nights with the columns of the nights frame that charts read; `missing` and `naps` are day numbers."""
    random = np.random.default_rng(seed)
    rows = []
    for n in range(days):
        label = first + timedelta(days=n)
        if n in missing:
            continue
        begun_h = bed_h + float(random.normal(0, spread_h)) + (0.9 if label.weekday() in (5, 6) else 0)
        rows.append(
            _night_row(label, begun_h, length_h + float(random.normal(0, 0.7)), zone, bed_h, length_h, random)
        )
        if n in naps:
            rows.append({**_night_row(label, 15.2, 0.8, zone, bed_h, length_h, random), "kind": "nap"})
    return pd.DataFrame(rows)


def _night_row(  # noqa: PLR0917
    label: date,
    begun_h: float,
    length_h: float,
    zone: str,
    bed_h: float,
    usual_h: float,
    random: np.random.Generator,
) -> dict[str, Any]:
    end_h = begun_h + length_h
    latency, final = float(random.uniform(0.05, 0.6)), float(random.uniform(0, 0.3))
    # The label is the date of the end; hours count from the midnight that the sleep ends after.
    midnight = datetime.combine(label, datetime.min.time(), tzinfo=ZoneInfo(zone)) - timedelta(
        days=math.floor(end_h / 24)
    )
    start, end = (pd.Timestamp(midnight + timedelta(hours=h)).tz_convert(UTC) for h in (begun_h, end_h))
    middle_h = (begun_h + latency + end_h - final) / 2
    tst = max(0.0, (length_h - latency - final) * 60 * 0.94)
    return {
        "session_id": f"s-{label}-{begun_h:.2f}",
        "night": pd.Timestamp(label), "kind": "main", "grade": "A", "valid": True,
        "start": start, "end": end, "zone": zone, "start_clock_h": begun_h % 24, "end_clock_h": end_h % 24,
        "onset_clock_h": (begun_h + latency) % 24, "wake_clock_h": (end_h - final) % 24,
        "midsleep_clock_h": middle_h % 24, "anchor_clock_h": (bed_h + usual_h / 2 + 12) % 24,
        "tib_min": length_h * 60, "tst_min": tst, "spt_min": tst / 0.94, "sol_min": latency * 60,
        "waso_min": tst * 0.06, "awakenings": 4.0, "light_min": tst * 0.55, "deep_min": tst * 0.2,
        "rem_min": tst * 0.25, "se_pct": tst / length_h / 0.6, "se_known_pct": tst / length_h / 0.6,
        "unknown_share": 0.0, "missing_share": 0.0, "day_index": label.toordinal(), "reasons": "", "pieces": 1,
        "sri_agree": 2500, "sri_known": 2880,
    }  # fmt: skip


def person_period(
    *,
    days: int = 107,
    slope_min_a_day: float = 0.0,
    step_min: float = 0.0,
    missing: Sequence[int] = range(40, 48),
    birth_year: int | None = 1986,
) -> PersonPeriod:
    """Weeks of one person with a gap; `slope_min_a_day` makes a trend, `step_min` a change of level halfway."""
    first = date(2025, 10, 28)
    random = np.random.default_rng(8)
    frame = nights_frame(first=first, days=days, missing=tuple(missing))
    day_number = (frame["night"] - pd.Timestamp(first)).dt.days
    moved = slope_min_a_day * day_number + step_min * (day_number >= days // 2)
    frame["tst_min"] = np.clip(470 + random.normal(0, 55, len(frame)) + moved, 60, 700)
    for name, share in (("light_min", 0.55), ("deep_min", 0.2), ("rem_min", 0.25)):
        frame[name] = share * frame["tst_min"]
    return a_person_period(
        Sleeper(person_id="p_1", name="Person A", zone="America/Los_Angeles", birth_year=birth_year),
        frame,
        first=first,
        last=first + timedelta(days=days - 1),
    )


def nights_of(seen: CohortOverview, metric: str = "tst_min", *, centre: float = NAN) -> CohortNights:
    """The nights of such an overview as a chart reads them, whatever the metric: nobody has a usual."""
    values = seen.map_values.to_numpy(dtype=np.float64)
    people = len(values)
    known = (~np.isnan(values)).sum(axis=1)
    return CohortNights(
        metric=NIGHT_METRICS[metric], ids=seen.map_values.index, names=tuple(seen.people["name"]),
        dates=seen.map_dates, values=values.astype(np.float32), states=seen.map_states.to_numpy(),
        means=np.nansum(values, axis=1) / np.where(known > 0, known, NAN), counts=known,
        few=np.zeros(people, dtype=bool), band_low=np.full(people, NAN), band_high=np.full(people, NAN),
        recent=np.full(people, NAN), centre=centre,
    )  # fmt: skip


NAMES = (
    "Noa K.", "Mattis R.", "Yusuf D.", "Amara J.", "Teo Marchetti", "Mila G.", "Aiko F.", "Felix H.", "Rohan I.",
    "Linnea S.", "Emil K.", "Sofia L.", "Samir O.", "Dina E.", "Priya N.", "Petra C.", "Anton L.", "Selin P.",
)  # fmt: skip


def overview(
    *, people: int = 18, days: int = 42, names: Sequence[str] = NAMES, seed: int = 5
) -> CohortOverview:
    """A cohort's map with all three states; everything else of the overview is what the map does not read."""
    random = np.random.default_rng(seed)
    first = date(2026, 1, 1)
    dates = pd.date_range(first, periods=days, freq="D")
    ids = [f"p_{n}" for n in range(people)]
    usual = random.uniform(340, 490, people)[:, None]
    values = random.normal(usual, 35, (people, days))
    states = np.full((people, days), 2, dtype=np.uint8)
    states[random.random((people, days)) < 0.05] = 1
    for row in range(0, people, 4):
        states[row, : random.integers(1, max(2, days // 3))] = 0
    values[states != 2] = NAN
    table = pd.DataFrame(
        {"name": [names[n % len(names)] for n in range(people)]}, index=pd.Index(ids, name="person_id")
    )
    return CohortOverview(
        night=dates[-1].date(), first=first, last=dates[-1].date(), people=table, map_dates=dates,
        map_values=pd.DataFrame(values, index=ids, columns=dates),
        map_states=pd.DataFrame(states, index=ids, columns=dates),
        map_range=(float(np.nanmin(values)), float(np.nanmedian(values)), float(np.nanmax(values))),
        title="", attention_title="", others_title="", table_title="", map_title="", valid=int((states == 2).sum()),
        expected=people * days,
    )  # fmt: skip
