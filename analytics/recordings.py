"""Sessions that may be a sleep, as plain arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.ragged import Ragged
from analytics.stages import STATISTIC_AT
from analytics.zones import MINUTE_US

Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Names = NDArray[np.object_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Recordings:
    """Sessions that may be a sleep, as arrays of one entry each.

    Attributes:
        row: where the session is in the set it comes from.
        session_id: its name.
        start_us, end_us: instants in microseconds; the start is moved to where shared time ends.
        received_us: when it was fetched.
        missing_share: the vendor's share of lost data, 0 where it says nothing.
        skipped: epochs that were cut at the beginning.
        overlapping: whether it shared time with another session that counts too.
        staged: whether its stages are known; of another one only the vendor's figures are.
        stages: its stages, without those cut.
        statistics: `stages.statistics_of` these stages, else those of the vendor's figures, one row each.
        vendor: `vendor_statistics.served_figures`, one row each.
    """

    row: Counts
    session_id: Names
    start_us: Counts
    end_us: Counts
    received_us: Counts
    missing_share: Floats
    skipped: Counts
    overlapping: Flags
    staged: Flags
    stages: Ragged
    statistics: Floats
    vendor: Floats

    def __len__(self) -> int:
        return len(self.row)

    def take(self, at: Counts) -> "Recordings":
        """The recordings at these positions, in the order given."""
        if np.array_equal(at, np.arange(len(self))):
            return self
        return Recordings(
            row=self.row[at],
            session_id=self.session_id[at],
            start_us=self.start_us[at],
            end_us=self.end_us[at],
            received_us=self.received_us[at],
            missing_share=self.missing_share[at],
            skipped=self.skipped[at],
            overlapping=self.overlapping[at],
            staged=self.staged[at],
            stages=self.stages.take(at),
            statistics=self.statistics[at],
            vendor=self.vendor[at],
        )

    def by_start(self) -> "Recordings":
        """The same in the order of their starts, then names: no result may depend on the order of arrival."""
        return self.take(in_order(self.session_id, self.start_us))

    def statistic(self, name: str) -> Floats:
        """One of `STATISTICS` of each."""
        return self.statistics[:, STATISTIC_AT[name]]

    @property
    def onset_us(self) -> Counts:
        """When sleep began; a recording without sleep has no such instant and must not be asked."""
        return self.start_us + self._us("sol_min")

    @property
    def final_wake_us(self) -> Counts:
        """When the last epoch of sleep ended, likewise."""
        return self.onset_us + self._us("spt_min")

    def _us(self, name: str) -> Counts:
        return (self.statistic(name) * MINUTE_US).astype(np.int64)


def in_order(names: Names, *keys: NDArray[np.generic]) -> Counts:
    """The order by the first key, then the next; names decide among those that are equal in all of them."""
    order = np.lexsort(keys[::-1])
    equal = np.logical_and.reduce([np.diff(key[order].view(np.int64)) == 0 for key in keys])
    # Names are compared only where they decide something, for they are slow to compare.
    return np.lexsort((names.astype(str), *keys[::-1])) if equal.any() else order
