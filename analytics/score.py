"""The sleep score: 0.4 efficiency + 0.3 consistency + 0.3 duration, each part with what it rests on.

Profile "evidence". Efficiency puts the published edges of 85 % and 75 % on the edges of "Good" and "Fair"
(Ohayon et al. 2017, doi 10.1016/j.sleh.2016.11.006). Duration is 100 in the recommended range of the age, 80
at the limit of what may be appropriate, and loses 20 points an hour beyond (Hirshkowitz et al. 2015,
doi 10.1016/j.sleh.2014.12.010). Consistency is that of `analytics.regularity`. A period's score is the mean
of its nights' efficiency and duration with the period's consistency, not the score of a mean night: nights of
5 h and 9 h are not a good 7 h.
"""

import math
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analytics import wording
from analytics.efficiency import counted_efficiency_pct
from analytics.regularity import Consistency, Estimator, consistencies, consistency, in_words

Floats = NDArray[np.float64]

SCORE_VERSION = "evidence-1"
WEIGHTS: Final = {"efficiency": 0.4, "consistency": 0.3, "duration": 0.3}
BANDS: Final = ((90.0, "Excellent"), (80.0, "Good"), (60.0, "Fair"), (-math.inf, "Poor"))
SCORE_COLUMNS: Final = (
    "score",
    "score_e",
    "score_c",
    "score_d",
    "estimator",
    "nights",
    "day_pairs",
    "mean_se_pct",
    "mean_tst_min",
)

MINIMUM_NIGHTS = 3
CONFIDENT_NIGHTS = 5
CONSISTENCY_DAYS = 14

# National Sleep Foundation: the age in years from which a row holds, and its hours of sleep: may be
# appropriate from, recommended from, recommended to, may be appropriate to.
_AGES: Final = np.array([0, 4 / 12, 1, 3, 6, 14, 18, 26, 65])
_HOURS: Final = np.array(
    [
        [11, 14, 17, 19],
        [10, 12, 15, 18],
        [9, 11, 14, 16],
        [8, 10, 13, 14],
        [7, 9, 11, 12],
        [7, 8, 10, 11],
        [6, 7, 9, 11],
        [6, 7, 9, 10],
        [5, 7, 8, 9],
    ],
    dtype=np.float64,
)
_ADULT_AGE = 40.0


def efficiency_part(se_pct: ArrayLike) -> Floats:
    """The efficiency part, 0 to 100, of sleep efficiency in percent: 85 % gives 80, 75 % gives 60."""
    return np.clip(2 * np.asarray(se_pct, dtype=np.float64) - 90, 0, 100)


def duration_part(tst_h: ArrayLike, age_years: ArrayLike) -> Floats:
    """The duration part, 0 to 100, of total sleep time in hours at an age in years.

    An age of NaN is judged as an adult of 26 to 64. At 40 years 7 h to 9 h give 100, 6 h and 10 h give 80,
    5 h and 11 h give 60.

    Raises:
        ValueError: an age below 0.
    """
    hours = np.asarray(tst_h, dtype=np.float64)
    low, recommended_low, recommended_high, high = np.moveaxis(_ranges(age_years), -1, 0)
    short = _fall(recommended_low - hours, recommended_low - low)
    long = _fall(hours - recommended_high, high - recommended_high)
    return np.minimum(short, long)


def recommended_hours(age_years: float | None) -> tuple[float, float]:
    """The hours of sleep recommended at an age, from and to; an age of None or NaN is judged as an adult's.

    They are the hours to which `duration_part` gives 100. At 40 years they are 7 h and 9 h.

    Raises:
        ValueError: an age below 0; `Sleeper.age_years` gives none.
    """
    _, low, high, _ = _ranges(math.nan if age_years is None else age_years)
    return float(low), float(high)


def overall(efficiency: ArrayLike, consistency: ArrayLike, duration: ArrayLike) -> Floats:
    """The score, 0 to 100, of its three parts; NaN where one of them is."""
    return (
        WEIGHTS["efficiency"] * np.asarray(efficiency, dtype=np.float64)
        + WEIGHTS["consistency"] * np.asarray(consistency, dtype=np.float64)
        + WEIGHTS["duration"] * np.asarray(duration, dtype=np.float64)
    )


