"""Notes and tags of nights: what is kept, by whom, and what is refused."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from store.database import Store
from store.errors import EditedMeanwhile, InvalidEntry, UnknownEntry, UnknownPerson
from store.journal import NewNote
from tests.store.samples import NOW, somebody

NIGHT = date(2026, 2, 27)


@pytest.fixture
def person(store: Store) -> str:
    return store.add_person("north", somebody()).person_id


def test_a_note_comes_back_as_written(store: Store, person: str) -> None:
    new = NewNote(person_id=person, night=NIGHT, session_id="S-1", text=" Travelled.\r\nTwo\tzones; 時差 ")
    added = store.journal.add_note("north", new, by="Kim")
    assert added.text == "Travelled.\nTwo\tzones; 時差"
    assert (added.night, added.session_id, added.author, added.created_at) == (NIGHT, "S-1", "Kim", NOW)
    assert (added.edited_by, added.edited_at, added.version) == ("", None, 1)
    assert store.journal.notes("north", person) == (added,)


def test_notes_are_listed_about_the_person_first_and_then_by_night_within_the_period(
    store: Store, person: str
) -> None:
    nights = [NIGHT + timedelta(days=3), None, NIGHT, NIGHT + timedelta(days=9), NIGHT - timedelta(days=1)]
    for night in nights:
        store.journal.add_note("north", NewNote(person_id=person, night=night, text=str(night)), by="Kim")
    listed = store.journal.notes("north", person, first=NIGHT, last=NIGHT + timedelta(days=3))
    assert [note.night for note in listed] == [None, NIGHT, NIGHT + timedelta(days=3)]
    assert [note.night for note in store.journal.notes("north", person)] == [
        None, *sorted(night for night in nights if night),
    ]  # fmt: skip


def test_a_note_is_edited_by_who_read_it_last_and_says_so(url: str) -> None:
    clock = [NOW]
    store = Store(url, now=lambda: clock[0])
    store.ensure_organisation("north", "North", "UTC")
    person = store.add_person("north", somebody()).person_id
    read = store.journal.add_note("north", NewNote(person_id=person, text="First"), by="Kim")
    clock[0] += timedelta(minutes=5)
    saved = store.journal.edit_note("north", replace(read, text="Second", night=NIGHT), by="Lee")
    assert saved == replace(read, text="Second", edited_by="Lee", edited_at=clock[0], version=2)
    with pytest.raises(EditedMeanwhile, match="The note was changed by Lee at 2026-03-01 12:05 UTC"):
        store.journal.edit_note("north", replace(read, text="Third"), by="Kim")
    assert store.journal.notes("north", person) == (saved,)
    store.journal.remove_note("north", saved.note_id)
    assert store.journal.notes("north", person) == ()
    for late in (
        lambda: store.journal.edit_note("north", saved, by="Kim"),
        lambda: store.journal.remove_note("north", saved.note_id),
    ):
        with pytest.raises(UnknownEntry, match="no note with the id"):
            late()
    store.close()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"text": " \n "}, "The note is empty"),
        ({"text": "a" * 2001}, "The note has 2001 characters; the most is 2000"),
        ({"text": "a\x00b"}, "The note holds a control character; take it out"),
        ({"text": "a\u202eb"}, "The note holds a control character"),
        ({"night": None}, "names its night too"),
        ({"session_id": ""}, "The session's id is empty"),
    ],
)
def test_a_note_that_cannot_be_accepted_is_refused(
    store: Store, person: str, changes: dict[str, str], sentence: str
) -> None:
    good = NewNote(person_id=person, text="a" * 2000, night=NIGHT, session_id="S-1")
    store.journal.add_note("north", good, by="Kim")
    with pytest.raises(InvalidEntry, match=sentence):
        store.journal.add_note("north", replace(good, **changes), by="Kim")  # type: ignore[arg-type]
    assert len(store.journal.notes("north", person)) == 1


def test_tags_of_nights_are_set_once_taken_off_and_counted(store: Store, person: str) -> None:
    other = store.add_person("north", somebody("G-2")).person_id
    later = NIGHT + timedelta(days=1)
    for who, night, tag in (
        (person, NIGHT, "Travel"), (person, NIGHT, "alcohol"), (person, later, "Travel"), (other, NIGHT, "Travel"),
    ):  # fmt: skip
        store.journal.tag_night("north", who, night, tag, by="Kim")
    store.journal.tag_night("north", person, NIGHT, " Travel ", by="Lee")
    assert store.journal.night_tag_counts("north") == {"Travel": 3, "alcohol": 1}
    listed = store.journal.night_tags("north", person)
    assert [(each.night, each.tag, each.author, each.created_at) for each in listed] == [
        (NIGHT, "Travel", "Kim", NOW),
        (NIGHT, "alcohol", "Kim", NOW),
        (later, "Travel", "Kim", NOW),
    ]
    assert store.journal.night_tags("north", person, first=later) == listed[2:]
    assert store.journal.night_tags("north", person, last=NIGHT) == listed[:2]
    store.journal.untag_night("north", person, NIGHT, "Travel")
    store.journal.untag_night("north", person, NIGHT, "never set")
    assert store.journal.night_tags("north", person) == listed[1:]
    assert store.journal.night_tag_counts("north") == {"Travel": 2, "alcohol": 1}


def test_tags_of_nights_are_checked_like_those_of_people(store: Store, person: str) -> None:
    for number in range(50):
        store.journal.tag_night("north", person, NIGHT, f"t{number}", by="Kim")
    store.journal.tag_night("north", person, NIGHT, "t1", by="Kim")
    for tag, sentence in (("a;b", "semicolon"), ("", "A tag is empty"), ("more", "51 tags are too many")):
        with pytest.raises(InvalidEntry, match=sentence):
            store.journal.tag_night("north", person, NIGHT, tag, by="Kim")
    assert len(store.journal.night_tags("north", person)) == 50


def test_the_journal_of_one_organisation_is_closed_to_others(store: Store, person: str) -> None:
    note = store.journal.add_note("north", NewNote(person_id=person, text="Mine"), by="Kim")
    store.journal.tag_night("north", person, NIGHT, "Travel", by="Kim")
    for reach in (
        lambda: store.journal.add_note("south", NewNote(person_id=person, text="Theirs"), by="Lee"),
        lambda: store.journal.notes("south", person),
        lambda: store.journal.tag_night("south", person, NIGHT, "x", by="Lee"),
        lambda: store.journal.night_tags("south", person),
    ):
        with pytest.raises(UnknownPerson):
            reach()
    for late in (
        lambda: store.journal.edit_note("south", note, by="Lee"),
        lambda: store.journal.remove_note("south", note.note_id),
    ):
        with pytest.raises(UnknownEntry):
            late()
    store.journal.untag_night("south", person, NIGHT, "Travel")
    assert store.journal.night_tag_counts("south") == {}
    assert store.journal.night_tag_counts("north") == {"Travel": 1}
    assert store.journal.notes("north", person) == (note,)


def test_no_byte_of_a_removed_note_stays_in_the_files(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/store.db", now=lambda: datetime.now(NOW.tzinfo))
    store.ensure_organisation("north", "North", "UTC")
    person = store.add_person("north", somebody()).person_id
    long = "CANARY-NOTE " + "x" * 1900  # longer than the rest of a page
    notes = [
        store.journal.add_note("north", NewNote(person_id=person, text=long), by="Kim") for _ in range(5)
    ]
    for note in notes:
        store.journal.remove_note("north", note.note_id)
    left = [file.name for file in tmp_path.iterdir() if b"CANARY-NOTE" in file.read_bytes()]
    store.close()
    assert left == []
