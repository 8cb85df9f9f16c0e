"""`python -m nocturne sync`: a bar for people, lines for logs, JSON for machines."""

import json
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from threading import Event, current_thread, main_thread
from types import FrameType
from typing import Final

from nocturne import sync
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.progress import SyncProgress, bar, told
from store.people import Person

STOPPED: Final = "Stopped; what was brought is kept, and the next synchronisation goes on from there."

_CLEAR = "\r\x1b[2K"


def synchronised(
    application: Application, actor: Actor, people: Sequence[Person], *, days: int | None, as_json: bool
) -> SyncProgress:
    """The final progress; meanwhile standard error says how far it is.

    Ctrl+C ends it in order: what was asked for is not waited for, and what was brought is written down.

    Raises:
        KeyboardInterrupt: it was ended so, and the final progress was told where it is wanted as JSON; or a second
            Ctrl+C came before the end.
    """
    drawn = sys.stderr.isatty() and not as_json
    tell = _drawing(application) if drawn else _say_json if as_json else _say
    first_s, every_s = (0.2, 0.2) if drawn else (3.0, 5.0)
    with (
        _stopped_by_ctrl_c() as stop,
        told(application.board, tell, first_s=first_s, every_s=every_s),
    ):
        progress = sync.synchronise(application, actor, people, days=days, stop=stop)
    if drawn:
        print(end=_CLEAR, file=sys.stderr, flush=True)
    if stop.is_set():
        if as_json:
            print(json_line(progress))
        raise KeyboardInterrupt(STOPPED)
    return progress


@contextmanager
def _stopped_by_ctrl_c() -> Iterator[Event]:
    """What is set by the first Ctrl+C within the block; a second one is as everywhere."""
    stop = Event()
    if current_thread() is not main_thread():  # signals are told to the main thread alone
        yield stop
        return
    before = signal.getsignal(signal.SIGINT)

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, end)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


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
