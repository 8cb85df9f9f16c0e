"""`report weekly`: many people's reports as files."""

import argparse
import sys
import time
from collections.abc import Callable
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
    people_named,
)
from nocturne.mapping import MapProgress


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `report` to the command line."""
    report = commands.add_parser("report", help="write reports").add_subparsers(required=True, metavar="KIND")
    weekly = report.add_parser("weekly", help="one week of each person")
    weekly.add_argument("--people", default="all", help=PEOPLE_HELP)
    weekly.add_argument("--ending", type=a_date, help="date of the last night (default: last night)")
    weekly.add_argument("--format", type=_formats, default=runs.FORMATS, help=",".join(runs.FORMATS))
    weekly.add_argument("--out", type=Path, required=True, help="folder to write to")
    weekly.set_defaults(run=_weekly, needs_vendor=False)


def _weekly(application: Application, actor: Actor, chosen: argparse.Namespace) -> int:
    people = people_named(application, actor, chosen.people)
    if not people:
        raise Usage(NOBODY if not application.people() else f"Nobody is in {chosen.people} today.")
    if chosen.out.exists() and not chosen.out.is_dir():
        raise Usage(f"{chosen.out} is a file; name a folder.")
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
    complain(made.failures, people)
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


def _formats(text: str) -> tuple[runs.Format, ...]:
    wanted = [part.strip() for part in text.split(",") if part.strip()]
    known = [kind for kind in runs.FORMATS if kind in wanted]
    if not wanted or len(known) != len(set(wanted)):
        raise argparse.ArgumentTypeError(f"takes {','.join(runs.FORMATS)} or one of them, not {text!r}")
    return tuple(known)
