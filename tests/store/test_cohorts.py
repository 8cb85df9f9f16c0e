"""Saved cohorts: who is in them on a day, which names and rules are refused, and who edits too late."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.cohort_rules import CohortRule, checked_rule, rule_of, rule_text, takes_in
from store.cohorts import NewCohort
from store.database import Store
from store.errors import EditedMeanwhile, InvalidEntry, UnknownEntry, UnknownPerson
from store.people import SEXES, Person
from tests.store.samples import NOW, somebody

ON = date(2026, 3, 1)


def enrolled(store: Store) -> dict[str, Person]:
    people = [
        somebody("G-1", name="Ann", birth_year=1980, sex="female", tags=("shift", "trial")),
        somebody("G-2", name="Bob", birth_year=2006, sex="male", tags=("shift",)),
        somebody("G-3", name="Cem", sex="male", tags=("trial",)),
        somebody("G-4", name="Dee", birth_year=1990, tags=(), environment="test"),
    ]
    return {person.name: store.add_person("north", person) for person in people}


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        (CohortRule(any_tags=("shift", "trial")), ["Ann", "Bob", "Cem"]),
        (CohortRule(all_tags=("shift", "trial")), ["Ann"]),
        (CohortRule(without_tags=("shift",)), ["Cem", "Dee"]),
        (CohortRule(any_tags=("trial",), without_tags=("shift",)), ["Cem"]),
        (CohortRule(youngest_years=20), ["Ann", "Bob", "Dee"]),
        (CohortRule(youngest_years=21), ["Ann", "Dee"]),
        (CohortRule(oldest_years=36), ["Bob", "Dee"]),
        (CohortRule(youngest_years=20, oldest_years=20), ["Bob"]),
        (CohortRule(youngest_years=0), ["Ann", "Bob", "Dee"]),
        (CohortRule(sexes=("male", "")), ["Bob", "Cem", "Dee"]),
        (CohortRule(sexes=("other",)), []),
    ],
)
def test_a_rule_takes_in_whoever_fulfils_every_part_of_it(
    store: Store, rule: CohortRule, names: list[str]
) -> None:
    enrolled(store)
    saved = store.cohorts.add("north", NewCohort(name="By rule", rule=rule), by="Kim")
    assert saved.kind == "rule"
    assert [person.name for person in store.cohorts.members("north", saved.cohort_id, ON)] == names


def test_a_cohort_by_rule_changes_with_the_day_and_with_the_people(store: Store) -> None:
    people = enrolled(store)
    rule = CohortRule(youngest_years=20, oldest_years=20)
    saved = store.cohorts.add("north", NewCohort(name="Twenty", rule=rule), by="Kim")
    assert store.cohorts.members("north", saved.cohort_id, date(2027, 1, 1)) == ()
    cem = store.update_person("north", replace(people["Cem"], birth_year=2006))
    assert store.cohorts.members("north", saved.cohort_id, ON) == (people["Bob"], cem)


def test_a_cohort_by_hand_has_the_people_that_were_chosen(store: Store) -> None:
    people = enrolled(store)
    chosen = (people["Dee"].person_id, people["Ann"].person_id)
    saved = store.cohorts.add("north", NewCohort(name="Chosen", person_ids=chosen), by="Kim")
    assert saved.kind == "hand"
    assert saved.person_ids == tuple(sorted(chosen))
    assert (saved.version, saved.changed_by, saved.changed_at) == (1, "Kim", NOW)
    assert store.cohorts.get("north", saved.cohort_id) == saved
    assert store.cohorts.members("north", saved.cohort_id, ON) == (people["Ann"], people["Dee"])
    only = store.cohorts.members("north", saved.cohort_id, ON, environment="live")
    assert only == (people["Ann"],)
    store.remove_person("north", people["Ann"].person_id)
    assert store.cohorts.get("north", saved.cohort_id).person_ids == (people["Dee"].person_id,)


def test_a_cohort_can_become_another_kind_and_leaves_without_its_people(store: Store) -> None:
    people = enrolled(store)
    hand = store.cohorts.add("north", NewCohort(name="A", person_ids=(people["Ann"].person_id,)), by="Kim")
    rule = CohortRule(all_tags=("shift",))
    changed = store.cohorts.update("north", replace(hand, name="a", rule=rule, person_ids=()), by="Lee")
    assert (changed.name, changed.rule, changed.kind, changed.version) == ("a", rule, "rule", 2)
    assert store.cohorts.all("north") == (changed,)
    store.cohorts.remove("north", changed.cohort_id)
    assert store.cohorts.all("north") == ()
    assert len(store.people("north")) == 4
    with pytest.raises(UnknownEntry, match="no cohort with the id"):
        store.cohorts.remove("north", changed.cohort_id)


def test_cohorts_are_listed_by_name(store: Store) -> None:
    for name in ("zeta", "Alpha", "beta"):
        store.cohorts.add("north", NewCohort(name=name), by="Kim")
    assert [cohort.name for cohort in store.cohorts.all("north")] == ["Alpha", "beta", "zeta"]


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        (NewCohort(name="ÜBUNG"), "There is a cohort 'Übung' already"),
        (NewCohort(name="Everyone"), "it names everybody"),
        (NewCohort(name=" "), "The cohort's name is empty"),
        (NewCohort(name="a" * 101), "the most is 100"),
        (NewCohort(name="a\nb"), "control character"),
        (NewCohort(name="\ufdfa" * 100), "spelled out"),
        (NewCohort(name="A", rule=CohortRule()), "would take in everyone"),
        (NewCohort(name="A", rule=CohortRule(any_tags=("a;b",))), "semicolon"),
        (NewCohort(name="A", rule=CohortRule(youngest_years=-1)), "not between 0 and 130"),
        (NewCohort(name="A", rule=CohortRule(oldest_years=131)), "not between 0 and 130"),
        (NewCohort(name="A", rule=CohortRule(youngest_years=40, oldest_years=39)), "exchange the two"),
        (NewCohort(name="A", rule=CohortRule(sexes=("m",))), "Sex 'm' is not one of male"),
        (NewCohort(name="A", rule=CohortRule(all_tags=("x",), without_tags=("x",))), "both wanted and left"),
        (NewCohort(name="A", rule=CohortRule(any_tags=("x",)), person_ids=("p_1",)), "not both"),
    ],
)
def test_a_cohort_that_cannot_be_accepted_is_refused_with_a_sentence(
    store: Store, new: NewCohort, sentence: str
) -> None:
    kept = store.cohorts.add("north", NewCohort(name="Übung"), by="Kim")
    with pytest.raises(InvalidEntry, match=sentence):
        store.cohorts.add("north", new, by="Kim")
    with pytest.raises(InvalidEntry, match="The name of who does this is empty"):
        store.cohorts.add("north", NewCohort(name="B"), by="")
    assert store.cohorts.all("north") == (kept,)


def test_one_name_may_be_in_two_organisations_and_a_cohort_may_keep_its_own(store: Store) -> None:
    kept = store.cohorts.add("north", NewCohort(name="Trial"), by="Kim")
    store.cohorts.add("south", NewCohort(name="Trial"), by="Kim")
    assert store.cohorts.update("north", replace(kept, name="TRIAL"), by="Kim").name == "TRIAL"
    other = store.cohorts.add("north", NewCohort(name="Other"), by="Kim")
    with pytest.raises(InvalidEntry, match="There is a cohort 'TRIAL' already"):
        store.cohorts.update("north", replace(other, name="trial"), by="Kim")


def test_who_edits_a_cohort_too_late_is_told(store: Store) -> None:
    read = store.cohorts.add("north", NewCohort(name="Trial"), by="Kim")
    saved = store.cohorts.update("north", replace(read, name="Trial 1"), by="Lee")
    with pytest.raises(
        EditedMeanwhile, match="The cohort Trial 1 was changed by Lee at 2026-03-01 12:00 UTC"
    ):
        store.cohorts.update("north", replace(read, name="Trial 2"), by="Kim")
    assert store.cohorts.all("north") == (saved,)


def test_people_of_others_are_not_taken_in(store: Store) -> None:
    people = enrolled(store)
    mine = store.cohorts.add("north", NewCohort(name="Mine"), by="Kim")
    ids = (people["Ann"].person_id, "p_nobody")
    with pytest.raises(UnknownPerson, match="1 of 2 people are not in this organisation"):
        store.cohorts.update("north", replace(mine, person_ids=ids), by="Kim")
    with pytest.raises(UnknownPerson, match="1 of 1 people"):
        store.cohorts.add("south", NewCohort(name="A", person_ids=ids[:1]), by="Kim")
    assert store.cohorts.all("north") == (mine,)


tags = st.lists(st.sampled_from(["a", "b", "c", 'q"\\', "ü"]), max_size=3).map(tuple)
ages = st.none() | st.integers(0, 130)
rules: st.SearchStrategy[CohortRule] = st.builds(
    CohortRule,
    any_tags=tags,
    all_tags=tags,
    without_tags=tags,
    youngest_years=ages,
    oldest_years=ages,
    sexes=st.lists(st.sampled_from(SEXES), max_size=3).map(tuple),
)


@given(rule=rules)
def test_any_rule_is_refused_with_a_sentence_or_comes_back_as_written(rule: CohortRule) -> None:
    try:
        checked = checked_rule(rule)
    except InvalidEntry as error:
        sentence = str(error)
        assert sentence.endswith(".")
        return
    assert rule_of(rule_text(checked)) == checked == checked_rule(checked)


@given(rule=rules, their=tags, year=st.none() | st.integers(1900, 2026), sex=st.sampled_from(SEXES))
def test_each_part_of_a_rule_only_ever_leaves_people_out(
    rule: CohortRule, their: tuple[str, ...], year: int | None, sex: str
) -> None:
    person = Person(
        person_id="p_1", vendor_id="G-1", name="A", zone="UTC", birth_year=year, sex=sex, tags=their, created_at=NOW
    )  # fmt: skip
    nothing: dict[str, Any] = vars(CohortRule())
    parts = [CohortRule(**{**nothing, name: value}) for name, value in vars(rule).items()]
    assert takes_in(rule, person, ON) == all(takes_in(part, person, ON) for part in parts)
