"""Around a phase: nothing is computed until the section is open; a phase is entered for many people at once."""

from datetime import date, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from nocturne import journal, starts
from nocturne.access import Actor, local_actor
from nocturne.application import Application
from nocturne.cohorts import EVERYONE, CohortRule, save_cohort
from nocturne.journal import NewPhase
from tests.nocturne.conftest import UNTIL, make_application, simulator  # noqa: F401
from tests.pages.test_cohort import choose
from tests.pages.test_pages import empty, filled, plain, run, way_to, words  # noqa: F401

MIDDLE = UNTIL - timedelta(days=12)


@pytest.fixture
def actor(filled: Application) -> Actor:  # noqa: F811
    return local_actor(filled.organisation)


@pytest.fixture
def camped(filled: Application, actor: Actor) -> Application:  # noqa: F811
    ids = [person.person_id for person in filled.people()]
    journal.add_phase(filled, actor, ids, NewPhase(kind="phase", name="Camp <b>*", first=MIDDLE))
    return filled


def said(app: AppTest) -> str:
    assert not app.exception
    return plain(words(app) + "\n".join(each.value for each in app.success)).replace("\\", "")


def popovers(app: AppTest) -> dict[str, tuple[list[tuple[str, int]], str]]:
    """Where the popovers of the section stand, and what the browser tells them apart by."""
    found = {each.proto.popover.label: (way_to(app, each), each.proto.id) for each in app.get("popover")}
    assert {"How this was computed", "Enter a phase for many people"} <= set(found)
    return found


def opened(**params: str) -> AppTest:
    app = run("cohort.py", **params)
    app.session_state["cohort_starts"] = True
    return app.run()


def test_an_empty_section_says_how_to_enter_phases(filled: Application) -> None:  # noqa: F811
    app = opened()
    assert "Nobody of this cohort has a phase yet. Enter one below" in said(app)


def test_nothing_is_computed_before_the_section_is_open(
    camped: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_more: object) -> None:
        raise AssertionError("computed although nobody looks")

    monkeypatch.setattr(starts, "event_aligned_metrics", fail)
    assert "Around a phase" in [each.label for each in run("cohort.py").expander]


def test_the_page_says_what_the_averages_say(camped: Application, actor: Actor) -> None:
    found = starts.around_start(camped, actor, EVERYONE, phase="Camp <b>*").found
    for name, each in found.items():
        text = said(run("cohort.py", phase="Camp <b>*", metric=name))
        assert plain(each.title) in text, name
        assert plain(each.caption) in text, name
        for note in each.notes:
            assert plain(note) in text


def test_the_event_s_night_is_the_one_with_the_first_date_as_label(camped: Application, actor: Actor) -> None:
    found = starts.around_start(camped, actor, EVERYONE, phase="Camp <b>*", step="day").found["tst_min"]
    nights = camped.archive.statistics(camped.organisation)
    mains = nights[nights["valid"] & (nights["kind"] == "main")]
    on_start = mains[mains["night"] == str(MIDDLE)]["person_id"].nunique()
    assert found.steps["people"][0] <= on_start
    assert found.starts == len(camped.people())


def test_what_was_computed_is_shared_until_a_phase_changes(camped: Application, actor: Actor) -> None:
    first = starts.around_start(camped, actor, EVERYONE, phase="Camp <b>*")
    assert starts.around_start(camped, actor, EVERYONE, phase="Camp <b>*") is first
    who = camped.people()[0]
    (phase,) = journal.phases(camped, actor, who.person_id)
    journal.remove_phase(camped, actor, phase)
    again = starts.around_start(camped, actor, EVERYONE, phase="Camp <b>*")
    assert again is not first
    assert again.found["tst_min"].starts == first.found["tst_min"].starts - 1


def test_who_has_several_starts_counts_by_the_first_and_it_is_said(camped: Application, actor: Actor) -> None:
    who = camped.people()[0].person_id
    (phase,) = journal.phases(camped, actor, who)
    ended = NewPhase(kind="phase", name=phase.name, first=phase.first, last=phase.first + timedelta(days=3))
    journal.change_phase(camped, actor, phase, ended)
    journal.add_phase(
        camped, actor, [who], NewPhase(kind="phase", name=phase.name, first=MIDDLE + timedelta(days=5))
    )
    assert starts.around_start(camped, actor, EVERYONE, phase=phase.name).repeated == 1
    assert "1 person with several such phases: the first start counts" in said(opened())


