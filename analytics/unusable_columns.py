"""The columns of the nights table for sessions that could not be used, and what they leave unknown of the day."""

from typing import Final

import numpy as np

from analytics.daily_slots import SLOT_US, SLOTS_PER_DAY, UNKNOWN, Recorded
from analytics.dating import clock_hours, day_index
from analytics.grades import Flags, reason_codes
from analytics.received import Columns, Counts, Received, midway
from analytics.sessions import NO_INSTANT
from analytics.zones import DAY_US, MINUTE_US, wall_us

# Duplicates and nights awake say what the time was; a session without a place in time says nothing of any.
_LEAVE_NOTHING_UNKNOWN: Final = ("DUPLICATE", "NEVER_SLEPT", "NO_START", "END_BEFORE_START", "IN_FUTURE")


def unusable_columns(received: Received, rows: Counts, flags: dict[str, Flags], anchor_h: float) -> Columns:
    """The columns such sessions have, and `date`: the local date on which each ends, or begins when it is open.

    Args:
        received: all sessions.
        rows: which of them could not be used.
        flags: per code of a reason, which sessions it holds for.
        anchor_h: the hour at which sleep days begin.
    """
    columns, zones = received.columns, received.places[rows]
    start, end, fetched = (columns[name][rows] for name in ("start", "end", "received"))
    # Nobody may be left without a date, so the next best instant stands in.
    begun = np.where(start != NO_INSTANT, start, np.where(end != NO_INSTANT, end, np.maximum(fetched, 0)))
    ended = np.where(end != NO_INSTANT, end, begun)
    moments = np.concatenate([begun, ended, midway(begun, ended)])
    local_begun, local_ended, local_middle = np.split(wall_us(moments, np.tile(zones, 3)), 3)
    ids, basis = (columns[name][rows] for name in ("session_id", "basis"))
    return {
        "session_id": ids,
        "session_ids": ids,
        "pieces": np.ones(len(rows), dtype=np.int64),
        "day_index": day_index(local_middle, anchor_h),
        "kind": np.full(len(rows), "unusable", dtype=object),
        "grade": np.full(len(rows), "X", dtype=object),
        "basis": basis,
        "reasons": np.array(reason_codes({code: flag[rows] for code, flag in flags.items()}), dtype=object),
        "start": start,
        "end": end,
        "zone": zones,
        "start_offset_min": (local_begun - begun) // MINUTE_US,
        "end_offset_min": (local_ended - ended) // MINUTE_US,
        "start_clock_h": np.where(start != NO_INSTANT, clock_hours(local_begun), np.nan),
        "end_clock_h": np.where(end != NO_INSTANT, clock_hours(local_ended), np.nan),
        "missing_share": columns["missing_data_ratio"][rows],
        "date": local_ended // DAY_US,
        "received": fetched,
    }


def recorded_unknown(received: Received, rows: Counts, flags: dict[str, Flags]) -> Recorded:
    """The time of unusable sessions of which nothing is known: neither sleep nor wake.

    Args:
        received: all sessions.
        rows: which of them could not be used.
        flags: per code of a reason, which sessions it holds for.
    """
    silent = rows[~np.any([flags[code][rows] for code in _LEAVE_NOTHING_UNKNOWN], axis=0)]
    start, end = (received.columns[name][silent] for name in ("start", "end"))
    epochs = received.sessions.stages.lengths[silent]
    slots = np.where(end != NO_INSTANT, (end - start) // SLOT_US, epochs)
    offsets = np.concatenate([[0], np.cumsum(np.minimum(slots, SLOTS_PER_DAY))])
    return Recorded(
        start_us=start,
        zones=received.places[silent],
        slots=np.full(offsets[-1], UNKNOWN, dtype=np.uint8),
        offsets=offsets,
    )
