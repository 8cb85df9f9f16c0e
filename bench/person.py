"""What a click on Person or Night costs the server with 500 people in the archive, when their nights were shown before.

Timed as Home is: the page's whole script in the test runner of the dashboard's framework.
"""

import tempfile
from pathlib import Path
from typing import Final

import numpy as np

from bench import archives
from bench.archives import NIGHTS
from bench.home import opened, script_ms
from bench.results import Figure

_PEOPLE, _BOUND_MS = 500, 60.0
_ROUNDS, _UNCOUNTED = 15, 3
_VIEWS: Final[tuple[tuple[str, str, dict[str, str]], ...]] = (
    ("Night", "night.py", {}),
    ("Person, 4 weeks", "person.py", {}),
    ("Person, a year and mid-sleep", "person.py", {"period": "1-year", "metric": "midsleep_clock_h"}),
)


def figures() -> list[Figure]:
    """Medians of many runs of each view."""
    with tempfile.TemporaryDirectory(prefix="nocturne-bench-") as folder, opened(_PEOPLE, Path(folder)):
        return [_of(name, page, params) for name, page, params in _VIEWS]


def _of(name: str, page: str, params: dict[str, str]) -> Figure:
    who = next(iter(archives.person_ids(_PEOPLE)))
    spent = script_ms(_ROUNDS, uncounted=_UNCOUNTED, page=page, person=who, **params)
    name = f"{name}, of {_PEOPLE} x {NIGHTS}, its script when warm"
    return Figure(name=name, value=float(np.median(spent)), unit="ms", bound=_BOUND_MS)
