"""Notes, tags and phases are written on Night and Person, told when somebody else was faster, and shown as they are."""

from datetime import date, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from nocturne import access, journal
from nocturne.access import Actor, local_actor
from nocturne.application import Application
from nocturne.journal import NewNote, NewPhase
from store.people import Person
from tests.nocturne.conftest import make_application, simulator  # noqa: F401
from tests.pages.test_pages import empty, filled, plain, run, way_to, words  # noqa: F401

HOSTILE = (
    '<img src=x onerror="alert(1)">',
    '=HYPERLINK("http://x","y")',
    "שלום עולם *bold* :red[x]",
    "👩‍🚀🛌 $a$",
    "m" * 200,
)


@pytest.fixture
def actor(filled: Application) -> Actor:  # noqa: F811
    return local_actor(filled.organisation)


@pytest.fixture
def person(filled: Application) -> Person:  # noqa: F811
    return filled.people()[0]


@pytest.fixture
def newest(filled: Application, person: Person) -> date:  # noqa: F811
    nights = filled.archive.nights(filled.organisation, person.person_id)
    mains = nights[nights["valid"] & (nights["kind"] == "main")]
    label: date = mains["night"].max().date()
    return label


def said(app: AppTest) -> str:
    assert not app.exception
    return plain(words(app) + "\n".join(each.value for each in app.success)).replace("\\", "")


def test_a_note_of_a_night_is_written_and_stands_with_its_author(
    filled: Application,  # noqa: F811
    person: Person,
    newest: date,
) -> None:
    app = run("night.py", person=person.person_id)
    assert "No notes yet" in said(app)
    app.text_area(key=f"note_new_{person.person_id}_{newest}_0").input("Late flight\nslept in a hotel")
    next(button for button in app.button if button.label == "Add the note").click().run()
    text = said(app)
    for part in ("The note is added", "1 note", "Late flight", "slept in a hotel", "local, "):
        assert part in text, part
    (note,) = filled.store.journal.notes(filled.organisation, person.person_id)
    assert (note.night, note.session_id) == (newest, None)
    assert "Late flight" in said(run("person.py", person=person.person_id))


def test_what_is_written_and_not_saved_is_there_again_when_its_night_is(
    filled: Application,  # noqa: F811
    person: Person,
    newest: date,
) -> None:
    app = run("night.py", person=person.person_id)
    drafts = [f"note_new_{person.person_id}_{newest - timedelta(days=back)}_0" for back in (0, 1)]
    app.text_area(key=drafts[0]).input("Half a sentence").run()
    previous = next(button for button in app.button if button.label == "Previous")
    previous.click().run()
    assert app.text_area(key=drafts[1]).value == ""
    app.text_area(key=drafts[1]).input("Of the night before").run()
    next(button for button in app.button if button.label == "Add the note").click().run()
    assert "The note is added" in said(app)
    assert app.text_area(key=drafts[1].replace("_0", "_1")).value == ""
    next(button for button in app.button if button.label == "Next").click().run()
    assert app.text_area(key=drafts[0]).value == "Half a sentence"
    assert [note.text for note in filled.store.journal.notes(filled.organisation, person.person_id)] == [
        "Of the night before"
    ]


def test_a_note_that_says_nothing_is_refused_with_a_sentence(filled: Application, person: Person) -> None:  # noqa: F811
    app = run("night.py", person=person.person_id)
    next(button for button in app.button if button.label == "Add the note").click().run()
    assert "The note is empty" in said(app)


def test_an_edit_after_somebody_else_s_is_told_and_keeps_what_was_written(
    filled: Application,  # noqa: F811
    actor: Actor,
    person: Person,
    newest: date,
) -> None:
    note = journal.add_note(filled, actor, NewNote(person_id=person.person_id, text="First", night=newest))
    app = run("night.py", person=person.person_id)
    app.button(key=f"note_edit_{note.note_id}").click().run()
    journal.edit_note(filled, actor, note, "From another browser")
    app.text_area(key=f"note_text_{note.note_id}").input("Mine")
    save = next(button for button in app.button if button.label == "Save")
    save.click().run()
    assert "The note was changed by local" in said(app)
    assert "From another browser" in said(app)
    assert app.text_area(key=f"note_text_{note.note_id}").value == "Mine"
    next(button for button in app.button if button.label == "Save").click().run()
    assert "The note is changed" in said(app)
    (stored,) = filled.store.journal.notes(filled.organisation, person.person_id)
    assert stored.text == "Mine"


