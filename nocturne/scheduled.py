"""Makes the reports of the schedule while the dashboard runs, each run once, in whatever process; and says how it went.

The run that was made last stands among the organisation's settings. Whoever sets it there first makes the reports: a
second process finds that it was changed and leaves them alone.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

from analytics.wording import plural
from nocturne.access import Actor, local_actor
from nocturne.application import Application
from nocturne.cohorts import Cohort, UnknownCohort, cohort_people, cohorts
from nocturne.handed_over import sweep
from nocturne.places import CannotKeep, Folder
from nocturne.runs import cohort_documents, people_reports
from nocturne.schedule import SCHEDULE, Schedule, Slot, due, schedule_of
from store.errors import EditedMeanwhile
from store.preferences import DEFAULT, Preference

__all__ = ["LastRun", "ScheduledReports", "last_run", "make_what_is_due"]

log = logging.getLogger(__name__)

RUN: Final = "report_schedule_run"
_LOOK_S: Final = 30.0
_JOIN_LIMIT_S: Final = 10.0
_GIVEN_UP: Final = timedelta(hours=2)
"""A run that has begun and says nothing for so long was cut off, and is made again."""


@dataclass(frozen=True, kw_only=True)
class LastRun:
    """The run that was begun last.

    Attributes:
        slot: the moment it was due (UTC).
        begun_at: when it was begun.
        ended: whether it has ended.
        said: how it went, in a sentence.
        folder: where its files are.
    """

    slot: datetime
    begun_at: datetime
    ended: bool
    said: str
    folder: str


class ScheduledReports:
    """A thread that looks twice a minute whether reports are due, until it is stopped.

    Args:
        application: whose reports.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._stop = Event()
        self._thread = Thread(target=self._run, name="scheduled-reports", daemon=True)

    def start(self) -> None:
        """Begins to look; what a server that was killed has left in the making goes first."""
        sweep(self._application)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread; a run under way leaves out whose turn had not come, and is made again later."""
        self._stop.set()
        self._thread.join(_JOIN_LIMIT_S)

    def _run(self) -> None:
        while not self._stop.wait(_LOOK_S):
            try:
                make_what_is_due(self._application, cancel=self._stop)
            except Exception:
                # The thread must outlive a fault of one look; the next one tries again, and the log says what happened.
                log.exception("The schedule of reports could not be looked at.")


def last_run(application: Application) -> LastRun | None:
    """The run that was begun last; None where there was none."""
    found = application.store.preferences.all(application.organisation).get(RUN)
    return None if found is None else _run_of(found)


def make_what_is_due(application: Application, *, cancel: Event | None = None) -> LastRun | None:
    """The run that was made now, or None where nothing is due or another process makes it."""
    stored = application.store.preferences.all(application.organisation)
    schedule = schedule_of(stored)
    if schedule is None:
        return None
    before = stored.get(RUN)
    done = _done_until(None if before is None else _run_of(before), stored[SCHEDULE], application.now())
    slot = due(schedule, application.organisation_settings.zone, done=done, now=application.now())
    if slot is None:
        return None
    actor = local_actor(application.organisation)
    folder = application.settings.reports_folder / f"{schedule.kind}-{slot.wanted.ending}"
    begun = LastRun(
        slot=slot.at, begun_at=application.now(), ended=False, said="It goes on.", folder=str(folder)
    )
    try:
        claimed = _noted(application, actor, begun, DEFAULT if before is None else before.version)
    except EditedMeanwhile:
        return None
    said = _made(application, schedule, slot, folder, cancel or Event())
    if cancel is not None and cancel.is_set():
        _taken_back(
            application, actor, before, claimed.version
        )  # the server stops: the next start makes it again
        return begun
    ended = LastRun(slot=begun.slot, begun_at=begun.begun_at, ended=True, said=said, folder=begun.folder)
    _noted(application, actor, ended, claimed.version)
    return ended


def _done_until(before: LastRun | None, setting: Preference, now: datetime) -> datetime:
    """Up to when everything that was due has been made."""
    if before is None:
        return setting.changed_at
    cut_off = not before.ended and now - before.begun_at > _GIVEN_UP
    return max(before.slot - timedelta(seconds=1) if cut_off else before.slot, setting.changed_at)


def _made(application: Application, schedule: Schedule, slot: Slot, folder: Path, cancel: Event) -> str:
    """Makes them, and says how it went; nothing that one person's nights do ends the thread."""
    actor = local_actor(application.organisation)
    try:
        cohort = next(
            each
            for each in cohorts(application, actor, on=slot.wanted.ending)
            if each.name == schedule.cohort
        )
        people = cohort_people(application, actor, cohort.name, on=slot.wanted.ending)
        if not people:
            return f"Nobody was in {cohort.label}, so nothing was made."
        place = Folder(folder)
        each = people_reports(application, actor, people, slot.wanted, place, cancel=cancel)
    except (StopIteration, UnknownCohort):
        return "The cohort does not exist any more, so nothing was made. Choose another one."
    except CannotKeep as reason:
        return f"{reason}. Nothing more was made."
    except Exception as fault:
        log.exception("Reports of the schedule could not be made")
        return f"It broke off ({type(fault).__name__}); the log of the server says why."
    together, said = _together(application, cohort, slot, place)
    files = plural(len(each.files) + together, "file")
    whole = f"{files} of {plural(len(people), 'person', 'people')}."
    missing = plural(len(each.failures), "person", "people")
    served = f" {missing} could not be served; ask for their reports to see why." if each.failures else ""
    return f"{whole}{served}{said}"


def _together(application: Application, cohort: Cohort, slot: Slot, place: Folder) -> tuple[int, str]:
    """How many files the cohort's own report is, and what is to be said of it."""
    actor = local_actor(application.organisation)
    try:
        made = cohort_documents(application, actor, cohort, slot.wanted, place)
    except Exception as fault:
        log.exception("The cohort's report of the schedule could not be made")
        return (
            0,
            f" The cohort's own report broke off ({type(fault).__name__}); the log of the server says why.",
        )
    if not made.failures:
        return len(made.files), ""
    missing = plural(len(made.failures), "person", "people")
    return len(made.files), f" The cohort's own report is without {missing}."


def _taken_back(application: Application, actor: Actor, before: Preference | None, version: int) -> None:
    """What stood there before a run that is given up."""
    preferences = application.store.preferences
    if before is None:
        preferences.reset(application.organisation, RUN, version=version, by=actor.name)
    else:
        preferences.set(application.organisation, RUN, before.value, version=version, by=actor.name)


def _noted(application: Application, actor: Actor, run: LastRun, version: int) -> Preference:
    value = {
        "slot": run.slot.isoformat(),
        "begun_at": run.begun_at.isoformat(),
        "ended": run.ended,
        "said": run.said[:2000],
        "folder": run.folder,
    }
    return application.store.preferences.set(
        application.organisation, RUN, value, version=version, by=actor.name
    )


def _run_of(found: Preference) -> LastRun:
    value: dict[str, Any] = found.value
    return LastRun(
        slot=datetime.fromisoformat(value["slot"]),
        begun_at=datetime.fromisoformat(value["begun_at"]),
        ended=bool(value["ended"]),
        said=str(value["said"]),
        folder=str(value["folder"]),
    )
