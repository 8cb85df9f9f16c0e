"""From recordings to sleeps: overlaps settled, pieces of one sleep joined, the main sleep of each day found."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analytics.grades import Flags
from analytics.ragged import Ragged
from analytics.recordings import Recordings, in_order
from analytics.rules import ValidNight
from analytics.stages import EPOCH_S, STATISTIC_AT, UNKNOWN, statistics_of
from analytics.vendor_statistics import joined_figures, own_figures, vendor_statistics
from analytics.zones import MINUTE_US, SECOND_US

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

EPOCH_US = EPOCH_S * SECOND_US
EPOCH_MIN = EPOCH_S / 60

# Statistics that look at neighbouring epochs: between two pieces there is time that nobody recorded.
_ACROSS_EPOCHS = [STATISTIC_AT[name] for name in ("sfi_per_h", "stage_shifts", "shift_rate_per_h")]
_PERSISTENT = [STATISTIC_AT[name] for name in ("sol_5min_min", "sol_10min_min")]


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
        statistics: `stages.statistics_of` the joined stages; those of the vendor's figures where stages have not
            arrived.
        vendor: the vendor's figures, `vendor_statistics.joined_figures`.
        missing_share: the larger of the vendor's share of lost data and our own; NaN without stages.
    """

    pieces: Recordings
    first: Counts
    count: Counts
    day: Counts
    main: Flags
    gap_min: Floats
    staged: Flags
    statistics: Floats
    vendor: Mapping[str, Floats]
    missing_share: Floats

    def __len__(self) -> int:
        return len(self.first)

    @property
    def last(self) -> Counts:
        """Position of the last piece of each."""
        return self.first + self.count - 1

    def statistic(self, name: str) -> Floats:
        """One of `STATISTICS` of each."""
        return self.statistics[:, STATISTIC_AT[name]]

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
    order = in_order(recordings.session_id, day, recordings.start_us)
    pieces = recordings.take(order)
    day = day[order]
    gaps = (pieces.start_us[1:] - pieces.end_us[:-1]) / MINUTE_US
    joined = (np.diff(day) == 0) & (gaps <= rules.bridge_min)
    first = np.flatnonzero(np.concatenate([[True] * min(len(pieces), 1), ~joined]))
    count = np.diff(np.append(first, len(pieces)))
    staged = np.logical_and.reduceat(pieces.staged, first) if len(first) else pieces.staged
    statistics = _joined_statistics(pieces, first, staged)
    gap = np.concatenate([[0.0], np.cumsum(np.where(joined, np.maximum(gaps, 0), 0))])
    own = statistics[:, STATISTIC_AT["unknown_share"]]
    return Episodes(
        pieces=pieces,
        first=first,
        count=count,
        day=day[first],
        main=_main(day[first], statistics, pieces.start_us[first]),
        gap_min=gap[first + count - 1] - gap[first],
        staged=staged,
        statistics=statistics,
        vendor=joined_figures(pieces.vendor, first),
        missing_share=np.where(staged, np.maximum(_weighted(pieces, first), own), np.nan),
    )


def _duplicates(recordings: Recordings, group: Counts, rules: ValidNight) -> list[int]:
    """Those of a group of overlapping recordings that share too much with a better one."""
    # Nothing is known to be missing of a recording whose stages have not arrived.
    own = np.nan_to_num(recordings.statistic("unknown_share"))
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
    statistics = statistics_of(stages.values, stages.offsets)
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


def _joined_statistics(pieces: Recordings, first: Counts, staged: Flags) -> Floats:
    """The statistics of each sleep; those of one piece are known already."""
    statistics, count = pieces.statistics[first], np.diff(np.append(first, len(pieces)))
    several = np.flatnonzero(count > 1)
    if not len(several):
        return statistics
    at = np.concatenate([np.arange(first[each], first[each] + count[each]) for each in several])
    parts = pieces.stages.take(at)
    ends = np.concatenate([[0], np.cumsum(count[several])])
    whole = statistics_of(parts.values, parts.offsets[ends])
    # One unknown epoch where time is missing between pieces: nothing may be said about what follows what across it.
    gapped = pieces.start_us[at[1:]] - pieces.end_us[at[:-1]] >= EPOCH_US
    seams = np.setdiff1d(np.flatnonzero(gapped) + 1, ends)
    apart = np.insert(parts.values, parts.offsets[seams], UNKNOWN)
    shift = np.searchsorted(seams, ends)
    unbridged = statistics_of(apart, parts.offsets[ends] + shift)
    whole[:, _ACROSS_EPOCHS] = unbridged[:, _ACROSS_EPOCHS]
    for place in _PERSISTENT:
        before = _seams_before(unbridged[:, place], parts.offsets, seams, ends)
        whole[:, place] = unbridged[:, place] - before * EPOCH_MIN
    statistics[several] = whole
    unstaged = several[~staged[several]]
    if len(unstaged):
        figures = joined_figures(own_figures(pieces.statistics, pieces.vendor, pieces.staged), first)
        statistics[unstaged] = vendor_statistics(figures)[unstaged]
    return statistics


def _seams_before(latency_min: Floats, offsets: Counts, seams: Counts, ends: Counts) -> Floats:
    """How many of the seams that were put into each sleep lie before a latency that counts them."""
    before = np.zeros(len(latency_min))
    for n, minutes in enumerate(latency_min.tolist()):
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


def _main(day: Counts, statistics: Floats, start_us: Counts) -> Flags:
    period, asleep = (statistics[:, STATISTIC_AT[name]] for name in ("spt_min", "tst_min"))
    order = np.lexsort((start_us, -period, -asleep, day))
    main = np.zeros(len(day), dtype=np.bool_)
    main[order[np.unique(day[order], return_index=True)[1]]] = True
    return main
