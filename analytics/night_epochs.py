"""The stages of sleeps epoch by epoch, as the statistics of the nights table count them, for whoever counts anew."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.episodes import EPOCH_US, Episodes
from analytics.nights import sleeps_among
from analytics.ragged import Offsets, Ragged
from analytics.rules import DEFAULT_RULES, ValidNight
from analytics.sessions import SessionSet
from analytics.stages import UNKNOWN, transition_counts

__all__ = ["NightEpochs", "night_epochs"]

Counts = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class NightEpochs:
    """The stages of some sleeps, and when each of their epochs of 30 s began.

    Attributes:
        session_ids: of each sleep, joined as in the nights table.
        stages: a row a sleep, without time that an earlier recording has told of.
        pieces: for each sleep where its pieces begin in the three arrays that follow, and the end of the last.
        piece_epoch: the first epoch of each piece, counted from 0 within its sleep.
        piece_start_us: when it began, in microseconds since 1970 in UTC.
        piece_segment: counted from 0 within its sleep, and one more wherever 30 s or more were not recorded between
            two pieces: nothing may be said about what follows what across that.
    """

    session_ids: tuple[str, ...]
    stages: Ragged
    pieces: Offsets
    piece_epoch: Counts
    piece_start_us: Counts
    piece_segment: Counts

    def __len__(self) -> int:
        return len(self.stages)

    @property
    def start_us(self) -> Counts:
        """When each epoch of all sleeps began."""
        lengths = self._piece_lengths
        first = np.cumsum(lengths) - lengths
        numbered = np.arange(len(self.stages.values), dtype=np.int64) * EPOCH_US
        starts: Counts = numbered + np.repeat(self.piece_start_us - first * EPOCH_US, lengths)
        return starts

    @property
    def segment(self) -> NDArray[np.int32]:
        """The segment of each epoch of all sleeps."""
        return np.repeat(self.piece_segment.astype(np.int32), self._piece_lengths)

    @property
    def epoch(self) -> NDArray[np.int32]:
        """The number of each epoch, from 0 within its sleep."""
        begins = self.stages.offsets[:-1].astype(np.int32)
        return np.arange(len(self.stages.values), dtype=np.int32) - np.repeat(begins, self.stages.lengths)

    def transitions(self) -> Counts:
        """`transition_counts` of each sleep, [sleeps, 4, 4]; no pair reaches from one segment into the next."""
        owner = np.repeat(np.arange(len(self)), np.diff(self.pieces))
        new = np.flatnonzero((np.diff(owner) == 0) & (np.diff(self.piece_segment) > 0)) + 1
        at = self.stages.offsets[owner[new]] + self.piece_epoch[new]
        apart = np.insert(self.stages.values, at, UNKNOWN)
        shift = np.searchsorted(owner[new], np.arange(len(self) + 1))
        return transition_counts(apart, self.stages.offsets + shift)

    @property
    def _piece_lengths(self) -> Counts:
        """How many epochs each piece has."""
        owner = np.repeat(np.arange(len(self)), np.diff(self.pieces))
        begins = self.stages.offsets[owner] + self.piece_epoch
        return np.diff(np.append(begins, len(self.stages.values)))


def night_epochs(
    sessions: SessionSet, *, zone: str, rules: ValidNight = DEFAULT_RULES, only: Sequence[str] | None = None
) -> NightEpochs:
    """The epochs of the sleeps (main and nap, whatever their grade) whose stages are known, by start.

    Args:
        sessions: all of one person.
        zone: as `night_table` was given it.
        rules: likewise.
        only: sleeps by their `session_ids`, in this order; None for all of them. One that has no stages is left out.
    """
    episodes = sleeps_among(sessions, zone=zone, rules=rules)
    joined = _joined_ids(episodes)
    at = {ids: n for n, ids in enumerate(joined) if episodes.staged[n]}
    chosen = list(at.values()) if only is None else [at[ids] for ids in only if ids in at]
    return _chosen(episodes, joined, np.array(chosen, dtype=np.int64))


def _joined_ids(episodes: Episodes) -> list[str]:
    ids = episodes.pieces.session_id.tolist()
    return [
        ";".join(ids[first : last + 1])
        for first, last in zip(episodes.first.tolist(), episodes.last.tolist(), strict=True)
    ]


def _chosen(episodes: Episodes, joined: list[str], at: Counts) -> NightEpochs:
    count = episodes.count[at]
    owner = np.repeat(np.arange(len(at)), count)
    pieces = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    place = episodes.first[at][owner] + np.arange(len(owner)) - pieces[:-1][owner]
    parts = episodes.pieces.stages.take(place)
    offsets = parts.offsets[pieces]
    gapped = np.zeros(len(place), dtype=np.int64)
    start, end = episodes.pieces.start_us[place], episodes.pieces.end_us[place]
    gapped[1:] = (np.diff(owner) == 0) & (start[1:] - end[:-1] >= EPOCH_US)
    risen = np.cumsum(gapped)
    return NightEpochs(
        session_ids=tuple(joined[n] for n in at.tolist()),
        stages=Ragged(parts.values, offsets),
        pieces=pieces,
        piece_epoch=parts.offsets[:-1] - offsets[:-1][owner],
        piece_start_us=start,
        piece_segment=risen - risen[pieces[:-1]][owner] if len(owner) else risen,
    )
