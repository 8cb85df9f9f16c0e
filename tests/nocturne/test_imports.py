"""Lists of people as spreadsheets write them, what they would do, and what they do when that is accepted."""

import codecs
import time
from dataclasses import replace

import pytest

from cache.archive import Delivery, NewerFormat, NightArchive
from nocturne.access import Actor, NotAllowed
from nocturne.application import Application
from nocturne.imports import accept_import, plan_import
from nocturne.roster import add_person, update_person
from nocturne.roster_file import RosterError, read_roster
from store.database import Store
from store.errors import StoreUnavailable
from store.people import Environment, NewPerson
from store.troubles import LOCKED
from tests.nocturne.importing import import_people

HEADER = "vendor_id,name,zone,birth_year,sex,tags\n"
JOSE = "G-1,José Müller,Europe/Berlin,1988,male,Squad;Trial"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_list_reads_the_same_however_it_was_saved(encoding: str, end: str, separator: str) -> None:
    quoted = JOSE.replace("Squad;Trial", '"Squad;Trial"')
    text = (HEADER + quoted + "\n").replace(",", separator).replace("\n", end)
    (row,) = read_roster(text.encode(encoding)).rows
    assert row.line == 2
    assert dict(row.cells) == {
        "vendor_id": "G-1",
        "name": "José Müller",
        "zone": "Europe/Berlin",
        "birth_year": "1988",
        "sex": "male",
        "tags": "Squad;Trial",
    }


def test_how_a_list_was_read_is_said() -> None:
    file = read_roster("Name;Vendor ID;Time zone;Shoe size\nJosé;G-1;UTC;44\n".encode("cp1252"))
    assert file.rows[0].cells["vendor_id"] == "G-1"
    assert file.remarks == (
        "Read as Windows-1252: look at the accents in the names.",
        "Cells are parted by semicolons.",
        "Not used: the columns Shoe size.",
    )
    assert read_roster(HEADER + JOSE).remarks == ()


