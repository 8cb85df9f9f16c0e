"""`report weekly` and `report monthly`: one report of each of many people, or one of a cohort, as files."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nocturne import runs, views
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.commands.asked import (
    DONE,
    IN_PART,
    NOBODY,
    PEOPLE_HELP,
    Usage,
    a_date,
    complain,
    now_and_then,
    people_named,
    saved_cohort,
)
from nocturne.documents import FORMATS, KINDS, PAPERS, Format, Wanted
from nocturne.places import CannotKeep, Folder, Place, Zip, whole_file

_ZIP = ".zip"


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `report` to the command line."""
    report = commands.add_parser("report", help="write reports").add_subparsers(required=True, metavar="KIND")
    for kind, what in zip(KINDS, ("the 7 nights", "the month"), strict=True):
        one = report.add_parser(kind, help=f"{what} that end on a date, of each person or of a cohort")
        whose = one.add_mutually_exclusive_group()
        whose.add_argument("--people", help=f"a report each: {PEOPLE_HELP}")
        whose.add_argument("--cohort", metavar="NAME", help="one report of all of them: everyone, or a NAME")
        one.add_argument("--ending", type=a_date, help="date of the last night (default: last night)")
        one.add_argument(
            "--format", type=_formats, default=("pdf",), help=f"{','.join(FORMATS)}; default pdf"
        )
        one.add_argument(
            "--pseudonyms", action="store_true", help="people go by pseudonyms, in file names too"
        )
        one.add_argument("--paper", choices=PAPERS, default="a4", help="of the PDF; default a4")
        one.add_argument(
            "--out", type=Path, required=True, help="folder to write to, or a file that ends in .zip"
        )
        one.set_defaults(run=_report, needs_vendor=False, kind=kind)


def _report(application: Application, actor: Actor, chosen: argparse.Namespace) -> int:
    if chosen.out.suffix != _ZIP and chosen.out.exists() and not chosen.out.is_dir():
        raise Usage(f"{chosen.out} is a file; name a folder, or a file that ends in {_ZIP}.")
    ending = chosen.ending or views.last_night(
        application, application.archive.statistics(application.organisation)
    )
    wanted = Wanted(
        kind=chosen.kind,
        ending=ending,
        formats=chosen.format,
        paper=chosen.paper,
        pseudonyms=chosen.pseudonyms,
    )
    runs.check_that_it_has_been(application, wanted)
    if chosen.cohort is not None:
        return _of_a_cohort(application, actor, wanted, chosen)
    people = people_named(application, actor, chosen.people or "all")
    if not people:
        raise Usage(NOBODY if not application.people() else f"Nobody is in {chosen.people} today.")
    with _place(application, chosen.out) as place:
        made = runs.people_reports(application, actor, people, wanted, place, tell=now_and_then())
        if made.failures and chosen.out.suffix == _ZIP:
            place.take(runs.not_made(made.failures, runs.called(application, people, wanted)))
    _say(made.files, chosen.out)
    complain(made.failures, people)
    return IN_PART if made.failures else DONE


def _of_a_cohort(application: Application, actor: Actor, wanted: Wanted, chosen: argparse.Namespace) -> int:
    saved = saved_cohort(application, actor, chosen.cohort)
    name = saved.cohort_id if saved is not None else chosen.cohort
    people = views.cohort_people(application, actor, name, on=wanted.ending)
    if not people:
        raise Usage(
            NOBODY if not application.people() else f"Nobody is in {chosen.cohort} on {wanted.ending}."
        )
    cohort = next(each for each in views.cohorts(application, actor, on=wanted.ending) if each.name == name)
    with _place(application, chosen.out) as place:
        made = runs.cohort_documents(application, actor, cohort, wanted, place)
        if made.failures and chosen.out.suffix == _ZIP:
            place.take(runs.not_made(made.failures, runs.called(application, people, wanted)))
    _say(made.files, chosen.out)
    complain(made.failures, people)
    return IN_PART if made.failures else DONE


@contextmanager
def _place(application: Application, out: Path) -> Iterator[Place]:
    """Where documents go; a ZIP appears when it is whole.

    Raises:
        Usage: it cannot be written.
    """
    try:
        if out.suffix != _ZIP:
            yield Folder(out)
            return
        with whole_file(out) as file, Zip(file, folder=out.stem, made_at=application.now()) as place:
            yield place
    except CannotKeep as reason:
        raise Usage(f"{reason}. Name another place, or make room there.") from reason


def _say(files: tuple[str, ...], out: Path) -> None:
    """What was written: each file of a folder, and of a ZIP the one that holds them."""
    for path in (str(out),) if out.suffix == _ZIP else files:
        print(path)


def _formats(text: str) -> tuple[Format, ...]:
    wanted = [part.strip() for part in text.split(",") if part.strip()]
    known = [kind for kind in FORMATS if kind in wanted]
    if not wanted or len(known) != len(set(wanted)):
        raise argparse.ArgumentTypeError(f"takes {','.join(FORMATS)} or some of them, not {text!r}")
    return tuple(known)
