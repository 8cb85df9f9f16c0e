"""Notes and tags of nights: a card on Night for the one that is shown, a card on Person for all of the period."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final

import streamlit as st

from analytics.wording import day, plural
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.journal import (
    NewNote,
    Note,
    add_note,
    edit_note,
    known_night_tags,
    night_tags,
    notes,
    remove_note,
    tag_night,
    untag_night,
)
from pages.carried import EDITED_NOTES
from pages.drafts import draft_area, saved
from pages.parts import card, escape, escape_lines, follow_link, reader_clock
from pages.telling import attempt, told
from store.errors import EditedMeanwhile
from store.journal import MAX_NOTE
from store.people import MAX_TAG

_PLACE: Final = "notes"


def night_card(
    application: Application, actor: Actor, person_id: str, night: date, session_id: str | None
) -> None:
    """The notes and tags of one night, and what it takes to write another.

    Args:
        application: whose journal.
        actor: who reads and writes.
        person_id: whose night.
        night: its label.
        session_id: of a nap or a recording without a night of its own; None for the main sleep.
    """
    found = [
        note
        for note in notes(application, actor, person_id, first=night, last=night)
        if note.night is not None
    ]
    with card("notes", _heading(found), "Notes stand in the period of the person too, and on its charts."):
        told(_PLACE)
        _tags(application, actor, person_id, night)
        for note in found:
            about = "" if note.session_id in {None, session_id} else "about another recording of this date"
            _note(application, actor, note, about)
        new = NewNote(person_id=person_id, text="", night=night, session_id=session_id)
        _form(application, actor, new, "Write a note about this night")


def notes_card(application: Application, actor: Actor, person_id: str, *, first: date, last: date) -> None:
    """All notes of the period, those about the person first; each leads to its night."""
    found = notes(application, actor, person_id, first=first, last=last)
    with card(
        "notes", _heading(found), "About the person, and about nights of this period; Night has a form too."
    ):
        told(_PLACE)
        for note in found:
            about = "about the person" if note.night is None else f"night to {day(note.night, year=False)}"
            _note(application, actor, note, about)
        _form(application, actor, NewNote(person_id=person_id, text=""), "Write a note about the person")


def _heading(found: Sequence[Note]) -> str:
    return plural(len(found), "note") if found else "No notes yet"


def _note(application: Application, actor: Actor, note: Note, about: str) -> None:
    """One note with who wrote it and when; its text as a field while it is being edited."""
    read = _edited().get(note.note_id)
    with st.container(key=f"note_{note.note_id}", gap="xsmall"):
        st.markdown(escape_lines(note.text))
        st.caption(" · ".join(part for part in (escape(about), _by(note)) if part))
        if read is not None:
            _edit_form(application, actor, read)
            return
        with st.container(horizontal=True):
            st.button(
                "Edit",
                key=f"note_edit_{note.note_id}",
                type="tertiary",
                icon=":material/edit:",
                on_click=_begin,
                args=(note,),
            )
            with st.popover(
                "Remove", type="tertiary", icon=":material/delete:", key=f"note_ask_{note.note_id}"
            ):
                st.markdown("Remove this note? Nothing of it is kept.")
                st.button(
                    "Yes, remove it",
                    key=f"note_remove_{note.note_id}",
                    on_click=_remove,
                    args=(application, actor, note),
                )


def _by(note: Note) -> str:
    written = f"{escape(note.author)}, {reader_clock(note.created_at)}"
    if note.edited_at is None:
        return written
    return f"{written}; edited by {escape(note.edited_by)}, {reader_clock(note.edited_at)}"


def _edited() -> dict[str, Note]:
    """The notes that are being edited, by id: beginning with one must not take away what was written in another."""
    open_now: dict[str, Note] = st.session_state.setdefault(EDITED_NOTES, {})
    return open_now


def _begin(note: Note) -> None:
    _edited()[note.note_id] = note


def _stop(note_id: str) -> None:
    _edited().pop(note_id, None)


def _edit_form(application: Application, actor: Actor, read: Note) -> None:
    """The text as a field; it holds the version that was read when editing began."""
    key = f"note_text_{read.note_id}"
    with st.form(f"note_form_{read.note_id}", border=False):
        st.text_area("Note", read.text, max_chars=MAX_NOTE, key=key)
        with st.container(horizontal=True):
            st.form_submit_button(
                "Save", type="primary", on_click=_save, args=(application, actor, read, key)
            )
            st.form_submit_button("Leave as it was", on_click=_stop, args=(read.note_id,))


def _save(application: Application, actor: Actor, read: Note, key: str) -> None:
    def act() -> str:
        try:
            edit_note(application, actor, read, st.session_state[key])
        except EditedMeanwhile:
            # The field keeps what the reader wrote; above it stands what the other one did.
            _stop(read.note_id)
            for note in notes(application, actor, read.person_id):
                if note.note_id == read.note_id:
                    _begin(note)
            raise
        _stop(read.note_id)
        return "The note is changed."

    attempt(_PLACE, act)


def _remove(application: Application, actor: Actor, note: Note) -> None:
    def act() -> str:
        remove_note(application, actor, note)
        return "The note is removed."

    attempt(_PLACE, act)


def _form(application: Application, actor: Actor, new: NewNote, label: str) -> None:
    """A field whose text is kept while another night is looked at, and the button that makes a note of it."""
    of = f"note_new_{new.person_id}_{new.night}"
    key = draft_area(label, of, max_chars=MAX_NOTE, height=80, placeholder="What happened, in your words")
    st.button("Add the note", key=f"{of}_add", on_click=_add, args=(application, actor, new, of, key))


def _add(application: Application, actor: Actor, new: NewNote, of: str, key: str) -> None:
    def act() -> str:
        add_note(application, actor, replace(new, text=st.session_state[key]))
        saved(of)  # one that was refused stays in the field
        return "The note is added."

    attempt(_PLACE, act)


def _tags(application: Application, actor: Actor, person_id: str, night: date) -> None:
    """The tags of the night in one field: choosing adds, taking away removes, writing makes a new one."""
    mine = night_tags(application, actor, person_id, first=night, last=night).get(night, ())
    has = [tag.tag for tag in mine]
    key = f"night_tags_{person_id}_{night}"
    st.session_state[f"{key}_stored"] = has
    follow_link(key, has)
    st.multiselect(
        "Tags of this night",
        sorted({*known_night_tags(application, actor), *has}),
        key=key,
        accept_new_options=True,
        placeholder="travel, late meal, ill …",
        help=f"Choose one, or write a new one of at most {MAX_TAG} characters.",
        on_change=_retag,
        args=(application, actor, person_id, night, key),
    )
    if mine:
        st.caption(
            "; ".join(
                f"{escape(tag.tag)}: {escape(tag.author)}, {reader_clock(tag.created_at)}" for tag in mine
            )
        )


def _retag(application: Application, actor: Actor, person_id: str, night: date, key: str) -> None:
    before, now = st.session_state[f"{key}_stored"], st.session_state[key]

    def act() -> str:
        for tag in now:
            if tag not in before:
                tag_night(application, actor, person_id, night, tag)
        for tag in before:
            if tag not in now:
                untag_night(application, actor, person_id, night, tag)
        return ""

    attempt(_PLACE, act)
