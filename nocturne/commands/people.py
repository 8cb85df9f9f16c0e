"""`people add | import | list`, and `erase`: who is on the roster, and who is no more."""

import argparse
import sys
from pathlib import Path

from nocturne import erasure, imports, roster
from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from nocturne.commands.asked import DONE, IN_PART, Usage, refuse_in_the_demo, tags_of
from nocturne.roster_file import HEADER
from store.people import NewPerson, Person, UnknownPerson


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `people` and `erase` to the command line."""
    people = commands.add_parser("people", help="who is on the roster").add_subparsers(
        required=True, metavar="ACTION"
    )
    add = people.add_parser("add", help="put one person on the roster")
    add.add_argument("vendor_id", help="the id that the vendor issued")
    add.add_argument("--name", required=True)
    add.add_argument("--zone", required=True, help="IANA name, e.g. Europe/Berlin")
    add.add_argument("--birth-year", type=int)
    add.add_argument("--sex", help="male, female, non_binary, other or prefer_not_to_say")
    add.add_argument("--tags", help="separated by semicolons")
    add.set_defaults(run=_add, needs_vendor=False)
    bring = people.add_parser("import", help=f"put people on the roster from a CSV: {','.join(HEADER)}")
    bring.add_argument("file", type=Path)
    bring.set_defaults(run=_import, needs_vendor=False)
    people.add_parser(
        "list", help="everybody on the roster: person_id and the columns of an import, separated by tabs"
    ).set_defaults(run=_list, needs_vendor=False)

    erase = commands.add_parser(
        "erase", help="take a person out of every room, and have the vendor delete them"
    )
    erase.add_argument("person", metavar="PERSON", help="person_id, or the vendor's id")
    erase.add_argument("--keep-at-vendor", action="store_true", help="the vendor keeps what it has of them")
    erase.add_argument("--yes", action="store_true", help="do not ask for the name first")
    erase.set_defaults(run=_erase, needs_vendor=True)


def _add(application: Application, actor: Actor, chosen: argparse.Namespace) -> int:
    refuse_in_the_demo(application)
    person = roster.add_person(
        application,
        actor,
        NewPerson(
            vendor_id=chosen.vendor_id,
            name=chosen.name,
            zone=chosen.zone,
            birth_year=chosen.birth_year,
            sex=chosen.sex or "",
            tags=tags_of(chosen.tags),
        ),
    )
    print(f"Added {person.name} as {person.person_id}. `python -m nocturne sync` brings the nights.")
    return DONE


def _import(application: Application, actor: Actor, chosen: argparse.Namespace) -> int:
    refuse_in_the_demo(application)
    try:
        data = chosen.file.read_bytes()
    except OSError as problem:
        raise Usage(f"{chosen.file} cannot be read: {problem.strerror}.") from problem
    plan = imports.plan_import(application, actor, data)
    for remark in plan.remarks:
        print(remark, file=sys.stderr)
    report = imports.accept_import(application, actor, plan)
    for row in report.refused:
        print(f"Line {row.line}: {row.reason}", file=sys.stderr)
    print(report.in_words)
    return IN_PART if report.refused else DONE


def _list(application: Application, actor: Actor, _chosen: argparse.Namespace) -> int:
    authorize(actor, Permission.SEE_PEOPLE, application.organisation)
    people = application.people()
    if not people:
        print(
            "Nobody is on the roster yet. `python -m nocturne people import FILE.csv` or `people add` puts them there."
        )
    for person in people:
        year = str(person.birth_year or "")
        tags = ";".join(person.tags)
        print(
            "\t".join([person.person_id, person.vendor_id, person.name, person.zone, year, person.sex, tags])
        )
    return DONE


def _erase(application: Application, actor: Actor, chosen: argparse.Namespace) -> int:
    person = _person(application, chosen.person)
    if not chosen.yes:
        _confirm(application, actor, person, keep=chosen.keep_at_vendor)
    erased = erasure.erase_person(application, actor, person.person_id, at_vendor=not chosen.keep_at_vendor)
    print(f"{erased.name} is out of the roster, the archive and the cache.")
    if erased.at_vendor == "done":
        print("The user is gone at the vendor.")
    elif erased.at_vendor == "waiting":
        print(
            f"The vendor has not deleted the user yet and will be asked again. {erased.reason}",
            file=sys.stderr,
        )
    elif erased.at_vendor == "refused":
        print(f"The vendor refuses to delete the user. {erased.reason}", file=sys.stderr)
    if application.settings.environment == "demo":
        print("This is the demo: its made-up people come back with the next command.")
    return DONE if erased.at_vendor in {"done", "not asked"} else IN_PART


def _person(application: Application, named: str) -> Person:
    try:
        return application.person(named)
    except UnknownPerson:
        found = next((person for person in application.people() if person.vendor_id == named), None)
        if found is None:
            raise
        return found


def _confirm(application: Application, actor: Actor, person: Person, *, keep: bool) -> None:
    loss = erasure.what_would_be_lost(application, actor, person.person_id)
    between = f", {loss.first} to {loss.last}" if loss.first else ""
    print(f"{person.name}: {loss.nights} nights ({loss.sessions} sessions{between}), {loss.notes} notes.")
    print("All of it goes for good" + ("; the vendor keeps the user." if keep else ", at the vendor too."))
    print("Type the name to erase it, anything else to leave everything as it is: ", end="", flush=True)
    if sys.stdin.readline().strip() != person.name:
        raise Usage("That is not the name. Nothing was erased; `--yes` erases without asking.")
