"""The words of triage: what moved, by how much, on how many nights it rests; and all of that in two words."""

import math
from collections.abc import Callable, Sequence
from typing import Final

from analytics import wording
from analytics.shifts import (
    BEFORE_DAYS,
    MINIMUM_BEFORE,
    MINIMUM_RECENT,
    RECENT_DAYS,
    Metric,
    Shifts,
)
from analytics.triage_days import BETTER, LOW_EFFICIENCY_PCT, SHORT_SLEEP_MIN

HOW_TO_READ: Final = (
    "A shift is counted in units of the person's own night-to-night spread, or, where that is smaller, of the least "
    "spread that is counted; it is not a p value, and says nothing of why."
)
"""What a number of spreads means."""


# Metric and whether it rose -> what it is a matter of, and the word.
_WORDS: Final = {
    ("midsleep_clock_h", True): ("hours", "later"),
    ("midsleep_clock_h", False): ("hours", "earlier"),
    ("tst_min", True): ("length", "longer"),
    ("tst_min", False): ("length", "shorter"),
    ("se_pct", False): ("rest", "restless"),
    ("waso_min", True): ("rest", "restless"),
    ("se_pct", True): ("rest", "calmer"),
    ("waso_min", False): ("rest", "calmer"),
    ("score", True): ("score", "higher score"),
    ("score", False): ("score", "lower score"),
}
_ORDER: Final = ("hours", "length", "rest", "score")
_ALONE: Final = {word: f"{word} sleep" for word in ("later", "earlier", "longer", "shorter")}
_LEVEL_LABELS: Final = {
    "no_data": "No data",
    "short_sleep": "Short sleep",
    "low_efficiency": "Low efficiency",
    "much_unknown": "Much missing",
}


def label(moves: Sequence[tuple[str, bool]], levels: Sequence[str], *, too_few: bool) -> str:
    """Why somebody is looked at, in two or three words; "" where there is nothing to say.

    The rule: what moved, and is not for the better, is named, at most two of it: "Later and shorter", "Shorter sleep",
    "Restless" (lower efficiency or more time awake). Without any, the first flag on a level is: "No data", "Short
    sleep", "Low efficiency", "Much missing". Without that, "Lower score", as the score is made of the others; then what
    moved for the better: "Calmer", "Higher score". And then "Too few nights", where there are not enough to tell.

    Args:
        moves: metrics that are red or amber and whether they rose, the largest shift first.
        levels: names of the flags on levels that are up.
        too_few: whether no metric has nights enough.
    """
    parts = [move for move in moves if move[0] != "score"]
    score = [move for move in moves if move[0] == "score"]
    level = [words for name, words in _LEVEL_LABELS.items() if name in levels]
    candidates = (
        _joined([move for move in parts if move not in BETTER]),
        *level,
        _joined([move for move in score if move not in BETTER]),
        _joined(parts),
        _joined(score),
        "Too few nights" if too_few else "",
    )
    return next((words for words in candidates if words), "")


def _joined(moves: Sequence[tuple[str, bool]]) -> str:
    """The words of the two largest shifts, in their fixed order."""
    matters: dict[str, str] = {}
    for matter, word in (_WORDS[move] for move in moves):
        matters.setdefault(matter, word)
    named = sorted(list(matters)[:2], key=_ORDER.index)
    words = [matters[matter] for matter in named]
    text = " and ".join(words) if len(words) > 1 else "".join(_ALONE.get(word, word) for word in words)
    return text[:1].upper() + text[1:]


def moved(metric: Metric, shift: Shifts, at: int) -> str:
    """What moved for person number `at`: the change, in spreads too, and what is usual, each with its nights.

    Compared are the medians of the last 7 days and of the 28 before. Where the person's own spread is smaller than the
    least that is counted, it says so.
    """
    change = float(shift.delta[at])
    nights, before = (
        wording.plural(int(counts[at]), "night") for counts in (shift.nights_recent, shift.nights_before)
    )
    scale = float(shift.scale[at])
    unit = least_spread(metric, scale) if scale > float(shift.mad[at]) else "the usual spread"
    times = wording.number(abs(float(shift.z[at])))
    return (
        f"{_SUBJECTS[metric.name]} {changed(metric, change)} than usual in the last {RECENT_DAYS} days ({nights}), "
        f"{times} times {unit}; usual {written(metric, float(shift.before[at]))} ({before})."
    )


_SUBJECTS: Final = {
    "tst_min": "Slept",
    "se_pct": "Efficiency",
    "midsleep_clock_h": "Mid-sleep",
    "waso_min": "Awake after onset",
    "score": "Score",
}


def moved_in_short(metric: Metric, change: float, nights: int) -> str:
    """What moved, beside a name: "efficiency 5 points higher, 7 nights"."""
    subject = _SUBJECTS[metric.name]
    return f"{subject[0].lower()}{subject[1:]} {changed(metric, change)}, {wording.plural(nights, 'night')}"


def changed(metric: Metric, change: float) -> str:
    """A change of a metric in words: "40 min less", "1 h later", "4 points lower"."""
    size = spread(metric, abs(change))
    less, more = {"clock": ("earlier", "later"), "duration": ("less", "more")}.get(
        metric.kind, ("lower", "higher")
    )
    return f"{size} {more if change > 0 else less}"


def written(metric: Metric, value: float) -> str:
    """A value of a metric as readers see it."""
    if metric.kind == "duration":
        return wording.duration(value)
    if metric.kind == "clock":
        return wording.clock(value)
    return wording.percent(value, 1) if metric.kind == "percent" else wording.number(value)


def spread(metric: Metric, scale: float) -> str:
    """A night-to-night spread, or a threshold, as readers see it."""
    return (
        wording.duration(scale) if metric.kind in {"duration", "clock"} else wording.quantity(scale, "points")
    )


def least_spread(metric: Metric, floor: float) -> str:
    """The unit of a shift where the person's own spread is smaller: "10 min, the least spread that is counted"."""
    return f"{spread(metric, floor)}, the least spread that is counted"


def too_few(before: int, recent: int) -> str:
    """Why there is no shift: how many nights there are of how many needed."""
    return (
        f"Insufficient data: {wording.of(before, BEFORE_DAYS)} nights before (needs {MINIMUM_BEFORE}), "
        f"{wording.of(recent, RECENT_DAYS)} in the last days (needs {MINIMUM_RECENT})."
    )


def _no_data(days: float) -> str:
    if math.isnan(days):
        return "Nothing has been recorded yet."
    return f"Nothing was recorded for {wording.plural(int(days), 'day')}."


LEVELS: Final[dict[str, tuple[str, Callable[[float], str]]]] = {
    "no_data": ("stale_days", _no_data),
    "short_sleep": (
        "mean_tst_min",
        lambda minutes: (
            f"Asleep {wording.duration(minutes)} a night on average in the last {RECENT_DAYS} days, "
            f"under {wording.duration(SHORT_SLEEP_MIN)}."
        ),
    ),
    "low_efficiency": (
        "mean_se_pct",
        lambda value: (
            f"Efficiency {wording.percent(value, 1)} on average in the last {RECENT_DAYS} days, "
            f"under {wording.percent(LOW_EFFICIENCY_PCT)}."
        ),
    ),
    "much_unknown": (
        "unknown_share",
        lambda share: (
            f"{wording.percent(100 * share)} of the recordings of the last {RECENT_DAYS} days is missing."
        ),
    ),
}
"""Flag on a level -> the column that it is about, and its sentence; the most pressing first."""
