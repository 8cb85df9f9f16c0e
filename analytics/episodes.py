"""From recordings to sleeps: overlaps settled, pieces of one sleep joined, the main sleep of each day found."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.grades import Flags
from analytics.ragged import Ragged
from analytics.rules import ValidNight
from analytics.stages import EPOCH_S, UNKNOWN, night_statistics
from analytics.vendor_statistics import joined_figures, own_figures, vendor_statistics
from analytics.zones import MINUTE_US, SECOND_US

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

EPOCH_US = EPOCH_S * SECOND_US
EPOCH_MIN = EPOCH_S / 60

# Statistics that look at neighbouring epochs: between two pieces there is time that nobody recorded.
_ACROSS_EPOCHS = ("sfi_per_h", "stage_shifts", "shift_rate_per_h")
_PERSISTENT = ("sol_5min_min", "sol_10min_min")


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
        statistics: `STATISTICS` of these stages, else of the vendor's figures, one row each, index 0 to n - 1.
        vendor: `vendor_statistics.served_figures`, one row each.
    """

    row: Counts
    session_id: NDArray[np.object_]
    start_us: Counts
    end_us: Counts
    received_us: Counts
    missing_share: Floats
    skipped: Counts
    overlapping: Flags
    staged: Flags
    stages: Ragged
    statistics: pd.DataFrame
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
            statistics=self.statistics.take(at).reset_index(drop=True),
            vendor=self.vendor[at],
        )

    def by_start(self) -> "Recordings":
        """The same in the order of their starts, then names: no result may depend on the order of arrival."""
        order = np.lexsort((self.session_id.astype(str), self.start_us))
        return self.take(order)

    @property
    def onset_us(self) -> Counts:
        """When sleep began; a recording without sleep has no such instant and must not be asked."""
        return self.start_us + self._us("sol_min")

    @property
    def final_wake_us(self) -> Counts:
        """When the last epoch of sleep ended, likewise."""
        return self.onset_us + self._us("spt_min")

    def _us(self, name: str) -> Counts:
        return (self.statistics[name].to_numpy() * MINUTE_US).astype(np.int64)


@dataclass(frozen=True, kw_only=True, eq=False)
class Episodes:
    """Sleeps: each one recording or several pieces with short gaps.

    Attributes:
        pieces: the recordings in the order of sleep day and start; episode i has those from `first[i]` on.
        first: position of its first piece.
        count: number of its pieces.
        day: the sleep day.
        main: whether it is the main sleep of that day; all others are naps.
        gap_min: time between its pieces that nobody recorded.
        staged: whether the stages of all its pieces are known.
        statistics: `STATISTICS` of the joined stages; of the vendor's figures where stages have not arrived.
        missing_share: the larger of the vendor's share of lost data and our own; NaN without stages.
    """

    pieces: Recordings
    first: Counts
    count: Counts
    day: Counts
    main: Flags
    gap_min: Floats
    staged: Flags
    statistics: pd.DataFrame
    missing_share: Floats

    def __len__(self) -> int:
        return len(self.first)

    @property
    def last(self) -> Counts:
        """Position of the last piece of each."""
        return self.first + self.count - 1

    def stages(self, episode: int) -> NDArray[np.int8]:
        """The joined stages of one sleep."""
        offsets = self.pieces.stages.offsets
        return self.pieces.stages.values[offsets[self.first[episode]] : offsets[self.last[episode] + 1]]