def test_a_first_line_that_only_names_the_separator_is_followed_and_counted() -> None:
    (row,) = read_roster("sep=;\r\nvendor_id;name;zone\r\nG-1;Noa, K.;UTC\r\n").rows
    assert row.cells["name"] == "Noa, K."
    assert row.line == 3


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        (['G-1,Noa,UTC,"5 inch', "G-2,Yusuf,UTC,", "G-3,Priya,UTC,"], "2 to 4"),
        (['G-1,Noa,UTC,"5 inch', "G-2,Yusuf,UTC,", 'G-3,Priya,UTC,7"'], "2 to 4"),
        (['G-1,Noa,UTC,"5 inch', 'G-2,Yusuf,UTC,"7 inch', "G-3,Priya,UTC,"], "2 to 3"),
        (['G-1,"Noa,UTC,', '"G-2","Yusuf",UTC,', "G-3,Priya,UTC,"], "2 to 3"),
        (['G-1,Noa,UTC,"5 inch', 'G-2",Yusuf,UTC,x'], "2 to 3"),
        (['"G-1,Noa,UTC,', "G-2,Yusuf,UTC,", 'G-3",Priya,UTC,'], "2 to 4"),
        (['G-1,Noa,UTC,"' + "x" * 40, *["G-2,Yusuf,UTC,"] * 2], "2 to 4"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_that_a_stray_quote_takes_in_are_refused_by_their_numbers(
    application: Application, actor: Actor, lines: list[str], named: str, end: str
) -> None:
    plan = plan_import(application, actor, end.join(["vendor_id,name,zone,comment", *lines]))
    (refused,) = plan.of("refuse")
    assert refused.line == 2
    assert f"one row of the lines {named};" in refused.words
    left = lines[int(named[-1]) - 1 :]
    assert [row.cells["vendor_id"] for row in plan.of("add")] == [line.split(",")[0] for line in left]
    assert (
        accept_import(application, actor, plan).in_words
        == f"{len(left)} added, 0 changed, 0 as before, 1 refused."
    )


def test_lines_around_those_that_a_quote_takes_in_are_read_and_numbered(
    application: Application, actor: Actor
) -> None:
    plan = plan_import(
        application,
        actor,
        "vendor_id,name,zone,comment\n"
        'G-1,Noa,UTC,"said:\nno naps\n\nand late"\n'
        'G-2,Yusuf,UTC,"5 inch\nG-3,Priya,UTC,"\n'
        'G-4,Ines,UTC,5" high\n',
    )
    assert [(row.line, row.action) for row in plan.rows] == [(2, "add"), (6, "refuse"), (8, "add")]


@pytest.mark.parametrize(
    "text",
    [
        'vendor_id,name,zone,"comment\nG-1,Noa,UTC,\nG-2,Yusuf,UTC,\n',
        'vendor_id,name,zone,comment\nG-1,Noa,UTC,"5 inch\n' + "G-2,Yusuf,UTC,\n" * 20_000,
    ],
)
def test_a_quote_that_takes_in_the_whole_list_is_named(text: str) -> None:
    with pytest.raises(RosterError, match=r"A quote makes one row of the lines [12] to \d+"):
        read_roster(text)


def test_a_header_may_have_line_breaks() -> None:
    (row,) = read_roster('vendor_id,name,zone,"comment\n(free)"\nG-1,Noa,UTC,\n').rows
    assert row.line == 3


def test_text_that_a_spreadsheet_guards_from_becoming_a_number_is_taken_for_its_content(
    application: Application, actor: Actor
) -> None:
    report = import_people(application, actor, 'vendor_id,name,zone\n="00123","=""Noa""",UTC\n')
    assert [(person.vendor_id, person.name) for person in report.added] == [("00123", "Noa")]


@pytest.mark.parametrize("cell", ["=A1", '"=CONCAT(""G-"",1)"', "=G-1"])
def test_a_formula_is_no_vendor_id(application: Application, actor: Actor, cell: str) -> None:
    plan = plan_import(
        application, actor, f"vendor_id,name,zone\n{cell},Noa,UTC\n+1,Yusuf,UTC\n-1,Priya,UTC\n"
    )
    assert [row.action for row in plan.rows] == ["refuse", "add", "add"]
    assert "is a formula of a spreadsheet" in plan.rows[0].words


@pytest.mark.parametrize(
    "data", [b"\x89PNG\r\n\x1a\n\x00\x00", b"PK\x03\x04\x00\x00\x00", bytes(range(256)), b"\xff\xfe\x00"]
)
def test_a_file_that_is_no_text_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(RosterError, match=r"not text|must name the columns"):
        read_roster(data)


def test_a_column_that_is_there_twice_is_refused() -> None:
    with pytest.raises(RosterError, match="zone twice"):
        read_roster("vendor_id,name,zone,timezone\nG-1,Noa,UTC,UTC\n")


@pytest.mark.parametrize(
    ("cell", "year"),
    [
        *((text, 1988) for text in ("1988", "1988.0", "03.05.1988", "5/3/1988", "1988-05-03")),
        *(("1988-05-03 00:00:00", 1988), ("3-May-1988", 1988), ("", None)),
    ],
)
def test_a_year_is_taken_from_dates_as_spreadsheets_write_them(
    application: Application, actor: Actor, cell: str, year: int | None
) -> None:
    plan = plan_import(application, actor, f"{HEADER}G-1,Noa,UTC,{cell},,\n")
    assert plan.rows[0].action == "add"
    assert plan.rows[0].new is not None
    assert plan.rows[0].new.birth_year == year


@pytest.mark.parametrize("cell", ["32265", "03/05/88", "88", "born 1990", "1.988"])
def test_what_may_be_any_year_is_refused(application: Application, actor: Actor, cell: str) -> None:
    plan = plan_import(application, actor, f"{HEADER}G-1,Noa,UTC,{cell},,\n")
    assert plan.rows[0].action == "refuse"
    assert "a year like 1988" in plan.rows[0].words


def test_a_plan_says_what_each_line_would_do_and_does_nothing(application: Application, actor: Actor) -> None:
    add_person(application, actor, NewPerson(vendor_id="G-1", name="Noa", zone="UTC", tags=("a",)))
    add_person(application, actor, NewPerson(vendor_id="G-2", name="Yusuf", zone="UTC"))
    before = application.people()
    plan = plan_import(
        application,
        actor,
        HEADER
        + "G-1,Noa K.,Europe/Berlin,,F,b;a\n"
        + "G-2,Yusuf,UTC,,,\n"
        + "G-3,Priya,Asia/Seoul,,,\n"
        + "G-3,Priya,Asia/Seoul,,,\n"
        + "G-4,Ines,Mars/Olympus,,,\n",
    )
    assert application.people() == before
    assert plan.in_words == "1 to add, 1 to change, 1 as before, 2 refused."
    assert [row.action for row in plan.rows] == ["change", "as before", "add", "refuse", "refuse"]
    assert (
        plan.rows[0].words
        == "name: Noa → Noa K.; zone: UTC → Europe/Berlin; sex: none → female; tags: a → a;b"
    )
    assert plan.rows[3].words == "The vendor id 'G-3' is already on line 4; one line a person."
    report = accept_import(application, actor, plan)
    assert report.in_words == "1 added, 1 changed, 1 as before, 2 refused."
    assert {person.name for person in application.people()} == {"Noa K.", "Yusuf", "Priya"}


def test_what_a_list_has_no_column_for_stays_as_it_was(application: Application, actor: Actor) -> None:
    import_people(application, actor, f"{HEADER}G-1,Noa,UTC,1990,female,a;b\nG-2,Yusuf,UTC,1991,male,c\n")
    plan = plan_import(application, actor, "vendor_id,name,zone\nG-1,Noa K.,UTC\nG-2,Yusuf,UTC\n")
    assert [(row.action, row.words) for row in plan.rows] == [
        ("change", "name: Noa → Noa K."),
        ("as before", ""),
    ]
    (noa,) = accept_import(application, actor, plan).changed
    assert (noa.name, noa.birth_year, noa.sex, noa.tags) == ("Noa K.", 1990, "female", ("a", "b"))
    assert noa in application.people()
    (noa,) = import_people(application, actor, "vendor_id,name,zone,tags\nG-1,Noa K.,UTC,\n").changed
    assert (noa.birth_year, noa.sex, noa.tags) == (1990, "female", ()), "an empty cell of a column means none"


def test_what_happened_since_the_plan_was_made_is_told(application: Application, actor: Actor) -> None:
    noa = add_person(application, actor, NewPerson(vendor_id="G-1", name="Noa", zone="UTC"))
    plan = plan_import(application, actor, f"{HEADER}G-1,Noa K.,UTC,,,\nG-2,Yusuf,UTC,,,\n")
    update_person(application, actor, replace(noa, name="Noa L."))
    add_person(application, actor, NewPerson(vendor_id="G-2", name="Yusuf B.", zone="UTC"))
    report = accept_import(application, actor, plan)
    assert [row.line for row in report.refused] == [2, 3]
    assert {person.name for person in application.people()} == {"Noa L.", "Yusuf B."}


def test_whose_deletion_was_asked_for_since_the_plan_was_made_is_refused(
    application: Application, actor: Actor
) -> None:
    add_person(application, actor, NewPerson(vendor_id="G-1", name="Noa", zone="UTC"))
    plan = plan_import(application, actor, f"{HEADER}G-1,Noa K.,UTC,,,\nG-2,Yusuf,UTC,,,\nG-3,Priya,UTC,,,\n")
    assert not plan.of("refuse")
    for vendor_id in ("G-1", "G-2"):
        application.store.deletions.add(application.organisation, "live", vendor_id, by="Kim")
    report = accept_import(application, actor, plan)
    assert report.in_words == "1 added, 0 changed, 0 as before, 2 refused."
    assert all("still has to delete" in row.reason for row in report.refused)
    assert {person.name for person in application.people()} == {"Noa", "Priya"}


def test_who_is_leaving_is_asked_once_a_plan_and_once_when_it_is_accepted(
    application: Application, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    ask = Store.leaving

    def noted(store: Store, organisation: str, environment: Environment) -> frozenset[str]:
        asked.append(organisation)
        return ask(store, organisation, environment)

    monkeypatch.setattr(Store, "leaving", noted)
    lines = "".join(f"G-{number},Noa,UTC,,,\n" for number in range(50))
    plan = plan_import(application, actor, HEADER + lines)
    assert len(asked) == 1
    assert len(accept_import(application, actor, plan).added) == 50
    assert len(asked) == 2


def test_lines_that_the_database_or_the_disk_refuses_are_told_and_the_others_are_done(
    application: Application, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_people(application, actor, f"{HEADER}G-1,Noa,UTC,,,\nG-2,Yusuf,UTC,,,\n")
    data = f"{HEADER}G-1,Noa,Asia/Seoul,,,\nG-2,Yusuf B.,UTC,,,\nG-3,Priya,UTC,,,\n"
    plan = plan_import(application, actor, data)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    def locked(*_: object, **__: object) -> None:
        raise StoreUnavailable(LOCKED)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "update_people", locked)
        report = accept_import(application, actor, plan)
    assert report.in_words == "1 added, 0 changed, 0 as before, 2 refused."
    assert [(row.line, row.reason) for row in report.refused] == [(2, LOCKED), (3, LOCKED)]

    plan = plan_import(application, actor, data)
    for put in ("put", "put_many"):
        monkeypatch.setattr(NightArchive, put, full)
    report = accept_import(application, actor, plan)
    assert report.in_words == "0 added, 1 changed, 1 as before, 1 refused."
    assert report.refused[0].line == 2
    assert "Changed on the roster, but the nights are not dated" in report.refused[0].reason
    assert "No space left" in report.refused[0].reason


def test_additions_that_the_database_refuses_are_told_and_changes_are_done(
    application: Application, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_people(application, actor, f"{HEADER}G-1,Noa,UTC,,,\n")
    plan = plan_import(application, actor, f"{HEADER}G-1,Noa K.,UTC,,,\nG-2,Yusuf,UTC,,,\n")

    def locked(*_: object, **__: object) -> None:
        raise StoreUnavailable(LOCKED)

    monkeypatch.setattr(Store, "add_people", locked)
    report = accept_import(application, actor, plan)
    assert report.in_words == "0 added, 1 changed, 0 as before, 1 refused."
    assert report.refused[0].reason == LOCKED


def test_only_the_one_whose_file_is_of_a_newer_program_is_told_so(
    application: Application, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [f"G-{number}" for number in range(5)]
    import_people(application, actor, HEADER + "".join(f"{each},{each},UTC,,,\n" for each in ids))
    newer = next(person.person_id for person in application.people() if person.name == "G-3")
    put_many = NightArchive.put_many
    taken: set[str] = set()

    def one_is_newer(archive: NightArchive, organisation: str, deliveries: list[Delivery]) -> object:
        good = [each for each in deliveries if each.person_id != newer]
        taken.update(each.person_id for each in good)
        reports = put_many(archive, organisation, good)
        if len(good) < len(deliveries):
            raise NewerFormat("Start the newer program.")
        return reports

    monkeypatch.setattr(NightArchive, "put_many", one_is_newer)
    report = import_people(
        application, actor, HEADER + "".join(f"{each},{each},Asia/Seoul,,,\n" for each in ids)
    )
    assert [person.name for person in report.changed] == ["G-0", "G-1", "G-2", "G-4"]
    ((line, reason),) = [(row.line, row.reason) for row in report.refused]
    assert line == 5
    assert reason.endswith("arrives: Start the newer program.")
    assert len(taken) == 4


def test_two_thousand_changes_are_one_transaction_and_one_delivery(
    application: Application, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [f"G-{number}" for number in range(2_000)]
    import_people(application, actor, HEADER + "".join(f"{each},Noa,UTC,,,a;b\n" for each in ids))
    deliveries: list[int] = []
    monkeypatch.setattr(NightArchive, "put_many", lambda _archive, _north, many: deliveries.append(len(many)))
    lines = "".join(
        f"{each},Noa K.,{'Asia/Seoul' if number < 400 else 'UTC'},,,b;c\n" for number, each in enumerate(ids)
    )
    plan = plan_import(application, actor, HEADER + lines)
    began_s = time.process_time()
    report = accept_import(application, actor, plan)
    assert time.process_time() - began_s < 5
    assert report.in_words == "0 added, 2000 changed, 0 as before, 0 refused."
    assert deliveries == [400]
    assert {(person.name, person.tags, person.version) for person in application.people()} == {
        ("Noa K.", ("b", "c"), 2)
    }


def test_whoever_may_not_manage_people_learns_nothing_of_the_roster(application: Application) -> None:
    stranger = Actor(name="stranger", role="visitor", organisations=frozenset({application.organisation}))
    with pytest.raises(NotAllowed):
        plan_import(application, stranger, HEADER + JOSE)


@pytest.mark.parametrize(
    "name",
    ["<img src=x onerror=alert(1)>", '=HYPERLINK("http://127.0.0.1","x")', "نور الهدى", "Zoë 🦉", "x" * 200],
)
def test_names_come_in_as_they_are(application: Application, actor: Actor, name: str) -> None:
    cell = '"' + name.replace('"', '""') + '"'
    assert import_people(application, actor, f"{HEADER}G-1,{cell},UTC,,,\n").added[0].name == name


def test_twenty_thousand_lines_are_planned_and_taken_in(application: Application, actor: Actor) -> None:
    lines = [
        f"G-{number},Person {number},Europe/Berlin,1990,female,Squad;Group {number % 7}"
        for number in range(20_000)
    ]
    lines[777] = "G-5,Twice,UTC,,,"
    data = codecs.BOM_UTF8 + (HEADER + "\n".join(lines)).encode()
    began_s = time.process_time()
    plan = plan_import(application, actor, data)
    assert time.process_time() - began_s < 5
    assert plan.in_words == "19999 to add, 0 to change, 0 as before, 1 refused."
    assert plan.of("refuse")[0].line == 779
    report = accept_import(application, actor, plan)
    assert len(report.added) == 19_999
    assert len(application.people()) == 19_999
