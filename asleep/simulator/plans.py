"""What a person means to do in each of many evenings: bedtimes and risings on the wall clock, by habit and story."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asleep.simulator import draws
from asleep.simulator.clock import Seconds, instants, midnight_s
from asleep.simulator.draws import Draws, Reals
from asleep.simulator.lives import Habits
from asleep.simulator.people import Person
from asleep.simulator.stories import (
    DECLINE_MIN,
    IMPROVEMENT_LATER_RISING,
    IMPROVEMENT_MIN,
    JET_LAG_H,
    JET_LAG_KEPT,
    Calendar,
)

Flags = npt.NDArray[np.bool_]

WIDTH = 16  # draws of an evening
# fmt: off
(GAP_STARTS, GAP_LENGTH, KIND, SHARE, NAP, NAP_LENGTH, ANALYSIS, DEVICE, DEVICE_KIND, DEVICE_SHARE,
 BED, RISE, NAP_TIME, SECOND_TIME, SECOND_LENGTH, _) = range(WIDTH)
# fmt: on

# Evenings without a recording come in gaps, mostly of one evening: cumulative shares of lengths 1, 2, ... after
# lifesnaps_daily gap_lengths (147, 26, 10, 7, 4, 1 and a tail that is cut to 9 evenings).
_GAP_SHARES = np.array([0.72, 0.85, 0.90, 0.935, 0.955, 0.96, 0.96, 0.975])
_LONGEST_GAP = len(_GAP_SHARES) + 1
_MEAN_GAP_EVENINGS = 1 + float(np.sum(1 - _GAP_SHARES))

# Of the recorded evenings, the share that something happens to.
TROUBLED_SHARE = 0.07

_WORKERS_BED_H = 32.4  # after a night's work, the next morning
_SECOND_AFTER_H, _SECOND_H, _FIRST_H = 1.9, 2.9, 4.4


@dataclass(frozen=True, kw_only=True, slots=True)
class Plans:
    """One entry per evening: instants of going to bed and rising, of a nap and of a second sleep.

    `draws` are the evening's random numbers. `napping`, `missing`, `troubled`, `doubled` and `away` say whether there
    is a nap, whether the night goes unrecorded, wrong or is recorded twice, and whether the person is in the zone of
    the trip. `analysis_s` is how long the service takes to analyse.
    """

    evenings: Seconds
    draws: Draws
    bed_s: Seconds
    rise_s: Seconds
    nap_s: Seconds
    second_s: Seconds
    second_rise_s: Seconds
    napping: Flags
    missing: Flags
    troubled: Flags
    doubled: Flags
    away: Flags
    analysis_s: Seconds
    latency_factor: Reals


def plans(person: Person, habits: Habits, *, seed: int, calendar: Calendar) -> Plans:
    """The plans of every evening of the calendar."""
    before = _LONGEST_GAP - 1  # gaps that began before the range reach into it
    drawn = draws.rows(
        seed=seed,
        number=person.number,
        purpose=draws.LIFE,
        first=calendar.first - before,
        count=calendar.nights + before,
        width=WIDTH,
    )
    missing = _missing(drawn, habits.missing_ratio)[before:]
    drawn = drawn[before:]
    evenings = np.arange(calendar.first, calendar.last + 1)
    works = _works(person, habits, evenings)
    away = np.zeros(len(evenings), dtype=bool)
    lag_h = np.zeros(len(evenings))
    if person.trip_zone is not None:
        away = (evenings >= calendar.trip.start) & (evenings < calendar.trip.stop)
        lag_h[away] = _jet_lag_h(person.zone, person.trip_zone, calendar)[
            evenings[away] - calendar.trip.start
        ]
    bed_h, rise_h = _hours(person, habits, calendar, drawn, works)
    bed_h += lag_h
    rise_h = np.minimum(np.maximum(rise_h, bed_h + 3.2), bed_h + 11.5)
    second_h, second_rise_h = rise_h, rise_h
    if habits.rhythm == "split":
        rise_h = bed_h + _FIRST_H * (rise_h - bed_h) / habits.in_bed_h
        second_h = rise_h + _SECOND_AFTER_H + 0.4 * draws.normal(drawn[:, SECOND_TIME])
        second_rise_h = second_h + np.maximum(_SECOND_H + 0.5 * draws.normal(drawn[:, SECOND_LENGTH]), 1.0)
    nap_h = np.floor(rise_h / 24) * 24 + 14 + 0.8 * draws.normal(drawn[:, NAP_TIME])
    hours = np.array((bed_h, rise_h, nap_h, second_h, second_rise_h))
    bed_s, rise_s, nap_s, second_s, second_rise_s = _moments(person, evenings, hours, away)
    return Plans(
        evenings=evenings,
        draws=drawn,
        bed_s=bed_s,
        rise_s=rise_s,
        nap_s=nap_s,
        second_s=second_s,
        second_rise_s=second_rise_s,
        napping=(draws.uniform(drawn[:, NAP]) < habits.nap_ratio) & ~works,
        missing=missing,
        troubled=draws.uniform(drawn[:, KIND]) < TROUBLED_SHARE * habits.trouble_ratio,
        doubled=draws.uniform(drawn[:, DEVICE]) < habits.second_device_ratio,
        away=away,
        analysis_s=130 + np.floor(300 * draws.uniform(drawn[:, ANALYSIS])).astype(np.int64),
        latency_factor=np.where(np.abs(lag_h) > 0.3, 1.6, 1.0),
    )


def _moments(person: Person, evenings: Seconds, hours: Reals, away: Flags) -> Seconds:
    """Instants of hours [..., evenings] after the midnight that begins each evening's date, where the person is."""
    wall_s = midnight_s(evenings) + np.floor(hours * 3600).astype(np.int64)
    found = instants(wall_s, person.zone)
    if person.trip_zone is not None:
        found[:, away] = instants(wall_s[:, away], person.trip_zone)
    return found


