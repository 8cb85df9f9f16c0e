"""The benchmark says what it measured and whether the bound holds, and its exit status says the same."""

import json
from pathlib import Path

import pytest

from bench import __main__ as command
from bench import cache, client, receiver
from bench.results import Figure, table, write

HOLDS = Figure(name="quick", value=1.0, unit="ms", bound=1.0)
BROKEN = Figure(name="slow", value=2.5, unit="ratio", bound=1.5)
BESIDE = Figure(name="yardstick", value=7.0, unit="ms")


def test_a_figure_holds_up_to_its_bound_and_without_one_there_is_nothing_to_hold() -> None:
    assert [figure.holds for figure in (HOLDS, BROKEN, BESIDE)] == [True, False, None]


def test_the_table_names_value_unit_bound_and_whether_it_holds() -> None:
    rows = [line.split() for line in table([HOLDS, BROKEN, BESIDE]).splitlines()]
    assert rows == [
        ["figure", "value", "unit", "bound", "holds"],
        ["quick", "1.000", "ms", "1", "yes"],
        ["slow", "2.500", "ratio", "1.5", "NO"],
        ["yardstick", "7.000", "ms"],
    ]


def test_the_figures_are_kept_as_json(tmp_path: Path) -> None:
    write([BROKEN], tmp_path / "latest.json")
    assert json.loads((tmp_path / "latest.json").read_text()) == [
        {"name": "slow", "value": 2.5, "unit": "ratio", "bound": 1.5, "holds": False}
    ]


@pytest.mark.parametrize(("figures", "status"), [([HOLDS, BESIDE], 0), ([HOLDS, BROKEN], 1)])
def test_a_broken_bound_is_the_exit_status(
    figures: list[Figure],
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for part in command.PARTS:
        monkeypatch.setattr(part, "figures", list)
    monkeypatch.setattr(cache, "figures", lambda: figures)
    monkeypatch.setattr(command, "LATEST", tmp_path / "latest.json")
    assert command.main() == status
    said = capsys.readouterr().out
    assert all(figure.name in said for figure in figures)
    assert len(json.loads((tmp_path / "latest.json").read_text())) == len(figures)


def test_parts_that_are_named_are_measured_alone_and_not_taken_for_all(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for part in command.PARTS:
        monkeypatch.setattr(part, "figures", lambda: [BROKEN])
    monkeypatch.setattr(cache, "figures", lambda: [HOLDS])
    monkeypatch.setattr(command, "LATEST", tmp_path / "latest.json")
    assert command.main(["cache"]) == 0
    said = capsys.readouterr().out
    assert HOLDS.name in said
    assert BROKEN.name not in said
    assert not (tmp_path / "latest.json").exists()
    with pytest.raises(SystemExit, match="2"):
        command.main(["caches"])
    assert "receiver" in capsys.readouterr().err


def test_a_small_run_of_cache_and_client_measures_what_its_names_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_HITS", 20)
    monkeypatch.setattr(client, "_CALLS", 10)
    monkeypatch.setattr(client, "_SESSIONS", 50)
    figures = {figure.name: figure.value for figure in (*cache.figures(), *client.figures())}
    assert figures["cache hit beside its parts alone"] > 1
    assert figures["2,000 sessions beside what the rate allows"] > 0.8
    assert figures["calls that the vendor refused meanwhile"] == 0
    assert 0 < figures["the same call with bare requests, to parsed JSON"] < 1000


def test_a_small_run_of_the_receiver_measures_what_its_names_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "_ROUNDS", 1)
    monkeypatch.setattr(receiver, "_EVENTS", 1_000)
    monkeypatch.setattr(receiver, "_WARM_UP", 50)
    figures = {figure.name: figure.value for figure in receiver.figures()}
    assert 1 < figures["a durable event beside the bare route"] < 50
    assert 0 < figures["commits to disk for each durable event"] <= 1
