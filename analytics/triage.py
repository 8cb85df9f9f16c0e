"""Whom to look at first: people whose last week moved away from their own four weeks before, and why, in words.

Everything is one pass over columns, whatever the number of people. Who needs attention is decided in `triage_days`.
Source: SPEC 5.8 [P].
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.asked import NEVER, Asked, day_number, edges_of
from analytics.flag_state import Flag
from analytics.shifts import INSUFFICIENT, METRICS, Shifts
from analytics.triage_days import (
    SHORT_SLEEP_MIN,
    Days,
    Seen,
    attention_since,
    needs_attention,
    placed,
    seen,
)
from analytics.triage_reasons import labels, moves_of, reasons
from analytics.triage_words import HOW_TO_READ, LEVELS

__all__ = [
    "HOW_TO_READ",
    "METRICS",
    "SHORT_SLEEP_MIN",
    "LookedAt",
    "explained",
    "flags_of",
    "looked_at",
    "ordered",
    "triage",
]

Counts = NDArray[np.int64]


def triage(
    nights: pd.DataFrame,
    today: date,
    *,
    people: Sequence[str] | None = None,
    asked: Mapping[str, Asked] | None = None,
) -> pd.DataFrame:
    """Everybody, whom to look at first on top: who needs attention, then most red, largest |z|, and oldest data.

    The last 7 days, `today` included, are compared with the 28 before. A metric of `METRICS` is red from |z| 3 and
    amber from |z| 2, each only with a change that matters in practice; see `shifts`. Beside it stand flags on levels,
    which say nothing of change.

    Args:
        nights: `night_table` of many people with `person_id`, and `score` where nights have one; rows after `today` are
            left out. Where they have `reasons`, nights of a journey have no mid-sleep.
        today: label of the last night.
        people: ids of everybody wanted, also of those without a row; by default who is in `nights`.
        asked: until which day each person's nights have been asked for, or from which day to which; who is not in it
            never; by default until `today`. A night that nobody asked for is not one that the person did not record.

    Returns:
        One row per person, index person_id:

        | column | meaning |
        |---|---|
        | flag | "red", "amber", "none", or "insufficient data" where no metric has nights enough |
        | attention | whether the person needs attention: a shift that is not for the better only, or a level |
        | since | label of the first of the unbroken days on which they needed it, at most 13 before `today`; else NaT |
        | label | why, in two or three words, as `triage_words.label` makes them; "" where there is nothing to say |
        | red, amber | how many metrics are |
        | max_abs_z | largest |z| of all metrics; NaN without any |
        | newest | label of the last recording; NaT without one |
        | stale_days | days from the last recording to `today`, or to when nights were asked for; NaN without one |
        | short_sleep | mean time asleep of the last 7 days under 6 h (from 3 nights) |
        | low_efficiency | mean efficiency of the last 7 days under 75 % (from 3 nights) |
        | no_data | nothing recorded for 3 days or more; who never recorded has been asked for as many |
        | much_unknown | over 20 % of the main sleeps of the last 7 days is missing, valid or not |
        | reasons | tuple of sentences with the numbers: what moved, worst first, levels, and then the score |
        | METRIC_before, _recent, _delta, _mad, _scale, _z, _flag | as in `shifts.Shifts` |
        | METRIC_nights_before, _nights_recent | likewise |
    """
    return explained(looked_at(nights, today, people=people, asked=asked))


@dataclass(frozen=True, kw_only=True, eq=False)
class LookedAt:
    """Who needs attention, before it is told since when and why, which is half of the work.

    Attributes:
        ids: everybody's ids, sorted; whatever has one entry a person has them in this order.
        days: their nights.
        found: what there is to see on the last day.
        attention: whether they need it.
        verdicts: the columns flag, attention, red, amber, max_abs_z and stale_days of `triage`.
    """

    ids: pd.Index
    days: Days
    found: Seen
    attention: NDArray[np.bool_]
    verdicts: pd.DataFrame


def looked_at(
    nights: pd.DataFrame,
    today: date,
    *,
    people: Sequence[str] | None = None,
    asked: Mapping[str, Asked] | None = None,
) -> LookedAt:
    """Who needs attention; arguments are those of `triage`."""
    ids = pd.Index(
        pd.unique(nights["person_id"].astype("str"))
        if people is None
        else pd.unique(pd.Series(people, dtype="str")),
        dtype="str",
        name="person_id",
    ).sort_values()
    last = day_number(today)
    owner = ids.get_indexer(pd.Index(nights["person_id"].astype("str")))
    days = placed(nights, owner, _asked_days(asked, ids, last), last)
    found = seen(days)
    attention = needs_attention(found)
    verdicts = _verdicts(found.shifts, ids)
    verdicts.insert(1, "attention", attention)
    verdicts["stale_days"] = found.levels["stale_days"]
    return LookedAt(ids=ids, days=days, found=found, attention=attention, verdicts=verdicts)


def explained(looked: LookedAt) -> pd.DataFrame:
    """The table that `triage` returns."""
    ids, found = looked.ids, looked.found
    moves = moves_of(found.shifts, len(ids))
    table = pd.concat(
        [
            looked.verdicts.drop(columns="stale_days"),
            pd.DataFrame(found.levels, index=ids),
            *(_columns(name, shift, ids) for name, shift in found.shifts.items()),
        ],
        axis=1,
    )
    table["newest"] = _dates(table["newest"].to_numpy())
    table.insert(2, "since", _dates(attention_since(looked.days, looked.attention)))
    table.insert(3, "label", labels(table, moves))
    table.insert(7, "reasons", reasons(table, found.shifts, moves))
    return ordered(table)


def flags_of(looked: LookedAt, people: Iterable[str]) -> dict[str, Flag]:
    """By person_id the flags of some people, as `flag_state` weighs them; who was not looked at is left out."""
    places = looked.ids.get_indexer(pd.Index(list(people), dtype="str"))
    at = places[places >= 0].astype(np.int64)
    since = _dates(attention_since(looked.days.of(at), looked.attention[at]))
    levels = {name: looked.found.levels[name].astype(bool) for name in LEVELS}
    rows = looked.verdicts.iloc[at]
    return {
        str(person_id): Flag(
            since=None if np.isnat(first) else first.astype("datetime64[D]").item(),
            red=int(red),
            amber=int(amber),
            max_abs_z=None if np.isnan(size) else float(size),
            levels=tuple(name for name, up in levels.items() if up[place]),
        )
        for person_id, first, red, amber, size, place in zip(
            rows.index, since, rows["red"], rows["amber"], rows["max_abs_z"], at.tolist(), strict=True
        )
    }


def _verdicts(found: dict[str, Shifts], ids: pd.Index) -> pd.DataFrame:
    flags = np.stack([shift.flag for shift in found.values()], axis=1)
    sizes = np.stack([np.abs(shift.z) for shift in found.values()], axis=1)
    red, amber = ((flags == colour).sum(axis=1) for colour in ("red", "amber"))
    unknown = (flags == INSUFFICIENT).all(axis=1)
    largest = np.where(np.isnan(sizes), -np.inf, sizes).max(axis=1)
    return pd.DataFrame(
        {
            "flag": np.select([unknown, red > 0, amber > 0], [INSUFFICIENT, "red", "amber"], default="none"),
            "red": red,
            "amber": amber,
            "max_abs_z": np.where(np.isinf(largest), np.nan, largest),
        },
        index=ids,
    )


def _asked_days(asked: Mapping[str, Asked] | None, ids: pd.Index, last: int) -> tuple[Counts, Counts]:
    """First and last day that each person's nights have been asked for, as `asked.asked_days` gives them."""
    if asked is None:
        return np.full(len(ids), -NEVER), np.full(len(ids), last)
    edges = np.array([edges_of(asked.get(who)) for who in ids], dtype=np.int64).reshape(-1, 2)
    return edges[:, 0], edges[:, 1]


def _dates(days: Counts) -> NDArray[np.datetime64]:
    return np.where(days == NEVER, np.datetime64("NaT", "D"), days.astype("datetime64[D]")).astype(
        "datetime64[us]"
    )


def _columns(name: str, shift: Shifts, ids: pd.Index) -> pd.DataFrame:
    kept = ("before", "recent", "delta", "mad", "scale", "z", "nights_before", "nights_recent", "flag")
    return pd.DataFrame({f"{name}_{part}": getattr(shift, part) for part in kept}, index=ids)


def ordered(table: pd.DataFrame) -> pd.DataFrame:
    """Who needs attention first; of them, and of the others, most red, the largest |z|, the oldest data.

    Args:
        table: `attention`, `red`, `max_abs_z` and `stale_days` of everybody, by id, which decides what is left.
    """
    calm = ~table["attention"].to_numpy(dtype=bool)
    red = table["red"].to_numpy()
    size = table["max_abs_z"].fillna(-1.0).to_numpy()
    stale = table["stale_days"].fillna(np.inf).to_numpy()
    return table.iloc[np.lexsort((np.arange(len(table)), -stale, -size, -red, calm))]
