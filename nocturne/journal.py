"""What people write about nights and persons: notes, tags of nights, and phases; who may, and how charts mark them."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date

from analytics.marked import Marked
from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from store.journal import NewNote, NightTag, Note
from store.phases import NewPhase, Phase, PhaseKind

__all__ = [
    "NewNote",
    "NewPhase",
    "NightTag",
    "Note",
    "Phase",
    "PhaseKind",
    "add_note",
    "add_phase",
    "change_phase",
    "edit_note",
    "known_night_tags",
    "known_phases",
    "marks",
    "night_tags",
    "notes",
    "phases",
    "remove_note",
    "remove_phase",
    "tag_night",
    "untag_night",
]


def notes(
    application: Application,
    actor: Actor,
    person_id: str,
    *,
    first: date | None = None,
    last: date | None = None,
) -> tuple[Note, ...]:
    """The notes about a person, and then those about their nights from first to last.

    Raises:
        NotAllowed, UnknownPerson.
    """
    _see(application, actor, person_id)
    return application.store.journal.notes(application.organisation, person_id, first=first, last=last)


def add_note(application: Application, actor: Actor, new: NewNote) -> Note:
    """The note as it was entered.

    Raises:
        NotAllowed, InvalidEntry, UnknownPerson.
    """
    _write(application, actor, new.person_id)
    return application.store.journal.add_note(application.organisation, new, by=actor.name)


def edit_note(application: Application, actor: Actor, read: Note, text: str) -> Note:
    """The note with another text.

    Raises:
        NotAllowed, InvalidEntry, UnknownEntry.
        EditedMeanwhile: somebody else changed it after `read`; nothing was saved.
    """
    _write(application, actor, read.person_id)
    return application.store.journal.edit_note(
        application.organisation, replace(read, text=text), by=actor.name
    )


def remove_note(application: Application, actor: Actor, read: Note) -> None:
    """Takes a note out; nothing of it stays.

    Raises:
        NotAllowed, UnknownEntry.
    """
    _write(application, actor, read.person_id)
    application.store.journal.remove_note(application.organisation, read.note_id)


def night_tags(
    application: Application,
    actor: Actor,
    person_id: str,
    *,
    first: date | None = None,
    last: date | None = None,
) -> Mapping[date, tuple[NightTag, ...]]:
    """The tags of a person's nights from first to last, by night; nights without any are absent.

    Raises:
        NotAllowed, UnknownPerson.
    """
    _see(application, actor, person_id)
    found: dict[date, tuple[NightTag, ...]] = {}
    for tag in application.store.journal.night_tags(
        application.organisation, person_id, first=first, last=last
    ):
        found[tag.night] = (*found.get(tag.night, ()), tag)
    return found


def known_night_tags(application: Application, actor: Actor) -> tuple[str, ...]:
    """The tags that nights of anybody have, by name: what to offer before somebody makes up another spelling.

    Raises:
        NotAllowed.
    """
    _see(application, actor)
    return tuple(application.store.journal.night_tag_counts(application.organisation))


def tag_night(application: Application, actor: Actor, person_id: str, night: date, tag: str) -> None:
    """The night has the tag from now on.

    Raises:
        NotAllowed, InvalidEntry, UnknownPerson.
    """
    _write(application, actor, person_id)
    application.store.journal.tag_night(application.organisation, person_id, night, tag, by=actor.name)


def untag_night(application: Application, actor: Actor, person_id: str, night: date, tag: str) -> None:
    """The night does not have the tag from now on.

    Raises:
        NotAllowed.
    """
    _write(application, actor, person_id)
    application.store.journal.untag_night(application.organisation, person_id, night, tag)


def phases(application: Application, actor: Actor, person_id: str) -> tuple[Phase, ...]:
    """The groups and phases of a person, by first day.

    Raises:
        NotAllowed, UnknownPerson.
    """
    _see(application, actor, person_id)
    return application.store.phases.of_person(application.organisation, person_id)


def known_phases(application: Application, actor: Actor, kind: PhaseKind) -> tuple[str, ...]:
    """The names of phases or groups that anybody has, by name.

    Raises:
        NotAllowed.
    """
    _see(application, actor)
    return tuple(application.store.phases.names(application.organisation, kind))


def add_phase(
    application: Application, actor: Actor, person_ids: Collection[str], new: NewPhase
) -> tuple[Phase, ...]:
    """The phase as entered for each of these people: for everybody, or for nobody.

    Raises:
        NotAllowed, UnknownPerson.
        InvalidEntry: name or days cannot be accepted, or somebody is in one of that kind on a day of it.
    """
    _write(application, actor)
    return application.store.phases.add(application.organisation, person_ids, new, by=actor.name)


def change_phase(application: Application, actor: Actor, read: Phase, new: NewPhase) -> Phase:
    """The phase with what `new` says; to end it is to give it a last day.

    Raises:
        NotAllowed, InvalidEntry, UnknownEntry.
        EditedMeanwhile: somebody else changed it after `read`; nothing was saved.
    """
    _write(application, actor, read.person_id)
    changed = replace(read, kind=new.kind, name=new.name, first=new.first, last=new.last)
    return application.store.phases.update(application.organisation, changed, by=actor.name)


def remove_phase(application: Application, actor: Actor, read: Phase) -> None:
    """Takes a phase of one person out.

    Raises:
        NotAllowed, UnknownEntry.
    """
    _write(application, actor, read.person_id)
    application.store.phases.remove(application.organisation, read.phase_id)


def marks(
    application: Application, actor: Actor, person_id: str, *, first: date, last: date
) -> tuple[Marked, ...]:
    """Phases, groups and notes of nights from first to last, as charts draw them.

    A note about the person has no date and is not among them. The days of a phase are labels of nights.

    Raises:
        NotAllowed, UnknownPerson.
    """
    return (
        *(
            Marked(first=phase.first, last=phase.last, label=phase.name, kind=phase.kind)
            for phase in phases(application, actor, person_id)
            if phase.first <= last and (phase.last is None or phase.last >= first)
        ),
        *(
            Marked(first=note.night, last=None, label=note.text, kind="note")
            for note in notes(application, actor, person_id, first=first, last=last)
            if note.night is not None
        ),
    )


def _see(application: Application, actor: Actor, person_id: str | None = None) -> None:
    authorize(actor, Permission.SEE_PEOPLE, application.organisation, person_id)


def _write(application: Application, actor: Actor, person_id: str | None = None) -> None:
    authorize(actor, Permission.WRITE_JOURNAL, application.organisation, person_id)
