"""The simulator's command line: python -m asleep.simulator."""

import argparse
import csv
import json
import logging
import os
import signal
import sys
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from asleep.simulator.faults import Fault
from asleep.simulator.people import Person
from asleep.simulator.replay import ReplayError, replay_world
from asleep.simulator.server import Running, serve
from asleep.simulator.world import World, simulated_world

DONE, ASKED_WRONGLY = 0, 2


def main(arguments: list[str] | None = None) -> int:
    """Serves until SIGTERM, SIGINT or, if asked, the end of standard input; the exit status."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    options = _parser().parse_args(arguments)
    if options.webhook is not None:
        return _refuse("--webhook is not there yet: it comes with the webhooks issue.")
    until = options.until or (datetime.now(UTC) - timedelta(days=1)).date()
    try:
        world, sessions = _world(options, until)
    except (ReplayError, OSError) as error:
        return _refuse(str(error))
    over = _end_of_service(with_parent=options.exit_with_parent)
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m asleep.simulator", description=__doc__, allow_abbrev=False
    )
    add = parser.add_argument
    add("--port", type=_between(0, 65535), default=0, help="0 takes a free one")
    add("--people", type=_between(0, 1_000_000), default=48)
    add("--nights", type=_between(1, 3650), default=90)
    add("--seed", type=_between(0, 2**31), default=1)
    add("--until", type=_date, help="date of the last evening, YYYY-MM-DD; yesterday unless given")
    add("--replay", type=Path, metavar="FILE", help="serve the nights of this file instead of simulated ones")
    add("--shape", choices=("current", "reference"), default="current")
    add("--rate-limit", type=_positive, metavar="R", help="calls allowed per second")
    add("--latency-ms", type=_between(0, 600_000), default=0, metavar="L", help="delay of every answer")
    add("--fault", type=_fault, nargs="+", action="extend", default=[], metavar="KIND:SHARE")
    add("--webhook", metavar="URL")
    add("--roster", type=Path, metavar="FILE", help="also write the people as CSV")
    add("--exit-with-parent", action="store_true", help="end when standard input ends")
    return parser


def _between(low: int, high: int) -> Any:
    def number(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low} to {high}")
        return int(text)

    return number


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def _date(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date written YYYY-MM-DD") from None


def _fault(text: str) -> Fault:
    try:
        return Fault.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


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


def _end_of_service(*, with_parent: bool) -> threading.Event:
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    if with_parent:
        # A parent that dies closes our standard input, however it dies.
        threading.Thread(target=_await_end_of_input, args=(over,), daemon=True).start()
    return over


def _await_end_of_input(over: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    over.set()


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return ASKED_WRONGLY


if __name__ == "__main__":
    sys.exit(main())
