"""A person out of every room: the archive, the cached answers, the roster with all that hangs on it, and the vendor.

    1. the vendor's part is noted in `Store.deletions`, unless the person is to stay there
    2. the archive lets go of every file and takes in nothing of the person any more (`NightArchive.erase`, for good)
    3. the inbox lets go of every event and live night, and keeps nothing of a webhook that comes later (`Inbox.forget`)
    4. every cached answer goes
    5. reports of the schedule go: the person's own, and those of cohorts
    6. the roster's row goes, and notes, phases, flags and places in cohorts with it
    7. the vendor is asked; when it does not do so now, the note of step 1 stays and it is asked again

A process that is killed on the way has left the note of step 1 or the archive's of step 2: `settle` finishes what it
finds. A synchronisation under way finds the person refused by the archive, in whatever process it runs, and forgets at
its end what it was answered about them; so the archive refuses a recording that was erased alone. Whoever enters a live
night looks into the archive afterwards (`arrived_sessions.enter`): step 2 comes before step 3.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from threading import Event
from typing import Final, Literal

from asleep.errors import (
    AsleepError,
    BadRequest,
    Forbidden,
    InvalidParameter,
    InvalidUserId,
    SessionNotFound,
    UnusableIdentifier,
    UserNotFound,
)
from cache.client import CachedAsleep
from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from nocturne.handed_over import forget as forget_reports
from nocturne.tombstones import mark
from store.deletions import Deletion
from store.errors import UnknownEntry, UnknownPerson
from store.people import Person

log = logging.getLogger(__name__)

FIRST_PAUSE: Final = timedelta(minutes=5)
LONGEST_PAUSE: Final = timedelta(days=1)
_NEVER: Final = datetime.fromisoformat("9000-01-01T00:00:00+00:00")
_NOT_STOPPED: Final = Event()
_FOR_GOOD = (BadRequest, InvalidParameter, InvalidUserId, UnusableIdentifier)

State = Literal["not asked", "done", "waiting", "refused"]


@dataclass(frozen=True, kw_only=True)
class Loss:
    """What is gone for good when a person is erased.

    Attributes:
        nights, sessions: main sleeps, and recordings of all kinds.
        notes: how many were written about the person and their nights.
        first, last: the labels of the first and the last night; None where there is none.
    """

    nights: int
    sessions: int
    notes: int
    first: date | None
    last: date | None


@dataclass(frozen=True, kw_only=True)
class Erased:
    """What came of an erasure: here everything is gone.

    Attributes:
        name: whose it was.
        at_vendor: not asked (the person stays there), done, waiting to be asked again, or refused for good.
        reason: why the vendor has not done it; "" where it has, or was not asked.
        next_try_at: when it is asked again; None where it is not.
    """

    name: str
    at_vendor: State
    reason: str = ""
    next_try_at: datetime | None = None


def what_would_be_lost(application: Application, actor: Actor, person_id: str) -> Loss:
    """How much is kept of a person, to be said before it is erased.

    Raises:
        NotAllowed, UnknownPerson.
    """
    authorize(actor, Permission.MANAGE_PEOPLE, application.organisation, person_id)
    application.person(person_id)
    nights = application.archive.nights(application.organisation, person_id)
    labels = nights["night"].dropna()
    return Loss(
        nights=int((nights["kind"] == "main").sum()),
        sessions=len(application.archive.known(application.organisation, person_id)),
        notes=len(application.store.journal.notes(application.organisation, person_id)),
        first=None if labels.empty else labels.min().date(),
        last=None if labels.empty else labels.max().date(),
    )


def erase_person(application: Application, actor: Actor, person_id: str, *, at_vendor: bool) -> Erased:
    """What came of it: the person is out of every room here, and the vendor was asked once where that is wanted.

    Raises:
        NotAllowed, UnknownPerson: nothing was done.
        StoreError, OSError: a room could not be cleared; what had begun is finished by `settle`, or by trying again.
    """
    authorize(actor, Permission.MANAGE_PEOPLE, application.organisation, person_id)
    person = application.person(person_id)
    noted = None
    if at_vendor:
        noted = application.store.deletions.add(
            application.organisation, person.environment, person.vendor_id, by=actor.name
        )
    _erase_here(application, person)
    if noted is None:
        return Erased(name=person.name, at_vendor="not asked")
    left = _ask_vendor(application, noted)
    if left is None:
        return Erased(name=person.name, at_vendor="done")
    return Erased(
        name=person.name,
        at_vendor=state_of(left),
        reason=left.last_error,
        next_try_at=left.next_try_at if state_of(left) == "waiting" else None,
    )


def erase_session(application: Application, actor: Actor, person_id: str, session_id: str) -> None:
    """One recording is gone, at the vendor first and then here; whether or not the vendor still had it.

    Raises:
        NotAllowed, UnknownPerson: nothing was done.
        AsleepError: the vendor has not deleted it, and would bring it back: nothing was done here either.
    """
    authorize(actor, Permission.MANAGE_PEOPLE, application.organisation, person_id)
    person = application.person(person_id)
    try:
        application.asleep.delete_session(person.vendor_id, session_id)
    except (SessionNotFound, UserNotFound) as gone:
        log.info("A session that is to be deleted is not at the vendor any more: %s", gone)
    application.archive.remove_session(application.organisation, person_id, session_id)
    application.inbox.forget_session(
        application.organisation, person.environment, person.vendor_id, session_id
    )


def pending(application: Application, actor: Actor) -> tuple[Deletion, ...]:
    """Whom the vendor still has to delete, the oldest first; `state_of` says how each stands.

    Raises:
        NotAllowed.
    """
    authorize(actor, Permission.MANAGE_PEOPLE, application.organisation)
    return application.store.deletions.all(application.organisation)


def state_of(deletion: Deletion) -> State:
    """`waiting` until the vendor is asked again, or `refused` for good."""
    return "refused" if deletion.next_try_at >= _NEVER else "waiting"


def try_again(application: Application, actor: Actor, deletion: Deletion) -> Deletion | None:
    """None when the vendor has deleted the user now; otherwise why not, and when it is asked again.

    Raises:
        NotAllowed.
    """
    authorize(actor, Permission.MANAGE_PEOPLE, application.organisation)
    return _ask_vendor(application, deletion)


def give_up(application: Application, actor: Actor, deletion: Deletion) -> None:
    """The vendor is not asked any more: somebody has seen to it, or it cannot be done.

    Raises:
        NotAllowed.
    """
    authorize(actor, Permission.MANAGE_PEOPLE, application.organisation)
    _done(application, deletion)


def settle(application: Application, *, stop: Event = _NOT_STOPPED) -> tuple[Deletion, ...]:
    """What the vendor still has to delete, once erasures that were cut off are finished and what was due is asked for.

    Each person is seen to alone, of whatever vendor environment, and what fails is raised when all have been.

    Raises:
        StoreError, OSError: a room could not be cleared; another time.
    """
    failures: list[Exception] = []
    _finish(application, failures)
    _ask_for_what_is_due(application, failures, stop)
    for room in (application.store, application.inbox):
        with _kept_for_the_end(failures):
            room.scrub()  # what somebody was reading when it was taken out
    if failures:
        for another in failures[1:]:
            log.warning("Beside it, this could not be erased: %s", another)
        raise failures[0]
    return application.store.deletions.all(application.organisation)


def _finish(application: Application, failures: list[Exception]) -> None:
    """Everybody whose erasure was cut off leaves every room here."""
    organisation, archive = application.organisation, application.archive
    noted = {(each.environment, each.vendor_id) for each in application.store.deletions.all(organisation)}
    people = application.store.people(organisation)
    for person in people:
        with _kept_for_the_end(failures):
            if (person.environment, person.vendor_id) in noted or archive.is_erased(
                organisation, person.person_id
            ):
                _erase_here(application, person)
    for person_id in sorted({*archive.half_erased(organisation)} - {person.person_id for person in people}):
        with _kept_for_the_end(failures):
            archive.erase(organisation, person_id, for_good=True)


def _ask_for_what_is_due(application: Application, failures: list[Exception], stop: Event) -> None:
    organisation, asleep = application.organisation, application.asleep.in_background(stop=stop)
    # Who could not be erased here goes on from the note, which would be gone when the vendor has done it.
    here = {(person.environment, person.vendor_id) for person in application.store.people(organisation)}
    for deletion in application.store.deletions.due(organisation, application.now()):
        if stop.is_set():
            break
        in_force = deletion.environment == application.settings.asleep_environment
        if in_force and (deletion.environment, deletion.vendor_id) not in here:
            with _kept_for_the_end(failures):
                _ask_vendor(application, deletion, asleep)


@contextmanager
def _kept_for_the_end(failures: list[Exception]) -> Iterator[None]:
    """What the block raises is added to the failures, so that it keeps nobody else from being erased."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - raised when everybody has been seen to
        failures.append(error)


