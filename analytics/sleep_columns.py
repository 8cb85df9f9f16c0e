"""The columns of the nights table for main sleeps and naps: times, clocks, grade, reasons and the vendor's figures."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.daily_slots import SLOT_US, SLOTS_PER_DAY, UNKNOWN, Recorded, slots_of
from analytics.dating import clock_hours
from analytics.episodes import Episodes
from analytics.grades import (
    PROVISIONAL,
    Flags,
    ValidNight,
    gap_inside_sleep_min,
    grades,
    reason_codes,
)
from analytics.plausibility import epoch_mismatch, implausible_figures
from analytics.received import Columns, Counts, Names, Received, midway
from analytics.sessions import NO_INSTANT, rows_of
from analytics.stages import STATISTICS
from analytics.travel import travel_flags
from analytics.vendor_figures import differing_figures, snoring_minutes, vendor_figures
from analytics.vendor_statistics import named_figures
from analytics.zones import DAY_US, MINUTE_US, SECOND_US, wall_us

_CLOCKS: Final = {
    "start": "start",
    "end": "end",
    "onset": "onset",
    "final_wake": "wake",
    "midsleep": "midsleep",
}
_REJECTING: Final = ("TIME_IN_BED_SHORT", "TIME_IN_BED_LONG", "MOSTLY_MISSING", "LONG_GAP")


def sleep_columns(received: Received, episodes: Episodes, rules: ValidNight) -> Columns:
    """The columns of each sleep, and `date`: the local date on which it ends, as days since 1970.

    Instants are in microseconds. Clocks and offsets are those of the zone in which the sleep ended.
    """
    pieces, first, last = episodes.pieces, episodes.first, episodes.last
    zones = received.places[pieces.row[last]]
    times = {
        "start": pieces.start_us[first],
        "end": pieces.end_us[last],
        "onset": pieces.onset_us[first],
        "final_wake": pieces.final_wake_us[last],
    }
    times["midsleep"] = midway(times["onset"], times["final_wake"])
    walls = np.split(wall_us(np.concatenate(list(times.values())), np.tile(zones, 5)), 5)
    local = dict(zip(times, walls, strict=True))
    offsets = {name: (local[name] - times[name]) // MINUTE_US for name in ("start", "end")}
    of_sessions = _flags_of_sessions(received, episodes, rules)
    grade = _grades(episodes, rules)
    of_sleeps = _flags_of_sleeps(episodes, grade, rules)
    figures = {
        **dict(zip(STATISTICS, episodes.statistics.T, strict=True)),
        **vendor_figures(episodes),
        "pieces": episodes.count,
    }
    # Nothing of ours stands beside the vendor's while there are no stages.
    differs = differing_figures(figures, shared=of_sessions["PARTIAL_OVERLAP"] | ~episodes.staged)
    of_times = {
        "DIFFERS_FROM_VENDOR": np.any(list(differs.values()), axis=0),
        "CLOCK_CHANGE": offsets["start"] != offsets["end"],
    }
    of_journeys = travel_flags(
        day=episodes.day,
        main=episodes.main,
        zone=zones,
        located=received.located[pieces.row[last]],
        start_offset_min=offsets["start"],
        end_offset_min=offsets["end"],
        rules=rules,
    )
    flags = of_sessions | of_sleeps | of_times | of_journeys
    valid = ~np.any([of_sleeps[code] for code in _REJECTING], axis=0)
    return {
        **times,
        **figures,
        "session_id": pieces.session_id[first],
        "session_ids": _joined_ids(episodes),
        "day_index": episodes.day,
        "kind": np.where(episodes.main, "main", "nap").astype(object),
        "grade": np.where(valid, grade, "X"),
        "basis": np.where(episodes.staged, "stages", "vendor").astype(object),
        "valid": valid,
        "reasons": np.array(reason_codes(flags), dtype=object),
        "zone": zones,
        **{f"{name}_offset_min": offset for name, offset in offsets.items()},
        **{f"{_CLOCKS[name]}_clock_h": clock_hours(wall) for name, wall in local.items()},
        "date": local["end"] // DAY_US,
        "gap_min": episodes.gap_min,
        "missing_share": episodes.missing_share,
        "snoring_min": snoring_minutes(rows_of(received.sessions.snoring, pieces.row), episodes),
        "received": np.maximum.reduceat(pieces.received_us, first) if len(first) else pieces.received_us,
    }


def recorded_sleep(received: Received, episodes: Episodes) -> Recorded:
    """What the pieces of all sleeps say of the slots of the day, whatever their grade."""
    pieces = episodes.pieces
    return Recorded(
        start_us=pieces.start_us,
        zones=received.places[pieces.row],
        slots=slots_of(pieces.stages.values),
        offsets=pieces.stages.offsets,
    )


def recorded_unstaged(received: Received, episodes: Episodes) -> Recorded:
    """The time of pieces whose stages have not arrived: neither sleep nor wake."""
    pieces = episodes.pieces
    at = np.flatnonzero(~pieces.staged)
    slots = (pieces.end_us[at] - pieces.start_us[at]) // SLOT_US
    offsets = np.concatenate([[0], np.cumsum(np.minimum(slots, SLOTS_PER_DAY))])
    return Recorded(
        start_us=pieces.start_us[at],
        zones=received.places[pieces.row[at]],
        slots=np.full(offsets[-1], UNKNOWN, dtype=np.uint8),
        offsets=offsets,
    )


def _flags_of_sleeps(episodes: Episodes, grade: Names, rules: ValidNight) -> dict[str, Flags]:
    """Which sleeps each reason holds for that follows from the joined stages."""
    tib_min, lost_min = episodes.statistic("tib_min"), episodes.statistic("unknown_min")
    most = np.maximum(episodes.statistic("rem_pct"), episodes.statistic("deep_pct"))
    long_gap = np.zeros(len(episodes), dtype=np.bool_)
    for at in np.flatnonzero(lost_min > rules.longest_gap_min).tolist():
        long_gap[at] = gap_inside_sleep_min(episodes.stages(at)) > rules.longest_gap_min
    return {
        "TIME_IN_BED_SHORT": episodes.main & (tib_min < rules.shortest_in_bed_min),
        "TIME_IN_BED_LONG": episodes.main & (tib_min > rules.longest_in_bed_min),
        "MOSTLY_MISSING": grade == "X",
        "LONG_GAP": long_gap,
        "PARTLY_MISSING": grade == "B",
        "STAGE_SHARE": most > 100 * rules.plausible_stage_share,
    }


def _flags_of_sessions(received: Received, episodes: Episodes, rules: ValidNight) -> dict[str, Flags]:
    """Which sleeps have a session that a reason holds for."""
    pieces, columns = episodes.pieces, received.columns
    in_bed_s = ((columns["end"] - columns["start"]) / SECOND_US)[pieces.row]
    stages = rows_of(received.sessions.stages, pieces.row)
    flags = {
        "BROKE_OFF": (columns["unexpected_end"] != NO_INSTANT)[pieces.row],
        "PARTIAL_OVERLAP": pieces.overlapping,
        **{
            code: flag & pieces.staged
            for code, flag in epoch_mismatch(stages.lengths, in_bed_s, rules).items()
        },
        "STAGES_UNREADABLE": ~pieces.staged & (columns["problem"] != "")[pieces.row],
        **implausible_figures(named_figures(pieces.vendor), rules),
        "ZONE_INVALID": received.misnamed[pieces.row] & received.located[pieces.row],
        "ZONE_UNKNOWN": ~received.located[pieces.row],
    }
    return {code: _of_any_piece(flag, episodes.first) for code, flag in flags.items()}


def _of_any_piece(flags: Flags, first: Counts) -> Flags:
    if not len(first):
        return flags
    found: NDArray[np.bool_] = np.logical_or.reduceat(flags, first)
    return found


def _grades(episodes: Episodes, rules: ValidNight) -> Names:
    """By lost signal; "provisional" as long as it is not known how much was lost."""
    return np.where(episodes.staged, grades(episodes.missing_share, rules), PROVISIONAL).astype(object)


def _joined_ids(episodes: Episodes) -> Names:
    ids = episodes.pieces.session_id
    joined = ids[episodes.first].copy()
    for at in np.flatnonzero(episodes.count > 1).tolist():
        joined[at] = ";".join(ids[episodes.first[at] : episodes.last[at] + 1])
    return joined
