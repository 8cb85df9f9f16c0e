"""What was recorded, as 30 s slots: the vocabulary of awake, unknown and asleep, and stretches of them.

`day_words` lays these stretches over the sleep days and counts what each day has in common with the day before.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.zones import DAY_US, SECOND_US

Counts = NDArray[np.int64]
Slots = NDArray[np.uint8]

SLOT_US = 30 * SECOND_US
SLOTS_PER_DAY = DAY_US // SLOT_US

# In the order in which one outweighs another where two recordings touch the same slot.
AWAKE, UNKNOWN, ASLEEP = 0, 1, 2

# As many days as fit below the size from which the memory of every array is fetched anew from the system, page by page:
# that would double the time.
BLOCK_DAYS = 45
BLOCK_SLOTS = BLOCK_DAYS * SLOTS_PER_DAY


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
    # Bits, because a table look-up costs ten times as much: asleep is 2, unknown is 1.
    found = np.empty(len(stages), dtype=np.uint8)
    for begin in range(0, len(stages), BLOCK_SLOTS):
        some, block = stages[begin : begin + BLOCK_SLOTS], found[begin : begin + BLOCK_SLOTS]
        np.greater(some, 0, out=block.view(np.bool_))
        block += block
        block |= (some < 0).view(np.uint8)
    return found
