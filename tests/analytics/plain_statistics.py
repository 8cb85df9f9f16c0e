"""The statistics of one night, written plainly from the definitions, epoch by epoch; speed is no concern."""

import math
from collections.abc import Sequence
from itertools import groupby, pairwise

NAN = float("nan")
SLEEP = (1, 2, 3)


def plain_statistics(stages: Sequence[int], epoch_s: float = 30) -> dict[str, float]:
    """Every column of `night_statistics` for one night."""
    e = epoch_s / 60
    n, unknown, wake = len(stages), stages.count(-1), stages.count(0)
    sleep = sum(stage in SLEEP for stage in stages)
    share = {name: stages.count(code) for code, name in ((1, "light"), (2, "deep"), (3, "rem"))}
    row = {
        "tib_min": n * e if n else NAN,
        "unknown_min": unknown * e,
        "unknown_share": unknown / n if n else NAN,
        "wake_min": wake * e,
        "tst_min": sleep * e,
        "se_pct": 100 * sleep / n if n else NAN,
        "se_known_pct": 100 * sleep / (n - unknown) if n > unknown else NAN,
        "se_lower_pct": 100 * sleep / n if n else NAN,
        "se_upper_pct": 100 * (sleep + unknown) / n if n else NAN,
    }
    row |= {f"{name}_min": number * e for name, number in share.items()}
    row |= {f"{name}_pct": 100 * number / sleep if sleep else NAN for name, number in share.items()}
    row |= {
        "sol_min": first(stages, SLEEP) * e,
        "sol_5min_min": first_uninterrupted(stages, minutes=5, epoch_min=e) * e,
        "sol_10min_min": first_uninterrupted(stages, minutes=10, epoch_min=e) * e,
        "latency_light_min": first(stages, (1,)) * e,
        "latency_deep_min": first(stages, (2,)) * e,
        "latency_rem_min": first(stages, (3,)) * e,
        "rem_latency_min": (first(stages, (3,)) - first(stages, SLEEP)) * e,
    }
    return row | (_of_the_sleep_period(stages, e, sleep) if sleep else dict.fromkeys(NEED_SLEEP, NAN))


NEED_SLEEP = (
    "spt_min",
    "waso_min",
    "final_wake_min",
    "waso_total_min",
    "sme_pct",
    "awakenings",
    "awakenings_over_5min",
    "longest_wake_min",
    "sfi_per_h",
    "stage_shifts",
    "shift_rate_per_h",
    "mid_epoch",
)


def _of_the_sleep_period(stages: Sequence[int], e: float, sleep: int) -> dict[str, float]:
    a = next(i for i, stage in enumerate(stages) if stage in SLEEP)
    b = max(i for i, stage in enumerate(stages) if stage in SLEEP)
    period = stages[a : b + 1]
    hours = sleep * e / 60
    known = [stage for stage in period if stage != -1]
    bouts = [len(list(run)) * e for stage, run in groupby(known) if stage == 0]
    shifts = sum(-1 not in (this, that) and this != that for this, that in pairwise(period))
    falls = sum(this in SLEEP and that == 0 for this, that in pairwise(stages))
    waso, after = period.count(0) * e, stages[b + 1 :].count(0) * e
    values = (
        len(period) * e,
        waso,
        after,
        waso + after,
        100 * sleep / len(period),
        len(bouts),
        sum(bout > 5 for bout in bouts),
        max(bouts, default=0),
        falls / hours,
        shifts,
        shifts / hours,
        (a + b + 1) / 2,
    )
    return dict(zip(NEED_SLEEP, map(float, values), strict=True))


def first(stages: Sequence[int], wanted: Sequence[int]) -> float:
    """Index of the first epoch in one of the wanted stages; NaN when there is none."""
    return next((float(i) for i, stage in enumerate(stages) if stage in wanted), NAN)


def first_uninterrupted(stages: Sequence[int], *, minutes: float, epoch_min: float) -> float:
    """Index where the first sleep of at least so many minutes begins; NaN when there is none."""
    start = 0
    for asleep, run in groupby(stages, key=lambda stage: stage in SLEEP):
        length = len(list(run))
        if asleep and (length * epoch_min >= minutes or math.isclose(length * epoch_min, minutes)):
            return float(start)
        start += length
    return NAN
