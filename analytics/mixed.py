"""Nights within people: how alike the nights of one person are, and the difference of two groups that allows for it.

The model is value = group + person + night (a random intercept per person, restricted maximum likelihood). Its test is
too hopeful with few people, so below 10 in either group, and wherever it does not settle, people's means stand in.
Source: SPEC 5.3; Laird and Ware 1982 (Biometrics 38:963); Kish 1965 for the design effect; Spearman 1910, Brown 1910.
"""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray
from statsmodels.regression.mixed_linear_model import MixedLM

from analytics.cohorts import MINIMUM_PEOPLE
from analytics.evidence import between
from analytics.person_values import person_values

Floats = NDArray[np.float64]

PEOPLE_FOR_MODEL: Final = 10
WANTED_RELIABILITY: Final = 0.8
# Under this share of all variance between people the model sits on its edge and its errors mean nothing.
_SINGULAR: Final = 1e-6


@dataclass(frozen=True, kw_only=True)
class Components:
    """How the variance of nights splits, and what that means for means of nights.

    Attributes:
        between: variance between people, in the value's unit squared.
        within: variance between nights of one person.
        icc: between / (between + within): how alike two nights of one person are, 0 to 1.
        nights_per_person: sum of squared counts over their sum: what a night's person has on average.
        design_effect: 1 + (nights_per_person - 1) icc: so many nights are worth one night of somebody new.
        nights_needed: nights for a person's mean with a reliability of 0.8: 4 (1 - icc) / icc, not rounded.
    """

    between: float
    within: float
    icc: float
    nights_per_person: float
    design_effect: float
    nights_needed: float

    def reliability(self, nights: int) -> float:
        """How far means of so many nights tell people apart, 0 to 1: k icc / (1 + (k - 1) icc), Spearman and Brown."""
        return nights * self.icc / (1 + (nights - 1) * self.icc)


@dataclass(frozen=True, kw_only=True)
class MixedFit:
    """A mixed model that settled: the difference (b minus a) with its standard error, Wald interval and p."""

    difference: float
    error: float
    low: float
    high: float
    p: float
    components: Components


@dataclass(frozen=True, kw_only=True)
class MixedComparison:
    """Two groups by their nights, allowing for who slept them.

    Attributes:
        method: "mixed model", "person means" where the model may not be used or did not settle, or "none" below 5
            people a group.
        reason: why it is not the mixed model; "" where it is.
        difference, low, high, p: b minus a by that method; NaN for "none".
        components: of the model's variance; None where it did not settle.
        people_a, people_b, nights_a, nights_b: what it rests on.
    """

    method: Literal["mixed model", "person means", "none"]
    reason: str
    difference: float
    low: float
    high: float
    p: float
    components: Components | None
    people_a: int
    people_b: int
    nights_a: int
    nights_b: int


def mixed_comparison(
    a: pd.DataFrame, b: pd.DataFrame, *, days: int, covariates: Sequence[str] = ()
) -> MixedComparison:
    """Group b against group a by the mixed model, or by people's means where it cannot be trusted.

    Args:
        a: one row per night, columns `person_id`, `value` and the covariates; rows with NaN are left out.
        b: likewise. Nobody may be in both.
        days: calendar days of the period; who has too few nights for a mean is left out, as in `cohorts.compare`.
        covariates: numeric columns that enter as fixed effects, e.g. `weekend` (0 or 1) and `day` (calendar day). Means
            of people do not take them into account, and the reason says so.

    Raises:
        ValueError: somebody is in both groups.
    """
    a, b = (_with_nights_enough(group, days) for group in (a, b))
    nights = _nights(a, b, covariates)
    people = nights.groupby("group")["person_id"].nunique().reindex([0.0, 1.0], fill_value=0)
    counts = nights["group"].value_counts().reindex([0.0, 1.0], fill_value=0)
    fit = fit_mixed(a, b, covariates=covariates) if people.min() >= 2 else "There are too few people."
    components = None if isinstance(fit, str) else fit.components
    reason = fit if isinstance(fit, str) else ""
    if not reason and people.min() < PEOPLE_FOR_MODEL:
        reason = f"Fewer than {PEOPLE_FOR_MODEL} people in a group: the model's test would be too hopeful."
    method, figures = _chosen(fit, reason, nights, people=int(people.min()), days=days)
    if method == "person means" and covariates:
        reason += f" Means of people leave {' and '.join(covariates)} out of account."
    return MixedComparison(
        method=method,
        reason=reason,
        difference=figures[0],
        low=figures[1],
        high=figures[2],
        p=figures[3],
        components=components,
        people_a=int(people.iloc[0]),
        people_b=int(people.iloc[1]),
        nights_a=int(counts.iloc[0]),
        nights_b=int(counts.iloc[1]),
    )


