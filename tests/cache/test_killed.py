"""A writer killed at any moment leaves whole files: what it had said it had done is there, and all of it agrees.

The child puts, folds and removes without end, writing down each thing it has done; it is killed at a moment drawn
anew each time, and the next child goes on where the archive is. `make chaos` kills more often than `make test` does.
"""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from cache.archive import NightArchive
from cache.seal import PlainSeal
from tests.cache.test_archive import NORTH, put
from tests.serving import ROOT

PEOPLE, DAYS = 4, 60
DELIVERIES = [(f"p_{number % PEOPLE}", number // PEOPLE) for number in range(PEOPLE * DAYS)]


def deliver(folder: Path) -> None:
    """One night after the other from where the archive is, a line for each; folds at every third change."""
    archive = NightArchive(folder, PlainSeal(), fold_after=3)
    done = {(name, int(key.rpartition("-")[2])) for name in people() for key in archive.known(NORTH, name)}
    print("ready", flush=True)
    for name, day in DELIVERIES:
        if (name, day) not in done:
            put(archive, name, [day])
            print(name, day, flush=True)


def people() -> list[str]:
    return [f"p_{number}" for number in range(PEOPLE)]


def killed_after(folder: Path, seconds: float) -> set[tuple[str, int]]:
    """What the child said it had done before it was killed, that long after it began."""
    command = [sys.executable, "-m", "tests.cache.test_killed", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(seconds)
        child.send_signal(signal.SIGKILL)
        whole_lines, _, _ = child.stdout.read().rpartition("\n")
    return {(name, int(day)) for name, day in (line.split() for line in whole_lines.splitlines())}


def undisturbed(folder: Path, nights: set[tuple[str, int]]) -> NightArchive:
    """The archive of the same nights, delivered person by person and not interrupted."""
    archive = NightArchive(folder, PlainSeal())
    for name in people():
        days = sorted(day for person, day in nights if person == name)
        if days:
            put(archive, name, days)
    return archive


def kept(archive: NightArchive) -> set[tuple[str, int]]:
    return {(name, int(key.rpartition("-")[2])) for name in people() for key in archive.known(NORTH, name)}


def assert_same(one: NightArchive, other: NightArchive) -> None:
    pd.testing.assert_frame_equal(one.statistics(NORTH), other.statistics(NORTH))
    for name in people():
        mine, theirs = one.sessions(NORTH, name), other.sessions(NORTH, name)
        pd.testing.assert_frame_equal(mine.frame, theirs.frame)
        assert mine.stages.values.tobytes() == theirs.stages.values.tobytes()
        assert mine.snoring.values.tobytes() == theirs.snoring.values.tobytes()


def kill_and_look(tmp_path: Path, *, kills: int, seed: int) -> None:
    rng, said = random.Random(seed), set[tuple[str, int]]()
    folder = tmp_path / "killed"
    for _ in range(kills):
        said |= killed_after(folder, rng.uniform(0, 0.6))
        there = kept(NightArchive(folder, PlainSeal()))
        assert said <= there, "what was put stays put"
        assert len(there) <= len(said) + kills, "and only nights that were being put came in besides"
    assert not list((folder / NORTH / "people").glob("*.damaged"))
    again = NightArchive(folder, PlainSeal())
    again.statistics(NORTH)  # heals what the last kill left, as any page would
    assert_same(again, undisturbed(tmp_path / "undisturbed", kept(again)))
    again.fold(NORTH)
    assert again.verify(NORTH, roster=people()) == ()


def test_killed_writers_leave_what_an_undisturbed_one_leaves(tmp_path: Path) -> None:
    kill_and_look(tmp_path, kills=4, seed=1)


@pytest.mark.chaos
def test_writers_killed_twenty_times_leave_what_an_undisturbed_one_leaves(tmp_path: Path) -> None:
    kill_and_look(tmp_path, kills=20, seed=2)


if __name__ == "__main__":
    deliver(Path(sys.argv[1]))
