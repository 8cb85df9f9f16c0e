"""Home in front of its reader: how long its script takes when everything it needs has been computed before.

The script runs in the test runner of the dashboard's framework, on an archive made without HTTP, and is timed from its
first line to its last: the scripts are compiled already, as they are in a server that has been open for a while. A run
goes over the roster, the state of synchronisation and everybody's flags as every click does.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
from pydantic import SecretStr
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData
from streamlit.testing.v1 import AppTest, app_test, local_script_runner
from streamlit.testing.v1.local_script_runner import LocalScriptRunner

from analytics.triage import triage
from bench import archives
from bench.archives import NIGHTS, ORGANISATION, RECEIVED, ZONE
from bench.results import Figure
from cache.archive import NightArchive
from cache.seal import PlainSeal
from nocturne import application as applications
from nocturne.application import Application, build
from settings import Settings
from store.people import NewPerson, SyncOutcome

_BOUNDS_MS = {50: 60.0, 500: 150.0}
_ROUNDS, _UNCOUNTED = 25, 3
_FLAGGED = 1000
GROUPS = ("Early", "Late")
"""Tags, each of half of the people."""
_ROUTER = Path(__file__).resolve().parents[1] / "pages" / "router.py"


def figures() -> list[Figure]:
    """Medians of many runs of Home, and of the flags of a thousand people."""
    return [*(_home(people, bound) for people, bound in _BOUNDS_MS.items()), _flags()]


def _home(people: int, bound: float) -> Figure:
    with tempfile.TemporaryDirectory(prefix="nocturne-bench-") as folder, opened(people, Path(folder)):
        spent = script_ms(_ROUNDS, uncounted=_UNCOUNTED)
    name = f"Home of {people} x {NIGHTS}, its script when warm"
    return Figure(name=name, value=float(np.median(spent)), unit="ms", bound=bound)


def script_ms(rounds: int, *, uncounted: int, page: str = "home.py", **params: str) -> list[float]:
    """How long the script of a page took, each run by a click that asks for nothing else than a run.

    Args:
        rounds: how many runs are timed.
        uncounted: how many go before them.
        page: its file.
        **params: of its address.

    Raises:
        RuntimeError: the page ended with a fault, so its time means nothing.
    """
    timed = _Timed()
    with timed.installed():
        app = AppTest.from_file(str(_ROUTER), default_timeout=120)
        for name, value in params.items():
            app.query_params[name] = value
        if page != "home.py":
            app.run().switch_page(str(_ROUTER.with_name(page)))
        for _ in range(uncounted + rounds):
            app.run()
            if app.exception:
                raise RuntimeError(f"{page} ended with a fault: {app.exception[0].value}")
    return timed.spent_ms[-rounds:]


class _Timed:
    """Notes how long each run of a script took; compiled scripts are kept from run to run."""

    def __init__(self) -> None:
        self.spent_ms: list[float] = []

    @contextmanager
    def installed(self) -> Iterator[None]:
        """The test runner with its runs timed."""
        run, scripts = LocalScriptRunner._run_script, ScriptCache()

        def timed(runner: LocalScriptRunner, asked: RerunData) -> None:
            start = time.perf_counter()
            run(runner, asked)
            self.spent_ms.append((time.perf_counter() - start) * 1e3)

        with (
            patch.object(LocalScriptRunner, "_run_script", timed),
            patch.object(app_test, "ScriptCache", lambda: scripts),
            patch.object(local_script_runner, "ScriptCache", lambda: scripts),
        ):
            yield


@contextmanager
def opened(people: int, folder: Path) -> Iterator[Application]:
    """The application of so many people with a year of nights each, registered as the one of this process."""
    settings = Settings(asleep_api_key=SecretStr("a-key-that-opens-nothing"), nocturne_data_dir=folder)
    made = build(settings, now=lambda: RECEIVED)
    archive = NightArchive(archives.kept(people), PlainSeal())
    application = replace(made, organisation=ORGANISATION, archive=archive)
    made.store.ensure_organisation(ORGANISATION, name="Bench", zone="UTC")
    _enrol(application, people)
    applications.register(application, request_sync=lambda: None)
    try:
        yield application
    finally:
        applications.forget()
        made.close()


def _enrol(application: Application, people: int) -> None:
    """Everybody of the archive on the roster under their ids, asked for a moment ago."""
    ids = list(archives.person_ids(people))
    coming = iter(ids)
    everybody = [
        NewPerson(
            vendor_id=f"G-{number}",
            name=f"Person {number}",
            zone=ZONE,
            birth_year=1950 + number % 55,
            sex=("female", "male")[number % 2],
            tags=(GROUPS[number // 2 % 2],),
        )
        for number in range(people)
    ]
    with patch("store.rows.opaque_id", lambda _kind: next(coming)):
        application.store.add_people(ORGANISATION, everybody)
    outcomes = [SyncOutcome(person_id=each, attempted_at=RECEIVED, statistics_at=RECEIVED) for each in ids]
    application.store.record_syncs(ORGANISATION, outcomes)


def _flags() -> Figure:
    """Who of a thousand needs attention, since when and why."""
    archive = NightArchive(archives.kept(_FLAGGED), PlainSeal())
    nights = archive.statistics(ORGANISATION)
    spent = []
    for _ in range(3):
        start = time.perf_counter()
        triage(nights, RECEIVED.date())
        spent.append(time.perf_counter() - start)
    return Figure(name=f"flags of {_FLAGGED:,} people", value=min(spent), unit="s", bound=0.5)
