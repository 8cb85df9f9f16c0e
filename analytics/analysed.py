"""What is analysed of the nights there are: which statistic, whether consistency, how many nights a person needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MEASURES: Final[Mapping[str, str]] = {
    "tst_min": "Time asleep",
    "se_pct": "Efficiency",
    "sol_min": "Latency",
    "sol_10min_min": "Latency to 10 min of sleep",
    "waso_min": "Awake after onset",
    "awakenings": "Awakenings",
    "deep_min": "Deep",
    "rem_min": "REM",
    "rem_latency_min": "REM latency",
    "midsleep_clock_h": "Mid-sleep",
    "snoring_min": "Snoring",
}
"""Column of the nights table -> what a reader calls it; a night without a value of it cannot be analysed."""
MOST_NIGHTS: Final = 366


@dataclass(frozen=True, kw_only=True)
class Analysed:
    """The question that decides which valid nights are analysed.

    Attributes:
        measure: one of `MEASURES`.
        consistency: whether consistency is analysed, which leaves out the nights of a journey.
        minimum_nights: a person with fewer nights left is left out with all of them; 0 to `MOST_NIGHTS`.

    Raises:
        ValueError: another measure or number.
    """

    measure: str = "tst_min"
    consistency: bool = False
    minimum_nights: int = 0

    def __post_init__(self) -> None:
        if self.measure not in MEASURES:
            raise ValueError(f"a measure is one of {', '.join(MEASURES)}, not {self.measure!r}")
        if not 0 <= self.minimum_nights <= MOST_NIGHTS:
            raise ValueError(f"the fewest nights are 0 to {MOST_NIGHTS}, not {self.minimum_nights}")
