"""The sleep score of a night or a period: efficiency + consistency + duration, each part with what it rests on.

With the evidence profile a period's score is the mean of its nights' efficiency and duration with the period's
consistency, not the score of a mean night: nights of 5 h and 9 h are not a good 7 h. The vendor profile takes the means
first, as the vendor's sample code does. The parts are defined in `score_parts`, the profiles, weights and options in
`score_rules`, the words in `score_words`; consistency is that of `analytics.regularity`. SPEC 3.3.
"""

import math
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.efficiency import counted_efficiency_pct
from analytics.regularity import MINIMUM_DAY_PAIRS, Consistency, consistencies, consistency, in_words
from analytics.reliability import least_nights, period_gate
from analytics.score_parts import (
    BANDS,
    VENDOR_CONSISTENCY,
    band,
    duration_part,
    efficiency_part,
    overall,
    recommended_hours,
    vendor_duration_part,
)
from analytics.score_rules import EVIDENCE, VENDOR, ScoreRules, Weights
from analytics.score_words import Facts, Part, PeriodScore, ScoreInput, period_score_of
from analytics.time_of_day import Floats
from analytics.travel import left_out_of_consistency

__all__ = [
    "BANDS",
    "CONSISTENCY_DAYS",
    "EVIDENCE",
    "SCORE_COLUMNS",
    "VENDOR",
    "Part",
    "PeriodScore",
    "ScoreInput",
    "ScoreRules",
    "Weights",
    "band",
    "duration_part",
    "efficiency_part",
    "night_score",
    "overall",
    "period_score",
    "period_scores",
    "recommended_hours",
    "vendor_duration_part",
]

SCORE_COLUMNS: Final = (
    "score",
    "score_e",
    "score_c",
    "score_d",
    "estimator",
    "nights",
    "day_pairs",
    "sri",
    "mean_se_pct",
    "mean_tst_min",
)
CONSISTENCY_DAYS = 14
_DAY_COLUMNS: Final = (
    "person_id",
    "day_index",
    "valid",
    "se_pct",
    "se_known_pct",
    "unknown_share",
    "tst_min",
    "midsleep_clock_h",
    "sri_agree",
    "sri_known",
    "reasons",
)


def period_scores(
    nights: pd.DataFrame,
    *,
    ages: "pd.Series[float]",
    first: date,
    last: date,
    rules: ScoreRules = EVIDENCE,
) -> pd.DataFrame:
    """The score of every person over a period: a row each, indexed by `person_id`, columns `SCORE_COLUMNS`.

    Everybody in `ages` has a row, in that order, then whoever else has a main sleep in the period. Valid main
    sleeps with a label from `first` to `last` count; a pair of days counts for the regularity index when both
    are among the main sleeps of the period. Means of too few nights are suppressed (NaN): up to 7 calendar days they
    need 3 nights, beyond 5 (`reliability`). Without all three parts there is no score.

    Args:
        nights: one row per sleep, with `person_id`, `night` (label), `day_index`, `kind`, `valid`, `se_pct`,
            `se_known_pct`, `unknown_share`, `tst_min`, `midsleep_clock_h`, `sri_agree` and `sri_known`; with
            `reasons` the nights of a journey are left out of consistency.
        ages: years by `person_id`; NaN where unknown.
        first: first night label.
        last: last night label, inclusive.
        rules: profile, weights and options; scores by different rules must not be compared.
    """
    minimum = least_nights(days=_calendar_days(first, last))
    days = _days(nights, first, last, rules)
    table = _scores(days, consistencies(days), ages, rules, minimum=minimum)
    return table[list(SCORE_COLUMNS)]


