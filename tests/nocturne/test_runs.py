"""Report runs on a real roster: who is removed meanwhile, raster and pseudonyms, and reports of a cohort."""

import io
from dataclasses import replace
from pathlib import Path

import pytest

from asleep.simulator.server import Running
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.documents import Document, Wanted, documents
from nocturne.erasure import erase_person
from nocturne.places import Folder, Zip
from nocturne.roster import add_person
from nocturne.runs import (
    REMOVED,
    NotYet,
    RemovedMeanwhile,
    called,
    cohort_documents,
    cohort_report,
    not_made,
    people_reports,
    person_report,
)
from nocturne.sync import synchronise
from nocturne.views import cohorts
from store.people import NewPerson
from tests.nocturne.conftest import NOW, UNTIL, roster_csv
from tests.nocturne.importing import import_people


@pytest.fixture
def filled(application: Application, actor: Actor, simulator: Running) -> Application:
    import_people(application, actor, roster_csv(simulator))
    synchronise(application, actor, application.people())
    return application


def test_who_is_removed_while_reports_are_made_is_in_none_of_them(
    filled: Application, actor: Actor, tmp_path: Path
) -> None:
    people = filled.people()
    gone = people[1]

    class Removing(Folder):
        def take(self, made: Document) -> str:
            if any(person.person_id == gone.person_id for person in filled.people()):
                filled.store.remove_person(filled.organisation, gone.person_id)
            return super().take(made)

    wanted = Wanted(ending=UNTIL, formats=("csv",))
    made = people_reports(filled, actor, people, wanted, Removing(tmp_path))
    assert [(each.person_id, each.reason) for each in made.failures] == [(gone.person_id, REMOVED)]
    assert not any(gone.person_id in path.name for path in tmp_path.iterdir())
    assert {path.name.split("-2026")[0] for path in tmp_path.iterdir()} >= {
        f"weekly-{person.person_id}" for person in people if person != gone
    }


def test_a_month_has_a_raster_and_a_week_has_none(filled: Application, actor: Actor) -> None:
    person_id = filled.people()[0].person_id
    month = person_report(filled, actor, person_id, Wanted(kind="monthly", ending=UNTIL))
    assert month.raster is not None
    assert len(month.raster.codes) == month.period.days
    assert person_report(filled, actor, person_id, Wanted(ending=UNTIL)).raster is None


@pytest.mark.parametrize("kind", ["weekly", "monthly"])
def test_a_pseudonym_changes_names_and_no_number(filled: Application, actor: Actor, kind: str) -> None:
    wanted = Wanted(kind="monthly" if kind == "monthly" else "weekly", ending=UNTIL)
    hidden = replace(wanted, pseudonyms=True)
    person_id = filled.people()[0].person_id
    open_, shut = (person_report(filled, actor, person_id, each).period for each in (wanted, hidden))
    assert shut.sleeper.name == shut.sleeper.person_id != person_id
    assert {name: repr(each) for name, each in shut.figures.items()} == {
        name: repr(each) for name, each in open_.figures.items()
    }
    everyone = cohorts(filled, actor)[0]
    whole, covered = (cohort_report(filled, actor, everyone, each) for each in (wanted, hidden))
    assert repr(covered.period.figures) == repr(whole.period.figures)
    assert not set(covered.period.people.index) & set(whole.period.people.index)
    assert not set(covered.nights["session_id"]) & set(whole.nights["session_id"])
    numbers = whole.nights.select_dtypes("number").columns
    assert covered.nights[numbers].equals(whole.nights[numbers])
    assert covered.period.people["score"].tolist() == pytest.approx(
        whole.period.people["score"].tolist(), nan_ok=True
    )


def test_a_report_of_the_future_is_refused(filled: Application, actor: Actor, tmp_path: Path) -> None:
    wanted = Wanted(ending=UNTIL.replace(year=2099))
    with pytest.raises(NotYet, match="is in the future"):
        people_reports(filled, actor, filled.people(), wanted, Folder(tmp_path / "x"))


def test_whoever_is_erased_while_a_zip_is_made_keeps_it_from_being_handed_out(
    filled: Application, actor: Actor
) -> None:
    gone = filled.people()[0]

    class Erasing(Zip):
        def take(self, made: Document) -> str:
            where = super().take(made)
            if any(person.person_id == gone.person_id for person in filled.people()):
                erase_person(filled, actor, gone.person_id, at_vendor=False)
            return where

    people = filled.people()
    wanted = Wanted(ending=UNTIL, formats=("csv",))
    with (
        pytest.raises(RemovedMeanwhile, match="ask again"),
        Erasing(io.BytesIO(), folder="f", made_at=NOW) as place,
    ):
        people_reports(filled, actor, people, wanted, place)
    everyone = cohorts(filled, actor)[0]
    gone = filled.people()[0]
    with (
        pytest.raises(RemovedMeanwhile, match="ask again"),
        Erasing(io.BytesIO(), folder="f", made_at=NOW) as place,
    ):
        cohort_documents(filled, actor, everyone, wanted, place)


def test_whoever_is_erased_while_a_folder_is_filled_leaves_it(
    filled: Application, actor: Actor, tmp_path: Path
) -> None:
    gone, *_ = people = filled.people()

    class Erasing(Folder):
        def take(self, made: Document) -> str:
            where = super().take(made)
            if any(person.person_id == gone.person_id for person in filled.people()):
                erase_person(filled, actor, gone.person_id, at_vendor=False)
            return where

    made = people_reports(filled, actor, people, Wanted(ending=UNTIL, formats=("csv",)), Erasing(tmp_path))
    assert (gone.person_id, REMOVED) in {(each.person_id, each.reason) for each in made.failures}
    assert not any(gone.person_id in path.name for path in tmp_path.iterdir())
    assert len({Path(where).name.split("-2026")[0] for where in made.files}) == len(people) - 1


def test_a_reason_names_nobody_so_that_it_may_stand_beside_a_pseudonym(
    filled: Application, actor: Actor, tmp_path: Path
) -> None:
    silent = add_person(filled, actor, NewPerson(vendor_id="G-silent", name="Silent Sam", zone="UTC"))
    wanted = Wanted(ending=UNTIL, formats=("csv",), pseudonyms=True)
    made = people_reports(filled, actor, [*filled.people()], wanted, Folder(tmp_path))
    (failure,) = made.failures
    assert failure.person_id == silent.person_id
    told = called(filled, filled.people(), wanted)
    assert not any(part in failure.reason for part in ("Silent", "Sam", told[silent.person_id]))
    listed = not_made(made.failures, told).content.decode()
    assert told[silent.person_id] in listed
    assert "Silent" not in listed


def test_a_cohort_that_is_called_like_one_of_its_people_is_not_called_so_under_pseudonyms(
    filled: Application, actor: Actor
) -> None:
    person = filled.people()[0]
    everyone = cohorts(filled, actor)[0]
    wanted = Wanted(ending=UNTIL, formats=("csv", "html", "pdf", "xlsx"), pseudonyms=True)
    named = replace(everyone, label=f"Team of {person.name}")
    report = cohort_report(filled, actor, named, wanted)
    assert report.period.name == "cohort"
    for made in documents(report, wanted, generated_at=NOW):
        assert person.name.encode() not in made.content
        assert person.name.split()[0] not in made.name
    assert cohort_report(filled, actor, everyone, wanted).period.name == everyone.label
