"""The command line: `python -m nocturne people | sync | status | verify | repair | report`.

Exit status: 0 done, 1 done in part (what failed is listed), 2 asked wrongly.
"""

import argparse
import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from pathlib import Path

from asleep.errors import AsleepError
from nocturne import imports, roster, runs, upkeep, views
from nocturne.access import Actor, local_actor
from nocturne.application import Application, build
from nocturne.batches import EngineMissing
from nocturne.demo import DemoFailed, DemoFolder, DemoPerson, DemoSimulator
from nocturne.mapping import EngineFailed, MapProgress
from nocturne.progress import Failure
from nocturne.roster_file import HEADER, RosterError
from nocturne.sync_command import json_line, synchronised
from settings import Settings, SettingsError, read_settings
from store.people import (
    DuplicatePerson,
    InvalidPerson,
    NewPerson,
    Person,
    StoreError,
    UnknownPerson,
    UnusableDatabase,
)

DONE, IN_PART, ASKED_WRONGLY = 0, 1, 2

_ASKED_WRONGLY = (
    SettingsError,
    EngineMissing,
    InvalidPerson,
    DuplicatePerson,
    UnknownPerson,
    UnusableDatabase,
    RosterError,
    views.UnknownCohort,
)
_FAILED = (AsleepError, DemoFailed, EngineFailed, StoreError, OSError)
# Commands that ask nobody get an address where nobody is.
_NOBODY = ("http://127.0.0.1:9", "no-vendor-needed")
_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 1, 1)


