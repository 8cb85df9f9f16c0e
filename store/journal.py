"""The journal: what people write about nights and persons, and the tags that they give to nights."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Engine, delete, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from store.engine import erasing, reading, writing
from store.errors import InvalidEntry, UnknownEntry
from store.people import checked_tags, checked_text
from store.rows import checked_actor, mark_changed, opaque_id, person_row, require_version
from store.tables import NightTagRow, NoteRow

MAX_NOTE = 2000
_MAX_SESSION_ID = 200


@dataclass(frozen=True, kw_only=True)
class NewNote:
    """A note to be entered.

    Attributes:
        person_id: whom it is about.
        text: 1 to 2000 characters, on as many lines as wanted.
        night: which night; None when it is about the person.
        session_id: which recording of that night, where it is about one.
    """

    person_id: str
    text: str
    night: date | None = None
    session_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Note:
    """A note: what `NewNote` has, and what follows.

    Attributes:
        note_id: ours, and opaque.
        author, created_at: who wrote it, and when (UTC).
        edited_by, edited_at: who changed its text last, and when (UTC); "" and None when nobody did.
        version: rises with every change.
    """

    note_id: str
    person_id: str
    night: date | None
    session_id: str | None
    text: str
    author: str
    created_at: datetime
    edited_by: str
    edited_at: datetime | None
    version: int


@dataclass(frozen=True, kw_only=True)
class NightTag:
    """One tag of one night of a person, who set it, and when (UTC)."""

    person_id: str
    night: date
    tag: str
    author: str
    created_at: datetime


class Journal:
    """Notes and tags of nights, reached as `Store.journal`."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine, now

    def add_note(self, organisation: str, new: NewNote, *, by: str) -> Note:
        """The note as entered, with a new opaque id.

        Raises:
            InvalidEntry: a field cannot be accepted.
            UnknownPerson: nobody in the organisation has that id.
        """
        row = NoteRow(
            organisation_id=organisation,
            id=opaque_id("n"),
            person_id=new.person_id,
            night=new.night,
            session_id=_checked_session(new),
            text=_checked_note(new.text),
            author=checked_actor(by),
            created_at=self._now(),
            version=1,
            changed_by="",
        )
        with writing(self._engine) as session:
            person_row(session, organisation, new.person_id, lock=True)
            session.add(row)
        return _note(row)

    def edit_note(self, organisation: str, note: Note, *, by: str) -> Note:
        """The note with the text given, a version later; what it is about does not change.

        Raises:
            InvalidEntry: the text cannot be accepted.
            UnknownEntry: the organisation has no such note (any more).
            EditedMeanwhile: it has been changed after the version that was read.
        """
        text, actor = _checked_note(note.text), checked_actor(by)
        with writing(self._engine) as session:
            row = _note_row(session, organisation, note.note_id)
            require_version(row, note.version, "The note")
            row.text = text
            mark_changed(row, by=actor, at=self._now())
        return _note(row)

    def remove_note(self, organisation: str, note_id: str) -> None:
        """Take a note out; no byte of it stays in the database file.

        Raises:
            UnknownEntry: the organisation has no such note.
        """
        with erasing(self._engine) as session:
            session.delete(_note_row(session, organisation, note_id))

    def notes(
        self, organisation: str, person_id: str, *, first: date | None = None, last: date | None = None
    ) -> tuple[Note, ...]:
        """The notes about the person, and then those about nights from `first` to `last`, by night and by age.

        Raises:
            UnknownPerson: nobody in the organisation has that id.
        """
        query = select(NoteRow).where(
            NoteRow.organisation_id == organisation,
            NoteRow.person_id == person_id,
            NoteRow.night.is_(None) | _within(NoteRow.night, first, last),
        )
        with reading(self._engine) as session:
            person_row(session, organisation, person_id)
            found = [_note(row) for row in session.scalars(query)]
        return tuple(sorted(found, key=lambda note: (note.night or date.min, note.created_at, note.note_id)))

    def tag_night(self, organisation: str, person_id: str, night: date, tag: str, *, by: str) -> None:
        """The night has the tag from now on; one that it has already keeps who set it.

        Raises:
            InvalidEntry: the tag cannot be accepted, or the night has too many.
            UnknownPerson: nobody in the organisation has that id.
        """
        (checked,) = checked_tags([tag], refusal=InvalidEntry)
        actor = checked_actor(by)
        with writing(self._engine) as session:
            person_row(session, organisation, person_id, lock=True)
            mine = _of_night(organisation, person_id, night)
            tags = set(session.scalars(select(NightTagRow.tag).where(*mine)))
            if checked in tags:
                return
            checked_tags({*tags, checked}, refusal=InvalidEntry)
            row = NightTagRow(organisation_id=organisation, person_id=person_id, night=night, tag=checked)
            row.author, row.created_at = actor, self._now()
            session.add(row)

    def untag_night(self, organisation: str, person_id: str, night: date, tag: str) -> None:
        """The night does not have the tag from now on, whether it had it or not."""
        with writing(self._engine) as session:
            mine = _of_night(organisation, person_id, night)
            session.execute(delete(NightTagRow).where(*mine, NightTagRow.tag == tag))

    def night_tags(
        self, organisation: str, person_id: str, *, first: date | None = None, last: date | None = None
    ) -> tuple[NightTag, ...]:
        """The tags of the person's nights from `first` to `last`, by night and tag.

        Raises:
            UnknownPerson: nobody in the organisation has that id.
        """
        query = select(NightTagRow).where(
            NightTagRow.organisation_id == organisation,
            NightTagRow.person_id == person_id,
            _within(NightTagRow.night, first, last),
        )
        with reading(self._engine) as session:
            person_row(session, organisation, person_id)
            found = [_night_tag(row) for row in session.scalars(query)]
        return tuple(sorted(found, key=lambda each: (each.night, each.tag)))

    def night_tag_counts(self, organisation: str) -> dict[str, int]:
        """The tags of nights in alphabetical order, each with how many nights of anybody have it."""
        query = (
            select(NightTagRow.tag, func.count())
            .where(NightTagRow.organisation_id == organisation)
            .group_by(NightTagRow.tag)
        )
        with reading(self._engine) as session:
            return dict(sorted(iter(session.execute(query))))