def settle_overlaps(recordings: Recordings, rules: ValidNight) -> tuple[Recordings, Counts, Counts]:
    """The recordings with no time in common; the positions (of the given ones) of those left out.

    Two recordings that share half of the shorter one or more are the same sleep: one with stages stays, then the one
    with less missing, then the longer, then the later received. The others are the first positions. With a smaller
    overlap both stay; the later start is moved to the end of the earlier one, so that no minute counts twice. That
    cannot be done without stages: a recording whose stages have not arrived waits for them, and these are the second
    positions.

    Args:
        recordings: in the order of their starts.
        rules: `duplicate_share`.
    """
    nothing = np.empty(0, dtype=np.int64)
    if len(recordings) < 2:
        return recordings, nothing, nothing
    reach = np.maximum.accumulate(recordings.end_us)
    if (recordings.start_us[1:] >= reach[:-1]).all():
        return recordings, nothing, nothing
    group = np.concatenate([[0], np.cumsum(recordings.start_us[1:] >= reach[:-1])])
    crowded = np.flatnonzero(np.bincount(group)[group] > 1)
    duplicates = [
        at
        for each in np.unique(group[crowded])
        for at in _duplicates(recordings, np.flatnonzero(group == each), rules)
    ]
    dropped = np.array(sorted(duplicates), dtype=np.int64)
    kept = np.setdiff1d(np.arange(len(recordings)), dropped)
    sharing = _shared_us(recordings.take(kept)) > 0
    waiting = kept[(sharing | np.append(sharing[1:], False)) & ~recordings.staged[kept]]
    return _cut(recordings.take(np.setdiff1d(kept, waiting))), dropped, waiting


def episodes_of(recordings: Recordings, day: Counts, rules: ValidNight) -> Episodes:
    """The sleeps of each day: pieces no more than `bridge_min` apart joined, the longest sleep of a day its main one.

    The main sleep has the most time asleep; among equals the longest sleep period, then the earliest start. Amounts
    come from the joined stages; what depends on neighbouring epochs does not bridge the gap between pieces, and the
    gap itself is neither wake nor sleep.

    Args:
        recordings: without overlaps.
        day: the sleep day of each.
        rules: `bridge_min`.
    """
    order = np.lexsort((recordings.session_id.astype(str), recordings.start_us, day))
    pieces = recordings.take(order)
    day = day[order]
    gaps = (pieces.start_us[1:] - pieces.end_us[:-1]) / MINUTE_US
    joined = (np.diff(day) == 0) & (gaps <= rules.bridge_min)
    first = np.flatnonzero(np.concatenate([[True] * min(len(pieces), 1), ~joined]))
    count = np.diff(np.append(first, len(pieces)))
    staged = np.logical_and.reduceat(pieces.staged, first) if len(first) else pieces.staged
    statistics = _joined_statistics(pieces, first, count, staged)
    gap = np.concatenate([[0.0], np.cumsum(np.where(joined, np.maximum(gaps, 0), 0))])
    own = statistics["unknown_share"].to_numpy()
    vendor = _weighted(pieces, first)
    return Episodes(
        pieces=pieces,
        first=first,
        count=count,
        day=day[first],
        main=_main(day[first], statistics, pieces.start_us[first]),
        gap_min=gap[first + count - 1] - gap[first],
        staged=staged,
        statistics=statistics,
        missing_share=np.where(staged, np.maximum(vendor, own), np.nan),
    )


def _duplicates(recordings: Recordings, group: Counts, rules: ValidNight) -> list[int]:
    """Those of a group of overlapping recordings that share too much with a better one."""
    # Nothing is known to be missing of a recording whose stages have not arrived.
    own = np.nan_to_num(recordings.statistics["unknown_share"].to_numpy())
    start, end = recordings.start_us, recordings.end_us

    def rank(at: int) -> tuple[bool, float, int, int, str]:
        missing = max(float(own[at]), float(recordings.missing_share[at]))
        return (
            not recordings.staged[at],
            missing,
            -int(end[at] - start[at]),
            -int(recordings.received_us[at]),
            str(recordings.session_id[at]),
        )

    kept: list[int] = []
    dropped: list[int] = []
    for at in sorted(group.tolist(), key=rank):
        shared = [min(end[at], end[other]) - max(start[at], start[other]) for other in kept]
        shorter = [min(end[at] - start[at], end[other] - start[other]) for other in kept]
        same = any(part >= rules.duplicate_share * whole for part, whole in zip(shared, shorter, strict=True))
        (dropped if same else kept).append(at)
    return dropped


def _shared_us(recordings: Recordings) -> Counts:
    """How much of each recording, from its start, lies in the time of those before it."""
    reach = np.maximum.accumulate(recordings.end_us)[:-1]
    return np.concatenate([[0], np.maximum(reach - recordings.start_us[1:], 0)]).astype(np.int64)