def test_a_phase_is_entered_for_the_whole_cohort(filled: Application, actor: Actor) -> None:  # noqa: F811
    ids = [person.person_id for person in filled.people()]
    long_ago = NewPhase(kind="phase", name="Camp", first=date(2024, 1, 1), last=date(2024, 1, 9))
    journal.add_phase(filled, actor, ids[:1], long_ago)  # the test runner chooses among names that are there
    app = opened()
    app.selectbox(key="starts_new_0_name").set_value("Camp")
    app.date_input(key="starts_new_0_first").set_value(MIDDLE)
    next(button for button in app.button if button.label == "Enter it").click().run()
    assert f"“Camp” is entered for {len(filled.people())} people" in said(app)
    for person in filled.people():
        entered = journal.phases(filled, actor, person.person_id)
        assert (entered[-1].name, entered[-1].first) == ("Camp", MIDDLE)


def test_days_that_somebody_has_taken_are_refused_for_everybody(camped: Application, actor: Actor) -> None:
    app = opened()
    app.selectbox(key="starts_new_0_name").set_value("Camp <b>*")
    app.date_input(key="starts_new_0_first").set_value(MIDDLE)
    next(button for button in app.button if button.label == "Enter it").click().run()
    assert "Already in a phase on some of these days" in said(app)


def test_a_phase_without_a_name_is_refused_within_the_form_and_moves_nothing(camped: Application) -> None:
    app = opened()
    before = popovers(app)
    next(button for button in app.button if button.label == "Enter it").click().run()
    assert "name" in said(app)
    (refusal,) = app.error
    assert "form" in dict(way_to(app, refusal))
    assert popovers(app) == before, "what is open in the browser would close"


def test_who_is_not_chosen_is_not_offered(filled: Application) -> None:  # noqa: F811
    app = opened()
    count = len(filled.people())
    assert app.radio(key="starts_new_0_whom").options == [f"All {count} of the cohort"]
    app.toggle(key="cohort_choosing").set_value(True).run()
    choose(app, 0, 1)
    assert app.radio(key="starts_new_0_whom").options == [
        f"All {count} of the cohort",
        "The 2 chosen in the table",
    ]


def test_a_phase_for_nobody_is_refused(filled: Application, actor: Actor) -> None:  # noqa: F811
    nobody = save_cohort(filled, actor, "Nobody", rule=CohortRule(youngest_years=120))
    app = opened(cohort=nobody.cohort_id)
    next(button for button in app.button if button.label == "Enter it").click().run()
    assert "There is nobody to enter a phase for" in said(app)
    assert [each.value for each in app.success] == []
    assert journal.known_phases(filled, actor, "phase") == ()


def test_a_phase_with_nobody_counted_is_told_once_and_has_no_empty_table(
    filled: Application,  # noqa: F811
    actor: Actor,
) -> None:
    who = filled.people()[0].person_id
    new = NewPhase(kind="phase", name="Camp", first=date(2024, 1, 1), last=date(2024, 1, 9))
    journal.add_phase(filled, actor, [who], new)
    app = run("cohort.py", phase="Camp")
    assert said(app).count("Nobody has enough nights before and after the start of Camp") == 1
    assert "0 of 1 person with a start is counted" in said(app)
    assert not [each for each in app.dataframe if "starts_chart" in each.proto.id]
    assert not [each for each in app.get("plotly_chart") if "starts_chart" in each.proto.id]


def test_a_link_with_a_metric_that_does_not_exist_shows_time_asleep_with_a_remark(
    camped: Application,
) -> None:
    app = run("cohort.py", phase="Camp <b>*", metric="<img>", step="year")
    said(app)
    remarks = [each.value.replace("\\", "") for each in app.info]
    assert "The link names a metric that does not exist; time asleep is shown." in remarks
    assert "The link names a step that does not exist; weeks are shown." in remarks
    assert app.selectbox(key="starts_metric").value == "tst_min"
