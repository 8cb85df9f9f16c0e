"""The simulator's command line: python -m asleep.simulator."""

import argparse
import csv
import errno
import io
import json
import logging
import sys
import threading
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asleep.simulator.announcements import Going
from asleep.simulator.lifeline import end_of_service
from asleep.simulator.options import ASKED_WRONGLY, DONE, FROM_INPUT, is_address, parser
from asleep.simulator.people import Person
from asleep.simulator.replay import ReplayError, replay_world
from asleep.simulator.server import Running, serve
from asleep.simulator.tonight import Tonight
from asleep.simulator.webhooks import Webhooks
from asleep.simulator.world import World, simulated_world

_LOOK_S = 0.2


class _Refused(ValueError):
    """The simulator does not start; the message says why and what to write instead."""


def main(arguments: list[str] | None = None) -> int:
    """Serves until SIGTERM, SIGINT or, if asked, the end of its parent; the exit status."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    options = parser().parse_args(arguments)
    try:
        _serve(options)
    except _Refused as refusal:
        sys.stderr.write(f"{refusal}\n")
        return ASKED_WRONGLY
    return DONE


def _serve(options: argparse.Namespace) -> None:
    world, sessions = _world(options)
    tonight = _tonight(options, world)
    if tonight is not None:
        world = tonight.world
    with ExitStack() as held:
        where = _Address(options)
        try:
            over = end_of_service(with_parent=options.exit_with_parent, heard=where.heard)
        except ValueError as error:
            raise _Refused(str(error)) from error
        running = held.enter_context(_running(options, world))
        # Only now: files of a server that did not start would belong to nobody.
        _write("--roster", options.roster, _roster(world.people))
        _write("--env", options.env, _environment(running))
        if options.env is not None:
            sys.stderr.write(f"Ready at {running.address}; key and address are in {options.env}.\n")
        print(json.dumps(_ready(running, sessions, tonight), ensure_ascii=False), flush=True)
        url = where.wait(over) if tonight is not None else None
        if tonight is not None and url is not None:
            held.enter_context(_announcing(options, tonight, running, url=url))
        over.wait()


class _Address:
    """Where webhooks go: as the option says, or the first line of standard input."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._url: str | None = None if options.webhook == FROM_INPUT else options.webhook
        self._told = threading.Event()

    def heard(self, line: str) -> None:
        """Takes note of the first line of standard input."""
        if self._url is None and is_address(line):
            self._url = line
        self._told.set()

    def wait(self, over: threading.Event) -> str | None:
        """The address, once it is known; None when the end comes first or what was said is no address."""
        while self._url is None and not over.is_set() and not self._told.wait(_LOOK_S):
            continue
        return self._url


def _world(options: argparse.Namespace) -> tuple[World, dict[str, str] | None]:
    until = options.until or (datetime.now(UTC) - timedelta(days=1)).date()
    if options.replay is None:
        world = simulated_world(people=options.people, nights=options.nights, seed=options.seed, until=until)
        return world, None
    try:
        return replay_world(options.replay, until=until, seed=options.seed)
    except ReplayError as error:
        raise _Refused(str(error)) from error
    except OSError as error:
        raise _Refused(f"{options.replay}: {_reason(error)}; give another --replay.") from error


def _running(options: argparse.Namespace, world: World) -> Running:
    try:
        return serve(
            world,
            port=options.port,
            shape=options.shape,
            rate_limit_per_s=options.rate_limit,
            latency_ms=options.latency_ms,
            faults=tuple(options.fault),
        )
    except ValueError as error:
        raise _Refused(str(error)) from error
    except OSError as error:
        problem = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be opened ({_reason(error)})"
        raise _Refused(f"Port {options.port} {problem}; give another --port.") from error


def _tonight(options: argparse.Namespace, world: World) -> Tonight | None:
    if options.webhook is None:
        return None
    if options.webhook == FROM_INPUT and not options.exit_with_parent:
        raise _Refused(
            "--webhook - reads standard input, which is watched with --exit-with-parent only; give both."
        )
    if options.replay is not None and options.webhook_speed == 1:
        raise _Refused("Nobody of a file goes to bed tonight; with --replay, give --webhook-speed above 1.")
    return Tonight(world, speed=options.webhook_speed, people=options.webhook_people)


def _announcing(options: argparse.Namespace, tonight: Tonight, running: Running, *, url: str) -> Webhooks:
    going = Going(
        versions=tuple(options.webhook_versions),
        duplicates=options.webhook_duplicates,
        reorder=options.webhook_reorder,
        drop=options.webhook_drop,
    )
    return Webhooks(tonight, running.account, url=url, going=going)


def _ready(running: Running, sessions: dict[str, str] | None, tonight: Tonight | None) -> dict[str, Any]:
    people = [person.roster_entry() for person in running.world.people]
    ready: dict[str, Any] = {
        "address": running.address,
        "api_key": running.api_key,
        "user_ids": [entry["user_id"] for entry in people],
        "people": people,
    }
    if sessions is not None:
        ready["sessions"] = sessions
    if tonight is not None and tonight.speed > 1:
        ready["recording"] = [
            {"user_id": person.user_id, "session_id": night.id}
            for person in tonight.people
            for night in tonight.nights(person)
        ]
    return ready


def _roster(people: tuple[Person, ...]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("vendor_id", "name", "zone", "birth_year", "sex", "tags"))
    for person in people:
        tags = ";".join(person.tags)
        writer.writerow((person.user_id, person.name, person.zone, person.birth_year, person.sex, tags))
    return text.getvalue()


def _environment(running: Running) -> str:
    return f"export ASLEEP_API_KEY={running.api_key}\nexport ASLEEP_BASE_URL={running.address}\n"


def _write(option: str, path: Path | None, text: str) -> None:
    if path is None:
        return
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except FileNotFoundError as error:
        raise _Refused(f"{path.parent}: no such folder; give another {option}.") from error
    except OSError as error:
        raise _Refused(f"{path}: {_reason(error)}; give another {option}.") from error


def _reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    return (error.strerror or str(error)).lower()


if __name__ == "__main__":
    sys.exit(main())
