"""The command line: `python -m nocturne people | cohorts | sync | status | worker | inbox | report | bundle | ...`.

Exit status: 0 done, 1 done in part (what failed is listed), 2 asked wrongly or cannot start.
"""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta

from asleep.errors import AsleepError
from nocturne import logs, roster, upkeep, views
from nocturne.access import Actor, local_actor
from nocturne.application import Application, build
from nocturne.backup import BackupError
from nocturne.batches import EngineMissing
from nocturne.commands import bundle, cohorts, inbox, keeping, nights, people, reports
from nocturne.commands.asked import ASKED_WRONGLY, DONE, IN_PART, Usage
from nocturne.demo import DemoFailed, DemoFolder, DemoPerson, DemoSimulator
from nocturne.engines import EngineFailed
from nocturne.roster_file import RosterError
from nocturne.runs import NotYet, RemovedMeanwhile
from nocturne.starting import CannotStart, beginning
from settings import Settings, SettingsError, read_settings
from store.errors import Invalid, UnreadableBackup
from store.people import DuplicatePerson, StoreError, UnknownPerson, UnusableDatabase

_ASKED_WRONGLY = (
    CannotStart,
    SettingsError,
    EngineMissing,
    Invalid,
    DuplicatePerson,
    UnknownPerson,
    UnusableDatabase,
    RosterError,
    views.UnknownCohort,
    BackupError,
    UnreadableBackup,
    NotYet,
    Usage,
)
_FAILED = (AsleepError, DemoFailed, EngineFailed, RemovedMeanwhile, StoreError, OSError)
# Commands that ask nobody get an address where nobody is.
_NOBODY = ("http://127.0.0.1:9", "no-vendor-needed")


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status of one command; what it has to say goes to standard output, complaints to standard error."""
    logs.begin("plain", level=logging.WARNING)
    chosen = _parser().parse_args(arguments)
    try:
        return _said(_done(chosen))
    except _ASKED_WRONGLY as problem:
        print(problem, file=sys.stderr)
        return ASKED_WRONGLY
    except BrokenPipeError:  # whoever read along has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except _FAILED as problem:
        print(problem, file=sys.stderr)
        return IN_PART


def _said(status: int) -> int:
    """The status, once everything is out: here, where somebody who has read enough is no fault."""
    sys.stdout.flush()
    return status


def _done(chosen: argparse.Namespace) -> int:
    if "run_alone" in chosen:  # what fills an empty installation must not find one that has been set up
        alone: Callable[[Settings, argparse.Namespace], int] = chosen.run_alone
        return alone(read_settings(), chosen)
    run: Callable[[Application, Actor, argparse.Namespace], int] = chosen.run
    with _application(needs_vendor=chosen.needs_vendor) as application:
        return run(application, local_actor(application.organisation), chosen)


@contextmanager
def _application(*, needs_vendor: bool) -> Iterator[Application]:
    settings = read_settings()
    logs.set_up(settings, "plain", level=logging.WARNING)
    if settings.environment != "demo":
        with beginning(settings):
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
        served: tuple[DemoPerson, ...] = ()
        if needs_vendor:
            until = date.today() - timedelta(days=1)  # noqa: DTZ011 - the simulator's own default, in its own words
            with beginning(settings):
                held.callback(DemoFolder(settings, until=until).release)
            simulator = DemoSimulator.start(settings, until=until)
            held.callback(simulator.stop)
            address, key, served = simulator.address, simulator.api_key, simulator.people
        with beginning(settings):
            application = build(settings, base_url=address, api_key=key)
        held.callback(application.close)
        roster.enrol(application, served)
        yield application


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m nocturne", description="Sleep analytics over the Asleep API."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for subject in (people, cohorts, nights, inbox, upkeep, reports, bundle, keeping):
        subject.add_commands(commands)
    return parser
