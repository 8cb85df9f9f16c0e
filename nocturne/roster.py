"""People in and out: the vendor has no list of users, so Nocturne keeps its own."""

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from analytics.nights import SessionSet
from asleep.errors import AsleepError
from asleep.metadata import checked_metadata
from asleep.models import UserMetadata
from cache.archive import Delivery, NewerFormat
from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from nocturne.demo import DemoPerson
from nocturne.roster_file import RosterError
from nocturne.tombstones import welcome
from store.people import DuplicatePerson, NewPerson, Person, checked_person

log = logging.getLogger(__name__)

EVERYONE = "everyone"


def add_person(application: Application, actor: Actor, new: NewPerson) -> Person:
    """The person, now on the roster.

    Raises:
        NotAllowed, InvalidPerson, DuplicatePerson: each with a sentence.
    """
    authorize(actor, Permission.MANAGE_PEOPLE, application.organisation)
    require_staying(new.vendor_id, leaving(application))
    added = application.store.add_person(application.organisation, admitted(application, new))
    welcome(application, [added.vendor_id])
    return added


def create_person(
    application: Application,
    actor: Actor,
    *,
    name: str,
    zone: str,
    tags: tuple[str, ...] = (),
    metadata: UserMetadata | None = None,
) -> Person:
    """A new user at the vendor, on the roster under the id that the vendor issued.

    `metadata` is what the vendor is told of the person; the roster takes birth year and sex from it.

    Raises:
        NotAllowed, InvalidPerson, RosterError, UnusableMetadata: before the vendor is asked.
        AsleepError: the vendor refused or did not answer; nothing was added.
        StoreError: the roster refused; the vendor has deleted the user again, or will.
        RosterError: the roster refused, and the vendor still has the user, whose id the message says.
    """
    authorize(actor, Permission.MANAGE_PEOPLE, application.organisation)
    told = metadata or UserMetadata()
    today = application.now().date()
    draft = NewPerson(
        vendor_id="to-be-issued",
        name=name,
        zone=zone,
        birth_year=told.birth_year,
        sex=told.gender or "",
        tags=tags,
    )
    checked_metadata(told, today=today)
    checked = checked_person(admitted(application, draft), this_year=today.year)
    vendor_id = application.asleep.create_user(metadata)
    try:
        added = application.store.add_person(application.organisation, replace(checked, vendor_id=vendor_id))
    except DuplicatePerson:
        raise  # somebody is on the roster by that id already, who must not be deleted at the vendor
    except Exception as problem:
        _take_back(application, actor, vendor_id, problem)
        raise
    welcome(
        application, [added.vendor_id]
    )  # the vendor may have sent something before the roster knew of anybody
    return added


def _take_back(application: Application, actor: Actor, vendor_id: str, problem: Exception) -> None:
    """The vendor deletes the user whom it has just created, now or when it is asked again.

    Raises:
        RosterError: neither is to be had; nothing but this message knows the id.
    """
    environment = application.settings.asleep_environment
    try:
        try:
            application.asleep.delete_user(vendor_id)
        except AsleepError as refusal:
            log.warning("A user who was created in vain is to be deleted another time: %s", refusal)
            application.store.deletions.add(application.organisation, environment, vendor_id, by=actor.name)
    except Exception as left:
        raise RosterError(
            f"The vendor has created the user {vendor_id!r}, whom the roster did not take: {problem} The user could "
            "not be deleted again either. Keep the id, and add the person by it when the roster can be written again."
        ) from left


def enrol(application: Application, people: Iterable[DemoPerson]) -> None:
    """Puts the demo's people on the roster, those already there left as they are."""
    known = {person.vendor_id for person in application.people()}
    outcomes = application.store.add_people(
        application.organisation,
        [
            NewPerson(
                vendor_id=facts.user_id,
                name=facts.name,
                zone=facts.zone,
                birth_year=facts.birth_year,
                sex=facts.sex or "",
                tags=facts.tags,
                environment=application.settings.asleep_environment,
            )
            for facts in people
            if facts.user_id not in known
        ],
    )
    welcome(application, [each.person.vendor_id for each in outcomes if each.person is not None])


def leaving(application: Application) -> frozenset[str]:
    """The vendor's ids of those whom it still has to delete."""
    return application.store.leaving(application.organisation, application.settings.asleep_environment)


def require_staying(vendor_id: str, gone: Collection[str]) -> None:
    """Returns when the user is not among those whom the vendor still has to delete.

    Raises:
        RosterError: they are.
    """
    if vendor_id in gone:
        raise RosterError(still_leaving(vendor_id))


def still_leaving(vendor_id: str) -> str:
    """Why a user whom the vendor still has to delete is not taken in."""
    return (
        f"The vendor still has to delete the user {vendor_id!r}, who was erased here. Wait for it, or take the "
        "deletion back in Admin, and add the person then."
    )


def admitted(application: Application, new: NewPerson) -> NewPerson:
    """The person as they may come in here: in the vendor environment in force.

    Raises:
        RosterError: a tag would name everybody.
    """
    if EVERYONE in {tag.strip().lower() for tag in new.tags}:
        raise RosterError(f"The tag {EVERYONE} is taken: it names everybody. Choose another.")
    return replace(new, environment=application.settings.asleep_environment)


def update_person(application: Application, actor: Actor, changed: Person) -> Person:
    """The person as the roster has them now; a zone that is another one dates their nights anew.

    Raises:
        NotAllowed, InvalidPerson, UnknownPerson.
        EditedMeanwhile: somebody else changed the person since `changed` was read; nothing was saved.
    """
    authorize(actor, Permission.MANAGE_PEOPLE, application.organisation, changed.person_id)
    known = application.person(changed.person_id)
    updated = application.store.update_person(application.organisation, changed, by=actor.name)
    if updated.zone != known.zone:
        # Nights whose session names no zone are dated by the roster's.
        application.archive.put(
            application.organisation,
            known.person_id,
            zone=updated.zone,
            results=(),
            received=application.now(),
            synced_at=None,
        )
    return updated


def date_anew(application: Application, people: Iterable[Person]) -> dict[str, str]:
    """Dates the nights of people by their zones on the roster now; for whom it fails, why, by person id."""
    return _dated_anew(
        application,
        [Delivery(person_id=each.person_id, zone=each.zone, sessions=SessionSet.empty()) for each in people],
    )


def _dated_anew(application: Application, deliveries: Sequence[Delivery]) -> dict[str, str]:
    if not deliveries:
        return {}
    try:
        application.archive.put_many(application.organisation, deliveries)
    except NewerFormat as problem:
        # One person's file; the archive does not say whose others, and has taken in the rest.
        if len(deliveries) == 1:
            return {deliveries[0].person_id: str(problem)}
        half = len(deliveries) // 2
        return _dated_anew(application, deliveries[:half]) | _dated_anew(application, deliveries[half:])
    except OSError as problem:  # the disk, which is the same for everybody
        return {each.person_id: str(problem) for each in deliveries}
    return {}
