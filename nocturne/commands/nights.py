"""`sync` and `status`: nights from the API, and what is there of them."""

import argparse
import sys

from nocturne import erasure, upkeep, views
from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from nocturne.commands.asked import DONE, IN_PART, NOBODY, PEOPLE_HELP, Usage, complain, people_named
from nocturne.sync_command import json_line, synchronised


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `sync` and `status` to the command line."""
    bring = commands.add_parser("sync", help="bring nights from the API")
    bring.add_argument("--people", default="all", help=PEOPLE_HELP)
    bring.add_argument("--days", type=_days, help="how many days back (default: NOCTURNE_SYNC_DAYS)")
    bring.add_argument("--json", action="store_true", help="say everything as lines of JSON")
    bring.set_defaults(run=_sync, needs_vendor=True)
    commands.add_parser("status", help="what is there, and how old").set_defaults(
        run=_status, needs_vendor=False
    )


def _sync(application: Application, actor: Actor, chosen: argparse.Namespace) -> int:
    # First: whoever is to be erased is neither asked about nor brought back.
    outstanding = erasure.settle(application)
    for waiting in outstanding:
        print(
            f"The vendor still has to delete {waiting.vendor_id}, and is asked again from "
            f"{waiting.next_try_at:%Y-%m-%d %H:%M} UTC on. {waiting.last_error}".strip(),
            file=sys.stderr,
        )
    people = people_named(application, actor, chosen.people)
    if not people:
        raise Usage(NOBODY if not application.people() else f"Nobody is in {chosen.people} today.")
    progress = synchronised(application, actor, people, days=chosen.days, as_json=chosen.json)
    if chosen.json:
        print(json_line(progress))
        return IN_PART if progress.failures or outstanding else DONE
    complain([failure for failure in progress.failures if failure.reason != progress.halted], people)
    if progress.halted:
        print(f"Stopped for everybody: {progress.halted}", file=sys.stderr)
    print(
        f"{progress.people_complete} of {progress.people} people done, "
        f"{progress.nights_done} of {progress.nights} sessions brought."
    )
    return IN_PART if progress.failures or outstanding else DONE


def _status(application: Application, actor: Actor, _chosen: argparse.Namespace) -> int:
    authorize(actor, Permission.SEE_PEOPLE, application.organisation)
    people = application.people()
    nights = application.archive.statistics(application.organisation)
    fresh = views.freshness(application, people)
    waiting = application.store.deletions.all(application.organisation)
    print(f"environment   {application.settings.environment}")
    print(f"organisation  {application.organisation}")
    print(f"data folder   {application.settings.folder}")
    print(f"people        {len(people)}")
    print(f"valid nights  {int((nights['valid'] & (nights['kind'] == 'main')).sum())}")
    print(f"excluded      {int((nights['grade'] == 'X').sum())}")
    print(f"data          {fresh.in_words}")
    print("\n".join(upkeep.sizes(application)))
    for each in waiting:
        print(f"deletion      the vendor still has to delete {each.vendor_id}. {each.last_error}".rstrip())
    if fresh.failed:
        print(f"failing       {fresh.failed} of {len(people)} people: {fresh.reason}")
    return IN_PART if fresh.failed or waiting else DONE


def _days(text: str) -> int:
    if not text.isdecimal() or len(text) > len("3650") or not 1 <= int(text) <= 3650:
        raise argparse.ArgumentTypeError(f"takes a number of days from 1 to 3650, not {text!r}")
    return int(text)
