"""Groups and phases with dates: for many at once, never two of a kind on one day."""

import threading
from dataclasses import replace
from datetime import date

import pytest

from store.database import Store
from store.errors import EditedMeanwhile, InvalidEntry, UnknownEntry, UnknownPerson
from store.phases import NewPhase, PhaseKind
from tests.store.samples import somebody


def march(first: int, last: int | None, *, name: str = "Baseline", kind: PhaseKind = "phase") -> NewPhase:
    days = (date(2026, 3, first), None if last is None else date(2026, 3, last))
    return NewPhase(kind=kind, name=name, first=days[0], last=days[1])


def enrolled(store: Store, count: int) -> list[str]:
    outcomes = store.add_people(
        "north", [somebody(f"G-{number}", name=f"Person {number}") for number in range(count)]
    )
    return [outcome.person.person_id for outcome in outcomes if outcome.person]


def test_a_phase_is_entered_for_many_and_listed_by_person_by_all_and_by_name(store: Store) -> None:
    ids = enrolled(store, 3)
    baseline = store.phases.add("north", ids, march(1, 10), by="Kim")
    assert sorted(phase.person_id for phase in baseline) == sorted(ids)
    (trial,) = store.phases.add("north", ids[:1], march(11, None, name="Trial"), by="Kim")
    (group,) = store.phases.add("north", ids[:1], march(1, None, name="Control", kind="group"), by="Kim")
    mine = next(phase for phase in baseline if phase.person_id == ids[0])
    assert store.phases.of_person("north", ids[0]) == (group, mine, trial)
    assert set(store.phases.of_organisation("north")) == {*baseline, trial, group}
    assert store.phases.of_organisation("north", kind="group") == (group,)
    assert store.phases.names("north", "phase") == {"Baseline": 3, "Trial": 1}
    assert (trial.first, trial.last, trial.version) == (date(2026, 3, 11), None, 1)


@pytest.mark.parametrize(
    ("new", "overlaps"),
    [
        (march(1, 9), False),
        (march(1, 10), True),
        (march(20, 25), True),
        (march(21, 25), False),
        (march(21, None), False),
        (march(12, 15), True),
        (march(1, None), True),
        (march(1, 31), True),
        (march(12, 15, kind="group"), False),
    ],
)
def test_nobody_is_in_two_of_a_kind_on_one_day(store: Store, new: NewPhase, *, overlaps: bool) -> None:
    ids = enrolled(store, 2)
    store.phases.add("north", ids[:1], march(10, 20), by="Kim")
    if not overlaps:
        assert len(store.phases.add("north", ids, new, by="Kim")) == 2
        return
    with pytest.raises(InvalidEntry) as refused:
        store.phases.add("north", ids, new, by="Kim")
    assert str(refused.value).startswith(
        "Already in a phase on some of these days: Person 0 (Baseline, 2026-03-10 to 2026-03-20). Nothing was saved;"
    )
    assert store.phases.of_person("north", ids[1]) == ()


def test_an_open_phase_reaches_into_every_later_day(store: Store) -> None:
    ids = enrolled(store, 5)
    store.phases.add("north", ids, march(10, None), by="Kim")
    with pytest.raises(InvalidEntry, match=r"since 2026-03-10\).*, and 2 more\. Nothing was saved"):
        store.phases.add("north", ids, NewPhase(kind="phase", name="X", first=date(2030, 1, 1)), by="Kim")


def test_a_phase_is_changed_in_its_own_place_and_only_by_who_read_it_last(store: Store) -> None:
    (person,) = enrolled(store, 1)
    (read,) = store.phases.add("north", [person], march(10, 20), by="Kim")
    (later,) = store.phases.add("north", [person], march(21, None, name="Trial"), by="Kim")
    saved = store.phases.update("north", replace(read, first=date(2026, 3, 5)), by="Lee")
    assert saved == replace(read, first=date(2026, 3, 5), version=2)
    with pytest.raises(EditedMeanwhile, match="The phase Baseline was changed by Lee"):
        store.phases.update("north", read, by="Kim")
    with pytest.raises(InvalidEntry, match="Person 0 \\(Trial, since 2026-03-21\\)"):
        store.phases.update("north", replace(saved, last=None), by="Kim")
    store.phases.remove("north", later.phase_id)
    assert store.phases.update("north", replace(saved, last=None), by="Kim").last is None
    with pytest.raises(UnknownEntry, match="no group or phase"):
        store.phases.update("north", later, by="Kim")


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        (march(10, 9), "is before the first"),
        (march(1, 2, name=" "), "The phase's name is empty"),
        (march(1, 2, name="a" * 101), "the most is 100"),
        (march(1, 2, kind="arm"), "neither group nor phase"),  # type: ignore[arg-type]
    ],
)
def test_a_phase_that_cannot_be_accepted_is_refused(store: Store, new: NewPhase, sentence: str) -> None:
    with pytest.raises(InvalidEntry, match=sentence):
        store.phases.add("north", enrolled(store, 1), new, by="Kim")


def test_nobody_of_another_organisation_gets_a_phase(store: Store) -> None:
    ids = enrolled(store, 2)
    for organisation, wanted in (("north", [*ids, "p_nobody"]), ("south", ids)):
        with pytest.raises(UnknownPerson, match="not in this organisation"):
            store.phases.add(organisation, wanted, march(1, 2), by="Kim")
    assert store.phases.of_organisation("north") == ()


def test_two_who_enter_phases_at_once_never_make_two_of_a_kind(store: Store) -> None:
    (person,) = enrolled(store, 1)
    ready = threading.Barrier(6)
    refused: list[InvalidEntry] = []

    def enter(name: str) -> None:
        ready.wait()
        try:
            store.phases.add("north", [person], march(1, None, name=name), by="Kim")
        except InvalidEntry as error:
            refused.append(error)

    threads = [threading.Thread(target=enter, args=(f"Phase {number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.phases.of_person("north", person)) == 1
    assert len(refused) == 5
