"""Cohorts: what can be chosen, who is in it on which day, and who may change it."""

from dataclasses import replace
from datetime import date

import pytest

from nocturne import cohorts as of
from nocturne.access import Actor, NotAllowed
from nocturne.application import Application
from nocturne.cohorts import EVERYONE, CohortRule, UnknownCohort, cohort_people, cohorts
from nocturne.views import cohort_summary, day_of_cohort
from store.cohorts import NewCohort
from store.errors import EditedMeanwhile, InvalidEntry, UnknownEntry
from tests.nocturne.conftest import UNTIL

HERE = date(2026, 3, 11)


def named(application: Application, actor: Actor) -> dict[str, of.Cohort]:
    return {cohort.name: cohort for cohort in cohorts(application, actor)}


def test_saved_cohorts_stand_between_everyone_and_the_tags(filled: Application, actor: Actor) -> None:
    people = filled.people()
    saved = of.save_cohort(filled, actor, "Two of them", person_ids=[each.person_id for each in people[:2]])
    found = cohorts(filled, actor)
    assert [cohort.kind for cohort in found[:2]] == ["everyone", "saved"]
    assert {cohort.kind for cohort in found[2:]} == {"tag"}
    assert found[1] == of.Cohort(name=saved.cohort_id, label="Two of them", size=2, kind="saved")
    assert cohort_people(filled, actor, saved.cohort_id) == people[:2]


def test_a_link_outlives_a_new_name_and_another_size(filled: Application, actor: Actor) -> None:
    people = filled.people()
    saved = of.save_cohort(filled, actor, "Before", person_ids=[people[0].person_id])
    ids = [each.person_id for each in people]
    of.change_cohort(filled, actor, saved, name="After", rule=None, person_ids=ids)
    assert named(filled, actor)[saved.cohort_id].label == "After"
    assert cohort_people(filled, actor, saved.cohort_id) == people


def test_a_saved_cohort_and_a_tag_of_one_name_are_told_apart(filled: Application, actor: Actor) -> None:
    tag = next(cohort for cohort in cohorts(filled, actor) if cohort.kind == "tag")
    of.save_cohort(filled, actor, tag.label, person_ids=[])
    choices = [cohort.choice for cohort in cohorts(filled, actor) if cohort.label == tag.label]
    assert choices == [f"{tag.label} (0)", f"{tag.label} ({tag.size}) · tag"]


def test_a_rule_counts_the_age_on_the_night_that_is_shown(filled: Application, actor: Actor) -> None:
    person = next(each for each in filled.people() if each.birth_year is not None)
    years = HERE.year - (person.birth_year or 0)
    saved = of.save_cohort(filled, actor, "Of age", rule=CohortRule(youngest_years=years))
    assert person in cohort_people(filled, actor, saved.cohort_id)
    assert person not in cohort_people(filled, actor, saved.cohort_id, on=date(HERE.year - 1, 12, 31))
    shown = day_of_cohort(filled, actor, saved.cohort_id, night=UNTIL)
    assert person.person_id in {each.person_id for each in shown.people}


def test_a_rule_says_whom_it_would_take_in_before_it_is_saved(filled: Application, actor: Actor) -> None:
    people = filled.people()
    tag = next(tag for person in people for tag in person.tags)
    rule = CohortRule(any_tags=(tag,))
    found = of.taken_in(filled, actor, rule)
    assert found == tuple(person for person in people if tag in person.tags)
    with pytest.raises(InvalidEntry, match="says nothing"):
        of.taken_in(filled, actor, CohortRule())


def test_a_cohort_of_nobody_can_be_shown(filled: Application, actor: Actor) -> None:
    saved = of.save_cohort(filled, actor, "Nobody yet", rule=CohortRule(youngest_years=120))
    assert cohort_people(filled, actor, saved.cohort_id) == ()
    day = day_of_cohort(filled, actor, saved.cohort_id, night=UNTIL)
    assert day.title
    assert day.attention_title
    assert day.overview.people.empty
    chosen = named(filled, actor)[saved.cohort_id]
    assert cohort_summary(filled, actor, chosen, first=UNTIL, last=UNTIL).size == 0


def test_who_left_the_roster_or_is_of_the_other_environment_is_not_in_it(
    filled: Application, actor: Actor
) -> None:
    people = filled.people()
    saved = of.save_cohort(filled, actor, "All", person_ids=[each.person_id for each in people])
    other = replace(
        filled, settings=filled.settings.model_copy(update={"asleep_environment": "test"}), kept=filled.kept
    )
    assert cohort_people(other, actor, saved.cohort_id) == ()


def test_who_comes_second_is_told_and_nothing_is_saved(filled: Application, actor: Actor) -> None:
    read = of.save_cohort(filled, actor, "One", rule=CohortRule(sexes=("female",)))
    other = replace(actor, name="Mika")
    of.change_cohort(filled, other, read, name="Two", rule=read.rule)
    with pytest.raises(EditedMeanwhile, match="Mika"):
        of.change_cohort(filled, actor, read, name="Three", rule=read.rule)
    assert named(filled, actor)[read.cohort_id].label == "Two"


def test_a_removed_cohort_is_unknown_and_its_people_stay(filled: Application, actor: Actor) -> None:
    people = filled.people()
    saved = of.save_cohort(filled, actor, "Short-lived", person_ids=[people[0].person_id])
    of.remove_cohort(filled, actor, saved.cohort_id)
    with pytest.raises(UnknownCohort, match="everyone"):
        cohort_people(filled, actor, saved.cohort_id)
    with pytest.raises(UnknownEntry):
        of.saved_cohort(filled, actor, saved.cohort_id)
    assert filled.people() == people


def test_what_only_looks_like_an_id_may_be_a_tag(filled: Application, actor: Actor) -> None:
    person = filled.people()[0]
    tag = "c_aaaaaaaaaaaa"
    filled.store.update_person(filled.organisation, replace(person, tags=(tag,)))
    assert [each.person_id for each in cohort_people(filled, actor, tag)] == [person.person_id]


def test_another_organisation_has_none_of_it(filled: Application, actor: Actor) -> None:
    filled.store.ensure_organisation("elsewhere", name="Elsewhere", zone="UTC")
    theirs = filled.store.cohorts.add(
        "elsewhere", NewCohort(name="Theirs", rule=CohortRule(sexes=("male",))), by="x"
    )
    assert theirs.cohort_id not in named(filled, actor)
    with pytest.raises(UnknownCohort):
        cohort_people(filled, actor, theirs.cohort_id)


def test_nobody_changes_a_cohort_without_the_permission(filled: Application, actor: Actor) -> None:
    saved = of.save_cohort(filled, actor, "Kept", person_ids=[])
    stranger = replace(actor, role="nobody")
    for attempt in (
        lambda: of.save_cohort(filled, stranger, "New"),
        lambda: of.saved_cohort(filled, stranger, saved.cohort_id),
        lambda: of.change_cohort(filled, stranger, saved, name="x", rule=None),
        lambda: of.remove_cohort(filled, stranger, saved.cohort_id),
        lambda: cohorts(filled, stranger),
        lambda: cohort_people(filled, stranger, EVERYONE),
    ):
        with pytest.raises(NotAllowed):
            attempt()
