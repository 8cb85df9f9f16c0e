"""The vendor's payloads as they travel: every field of every shape, optional, under the vendor's own names.

Nothing outside `asleep.payloads` reads these. Types are as wide as the contract allows (`asleep/contract`),
so what a decoder refuses here is what the contract does not know.
"""

from datetime import date, datetime
from typing import Generic, TypeVar

import msgspec

from asleep.models import Stage

Body = TypeVar("Body")


class Envelope(msgspec.Struct, Generic[Body]):
    """What surrounds every answer; `detail` beside it is text for people and is not read."""

    result: Body


class Cycle(msgspec.Struct):
    """One sleep cycle of the older shape."""

    start_time: datetime
    end_time: datetime


class Figures(msgspec.Struct):
    """The statistics that sessions and averages share."""

    sleep_index: float | None = None
    sleep_latency: float | None = None
    wakeup_latency: float | None = None
    light_latency: float | None = None
    deep_latency: float | None = None
    rem_latency: float | None = None
    time_in_bed: float | None = None
    time_in_sleep_period: float | None = None
    time_in_sleep: float | None = None
    time_in_wake: float | None = None
    time_in_light: float | None = None
    time_in_deep: float | None = None
    time_in_rem: float | None = None
    time_in_stable_breath: float | None = None
    time_in_unstable_breath: float | None = None
    time_in_snoring: float | None = None
    time_in_no_snoring: float | None = None
    sleep_efficiency: float | None = None
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
    longest_waso: float | None = None
    sleep_cycle_count: float | None = None
    sleep_cycle: float | list[Cycle] | None = None
    unstable_breath_count: float | None = None
    snoring_count: float | None = None


class Stat(Figures):
    """The statistics of one session; the two times are moments, or durations in the older shape."""

    sleep_time: str | None = None
    wake_time: str | None = None
    sleep_cycle_time: list[str | float] | None = None
    breathing_pattern: str | None = None


class Session(msgspec.Struct):
    """A session wherever one is named: its own payload, a list, a person's last one, an average."""

    id: str | None = None
    session_id: str | None = None
    state: str | None = None
    start_time: datetime | None = None
    session_start_time: datetime | None = None
    end_time: datetime | None = None
    session_end_time: datetime | None = None
    unexpected_end_time: datetime | None = None
    complete_time: datetime | None = None
    completed_time: datetime | None = None
    created_timezone: str | None = None
    sleep_stages: tuple[Stage, ...] | None = None
    snoring_stages: tuple[Stage, ...] | None = None
    breath_stages: tuple[Stage, ...] | None = None
    last_received_seq_num: int | None = None
    time_in_bed: float | None = None
    inference_type: str | None = None
    service: str | None = None


class SessionResult(msgspec.Struct):
    """The result of Get Session."""

    session: Session
    peculiarities: tuple[str, ...] | None = None
    missing_data_ratio: float | None = None
    stat: Stat | None = None


class SessionList(msgspec.Struct):
    """The result of List Sessions: one page."""

    sleep_session_list: list[Session]


class Averages(Figures):
    """The means of a period; the four times are times of day."""

    start_time: str | None = None
    end_time: str | None = None
    sleep_time: str | None = None
    wake_time: str | None = None


class Period(msgspec.Struct):
    """The days of an average."""

    start_date: date
    end_date: date
    timezone: str | None = None


class AverageResult(msgspec.Struct):
    """The result of Get Average Stats; a slept session is a session and its statistics in one object."""

    period: Period
    peculiarities: tuple[str, ...] | None = None
    average_stats: Averages | None = None
    slept_sessions: list[msgspec.Raw] | None = None
    never_slept_sessions: list[Session] | None = None


class Metadata(msgspec.Struct):
    """What the vendor knows of a person; height in centimetres, weight in kilograms."""

    birth_year: int | None = None
    birth_month: int | None = None
    birth_day: int | None = None
    gender: str | None = None
    height: float | None = None
    weight: float | None = None


class User(msgspec.Struct):
    """The result of Get User and, with the id alone, of Create User."""

    user_id: str
    to_be_deleted: bool = False
    last_session_info: Session | None = None
    metadata: Metadata | None = None
