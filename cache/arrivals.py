"""Deliveries on their way into a person's file: safe on disk first, then made nights of, then part of the truth.

A delivery of which no night can be made never gets into the person's file. What was safe and not yet taken in when
its writer died is taken in by whoever comes next.
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from analytics.nights import SessionSet, ValidNight, night_columns
from analytics.received import Columns
from cache.columns import (
    BEYOND_US,
    NOT_DAMAGE,
    READ_ERRORS,
    NewerFormat,
    PersonFile,
    decode_person,
    encode_person,
)
from cache.derived import derived, lay_over, read_person
from cache.files import remove, set_aside
from cache.merging import merged, without
from cache.rules_file import rules_of
from cache.shelf import Shelf
from cache.table import NightTable

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """Sessions of one person on their way into the archive; `session_set` makes them of the vendor's answers.

    Attributes:
        zone: the roster's, for nights whose session names none.
        synced_at: until when the person is synchronised with this; None leaves that as it was.
    """

    person_id: str
    zone: str
    sessions: SessionSet
    synced_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class PutReport:
    """What a delivery did: sessions that are new, sessions that became different, sessions there are now.

    `refused`: nothing was taken in, because the person was erased for good.
    """

    added: int
    changed: int
    total: int
    refused: bool = False


REFUSED = PutReport(added=0, changed=0, total=0, refused=True)
"""What a delivery for somebody who was erased for good comes to."""


def received_safely(shelf: Shelf, delivery: Delivery) -> tuple[PutReport, NightTable]:
    """As `merged_in`, with the delivery on disk from its first moment; only for whoever is alone on the shelf.

    It stays there until `done_with`, for whoever comes after a writer that is cut off meanwhile.
    """
    path = shelf.arrival(delivery.person_id)
    if path.exists():  # `take_in` has left it there
        raise NewerFormat(
            f"What arrived before of {delivery.person_id} is for a newer program to take in. Start the newer program."
        )
    kept = PersonFile(sessions=delivery.sessions, zone=delivery.zone, synced_at=delivery.synced_at)
    shelf.write(path, encode_person(kept))
    try:
        return merged_in(shelf, delivery)
    except Exception:  # the caller learns that nothing was kept; a process that ends learns nothing
        remove(path)
        raise


def done_with(shelf: Shelf, delivery: Delivery) -> None:
    """The delivery is the truth, and every reader has been told."""
    remove(shelf.arrival(delivery.person_id))


@dataclass(frozen=True, kw_only=True, eq=False)
class Prepared:
    """A delivery as the whole file of somebody who has none yet: its bytes, and its nights by `rules`."""

    report: PutReport
    data: bytes
    person: PersonFile
    rules: ValidNight
    nights: Columns


def prepared(shelf: Shelf, delivery: Delivery) -> Prepared | None:
    """What takes time about somebody new, done before it is one's turn on the shelf; None for who is known already."""
    if shelf.person(delivery.person_id).exists():
        return None
    sessions, added, changed = merged(SessionSet.empty(), delivery.sessions)
    person = PersonFile(sessions=sessions, zone=delivery.zone, synced_at=delivery.synced_at)
    rules = rules_of(shelf)
    return Prepared(
        report=PutReport(added=added, changed=changed, total=len(sessions)),
        data=encode_person(person),
        person=person,
        rules=rules,
        nights=night_columns(sessions, zone=person.zone, rules=rules),
    )


def prepared_if_possible(shelf: Shelf, delivery: Delivery) -> Prepared | None:
    """As `prepared`; None also for what fails, which `merged_in` will say when it is its turn."""
    try:
        return prepared(shelf, delivery)
    except Exception as error:  # noqa: BLE001 - one delivery must not lose the others
        log.debug("Nothing is prepared of %s: %r", delivery.person_id, error)
        return None