def _missing(drawn: Draws, ratio: float) -> Flags:
    starts = draws.uniform(drawn[:, GAP_STARTS]) < ratio / _MEAN_GAP_EVENINGS
    begin = np.flatnonzero(starts)
    lengths = 1 + np.searchsorted(_GAP_SHARES, draws.uniform(drawn[begin, GAP_LENGTH]), side="right")
    missing = np.zeros(len(drawn), dtype=bool)
    for start, length in zip(begin.tolist(), lengths.tolist(), strict=True):
        missing[start : start + length] = True
    return missing


def _works(person: Person, habits: Habits, evenings: Seconds) -> Flags:
    if habits.rhythm == "rotating":
        return (evenings + person.number) % 8 < 4
    return np.full(len(evenings), habits.rhythm == "nights")


def _hours(
    person: Person, habits: Habits, calendar: Calendar, drawn: Draws, works: Flags
) -> tuple[Reals, Reals]:
    """Bedtimes and risings in hours after the midnight that begins the evening's date."""
    evenings = np.arange(calendar.first, calendar.last + 1)
    improves = (evenings >= calendar.intervention) & (person.story == "improves")
    declines = (evenings >= calendar.decline) & (person.story == "declines")
    weekday = (evenings + 6) % 7
    weekend = ((weekday == 4) | (weekday == 5)) & ~works
    weekend_min = habits.weekend_later_min * weekend
    spread = np.where(declines, 0.6, 1.0)
    bed_n, rise_n = draws.normal(drawn[:, BED]), draws.normal(drawn[:, RISE])
    usual_bed_h = np.where(works, _WORKERS_BED_H, habits.bed_h)
    bed_off_min = weekend_min + habits.bed_sd_min * spread * bed_n + DECLINE_MIN * declines
    # Rising follows a late bedtime only in part: alarms do not move. That is what ties late to short.
    rise_off_min = 0.2 * habits.bed_sd_min * bed_n + 1.3 * weekend_min + habits.rise_sd_min * spread * rise_n
    bed_off_min -= IMPROVEMENT_MIN * improves
    rise_off_min += IMPROVEMENT_LATER_RISING * IMPROVEMENT_MIN * improves
    return usual_bed_h + bed_off_min / 60, usual_bed_h + habits.in_bed_h + rise_off_min / 60


def _jet_lag_h(home: str, there: str, calendar: Calendar) -> Reals:
    noon_s = midnight_s(np.array([calendar.trip.start])) + 43_200
    eastward = instants(noon_s, there)[0] < instants(noon_s, home)[0]
    lag_h = JET_LAG_H if eastward else -JET_LAG_H
    return np.array([lag_h * JET_LAG_KEPT**day for day in range(len(calendar.trip))])
