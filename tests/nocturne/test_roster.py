"""People in and out of the roster."""

from dataclasses import replace

import pytest

from asleep.errors import Unreachable, UnusableMetadata
from asleep.models import UserMetadata
from asleep.simulator.server import Running
from cache.client import CachedAsleep
from nocturne.access import Actor, NotAllowed
from nocturne.application import Application
from nocturne.erasure import pending
from nocturne.roster import add_person, create_person
from nocturne.roster_file import RosterError
from store.database import Store
from store.deletions import Deletions
from store.errors import StoreUnavailable
from store.people import DuplicatePerson, InvalidPerson, NewPerson
from store.troubles import LOCKED
from tests.nocturne.importing import import_people

HEADER = "vendor_id,name,zone,birth_year,sex,tags\n"


def test_a_file_is_taken_in_whole(application: Application, actor: Actor) -> None:
    report = import_people(
        application, actor, f'{HEADER}G-1,"Noa, K.",Europe/Berlin,1988,female,Squad;Trial\n'
    )
    assert [person.name for person in report.added] == ["Noa, K."]
    assert report.added[0].tags == ("Squad", "Trial")
    assert report.in_words == "1 added, 0 changed, 0 as before, 0 refused."


def test_good_rows_are_kept_when_others_are_bad(application: Application, actor: Actor) -> None:
    report = import_people(
        application,
        actor,
        HEADER
        + "G-1,Noa,Europe/Berlin,,,\n"
        + "G-2,Yusuf,Mars/Olympus,,,\n"
        + "\n"
        + "G-3,Priya,Asia/Seoul,born 1990,,\n"
        + "G-1,Noa again,Europe/Berlin,,,\n"
        + "G-4,Ines,Europe/Lisbon,1990,female,a,b\n"
        + ",Nobody,UTC,,,\n",
    )
    assert [person.vendor_id for person in report.added] == ["G-1"]
    assert [row.line for row in report.refused] == [3, 5, 6, 7, 8]
    reasons = {row.line: row.reason for row in report.refused}
    assert "Mars/Olympus" in reasons[3]
    assert "birth_year" in reasons[5]
    assert "already" in reasons[6]
    assert "more cells" in reasons[7]


def test_importing_a_file_again_brings_people_up_to_date(application: Application, actor: Actor) -> None:
    first = import_people(application, actor, f"{HEADER}G-1,Noa,Europe/Berlin,,,\n").added[0]
    report = import_people(application, actor, f"\ufeff{HEADER}G-1,Noa K.,Europe/Paris,1990,,\n")
    assert report.in_words == "0 added, 1 changed, 0 as before, 0 refused."
    (now,) = application.people()
    assert (now.person_id, now.name, now.zone, now.birth_year) == (
        first.person_id,
        "Noa K.",
        "Europe/Paris",
        1990,
    )


def test_an_import_tells_who_changed_from_who_is_as_before(application: Application, actor: Actor) -> None:
    text = f"{HEADER}G-1,Noa,UTC,1990,female,b;a\nG-2,Yusuf,UTC,,,\nG-3,Priya,UTC,,,\n"
    import_people(application, actor, text)
    report = import_people(
        application, actor, text.replace("Yusuf,UTC", "Yusuf,Asia/Seoul").replace("1990", "1991")
    )
    assert report.in_words == "0 added, 2 changed, 1 as before, 0 refused."
    assert {person.vendor_id for person in report.changed} == {"G-1", "G-2"}
    assert import_people(application, actor, text.replace("b;a", "a;b")).in_words.startswith(
        "0 added, 2 changed, 1"
    )
    assert import_people(application, actor, text).in_words == "0 added, 0 changed, 3 as before, 0 refused."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "must name the columns"),
        ("name,zone\nNoa,UTC\n", "missing: vendor_id"),
        (HEADER, "no person below"),
    ],
)
def test_a_file_without_what_it_needs_is_refused(
    application: Application, actor: Actor, text: str, sentence: str
) -> None:
    with pytest.raises(RosterError, match=sentence):
        import_people(application, actor, text)


def test_the_same_id_is_not_added_twice(application: Application, actor: Actor) -> None:
    new = NewPerson(vendor_id="G-1", name="Noa", zone="UTC")
    add_person(application, actor, new)
    with pytest.raises(DuplicatePerson):
        add_person(application, actor, new)


def test_a_created_person_carries_the_id_that_the_vendor_issued(
    application: Application, actor: Actor
) -> None:
    person = create_person(
        application,
        actor,
        name="Noa",
        zone="Europe/Berlin",
        tags=("Squad",),
        metadata=UserMetadata(birth_year=1990, birth_month=2, birth_day=28, gender="female", height_cm=168.5),
    )
    assert (person.birth_year, person.sex, person.tags) == (1990, "female", ("Squad",))
    user = application.asleep.get_user(person.vendor_id).value
    assert user.user_id == person.vendor_id
    assert user.metadata is not None
    assert (user.metadata.birth_day, user.metadata.gender, user.metadata.height_cm) == (28, "female", 168.5)