def _erase_here(application: Application, person: Person) -> None:
    application.archive.erase(application.organisation, person.person_id, for_good=True)
    application.inbox.forget(
        application.organisation, person.environment, person.vendor_id, mark(application, person.vendor_id)
    )
    application.asleep.forget(person.vendor_id, environment=person.environment)
    forget_reports(application, person.person_id)
    try:
        application.store.remove_person(application.organisation, person.person_id)
    except UnknownPerson as gone:
        log.info("Somebody else has erased the person meanwhile: %s", gone)
    forget_reports(application, person.person_id)  # what a run under way had written by then


def _ask_vendor(
    application: Application, deletion: Deletion, asleep: CachedAsleep | None = None
) -> Deletion | None:
    """None when the vendor has the user no more, else the deletion as it stands after asking in vain."""
    try:
        (asleep or application.asleep).delete_user(deletion.vendor_id)
    except UserNotFound as gone:
        log.info("Whom the vendor was to delete it has no more: %s", gone)
    except AsleepError as problem:
        return _in_vain(application, deletion, problem)
    _done(application, deletion)
    return None


def _in_vain(application: Application, deletion: Deletion, problem: AsleepError) -> Deletion | None:
    final = isinstance(problem, _FOR_GOOD) or type(problem) is Forbidden
    pause = min(FIRST_PAUSE * 2 ** min(deletion.attempts, 20), LONGEST_PAUSE)
    log.warning("The vendor has not deleted somebody: %s", problem)
    try:
        return application.store.deletions.failed(
            application.organisation,
            deletion,
            error=str(problem),
            next_try_at=_NEVER if final else application.now() + pause,
        )
    except UnknownEntry:  # another process has seen to it
        return None


def _done(application: Application, deletion: Deletion) -> None:
    try:
        application.store.deletions.done(application.organisation, deletion)
    except UnknownEntry as gone:
        log.info("Another process has seen to it: %s", gone)
