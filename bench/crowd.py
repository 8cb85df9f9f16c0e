"""Twenty open sessions, each clicking once in five seconds for a minute, beside one that has the server to itself.

Readers sit at machines of their own, so no browser runs here: a session is a socket that asks for the next view as a
browser does, and waits until the script has sent everything. Each goes through people, nights and cohorts of its own.
"""

import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlencode

import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from bench import archives
from bench.archives import id_of
from bench.results import Figure
from bench.screens import many_people
from tests.serving import Served

_PEOPLE, _SESSIONS = 500, 20
_EVERY_S, _FOR_S = 5.0, 60.0
_ALONE: Final = 24
_LARGEST_MESSAGE = 64 << 20
_MOST_RATIO, _MOST_MB = 3.0, 15.0

View = tuple[str, dict[str, str]]


def figures() -> list[Figure]:
    """The 95th percentile of a rerun among twenty beside that of one alone, and what a session more costs in memory."""
    with (
        tempfile.TemporaryDirectory(prefix="nocturne-bench-") as folder,
        many_people(_PEOPLE, folder) as stage,
        Reader(stage.ours) as one,
    ):
        seen = views(0)
        for view in islice(seen, 6):
            one.look(*view)
        alone = [one.look(*view) for view in islice(seen, _ALONE)]
        before = _memory(stage.ours)
        among, after = _crowd(stage.ours)
    name = f"{_SESSIONS} sessions over {_PEOPLE} x {archives.NIGHTS}"
    base, most = (float(np.percentile(spent, 95)) * 1e3 for spent in (alone, among))
    more = (after - before) / (_SESSIONS - 1) / 1e6
    return [
        Figure(name="one session alone, rerun, median", value=statistics.median(alone) * 1e3, unit="ms"),
        Figure(name="one session alone, rerun, p95", value=base, unit="ms"),
        Figure(name=f"{name}, rerun, p95", value=most, unit="ms"),
        Figure(name=f"{name}, p95 beside one alone", value=most / base, unit="ratio", bound=_MOST_RATIO),
        Figure(name=f"{name}, memory of one more", value=more, unit="MB", bound=_MOST_MB),
    ]


def _crowd(served: Served) -> tuple[list[float], int]:
    """Seconds of every rerun of all sessions, and the server's memory while all are open."""
    ready = threading.Barrier(_SESSIONS)
    with ThreadPoolExecutor(_SESSIONS) as pool:
        running = [pool.submit(_reading, served, number, ready) for number in range(_SESSIONS)]
        time.sleep(_FOR_S)
        memory = _memory(served)
        return [spent for each in running for spent in each.result()], memory


def _reading(served: Served, number: int, ready: threading.Barrier) -> list[float]:
    seen = views(number)
    with Reader(served) as reader:
        reader.look(*next(seen))
        ready.wait()
        begun = time.monotonic() + _EVERY_S * number / _SESSIONS
        spent = []
        for turn, view in enumerate(islice(seen, int(_FOR_S / _EVERY_S))):
            time.sleep(max(0.0, begun + turn * _EVERY_S - time.monotonic()))
            spent.append(reader.look(*view))
        return spent


def views(number: int) -> Iterator[View]:
    """What a reader looks at, one after the other, without an end."""
    turn = 0
    while True:
        somebody = id_of((number * 23 + turn) % _PEOPLE)
        yield "", {"cohort": ("Early", "Late")[turn % 2]}
        yield "person", {"person": somebody}
        yield "night", {"person": somebody}
        yield "cohort", {"cohort": ("Late", "Early")[turn % 2], "period": "4-weeks"}
        turn += 1


def _memory(served: Served) -> int:
    """Bytes of the server's process that are in memory."""
    pages = int(Path(f"/proc/{served.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


class Reader:
    """One reader: a socket to the server, as the browser's part of Streamlit opens it."""

    def __init__(self, served: Served) -> None:
        self._address = served.address
        self._socket: ClientConnection | None = None

    def __enter__(self) -> Self:
        address = self._address.replace("http", "ws", 1) + "/_stcore/stream"
        self._socket = connect(address, subprotocols=["streamlit"], max_size=_LARGEST_MESSAGE)  # type: ignore[list-item]
        return self

    def __exit__(self, *_: object) -> None:
        if self._socket is not None:
            self._socket.close()

    def look(self, page: str, params: dict[str, str]) -> float:
        """Seconds until the script of a page has ended and everything it sent is here.

        Raises:
            RuntimeError: it ended with a fault.
        """
        if self._socket is None:
            raise RuntimeError("the session is not open")
        asked = BackMsg()
        asked.rerun_script.query_string = urlencode(params)
        asked.rerun_script.page_name = page
        asked.rerun_script.context_info.timezone = "Europe/Berlin"
        asked.rerun_script.context_info.url = f"{self._address}/{page}"
        start = time.perf_counter()
        self._socket.send(asked.SerializeToString())
        while True:
            told = ForwardMsg()
            told.ParseFromString(self._socket.recv(timeout=60, decode=False))
            if told.WhichOneof("type") != "script_finished":
                continue
            if told.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return time.perf_counter() - start
            if told.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                raise RuntimeError("a script could not be compiled")
