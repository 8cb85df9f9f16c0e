"""Which recordings are pieces of one sleep: judged by the time between them alone, before anything is dated."""

import numpy as np
from numpy.typing import NDArray

from analytics.rules import DEFAULT_RULES, ValidNight
from analytics.stages import EPOCH_S
from analytics.zones import MINUTE_US, SECOND_US

Counts = NDArray[np.int64]

EPOCH_US = EPOCH_S * SECOND_US


def sleep_numbers(start_us: Counts, end_us: Counts, rules: ValidNight = DEFAULT_RULES) -> Counts:
    """For each recording the number of the sleep that it is a piece of, from 0.

    Recordings with less than an epoch between them are one, however long. These are joined over gaps of at most
    `bridge_min` as long as the whole does not reach beyond `longest_joined_min`: somebody recorded round the clock does
    not sleep for days.

    Args:
        start_us: when each began; in this order, and without time in common.
        end_us: when it ended.
        rules: `bridge_min`, `longest_joined_min`.
    """
    if not len(start_us):
        return np.empty(0, dtype=np.int64)
    gaps = start_us[1:] - end_us[:-1]
    touching = np.flatnonzero(np.concatenate([[True], gaps >= EPOCH_US]))
    ends = end_us[np.append(touching[1:], len(start_us)) - 1].tolist()
    bridge_us, longest_us = rules.bridge_min * MINUTE_US, rules.longest_joined_min * MINUTE_US
    number = np.zeros(len(start_us), dtype=np.int64)
    begun = reached = int(start_us[0])
    for unit_start, unit_end, at in zip(start_us[touching].tolist(), ends, touching.tolist(), strict=True):
        if unit_start - reached > bridge_us or unit_end - begun > longest_us:
            number[at] = at > 0
            begun = unit_start
        reached = unit_end
    return np.cumsum(number)
