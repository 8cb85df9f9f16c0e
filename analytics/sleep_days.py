"""Which sleep day each recording belongs to, however many recordings a sleep was cut into."""

import numpy as np
from numpy.typing import NDArray

from analytics.dating import anchor_clock_h, clock_hours, day_index
from analytics.episodes import EPOCH_US
from analytics.received import Names, midway
from analytics.recordings import Recordings
from analytics.rules import DEFAULT_RULES, ValidNight
from analytics.zones import MINUTE_US, wall_us

Counts = NDArray[np.int64]


def sleep_days(recordings: Recordings, places: Names, rules: ValidNight) -> tuple[float, Counts]:
    """The hour at which the person's sleep days begin, and the sleep day of each recording.

    A recording that was stopped and started again at once is dated as the one that it is: by the middle between its
    first onset and its last awakening, on the clock of the zone in which it ended. So cutting a recording in two moves
    neither its night nor the person's anchor. Over a gap a sleep is joined only within its day
    (`episodes.episodes_of`).

    Args:
        recordings: without overlaps, each with sleep, in the order of their starts.
        places: the zone of each.
        rules: those of the anchor, `longest_in_bed_min`.
    """
    unit = unbroken(recordings.start_us, recordings.end_us, rules)
    first = np.flatnonzero(np.diff(unit, prepend=-1))
    last = np.append(first[1:], len(unit))[: len(first)] - 1
    middle = midway(recordings.onset_us[first], recordings.final_wake_us[last])
    midsleep = wall_us(middle, places[last])
    anchor_h = anchor_clock_h(clock_hours(midsleep), rules)
    return anchor_h, day_index(midsleep, anchor_h)[unit]


def unbroken(start_us: Counts, end_us: Counts, rules: ValidNight = DEFAULT_RULES) -> Counts:
    """For each recording the number, from 0, of the stretch without a missing epoch that it is a part of.

    A stretch as long as `longest_in_bed_min` or longer is not one night but somebody recorded round the clock: its
    recordings stand for themselves.

    Args:
        start_us: when each began; in this order, and without time in common.
        end_us: when it ended.
        rules: `longest_in_bed_min`.
    """
    if not len(start_us):
        return np.empty(0, dtype=np.int64)
    apart = np.concatenate([[True], start_us[1:] - end_us[:-1] >= EPOCH_US])
    stretch = np.cumsum(apart) - 1
    last = np.append(np.flatnonzero(apart)[1:], len(start_us)) - 1
    too_long = end_us[last] - start_us[apart] >= rules.longest_in_bed_min * MINUTE_US
    return np.cumsum(apart | too_long[stretch]) - 1
