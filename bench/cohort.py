"""Statistics, scores, slopes and triage of many people from loaded arrays, each size in a process of its own."""

import json
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.score import period_scores
from analytics.stages import night_statistics
from analytics.trends import last_slopes
from analytics.triage import triage
from bench.results import Figure

NIGHTS, _EPOCHS, _LIVES = 365, 960, 25
FIRST = np.datetime64("2025-03-01", "D")
_BOUNDS = {500: (2.5, 1.0), 5000: (25.0, 6.0)}
_GIB = 2**30


def figures() -> list[Figure]:
    """Seconds and peak memory of both sizes, and the cost of a night of the larger beside one of the smaller."""
    found, spent_us = list[Figure](), list[float]()
    for people, (seconds, gib) in _BOUNDS.items():
        command = [sys.executable, "-m", "bench.cohort", str(people)]
        measured = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        name = f"cohort: statistics, scores, slopes, triage of {people:,} x {NIGHTS}"
        spent_us.append(measured["seconds"] / (people * NIGHTS) * 1e6)
        found.append(Figure(name=name, value=measured["seconds"], unit="s", bound=seconds))
        found.append(Figure(name=f"{name}, memory", value=measured["gib"], unit="GiB", bound=gib))
    ratio = spent_us[1] / spent_us[0]
    return [
        *found,
        Figure(name="cohort: a night among 5,000 people beside one among 500", value=ratio, unit="ratio"),
    ]


def measured(people: int) -> dict[str, float]:
    """Best of three rounds over one set of arrays; memory is the peak of this process, arrays included."""
    values, offsets = stages_of(people)
    ids, owner = ids_of(people), np.repeat(np.arange(people), NIGHTS)
    day = np.tile(np.arange(NIGHTS), people)
    last = (FIRST + np.timedelta64(NIGHTS - 1, "D")).astype(date)
    ages = pd.Series(np.full(people, 40.0), index=pd.Index(ids, dtype="str", name="person_id"))
    rounds = []
    for _ in range(3 if people <= 500 else 1):
        start = time.perf_counter()
        nights = nights_of(night_statistics(values, offsets), ids, owner, day)
        period_scores(nights, ages=ages, first=FIRST.astype(date), last=last)
        last_slopes(owner, day, nights["tst_min"].to_numpy(), people=people, last=NIGHTS - 1)
        triage(nights, last)
        rounds.append(time.perf_counter() - start)
    return {"seconds": min(rounds), "gib": _peak_gib()}


def _peak_gib() -> float:
    # Not getrusage, whose figure a child process inherits from its parent.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / _GIB


def stages_of(people: int) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """People share 25 made-up years, in runs of about ten minutes: the kernel's cost depends on the runs."""
    rng = np.random.default_rng(1)
    runs = rng.integers(1, 40, _LIVES * NIGHTS * _EPOCHS // 20)
    codes = rng.choice(np.array([0, 1, 1, 1, 2, 3], dtype=np.int8), len(runs))
    year = np.resize(np.repeat(codes, runs), _LIVES * NIGHTS * _EPOCHS)
    values = np.tile(year, -(-people // _LIVES))[: people * NIGHTS * _EPOCHS]
    return values, np.arange(people * NIGHTS + 1, dtype=np.int64) * _EPOCHS


def ids_of(people: int) -> NDArray[np.str_]:
    """As many made-up person ids."""
    return np.array([f"p_{number:012d}" for number in range(people)])


def nights_of(
    statistics: pd.DataFrame, ids: NDArray[np.str_], owner: NDArray[np.int64], day: NDArray[np.int64]
) -> pd.DataFrame:
    """The statistics with what dating and grading know of each night."""
    known: dict[str, Any] = {
        "person_id": pd.Categorical.from_codes(owner, categories=pd.Index(ids)),
        "night": (FIRST + day).astype("datetime64[us]"),
        "day_index": day,
        "kind": pd.Categorical.from_codes(np.zeros(len(day), dtype=np.int8), categories=pd.Index(["main"])),
        "valid": True,
        "missing_share": statistics["unknown_share"],
        "midsleep_clock_h": (23.0 + statistics["mid_epoch"] / 120) % 24,
        "reasons": "",
        "sri_agree": 2600,
        "sri_known": 2880,
    }
    return statistics.assign(**known)


if __name__ == "__main__":
    print(json.dumps(measured(int(sys.argv[1]))))
