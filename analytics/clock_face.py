"""Where on the clock a person goes to bed and gets up: how often each half hour, the usual time and how close it is."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics import wording
from analytics.patterns import without_journeys
from analytics.person_figures import PeriodNights
from analytics.person_period import PersonPeriod
from analytics.reliability import period_gate
from analytics.time_of_day import MINIMUM_R

__all__ = ["BINS", "BIN_MIN", "ClockEdge", "ClockFace", "clock_face"]

BIN_MIN: Final = 30
"""Minutes of one step of the face [P]."""
BINS: Final = 24 * 60 // BIN_MIN

_COLUMNS: Final = {"bed": "start_clock_h", "rise": "end_clock_h"}


@dataclass(frozen=True, kw_only=True, eq=False)
class ClockEdge:
    """The bedtimes, or the rise times, of a period.

    Attributes:
        counts: int [48], nights in each half hour from midnight on.
        mean_h: circular mean; NaN where there is none (R < 0.3) or the nights are too few for one.
        sd_min: standard deviation, gated as in `ClockSpread`.
        r: length of the mean vector, 0 to 1; NaN without nights.
        nights: how many.
        low: whether the mean rests on few nights.
    """

    counts: NDArray[np.int64]
    mean_h: float
    sd_min: float
    r: float
    nights: int
    low: bool

    @property
    def words(self) -> str:
        """The usual time with its spread, or why there is none: `23:10 ± 42 min`, `no typical time`."""
        if np.isnan(self.mean_h):
            return "no typical time" if self._scattered else "too few nights"
        spread = "" if np.isnan(self.sd_min) else f" ± {wording.duration(self.sd_min)}"
        return f"{wording.clock(self.mean_h)}{spread}"

    @property
    def rests_on(self) -> str:
        """R and n, for the caption: `R 0.98, 26 nights`."""
        closeness = "" if np.isnan(self.r) else f"R {wording.number(self.r, 2)}, "
        return f"{closeness}{wording.plural(self.nights, 'night')}{', low confidence' if self.low else ''}"

    @property
    def _scattered(self) -> bool:
        return self.nights > 0 and self.r < MINIMUM_R


@dataclass(frozen=True, kw_only=True)
class ClockFace:
    """Bedtimes and rise times of a period."""

    bed: ClockEdge
    rise: ClockEdge

    @property
    def nights(self) -> int:
        """How many nights went in."""
        return max(self.bed.nights, self.rise.nights)

    @property
    def title(self) -> str:
        """The finding: how close together bedtimes and rise times lie."""
        if not self.nights:
            return "No night to place on the clock"
        if np.isnan(self.bed.mean_h) or np.isnan(self.rise.mean_h):
            scattered = [
                name for name, edge in (("bedtime", self.bed), ("rise time", self.rise)) if edge.r < MINIMUM_R
            ]
            if scattered:
                return f"There is no typical {' or '.join(scattered)}"
            return f"{wording.plural(self.nights, 'night')}: too few for a usual time"
        return f"To bed about {wording.clock(self.bed.mean_h)}, up about {wording.clock(self.rise.mean_h)}"


def clock_face(period: PersonPeriod) -> ClockFace:
    """Bedtimes and rise times of the valid main sleeps of a period, nights of a journey left out."""
    nights = PeriodNights(valid=period.valid, naps=0, days=period.days)
    counted = without_journeys(period.valid)
    return ClockFace(bed=_edge(nights, counted, "bed"), rise=_edge(nights, counted, "rise"))


def _edge(nights: PeriodNights, counted: pd.DataFrame, edge: str) -> ClockEdge:
    hours = np.asarray(counted[_COLUMNS[edge]].dropna(), dtype=np.float64)
    # Whole minutes, because seven digits of an hour may lie a hair before a full half hour.
    steps = np.rint(hours * 60).astype(np.int64) // BIN_MIN % BINS
    plain, gated = nights.clock_statistics(edge), nights.clock(edge)
    return ClockEdge(
        counts=np.bincount(steps, minlength=BINS),
        mean_h=gated.mean_h,
        sd_min=gated.sd_min,
        r=plain.r,
        nights=plain.nights,
        low=period_gate(plain.nights, days=nights.days).verdict == "low",
    )