def _checked_note(text: str) -> str:
    return checked_text(text, field="The note", longest=MAX_NOTE, lines=True, refusal=InvalidEntry)


def _checked_session(new: NewNote) -> str | None:
    if new.session_id is None:
        return None
    if new.night is None:
        raise InvalidEntry("A note about a recording names its night too; give the night.")
    return checked_text(
        new.session_id, field="The session's id", longest=_MAX_SESSION_ID, refusal=InvalidEntry
    )


def _note_row(session: Session, organisation: str, note_id: str) -> NoteRow:
    row = session.get(NoteRow, (organisation, note_id), with_for_update={"key_share": True})
    if row is None:
        raise UnknownEntry(f"There is no note with the id {note_id[:40]!r}; load the notes again.")
    return row


def _of_night(organisation: str, person_id: str, night: date) -> tuple[ColumnElement[bool], ...]:
    return (
        NightTagRow.organisation_id == organisation,
        NightTagRow.person_id == person_id,
        NightTagRow.night == night,
    )


def _within(
    night: InstrumentedAttribute[date] | InstrumentedAttribute[date | None],
    first: date | None,
    last: date | None,
) -> ColumnElement[bool]:
    return night.between(first or date.min, last or date.max)


def _note(row: NoteRow) -> Note:
    return Note(
        note_id=row.id,
        person_id=row.person_id,
        night=row.night,
        session_id=row.session_id,
        text=row.text,
        author=row.author,
        created_at=row.created_at,
        edited_by=row.changed_by,
        edited_at=row.changed_at,
        version=row.version,
    )


def _night_tag(row: NightTagRow) -> NightTag:
    return NightTag(
        person_id=row.person_id, night=row.night, tag=row.tag, author=row.author, created_at=row.created_at
    )
