"""The vendor's own average statistics of a person's period beside ours, asked for when somebody wants to see them."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from analytics import figures
from analytics.beside_vendor import Beside
from analytics.summary import PersonPeriod
from asleep.models import AverageFigures
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.views import period, person

__all__ = ["LONGEST_DAYS", "VendorAverages", "vendor_averages"]

LONGEST_DAYS: Final = 100
"""The vendor averages so many days a call; of a longer period the newest are compared."""


def _minutes(seconds: float | None) -> float:
    return math.nan if seconds is None else seconds / 60


def _percent(ratio: float | None) -> float:
    return math.nan if ratio is None else 100 * ratio


# Our figure, and the vendor's in its unit. Times of day are left out: they are means in UTC, and ours in the zone of
# each night.
_ROWS: Final[tuple[tuple[str, Callable[[AverageFigures], float]], ...]] = (
    ("mean_tst_min", lambda served: _minutes(served.time_in_sleep_s)),
    ("mean_tib_min", lambda served: _minutes(served.time_in_bed_s)),
    ("mean_se_pct", lambda served: _percent(served.sleep_efficiency_ratio)),
    ("mean_sol_min", lambda served: _minutes(served.sleep_latency_s)),
    ("mean_waso_min", lambda served: _minutes(served.time_in_wake_s)),
    ("mean_awakenings", lambda served: math.nan if served.waso_count is None else served.waso_count),
    ("mean_light_min", lambda served: _minutes(served.time_in_light_s)),
    ("mean_deep_min", lambda served: _minutes(served.time_in_deep_s)),
    ("mean_rem_min", lambda served: _minutes(served.time_in_rem_s)),
)


@dataclass(frozen=True, kw_only=True)
class VendorAverages:
    """The vendor's means beside ours, in words and in our units.

    Attributes:
        first, last: the nights that ours are of, by label.
        cut: whether the period is longer than the vendor averages, so that only its newest days are here.
        rows: one statistic each; empty where the vendor has no mean.
        slept, never_slept: sessions behind the vendor's means, and those without sleep beside them.
        nights: main sleeps behind ours.
        fetched_at: when the vendor said it (UTC).
        stale: whether the vendor could not be asked again although it was time, and `reason` why.
    """

    first: date
    last: date
    cut: bool
    rows: tuple[Beside, ...]
    slept: int
    never_slept: int
    nights: int
    fetched_at: datetime
    stale: bool
    reason: str


def vendor_averages(
    application: Application, actor: Actor, person_id: str, *, first: date, last: date
) -> VendorAverages:
    """Asks the vendor, or the cache, for the means of the days (UTC) on which the nights of the period began.

    Raises:
        NotAllowed, UnknownPerson, NothingRecorded.
        AsleepError: the vendor cannot be asked, and nothing is kept that could stand in.
    """
    found = person(application, actor, person_id)
    begins = max(first, last - timedelta(days=LONGEST_DAYS - 1))
    ours = period(application, actor, person_id, first=begins, last=last)
    began, ended = _days_asked(ours)
    answer = application.asleep.average_stats(found.vendor_id, first=began, last=ended)
    served = answer.value
    return VendorAverages(
        first=begins,
        last=last,
        cut=begins > first,
        rows=() if served.average is None else tuple(_rows(ours, served.average)),
        slept=len(served.slept),
        never_slept=len(served.never_slept),
        nights=len(ours.valid),
        fetched_at=answer.fetched_at,
        stale=answer.stale,
        reason=answer.reason,
    )


def _days_asked(ours: PersonPeriod) -> tuple[date, date]:
    """From which day to which the vendor is asked: by days in UTC, on which an evening in America is the day after.

    Without a valid night the evenings before the labels.
    """
    starts = ours.valid["start"]
    if starts.empty:
        evening = timedelta(days=1)
        return ours.first - evening, ours.last - evening
    began, ended = (moment.astimezone(UTC).date() for moment in (starts.min(), starts.max()))
    return max(began, ended - timedelta(days=LONGEST_DAYS - 1)), ended


def _differs(ours: float, vendor: float) -> bool:
    """Whether the two differ as printed, and by more than the vendor's rounding where it serves a whole number."""
    rounding = 0.5 if vendor.is_integer() else 0.0
    return abs(ours - vendor) > rounding


def _rows(ours: PersonPeriod, served: AverageFigures) -> Iterator[Beside]:
    for name, of in _ROWS:
        figure = ours.figures[name]
        value = figures.rounded(figure.kind, of(served))
        yield Beside(
            label=figure.label,
            ours=figure.text,
            vendor=figures.in_words(figure.kind, value),
            differs=_differs(figure.value, value),
        )
