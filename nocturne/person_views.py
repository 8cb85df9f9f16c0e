"""What the Person page shows beside the period itself: a metric over weeks, days, hours, a year, and around a phase.

Everything is computed once for all sessions while it holds, as in `views`, and rests on the period that is kept there.
"""

from collections.abc import Sequence
from datetime import date

from analytics import calendar_days as days
from analytics import clock_face as face
from analytics import followed as metrics
from analytics import raster as rows
from analytics.marked import Marked
from analytics.since_phase import SincePhase, since_phases
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.grounds import kept
from nocturne.views import period, person_nights

__all__ = ["calendar", "clock_face", "followed", "raster", "since_phase_starts"]


def followed(
    application: Application, actor: Actor, person_id: str, *, metric: str, first: date, last: date
) -> metrics.Followed:
    """A metric over the weeks that the trend of a period looks at.

    Args:
        application: whose.
        actor: who asks.
        person_id: whose nights.
        metric: the id of one of `analytics.followed.METRICS`.
        first: of the period.
        last: of it, inclusive.

    Raises:
        NotAllowed, UnknownPerson, NothingRecorded.
        ValueError: no such metric.
    """
    shown = period(application, actor, person_id, first=first, last=last)
    return kept(
        application,
        ("followed", actor, person_id, metric, first, last),
        lambda: metrics.followed(shown, metric),
        grounds=shown.sleeper,
    )


def calendar(
    application: Application, actor: Actor, person_id: str, *, metric: str, first: date, last: date
) -> days.CalendarDays:
    """A metric by day over the period itself; arguments and errors as `followed`."""
    shown = period(application, actor, person_id, first=first, last=last)
    chosen = followed(application, actor, person_id, metric=metric, first=first, last=last).metric
    return kept(
        application,
        ("calendar", actor, person_id, metric, first, last),
        lambda: days.calendar_days(shown, chosen),
        grounds=None,
    )


def clock_face(
    application: Application, actor: Actor, person_id: str, *, first: date, last: date
) -> face.ClockFace:
    """Where on the clock the person goes to bed and gets up; errors as `views.period`."""
    shown = period(application, actor, person_id, first=first, last=last)
    return kept(
        application,
        ("clock face", actor, person_id, first, last),
        lambda: face.clock_face(shown),
        grounds=None,
    )


def raster(application: Application, actor: Actor, person_id: str, *, first: date, last: date) -> rows.Raster:
    """What was recorded when, a row a day, from the stages in the archive; errors as `views.period`."""
    _, nights = person_nights(application, actor, person_id)
    return kept(
        application,
        ("raster", actor, person_id, first, last),
        lambda: rows.raster(
            application.archive.sessions(application.organisation, person_id), nights, first=first, last=last
        ),
        grounds=None,
    )


def since_phase_starts(
    application: Application,
    actor: Actor,
    person_id: str,
    events: Sequence[Marked],
    *,
    first: date,
    last: date,
) -> tuple[SincePhase, ...]:
    """What changed with each of the person's phases that began in these days, the latest first.

    Args:
        application: whose.
        actor: who asks.
        person_id: whose nights.
        events: phases and notes of these days (`journal.marks`).
        first: first day on which a phase may have begun.
        last: last night that counts.

    Raises:
        NotAllowed, UnknownPerson, NothingRecorded.
    """
    _, nights = person_nights(application, actor, person_id)
    if not any(event.kind == "phase" for event in events):
        return ()
    return kept(
        application,
        ("since phases", actor, person_id, first, last),
        lambda: since_phases(nights, events, first=first, last=last),
        grounds=tuple(events),
    )
