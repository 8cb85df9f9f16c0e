"""How many nights a mean or a spread needs before it may be shown, and what a small number of them does to it.

The numbers are those at which the intraclass correlation of a figure reaches 0.60 ("low") and 0.80 ("good") in
107,144 nights of 1,041 adults (PMC10104388; SPEC 4.7). Below the first of the two a figure is not shown at all.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal

import scipy

from analytics import wording

Reliability = Literal["good", "low", "suppressed"]
Statistic = Literal["mean", "variability"]

WEEK_DAYS = 7

# (low from, good from) nights. Variability within a week is shown from the second of the two only: the 0.60 of
# 5 nights and the 0.80 of 6 are one night apart.
_WEEK_MEAN: Final = (3, 5)
_WEEKDAYS_MEAN: Final = (2, 3)
_WEEK_VARIABILITY: Final = (6, 6)
_MONTH_MEAN: Final = (5, 10)
_MONTH_VARIABILITY: Final = (11, 18)


@dataclass(frozen=True, kw_only=True)
class Gate:
    """Whether a figure may be shown, and with which words.

    Attributes:
        verdict: "good", "low" (show it, and say that it rests on few nights) or "suppressed" (do not show it).
        nights: how many nights there are.
        low_from: from how many nights it may be shown.
        good_from: from how many nights it needs no caution.
        words: what to write beside it, or in its place; "" when it is good.
    """

    verdict: Reliability
    nights: int
    low_from: int
    good_from: int
    words: str

    @property
    def shown(self) -> bool:
        """Whether the figure may be printed at all."""
        return self.verdict != "suppressed"


def week_mean(nights: int) -> Gate:
    """Whether the mean of up to 7 days may be shown: low confidence from 3 nights, good from 5."""
    return _gate("a mean of a week", nights, _WEEK_MEAN)


def week_mean_of_weekdays(nights: int) -> Gate:
    """Whether the mean of the nights before working days of one week may be shown: low from 2, good from 3."""
    return _gate("a mean of a week's working days", nights, _WEEKDAYS_MEAN)


def week_variability(nights: int) -> Gate:
    """Whether a spread over up to 7 days may be shown: from 6 nights."""
    return _with_bias(_gate("a spread of a week", nights, _WEEK_VARIABILITY))


def month_mean(nights: int) -> Gate:
    """Whether the mean of a period longer than a week may be shown: low confidence from 5 nights, good from 10."""
    return _gate("a mean of a period longer than a week", nights, _MONTH_MEAN)


def month_variability(nights: int) -> Gate:
    """Whether a spread over a period longer than a week may be shown: low confidence from 11 nights, good from 18."""
    return _with_bias(_gate("a spread of a period longer than a week", nights, _MONTH_VARIABILITY))


def period_gate(nights: int, *, days: int, statistic: Statistic = "mean") -> Gate:
    """The gate of a figure of a period: up to 7 days it is judged as a week's, beyond as a month's.

    Args:
        nights: how many nights of the period have a value.
        days: calendar days of the period.
        statistic: "mean" (a median likewise) or "variability".

    Raises:
        ValueError: another statistic.
    """
    if statistic == "mean":
        return week_mean(nights) if days <= WEEK_DAYS else month_mean(nights)
    if statistic == "variability":
        return week_variability(nights) if days <= WEEK_DAYS else month_variability(nights)
    raise ValueError(f'statistic is "mean" or "variability", not "{statistic}"')


def least_nights(*, days: int, statistic: Statistic = "mean") -> int:
    """The least nights of a period from which a figure may be shown: of a week's mean 3, of a longer period's 5.

    It is `period_gate(...).low_from`, for what judges many people at once.
    """
    return period_gate(0, days=days, statistic=statistic).low_from


def reliability(nights_in_period: int, *, weekly: bool = True, statistic: Statistic = "mean") -> Reliability:
    """How far a figure over so many nights of a week, or of a month, can be trusted.

    | | low from | good from |
    |---|---|---|
    | mean of a week | 3 | 5 |
    | mean of a month | 5 | 10 |
    | variability of a week | - | 6 |
    | variability of a month | 11 | 18 |

    Below that it is "suppressed": not printed. Source: intraclass correlations of nights, PMC10104388.

    Raises:
        ValueError: another statistic.
    """
    days = WEEK_DAYS if weekly else WEEK_DAYS + 1
    return period_gate(nights_in_period, days=days, statistic=statistic).verdict


def period_reliability(nights: int, *, days: int, statistic: Statistic = "mean") -> Reliability:
    """How far a figure over so many nights of a period can be trusted: the verdict of its `period_gate`."""
    return period_gate(nights, days=days, statistic=statistic).verdict


def there_are(nights: int) -> str:
    """How many nights there are, as the end of a sentence: "there is none", "there is 1", "there are 7"."""
    if not nights:
        return "there is none"
    return f"there {'is' if nights == 1 else 'are'} {nights}"


def mean_sd_ratio(nights: int) -> float:
    """What the standard deviation (n - 1) of n normal nights is on average, as a share of the true one.

    c4 = sqrt(2 / (n - 1)) * gamma(n / 2) / gamma((n - 1) / 2): 0.9594 for 7 nights, so that a spread of one
    week is 4.1 % too small on average. NaN below 2 nights, which have no spread.
    """
    if nights < 2:
        return math.nan
    return math.sqrt(2 / (nights - 1)) * math.exp(math.lgamma(nights / 2) - math.lgamma((nights - 1) / 2))


def median_sd_ratio(nights: int) -> float:
    """What the standard deviation (n - 1) of n normal nights is at the median, as a share of the true one.

    sqrt(median of chi-squared with n - 1 degrees / (n - 1)): 0.9441 for 7 nights (Goparaju 2024 finds -6.7 % in
    simulated sleep). NaN below 2 nights.
    """
    if nights < 2:
        return math.nan
    return math.sqrt(float(scipy.stats.chi2.median(nights - 1)) / (nights - 1))


def _gate(what: str, nights: int, needed: tuple[int, int]) -> Gate:
    low, good = needed
    verdict: Reliability = "good" if nights >= good else "low" if nights >= low else "suppressed"
    words = {
        "good": "",
        "low": f"low confidence: {wording.plural(nights, 'night')}, {good} are good",
        "suppressed": f"{what} needs {wording.plural(low, 'night')}; {there_are(nights)}",
    }
    return Gate(verdict=verdict, nights=nights, low_from=low, good_from=good, words=words[verdict])


def _with_bias(gate: Gate) -> Gate:
    """A gate of a spread: where it is shown on few nights, the words say how much too small it is."""
    if gate.verdict != "low":
        return gate
    short = wording.percent(100 * (1 - mean_sd_ratio(gate.nights)), 1)
    return Gate(
        verdict=gate.verdict,
        nights=gate.nights,
        low_from=gate.low_from,
        good_from=gate.good_from,
        words=f"{gate.words}; on average a spread of so few is {short} too small",
    )
