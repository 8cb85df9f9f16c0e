"""The vendor's payloads as they travel: every field of every shape, optional, under the vendor's own names.

Nothing outside `asleep.payloads` reads these. Types are as wide as the contract allows (`asleep/contract`),
so what a decoder refuses here is what the contract does not know. A field that no object here declares is set
apart by `asleep.strangers`; `Ignored` is one that the contract has and that says nothing we need.
"""

from datetime import date, datetime
from typing import Generic, TypeVar

import msgspec

from asleep.models import Stage

Ignored = msgspec.Raw

Body = TypeVar("Body")


class Object(msgspec.Struct, forbid_unknown_fields=True):
    """An object of the vendor's with the fields that we know of."""


class Envelope(Object, Generic[Body]):
    """What surrounds every answer; `detail` beside the result is text for people."""

    result: Body
    detail: Ignored = Ignored()


class Cycle(Object):
    """One sleep cycle of the older shape."""

    start_time: datetime
    end_time: datetime
    order: Ignored = Ignored()
    index: Ignored = Ignored()


class Figures(Object):
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


class Session(Object):
    """What a session has wherever one is named; two names for a thing are those of the two shapes."""

    id: str | None = None
    session_id: str | None = None
    start_time: datetime | None = None
    session_start_time: datetime | None = None
    end_time: datetime | None = None
    session_end_time: datetime | None = None


class FullSession(Session):
    """A session in its own payload."""

    state: str | None = None
    unexpected_end_time: datetime | None = None
    created_timezone: str | None = None
    sleep_stages: tuple[Stage, ...] | None = None
    snoring_stages: tuple[Stage, ...] | None = None
    breath_stages: tuple[Stage, ...] | None = None
    timezone: Ignored = Ignored()


class SessionResult(Object):
    """The result of Get Session."""

    session: FullSession
    peculiarities: tuple[str, ...] | None = None
    missing_data_ratio: float | None = None
    stat: Stat | None = None
    timezone: Ignored = Ignored()


class ListedSession(Session):
    """A session in a list."""

    state: str | None = None
    created_timezone: str | None = None
    unexpected_end_time: datetime | None = None
    last_received_seq_num: int | None = None
    time_in_bed: float | None = None


class SessionList(Object):
    """The result of List Sessions: one page of `ListedSession`."""

    sleep_session_list: list[msgspec.Raw]
    timezone: Ignored = Ignored()


class Averages(Figures):
    """The means of a period; the four times are times of day."""

    start_time: str | None = None
    end_time: str | None = None
    sleep_time: str | None = None
    wake_time: str | None = None


class Period(Object):
    """The days of an average."""

    start_date: date
    end_date: date
    timezone: str | None = None
    days: Ignored = Ignored()


class AnalysedSession(Session):
    """A session of a period; the end of its analysis has two names as well."""

    completed_time: datetime | None = None
    complete_time: datetime | None = None


class Slept(Stat):
    """A session of a period and its statistics in one object."""

    id: str | None = None
    session_id: str | None = None
    start_time: datetime | None = None
    session_start_time: datetime | None = None
    end_time: datetime | None = None
    session_end_time: datetime | None = None
    completed_time: datetime | None = None
    complete_time: datetime | None = None
    created_timezone: str | None = None


class AverageResult(Object):
    """The result of Get Average Stats, with lists of `Slept` and of `AnalysedSession`."""

    period: Period
    peculiarities: tuple[str, ...] | None = None
    average_stats: Averages | None = None
    slept_sessions: list[msgspec.Raw] | None = None
    never_slept_sessions: list[msgspec.Raw] | None = None


class Metadata(Object):
    """What the vendor knows of a person; height in centimetres, weight in kilograms."""

    birth_year: int | None = None
    birth_month: int | None = None
    birth_day: int | None = None
    gender: str | None = None
    height: float | None = None
    weight: float | None = None


class LastSession(AnalysedSession):
    """A person's latest session in brief."""

    state: str | None = None
    inference_type: str | None = None
    service: str | None = None


class User(Object):
    """The result of Get User."""

    user_id: str
    to_be_deleted: bool = False
    last_session_info: LastSession | None = None
    metadata: Metadata | None = None


class CreatedUser(Object):
    """The result of Create User."""

    user_id: str
