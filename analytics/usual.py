"""A night, or the mean of a period, against the person's own usual.

For one night usual is the median of the reference nights, for the mean of a period it is their mean (mean and median
would differ by the skew of the nights alone); its range is their 10th to 90th percentile. Times of day are compared the
short way round the clock. The usual is a mean over more than a week and needs 5 reference nights; the range is a spread
and needs 11 (SPEC 4.7, `reliability`). Between the two there is a usual without a range.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import pandas as pd

from analytics import wording
from analytics.efficiency import counted_efficiency_pct
from analytics.reliability import least_nights, period_gate, there_are
from analytics.time_of_day import Counts, Floats, clock_statistics, wrap_h
from analytics.travel import left_out_of_consistency

__all__ = [
    "ABOUT_THE_SAME_MIN",
    "COMPARED",
    "MINIMUM_REFERENCE_NIGHTS",
    "REFERENCE_NIGHTS",
    "Against",
    "against_usual",
    "comparable",
    "counted_efficiency_pct",
    "in_words",
    "length_finding",
    "medians_before",
    "no_usual",
    "note_of",
    "range_finding",
    "reference_columns",
]

REFERENCE_NIGHTS = 28
MINIMUM_REFERENCE_NIGHTS: Final = least_nights(days=REFERENCE_NIGHTS)
ABOUT_THE_SAME_MIN = 15.0

COMPARED: Final = (
    ("tst_min", "Asleep", "duration"),
    ("se_pct", "Efficiency", "percent"),
    ("sol_min", "Latency", "duration"),
    ("waso_min", "Awake after onset", "duration"),
    ("rem_min", "REM", "duration"),
    ("deep_min", "Deep", "duration"),
    ("start_clock_h", "Bedtime", "clock"),
)
"""What is compared: column of the nights table, what a reader calls it, and how it is written."""


@dataclass(frozen=True, kw_only=True)
class Against:
    """One statistic of this night (or week) against the person's own usual.

    Attributes:
        name: column of the nights frame, e.g. `tst_min`.
        label: what a reader calls it, e.g. "Asleep".
        kind: how to write it: "duration", "percent", "clock", "count".
        value: this night's value; NaN when undefined.
        usual: median of the reference nights (for a period: their mean); NaN when there are fewer than 5.
        low: their 10th percentile; NaN when there are fewer than 11.
        high: their 90th percentile, NaN likewise.
        nights: how many reference nights had a value.
        text: the value in words, e.g. "6 h 39 min".
        usual_text: the range in words, e.g. "6 h 48 min to 7 h 58 min"; the usual alone, e.g. "7 h 20 min", where the
            nights are too few for a range; en dash when there is no usual.
        delta: value minus usual in the statistic's own unit (clock: minutes, wrapped).
        delta_text: the difference of the two as printed, in words with its sign, e.g. "−41 min", "−9 points".
        outside: whether the value lies outside low to high; never without a range.
        note: how far to trust usual and range, or why one is missing, e.g. "a range needs 11 nights; there are 7 (low
            confidence, 10 are good)"; "" when there is nothing to say.
    """

    name: str
    label: str
    kind: str
    value: float
    usual: float
    low: float
    high: float
    nights: int
    text: str
    usual_text: str
    delta: float
    delta_text: str
    outside: bool
    note: str = ""

    @property
    def has_usual(self) -> bool:
        """Whether there are nights enough for a usual, and a typical time where it is one of day."""
        return not math.isnan(self.usual)

    @property
    def has_range(self) -> bool:
        """Whether there are nights enough for the range too."""
        return not math.isnan(self.low)


def comparable(nights: pd.DataFrame) -> pd.DataFrame:
    """The compared columns of some nights as float64, efficiency as it counts in the score.

    That is of the known time where up to 20 % of a night is unknown, else of the time in bed.
    """
    columns = {name: nights[name].to_numpy(dtype=np.float64) for name, _, _ in COMPARED}
    columns["se_pct"] = counted_efficiency_pct(nights)
    return pd.DataFrame(columns, index=nights.index)


def reference_columns(nights: pd.DataFrame) -> pd.DataFrame:
    """The compared columns of nights that something is compared with, or that make a mean.

    They are those of `comparable`, without the bedtimes of a journey: it is left out wherever hours are judged.
    """
    columns = comparable(nights)
    away = left_out_of_consistency(nights["reasons"])
    columns["start_clock_h"] = columns["start_clock_h"].where(~away)
    return columns


def against_usual(
    values: Mapping[str, float], reference: pd.DataFrame, *, usual: Literal["median", "mean"] = "median"
) -> tuple[Against, ...]:
    """Every compared statistic against the reference nights, in the order of `COMPARED`.

    Args:
        values: value by column; for "start_clock_h" hours of the local day.
        reference: `comparable` of the reference nights.
        usual: what stands for them: the median beside one night, the mean beside the mean of a period.
    """
    typical: Callable[[Floats], np.floating] = np.median if usual == "median" else np.mean
    return tuple(
        _against(
            statistic,
            float(values[statistic[0]]),
            reference[statistic[0]].to_numpy(dtype=np.float64),
            typical,
        )
        for statistic in COMPARED
    )


def medians_before(owner: Counts, start_us: Counts, values: Floats, *, before_us: Counts) -> Floats:
    """What is usual for a night of each of many people; NaN where fewer than 5 nights have a value.

    It is the `usual` that `against_usual` gives beside one night: the median of the last 28 sleeps before it.

    Args:
        owner: whose each valid main sleep is, 0 to n - 1, in any order.
        start_us: when it began, in microseconds.
        values: what is compared, e.g. time asleep in minutes.
        before_us: [n], when the night in question began.
    """
    earlier = np.flatnonzero(start_us < before_us[owner])
    earlier = earlier[np.lexsort((start_us[earlier], owner[earlier]))]
    counts = np.bincount(owner[earlier], minlength=len(before_us))
    rank = np.repeat(np.cumsum(counts), counts) - np.arange(len(earlier)) - 1
    last = rank < REFERENCE_NIGHTS
    reference = np.full((len(before_us), REFERENCE_NIGHTS), np.nan)
    reference[owner[earlier[last]], rank[last]] = values[earlier[last]]
    enough = np.count_nonzero(~np.isnan(reference), axis=1) >= MINIMUM_REFERENCE_NIGHTS
    medians = np.full(len(before_us), np.nan)
    medians[enough] = np.nanmedian(reference[enough], axis=1)
    return medians


def no_usual(values: Mapping[str, float]) -> tuple[Against, ...]:
    """The compared statistics of what has nothing to be compared with, such as a nap."""
    nothing = pd.DataFrame({name: pd.Series(dtype="float64") for name, _, _ in COMPARED})
    return tuple(replace(row, note="") for row in against_usual(values, nothing))


def length_finding(row: Against, *, usual: str = "usual") -> str:
    """A difference of duration as the end of a title: `41 min less than usual`, `about as long as usual`; or "".

    Args:
        row: a statistic in minutes.
        usual: what it is compared with, as a reader should be told.
    """
    by = _printed_delta(row.kind, row.value, row.usual)
    if math.isnan(by):
        return ""
    if abs(by) <= ABOUT_THE_SAME_MIN:
        return f"about as long as {usual}"
    return f"{wording.duration(abs(by))} {'less' if by < 0 else 'more'} than {usual}"


def range_finding(rows: Sequence[Against]) -> str:
    """How many statistics lie outside their range, as a title: `2 of 7 lie outside the usual range`.

    Without a range it says how many nights were too few: `7 nights: too few for a usual range`.
    """
    ranged = [row for row in rows if row.has_range]
    if ranged:
        outside = sum(row.outside for row in ranged)
        lie = "lies" if outside == 1 else "lie"
        return f"{outside or 'None'} of {len(ranged)} {lie} outside the usual range"
    nights = wording.plural(max((row.nights for row in rows), default=0), "night")
    return f"{nights}: too few for a usual{' range' if any(row.has_usual for row in rows) else ''}"


def note_of(rows: Sequence[Against]) -> str:
    """The note of the statistic with the most reference nights, as a sentence; "" when there is nothing to say."""
    note = max(rows, key=lambda row: row.nights).note if rows else ""
    return f"{note[0].upper()}{note[1:]}." if note else ""


def in_words(kind: str, value: float) -> str:
    """A value as its kind is written."""
    if kind == "duration":
        return wording.duration(value)
    if kind == "percent":
        return wording.percent(value)
    return wording.clock(value) if kind == "clock" else wording.number(value)


def _against(
    statistic: tuple[str, str, str], value: float, reference: Floats, typical: Callable[[Floats], np.floating]
) -> Against:
    name, label, kind = statistic
    known = reference[~np.isnan(reference)]
    usual, low, high, delta, outside = _placed(kind, value, known, typical)
    printed = _printed_delta(kind, value, usual)
    difference = (
        wording.signed_quantity(printed, "points", 0)
        if kind == "percent"
        else wording.signed_duration(printed)
    )
    return Against(
        name=name,
        label=label,
        kind=kind,
        value=value,
        usual=usual,
        low=low,
        high=high,
        nights=len(known),
        text=in_words(kind, value),
        usual_text=in_words(kind, usual)
        if math.isnan(low)
        else f"{in_words(kind, low)} to {in_words(kind, high)}",
        delta=delta,
        delta_text=difference,
        outside=outside,
        note=_note(len(known), has_usual=not math.isnan(usual)),
    )


def _printed_delta(kind: str, value: float, usual: float) -> float:
    """The difference of two values as they are printed, so that a reader who subtracts them finds the same."""
    if kind == "clock":
        return 60 * wrap_h((wording.rounded(60 * value) - wording.rounded(60 * usual)) / 60)
    return wording.rounded(value) - wording.rounded(usual)


def _placed(
    kind: str, value: float, known: Floats, typical: Callable[[Floats], np.floating]
) -> tuple[float, float, float, float, bool]:
    """Usual, low, high, difference and whether the value is outside; a clock is unrolled around its mean first."""
    nothing = (math.nan, math.nan, math.nan, math.nan, False)
    if not period_gate(len(known), days=REFERENCE_NIGHTS).shown:
        return nothing
    if kind != "clock":
        usual, low, high = float(typical(known)), *_range(known)
        return usual, low, high, value - usual, value < low or value > high
    centre = clock_statistics(known).mean_h
    if math.isnan(centre):
        return nothing
    around = wrap_h(known - centre)
    usual, low, high = float(typical(around)), *_range(around)
    away = wrap_h(value - centre)
    on_clock = [(centre + hours) % 24 for hours in (usual, low, high)]
    return on_clock[0], on_clock[1], on_clock[2], 60 * wrap_h(away - usual), away < low or away > high


def _range(known: Floats) -> tuple[float, float]:
    """10th and 90th percentile, a spread; NaN where the nights are too few for one."""
    if not period_gate(len(known), days=REFERENCE_NIGHTS, statistic="variability").shown:
        return math.nan, math.nan
    low, high = np.percentile(known, (10, 90)).tolist()
    return low, high


def _note(nights: int, *, has_usual: bool) -> str:
    mean = period_gate(nights, days=REFERENCE_NIGHTS)
    spread = period_gate(nights, days=REFERENCE_NIGHTS, statistic="variability")
    if not mean.shown:
        return f"a usual needs {wording.plural(mean.low_from, 'night')}; {there_are(nights)}"
    if not has_usual:
        return f"no usual time; these {wording.plural(nights, 'night')} lie all round the clock"
    if not spread.shown:
        doubt = f" (low confidence, {mean.good_from} are good)" if mean.verdict == "low" else ""
        return f"a range needs {wording.plural(spread.low_from, 'night')}; {there_are(nights)}{doubt}"
    if spread.verdict == "low":
        return f"range of low confidence: {wording.plural(nights, 'night')}, {spread.good_from} are good"
    return ""
