"""The simulator's command line: the ready line, the roster, an orderly end, and clear refusals."""

import argparse
import csv
import gzip
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from asleep.simulator.faults import FAULT_KINDS
from asleep.simulator.options import parser

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "asleep.simulator"]
LIMIT_S = 30
MADE = {
    "dataset": "made",
    "person": "made_1",
    "night_id": "made_1_a",
    "start_time": None,
    "end_time": None,
    "zone": None,
    "epoch_seconds": 30,
    "age": 30,
    "sex": "M",
    "stages": [0, 1, 2, 3, 1],
}


@contextmanager
def started(*arguments: str, **pipes: Any) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    with subprocess.Popen(
        [*COMMAND, *arguments], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **pipes
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, process.stderr.read() if process.stderr else ""
            yield process, json.loads(line)
        finally:
            process.kill()


def refused(*arguments: str) -> str:
    found = subprocess.run(
        [*COMMAND, *arguments], cwd=ROOT, text=True, capture_output=True, timeout=LIMIT_S, check=False
    )
    assert found.returncode == 2
    assert not found.stdout
    assert "Traceback" not in found.stderr
    return found.stderr


def test_the_ready_line_names_what_a_client_needs(tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    arguments = (
        "--people",
        "5",
        "--nights",
        "20",
        "--seed",
        "3",
        "--until",
        "2026-04-12",
        "--roster",
        str(roster),
    )
    with started(*arguments) as (process, ready):
        assert list(ready) == ["address", "api_key", "user_ids", "people"]
        assert [person["user_id"] for person in ready["people"]] == ready["user_ids"]
        assert len(ready["user_ids"]) == 5
        assert list(ready["people"][0]) == ["user_id", "name", "zone", "birth_year", "sex", "tags"]
        answer = requests.get(
            f"{ready['address']}/data/v1/sessions",
            headers={"x-api-key": ready["api_key"], "x-user-id": ready["user_ids"][0]},
            timeout=LIMIT_S,
        )
        newest = answer.json()["result"]["sleep_session_list"][0]["session_start_time"]
        assert newest.startswith(("2026-04-11", "2026-04-12", "2026-04-13"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT_S) == 0
    with roster.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["vendor_id", "name", "zone", "birth_year", "sex", "tags"]
    assert [row["vendor_id"] for row in rows] == ready["user_ids"]
    assert [row["tags"] for row in rows] == [";".join(person["tags"]) for person in ready["people"]]


def test_everything_is_optional_and_an_interrupt_is_an_orderly_end() -> None:
    with started() as (process, ready):
        assert len(ready["user_ids"]) == 48
        assert urlsplit(ready["address"]).hostname == "127.0.0.1"
        process.send_signal(signal.SIGINT)
        assert process.wait(LIMIT_S) == 0


def test_it_ends_with_its_parent_when_asked_to() -> None:
    with started("--people", "1", "--exit-with-parent", stdin=subprocess.PIPE) as (process, _):
        assert process.stdin is not None
        assert process.poll() is None
        process.stdin.close()
        assert process.wait(LIMIT_S) == 0


def test_its_end_is_orderly_while_a_call_is_held() -> None:
    with started("--people", "1", "--fault", "hang:1") as (process, ready):
        path = f"{ready['address']}/ai/v1/users/{ready['user_ids'][0]}"
        with pytest.raises(requests.ReadTimeout):
            requests.get(path, headers={"x-api-key": ready["api_key"]}, timeout=0.3)
        with ThreadPoolExecutor(1) as threads:
            held = threads.submit(
                requests.get, path, headers={"x-api-key": ready["api_key"]}, timeout=LIMIT_S
            )
            time.sleep(0.3)
            asked = time.monotonic()
            process.terminate()
            assert process.wait(LIMIT_S) == 0
            assert time.monotonic() - asked < 2.5
            assert isinstance(held.exception(), requests.ConnectionError)


def test_it_cannot_watch_a_parent_without_an_input() -> None:
    found = subprocess.run(
        ["/bin/sh", "-c", shlex.join([*COMMAND, "--exit-with-parent"]) + " <&-"],
        cwd=ROOT,
        text=True,
        capture_output=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert found.returncode == 2
    assert "needs a standard input" in found.stderr


def test_the_help_explains_every_option_the_ready_line_the_signals_and_the_statuses() -> None:
    text = subprocess.run(
        [*COMMAND, "--help"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100"},
        text=True,
        capture_output=True,
        timeout=LIMIT_S,
        check=True,
    ).stdout
    for section in (
        "who there is",
        "how it answers",
        "what it announces",
        "where it runs",
        "ready line",
        "signals",
        "exit status",
    ):
        assert f"\n{section}:\n" in text
    for name in ("address", "api_key", "user_ids", "people", "SIGTERM", "SIGINT", *FAULT_KINDS):
        assert name in text


@pytest.mark.parametrize("option", [option for option in parser()._actions if option.dest != "help"])
def test_every_option_says_what_holds_without_it_or_is_a_switch(option: argparse.Action) -> None:
    said = option.help or ""
    assert len(said) > 20
    assert option.nargs == 0 or "default" in said or option.dest in ("webhook", "roster", "env")


def test_it_outlives_the_end_of_its_input_unless_asked() -> None:
    with started("--people", "1", stdin=subprocess.DEVNULL) as (process, ready):
        answer = requests.get(ready["address"], timeout=LIMIT_S)
        assert answer.status_code == 404
        assert process.poll() is None


def test_conditions_reach_the_server() -> None:
    arguments = (
        "--people",
        "1",
        "--shape",
        "reference",
        "--fault",
        "rate-limit:1",
        "slow:0",
        "--fault",
        "reset:0",
    )
    with started(*arguments, "--rate-limit", "1000", "--latency-ms", "1") as (_, ready):
        path = f"{ready['address']}/ai/v1/users/{ready['user_ids'][0]}"
        answer = requests.get(path, headers={"x-api-key": ready["api_key"]}, timeout=LIMIT_S)
        assert (answer.status_code, answer.json()) == (403, {"detail": "Rate limit exceeded"})


def test_a_replay_names_its_sessions_and_logs_assumed_evenings(tmp_path: Path) -> None:
    path = tmp_path / "nights.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(MADE).encode()))
    with started("--replay", str(path), "--until", "2026-04-12") as (process, ready):
        session_id = ready["sessions"]["made_1_a"]
        assert session_id.startswith("20260412230000_")
        answer = requests.get(
            f"{ready['address']}/data/v3/sessions/{session_id}",
            headers={"x-api-key": ready["api_key"], "x-user-id": ready["user_ids"][0]},
            timeout=LIMIT_S,
        )
        assert answer.json()["result"]["session"]["sleep_stages"] == [0, 1, 2, 3, 1]
        assert ready["people"][0]["birth_year"] == 1996
        process.terminate()
        assert process.stderr is not None
        assert process.stderr.read().count("made_1_a has no clock time") == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--people", "some"), "'some' is not a whole number"),
        (("--nights", "0"), "from 1 to 3650"),
        (("--port", "70000"), "from 0 to 65535"),
        (("--until", "yesterday"), "YYYY-MM-DD"),
        (("--rate-limit", "0"), "above 0"),
        (("--fault", "fire:0.5"), "no kind of fault"),
        (("--fault", "slow:2"), "from 0 to 1"),
        (("--shape", "round"), "invalid choice"),
        (("--fault", "slow"), "slow lacks its share of the calls; write slow:0.1"),
        (("--fault", "slow:0.6", "hang:0.6"), "add up to 1.2"),
        (("--people", "0"), "from 1 to"),
        (("--webhook", "somewhere"), "an address like http://127.0.0.1:8501/webhooks/asleep/TOKEN"),
        (("--webhook", "http://127.0.0.1:no/hook"), "an address like"),
        (("--webhook", "-"), "watched with --exit-with-parent only"),
        (("--webhook-speed", "0.5"), "from 1 to 5000"),
        (("--webhook-versions", "v4"), "invalid choice"),
        (("--webhook-drop", "2"), "a share from 0 to 1"),
        (
            ("--replay", "tests/data/none.jsonl.gz", "--webhook", "http://127.0.0.1:9/hook"),
            "none.jsonl.gz: no such file",
        ),
        (
            ("--replay", "no-such-file.jsonl.gz"),
            "no-such-file.jsonl.gz: no such file; give another --replay.",
        ),
        (("--roster", "no-such-folder/people.csv"), "no-such-folder: no such folder; give another --roster."),
        (("--env", "no-such-folder/vendor.env"), "no-such-folder: no such folder; give another --env."),
        (("--roster", "docs"), "docs: is a directory; give another --roster."),
        (("--unknown",), "--unknown"),
    ],
)
def test_bad_arguments_are_refused_in_a_sentence(arguments: tuple[str, ...], reason: str) -> None:
    assert reason in refused(*arguments)


def test_nobody_of_a_file_is_awake_to_go_to_bed(tmp_path: Path) -> None:
    path = tmp_path / "nights.jsonl"
    path.write_text(json.dumps(MADE))
    said = refused("--replay", str(path), "--webhook", "http://127.0.0.1:9/hook")
    assert "with --replay, give --webhook-speed above 1" in said


def test_a_broken_file_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "nights.jsonl"
    path.write_text("{}\n")
    assert "Line 1 of nights.jsonl is not a night" in refused("--replay", str(path))


def test_a_taken_port_is_refused_and_leaves_no_file(tmp_path: Path) -> None:
    roster, environment = tmp_path / "people.csv", tmp_path / "vendor.env"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        files = ("--roster", str(roster), "--env", str(environment))
        said = refused("--port", str(port), "--people", "1", *files)
    assert said == f"Port {port} is taken; give another --port.\n"
    assert not roster.exists()
    assert not environment.exists()


def test_a_shell_takes_address_and_key_from_the_file_of_env(tmp_path: Path) -> None:
    path = tmp_path / "vendor.env"
    with started("--people", "1", "--env", str(path)) as (process, ready):
        told = subprocess.run(
            ["/bin/sh", "-c", f". {shlex.quote(str(path))}; env"], text=True, capture_output=True, check=True
        ).stdout.splitlines()
        assert f"ASLEEP_API_KEY={ready['api_key']}" in told
        assert f"ASLEEP_BASE_URL={ready['address']}" in told
        process.terminate()
        assert process.stderr is not None
        assert f"Ready at {ready['address']}" in process.stderr.read()
