"""The start of the dashboard: from its command to its first answer, beside an empty Streamlit page in the same run."""

import statistics
import tempfile
import time
from pathlib import Path
from typing import Final

from bench.results import Figure
from tests.serving import serve_script

_ROUNDS: Final = 5
_DEMO: Final = {"NOCTURNE_DEMO_PEOPLE": "9", "NOCTURNE_DEMO_NIGHTS": "40"}


def figures() -> list[Figure]:
    """Medians over a few rounds, each of which starts ours, with its receiver and its worker, and the yardstick."""
    rounds = [(_started_s("streamlit_app.py"), _started_s("bench/empty_page.py")) for _ in range(_ROUNDS)]
    return [
        Figure(
            name="dashboard, from its command to its first answer",
            value=statistics.median(ours for ours, _ in rounds),
            unit="s",
        ),
        Figure(
            name="the same beside an empty page",
            value=statistics.median(ours / empty for ours, empty in rounds),
            unit="ratio",
        ),
    ]


def _started_s(script: str) -> float:
    with tempfile.TemporaryDirectory(prefix="nocturne-bench-") as folder:
        environment = {**_DEMO, "NOCTURNE_DATA_DIR": str(Path(folder) / "data")}
        begun = time.perf_counter()
        with serve_script(script, output=Path(folder) / "output.txt", environment=environment):
            return time.perf_counter() - begun
