"""A session that the vendor has answered with: into the archive when it is complete, and among the live nights.

Whoever brings it (the worker of the inbox, the reconciler, a synchronisation) does the same with it, so it does not
matter who was first.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

from asleep.errors import MalformedAnswer
from asleep.models import SessionResult
from cache.disk import CacheBusy
from nocturne.application import Application
from nocturne.tombstones import mark
from store.inbox import BlockPlaced, Completed, Effect, Opened
from store.people import Person

log = logging.getLogger(__name__)

RECENT: Final = timedelta(days=3)
"""So long ago a session may have begun that is still shown among the live nights and last night's."""

_BLOCK: Final = 10
"""Blocks are whole numbers of five minutes: ten epochs."""


def take_in(
    application: Application, person: Person, result: SessionResult, *, asked: str, received: datetime
) -> bool:
    """Whether the answer about a session is taken in: a complete one is in the archive now.

    False where the person was erased, and may be on the roster again under another id. The session is put into the
    archive once, however often it comes. Kept answers that knew less of it are let go of.

    Args:
        application: whose archive.
        person: whose session it is.
        result: what the vendor has answered.
        asked: the id of the session that it was asked about.
        received: when it was asked (UTC).

    Raises:
        MalformedAnswer: the answer is about another session.
        OSError: the archive cannot be written.
    """
    about(result, asked)
    return result.state != "COMPLETE" or _keep(application, person, result, received)


def about(result: SessionResult, asked: str) -> SessionResult:
    """The answer itself.

    Raises:
        MalformedAnswer: it is about another session than the one of the id that was asked about.
    """
    if result.session_id != asked:
        raise MalformedAnswer("it is about another session than the one that was asked about")
    return result


def _keep(application: Application, person: Person, result: SessionResult, received: datetime) -> bool:
    report = application.archive.put(
        application.organisation,
        person.person_id,
        zone=person.zone,
        results=[result],
        received=received,
        synced_at=None,
    )
    forget_answers(application, person, result.session_id)
    if report.refused:  # what was answered about somebody who was erased meanwhile goes too
        _forget(lambda: application.asleep.forget(person.vendor_id))
    return not report.refused


def forget_answers(application: Application, person: Person, session_id: str) -> None:
    """Lets go of every kept answer that names the session: they are from before it was what it is now."""
    _forget(lambda: application.asleep.forget_session(person.vendor_id, session_id))


def _forget(forget: Callable[[], object]) -> None:
    try:
        forget()
    except CacheBusy as busy:
        log.warning("Answers that are out of date may be kept until they expire: %s", busy)


def effects_of(person: Person, result: SessionResult) -> tuple[Effect, ...]:
    """What the session means among the live nights: opened, and as complete as the vendor says it is.

    Of one that is under way the stages so far are placed as one block from its start, so that a block that was never
    delivered leaves no gap.
    """
    vendor_id, session_id = person.vendor_id, result.session_id
    zone = result.created_timezone or person.zone
    if result.state == "COMPLETE":
        return (
            Completed(
                vendor_id=vendor_id, session_id=session_id, start=result.start, end=result.end, zone=zone
            ),
        )
    opened = Opened(vendor_id=vendor_id, session_id=session_id, start=result.start, zone=zone)
    stages = result.sleep_stages or ()
    blocks = len(stages) // _BLOCK
    if not blocks:
        return (opened,)
    return opened, BlockPlaced(
        vendor_id=vendor_id,
        session_id=session_id,
        seq=blocks - 1,
        stages=bytes(stage & 0xFF for stage in stages[: blocks * _BLOCK]),
    )


def enter(application: Application, sessions: Iterable[tuple[Person, SessionResult]]) -> None:
    """Enters these sessions among the live nights, together; not those that were erased, or of somebody who was.

    An erasure is noted in the archive before the inbox lets go. So whoever looks into the archive after entering
    something either finds the note, or was early enough for the inbox to let go of it.

    Raises:
        StoreError: the inbox cannot be written.
    """
    there = [one for one in sessions if not _is_removed(application, *one)]
    if not there:
        return
    organisation, environment = application.organisation, application.settings.asleep_environment
    effects: dict[bytes, list[Effect]] = {}
    for person, result in there:
        effects.setdefault(mark(application, person.vendor_id), []).extend(effects_of(person, result))
    application.inbox.live.apply_all(organisation, environment, list(effects.items()))
    for person, result in there:
        if _is_removed(application, person, result):
            application.inbox.forget_session(organisation, environment, person.vendor_id, result.session_id)


def _is_removed(application: Application, person: Person, result: SessionResult) -> bool:
    archive, organisation = application.archive, application.organisation
    return bool(archive.removed_sessions(organisation, person.person_id, (result.session_id,)))
