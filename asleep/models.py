"""What the API says, in one normalised form: frozen values that msgspec encodes to JSON and decodes again.

Instants are timezone-aware and in UTC. Durations are seconds (`_s`), shares are ratios (`_ratio`, 0 to 1),
a clock time is seconds after midnight (`_clock_s`). Figures are floats, because averages may be fractions;
None means that the vendor did not say. `asleep.payloads` makes these values from the vendor's bytes, in the
current shape and the older one.

`unknown` is what the vendor said beside that and this program does not know yet: pairs of the vendor's name
and its value as JSON text exactly as received, in order of name (`asleep.strangers`). A field of an object
that has no model of its own stands in the model that absorbs the object, with a path before its name:
`session.device_model` in a `SessionResult`, `period.season` in an `AverageStats`,
`sleep_cycle[0].depth` in a `SessionStat`. Two fields whose paths spell the same stay two pairs.

Every definition of a figure is the contract's, section 4 (README of the contract), not one of ours.
"""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment: timezone-aware, in UTC once a parser made it."""

Stage = Annotated[int, msgspec.Meta(ge=-128, le=127)]
"""One entry of a stage array as received; sleep stages are -1 no data, 0 wake, 1 light, 2 deep, 3 REM."""

SessionState = Literal["OPEN", "CLOSED", "COMPLETE"]
"""OPEN: recording. CLOSED: ended, analysis running. COMPLETE: analysed. Goes forward only."""

Unknown = tuple[tuple[str, str], ...]
"""Fields that this program does not know: name and JSON text as received, in order of name."""

SESSION_STATES: tuple[SessionState, ...] = ("OPEN", "CLOSED", "COMPLETE")


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The statistics that one night and the mean of a period have in common.

    Latencies of light, deep and REM count from the onset of sleep. `time_in_wake_s` is the wake inside the
    sleep period only. The ratios of the stages and of snoring are shares of the sleep period;
    `sleep_efficiency_ratio` is the share of the time in bed. `sleep_index` is the vendor's score (50 to
    100). `sleep_cycle_s` is the mean length of a cycle.
    """

    sleep_index: float | None = None
    sleep_latency_s: float | None = None
    wakeup_latency_s: float | None = None
    light_latency_s: float | None = None
    deep_latency_s: float | None = None
    rem_latency_s: float | None = None
    time_in_bed_s: float | None = None
    time_in_sleep_period_s: float | None = None
    time_in_sleep_s: float | None = None
    time_in_wake_s: float | None = None
    time_in_light_s: float | None = None
    time_in_deep_s: float | None = None
    time_in_rem_s: float | None = None
    time_in_stable_breath_s: float | None = None
    time_in_unstable_breath_s: float | None = None
    time_in_snoring_s: float | None = None
    time_in_no_snoring_s: float | None = None
    sleep_efficiency_ratio: float | None = None
    sleep_ratio: float | None = None
    wake_ratio: float | None = None
    light_ratio: float | None = None
    deep_ratio: float | None = None
    rem_ratio: float | None = None
    stable_breath_ratio: float | None = None
    unstable_breath_ratio: float | None = None
    snoring_ratio: float | None = None
    no_snoring_ratio: float | None = None
    breathing_index: float | None = None
    waso_count: float | None = None
    longest_waso_s: float | None = None
    sleep_cycle_count: float | None = None
    sleep_cycle_s: float | None = None
    unstable_breath_count: float | None = None
    snoring_count: float | None = None


class SessionStat(Figures, frozen=True, kw_only=True):
    """The vendor's statistics of one session.

    `sleep_time` is the moment of falling asleep and `wake_time` that of the last awakening, both derived
    from the latencies where the vendor gives none. `sleep_cycle_times` are the onset and then the end of
    each cycle. `sleep_efficiency_recomputed` is True where the served efficiency was more than 0.02 away
    from time_in_sleep / time_in_bed and was replaced by it.
    """

    sleep_time: Instant | None = None
    wake_time: Instant | None = None
    sleep_cycle_times: tuple[Instant, ...] = ()
    breathing_pattern: str | None = None
    sleep_efficiency_recomputed: bool = False
    unknown: Unknown = ()


