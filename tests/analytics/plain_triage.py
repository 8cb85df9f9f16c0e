"""Who needs attention and since when, written plainly from the definitions, person by person; speed is no concern."""

import math
from collections.abc import Hashable
from datetime import date, timedelta
from statistics import mean, median
from typing import Any, Final

import pandas as pd

METRICS: Final = {
    # metric: floor of the spread, change that matters, sign of what is not for the better (0: either)
    "tst_min": (10, 30, 0),
    "se_pct": (1.5, 4, -1),
    "midsleep_clock_h": (10, 45, 0),
    "waso_min": (5, 20, 1),
    "score": (3, 8, -1),
}


def plain_since(
    nights: pd.DataFrame, today: date, asked: tuple[date | None, date] | None, *, back: int = 13
) -> date | None:
    """The first of the unbroken days on which one person needed attention, or None.

    Args:
        nights: of that person, one sleep a day.
        today: the last day.
        asked: first and last day asked for; the first may not be known.
        back: so many days before the last are looked at.
    """
    rows = [
        row
        for row in nights.assign(night=nights["night"].dt.date).to_dict("records")
        if row["night"] <= today
    ]
    recorded = sorted(row["night"] for row in rows)
    since = None
    for day in (today - timedelta(days=n) for n in range(back + 1)):
        if recorded and day < recorded[0]:
            break
        until = None if asked is None else min(asked[1], day)
        if not _silent(recorded, day, asked, until) and not _bad(rows, day):
            break
        since = day
    return since


def _silent(
    recorded: list[date], day: date, asked: tuple[date | None, date] | None, until: date | None
) -> bool:
    if until is None or asked is None:
        return False
    if recorded:
        return (until - max(each for each in recorded if each <= day)).days >= 3
    first = asked[0] if asked[0] is not None else asked[1] - timedelta(days=2)
    return (until - first).days + 1 >= 3


def _bad(rows: list[dict[Hashable, Any]], day: date) -> bool:
    recent, before = (
        [row for row in rows if row["kind"] == "main" and low <= (day - row["night"]).days < high]
        for low, high in ((0, 7), (7, 35))
    )
    in_bed = sum(row["tib_min"] for row in recent)
    missing = sum(row["tib_min"] * row["missing_share"] for row in recent)
    valid, usual = ([row for row in part if row["valid"]] for part in (recent, before))
    return (
        (in_bed > 0 and missing / in_bed > 0.2)
        or (len(valid) >= 3 and mean(row["tst_min"] for row in valid) < 360)
        or (len(valid) >= 3 and mean(row["se_pct"] for row in valid) < 75)
        or any(_moved([row[name] for row in usual], [row[name] for row in valid], name) for name in METRICS)
    )


def _moved(before: list[float], recent: list[float], name: str) -> bool:
    floor, matters, against = METRICS[name]
    if len(before) < 14 or len(recent) < 4:
        return False
    if name == "midsleep_clock_h":
        x, y = (mean(side(math.tau * hour / 24) for hour in before) for side in (math.cos, math.sin))
        if math.hypot(x, y) < 0.3:
            return False
        centre = math.atan2(y, x) * 24 / math.tau
        before, recent = (
            [60 * ((hour - centre + 12) % 24 - 12) for hour in part] for part in (before, recent)
        )
    change = median(recent) - median(before)
    spread = 1.4826 * median(abs(value - median(before)) for value in before)
    return (
        abs(change) >= matters
        and abs(change) / max(spread, floor) >= 2
        and (not against or change * against > 0)
    )
