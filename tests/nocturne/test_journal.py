"""The journal between pages and the store: who may, what charts mark, and what is told of somebody else's change."""

from dataclasses import replace
from datetime import date

import pytest

from nocturne import journal
from nocturne.access import Actor, NotAllowed
from nocturne.application import Application
from nocturne.journal import NewNote, NewPhase
from store.errors import EditedMeanwhile, InvalidEntry

NIGHT = date(2026, 3, 2)


def test_a_note_is_entered_edited_and_taken_out(filled: Application, actor: Actor) -> None:
    who = filled.people()[0].person_id
    note = journal.add_note(filled, actor, NewNote(person_id=who, text="Late flight", night=NIGHT))
    assert note.author == actor.name
    changed = journal.edit_note(filled, actor, note, "Late flight, slept in the hotel")
    assert journal.notes(filled, actor, who) == (changed,)
    with pytest.raises(EditedMeanwhile):
        journal.edit_note(filled, actor, note, "From another browser")
    journal.remove_note(filled, actor, changed)
    assert journal.notes(filled, actor, who) == ()


def test_night_tags_stand_by_their_night(filled: Application, actor: Actor) -> None:
    who = filled.people()[0].person_id
    for tag in ("travel", "alcohol"):
        journal.tag_night(filled, actor, who, NIGHT, tag)
    found = journal.night_tags(filled, actor, who)
    assert {night: [tag.tag for tag in tags] for night, tags in found.items()} == {
        NIGHT: ["alcohol", "travel"]
    }
    assert journal.known_night_tags(filled, actor) == ("alcohol", "travel")
    journal.untag_night(filled, actor, who, NIGHT, "travel")
    assert [tag.tag for tag in journal.night_tags(filled, actor, who)[NIGHT]] == ["alcohol"]


def test_charts_are_told_phases_and_notes_of_the_period_alone(filled: Application, actor: Actor) -> None:
    who = filled.people()[0].person_id
    camp = NewPhase(kind="phase", name="Camp", first=date(2026, 3, 1), last=date(2026, 3, 5))
    journal.add_phase(filled, actor, [who], camp)
    journal.add_phase(filled, actor, [who], NewPhase(kind="group", name="Control", first=date(2026, 1, 1)))
    journal.add_phase(filled, actor, [who], replace(camp, first=date(2025, 1, 1), last=date(2025, 1, 2)))
    journal.add_note(filled, actor, NewNote(person_id=who, text="Of the night", night=NIGHT))
    journal.add_note(filled, actor, NewNote(person_id=who, text="Of the person"))
    found = journal.marks(filled, actor, who, first=date(2026, 2, 20), last=date(2026, 3, 10))
    assert [(mark.kind, mark.label) for mark in found] == [
        ("group", "Control"),
        ("phase", "Camp"),
        ("note", "Of the night"),
    ]
    assert journal.known_phases(filled, actor, "phase") == ("Camp",)


def test_a_phase_is_ended_and_days_that_are_taken_are_refused_for_everybody(
    filled: Application, actor: Actor
) -> None:
    one, two = (person.person_id for person in filled.people()[:2])
    new = NewPhase(kind="phase", name="Camp", first=date(2026, 3, 1))
    (entered,) = journal.add_phase(filled, actor, [one], new)
    with pytest.raises(InvalidEntry, match="Already in a phase"):
        journal.add_phase(filled, actor, [one, two], replace(new, name="Exams", first=date(2026, 3, 6)))
    assert journal.phases(filled, actor, two) == ()
    ended = journal.change_phase(filled, actor, entered, replace(new, last=date(2026, 3, 5)))
    assert ended.last == date(2026, 3, 5)
    journal.remove_phase(filled, actor, ended)
    assert journal.phases(filled, actor, one) == ()


def test_who_may_not_write_or_see_is_told_so(filled: Application, actor: Actor) -> None:
    who = filled.people()[0].person_id
    stranger = replace(actor, role="nobody")
    for attempt in (
        lambda: journal.notes(filled, stranger, who),
        lambda: journal.add_note(filled, stranger, NewNote(person_id=who, text="x")),
        lambda: journal.tag_night(filled, stranger, who, NIGHT, "x"),
        lambda: journal.phases(filled, stranger, who),
        lambda: journal.add_phase(filled, stranger, [who], NewPhase(kind="phase", name="x", first=NIGHT)),
    ):
        with pytest.raises(NotAllowed):
            attempt()
