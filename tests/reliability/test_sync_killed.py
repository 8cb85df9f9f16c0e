"""`python -m nocturne sync` killed at any moment and run again: what is kept is what an undisturbed run keeps."""

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd
import pytest

from analytics.sessions import SessionSet
from asleep.simulator.server import Running, serve
from asleep.simulator.world import simulated_world
from cache.archive import NightArchive
from cache.columns import decode_person
from cache.seal import PlainSeal
from nocturne.__main__ import main
from store.database import Store
from tests.nocturne.conftest import roster_csv
from tests.nocturne.syncing import same_sessions
from tests.serving import ROOT, clean_environment

PEOPLE, NIGHTS, DAYS = 4, 12, 20
_LIMIT_S: Final = 60.0
_HALF: Final = b"PAR1 half a file"


@dataclass(frozen=True, kw_only=True)
class Undisturbed:
    """A vendor, a folder with the roster only, and what a run that nobody disturbs makes of it with how many calls."""

    vendor: Running
    roster: Path
    sessions: dict[str, SessionSet]
    statistics: pd.DataFrame
    calls: int


def settings(vendor: Running, folder: Path) -> dict[str, str]:
    return {
        "ASLEEP_API_KEY": vendor.api_key,
        "ASLEEP_BASE_URL": vendor.address,
        "NOCTURNE_DATA_DIR": str(folder),
        "NOCTURNE_RATE_LIMIT_PER_SECOND": "1000",
        "NOCTURNE_SYNC_DAYS": str(DAYS),
    }


def run(vendor: Running, folder: Path, *arguments: str) -> int:
    """The command in this process, which has its modules already."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings(vendor, folder).items():
            patch.setenv(name, value)
        return main(list(arguments))


def people_of(folder: Path) -> list[str]:
    store = Store(f"sqlite:///{folder / 'nocturne.sqlite3'}")
    try:
        return [person.person_id for person in store.people("main", environment="live")]
    finally:
        store.close()


def kept(folder: Path) -> tuple[dict[str, SessionSet], pd.DataFrame]:
    """Everybody's sessions by person, and the table of everybody without when rows were received."""
    archive = NightArchive(folder / "archive", PlainSeal())
    sessions = {person_id: archive.sessions("main", person_id) for person_id in people_of(folder)}
    return sessions, archive.statistics("main").drop(columns="received").reset_index(drop=True)


def every_persons_file_is_readable(folder: Path) -> int:
    """How many files there are; a file that is not whole raises."""
    files = list((folder / "archive" / "main" / "people").glob("p_*.parquet"))
    for path in files:
        decode_person(path.read_bytes())
    assert not list(folder.rglob("*.damaged"))
    return len(files)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Undisturbed]:
    folder = tmp_path_factory.mktemp("undisturbed")
    # Made now, because the command reads the clock of this machine. A little latency spreads the calls out.
    with serve(simulated_world(people=PEOPLE, nights=NIGHTS, seed=11), latency_ms=4) as vendor:
        csv = folder / "people.csv"
        csv.write_text(roster_csv(vendor), encoding="utf-8")
        assert run(vendor, folder / "roster", "people", "import", str(csv)) == 0
        shutil.copytree(folder / "roster", folder / "whole")
        vendor.requests.clear()
        assert run(vendor, folder / "whole", "sync") == 0
        calls = vendor.requests.total()
        sessions, statistics = kept(folder / "whole")
        assert len(sessions) == PEOPLE
        assert all(len(one) > NIGHTS // 2 for one in sessions.values())
        yield Undisturbed(
            vendor=vendor, roster=folder / "roster", sessions=sessions, statistics=statistics, calls=calls
        )


def killed_after(calls: int, undisturbed: Undisturbed, folder: Path) -> None:
    """A synchronisation in a process of its own, killed once the vendor has had so many calls."""
    vendor = undisturbed.vendor
    vendor.requests.clear()
    environment = clean_environment(settings(vendor, folder))
    command = [sys.executable, "-m", "nocturne", "sync"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        until_s = time.monotonic() + _LIMIT_S
        while vendor.requests.total() < calls and process.poll() is None and time.monotonic() < until_s:
            every_persons_file_is_readable(folder)
            time.sleep(0.001)
        process.kill()
        said, _ = process.communicate()
    assert process.returncode == -signal.SIGKILL, said.decode()
    assert vendor.requests.total() >= calls, said.decode()


def test_nothing_is_different_from_run_to_run_but_when_it_was_received(
    tmp_path: Path, undisturbed: Undisturbed
) -> None:
    folder = shutil.copytree(undisturbed.roster, tmp_path / "data")
    assert run(undisturbed.vendor, folder, "sync") == 0
    _is_as_undisturbed(folder, undisturbed)


@pytest.mark.parametrize(
    "seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.chaos) for seed in range(3, 23))]
)
def test_a_synchronisation_killed_at_any_moment_and_run_again_keeps_what_an_undisturbed_one_keeps(
    tmp_path: Path, undisturbed: Undisturbed, seed: int
) -> None:
    rng = random.Random(seed)
    folder = shutil.copytree(undisturbed.roster, tmp_path / "data")
    # One in three within the statistics and lists, the others while stages arrive.
    most = 2 * PEOPLE if seed % 3 == 0 else int(0.9 * undisturbed.calls)
    killed_after(rng.randint(1, most), undisturbed, folder)
    every_persons_file_is_readable(folder)
    archive = folder / "archive" / "main"
    for place in (archive, archive / "people", archive / "overlay"):
        if place.is_dir():
            (place / ".p_cut-off.parquet.part").write_bytes(_HALF)
    undisturbed.vendor.requests.clear()
    assert run(undisturbed.vendor, folder, "sync") == 0
    _is_as_undisturbed(folder, undisturbed)
    assert every_persons_file_is_readable(folder) == PEOPLE
    # A further one has nothing to bring: nobody was left half done.
    undisturbed.vendor.requests.clear()
    assert run(undisturbed.vendor, folder, "sync") == 0
    assert set(undisturbed.vendor.requests) == {"listSessions"}


def _is_as_undisturbed(folder: Path, undisturbed: Undisturbed) -> None:
    sessions, statistics = kept(folder)
    assert set(sessions) == set(undisturbed.sessions)
    for person_id, whole in undisturbed.sessions.items():
        assert sessions[person_id].frame["session_id"].is_unique
        same_sessions(sessions[person_id], whole)
    pd.testing.assert_frame_equal(statistics, undisturbed.statistics)