def test_two_notes_are_edited_side_by_side(filled: Application, actor: Actor, person: Person) -> None:  # noqa: F811
    one, two = (
        journal.add_note(filled, actor, NewNote(person_id=person.person_id, text=text))
        for text in ("One", "Two")
    )
    app = run("person.py", person=person.person_id)
    app.button(key=f"note_edit_{one.note_id}").click().run()
    app.button(key=f"note_edit_{two.note_id}").click().run()
    assert open_edits(app) == {one.note_id, two.note_id}, "what is written in the first stays"
    next(button for button in app.button if button.label == "Leave as it was").click().run()
    assert len(open_edits(app)) == 1


def open_edits(app: AppTest) -> set[str]:
    return {
        str(area.key).removeprefix("note_text_") for area in app.text_area if "note_text_" in str(area.key)
    }


def test_a_note_is_removed(filled: Application, actor: Actor, person: Person, newest: date) -> None:  # noqa: F811
    note = journal.add_note(filled, actor, NewNote(person_id=person.person_id, text="Wrong", night=newest))
    app = run("night.py", person=person.person_id)
    app.button(key=f"note_remove_{note.note_id}").click().run()
    assert "The note is removed" in said(app)
    assert "No notes yet" in said(app)


def test_a_night_is_tagged_and_the_table_is_filtered_by_it(
    filled: Application,  # noqa: F811
    actor: Actor,
    person: Person,
    newest: date,
) -> None:
    journal.tag_night(filled, actor, person.person_id, newest - timedelta(days=1), "late meal")
    app = run("night.py", person=person.person_id)
    field = app.multiselect(key=f"night_tags_{person.person_id}_{newest}")
    assert field.options == ["late meal"]
    field.set_value(["late meal"]).run()
    assert [tag.tag for tag in journal.night_tags(filled, actor, person.person_id)[newest]] == ["late meal"]
    app.multiselect(key=f"night_tags_{person.person_id}_{newest}").set_value([]).run()
    assert newest not in journal.night_tags(filled, actor, person.person_id)
    everything = run("person.py", person=person.person_id)
    table = next(each.value for each in everything.dataframe if "Tags" in each.value.columns)
    assert ["late meal"] in [list(tags) for tags in table["Tags"]]
    some = run("person.py", person=person.person_id, tag="late meal")
    assert "sessions of this period are tagged so" in said(some)
    filtered = next(each.value for each in some.dataframe if "Tags" in each.value.columns)
    assert 0 < len(filtered) < len(table)
    assert {tuple(tags) for tags in filtered["Tags"]} == {("late meal",)}


def test_a_filter_that_nothing_has_is_left_out_with_a_remark(filled: Application, person: Person) -> None:  # noqa: F811
    app = run("person.py", person=person.person_id, tag="<b>nothing</b>")
    assert not app.exception
    assert "filters by a tag that nothing here has" in app.info[0].value


def test_a_phase_is_entered_ended_and_drawn(
    filled: Application,  # noqa: F811
    actor: Actor,
    person: Person,
    newest: date,
) -> None:
    journal.add_phase(
        filled,
        actor,
        [person.person_id],
        NewPhase(kind="phase", name="Camp", first=newest - timedelta(days=5)),
    )
    (phase,) = journal.phases(filled, actor, person.person_id)
    app = run("person.py", person=person.person_id)
    assert "Camp · phase, since" in said(app).replace("**", "")
    charts = [each.proto.alt for each in app.get("plotly_chart") if hasattr(each.proto, "alt")]
    assert sum("Phase: Camp" in alt for alt in charts) == 2 or not charts
    app.button(key=f"phase_stop_circle_{phase.phase_id}").click().run()
    assert "“Camp” is changed" in said(app)
    assert journal.phases(filled, actor, person.person_id)[0].last is not None
    app.button(key=f"phase_remove_{phase.phase_id}").click().run()
    assert "“Camp” is removed" in said(app)
    assert "No phases yet" in said(app)