def merged_in(shelf: Shelf, delivery: Delivery, new: Prepared | None = None) -> tuple[PutReport, NightTable]:
    """What the delivery did, and the person's nights now; only for whoever is alone on the shelf.

    Recordings that were erased are left out of it. `new` is what was prepared of the delivery for the case that the
    person still has no file, the rules hold still and nothing has to be left out.
    """
    kept = read_person(shelf, delivery.person_id)
    arrived = _without_erased(shelf, delivery)
    whole = arrived is delivery.sessions
    if kept is None and whole and new is not None and new.rules == rules_of(shelf):
        shelf.write(shelf.person(delivery.person_id), new.data)
        table = derived(shelf, delivery.person_id, new.person, rules=new.rules, nights=new.nights)
        return new.report, table
    old = SessionSet.empty() if kept is None else kept.sessions
    sessions, added, changed = merged(old, arrived)
    synced_at = delivery.synced_at or (kept.synced_at if kept is not None else None)
    person = PersonFile(sessions=sessions, zone=delivery.zone, synced_at=synced_at)
    report = PutReport(added=added, changed=changed, total=len(sessions))
    return report, stored(shelf, delivery.person_id, person)


def _without_erased(shelf: Shelf, delivery: Delivery) -> SessionSet:
    """The delivery's sessions without those that were erased; the very same where none was."""
    sessions = delivery.sessions
    for session_id in shelf.buried_sessions(delivery.person_id, sessions.columns["session_id"].tolist()):
        sessions = without(sessions, session_id)
    return sessions


def stored(shelf: Shelf, person_id: str, person: PersonFile) -> NightTable:
    """The person's nights, after their file was written; only for whoever is alone on the shelf."""
    # The nights first: sessions that no night can be made of must not get into a file that every page reads.
    rules = rules_of(shelf)
    nights = night_columns(person.sessions, zone=person.zone, rules=rules)
    shelf.write(shelf.person(person_id), encode_person(person))
    return derived(shelf, person_id, person, rules=rules, nights=nights)


def take_in(shelf: Shelf) -> None:
    """Take in what was safe when its writer was cut off; only for whoever is alone on the shelf.

    What is damaged is set aside, and what is a newer program's stays for it.

    Raises:
        OSError: the disk, not a delivery: another time. MemoryError likewise.
    """
    for person_id in shelf.arrivals():
        path = shelf.arrival(person_id)
        if shelf.is_buried(person_id):
            remove(path)
            continue
        data = path.read_bytes()
        try:
            delivery = _arrived(shelf, person_id, data)
        except BEYOND_US as error:
            log.warning("What arrived of %s is left as it is: %s", person_id, error)
        except NOT_DAMAGE:
            raise
        except READ_ERRORS as error:
            set_aside(path, because=str(error))
        else:
            _take_in_one(shelf, delivery)


def _arrived(shelf: Shelf, person_id: str, data: bytes) -> Delivery:
    left = decode_person(shelf.seal.open(data, label=shelf.label(shelf.arrival(person_id))))
    return Delivery(person_id=person_id, zone=left.zone, sessions=left.sessions, synced_at=left.synced_at)


def _take_in_one(shelf: Shelf, delivery: Delivery) -> None:
    path = shelf.arrival(delivery.person_id)
    try:
        _, table = merged_in(shelf, delivery)
    except BEYOND_US as error:
        log.warning("What arrived of %s is left as it is: %s", delivery.person_id, error)
    except (OSError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it, nobody after may stumble over it
        set_aside(path, because=str(error))
    else:
        lay_over(shelf, table)
        shelf.renew_version()
        remove(path)


def take_in_if_free(shelf: Shelf) -> None:
    """As `take_in` unless somebody is changing something now, who will see to it; the marker goes too."""
    with shelf.alone_if_free() as free:
        if free is False:
            return
        try:
            take_in(shelf)
            if shelf.marker.exists():
                shelf.renew_version()
                remove(shelf.marker)
        except OSError as error:
            log.warning("What arrived for %s cannot be taken in now: %s", shelf.organisation, error)
