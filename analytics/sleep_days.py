"""Which sleep day each recording belongs to, judged by the whole sleep that it is a piece of."""

import numpy as np
from numpy.typing import NDArray

from analytics.dating import anchor_clock_h, clock_hours, day_index
from analytics.episodes import Recordings
from analytics.joining import sleep_numbers
from analytics.received import Names, midway
from analytics.rules import ValidNight
from analytics.zones import wall_us

Counts = NDArray[np.int64]


def sleep_days(recordings: Recordings, places: Names, rules: ValidNight) -> tuple[float, Counts]:
    """The hour at which the person's sleep days begin, and the sleep day of each recording.

    Pieces are joined first and dated as the one sleep they are: by the middle between the onset of the first and the
    last awakening of the last, on the clock of the zone in which it ended. So a sleep that was recorded in two parts
    has the day, and a person the anchor, of one that was not.

    Args:
        recordings: without overlaps, each with sleep, in the order of their starts.
        places: the zone of each.
        rules: `bridge_min`, `longest_joined_min` and those of the anchor.
    """
    sleep = sleep_numbers(recordings.start_us, recordings.end_us, rules)
    first = np.flatnonzero(np.diff(sleep, prepend=-1))
    last = np.append(first[1:], len(sleep))[: len(first)] - 1
    middle = midway(recordings.onset_us[first], recordings.final_wake_us[last])
    midsleep = wall_us(middle, places[last])
    anchor_h = anchor_clock_h(clock_hours(midsleep), rules)
    return anchor_h, day_index(midsleep, anchor_h)[sleep]