class SessionResult(msgspec.Struct, frozen=True, kw_only=True):
    """One session with its stages and the vendor's statistics.

    `sleep_stages`, `snoring_stages` and `breath_stages` have one entry per 30 s from `start`, as received:
    an incomplete last epoch has no entry, and values outside the known codes are kept. They are partial
    before COMPLETE and None when nothing may be or has been shown. `end` is None while OPEN.
    `unexpected_end` is set where the recording broke off. `peculiarities` is an open set of labels. `stat`
    is None unless the session was analysed.
    """

    session_id: str
    state: SessionState
    start: Instant
    end: Instant | None = None
    unexpected_end: Instant | None = None
    created_timezone: str | None = None
    peculiarities: tuple[str, ...] = ()
    missing_data_ratio: float | None = None
    sleep_stages: tuple[Stage, ...] | None = None
    snoring_stages: tuple[Stage, ...] | None = None
    breath_stages: tuple[Stage, ...] | None = None
    stat: SessionStat | None = None
    unknown: Unknown = ()


class SessionListItem(msgspec.Struct, frozen=True, kw_only=True):
    """One session in a list: when it was, and how far it has come.

    `last_received_seq_num` counts the uploads of 30 s from 0.
    """

    session_id: str
    state: SessionState
    start: Instant
    end: Instant | None = None
    created_timezone: str | None = None
    unexpected_end: Instant | None = None
    last_received_seq_num: int | None = None
    time_in_bed_s: float | None = None
    unknown: Unknown = ()


class AverageFigures(Figures, frozen=True, kw_only=True):
    """Means over the slept sessions of a period; times of day are in the period's zone."""

    start_clock_s: float | None = None
    end_clock_s: float | None = None
    sleep_clock_s: float | None = None
    wake_clock_s: float | None = None
    unknown: Unknown = ()


class SleptSession(msgspec.Struct, frozen=True, kw_only=True):
    """One session that enters the means; `stat` is None where the service lists ids only (older shape).

    The service gives the session and its statistics in one object, so `stat.unknown` is empty here and
    `unknown` holds what either might have meant.
    """

    session_id: str
    start: Instant | None = None
    end: Instant | None = None
    completed: Instant | None = None
    created_timezone: str | None = None
    stat: SessionStat | None = None
    unknown: Unknown = ()


class NeverSlept(msgspec.Struct, frozen=True, kw_only=True):
    """One session of the period without any sleep; it is in no mean."""

    session_id: str
    start: Instant | None = None
    end: Instant | None = None
    completed: Instant | None = None
    unknown: Unknown = ()


class AverageStats(msgspec.Struct, frozen=True, kw_only=True):
    """The means of a period, both days included, with the sessions behind them.

    `average` is None when nothing was slept. `timezone` is None where the service does not name it; this
    client always asks in UTC. `days` is counted from `first` and `last`.
    """

    timezone: str | None
    first: date
    last: date
    days: int
    peculiarities: tuple[str, ...] = ()
    average: AverageFigures | None = None
    slept: tuple[SleptSession, ...] = ()
    never_slept: tuple[NeverSlept, ...] = ()
    unknown: Unknown = ()


class UserMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """What the vendor is told of a person; gender is one of the contract's words, kept as received."""

    birth_year: int | None = None
    birth_month: int | None = None
    birth_day: int | None = None
    gender: str | None = None
    height_cm: float | None = None
    weight_kg: float | None = None
    unknown: Unknown = ()


class LastSession(msgspec.Struct, frozen=True, kw_only=True):
    """A person's latest session in brief; `completed` is the end of its analysis."""

    session_id: str
    state: SessionState
    start: Instant
    end: Instant | None = None
    completed: Instant | None = None
    inference_type: str | None = None
    service: str | None = None
    unknown: Unknown = ()


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person as the vendor knows them; leave out of cohorts whoever is `to_be_deleted`."""

    user_id: str
    to_be_deleted: bool = False
    last_session: LastSession | None = None
    metadata: UserMetadata | None = None
    unknown: Unknown = ()
