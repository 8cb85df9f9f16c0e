"""What a night's chart says in words: hover sentences, the alternative text and the table of its runs."""

import math
from collections.abc import Iterator
from datetime import datetime

import pandas as pd

from analytics.night_view import NightView
from analytics.sleep_cycles import Cycle
from analytics.wording import duration, minutes, quantity
from charts.clock_axis import clock_at, minutes_between

COLUMNS = ("What", "From", "To", "How long")
STAGES = {"awake": "Awake", "rem": "REM", "light": "Light", "deep": "Deep"}
GAPS = {"unknown": "no signal", "not recorded": "not recorded"}
# Below this a length is told to the half minute, because an epoch is one: rounded, it would be a whole minute.
_EXACT_BELOW_MIN = 10


def length_words(length_min: float) -> str:
    """How long a run is: `0.5 min`, `18 min`, `1 h 2 min`; to the half minute below 10 min."""
    return minutes(length_min) if length_min < _EXACT_BELOW_MIN else duration(length_min)


def sentence(start: datetime, what: str, first_min: float, last_min: float) -> str:
    """A run as a sentence: `Deep for 18 min, 01:04 to 01:22`."""
    times = f"{clock_at(start, first_min)} to {clock_at(start, last_min)}"
    return f"{what} for {length_words(last_min - first_min)}, {times}"


def stretches(runs: pd.DataFrame) -> Iterator[tuple[float, float, float]]:
    """Start, end and length of each run in minutes since the start."""
    yield from zip(runs["start_min"], runs["end_min"], runs["minutes"], strict=True)


def cycle_name(cycle: Cycle) -> str:
    """`Cycle 1`; `Cycle 5, incomplete` for a last one without a REM period."""
    return f"Cycle {cycle.number}" if cycle.complete else f"Cycle {cycle.number}, incomplete"


def share_minutes(view: NightView) -> dict[str, float]:
    """Minutes by stage in reading order: awake, rem, light, deep, unknown; those the night's shares have."""
    found = {str(what): float(value) for what, value in view.shares["minutes"].items()}
    return {what: found[what] for what in (*STAGES, "unknown") if what in found}


def alternative(view: NightView) -> str:
    """The night as one text: times, minutes of each stage, cycles, falling asleep, final wake, long awakenings."""
    end_min = minutes_between(view.start, view.end)
    parts = [f"Hypnogram, {clock_at(view.start, 0)} to {clock_at(view.start, end_min)}"]
    parts += [
        f"{STAGES.get(what, 'no signal')} {duration(length)}"
        for what, length in share_minutes(view).items()
        if what in STAGES or length > 0
    ]
    unrecorded = float(view.runs.loc[view.runs["what"] == "not recorded", "minutes"].sum())
    if unrecorded:
        parts.append(f"not recorded {duration(unrecorded)}")
    parts += _cycles(view)
    if not math.isnan(view.latency_min):
        parts.append(f"fell asleep after {length_words(view.latency_min)}")
    if view.final_wake_min > 0:
        parts.append(f"awake for {length_words(view.final_wake_min)} at the end")
    long = [
        f"{length_words(length)} at {clock_at(view.start, first)}"
        for first, _, length in stretches(view.long_awakenings)
    ]
    parts.append(f"awakenings over 5 min: {', '.join(long) or 'none'}")
    return "; ".join(parts) + "."


def _cycles(view: NightView) -> Iterator[str]:
    cycles = view.cycles
    if not cycles.words:
        return
    spans = {
        cycle: f"{quantity(cycle.minutes, 'min', 0)} from {clock_at(view.start, cycle.start_min)}"
        for cycle in cycles.each
    }
    whole = ", ".join(span for cycle, span in spans.items() if cycle.complete)
    yield f"{cycles.words[0].lower()}{cycles.words[1:]}{': ' if whole else ''}{whole}"
    yield from (f"a last one, incomplete: {span}" for cycle, span in spans.items() if not cycle.complete)
    if cycles.uncertain:
        yield "the cycles are uncertain"


def table(view: NightView) -> pd.DataFrame:
    """Every cycle and every run of the night, snoring among them, in order of time: columns `COLUMNS`, all in words."""
    words = {**STAGES, **{what: text.capitalize() for what, text in GAPS.items()}}
    drawn = [
        *((cycle_name(cycle), cycle.start_min, cycle.end_min) for cycle in view.cycles.each),
        *((words[what], *edges) for what, edges in zip(view.runs["what"], _edges(view.runs), strict=True)),
        *(("Snoring", *edges) for edges in _edges(view.snoring)),
    ]
    return pd.DataFrame(
        [
            (what, clock_at(view.start, first), clock_at(view.start, last), length_words(last - first))
            for what, first, last in sorted(drawn, key=lambda row: row[1])
        ],
        columns=list(COLUMNS),
    )


def _edges(runs: pd.DataFrame) -> Iterator[tuple[float, float]]:
    yield from ((first, last) for first, last, _ in stretches(runs))