class _Usage(ValueError):
    """An argument that cannot be used; the message says what to write."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status of one command; what it has to say goes to standard output, complaints to standard error."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    chosen = _parser().parse_args(arguments)
    run: Callable[[Application, Actor, argparse.Namespace], int] = chosen.run
    try:
        with _application(needs_vendor=chosen.needs_vendor) as application:
            return run(application, local_actor(application.organisation), chosen)
    except (*_ASKED_WRONGLY, _Usage) as problem:
        print(problem, file=sys.stderr)
        return ASKED_WRONGLY
    except _FAILED as problem:
        print(problem, file=sys.stderr)
        return IN_PART


@contextmanager
def _application(*, needs_vendor: bool) -> Iterator[Application]:
    settings = read_settings()
    if settings.environment != "demo":
        application = build(settings)
        try:
            yield application
        finally:
            application.close()
        return
    with _demo_application(settings, needs_vendor=needs_vendor) as application:
        yield application


@contextmanager
def _demo_application(settings: Settings, *, needs_vendor: bool) -> Iterator[Application]:
    with ExitStack() as held:
        address, key = _NOBODY
        people: tuple[DemoPerson, ...] = ()
        if needs_vendor:
            until = date.today() - timedelta(days=1)  # noqa: DTZ011 - the simulator's own default, in its own words
            held.callback(DemoFolder(settings, until=until).release)
            simulator = DemoSimulator.start(settings, until=until)
            held.callback(simulator.stop)
            address, key, people = simulator.address, simulator.api_key, simulator.people
        application = build(settings, base_url=address, api_key=key)
        held.callback(application.close)
        roster.enrol(application, people)
        yield application


def _add(application: Application, actor: Actor, chosen: argparse.Namespace) -> int:
    _refuse_in_the_demo(application)
    tags = tuple(tag.strip() for tag in (chosen.tags or "").split(";") if tag.strip())
    person = roster.add_person(
        application,
        actor,
        NewPerson(
            vendor_id=chosen.vendor_id,
            name=chosen.name,
            zone=chosen.zone,
            birth_year=chosen.birth_year,
            sex=chosen.sex or "",
            tags=tags,
        ),
    )
    print(f"Added {person.name} as {person.person_id}. `python -m nocturne sync` brings the nights.")
    return DONE


def _import(application: Application, actor: Actor, chosen: argparse.Namespace) -> int:
    _refuse_in_the_demo(application)
    try:
        data = chosen.file.read_bytes()
    except OSError as problem:
        raise _Usage(f"{chosen.file} cannot be read: {problem.strerror}.") from problem
    plan = imports.plan_import(application, actor, data)
    for remark in plan.remarks:
        print(remark, file=sys.stderr)
    report = imports.accept_import(application, actor, plan)
    for row in report.refused:
        print(f"Line {row.line}: {row.reason}", file=sys.stderr)
    print(report.in_words)
    return IN_PART if report.refused else DONE


def _list(application: Application, _actor: Actor, _chosen: argparse.Namespace) -> int:
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


def _sync(application: Application, actor: Actor, chosen: argparse.Namespace) -> int:
    people = _people(application, actor, chosen.people)
    if not people:
        raise _Usage(
            "Nobody is on the roster yet. `python -m nocturne people import FILE.csv` puts people there."
        )
    progress = synchronised(application, actor, people, days=chosen.days, as_json=chosen.json)
    if chosen.json:
        print(json_line(progress))
        return IN_PART if progress.failures else DONE
    _complain([failure for failure in progress.failures if failure.reason != progress.halted], people)
    if progress.halted:
        print(f"Stopped for everybody: {progress.halted}", file=sys.stderr)
    print(
        f"{progress.people_complete} of {progress.people} people done, "
        f"{progress.nights_done} of {progress.nights} sessions brought."
    )
    return IN_PART if progress.failures else DONE


def _status(application: Application, _actor: Actor, _chosen: argparse.Namespace) -> int:
    people = application.people()
    nights = application.archive.statistics(application.organisation)
    fresh = views.freshness(application, people)
    print(f"environment   {application.settings.environment}")
    print(f"organisation  {application.organisation}")
    print(f"data folder   {application.settings.folder}")
    print(f"people        {len(people)}")
    print(f"valid nights  {int((nights['valid'] & (nights['kind'] == 'main')).sum())}")
    print(f"excluded      {int((nights['grade'] == 'X').sum())}")
    print(f"data          {fresh.in_words}")
    print("\n".join(upkeep.sizes(application)))
    if fresh.failed:
        print(f"failing       {fresh.failed} of {len(people)} people: {fresh.reason}")
    return IN_PART if fresh.failed else DONE


def _report(application: Application, actor: Actor, chosen: argparse.Namespace) -> int:
    people = _people(application, actor, chosen.people)
    if not people:
        raise _Usage(
            "Nobody is on the roster yet. `python -m nocturne people import FILE.csv` puts people there."
        )
    ending = chosen.ending or views.last_night(
        application, application.archive.statistics(application.organisation)
    )
    made = runs.weekly_reports(
        application,
        actor,
        people,
        ending=ending,
        formats=chosen.format,
        folder=chosen.out,
        tell=_now_and_then(),
    )
    for path in made.files:
        print(path)
    _complain(made.failures, people)
    return IN_PART if made.failures else DONE


def _now_and_then(every_s: float = 5.0) -> Callable[[MapProgress], None]:
    """Says on standard error how far a run is, at most every few seconds, and not for a short one."""
    said_at = time.monotonic()

    def tell(progress: MapProgress) -> None:
        nonlocal said_at
        if time.monotonic() - said_at >= every_s:
            said_at = time.monotonic()
            print(progress.in_words, file=sys.stderr, flush=True)

    return tell


def _complain(failures: Sequence[Failure], people: Sequence[Person]) -> None:
    """Every person left out, those with the same reason in one line."""
    names = {person.person_id: person.name for person in people}
    by_reason: dict[str, list[str]] = {}
    for failure in failures:
        by_reason.setdefault(failure.reason, []).append(names[failure.person_id])
    for reason, concerned in by_reason.items():
        print(f"{', '.join(concerned)}: {reason}", file=sys.stderr)


def _refuse_in_the_demo(application: Application) -> None:
    if application.settings.environment == "demo":
        raise _Usage(
            "This is the demo, whose people are made up. Set ASLEEP_API_KEY to keep a roster of your own."
        )


def _people(application: Application, actor: Actor, wanted: str) -> tuple[Person, ...]:
    if wanted == "all":
        return application.people()
    if wanted.startswith("cohort:"):
        return views.cohort_people(application, actor, wanted.removeprefix("cohort:"))
    ids = [part.strip() for part in wanted.split(",") if part.strip()]
    if not ids:
        raise _Usage("--people takes ids separated by commas, or all, or cohort:NAME.")
    return tuple(views.person(application, actor, person_id) for person_id in ids)


def _formats(text: str) -> tuple[runs.Format, ...]:
    wanted = [part.strip() for part in text.split(",") if part.strip()]
    known = [kind for kind in runs.FORMATS if kind in wanted]
    if not wanted or len(known) != len(set(wanted)):
        raise argparse.ArgumentTypeError(f"takes {','.join(runs.FORMATS)} or one of them, not {text!r}")
    return tuple(known)


def _date(text: str) -> date:
    try:
        value = date.fromisoformat(text)
    except ValueError:
        value = date.min
    if not _EARLIEST <= value < _LATEST:
        raise argparse.ArgumentTypeError(f"takes a date like 2026-02-11, not {text!r}")
    return value


def _days(text: str) -> int:
    if not text.isdecimal() or len(text) > len("3650") or not 1 <= int(text) <= 3650:
        raise argparse.ArgumentTypeError(f"takes a number of days from 1 to 3650, not {text!r}")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m nocturne", description="Sleep analytics over the Asleep API."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

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

    bring_nights = commands.add_parser("sync", help="bring nights from the API")
    bring_nights.add_argument(
        "--people", default="all", help="ids separated by commas, or all, or cohort:NAME"
    )
    bring_nights.add_argument("--days", type=_days, help="how many days back (default: NOCTURNE_SYNC_DAYS)")
    bring_nights.add_argument("--json", action="store_true", help="say everything as lines of JSON")
    bring_nights.set_defaults(run=_sync, needs_vendor=True)

    commands.add_parser("status", help="what is there, and how old").set_defaults(
        run=_status, needs_vendor=False
    )

    upkeep.add_commands(commands)

    report = commands.add_parser("report", help="write reports").add_subparsers(required=True, metavar="KIND")
    weekly = report.add_parser("weekly", help="one week of each person")
    weekly.add_argument("--people", default="all", help="ids separated by commas, or all, or cohort:NAME")
    weekly.add_argument("--ending", type=_date, help="date of the last night (default: last night)")
    weekly.add_argument("--format", type=_formats, default=runs.FORMATS, help=",".join(runs.FORMATS))
    weekly.add_argument("--out", type=Path, required=True, help="folder to write to")
    weekly.set_defaults(run=_report, needs_vendor=False)
    return parser


if __name__ == "__main__":
    sys.exit(main())
