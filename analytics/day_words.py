"""A person's sleep days as bit words, and what each of them has in common with the day before.

A day of 2,880 slots of 30 s is exactly 45 words of 64 bits, so the same slot a day later is the same bit of the next
row: comparing all slots of two days takes 45 operations and no shift.

A day is covered when it has a valid main sleep. On a covered day every slot of the local wall clock, from anchor to
anchor, is wake unless something says otherwise: recorded sleep is sleep (naps too); unknown epochs and the time of
sessions that could not be used are unknown; so is the hour that does not exist when clocks go forward. The hour that
comes twice when they go back is known where both times say the same, and unknown where they differ. Summed over any
window of nights the two counts give the index of that window exactly.

The wall clock of a recording is that of its own zone; the clock changes of a day are those of its main sleep's zone. A
journey across zones moves the wall clock by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.daily_slots import BLOCK_DAYS, BLOCK_SLOTS, SLOT_US, SLOTS_PER_DAY, UNKNOWN, Recorded
from analytics.zones import DAY_US, MINUTE_US, ClockChange, clock_changes, wall_us

Counts = NDArray[np.int64]
Slots = NDArray[np.uint8]
Words = NDArray[np.uint64]

WORDS_PER_DAY = SLOTS_PER_DAY // 64


@dataclass(frozen=True, eq=False)
class _Parts:
    """Stretches during which the clocks did not change, one entry each.

    Attributes:
        middle_us: instant of the middle of the first slot.
        slot: that slot of the clock, counted since 1970 from the anchor.
        begin, end: which of the recorded slots they are.
    """

    middle_us: Counts
    slot: Counts
    begin: Counts
    end: Counts

    def take(self, at: NDArray[np.bool_]) -> "_Parts":
        return _Parts(self.middle_us[at], self.slot[at], self.begin[at], self.end[at])


@dataclass(frozen=True, eq=False)
class _Placed:
    """Where parts belong among the slots of the days.

    Attributes:
        copies: parts that lie within one day and share no slot with another, in the order of their places: first and
            last slot in their block of days, first and last among the recorded slots.
        bounds: which of them are in each block of days.
        others: all other parts, which are laid over what is there.
    """

    copies: list[tuple[int, int, int, int]]
    bounds: list[int]
    others: _Parts


def words(slots: Slots) -> Words:
    """Slots of days as bits, [days, 45]: bit k of word w of a day is set where its slot 64 w + k is not 0.

    Args:
        slots: [days, 2880], contiguous.
    """
    octets = np.packbits(slots.reshape(-1), bitorder="little")
    return octets.view("<u8").astype(np.uint64, copy=False).reshape(-1, WORDS_PER_DAY)


def pair_counts_of_words(
    not_awake: Words, unknown: Words, consecutive: NDArray[np.bool_]
) -> tuple[Counts, Counts]:
    """How many slots agree with the day before, of how many known on both; 0 and 0 for the first day.

    Args:
        not_awake: [days, 45], asleep or unknown; rising days.
        unknown: likewise.
        consecutive: [days - 1], whether each day from the second on follows the one before it.
    """
    agree, known = np.zeros((2, len(unknown)), dtype=np.int64)
    lost = unknown[1:] | unknown[:-1]
    differ = (not_awake[1:] ^ not_awake[:-1]) | lost
    np.multiply(SLOTS_PER_DAY - _counted(differ), consecutive, out=agree[1:])
    np.multiply(SLOTS_PER_DAY - _counted(lost), consecutive, out=known[1:])
    return agree, known


def regularity_counts(
    days: Counts, day_zones: Sequence[str], recorded: Recorded, anchor_h: float
) -> tuple[Counts, Counts]:
    """How many slots of each covered day agree with the day before, of how many known on both; 0 and 0 without one.

    Args:
        days: numbers of the covered sleep days, rising.
        day_zones: the zone of the main sleep of each.
        recorded: everything recorded, on covered days or not, in any order.
        anchor_h: the hour at which sleep days begin, to the minute.
    """
    if not len(days):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    anchor_us = round(anchor_h * 60) * MINUTE_US
    parts = _parts(recorded, anchor_us)
    slots = np.ascontiguousarray(recorded.slots)
    placed, hours = _placed(days, parts), _hours(days, day_zones, anchor_us)
    not_awake, unknown = np.empty((2, len(days), WORDS_PER_DAY), dtype=np.uint64)
    state, lost = np.empty((2, BLOCK_DAYS, SLOTS_PER_DAY), dtype=np.uint8)
    for block, first in enumerate(range(0, len(days), BLOCK_DAYS)):
        rows = slice(first, min(first + BLOCK_DAYS, len(days)))
        painted = state[: rows.stop - first]
        _paint(painted, days[rows], placed, block=block, slots=slots)
        for row, hour, change in hours:
            if first <= row < rows.stop:
                painted[row - first, hour] = _settled(days[row : row + 1], parts, slots, change)[hour]
        not_awake[rows] = words(painted)
        unknown[rows] = words(np.bitwise_and(painted, np.uint8(UNKNOWN), out=lost[: rows.stop - first]))
    return pair_counts_of_words(not_awake, unknown, np.diff(days) == 1)


def _counted(bits: Words) -> Counts:
    counted: Counts = np.bitwise_count(bits).sum(axis=1, dtype=np.int64)
    return counted


def _parts(recorded: Recorded, anchor_us: int) -> _Parts:
    """The stretches, cut where the clocks change; an epoch belongs to the slot that holds its middle."""
    middle = recorded.start_us + SLOT_US // 2
    begin, end = recorded.offsets[:-1], recorded.offsets[1:]
    wall = wall_us(middle, recorded.zones)
    span_us = (end - begin - 1) * SLOT_US
    moved = wall_us(middle + span_us, recorded.zones) - wall != span_us
    parts = _Parts(middle, (wall - anchor_us) // SLOT_US, begin, end)
    whole = parts.take(~moved & (end > begin))
    cut = [
        _cut(int(middle[n]), int(begin[n]), int(end[n]), zone=str(recorded.zones[n]), anchor_us=anchor_us)
        for n in np.flatnonzero(moved & (end > begin)).tolist()
    ]
    several = [whole, *cut]
    return _Parts(
        np.concatenate([each.middle_us for each in several]),
        np.concatenate([each.slot for each in several]),
        np.concatenate([each.begin for each in several]),
        np.concatenate([each.end for each in several]),
    )


def _cut(middle: int, begin: int, end: int, *, zone: str, anchor_us: int) -> _Parts:
    """A stretch that sees the clocks change, as one part before and one after each change."""
    changes = clock_changes(zone, middle, middle + (end - begin - 1) * SLOT_US)
    # The first epoch whose middle is not before the change begins the next part.
    edges = np.array([0, *(-(-(change.at_us - middle) // SLOT_US) for change in changes), end - begin])
    shifts = np.array([changes[0].before_us, *(change.after_us for change in changes)])
    at = middle + edges[:-1] * SLOT_US
    return _Parts(at, (at + shifts - anchor_us) // SLOT_US, begin + edges[:-1], begin + edges[1:])


def _placed(days: Counts, parts: _Parts) -> _Placed:
    """Where the parts belong."""
    day, column = np.divmod(parts.slot, SLOTS_PER_DAY)
    row = np.minimum(np.searchsorted(days, day), len(days) - 1)
    begin = row * SLOTS_PER_DAY + column
    end = begin + parts.end - parts.begin
    inside = (days[row] == day) & (end <= (row + 1) * SLOTS_PER_DAY)
    order = np.argsort(begin, kind="stable")
    alone = order[(inside & _apart(begin, np.where(inside, end, 0), order))[order]]
    low = begin[alone] % BLOCK_SLOTS
    bounds = np.searchsorted(begin[alone], np.arange(-(-len(days) // BLOCK_DAYS) + 1) * BLOCK_SLOTS)
    others = np.ones(len(begin), dtype=np.bool_)
    others[alone] = False
    columns = (low, low + end[alone] - begin[alone], parts.begin[alone], parts.end[alone])
    return _Placed(
        copies=list(zip(*(column.tolist() for column in columns), strict=True)),
        bounds=bounds.tolist(),
        others=parts.take(others),
    )


def _paint(state: Slots, days: Counts, placed: _Placed, *, block: int, slots: Slots) -> None:
    """The state of every slot of a block of days."""
    state[:] = 0
    target, source = state.reshape(-1).data, slots.data
    for low, high, first, last in placed.copies[placed.bounds[block] : placed.bounds[block + 1]]:
        target[low:high] = source[first:last]
    _lay_over(state, days, placed.others, slots)


def _apart(begin: Counts, end: Counts, order: Counts) -> NDArray[np.bool_]:
    """Which stretches begin after all that begin before them have ended; the order is that of their beginnings."""
    apart = np.ones(len(begin), dtype=np.bool_)
    apart[order[1:]] = begin[order[1:]] >= np.maximum.accumulate(end[order])[:-1]
    return apart


def _lay_over(state: Slots, days: Counts, parts: _Parts, slots: Slots) -> None:
    """Put stretches over what is there, day by day: sleep outweighs unknown, and that outweighs wake."""
    if not len(parts.slot):
        return
    near = parts.take(
        (parts.slot < (days[-1] + 1) * SLOTS_PER_DAY)
        & (parts.slot + parts.end - parts.begin > days[0] * SLOTS_PER_DAY)
    )
    for slot, begin, end in zip(near.slot.tolist(), near.begin.tolist(), near.end.tolist(), strict=True):
        at = begin
        while at < end:
            day, column = divmod(slot + at - begin, SLOTS_PER_DAY)
            length = min(end - at, SLOTS_PER_DAY - column)
            row = int(np.searchsorted(days, day))
            if row < len(days) and days[row] == day:
                there = state[row, column : column + length]
                np.maximum(there, slots[at : at + length], out=there)
            at += length


def _hours(days: Counts, day_zones: Sequence[str], anchor_us: int) -> list[tuple[int, slice, ClockChange]]:
    """The slots that the clocks skip or show twice, of each day on which they change in the zone it was spent in."""
    hours = []
    for zone in dict.fromkeys(day_zones):
        mine = np.asarray(day_zones, dtype=object) == zone
        spent = days[mine]
        for change in clock_changes(zone, (int(spent[0]) - 1) * DAY_US, (int(spent[-1]) + 2) * DAY_US):
            low, high = sorted((change.before_us, change.after_us))
            begin, end = ((change.at_us + offset - anchor_us) // SLOT_US for offset in (low, high))
            touched = mine & (days >= begin // SLOTS_PER_DAY) & (days <= (end - 1) // SLOTS_PER_DAY)
            for row in np.flatnonzero(touched).tolist():
                at = int(days[row]) * SLOTS_PER_DAY
                hours.append((row, slice(max(begin - at, 0), min(end - at, SLOTS_PER_DAY)), change))
    return hours


def _settled(day: Counts, parts: _Parts, slots: Slots, change: ClockChange) -> Slots:
    """The slots of a day as the clocks change: unknown where they are skipped, or told apart by their two passes."""
    if change.after_us > change.before_us:
        return np.full(SLOTS_PER_DAY, UNKNOWN, dtype=np.uint8)
    before = parts.middle_us < change.at_us
    passes = np.zeros((2, 1, SLOTS_PER_DAY), dtype=np.uint8)
    for state, when in zip(passes, (before, ~before), strict=True):
        _lay_over(state, day, parts.take(when), slots)
    return np.where(passes[0, 0] == passes[1, 0], passes[0, 0], np.uint8(UNKNOWN))
