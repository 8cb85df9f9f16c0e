"""Cohorts, erasing, back-up and restoration on the command line."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from asleep.simulator.server import Running, serve
from asleep.simulator.world import simulated_world
from nocturne.__main__ import main
from tests.nocturne.conftest import NIGHTS, NOW, UNTIL, roster_csv


@pytest.fixture
def vendor() -> Iterator[Running]:
    """Of each test its own: people are deleted here."""
    with serve(simulated_world(people=3, nights=NIGHTS, seed=3, until=UNTIL, now=NOW)) as running:
        yield running


@pytest.fixture(autouse=True)
def roster(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, vendor: Running, capsys: pytest.CaptureFixture[str]
) -> list[list[str]]:
    """An installation with three people; their lines of `people list`."""
    monkeypatch.setenv("ASLEEP_API_KEY", vendor.api_key)
    monkeypatch.setenv("ASLEEP_BASE_URL", vendor.address)
    monkeypatch.setenv("NOCTURNE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("NOCTURNE_RATE_LIMIT_PER_SECOND", "1000")
    path = tmp_path / "people.csv"
    path.write_text(roster_csv(vendor), encoding="utf-8")
    assert main(["people", "import", str(path)]) == 0
    assert main(["people", "list"]) == 0
    return [line.split("\t") for line in capsys.readouterr().out.splitlines()[1:]]


def test_cohorts_are_saved_listed_synchronised_and_forgotten(
    roster: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cohorts", "list"]) == 0
    assert "No cohort is saved yet" in capsys.readouterr().out
    first, second, _ = roster
    assert main(["cohorts", "add", "By hand", "--people", f"{first[0]},{second[0]}"]) == 0
    assert main(["cohorts", "add", "Grown up", "--age", "18-", "--sex", "female", "--sex", "male"]) == 0
    assert main(["cohorts", "add", "Nobody", "--tag", "no-such-tag"]) == 0
    capsys.readouterr()
    assert main(["cohorts", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "By hand\t2\tby hand"
    assert lines[1].endswith("\taged 18-; sex female or male")
    assert lines[2] == "Nobody\t0\tany of the tags no-such-tag"
    assert main(["sync", "--days", "400", "--people", "cohort:BY HAND"]) == 0
    assert "2 of 2 people done" in capsys.readouterr().out
    assert main(["sync", "--people", "cohort:Nobody"]) == 2
    assert "Nobody is in cohort:Nobody today" in capsys.readouterr().err
    assert main(["cohorts", "remove", "by hand"]) == 0
    assert main(["cohorts", "remove", "by hand"]) == 2
    assert "Saved are: Grown up, Nobody" in capsys.readouterr().err
    assert main(["sync", "--people", "cohort:By hand"]) == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["add", "A"], "either by hand"),
        (["add", "A", "--people", "p_1", "--tag", "x"], "either by hand"),
        (["add", "A", "--age", "young"], "--age takes"),
        (["add", "A", "--age", "-"], "--age takes"),
        (["add", "A", "--age", "40-20"], "exchange the two ages"),
        (["add", "A", "--sex", "unknown"], "is not one of"),
        (["add", "everyone", "--tag", "x"], "it names everybody"),
        (["add", "A", "--people", "p_nobody"], "p_nobody"),
    ],
)
def test_a_cohort_that_cannot_be_is_a_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cohorts", *arguments]) == 2
    assert sentence in capsys.readouterr().err


def test_a_person_is_erased_when_the_name_is_typed(
    roster: list[list[str]],
    vendor: Running,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    person_id, vendor_id, name, *_ = roster[0]
    assert main(["sync", "--days", "400"]) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("somebody else\n"))
    assert main(["erase", person_id]) == 2
    said = capsys.readouterr()
    assert "Nothing was erased" in said.err
    assert f"{name}: " in said.out
    assert vendor.account.person(vendor_id) is not None
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{name}\n"))
    assert main(["erase", vendor_id]) == 0
    assert "The user is gone at the vendor." in capsys.readouterr().out
    assert vendor.account.person(vendor_id) is None
    assert main(["erase", person_id, "--yes"]) == 2
    assert main(["verify"]) == 0
    assert main(["people", "list"]) == 0
    assert person_id not in capsys.readouterr().out


def test_the_vendor_may_keep_a_person_or_be_asked_again(
    roster: list[list[str]], vendor: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["erase", roster[0][0], "--yes", "--keep-at-vendor"]) == 0
    assert vendor.account.person(roster[0][1]) is not None
    vendor.plan_faults("quota")
    assert main(["erase", roster[1][0], "--yes"]) == 1
    assert "will be asked again" in capsys.readouterr().err
    assert main(["status"]) == 1
    assert f"the vendor still has to delete {roster[1][1]}" in capsys.readouterr().out
    assert main(["sync", "--days", "400"]) == 1, "it is not due yet, and keeps nobody else from being brought"
    said = capsys.readouterr()
    assert "is asked again from" in said.err
    assert "people done" in said.out
    assert vendor.account.person(roster[1][1]) is not None


def test_a_back_up_fills_an_empty_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sync", "--days", "400"]) == 0
    assert main(["people", "list"]) == 0
    before = capsys.readouterr().out.splitlines()[1:]
    assert main(["backup", str(tmp_path / "all.zip")]) == 0
    assert "nights of 3 people" in capsys.readouterr().out
    assert main(["restore", str(tmp_path / "all.zip")]) == 2
    assert "already holds rows" in capsys.readouterr().err
    monkeypatch.setenv("NOCTURNE_DATA_DIR", str(tmp_path / "second"))
    assert main(["restore", str(tmp_path / "people.csv")]) == 2
    assert main(["restore", str(tmp_path / "nothing.zip")]) == 2
    assert "No such file" in capsys.readouterr().err
    assert main(["restore", str(tmp_path / "all.zip")]) == 0
    assert main(["verify"]) == 0
    capsys.readouterr()
    assert main(["people", "list"]) == 0
    assert capsys.readouterr().out.splitlines() == before
    assert main(["backup", str(tmp_path / "nowhere" / "all.zip")]) == 2
    assert main(["backup", "/proc/all.zip"]) == 2
    assert "cannot be written" in capsys.readouterr().err
