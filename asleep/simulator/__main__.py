"""The simulator's command line: python -m asleep.simulator."""

import argparse
import csv
import json
import logging
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from asleep.simulator.lifeline import end_of_service
from asleep.simulator.options import ASKED_WRONGLY, DONE, parser
from asleep.simulator.people import Person
from asleep.simulator.replay import ReplayError, replay_world
from asleep.simulator.server import Running, serve
from asleep.simulator.world import World, simulated_world


def main(arguments: list[str] | None = None) -> int:
    """Serves until SIGTERM, SIGINT or, if asked, the end of standard input; the exit status."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    options = parser().parse_args(arguments)
    if options.webhook is not None:
        return _refuse("--webhook is not there yet: it comes with the webhooks issue.")
    until = options.until or (datetime.now(UTC) - timedelta(days=1)).date()
    try:
        world, sessions = _world(options, until)
    except (ReplayError, OSError) as error:
        return _refuse(str(error))
    try:
        over = end_of_service(with_parent=options.exit_with_parent)
    except ValueError as error:
        return _refuse(str(error))
    try:
        _write_roster(options.roster, world.people)
        running = serve(
            world,
            port=options.port,
            shape=options.shape,
            rate_limit_per_s=options.rate_limit,
            latency_ms=options.latency_ms,
            faults=tuple(options.fault),
        )
    except OSError as error:
        return _refuse(f"{error}. Give another --port or --roster.")
    with running:
        print(json.dumps(_ready(running, sessions), ensure_ascii=False), flush=True)
        over.wait()
    return DONE


def _world(options: argparse.Namespace, until: date) -> tuple[World, dict[str, str] | None]:
    if options.replay is not None:
        return replay_world(options.replay, until=until, seed=options.seed)
    return simulated_world(people=options.people, nights=options.nights, seed=options.seed, until=until), None


def _ready(running: Running, sessions: dict[str, str] | None) -> dict[str, Any]:
    people = [person.roster_entry() for person in running.world.people]
    ready = {
        "address": running.address,
        "api_key": running.api_key,
        "user_ids": [entry["user_id"] for entry in people],
        "people": people,
    }
    return ready if sessions is None else ready | {"sessions": sessions}


def _write_roster(path: Path | None, people: tuple[Person, ...]) -> None:
    if path is None:
        return
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("vendor_id", "name", "zone", "birth_year", "sex", "tags"))
        for person in people:
            tags = ";".join(person.tags)
            writer.writerow((person.user_id, person.name, person.zone, person.birth_year, person.sex, tags))


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return ASKED_WRONGLY


if __name__ == "__main__":
    sys.exit(main())
