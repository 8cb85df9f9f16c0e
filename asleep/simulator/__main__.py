"""The simulator's command line: python -m asleep.simulator."""

import argparse
import csv
import errno
import io
import json
import logging
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asleep.simulator.lifeline import end_of_service
from asleep.simulator.options import ASKED_WRONGLY, DONE, parser
from asleep.simulator.people import Person
from asleep.simulator.replay import ReplayError, replay_world
from asleep.simulator.server import Running, serve
from asleep.simulator.world import World, simulated_world


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
    if options.webhook is not None:
        raise _Refused("--webhook is not offered yet; start without it.")
    world, sessions = _world(options)
    try:
        over = end_of_service(with_parent=options.exit_with_parent)
    except ValueError as error:
        raise _Refused(str(error)) from error
    with _running(options, world) as running:
        # Only now: files of a server that did not start would belong to nobody.
        _write("--roster", options.roster, _roster(world.people))
        _write("--env", options.env, _environment(running))
        if options.env is not None:
            sys.stderr.write(f"Ready at {running.address}; key and address are in {options.env}.\n")
        print(json.dumps(_ready(running, sessions), ensure_ascii=False), flush=True)
        over.wait()


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


def _ready(running: Running, sessions: dict[str, str] | None) -> dict[str, Any]:
    people = [person.roster_entry() for person in running.world.people]
    ready = {
        "address": running.address,
        "api_key": running.api_key,
        "user_ids": [entry["user_id"] for entry in people],
        "people": people,
    }
    return ready if sessions is None else ready | {"sessions": sessions}


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