def period_score(
    nights: pd.DataFrame,
    *,
    age_years: float | None,
    first: date,
    last: date,
    rules: ScoreRules = EVIDENCE,
) -> PeriodScore:
    """The score of one person over a period, with reasons; the same computation as `period_scores`.

    Raises:
        ValueError: the nights are of more than one person.
    """
    ages = _age_of_one(nights, age_years)
    days = _days(nights, first, last, rules)
    gate = period_gate(int(days["usable"].sum()), days=_calendar_days(first, last))
    regular = consistencies(days)
    facts = Facts(
        row=_scores(days, regular, ages, rules, minimum=gate.low_from).iloc[0],
        regular=_consistency(regular),
        journey_nights=int((days["journey"] & days["usable"]).sum()),
        age_years=age_years,
        gate=gate,
        whole=_whole(days),
    )
    return period_score_of(facts, rules)


def night_score(
    nights: pd.DataFrame, *, age_years: float | None, night: date, rules: ScoreRules = EVIDENCE
) -> PeriodScore:
    """The score of one night of one person, with the consistency of the 14 nights up to it.

    Raises:
        ValueError: the nights are of more than one person.
    """
    ages = _age_of_one(nights, age_years)
    tonight = _days(nights, night, night, rules)
    first = pd.Timestamp(night) - pd.Timedelta(days=CONSISTENCY_DAYS - 1)
    days = _days(nights, first, night, rules)
    facts = Facts(
        row=_means(tonight, ages, rules, minimum=1).iloc[0],
        regular=_consistency(consistencies(days)),
        journey_nights=int((days["journey"] & days["usable"]).sum()),
        age_years=age_years,
        gate=None,
        whole=_whole(tonight),
    )
    return period_score_of(facts, rules)


def _calendar_days(first: date, last: date) -> int:
    return (last - first).days + 1


def _scores(
    days: pd.DataFrame,
    consistent: pd.DataFrame,
    ages: "pd.Series[float]",
    rules: ScoreRules,
    *,
    minimum: int,
) -> pd.DataFrame:
    """Parts, score and what they rest on, per person; NaN below the minimum of nights.

    Args:
        days: the nights of the period.
        consistent: `consistencies` of them.
        ages: as `period_scores`.
        rules: likewise.
        minimum: so many nights a mean needs.
    """
    table = _means(days, ages, rules, minimum=minimum)
    regular = consistent.reindex(table.index)
    table["score_c"] = VENDOR_CONSISTENCY if rules.placeholder else regular["value"]
    table["estimator"] = (
        pd.Series(pd.NA, index=table.index, dtype="str")
        if rules.placeholder
        else regular["estimator"].astype("str")
    )
    table["day_pairs"] = regular["day_pairs"].fillna(0.0)
    table["sri"] = regular["sri"].where(regular["day_pairs"] >= MINIMUM_DAY_PAIRS)
    table["score"] = overall(table["score_e"], table["score_c"], table["score_d"], rules.weights)
    return table


