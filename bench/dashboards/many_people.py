"""The dashboard over an archive of many people, as a server of its own: `streamlit run` this file.

It is the real application on nights made without HTTP (`bench.archives`); nothing is synchronised, and today is the
day on which the archive's last night ends. NOCTURNE_BENCH_PEOPLE says how many people. Each run of a script is written
to the file that NOCTURNE_BENCH_RUNS names, one JSON line: how long it took.
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
        held.enter_context(opened(int(os.environ["NOCTURNE_BENCH_PEOPLE"]), Path(folder)))
        _note_runs(Path(os.environ["NOCTURNE_BENCH_RUNS"]))
        yield


app = st.App(str(_ROUTER), lifespan=lifespan)
