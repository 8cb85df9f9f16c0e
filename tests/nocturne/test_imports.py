"""Lists of people as spreadsheets write them, what they would do, and what they do when that is accepted."""

import codecs
import time
from dataclasses import replace

import pytest

from nocturne.access import Actor, NotAllowed
from nocturne.application import Application
from nocturne.imports import accept_import, plan_import
from nocturne.roster import add_person, update_person
from nocturne.roster_file import RosterError, read_roster
from store.people import NewPerson
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


def test_a_first_line_that_only_names_the_separator_is_followed() -> None:
    (row,) = read_roster("sep=;\r\nvendor_id;name;zone\r\nG-1;Noa, K.;UTC\r\n").rows
    assert row.cells["name"] == "Noa, K."


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


def test_what_happened_since_the_plan_was_made_is_told(application: Application, actor: Actor) -> None:
    noa = add_person(application, actor, NewPerson(vendor_id="G-1", name="Noa", zone="UTC"))
    plan = plan_import(application, actor, f"{HEADER}G-1,Noa K.,UTC,,,\nG-2,Yusuf,UTC,,,\n")
    update_person(application, actor, replace(noa, name="Noa L."))
    add_person(application, actor, NewPerson(vendor_id="G-2", name="Yusuf B.", zone="UTC"))
    report = accept_import(application, actor, plan)
    assert [row.line for row in report.refused] == [2, 3]
    assert {person.name for person in application.people()} == {"Noa L.", "Yusuf B."}


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
