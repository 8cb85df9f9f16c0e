"""What was done about flags: a history, and the one entry of each person that decides."""

import threading
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from store.database import Store
from store.errors import InvalidEntry, UnknownPerson
from store.flag_actions import Action, DecidedMeanwhile, NewFlagAction
from tests.store.samples import NOW, somebody

NIGHT = date(2026, 2, 28)


@pytest.fixture
def person(store: Store) -> str:
    return store.add_person("north", somebody()).person_id


def acted(person: str, action: Action, **changes: Any) -> NewFlagAction:
    until = date(2026, 3, 7) if action == "snooze" else None
    fields: dict[str, Any] = {"person_id": person, "action": action, "night": NIGHT, "until": until}
    return NewFlagAction(**{**fields, "text": "Called.", **changes})


def test_an_action_comes_back_with_what_the_flag_was(store: Store, person: str) -> None:
    new = acted(
        person, "snooze", label="Later and shorter", red=2, amber=1, max_abs_z=0.1 + 0.2,
        levels=("short_sleep", "no_data"),
    )  # fmt: skip
    kept = store.flag_actions.record("north", new, by="Kim")
    assert store.flag_actions.history("north", person) == (kept,)
    assert (kept.by, kept.at, kept.until, kept.text) == ("Kim", NOW, date(2026, 3, 7), "Called.")
    assert (kept.label, kept.red, kept.amber, kept.max_abs_z) == ("Later and shorter", 2, 1, 0.1 + 0.2)
    assert kept.levels == ("no_data", "short_sleep")
    nothing = store.flag_actions.record(
        "north", acted(person, "done", text=" ", max_abs_z=float("nan")), by="Kim"
    )
    assert (nothing.text, nothing.label, nothing.max_abs_z, nothing.levels) == ("", "", None, ())


def test_the_last_action_that_decides_is_found_for_everybody_at_once(store: Store, person: str) -> None:
    other = store.add_person("north", somebody("G-2")).person_id
    silent = store.add_person("north", somebody("G-3")).person_id
    actions: list[tuple[str, Action]] = [
        (person, "snooze"), (other, "done"), (person, "reopen"), (other, "note"), (silent, "note"),
    ]  # fmt: skip
    for who, action in actions:
        store.flag_actions.record("north", acted(who, action), by="Kim")
    latest = store.flag_actions.latest("north")
    assert {who: entry.action for who, entry in latest.items()} == {person: "reopen", other: "done"}
    assert [entry.action for entry in store.flag_actions.history("north", other)] == ["note", "done"]


@pytest.mark.parametrize(
    ("action", "changes", "sentence"),
    [
        ("note", {"text": " "}, "The text is empty"),
        ("done", {"text": "a" * 2001}, "the most is 2000"),
        ("snooze", {"until": None}, "A snooze needs the day"),
        ("snooze", {"until": date(2026, 2, 27)}, "would hide nothing, because the last night is 2026-02-28"),
        ("done", {"until": NIGHT}, "belongs to a snooze, not to 'done'"),
        ("ignore", {}, "Action 'ignore' is not one of note, snooze, done, reopen"),
        ("done", {"red": -1}, "below 0"),
        ("done", {"max_abs_z": float("inf")}, "no size"),
        ("done", {"max_abs_z": -0.5}, "no size"),
        ("done", {"label": "a" * 101}, "The flag's label has 101 characters"),
        ("done", {"levels": ("",)}, "A level's name is empty"),
    ],
)
def test_an_action_that_cannot_be_accepted_is_refused(
    store: Store, person: str, action: Action, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidEntry, match=sentence):
        store.flag_actions.record("north", acted(person, action, **changes), by="Kim")
    assert store.flag_actions.history("north", person) == ()


def test_a_snooze_until_the_night_itself_is_accepted(store: Store, person: str) -> None:
    kept = store.flag_actions.record("north", acted(person, "snooze", until=NIGHT), by="Kim")
    assert kept.until == NIGHT


def test_an_organisation_sees_its_own_actions_only(store: Store, person: str) -> None:
    theirs = store.add_person("south", somebody()).person_id
    mine = store.flag_actions.record("north", acted(person, "done"), by="Kim")
    their = store.flag_actions.record("south", acted(theirs, "done"), by="Lee")
    assert store.flag_actions.latest("north") == {person: mine}
    assert store.flag_actions.latest("south") == {theirs: their}
    for reach in (
        lambda: store.flag_actions.record("south", acted(person, "done"), by="Lee"),
        lambda: store.flag_actions.history("south", person),
    ):
        with pytest.raises(UnknownPerson):
            reach()


def test_actions_recorded_at_once_are_all_kept_in_one_order(store: Store, person: str) -> None:
    ready = threading.Barrier(6)

    def record(text: str) -> None:
        ready.wait()
        store.flag_actions.record("north", replace(acted(person, "note"), text=text), by="Kim")

    threads = [threading.Thread(target=record, args=(f"note {number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    history = store.flag_actions.history("north", person)
    assert [entry.action_id for entry in history] == [6, 5, 4, 3, 2, 1]
    assert {entry.text for entry in history} == {f"note {number}" for number in range(6)}


def test_who_decides_after_somebody_else_did_is_told_whatever_the_moment(store: Store, person: str) -> None:
    other = store.add_person("north", somebody("G-2")).person_id
    first = store.flag_actions.record("north", acted(person, "snooze"), by="Kim", after=0)
    store.flag_actions.record("north", acted(person, "note"), by="Lee", after=first.action_id)
    with pytest.raises(DecidedMeanwhile, match="Kim") as late:
        store.flag_actions.record("north", acted(person, "done"), by="Noa", after=0)
    assert late.value.last == first
    assert [entry.action for entry in store.flag_actions.history("north", person)] == ["note", "snooze"]
    store.flag_actions.record("north", acted(person, "done"), by="Noa", after=first.action_id)
    store.flag_actions.record("north", acted(other, "done"), by="Noa", after=0)


def test_of_many_who_decide_at_once_one_does(store: Store, person: str) -> None:
    outcomes = list[str]()

    def decide(name: str) -> None:
        try:
            store.flag_actions.record("north", acted(person, "done"), by=name, after=0)
            outcomes.append("entered")
        except DecidedMeanwhile:
            outcomes.append("told")

    threads = [threading.Thread(target=decide, args=(f"Coach {at}",)) for at in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["entered", *["told"] * 5]
    assert len(store.flag_actions.history("north", person)) == 1