def test_the_vendor_is_not_asked_for_somebody_the_roster_would_refuse(
    application: Application, actor: Actor, simulator: Running
) -> None:
    before = dict(simulator.requests)
    with pytest.raises(InvalidPerson):
        create_person(application, actor, name="Noa", zone="Mars/Olympus")
    with pytest.raises(UnusableMetadata, match="no day 30 in month 2"):
        create_person(
            application, actor, name="Noa", zone="UTC", metadata=UserMetadata(birth_month=2, birth_day=30)
        )
    assert dict(simulator.requests) == before


def refusing(*_: object, **__: object) -> None:
    raise StoreUnavailable(LOCKED)


def test_a_user_who_was_created_in_vain_is_deleted_at_the_vendor_again(
    application: Application, actor: Actor, simulator: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = noted_ids(monkeypatch)
    monkeypatch.setattr(Store, "add_person", refusing)
    with pytest.raises(StoreUnavailable):
        create_person(application, actor, name="Noa", zone="UTC")
    assert simulator.account.person(created[0]) is None
    assert not pending(application, actor)


def test_a_user_whom_the_vendor_does_not_delete_at_once_is_left_for_later(
    application: Application, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = noted_ids(monkeypatch)
    monkeypatch.setattr(Store, "add_person", refusing)
    monkeypatch.setattr(CachedAsleep, "delete_user", unreachable)
    with pytest.raises(StoreUnavailable):
        create_person(application, actor, name="Noa", zone="UTC")
    assert [each.vendor_id for each in pending(application, actor)] == created


def test_a_user_who_can_be_neither_kept_nor_deleted_is_named(
    application: Application, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = noted_ids(monkeypatch)
    monkeypatch.setattr(Store, "add_person", refusing)
    monkeypatch.setattr(Deletions, "add", refusing)
    monkeypatch.setattr(CachedAsleep, "delete_user", unreachable)
    with pytest.raises(RosterError, match="Keep the id") as told:
        create_person(application, actor, name="Noa", zone="UTC")
    assert repr(created[0]) in str(told.value)
    assert LOCKED in str(told.value)


def test_somebody_who_has_the_issued_id_already_is_not_deleted_at_the_vendor(
    application: Application, actor: Actor, simulator: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    noa = create_person(application, actor, name="Noa", zone="UTC")
    monkeypatch.setattr(CachedAsleep, "create_user", lambda *_: noa.vendor_id)
    with pytest.raises(DuplicatePerson):
        create_person(application, actor, name="Yusuf", zone="UTC")
    assert simulator.account.person(noa.vendor_id) is not None


def noted_ids(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids that the vendor issues from now on."""
    create, issued = CachedAsleep.create_user, []

    def note(asleep: CachedAsleep, metadata: UserMetadata | None = None) -> str:
        issued.append(create(asleep, metadata))
        return issued[-1]

    monkeypatch.setattr(CachedAsleep, "create_user", note)
    return issued


def unreachable(*_: object) -> None:
    raise Unreachable("Nobody answers.")


def test_an_unknown_role_may_nothing(application: Application) -> None:
    stranger = Actor(name="stranger", role="visitor", organisations=frozenset({application.organisation}))
    with pytest.raises(NotAllowed):
        import_people(application, stranger, f"{HEADER}G-1,Noa,UTC,,,\n")
    elsewhere = Actor(name="local", role="local", organisations=frozenset({"another"}))
    with pytest.raises(NotAllowed):
        import_people(application, elsewhere, f"{HEADER}G-1,Noa,UTC,,,\n")
    assert not application.people()


def test_a_tag_that_would_hide_everybody_is_refused(application: Application, actor: Actor) -> None:
    report = import_people(application, actor, f"{HEADER}G-1,Noa,UTC,,,Everyone\n")
    assert "names everybody" in report.refused[0].reason
    with pytest.raises(RosterError):
        add_person(application, actor, NewPerson(vendor_id="G-1", name="Noa", zone="UTC", tags=("everyone",)))


def test_a_file_that_is_no_csv_is_refused_with_its_line(application: Application, actor: Actor) -> None:
    with pytest.raises(RosterError, match="Line 2 cannot be read as CSV"):
        import_people(application, actor, f"{HEADER}G-1,{'x' * 200_000},UTC,,,\n")
    report = import_people(application, actor, f"{HEADER}G-1,Noa,UTC,{'9' * 5000},,\n")
    assert "a year like 1988" in report.refused[0].reason


def test_an_import_refuses_the_row_of_somebody_whom_another_changes_at_that_moment(
    application: Application, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_people(application, actor, f"{HEADER}G-1,Noa,UTC,,,\nG-2,Yusuf,UTC,,,\n")
    seen = application.people()
    noa = next(person for person in seen if person.vendor_id == "G-1")
    application.store.update_person(application.organisation, replace(noa, name="Noa Kim"), by="Kim")
    monkeypatch.setattr(type(application), "people", lambda _application: seen)
    report = import_people(application, actor, f"{HEADER}G-1,Noa,UTC,1990,,\nG-2,Yusuf,UTC,1990,,\n")
    assert [person.name for person in report.changed] == ["Yusuf"]
    ((line, reason),) = [(row.line, row.reason) for row in report.refused]
    assert line == 2
    assert reason.startswith("Noa Kim was changed by Kim at ")
    assert application.person(noa.person_id).name == "Noa Kim"