def band(score: float) -> str:
    """The score in a word: "Excellent" from 90, "Good" from 80, "Fair" from 60, else "Poor"; "" for NaN.

    The word belongs to the score as it is shown, with one decimal: 89.96 is shown as 90.0 and is excellent.
    """
    if math.isnan(score):
        return ""
    shown = math.floor(score * 10 + 0.5) / 10
    return next(word for edge, word in BANDS if shown >= edge)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a score.

    Attributes:
        name: "efficiency", "consistency" or "duration".
        value: 0 to 100; NaN when it cannot be given.
        weight: its share of the score.
        reason: what it rests on, or why there is none, in words.
    """

    name: str
    value: float
    weight: float
    reason: str


@dataclass(frozen=True, kw_only=True)
class PeriodScore:
    """The score of a period, or of a night, with its parts and what they rest on.

    Attributes:
        overall: 0 to 100; NaN when a part is missing.
        efficiency: mean of the nights' efficiency parts.
        consistency: of the whole period (of a night: of the 14 nights up to it).
        duration: mean of the nights' duration parts.
        nights: valid nights.
        day_pairs: pairs of consecutive days the regularity index has.
        estimator: what consistency comes from; None when there is none.
        mean_se_pct: mean sleep efficiency, of known time where some signal was lost; NaN below 3 nights.
        mean_tst_min: mean total sleep time; NaN below 3 nights.
        version: how it was computed; scores of different versions must not be compared.
        reason: why there is no overall score, or how far to trust it; "" when there is nothing to say.
    """

    overall: float
    efficiency: Part
    consistency: Part
    duration: Part
    nights: int
    day_pairs: float
    estimator: Estimator | None
    mean_se_pct: float
    mean_tst_min: float
    version: str
    reason: str


def period_scores(nights: pd.DataFrame, *, ages: "pd.Series[float]", first: date, last: date) -> pd.DataFrame:
    """The score of every person over a period: a row each, indexed by `person_id`, columns `SCORE_COLUMNS`.

    Everybody in `ages` has a row, in that order, then whoever else has a main sleep in the period. Valid main
    sleeps with a label from `first` to `last` count; a pair of days counts for the regularity index when both
    are among the main sleeps of the period. Means of fewer than 3 nights are suppressed (NaN), and without
    all three parts there is no score.

    Args:
        nights: one row per sleep, with `person_id`, `night` (label), `day_index`, `kind`, `valid`, `se_pct`,
            `se_known_pct`, `unknown_share`, `tst_min`, `midsleep_clock_h`, `sri_agree` and `sri_known`.
        ages: years by `person_id`; NaN where unknown.
        first: first night label.
        last: last night label, inclusive.
    """
    days = _days(nights, first, last)
    table = _means(days, ages, minimum=MINIMUM_NIGHTS)
    regular = consistencies(days).reindex(table.index)
    table["score_c"] = regular["value"]
    table["estimator"] = regular["estimator"].astype("str")
    table["day_pairs"] = regular["day_pairs"].fillna(0.0)
    table["score"] = overall(table["score_e"], table["score_c"], table["score_d"])
    return table[list(SCORE_COLUMNS)]


def period_score(nights: pd.DataFrame, *, age_years: float | None, first: date, last: date) -> PeriodScore:
    """The score of one person over a period, with reasons; the same computation as `period_scores`.

    Raises:
        ValueError: the nights are of more than one person.
    """
    ages = _age_of_one(nights, age_years)
    row = period_scores(nights, ages=ages, first=first, last=last).iloc[0]
    days = _days(nights, first, last)
    return _in_words(row, _consistency(days), age_years, single=False, whole=_whole(days))


def night_score(nights: pd.DataFrame, *, age_years: float | None, night: date) -> PeriodScore:
    """The score of one night of one person, with the consistency of the 14 nights up to it.

    Raises:
        ValueError: the nights are of more than one person.
    """
    ages = _age_of_one(nights, age_years)
    tonight = _days(nights, night, night)
    row = _means(tonight, ages, minimum=1).iloc[0]
    first = pd.Timestamp(night) - pd.Timedelta(days=CONSISTENCY_DAYS - 1)
    days = _days(nights, first, night)
    return _in_words(row, _consistency(days), age_years, single=True, whole=_whole(tonight))


def _days(nights: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    """The main sleeps of a period, by person and day, with what the score takes from each of them."""
    label = nights["night"]
    inside = (label >= pd.Timestamp(first)) & (label <= pd.Timestamp(last)) & (nights["kind"] == "main")
    days = nights[inside].sort_values(["person_id", "day_index"])
    usable = days["valid"].astype(bool) & days["se_pct"].notna() & days["tst_min"].notna()
    person, index = days["person_id"], days["day_index"]
    paired = (person == person.shift()) & (index == index.shift() + 1)
    columns = {
        # Plain objects: a categorical column would not match the index of ages.
        "person_id": person.astype(object),
        "usable": usable,
        "se_pct": counted_efficiency_pct(days),
        "whole": ~(days["unknown_share"] > 0),
        "tst_min": days["tst_min"],
        "midsleep_clock_h": days["midsleep_clock_h"].where(usable),
        "sri_agree": days["sri_agree"].where(paired, 0),
        "sri_known": days["sri_known"].where(paired, 0),
    }
    return pd.DataFrame(columns)


def _means(days: pd.DataFrame, ages: "pd.Series[float]", *, minimum: int) -> pd.DataFrame:
    """Number of usable nights and means over them, per person; NaN below the minimum."""
    people = ages.index.append(pd.Index(days["person_id"].unique()).difference(ages.index))
    used = days[days["usable"]]
    at = people.get_indexer(pd.Index(used["person_id"]))
    nights = np.bincount(at, minlength=len(people))
    age = ages.reindex(people).to_numpy(dtype=np.float64)
    se_pct, tst_min = (used[name].to_numpy(dtype=np.float64) for name in ("se_pct", "tst_min"))
    enough = np.where(nights >= minimum, nights, np.nan)
    columns = {
        "nights": nights,
        "score_e": np.bincount(at, efficiency_part(se_pct), len(people)) / enough,
        "score_d": np.bincount(at, duration_part(tst_min / 60, age[at]), len(people)) / enough,
        "mean_se_pct": np.bincount(at, se_pct, len(people)) / enough,
        "mean_tst_min": np.bincount(at, tst_min, len(people)) / enough,
    }
    return pd.DataFrame(columns, index=people.rename("person_id"))


def _whole(days: pd.DataFrame) -> bool:
    """Whether no signal was lost in any of the nights that count."""
    return bool(days.loc[days["usable"], "whole"].all())


def _age_of_one(nights: pd.DataFrame, age_years: float | None) -> "pd.Series[float]":
    people = nights["person_id"].unique()
    if len(people) > 1:
        raise ValueError(f"these nights are of {len(people)} people; give one person's, or use period_scores")
    index = pd.Index(people if len(people) else ["nobody"], name="person_id")
    return pd.Series([math.nan if age_years is None else float(age_years)], index=index)


def _consistency(days: pd.DataFrame) -> Consistency:
    if days.empty:
        return consistency(0, 0, any_sleep=False, midsleep_h=[])
    return in_words(consistencies(days).iloc[0])


def _in_words(
    row: "pd.Series[float]", regular: Consistency, age_years: float | None, *, single: bool, whole: bool
) -> PeriodScore:
    nights = int(row["nights"])
    efficiency, duration = float(row["score_e"]), float(row["score_d"])
    total = float(overall(efficiency, regular.value, duration))
    parts = (
        _part("efficiency", efficiency, _efficiency_reason(row, nights, single=single, whole=whole)),
        _part("consistency", regular.value, regular.reason),
        _part("duration", duration, _duration_reason(row, nights, age_years, single=single)),
    )
    # Two parts may be missing for one and the same reason, which is said once.
    missing = dict.fromkeys(part.reason for part in parts if math.isnan(part.value))
    doubt = "" if single or nights >= CONFIDENT_NIGHTS else _few(nights)
    return PeriodScore(
        overall=total,
        efficiency=parts[0],
        consistency=parts[1],
        duration=parts[2],
        nights=nights,
        day_pairs=regular.day_pairs,
        estimator=regular.estimator,
        mean_se_pct=float(row["mean_se_pct"]),
        mean_tst_min=float(row["mean_tst_min"]),
        version=SCORE_VERSION,
        reason="; ".join(missing) or doubt,
    )


def _part(name: str, value: float, reason: str) -> Part:
    return Part(name=name, value=value, weight=WEIGHTS[name], reason=reason)


def _efficiency_reason(row: "pd.Series[float]", nights: int, *, single: bool, whole: bool) -> str:
    time = "time in bed" if whole else "known time in bed"
    asleep = f"asleep {wording.percent(float(row['mean_se_pct']))} of the {time}"
    return _over(asleep, nights, single=single)


def _duration_reason(row: "pd.Series[float]", nights: int, age_years: float | None, *, single: bool) -> str:
    asleep = _over(f"asleep {wording.duration(float(row['mean_tst_min']))}", nights, single=single)
    if math.isnan(row["score_d"]):
        return asleep
    age = math.nan if age_years is None else float(age_years)
    low, high = recommended_hours(age)
    who = "an adult; the age is not known" if math.isnan(age) else f"age {wording.number(math.floor(age), 0)}"
    return (
        f"{asleep}; {wording.duration(low * 60)} to {wording.duration(high * 60)} are recommended for {who}"
    )


def _over(finding: str, nights: int, *, single: bool) -> str:
    """The finding with how many nights it is the mean of, or why there is no finding."""
    if single:
        return finding if nights else "not a valid night"
    if nights < MINIMUM_NIGHTS:
        return f"suppressed: a mean needs {MINIMUM_NIGHTS} nights, there {_are(nights)}"
    doubt = "" if nights >= CONFIDENT_NIGHTS else f" ({_few(nights)})"
    return f"{finding}, mean of {wording.plural(nights, 'night')}{doubt}"


def _few(nights: int) -> str:
    return f"low confidence: {wording.plural(nights, 'night')} only"


def _are(nights: int) -> str:
    return f"is {nights}" if nights == 1 else f"are {nights}"


def _ranges(age_years: ArrayLike) -> Floats:
    ages = np.asarray(age_years, dtype=np.float64)
    if (ages < 0).any():
        raise ValueError(f"an age is 0 years or more, not {ages.min()}; check the year of birth")
    known = np.where(np.isnan(ages), _ADULT_AGE, ages)
    return _HOURS[np.searchsorted(_AGES, known, side="right") - 1]


def _fall(beyond_h: Floats, to_limit_h: Floats) -> Floats:
    """100 up to the edge of the recommended range, 80 at the limit, then 20 points an hour down to 0."""
    within = 100 - 20 * np.maximum(beyond_h, 0) / to_limit_h
    outside = 80 - 20 * (beyond_h - to_limit_h)
    return np.maximum(np.where(beyond_h <= to_limit_h, within, outside), 0)