def _cut(recordings: Recordings) -> Recordings:
    """The recordings with shared time taken from the one that starts later."""
    shared = _shared_us(recordings)
    if not shared.any():
        return recordings
    skipped = np.minimum(-(-shared // EPOCH_US), recordings.stages.lengths)
    overlapping = (shared > 0) | np.append(shared[1:] > 0, False)
    offsets = recordings.stages.offsets
    inside = np.arange(len(recordings.stages.values)) >= np.repeat(offsets[:-1] + skipped, np.diff(offsets))
    lengths = recordings.stages.lengths - skipped
    stages = Ragged(recordings.stages.values[inside], np.concatenate([[0], np.cumsum(lengths)]))
    statistics = night_statistics(stages.values, stages.offsets)
    # Without stages nothing was cut.
    statistics[~recordings.staged] = recordings.statistics[~recordings.staged]
    return replace(
        recordings,
        start_us=recordings.start_us + skipped * EPOCH_US,
        skipped=skipped,
        overlapping=overlapping,
        stages=stages,
        statistics=statistics,
    )


def _joined_statistics(pieces: Recordings, first: Counts, count: Counts, staged: Flags) -> pd.DataFrame:
    """The statistics of each sleep; those of one piece are known already."""
    statistics = pieces.statistics.take(first).reset_index(drop=True)
    several = np.flatnonzero(count > 1)
    if not len(several):
        return statistics
    at = np.concatenate([np.arange(first[each], first[each] + count[each]) for each in several])
    parts = pieces.stages.take(at)
    ends = np.concatenate([[0], np.cumsum(count[several])])
    whole = night_statistics(parts.values, parts.offsets[ends])
    # One unknown epoch where time is missing between pieces: nothing may be said about what follows what across it.
    gapped = pieces.start_us[at[1:]] - pieces.end_us[at[:-1]] >= EPOCH_US
    seams = np.setdiff1d(np.flatnonzero(gapped) + 1, ends)
    apart = np.insert(parts.values, parts.offsets[seams], UNKNOWN)
    shift = np.searchsorted(seams, ends)
    unbridged = night_statistics(apart, parts.offsets[ends] + shift)
    for name in _ACROSS_EPOCHS:
        whole[name] = unbridged[name]
    for name in _PERSISTENT:
        before = _seams_before(unbridged[name], parts.offsets, seams, ends)
        whole[name] = unbridged[name] - before * EPOCH_MIN
    statistics.iloc[several] = whole
    unstaged = several[~staged[several]]
    if len(unstaged):
        figures = joined_figures(own_figures(pieces.statistics, pieces.vendor, pieces.staged), first)
        statistics.iloc[unstaged] = vendor_statistics(figures).iloc[unstaged]
    return statistics


def _seams_before(latency_min: "pd.Series[float]", offsets: Counts, seams: Counts, ends: Counts) -> Floats:
    """How many of the seams that were put into each sleep lie before a latency that counts them."""
    before = np.zeros(len(latency_min))
    for n, minutes in enumerate(latency_min.to_numpy()):
        # Seam k (from 0) of a sleep lies after the pieces before it and k seams.
        inner = offsets[seams[(seams > ends[n]) & (seams < ends[n + 1])]] - offsets[ends[n]]
        before[n] = np.count_nonzero(inner + np.arange(len(inner)) < minutes / EPOCH_MIN)
    return before


def _weighted(pieces: Recordings, first: Counts) -> Floats:
    """The vendor's share of lost data over all pieces of a sleep, weighted by their lengths."""
    if not len(first):
        return np.empty(0)
    epochs = pieces.stages.lengths.astype(np.float64)
    # No epochs, no share: such a sleep has no stages yet.
    whole = np.maximum(np.add.reduceat(epochs, first), 1)
    weighted = np.add.reduceat(pieces.missing_share * epochs, first) / whole
    # A single piece keeps its share to the last digit: grades are decided at round numbers.
    single = np.diff(np.append(first, len(pieces))) == 1
    return np.where(single, pieces.missing_share[first], weighted)


def _main(day: Counts, statistics: pd.DataFrame, start_us: Counts) -> Flags:
    order = np.lexsort((start_us, -statistics["spt_min"].to_numpy(), -statistics["tst_min"].to_numpy(), day))
    main = np.zeros(len(day), dtype=np.bool_)
    main[order[np.unique(day[order], return_index=True)[1]]] = True
    return main