def test_a_new_phase_on_taken_days_is_refused_with_a_sentence(
    filled: Application,  # noqa: F811
    actor: Actor,
    person: Person,
) -> None:
    new = NewPhase(kind="phase", name="Camp", first=filled.now().date() - timedelta(days=5))
    journal.add_phase(filled, actor, [person.person_id], new)
    app = run("person.py", person=person.person_id)
    app.selectbox(key=f"phase_new_{person.person_id}_0_name").set_value("Camp")
    next(button for button in app.button if button.label == "Add").click().run()
    assert "Already in a phase on some of these days" in said(app)


def test_a_phase_without_a_name_is_refused_where_it_is_filled_in(filled: Application, person: Person) -> None:  # noqa: F811
    app = run("person.py", person=person.person_id)

    def form() -> list[tuple[str, int]]:
        return way_to(app, next(button for button in app.button if button.label == "Add"))[:-1]

    before = form()
    next(button for button in app.button if button.label == "Add").click().run()
    (refusal,) = app.error
    assert way_to(app, refusal)[: len(before)] == form() == before, "what is open in the browser would close"


def test_an_edit_left_open_does_not_come_back_with_the_person(
    filled: Application,  # noqa: F811
    actor: Actor,
    person: Person,
) -> None:
    new = NewPhase(kind="phase", name="Camp", first=filled.now().date() - timedelta(days=5))
    (phase,) = journal.add_phase(filled, actor, [person.person_id], new)
    app = run("person.py", person=person.person_id)
    app.button(key=f"phase_edit_{phase.phase_id}").click().run()
    assert "Leave as it was" in [each.label for each in app.button]
    app.selectbox(key="person_person").set_value(filled.people()[1].person_id).run()
    app.selectbox(key="person_person").set_value(person.person_id).run()
    assert not app.exception
    assert "Leave as it was" not in [each.label for each in app.button]


def test_a_phase_that_somebody_else_changed_is_told(
    filled: Application,  # noqa: F811
    actor: Actor,
    person: Person,
) -> None:
    new = NewPhase(kind="phase", name="Camp", first=filled.now().date() - timedelta(days=5))
    (phase,) = journal.add_phase(filled, actor, [person.person_id], new)
    app = run("person.py", person=person.person_id)
    app.button(key=f"phase_edit_{phase.phase_id}").click().run()
    journal.change_phase(filled, actor, phase, NewPhase(kind="phase", name="Exams", first=new.first))
    next(button for button in app.button if button.label == "Save").click().run()
    assert "was changed by local" in said(app)
    assert "Exams" in said(app)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_people_write_is_shown_letter_by_letter(
    filled: Application,  # noqa: F811
    actor: Actor,
    person: Person,
    newest: date,
    text: str,
) -> None:
    journal.add_note(filled, actor, NewNote(person_id=person.person_id, text=text, night=newest))
    journal.tag_night(filled, actor, person.person_id, newest, text[:50])
    journal.add_phase(
        filled, actor, [person.person_id], NewPhase(kind="phase", name=text[:100], first=newest)
    )
    for page in ("night.py", "person.py"):
        app = run(page, person=person.person_id)
        assert text in said(app)
        if any(special in text for special in "<(:$"):
            assert text not in words(app), "the text reached the page without its backslashes"


def test_who_may_not_write_is_told_so(
    filled: Application,  # noqa: F811
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
    newest: date,
) -> None:
    app = run("night.py", person=person.person_id)
    fewer = access.ROLES["local"] - {access.Permission.WRITE_JOURNAL}
    monkeypatch.setitem(access.ROLES, "local", fewer)
    app.text_area(key=f"note_new_{person.person_id}_{newest}_0").input("Not mine to write")
    next(button for button in app.button if button.label == "Add the note").click().run()
    assert "may not write notes" in said(app)
    assert not filled.store.journal.notes(filled.organisation, person.person_id)
