"""How alike a person's days are: the Sleep Regularity Index, and the consistency part of a score made of it.

The index compares each 30 s slot of the local day with the same slot a day later (Phillips et al. 2017,
doi 10.1038/s41598-017-03171-4), over the slots known on both days (Windred et al. 2021,
doi 10.1093/sleep/zsab254). Where there are too few pairs of days, the spread of mid-sleep stands in for it.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analytics import wording
from analytics.time_of_day import (
    ClockStatistics,
    Counts,
    Floats,
    circular_mean_h,
    clock_statistics,
    clocks_by_group,
    wrap_h,
)

__all__ = [
    "ClockStatistics",
    "Consistency",
    "circular_mean_h",
    "clock_statistics",
    "consistencies",
    "consistency",
    "in_words",
    "pair_counts",
    "pairs_in_words",
    "sleep_regularity_index",
    "sri_from_counts",
    "wrap_h",
]

Estimator = Literal["sri", "midsleep_sd"]

SLOTS_PER_DAY = 2880
MINIMUM_DAY_PAIRS = 5
MINIMUM_NIGHTS = 5
# Points of the index lost per hour of standard deviation of mid-sleep: two independent normal mid-sleeps
# differ by 2 sd / sqrt(pi) on average, both edges of sleep by as much, and the whole day costs 200 points.
POINTS_PER_HOUR = 800 / (24 * math.sqrt(math.pi))


def pair_counts(sleep: NDArray[np.bool_], known: NDArray[np.bool_]) -> tuple[Counts, Counts]:
    """How many slots agree with the day before, and how many are known on both, per day from the second on.

    Args:
        sleep: [days, slots], whether asleep; rows are consecutive days.
        known: [days, slots], whether that is known; all False on a day without a usable sleep.

    Raises:
        ValueError: the two are not boolean matrices of one shape.
    """
    if sleep.ndim != 2 or sleep.shape != known.shape or sleep.dtype != np.bool_ or known.dtype != np.bool_:
        raise ValueError(
            "sleep and known must be boolean [days, slots] of one shape; "
            f"these are {sleep.dtype} {sleep.shape} and {known.dtype} {known.shape}"
        )
    both = known[1:] & known[:-1]
    agree = (sleep[1:] == sleep[:-1]) & both
    return agree.sum(axis=1, dtype=np.int64), both.sum(axis=1, dtype=np.int64)


def sri_from_counts(agree: ArrayLike, known: ArrayLike, slots: int = SLOTS_PER_DAY) -> tuple[float, float]:
    """The index from counts of slots, and the day pairs they make; NaN when no slot is known on two days.

    The counts cannot tell that a person never slept; who has none but wake must not be given an index.

    Args:
        agree: slots that agree with the day before, one number or one per day.
        known: slots known on both days, likewise.
        slots: slots in a day.
    """
    known_sum = float(np.sum(known))
    sri = _sri(np.array([np.sum(agree)], dtype=float), np.array([known_sum]))[0]
    return float(sri), known_sum / slots


def sleep_regularity_index(sleep: NDArray[np.bool_], known: NDArray[np.bool_]) -> tuple[float, float]:
    """The Sleep Regularity Index, -100 to 100, and the number of day pairs it rests on.

    Eight identical days have index 100 over 7 pairs; bed and wake an hour later every other day, 83.3.

    Args:
        sleep: [days, slots] as in `pair_counts`.
        known: likewise.

    Returns:
        (index, day pairs); the index is NaN when no slot is known on two days or nobody slept.
    """
    agree, both = pair_counts(sleep, known)
    sri, day_pairs = sri_from_counts(agree, both, slots=sleep.shape[1])
    return (sri if (sleep & known).any() else math.nan), day_pairs


@dataclass(frozen=True, kw_only=True)
class Consistency:
    """The consistency part of a score, 0 to 100, and what it rests on.

    Attributes:
        value: NaN when neither estimator can be used.
        estimator: "sri", the Sleep Regularity Index with negative values as 0; else "midsleep_sd", from the
            spread of mid-sleep; else None.
        day_pairs: pairs of consecutive days known, in days.
        nights: nights with a mid-sleep.
        reason: what the value rests on, or why there is none, in words.
        sri: the index before negative values become 0; NaN when nobody slept or no pair is known.
        midsleep_sd_min: standard deviation of mid-sleep; NaN when it has no typical time, or for fewer than 2 nights.
    """

    value: float
    estimator: Estimator | None
    day_pairs: float
    nights: int
    reason: str
    sri: float = math.nan
    midsleep_sd_min: float = math.nan


def consistency(
    agree_sum: float,
    known_sum: float,
    any_sleep: bool,  # noqa: FBT001  (one of four facts about a window, not a switch)
    midsleep_h: ArrayLike,
) -> Consistency:
    """The consistency part for one person; the same computation as `consistencies`.

    Args:
        agree_sum: slots of the window that agree with the day before.
        known_sum: slots known on both days.
        any_sleep: whether there is any sleep in the window.
        midsleep_h: mid-sleep of its nights, hours of the local day; NaN is left out.
    """
    clock = clock_statistics(midsleep_h)
    estimated = _estimate(
        agree=np.array([agree_sum], dtype=float),
        known=np.array([known_sum], dtype=float),
        any_sleep=np.array([any_sleep]),
        sd_min=np.array([clock.sd_min]),
        nights=np.array([clock.nights]),
    )
    return in_words(estimated.iloc[0])


def consistencies(frame: pd.DataFrame) -> pd.DataFrame:
    """The consistency part of every person, one row each, indexed by `person_id` in order of appearance.

    Args:
        frame: one row per sleep day of the window: `person_id`, `sri_agree`, `sri_known` (slots against the
            day before; 0 where that day is outside the window), `midsleep_clock_h` (NaN where it shall not
            count) and `tst_min`.

    Returns:
        Columns `value`, `estimator` (missing when there is none), `day_pairs`, `nights`, `sri` (before
        negative values become 0), `midsleep_sd_min` and `any_sleep`.
    """
    codes, people = pd.factorize(frame["person_id"])
    midsleep = frame["midsleep_clock_h"].to_numpy(dtype=np.float64)
    timed = ~np.isnan(midsleep)
    _, sd_min, _, nights = clocks_by_group(codes[timed], midsleep[timed], len(people))
    estimated = _estimate(
        agree=_sums(codes, frame["sri_agree"], len(people)),
        known=_sums(codes, frame["sri_known"], len(people)),
        any_sleep=_sums(codes, frame["tst_min"], len(people)) > 0,
        sd_min=sd_min,
        nights=nights,
    )
    return estimated.set_axis(pd.Index(people, name="person_id"), axis=0)


def in_words(row: "pd.Series[float]") -> Consistency:
    """A row of `consistencies` as a value with its reason."""
    named: Any = row["estimator"]
    estimator: Estimator | None = None if pd.isna(named) else named
    return Consistency(
        value=float(row["value"]),
        estimator=estimator,
        day_pairs=float(row["day_pairs"]),
        nights=int(row["nights"]),
        reason=_reason(row, estimator),
        sri=float(row["sri"]),
        midsleep_sd_min=float(row["midsleep_sd_min"]),
    )


def _reason(row: "pd.Series[float]", estimator: Estimator | None) -> str:
    nights = wording.plural(int(row["nights"]), "night")
    pairs = pairs_in_words(float(row["day_pairs"]))
    if estimator == "sri":
        index = wording.number(float(row["sri"])) + (", counted as 0" if row["sri"] < 0 else "")
        return f"sleep regularity index {index}, from {pairs} of consecutive nights"
    if estimator == "midsleep_sd":
        # 5 nights make a part of a score and 6 a spread that may be printed (SPEC 2.6, 4.7), so no minutes are told.
        return (
            f"from the spread of mid-sleep over {nights}; "
            f"the regularity index needs {MINIMUM_DAY_PAIRS} pairs of consecutive nights, there are {pairs}"
        )
    if row["day_pairs"] >= MINIMUM_DAY_PAIRS and not row["any_sleep"]:
        return "consistency needs sleep; there is none"
    if row["nights"] >= MINIMUM_NIGHTS:
        return f"consistency needs a typical time of sleep; these {nights} lie all round the clock"
    return (
        f"consistency needs {MINIMUM_DAY_PAIRS} pairs of consecutive nights, or {MINIMUM_NIGHTS} nights; "
        f"there are {pairs} and {nights}"
    )


def pairs_in_words(day_pairs: float) -> str:
    """Day pairs with their noun: "1 pair", "6.9 pairs"; too few of them are not rounded up to enough."""
    if day_pairs < MINIMUM_DAY_PAIRS:
        day_pairs = math.floor(10 * day_pairs) / 10
    return f"{wording.number(day_pairs)}{wording.NBSP}{'pair' if day_pairs == 1 else 'pairs'}"


def _estimate(
    *, agree: Floats, known: Floats, any_sleep: NDArray[np.bool_], sd_min: Floats, nights: Counts
) -> pd.DataFrame:
    sri = np.where(any_sleep, _sri(agree, known), np.nan)
    day_pairs = known / SLOTS_PER_DAY
    spread = np.where(nights >= MINIMUM_NIGHTS, 100 - POINTS_PER_HOUR * sd_min / 60, np.nan)
    by_pairs = (day_pairs >= MINIMUM_DAY_PAIRS) & any_sleep
    value = np.clip(np.where(by_pairs, sri, spread), 0, 100)
    estimator = pd.Series(np.where(by_pairs, "sri", "midsleep_sd"), dtype="str").where(~np.isnan(value))
    columns = {
        "value": value,
        "estimator": estimator,
        "day_pairs": day_pairs,
        "nights": nights,
        "sri": sri,
        "midsleep_sd_min": sd_min,
        "any_sleep": any_sleep,
    }
    return pd.DataFrame(columns)


def _sri(agree: Floats, known: Floats) -> Floats:
    share = np.full(len(known), np.nan)
    np.divide(agree, known, out=share, where=known > 0)
    return -100 + 200 * share


def _sums(codes: Counts, column: "pd.Series[float]", groups: int) -> Floats:
    values = np.nan_to_num(column.to_numpy(dtype=np.float64))
    return np.bincount(codes, values, groups).astype(np.float64)
