"""People in and out: the vendor has no list of users, so Nocturne keeps its own."""

from collections.abc import Iterable
from dataclasses import replace

from asleep.metadata import checked_metadata
from asleep.models import UserMetadata
from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from nocturne.demo import DemoPerson
from nocturne.roster_file import RosterError
from store.people import NewPerson, Person, checked_person

EVERYONE = "everyone"


def add_person(application: Application, actor: Actor, new: NewPerson) -> Person:
    """The person, now on the roster.

    Raises:
        NotAllowed, InvalidPerson, DuplicatePerson: each with a sentence.
    """
    authorize(actor, Permission.MANAGE_PEOPLE, application.organisation)
    return application.store.add_person(application.organisation, admitted(application, new))


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
    return application.store.add_person(application.organisation, replace(checked, vendor_id=vendor_id))


def enrol(application: Application, people: Iterable[DemoPerson]) -> None:
    """Puts the demo's people on the roster, those already there left as they are."""
    known = {person.vendor_id for person in application.people()}
    application.store.add_people(
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


def admitted(application: Application, new: NewPerson) -> NewPerson:
    """The person as they may come in here: in the vendor environment in force.

    Raises:
        RosterError: a tag would name everybody, or the vendor still has to delete the user.
    """
    leaving = application.store.leaving(application.organisation, application.settings.asleep_environment)
    if new.vendor_id in leaving:
        raise RosterError(
            f"The vendor still has to delete the user {new.vendor_id!r}, who was erased here. Wait for it, or take the "
            "deletion back in Admin, and add the person then."
        )
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
