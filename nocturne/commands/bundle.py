"""`bundle`: the nights of some people as one file for a statistician."""

import argparse
from pathlib import Path

from analytics.wording import NBSP, plural
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.bundles import BundleRefused, BundleWanted, make_bundle
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
)

_COHORT = "cohort:"


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `bundle` to the command line."""
    bundle = commands.add_parser(
        "bundle", help="write nights, epochs, exclusions and their description to one ZIP for research"
    )
    bundle.add_argument("--people", default="all", help=PEOPLE_HELP)
    bundle.add_argument("--from", dest="first", type=a_date, required=True, help="date of the first night")
    bundle.add_argument("--to", dest="last", type=a_date, required=True, help="date of the last night")
    bundle.add_argument("--out", type=Path, required=True, metavar="FILE.zip", help="file to write")
    bundle.add_argument(
        "--pseudonyms", action="store_true", help="people and sessions under pseudonyms, without tags"
    )
    bundle.add_argument("--with-tags", action="store_true", help="tags in spite of --pseudonyms")
    bundle.add_argument("--without-epochs", action="store_true", help="nights only: a far smaller file")
    bundle.add_argument(
        "--hypnograms", action="store_true", help="also a text file a sleep, as yasa reads it"
    )
    bundle.set_defaults(run=_bundle, needs_vendor=False)


def _bundle(application: Application, actor: Actor, chosen: argparse.Namespace) -> int:
    people = people_named(application, actor, chosen.people)
    if not people:
        raise Usage(NOBODY if not application.people() else f"Nobody is in {chosen.people} today.")
    wanted = BundleWanted(
        people=people,
        label=_label(chosen.people),
        first=chosen.first,
        last=chosen.last,
        pseudonyms=chosen.pseudonyms,
        tags=True if chosen.with_tags else None,
        epochs=not chosen.without_epochs,
        hypnograms=chosen.hypnograms,
    )
    try:
        made = make_bundle(application, actor, wanted, chosen.out, tell=now_and_then())
    except BundleRefused as refused:
        raise Usage(str(refused)) from refused
    except OSError as problem:
        reason = problem.strerror or problem
        raise Usage(f"{chosen.out} cannot be written: {reason}. Nothing was left there.") from problem
    written = made.written
    counts = f"{plural(written.people, 'person', 'people')}, {plural(written.valid_nights, 'valid night')}"
    print(
        f"Wrote {written.path}: {counts}. Keep it as safe as the data itself: it is not encrypted.".replace(
            NBSP, " "
        )
    )
    complain(made.failures, people)
    return IN_PART if made.failures else DONE


def _label(people: str) -> str:
    """What the people are called together."""
    if people == "all":
        return "everyone"
    return people.removeprefix(_COHORT).strip() if people.startswith(_COHORT) else "people"