def fit_mixed(a: pd.DataFrame, b: pd.DataFrame, *, covariates: Sequence[str] = ()) -> MixedFit | str:
    """The mixed model itself, however few the people; a sentence where it does not settle.

    `mixed_comparison` decides whether it may be shown.
    """
    nights = _nights(a, b, covariates)
    with warnings.catch_warnings():
        # Every warning of the fit (not converged, on the edge, singular) means that it may not be used.
        warnings.simplefilter("error")
        try:
            return _fitted(nights, covariates)
        except (Warning, np.linalg.LinAlgError, ValueError, ZeroDivisionError):
            return "The mixed model did not settle on these nights."


def nights_needed(icc: float, *, reliability: float = WANTED_RELIABILITY) -> float:
    """Nights per person for means of that reliability: r (1 - icc) / ((1 - r) icc), not rounded; inf where icc is 0."""
    if icc <= 0:
        return math.inf
    return reliability * (1 - icc) / ((1 - reliability) * icc)


def _with_nights_enough(nights: pd.DataFrame, days: int) -> pd.DataFrame:
    kept = person_values(nights, days=days).values.index
    return nights[nights["person_id"].isin(kept)]


def _nights(a: pd.DataFrame, b: pd.DataFrame, covariates: Sequence[str]) -> pd.DataFrame:
    columns = ["person_id", "value", *covariates]
    both = pd.concat([a[columns].assign(group=0.0), b[columns].assign(group=1.0)]).dropna()
    shared = set(a["person_id"]) & set(b["person_id"])
    if shared:
        raise ValueError(
            f"{len(shared)} people are in both groups; take them out of one, or compare two periods"
        )
    # The order of rows moves the last places of sums; sorted, the same nights give the same figures.
    return both.sort_values(["group", "person_id", "value", *covariates]).reset_index(drop=True)


def _fitted(nights: pd.DataFrame, covariates: Sequence[str]) -> MixedFit | str:
    y = nights["value"].to_numpy(dtype=np.float64)
    scale = float(y.std())
    if not scale > 0:
        return "All nights are alike: there is no variance to split."
    fixed = [np.ones(len(y)), nights["group"].to_numpy(dtype=np.float64)]
    for name in covariates:
        column = nights[name].to_numpy(dtype=np.float64)
        fixed.append(column - column.mean())
    # Deviations in units of their spread: the optimiser then meets the same numbers whatever the unit.
    model = MixedLM(
        (y - y.mean()) / scale, np.column_stack(fixed), nights["person_id"].to_numpy(dtype=object)
    )
    fit = model.fit(reml=True)
    if not fit.converged:
        return "The mixed model did not settle on these nights."
    share = float(fit.cov_re[0, 0])
    noise = float(fit.scale)
    if share < _SINGULAR * (share + noise):
        return "Nights of one person are no more alike than nights of different people: nothing to model."
    difference, error = float(fit.fe_params[1]) * scale, float(fit.bse_fe[1]) * scale
    half = float(scipy.stats.norm.ppf(0.975)) * error
    return MixedFit(
        difference=difference,
        error=error,
        low=difference - half,
        high=difference + half,
        p=float(2 * scipy.stats.norm.sf(abs(difference / error))),
        components=_components(share * scale**2, noise * scale**2, nights["person_id"].value_counts()),
    )


def _components(between_people: float, within_people: float, counts: "pd.Series[int]") -> Components:
    icc = between_people / (between_people + within_people)
    n = counts.to_numpy(dtype=np.float64)
    mean_nights = float((n**2).sum() / n.sum())
    return Components(
        between=between_people,
        within=within_people,
        icc=icc,
        nights_per_person=mean_nights,
        design_effect=1 + (mean_nights - 1) * icc,
        nights_needed=nights_needed(icc),
    )


def _chosen(
    fit: MixedFit | str, reason: str, nights: pd.DataFrame, *, people: int, days: int
) -> tuple[Literal["mixed model", "person means", "none"], tuple[float, float, float, float]]:
    if people < MINIMUM_PEOPLE:
        return "none", (math.nan, math.nan, math.nan, math.nan)
    if not reason and isinstance(fit, MixedFit):
        return "mixed model", (fit.difference, fit.low, fit.high, fit.p)
    x, y = (
        np.asarray(person_values(nights[nights["group"] == group], days=days).values, dtype=np.float64)
        for group in (0.0, 1.0)
    )
    found = between(x, y)
    return "person means", (found.difference.value, found.difference.low, found.difference.high, found.p)
