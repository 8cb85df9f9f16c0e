"""Everyone's last week beside their own usual, and how far each of these figures can be trusted."""

from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.reliability import WEEK_DAYS, Gate, month_mean, month_variability, week_mean
from analytics.usual import REFERENCE_NIGHTS

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

DAYS_NEEDED: Final = WEEK_DAYS + REFERENCE_NIGHTS
"""Days that `week_beside_usual` looks at: the last 7, and the 28 before them."""


def week_beside_usual(asleep: Floats, efficiency: Floats, ids: pd.Index) -> pd.DataFrame:
    """Means of the last 7 days and of the 28 before them, one row a person.

    | column | meaning |
    |---|---|
    | mean_tst_min | mean time asleep of the last 7 days; NaN where suppressed |
    | usual_tst_min | mean of the 28 days before; NaN likewise |
    | delta_tst_min | the first minus the second |
    | mean_se_pct | mean efficiency of the last 7 days; NaN where suppressed |
    | mean_reliability | verdict on a mean of so many nights of 7: "good", "low" or "suppressed" |
    | usual_reliability | likewise of the 28 before |
    | valid_7, valid_before, valid_28 | valid nights of the last 7 days, of the 28 before, of the last 28 |
    | band_low_h, band_high_h | usual minus and plus one standard deviation (n - 1); NaN where a spread is suppressed |
    | sparkline | tuple of the last 28 days, time asleep in h, NaN = no valid night |

    Which number of nights is enough is decided in `reliability`.

    Args:
        asleep: people x days, minutes, the last day at the end, `DAYS_NEEDED` or more; NaN where there is no valid
            night.
        efficiency: likewise, in percent.
        ids: the people.
    """
    week, before = asleep[:, -WEEK_DAYS:], asleep[:, -DAYS_NEEDED:-WEEK_DAYS]
    recent = asleep[:, -REFERENCE_NIGHTS:]
    valid_7, valid_before, valid_28 = (
        np.count_nonzero(~np.isnan(days), axis=1) for days in (week, before, recent)
    )
    mean, usual = _mean(week, valid_7, week_mean), _mean(before, valid_before, month_mean)
    band_low, band_high = own_band(before)
    columns = {
        "mean_tst_min": mean,
        "usual_tst_min": usual,
        "delta_tst_min": mean - usual,
        "mean_se_pct": _mean(efficiency[:, -WEEK_DAYS:], valid_7, week_mean),
        "mean_reliability": verdicts(valid_7, week_mean),
        "usual_reliability": verdicts(valid_before, month_mean),
        "valid_7": valid_7,
        "valid_before": valid_before,
        "valid_28": valid_28,
        "band_low_h": band_low / 60,
        "band_high_h": band_high / 60,
        "sparkline": pd.Series(
            [tuple(row) for row in (recent / 60).tolist()], dtype="object", index=ids
        ).to_numpy(),
    }
    return pd.DataFrame(columns, index=ids).astype({"mean_reliability": "str", "usual_reliability": "str"})


def own_band(before: Floats) -> tuple[Floats, Floats]:
    """What is usual for each person: mean minus and plus one standard deviation (n - 1); NaN below its nights.

    Args:
        before: people x the 28 days before the last 7, NaN where there is no value.
    """
    nights = np.count_nonzero(~np.isnan(before), axis=1)
    usual, spread = _mean(before, nights, month_mean), _spread(before, nights)
    return usual - spread, usual + spread


def verdicts(nights: Counts, gate: Callable[[int], Gate]) -> NDArray[np.object_]:
    """The verdict of a gate on each of these numbers of nights."""
    of_count = np.array(
        [gate(count).verdict for count in range(int(nights.max(initial=0)) + 1)], dtype=object
    )
    return of_count[nights]


def _mean(values: Floats, nights: Counts, gate: Callable[[int], Gate]) -> Floats:
    shown = nights >= gate(0).low_from
    sums: Floats = np.nansum(values, axis=1)
    return sums / np.where(shown, nights, np.nan)


def _spread(values: Floats, nights: Counts) -> Floats:
    """The standard deviation (n - 1) of each row; NaN where there are too few nights for one."""
    shown = nights >= month_variability(0).low_from
    mean = np.nansum(values, axis=1) / np.maximum(nights, 1)
    squares = np.nansum((values - mean[:, None]) ** 2, axis=1)
    spread: Floats = np.sqrt(squares / np.where(shown, nights - 1, np.nan))
    return spread
