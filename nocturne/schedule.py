"""When reports are made by themselves: a weekday and an hour in the organisation's zone, and what is made then.

A weekly report covers the seven nights up to the day before, so that Monday's is about Monday to Sunday and the last of
them has arrived. A monthly one is made on the first such weekday of a month, about the calendar month before.
"""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from nocturne.access import Actor, Permission, authorize
from nocturne.documents import FORMATS, KINDS, PAPERS, Format, Kind, Paper, Wanted
from store.database import Store
from store.preferences import DEFAULT, Preference

__all__ = [
    "SCHEDULE",
    "Schedule",
    "Slot",
    "UnusableSchedule",
    "due",
    "schedule_of",
    "set_schedule",
    "unset_schedule",
]

log = logging.getLogger(__name__)

SCHEDULE: Final = "report_schedule"
"""The key of the setting."""
_LOOK_BACK_DAYS: Final = 62
_LATEST: Final = timedelta(days=7)
"""What was missed for longer, as while the server was off, is not made up for."""


class UnusableSchedule(ValueError):
    """A schedule that cannot be set; the message says what to choose."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """What is made, and when.

    Attributes:
        weekday: 0 for Monday to 6 for Sunday.
        hour: 0 to 23, on the clock of the organisation's zone.
        kind: weekly, or monthly.
        cohort: of whose people a report each, and one of them together; by the name that links have.
        formats: as what; at least one.
        paper: of the PDF.
        pseudonyms: whether people go by pseudonyms.
    """

    weekday: int
    hour: int
    kind: Kind = "weekly"
    cohort: str
    formats: tuple[Format, ...] = ("pdf",)
    paper: Paper = "a4"
    pseudonyms: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.weekday <= 6 or not 0 <= self.hour <= 23:
            raise UnusableSchedule("Choose a day of the week, and an hour from 0 to 23.")
        if not self.formats or set(self.formats) - set(FORMATS):
            raise UnusableSchedule(f"Choose at least one format of {', '.join(FORMATS)}.")
        if self.kind not in KINDS or self.paper not in PAPERS or not self.cohort:
            raise UnusableSchedule("Choose a kind of report, a paper and a cohort.")


@dataclass(frozen=True, kw_only=True)
class Slot:
    """One run of a schedule: its moment (UTC), and what it makes."""

    at: datetime
    wanted: Wanted


def due(schedule: Schedule, zone: str, *, done: datetime, now: datetime) -> Slot | None:
    """The newest run that should have been made by now and was not; None where nothing is to be done.

    Only the newest: whoever was away for three weeks gets one report. An hour that a clock change skips is an hour
    later that day, one that it repeats the first of the two.

    Args:
        schedule: the schedule.
        zone: of the organisation.
        done: the moment of the run that was made last, or of when the schedule was set.
        now: this moment, aware.
    """
    clock = ZoneInfo(zone)
    today = now.astimezone(clock).date()
    for back in range(_LOOK_BACK_DAYS):
        day = today - timedelta(days=back)
        at = datetime.combine(day, time(schedule.hour), clock).astimezone(UTC)
        if at > now or day.weekday() != schedule.weekday:
            continue
        if schedule.kind == "monthly" and day.day > 7:
            continue
        return Slot(at=at, wanted=_wanted(schedule, day)) if at > done and now - at <= _LATEST else None
    return None


def schedule_of(stored: Mapping[str, Preference]) -> Schedule | None:
    """The schedule that is set; one that cannot be used is logged, and none is in force."""
    if SCHEDULE not in stored:
        return None
    try:
        value: dict[str, Any] = stored[SCHEDULE].value
        return Schedule(**{**value, "formats": tuple(value["formats"])})
    except (ValueError, TypeError, KeyError) as problem:
        log.warning("The schedule of reports that is set cannot be used, so none is made: %s", problem)
        return None


def set_schedule(store: Store, organisation: str, actor: Actor, schedule: Schedule, *, version: int) -> None:
    """Reports are made by this schedule from now on.

    Raises:
        NotAllowed.
        EditedMeanwhile: it was set after that version was read; nothing was saved.
    """
    _may(actor, organisation)
    store.preferences.set(organisation, SCHEDULE, asdict(schedule), version=version, by=actor.name)


def unset_schedule(store: Store, organisation: str, actor: Actor, *, version: int) -> None:
    """No report is made by itself any more.

    Raises:
        NotAllowed, EditedMeanwhile.
    """
    _may(actor, organisation)
    store.preferences.reset(organisation, SCHEDULE, version=version, by=actor.name)


def version_of(stored: Mapping[str, Preference]) -> int:
    """Of the schedule, for whoever changes it."""
    return stored[SCHEDULE].version if SCHEDULE in stored else DEFAULT


def _may(actor: Actor, organisation: str) -> None:
    authorize(actor, Permission.MANAGE_PEOPLE, organisation)
    authorize(actor, Permission.MAKE_REPORTS, organisation)


def _wanted(schedule: Schedule, day: date) -> Wanted:
    ending = day - timedelta(days=1) if schedule.kind == "weekly" else day.replace(day=1) - timedelta(days=1)
    return Wanted(
        kind=schedule.kind,
        ending=ending,
        formats=schedule.formats,
        paper=schedule.paper,
        pseudonyms=schedule.pseudonyms,
    )
