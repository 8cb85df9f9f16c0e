"""The dashboard over an archive of many people, as a server of its own: `streamlit run` this file.

It is the real application on nights made without HTTP (`bench.archives`); nothing is synchronised, and today is the
day on which the archive's last night ends. NOCTURNE_BENCH_PEOPLE says how many people. Each run of a script is written
to the file that NOCTURNE_BENCH_RUNS names, one JSON line: how long it took. Webhooks are received and worked off as in
the launcher; the path that they go to is written to the file that NOCTURNE_BENCH_WEBHOOKS names.
"""

import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner

from bench.archives import room
from bench.home import opened
from bench.under_way import open_nights
from nocturne import application as applications
from nocturne import webhook_access
from nocturne.inbox_worker import InboxWorker
from service.application import routes
from service.receiver import Receiver
from service.receiving import receiving

_ROUTER = Path(__file__).resolve().parents[2] / "pages" / "router.py"
_TURN_S = 0.0005  # as the launcher sets it


def _note_runs(path: Path) -> None:
    """Notes each run of a script, from its first line to its last."""
    run: Any = ScriptRunner._run_script

    def timed(runner: ScriptRunner, asked: Any) -> None:
        start = time.perf_counter()
        run(runner, asked)
        spent = (time.perf_counter() - start) * 1e3
        with path.open("a") as file:
            file.write(json.dumps({"ms": spent}) + "\n")

    setattr(ScriptRunner, "_run_script", timed)  # noqa: B010 - mypy knows no way to say this


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """From start to stop of the server: the application of the archive registered."""
    sys.setswitchinterval(_TURN_S)
    with ExitStack() as held:
        folder = held.enter_context(room())
        application = held.enter_context(opened(int(os.environ["NOCTURNE_BENCH_PEOPLE"]), Path(folder)))
        open_nights(application)
        worker = InboxWorker(application, name="dashboard")
        held.callback(worker.stop)
        held.enter_context(receiving(receiver, application, written=worker.wake))
        worker.start()
        Path(os.environ["NOCTURNE_BENCH_WEBHOOKS"]).write_text(webhook_access.address(application).path)
        _note_runs(Path(os.environ["NOCTURNE_BENCH_RUNS"]))
        yield


receiver = Receiver()
app = st.App(
    str(_ROUTER),
    lifespan=lifespan,
    routes=routes(receiver, applications.running_application, beside_pages=True),
)