def _days(nights: pd.DataFrame, first: date, last: date, rules: ScoreRules) -> pd.DataFrame:
    """The main sleeps of a period, by person and day, with what the score takes from each of them."""
    label = nights["night"].to_numpy()
    inside = (label >= pd.Timestamp(first).to_datetime64()) & (label <= pd.Timestamp(last).to_datetime64())
    at = np.flatnonzero(inside & (nights["kind"] == "main").to_numpy(dtype=bool))
    index = nights["day_index"].to_numpy(dtype=np.int64)[at]
    owner, people = pd.factorize(nights["person_id"].iloc[at])
    rank = np.empty(len(people), dtype=np.int64)
    rank[people.argsort()] = np.arange(len(people))
    order = np.lexsort((index, rank[owner]))
    at, index, owner = at[order], index[order], owner[order]
    read = _DAY_COLUMNS if "reasons" in nights else _DAY_COLUMNS[:-1]
    days = nights[list(read)].iloc[at]
    se_pct, tst_min, midsleep_h, unknown = (
        days[name].to_numpy(dtype=np.float64)
        for name in ("se_pct", "tst_min", "midsleep_clock_h", "unknown_share")
    )
    usable = days["valid"].to_numpy(dtype=bool) & ~np.isnan(se_pct) & ~np.isnan(tst_min)
    journey = _journey(days, rules)
    paired = np.zeros(len(at), dtype=np.bool_)
    paired[1:] = (owner[1:] == owner[:-1]) & (index[1:] == index[:-1] + 1) & ~journey[1:] & ~journey[:-1]
    columns = {
        # Plain objects: a categorical column would not match the index of ages.
        "person_id": np.asarray(people, dtype=object)[owner],
        "usable": usable,
        # The vendor's code knows nothing of lost signal.
        "se_pct": se_pct if rules.profile == "vendor" else counted_efficiency_pct(days),
        "whole": ~(unknown > 0),
        "tst_min": tst_min,
        "counted_tst_min": tst_min + _naps_min(nights, days) if rules.naps_count else tst_min,
        "journey": journey,
        "midsleep_clock_h": np.where(usable & ~journey, midsleep_h, np.nan),
        "sri_agree": np.where(paired, days["sri_agree"].to_numpy(dtype=np.float64), 0.0),
        "sri_known": np.where(paired, days["sri_known"].to_numpy(dtype=np.float64), 0.0),
    }
    return pd.DataFrame(columns)


def _journey(days: pd.DataFrame, rules: ScoreRules) -> NDArray[np.bool_]:
    """Whether a change of time zone keeps each of these nights out of consistency."""
    if rules.journeys_count or "reasons" not in days:
        return np.zeros(len(days), dtype=np.bool_)
    return left_out_of_consistency(days["reasons"])


def _naps_min(nights: pd.DataFrame, days: pd.DataFrame) -> Floats:
    """Minutes asleep in the valid naps of each of these sleep days."""
    naps = nights[(nights["kind"] == "nap") & nights["valid"].astype(bool) & nights["tst_min"].notna()]
    of_day = naps["tst_min"].groupby([naps["person_id"].astype(object), naps["day_index"]]).sum()
    keys = pd.MultiIndex.from_arrays([days["person_id"].astype(object), days["day_index"]])
    minutes: Floats = of_day.reindex(keys).fillna(0.0).to_numpy(dtype=np.float64)
    return minutes


def _means(days: pd.DataFrame, ages: "pd.Series[float]", rules: ScoreRules, *, minimum: int) -> pd.DataFrame:
    """Number of usable nights and means over them, per person; NaN below the minimum."""
    people = ages.index.append(pd.Index(days["person_id"].unique()).difference(ages.index))
    used = days[days["usable"]]
    at = people.get_indexer(pd.Index(used["person_id"]))
    nights = np.bincount(at, minlength=len(people))
    enough = np.where(nights >= minimum, nights, np.nan)

    def mean(values: Floats) -> Floats:
        return np.bincount(at, values, len(people)) / enough

    age = ages.reindex(people).to_numpy(dtype=np.float64)
    se_pct, tst_min, counted = (
        used[name].to_numpy(dtype=np.float64) for name in ("se_pct", "tst_min", "counted_tst_min")
    )
    columns: dict[str, NDArray[np.generic]] = {
        "nights": nights,
        "mean_se_pct": mean(se_pct),
        "mean_tst_min": mean(tst_min),
        "counted_tst_min": mean(counted),
    }
    if rules.profile == "vendor":
        columns["score_e"] = columns["mean_se_pct"]
        columns["score_d"] = vendor_duration_part(mean(tst_min) / 60)
    else:
        columns["score_e"] = mean(efficiency_part(se_pct))
        columns["score_d"] = mean(
            duration_part(counted / 60, age[at], long_sleep_counts=rules.long_sleep_counts)
        )
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


def _consistency(found: pd.DataFrame) -> Consistency:
    """The consistency of one person, from `consistencies` of their nights."""
    if found.empty:
        return consistency(0, 0, any_sleep=False, midsleep_h=[])
    return in_words(found.iloc[0])
