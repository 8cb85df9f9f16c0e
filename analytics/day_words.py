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

from analytics.daily_slots import SLOT_US, SLOTS_PER_DAY, UNKNOWN, Recorded
from analytics.zones import DAY_US, MINUTE_US, ClockChange, clock_changes, wall_us

Counts = NDArray[np.int64]
Slots = NDArray[np.uint8]
Words = NDArray[np.uint64]

WORDS_PER_DAY = SLOTS_PER_DAY // 64
_EVERY = np.uint64(2**64 - 1)


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
        row, column: day and first slot in it of the parts, cut where a day ends, that share no word with another.
        begin, end: which of the recorded slots they are.
        crowded: days on which some share a word, rising; theirs are not listed.
    """

    row: Counts
    column: Counts
    begin: Counts
    end: Counts
    crowded: list[int]


@dataclass(frozen=True, eq=False)
class _Cuts:
    """How the words of days are cut out of the recorded slots as bits; one entry a word in which a part lies.

    Attributes:
        target: which word of all days.
        at, shift: where it begins among the recorded bits (a word of nothing stands in front of them): in which word,
            and at which of its bits.
        mask: those of its bits that belong to the part.
    """

    target: Counts
    at: Counts
    shift: Words
    mask: Words


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
    cuts = _cuts(placed)
    not_awake, unknown = (_laid(flags, cuts, len(days)) for flags in (slots, slots & np.uint8(UNKNOWN)))
    for row in dict.fromkeys([*placed.crowded, *(row for row, _, _ in hours)]):
        state = _painted(days[row : row + 1], parts, slots)
        for _, hour, change in (each for each in hours if each[0] == row):
            state[0, hour] = _settled(days[row : row + 1], parts, slots, change)[hour]
        not_awake[row], unknown[row] = words(state)[0], words(state & np.uint8(UNKNOWN))[0]
    return pair_counts_of_words(not_awake, unknown, np.diff(days) == 1)


def _counted(bits: Words) -> Counts:
    counted: Counts = np.bitwise_count(bits).sum(axis=1, dtype=np.int64)
    return counted


def _parts(recorded: Recorded, anchor_us: int) -> _Parts:
    """The stretches, cut where the clocks change; an epoch belongs to the slot that holds its middle."""
    middle = recorded.start_us + SLOT_US // 2
    begin, end = recorded.offsets[:-1], recorded.offsets[1:]
    span_us = (end - begin - 1) * SLOT_US
    both = wall_us(
        np.concatenate([middle, middle + span_us]), np.concatenate([recorded.zones, recorded.zones])
    )
    wall, last = np.split(both, 2)
    moved = last - wall != span_us
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
    """Where the parts belong; what shares a word with another part makes its day crowded."""
    pieces = _by_day(parts)
    day, column = np.divmod(pieces.slot, SLOTS_PER_DAY)
    row = np.minimum(np.searchsorted(days, day), len(days) - 1)
    inside = np.flatnonzero(days[row] == day)
    first = row * WORDS_PER_DAY + column // 64
    last = row * WORDS_PER_DAY + (column + pieces.end - pieces.begin - 1) // 64
    order = inside[np.argsort(first[inside], kind="stable")]
    meets = np.flatnonzero(first[order][1:] <= np.maximum.accumulate(last[order])[:-1])
    crowded = np.unique(row[order[meets + 1]])
    alone = order[~np.isin(row[order], crowded)] if len(crowded) else order
    return _Placed(
        row=row[alone],
        column=column[alone],
        begin=pieces.begin[alone],
        end=pieces.end[alone],
        crowded=crowded.tolist(),
    )


def _by_day(parts: _Parts) -> _Parts:
    """The parts cut where a day ends; the middle of the first slot is not kept."""
    length = parts.end - parts.begin
    day, last = parts.slot // SLOTS_PER_DAY, (parts.slot + length - 1) // SLOTS_PER_DAY
    if np.array_equal(day, last):
        return parts
    count = last - day + 1
    part = np.repeat(np.arange(len(count)), count)
    ordinal = np.arange(len(part)) - np.repeat(np.cumsum(count) - count, count)
    edge = (day[part] + ordinal) * SLOTS_PER_DAY
    slot = np.maximum(parts.slot[part], edge)
    ended = np.minimum((parts.slot + length)[part], edge + SLOTS_PER_DAY)
    begin = parts.begin[part] + slot - parts.slot[part]
    return _Parts(parts.middle_us[part], slot, begin, begin + ended - slot)


def _cuts(placed: _Placed) -> _Cuts:
    """How the placed parts become words of their days."""
    first, length = placed.column // 64, placed.end - placed.begin
    count = (placed.column + length - 1) // 64 - first + 1
    part = np.repeat(np.arange(len(count)), count)
    word = np.arange(len(part)) - (np.cumsum(count) - count - first)[part]
    slot = 64 * word
    source = slot + (64 + placed.begin - placed.column)[part]
    skipped = np.maximum(placed.column[part] - slot, 0).astype(np.uint64)
    beyond = np.maximum(slot + 64 - (placed.column + length)[part], 0).astype(np.uint64)
    return _Cuts(
        target=placed.row[part] * WORDS_PER_DAY + word,
        at=source >> 6,
        shift=(source & 63).astype(np.uint64),
        mask=(_EVERY << skipped) & (_EVERY >> beyond),
    )


def _laid(flags: Slots, cuts: _Cuts, days: int) -> Words:
    """The flags of the recorded slots as bits of their days, [days, 45]; 0 where nothing was recorded."""
    packed = np.packbits(flags, bitorder="little")
    # A word of nothing before the recorded ones and two after, so that the edges of a part need no rule of their own.
    octets = np.zeros((len(packed) // 8 + 4) * 8, dtype=np.uint8)
    octets[8 : 8 + len(packed)] = packed
    bits = octets.view("<u8").astype(np.uint64, copy=False)
    # Shifted in two steps, because a shift by all 64 bits is none.
    above = (bits[cuts.at + 1] << np.uint64(1)) << (np.uint64(63) - cuts.shift)
    laid = np.zeros(days * WORDS_PER_DAY, dtype=np.uint64)
    laid[cuts.target] = ((bits[cuts.at] >> cuts.shift) | above) & cuts.mask
    return laid.reshape(days, WORDS_PER_DAY)


def _painted(day: Counts, parts: _Parts, slots: Slots) -> Slots:
    """The slots of one day with all parts laid over each other: sleep outweighs unknown, and that outweighs wake."""
    state = np.zeros((1, SLOTS_PER_DAY), dtype=np.uint8)
    begun = int(day[0]) * SLOTS_PER_DAY
    low = np.maximum(parts.slot - begun, 0)
    high = np.minimum(parts.slot - begun + parts.end - parts.begin, SLOTS_PER_DAY)
    for n in np.flatnonzero(low < high).tolist():
        first = int(parts.begin[n] + low[n] - (parts.slot[n] - begun))
        there = state[0, low[n] : high[n]]
        np.maximum(there, slots[first : first + len(there)], out=there)
    return state


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
    first, second = (_painted(day, parts.take(when), slots)[0] for when in (before, ~before))
    return np.where(first == second, first, np.uint8(UNKNOWN))
