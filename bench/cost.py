"""`python -m bench.cost`: what so many people cost, as a table for docs/scaling.md.

Calls follow from the contract; disk is that of an archive on this machine; seconds and memory are measured here.
"""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Final

from asleep.client import PAGE_LENGTH, PERIOD_DAYS
from bench.archives import ORGANISATION, kept
from bench.scale import NIGHTS

_PEOPLE: Final = (500, 5_000, 50_000, 1_000_000)
_MEASURED: Final = 5000
_PACES: Final = (5, 50)
_GB: Final = 1e9


def main() -> None:
    """Prints the table and what it rests on."""
    person_b, table_b = _disk(kept(_MEASURED))
    seconds, gib = _summary()
    first, daily = _first_calls(), _daily_calls()
    print(f"calls a person: {first} for {NIGHTS} nights (statistics, list, stages), then {daily} a day")
    print(f"bytes a person: {person_b:,.0f} in Parquet, {table_b:,.0f} in the table of statistics")
    print(
        f"a summary of {NIGHTS} nights: {seconds * 1e3:.1f} ms of CPU a person, {gib * 2**20:.0f} KiB a person"
    )
    print()
    steps = {"statistics": math.ceil(NIGHTS / PERIOD_DAYS), "everything": first, "a day's nights": daily}
    rows = {
        f"{what} at {pace} calls/s": [_words(people * calls / pace) for people in _PEOPLE]
        for what, calls in steps.items()
        for pace in _PACES
    }
    rows["people's files"] = [f"{people * person_b / _GB:,.1f} GB" for people in _PEOPLE]
    rows["table of statistics"] = [f"{people * table_b / _GB:,.1f} GB" for people in _PEOPLE]
    rows["summary of a year, CPU"] = [_words(people * seconds) for people in _PEOPLE]
    rows["summary of a year, memory"] = [f"{people * gib:,.1f} GiB" for people in _PEOPLE]
    print("| people |", " | ".join(f"{people:,}" for people in _PEOPLE), "|")
    print("|---" * (len(_PEOPLE) + 1) + "|")
    for name, cells in rows.items():
        print(f"| {name} |", " | ".join(cells), "|")


def _first_calls() -> int:
    """One call of statistics for every period, pages of the list, and a call for the stages of each night."""
    return math.ceil(NIGHTS / PERIOD_DAYS) + math.ceil((NIGHTS + 1) / PAGE_LENGTH) + NIGHTS


def _daily_calls() -> int:
    """Statistics, the list, and one night's stages."""
    return 3


def _disk(folder: Path) -> tuple[float, float]:
    """Bytes a person in people's files, and in the table derived from them."""
    shelf = folder / ORGANISATION
    files = [path.stat().st_size for path in (shelf / "people").iterdir()]
    return sum(files) / len(files), (shelf / "statistics.arrow").stat().st_size / len(files)


def _summary() -> tuple[float, float]:
    """CPU seconds and GiB a person of a summary on one process."""
    command = [sys.executable, "-m", "bench.scale", str(_MEASURED), "1"]
    found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return sum(found["cpu"]) / _MEASURED, found["gib"] / _MEASURED


def _words(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {unit}"
    return f"{seconds:,.0f} s"


if __name__ == "__main__":
    main()
