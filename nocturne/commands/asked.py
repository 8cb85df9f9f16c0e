"""What commands share: exit statuses, whom an argument names, and complaints."""

import argparse
import sys
import time
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from nocturne import views
from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from nocturne.mapping import MapProgress
from nocturne.progress import Failure
from store.cohorts import Cohort
from store.people import Person

DONE, IN_PART, ASKED_WRONGLY = 0, 1, 2
PEOPLE_HELP: Final = "ids separated by commas, or all, or cohort:NAME (a saved cohort or a tag)"
NOBODY: Final = "Nobody is on the roster yet. `python -m nocturne people import FILE.csv` puts people there."

_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 1, 1)
_COHORT: Final = "cohort:"


class Usage(ValueError):
    """An argument that cannot be used; the message says what to write."""


def people_named(application: Application, actor: Actor, wanted: str) -> tuple[Person, ...]:
    """Whom `--people` names; nobody only where nobody is on the roster, or in a saved cohort.

    Raises:
        Usage, UnknownPerson, UnknownCohort.
    """
    if wanted == "all":
        return application.people()
    if wanted.startswith(_COHORT):
        return _cohort_people(application, actor, wanted.removeprefix(_COHORT))
    return people_with_ids(application, actor, wanted)


def people_with_ids(application: Application, actor: Actor, wanted: str) -> tuple[Person, ...]:
    """The people of ids that are separated by commas.

    Raises:
        Usage, UnknownPerson.
    """
    ids = [part.strip() for part in wanted.split(",") if part.strip()]
    if not ids:
        raise Usage("--people takes ids separated by commas, or all, or cohort:NAME.")
    return tuple(views.person(application, actor, person_id) for person_id in ids)


def saved_cohort(application: Application, actor: Actor, name: str) -> Cohort | None:
    """The saved cohort of that name, whatever the case of its letters."""
    authorize(actor, Permission.SEE_COHORTS, application.organisation)
    found = application.store.cohorts.all(application.organisation)
    return next((cohort for cohort in found if _key(cohort.name) == _key(name)), None)


def _cohort_people(application: Application, actor: Actor, name: str) -> tuple[Person, ...]:
    saved = saved_cohort(application, actor, name)
    if saved is None:
        return views.cohort_people(application, actor, name)
    return application.store.cohorts.members(
        application.organisation,
        saved.cohort_id,
        application.now().date(),
        environment=application.settings.asleep_environment,
    )


def _key(name: str) -> str:
    return unicodedata.normalize("NFKC", name.strip()).casefold()


def refuse_in_the_demo(application: Application) -> None:
    """Return when the roster is somebody's own.

    Raises:
        Usage: it is the demo's.
    """
    if application.settings.environment == "demo":
        raise Usage(
            "This is the demo, whose people are made up. Set ASLEEP_API_KEY to keep a roster of your own."
        )


def complain(failures: Sequence[Failure], people: Sequence[Person]) -> None:
    """Every person left out, those with the same reason in one line."""
    names = {person.person_id: person.name for person in people}
    by_reason: dict[str, list[str]] = {}
    for failure in failures:
        by_reason.setdefault(failure.reason, []).append(names.get(failure.person_id, failure.person_id))
    for reason, concerned in by_reason.items():
        print(f"{', '.join(concerned)}: {reason}", file=sys.stderr)


def now_and_then(every_s: float = 5.0) -> Callable[[MapProgress], None]:
    """Says on standard error how far a run is, at most every few seconds, and not for a short one."""
    said_at = time.monotonic()

    def tell(progress: MapProgress) -> None:
        nonlocal said_at
        if time.monotonic() - said_at >= every_s:
            said_at = time.monotonic()
            print(progress.in_words, file=sys.stderr, flush=True)

    return tell


def a_date(text: str) -> date:
    """The date that an argument names."""
    try:
        value = date.fromisoformat(text)
    except ValueError:
        value = date.min
    if not _EARLIEST <= value < _LATEST:
        raise argparse.ArgumentTypeError(f"takes a date like 2026-02-11, not {text!r}")
    return value


def tags_of(text: str | None) -> tuple[str, ...]:
    """Tags that are separated by semicolons."""
    return tuple(tag.strip() for tag in (text or "").split(";") if tag.strip())
