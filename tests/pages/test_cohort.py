"""Cohort: saved cohorts are made, changed and removed on the page, and what somebody else did is told."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from nocturne import access
from nocturne import cohorts as of
from nocturne.access import Actor, local_actor
from nocturne.application import Application
from nocturne.cohorts import CohortRule
from pages import cohort_table
from tests.nocturne.conftest import make_application, simulator  # noqa: F401
from tests.pages.test_pages import empty, filled, plain, run, words  # noqa: F401

HOSTILE = ('<img src=x onerror="alert(1)">', '=HYPERLINK("http://x","y")', "שלום עולם", "👩‍🚀🛌", "n" * 100)


@pytest.fixture
def actor(filled: Application) -> Actor:  # noqa: F811
    return local_actor(filled.organisation)


def opened(**params: str) -> AppTest:
    """The page with its section of saved cohorts open."""
    app = run("cohort.py", **params)
    app.session_state["cohort_saving"] = True
    app.run()
    assert not app.exception
    return app


def choose(app: AppTest, *rows: int) -> None:
    """Chooses rows of the table of people, as the browser tells of them: by their numbers."""
    table = next(each for each in app.dataframe if "cohort_people_many" in each.proto.id)
    key = table.proto.id[table.proto.id.index("cohort_people_many") :]
    app.session_state[key] = {"selection": {"rows": list(rows)}}
    app.run()
    assert not app.exception


def save_chosen(app: AppTest, name: str) -> None:
    app.segmented_control(key="cohort_way").set_value("hand").run()
    app.text_input(key="cohort_new_0_name").input(name)
    app.button(key="cohort_save").click().run()
    assert not app.exception


def said(app: AppTest) -> str:
    return plain(words(app) + "\n".join(each.value for each in app.success)).replace("\\", "")


def test_a_cohort_is_saved_by_rule_with_its_count_before(filled: Application, actor: Actor) -> None:  # noqa: F811
    people = filled.people()
    tag = people[0].tags[0]
    app = opened()
    assert "The rule says nothing" in said(app)
    app.multiselect(key="cohort_new_0_any").set_value([tag]).run()
    count = sum(tag in person.tags for person in people)
    assert f"Would hold **{count} of {len(people)}** people" in said(app)
    app.text_input(key="cohort_new_0_name").input("Squad")
    app.button(key="cohort_save").click().run()
    assert not app.exception
    assert "Saved as “Squad”" in said(app)
    (saved,) = filled.store.cohorts.all(filled.organisation)
    assert saved.rule == CohortRule(any_tags=(tag,))
    assert app.query_params["cohort"] == saved.cohort_id
    assert f"Squad ({count})" in app.selectbox(key="cohort_choice").options


def test_who_is_chosen_are_people_and_not_places_in_a_list(filled: Application, actor: Actor) -> None:  # noqa: F811
    app = opened()
    app.toggle(key="cohort_choosing").set_value(True).run()
    names = {person.name: person.person_id for person in filled.people()}
    listed = [names[name] for name in app.dataframe[0].value["Person"]]
    squad = of.save_cohort(filled, actor, "Squad", person_ids=listed[2:])
    choose(app, 0, 1, 2)
    assert "3 people chosen" in said(app)
    app.selectbox(key="cohort_choice").set_value(squad.cohort_id).run()
    assert "1 person chosen" in said(app)
    app.run()
    assert "1 person chosen" in said(app)
    save_chosen(app, "By hand")
    (saved,) = [each for each in filled.store.cohorts.all(filled.organisation) if each.name == "By hand"]
    assert saved.person_ids == (listed[2],)


def test_once_a_cohort_is_saved_nobody_is_chosen(filled: Application, actor: Actor) -> None:  # noqa: F811
    app = opened()
    app.toggle(key="cohort_choosing").set_value(True).run()
    choose(app, *range(len(filled.people())))  # so that the page shows the same people after saving
    save_chosen(app, "All by hand")
    assert "0 people chosen" in said(app)
    app.run()
    assert "0 people chosen" in said(app)


def test_a_rule_that_was_filled_in_is_there_after_a_look_at_by_hand(filled: Application) -> None:  # noqa: F811
    app = opened()
    tag = filled.people()[0].tags[0]
    app.multiselect(key="cohort_new_0_any").set_value([tag])
    app.number_input(key="cohort_new_0_youngest").set_value(18).run()
    app.text_input(key="cohort_new_0_name").input("Squad").run()
    app.segmented_control(key="cohort_way").set_value("hand").run()
    app.segmented_control(key="cohort_way").set_value("rule").run()
    assert not app.exception
    assert app.multiselect(key="cohort_new_0_any").value == [tag]
    assert app.number_input(key="cohort_new_0_youngest").value == 18
    assert app.text_input(key="cohort_new_0_name").value == "Squad"


@pytest.mark.parametrize(("phone", "width"), [(True, 92), (False, 124)])
def test_on_a_phone_the_flag_leaves_room_for_numbers(
    filled: Application,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    phone: bool,
    width: int,
) -> None:
    monkeypatch.setattr(cohort_table, "narrow", lambda: phone)
    columns = json.loads(run("cohort.py").dataframe[0].proto.columns)
    assert columns["Flag"]["width"] == width


def test_few_nights_stand_beside_the_flag_and_no_column_lies_beyond_the_edge(filled: Application) -> None:  # noqa: F811
    table = opened().dataframe[0]
    names = list(table.value.columns)
    assert names.index("Few nights") == names.index("Flag") + 1
    widths = json.loads(table.proto.columns)
    assert sum(widths[name]["width"] for name in names) <= 1066  # of 1,100 px, beside the boxes


def test_the_panels_say_what_their_number_and_their_mark_are(filled: Application) -> None:  # noqa: F811
    app = said(opened())
    assert "The number is the mean of these 42 nights; a diamond says where the last 7 lie" in app


def test_a_name_that_is_taken_is_refused_with_a_sentence(filled: Application, actor: Actor) -> None:  # noqa: F811
    of.save_cohort(filled, actor, "Squad", person_ids=[])
    app = opened()
    app.multiselect(key="cohort_new_0_sexes").set_value(["female"])
    app.text_input(key="cohort_new_0_name").input("squad")
    app.button(key="cohort_save").click().run()
    assert not app.exception
    assert "There is a cohort 'Squad' already" in said(app)
    assert len(filled.store.cohorts.all(filled.organisation)) == 1


def test_a_saved_cohort_is_renamed_and_its_link_still_opens_it(filled: Application, actor: Actor) -> None:  # noqa: F811
    ids = [person.person_id for person in filled.people()]
    saved = of.save_cohort(filled, actor, "Before", person_ids=ids[:3])
    app = opened(cohort=saved.cohort_id)
    key = f"cohort_change_{saved.cohort_id}_{saved.version}"
    app.text_input(key=f"{key}_name").input("After")
    app.multiselect(key=f"{key}_people").set_value(ids[:2])
    app.button(key="cohort_change").click().run()
    assert not app.exception
    now = filled.store.cohorts.get(filled.organisation, saved.cohort_id)
    assert (now.name, set(now.person_ids)) == ("After", set(ids[:2]))
    assert "After · " in said(opened(cohort=saved.cohort_id))


def test_a_change_by_somebody_else_is_told_and_not_overwritten(filled: Application, actor: Actor) -> None:  # noqa: F811
    saved = of.save_cohort(filled, actor, "Before", rule=CohortRule(sexes=("female",)))
    app = opened(cohort=saved.cohort_id)
    of.change_cohort(filled, actor, saved, name="From another browser", rule=saved.rule)
    app.text_input(key=f"cohort_change_{saved.cohort_id}_{saved.version}_name").input("Mine")
    app.button(key="cohort_change").click().run()
    assert not app.exception
    assert "was changed by local" in said(app)
    assert "Nothing was saved" in said(app)
    stored = filled.store.cohorts.get(filled.organisation, saved.cohort_id)
    assert stored.name == "From another browser"
    assert app.text_input(key=f"cohort_change_{saved.cohort_id}_2_name").value == "From another browser"


def test_a_cohort_is_removed_and_everyone_is_shown(filled: Application, actor: Actor) -> None:  # noqa: F811
    saved = of.save_cohort(filled, actor, "Short-lived", person_ids=[])
    app = opened(cohort=saved.cohort_id)
    assert "Its people stay on the roster" in said(app)
    app.button(key="cohort_remove").click().run()
    assert not app.exception
    assert "“Short-lived” is removed" in said(app)
    assert filled.store.cohorts.all(filled.organisation) == ()
    assert app.selectbox(key="cohort_choice").value == of.EVERYONE


@pytest.mark.parametrize("name", HOSTILE)
def test_a_cohort_may_be_called_anything(filled: Application, actor: Actor, name: str) -> None:  # noqa: F811
    saved = of.save_cohort(filled, actor, name, person_ids=[filled.people()[0].person_id])
    app = opened(cohort=saved.cohort_id)
    assert name in said(app)
    if "<" in name or "(" in name:
        assert name not in words(app), "the name reached the page without its backslashes"


@pytest.mark.parametrize("page", ["home.py", "cohort.py"])
def test_a_cohort_of_nobody_has_a_page(filled: Application, actor: Actor, page: str) -> None:  # noqa: F811
    saved = of.save_cohort(filled, actor, "Nobody", rule=CohortRule(youngest_years=120))
    app = run(page, cohort=saved.cohort_id)
    assert not app.exception
    assert app.title[0].value


def test_who_may_not_manage_cohorts_sees_no_way_to(
    filled: Application,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fewer = access.ROLES["local"] - {access.Permission.MANAGE_COHORTS}
    monkeypatch.setitem(access.ROLES, "local", fewer)
    app = run("cohort.py")
    assert not app.exception
    assert "Saved cohorts" not in [each.label for each in app.expander]
