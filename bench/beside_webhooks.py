"""Pages while webhooks arrive: 50 events a second at the dashboard's own process, beside the same pages in quiet.

A session is a socket, as in `bench.crowd`. Events are blocks of nights of people on the roster, so that each is
received, kept on disk, taken up by the worker in the same process, and has its effect.
"""

import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import count, islice
from typing import Final
from urllib.parse import urlsplit
from urllib.request import urlopen

from bench import archives
from bench.crowd import Reader, views
from bench.results import Figure
from bench.screens import Stage, many_people
from bench.under_way import request

_PEOPLE: Final = 500
_EVENTS_PER_S: Final = 50
_LOOKS: Final = 24
_ROUNDS: Final = 3
_MOST_RATIO: Final = 2.0


def figures() -> list[Figure]:
    """Medians of a rerun in quiet and while events arrive, in turns; and how many events a second there really were."""
    with (
        tempfile.TemporaryDirectory(prefix="nocturne-bench-") as folder,
        many_people(_PEOPLE, folder) as stage,
        Reader(stage.ours) as reader,
    ):
        seen = views(0)
        for view in islice(seen, 8):
            reader.look(*view)
        numbers = count()
        quiet: list[float] = []
        beside: list[float] = []
        rates = []
        for _ in range(_ROUNDS):
            quiet += [reader.look(*view) for view in islice(seen, _LOOKS)]
            with _arriving(stage, numbers) as sent:
                beside += [reader.look(*view) for view in islice(seen, _LOOKS)]
            rates.append(sent.rate)
        _check_effects(stage, next(numbers))
    calm, busy = (statistics.median(spent) * 1e3 for spent in (quiet, beside))
    name = f"pages over {_PEOPLE} x {archives.NIGHTS} while webhooks arrive"
    return [
        Figure(name=f"{name}: events received", value=statistics.median(rates), unit="a second"),
        Figure(name=f"{name}: rerun, median", value=busy, unit="ms"),
        Figure(name=f"{name}: rerun beside quiet", value=busy / calm, unit="ratio", bound=_MOST_RATIO),
    ]


def _check_effects(stage: Stage, sent: int) -> None:
    """Returns when the worker has done what was sent; raises `RuntimeError` when it has not in ten seconds."""
    done = 0
    for _ in range(10):
        with urlopen(f"{stage.ours.address}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        [line] = [each for each in lines if each.startswith('nocturne_worker_events_total{outcome="done"}')]
        done = int(float(line.split()[1]))
        if done >= sent:
            return
        time.sleep(1)
    raise RuntimeError(f"The figure is of no use: of {sent} events {done} had their effect.")


class _Sending:
    """Sends one event after the other, at its time, until it is stopped."""

    def __init__(self, stage: Stage, numbers: Iterator[int]) -> None:
        self._host, self._path = urlsplit(stage.ours.address).netloc, stage.webhooks.read_text()
        self._numbers = numbers
        self._stop = threading.Event()
        self._acknowledged = 0
        self._refused: list[int] = []
        self._began = time.perf_counter()
        self._spent_s = 0.0
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    @property
    def rate(self) -> float:
        """Acknowledged events a second."""
        return self._acknowledged / self._spent_s

    def stop(self) -> None:
        """Ends; raises `RuntimeError` when an event was not acknowledged."""
        self._stop.set()
        self._thread.join()
        self._spent_s = time.perf_counter() - self._began
        if self._refused:
            raise RuntimeError(f"The figure is of no use: events were answered with {set(self._refused)}.")

    def _send(self) -> None:
        connection = HTTPConnection(self._host, timeout=30)
        for turn in count():
            due = self._began + turn / _EVENTS_PER_S
            if self._stop.wait(max(0.0, due - time.perf_counter())):
                break
            path, body, headers = request(self._path, next(self._numbers))
            connection.request("POST", path, body=body, headers=headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status == 200:
                self._acknowledged += 1
            else:
                self._refused.append(answer.status)
        connection.close()


@contextmanager
def _arriving(stage: Stage, numbers: Iterator[int]) -> Iterator[_Sending]:
    sending = _Sending(stage, numbers)
    time.sleep(1)  # the worker is at it, too
    try:
        yield sending
    finally:
        sending.stop()
