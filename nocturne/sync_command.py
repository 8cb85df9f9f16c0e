"""`python -m nocturne sync`: a bar for people, lines for logs, JSON for machines."""

import json
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime

from nocturne import sync
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.progress import SyncProgress, bar, told
from store.people import Person

_CLEAR = "\r\x1b[2K"


def synchronised(
    application: Application, actor: Actor, people: Sequence[Person], *, days: int | None, as_json: bool
) -> SyncProgress:
    """The final progress; meanwhile standard error says how far it is."""
    drawn = sys.stderr.isatty() and not as_json
    tell = _drawing(application) if drawn else _say_json if as_json else _say
    first_s, every_s = (0.2, 0.2) if drawn else (3.0, 5.0)
    with told(application.board, tell, first_s=first_s, every_s=every_s):
        progress = sync.synchronise(application, actor, people, days=days)
    if drawn:
        print(end=_CLEAR, file=sys.stderr, flush=True)
    return progress


def json_line(progress: SyncProgress) -> str:
    """The progress as one line of JSON: its fields by name, instants in ISO 8601, failures by person."""
    return json.dumps(asdict(progress), default=_spelled)


def _spelled(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"A {type(value).__name__} has no place in a progress.")


def _drawing(application: Application) -> Callable[[SyncProgress], None]:
    def draw(progress: SyncProgress) -> None:
        # A line longer than the terminal would wrap, and could not be drawn over.
        longest = shutil.get_terminal_size().columns - 1
        print(_CLEAR + bar(progress, application.now())[:longest], end="", file=sys.stderr, flush=True)

    return draw


def _say(progress: SyncProgress) -> None:
    print(progress.in_words, file=sys.stderr, flush=True)


def _say_json(progress: SyncProgress) -> None:
    print(json_line(progress), file=sys.stderr, flush=True)
