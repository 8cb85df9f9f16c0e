"""Each night's two numbers for the Sleep Regularity Index: slots that agree with the day before, and slots known.

Summed over any window of nights they give the index of that window exactly, so no stages are needed any more.

A day is covered when it has a valid main sleep. On a covered day every 30 s slot of the local wall clock, from anchor
to anchor, is wake unless something says otherwise: recorded sleep is sleep (naps too); unknown epochs and the time of
sessions that could not be used are unknown; so is the hour that does not exist when clocks go forward. The hour that
comes twice when they go back is known where both times say the same, and unknown where they differ.

The wall clock of a recording is that of its own zone; the clock changes of a day are those of its main sleep's zone. A
journey across zones moves the wall clock by itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.zones import DAY_US, SECOND_US, ClockChange, clock_changes, wall_us

Counts = NDArray[np.int64]
Slots = NDArray[np.uint8]

SLOT_US = 30 * SECOND_US
SLOTS_PER_DAY = DAY_US // SLOT_US

# In the order in which one outweighs another where two recordings touch the same slot.
AWAKE, UNKNOWN, ASLEEP = 0, 1, 2
_OF_STAGE = np.array([UNKNOWN, AWAKE, ASLEEP, ASLEEP, ASLEEP], dtype=np.uint8)


@dataclass(frozen=True, kw_only=True, eq=False)
class Recorded:
    """Stretches of 30 s slots: when each began, in which zone, and what is known of its slots.

    Attributes:
        start_us: instant of each stretch.
        zones: its zone.
        slots: awake, unknown or asleep, of all stretches one after the other.
        offsets: where each begins in `slots`, and the end of the last one.
    """

    start_us: Counts
    zones: NDArray[np.object_]
    slots: Slots
    offsets: Counts


@dataclass(frozen=True, eq=False)
class _Part:
    """A stretch during which the clocks did not change: the middle of its first slot, and that slot of the clock."""

    middle_us: int
    slot: int
    slots: Slots


def joined(several: Sequence[Recorded]) -> Recorded:
    """All stretches of several sets of them."""
    ends = np.cumsum([0, *(len(each.slots) for each in several)])
    offsets = [each.offsets[1:] + end for each, end in zip(several, ends, strict=False)]
    return Recorded(
        start_us=np.concatenate([each.start_us for each in several]),
        zones=np.concatenate([each.zones for each in several]),
        slots=np.concatenate([each.slots for each in several]),
        offsets=np.concatenate([np.zeros(1, dtype=np.int64), *offsets]),
    )


def slots_of(stages: NDArray[np.int8]) -> Slots:
    """What stages say of slots: awake, unknown or asleep."""
    return np.take(_OF_STAGE, stages + np.int8(1))


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
    agree, known = np.zeros(len(days), dtype=np.int64), np.zeros(len(days), dtype=np.int64)
    if not len(days):
        return agree, known
    anchor_us = round(anchor_h * 60) * 60 * SECOND_US
    parts = _parts(recorded, anchor_us)
    state = _painted(days, parts)
    for zone in dict.fromkeys(day_zones):
        mine = np.array([each == zone for each in day_zones])
        _put_clock_changes(state, days, parts, anchor_us=anchor_us, zone=zone, mine=mine)
    today, before = state[1:], state[:-1]
    both = (today != UNKNOWN) & (before != UNKNOWN)
    both[np.diff(days) != 1] = False
    agree[1:] = np.count_nonzero((today == before) & both, axis=1)
    known[1:] = np.count_nonzero(both, axis=1)
    return agree, known


def _parts(recorded: Recorded, anchor_us: int) -> list[_Part]:
    """The stretches, cut where the clocks change; an epoch belongs to the slot that holds its middle."""
    middle = recorded.start_us + SLOT_US // 2
    last = middle + (np.diff(recorded.offsets) - 1) * SLOT_US
    wall, wall_last = wall_us(middle, recorded.zones), wall_us(last, recorded.zones)
    slot, bounds = ((wall - anchor_us) // SLOT_US).tolist(), recorded.offsets.tolist()
    parts = []
    for n, moment in enumerate(middle.tolist()):
        slots = recorded.slots[bounds[n] : bounds[n + 1]]
        if wall_last[n] - wall[n] == last[n] - moment:
            parts.append(_Part(moment, slot[n], slots))
        elif len(slots):
            parts += _cut(moment, slots, str(recorded.zones[n]), anchor_us)
    return parts


def _cut(middle: int, slots: Slots, zone: str, anchor_us: int) -> list[_Part]:
    """A stretch that sees the clocks change, as one part before and one after each change."""
    changes = clock_changes(zone, middle, middle + (len(slots) - 1) * SLOT_US)
    edges = [0, *(-(-(change.at_us - middle) // SLOT_US) for change in changes), len(slots)]
    shifts = [changes[0].before_us, *(change.after_us for change in changes)]
    parts = []
    for begin, end, shift_us in zip(edges[:-1], edges[1:], shifts, strict=True):
        at = middle + begin * SLOT_US
        parts.append(_Part(at, (at + shift_us - anchor_us) // SLOT_US, slots[begin:end]))
    return parts


def _painted(days: Counts, parts: Iterable[_Part]) -> Slots:
    """The state of every slot of the days, [days, slots]."""
    state = np.zeros((len(days), SLOTS_PER_DAY), dtype=np.uint8)
    row_of = {day: row for row, day in enumerate(days.tolist())}
    for part in parts:
        done = 0
        while done < len(part.slots):
            day, begin = divmod(part.slot + done, SLOTS_PER_DAY)
            end = min(begin + len(part.slots) - done, SLOTS_PER_DAY)
            row = row_of.get(day)
            if row is not None:
                target = state[row, begin:end]
                np.maximum(target, part.slots[done : done + end - begin], out=target)
            done += end - begin
    return state


def _put_clock_changes(
    state: Slots, days: Counts, parts: Sequence[_Part], *, anchor_us: int, zone: str, mine: NDArray[np.bool_]
) -> None:
    """Mark the hour that is missing, and settle the one that comes twice, on the days spent in this zone."""
    reach = days[mine]
    first, last = (int(reach[0]) - 1) * DAY_US, (int(reach[-1]) + 2) * DAY_US
    for change in clock_changes(zone, first, last):
        low, high = sorted((change.before_us, change.after_us))
        begin, end = ((change.at_us + offset - anchor_us) // SLOT_US for offset in (low, high))
        touched = np.flatnonzero(
            mine & (days >= begin // SLOTS_PER_DAY) & (days <= (end - 1) // SLOTS_PER_DAY)
        )
        for row in touched.tolist():
            at = int(days[row]) * SLOTS_PER_DAY
            hour = slice(max(begin - at, 0), min(end - at, SLOTS_PER_DAY))
            state[row, hour] = (
                UNKNOWN if change.after_us > change.before_us else _twice(days[row], parts, change)[hour]
            )


def _twice(day: np.int64, parts: Sequence[_Part], change: ClockChange) -> Slots:
    """The slots of a day as both passes of the repeated hour agree on them, unknown where they do not."""
    one = np.array([day])
    earlier = _painted(one, [part for part in parts if part.middle_us < change.at_us])[0]
    later = _painted(one, [part for part in parts if part.middle_us >= change.at_us])[0]
    return np.where(earlier == later, earlier, np.uint8(UNKNOWN))
