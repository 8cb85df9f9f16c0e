"""The canary of tests/canary.py can fail: a run in which a key turns up is a failed run that names the place."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests import test_settings
from tests.canary import KEYS
from tests.contract.asking import KEY

ROOT = Path(__file__).resolve().parent.parent

# In two halves, so that the key is in no file of the run that runs this one.
BEGIN = """
import logging, subprocess, sys, threading, warnings
KEY = "simulated" + "-key-7-0a1b2c"
"""

LEAKS = (
    BEGIN
    + """
def test_debug_record(): logging.getLogger("quiet").debug("asked with %s", KEY)
def test_below_level():
    logging.getLogger("deaf").setLevel(logging.CRITICAL)
    logging.getLogger("deaf").info(KEY)
def test_extra(): logging.getLogger("extra").info("asked", extra={"headers": {"x-api-key": KEY}})
def test_traceback():
    try: raise ValueError(KEY)
    except ValueError: logging.getLogger("trace").exception("failed")
def test_thread():
    thread = threading.Thread(target=logging.getLogger("thread").warning, args=(KEY,))
    thread.start(); thread.join()
def test_warning(): warnings.warn(KEY)
def test_output(): print(KEY)
def test_file(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "cache.db").write_bytes(bytes(100_000) + KEY.encode())
def test_child(tmp_path):
    with (tmp_path / "child.log").open("wb") as log:
        subprocess.run([sys.executable, "-c", "import sys; print(sys.argv[1])", KEY], stdout=log, check=True)
"""
)

QUIET = (
    BEGIN
    + """
def test_nothing(tmp_path, caplog):
    logging.getLogger("quiet").debug("asked with the key")
    (tmp_path / "log").write_text("x-api-key: [key]")
    (tmp_path / "empty").write_text("")
    assert caplog.records == []  # that every record is looked at changes nothing for a test
"""
)


def run(source: str, *, allowed: str = "") -> "subprocess.CompletedProcess[str]":
    """A run of one made-up test file under the canary, outside the folder that this run is searched in."""
    with tempfile.TemporaryDirectory(prefix="nocturne-canary-") as name:
        folder = Path(name)
        (folder / "made_up").mkdir()
        (folder / "made_up" / "conftest.py").write_text(
            "from tests.canary import Allowed, watch\n"
            f"def pytest_configure(config): watch(config, [{allowed}])\n"
        )
        (folder / "made_up" / "test_made_up.py").write_text(source)
        return subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "--import-mode=importlib", "-p", "no:cacheprovider"),
                *("-c", "/dev/null", "--rootdir", str(folder), "--basetemp", str(folder / "temp"), "made_up"),
            ],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=False,
            capture_output=True,
            text=True,
        )


def test_a_run_in_which_a_key_turns_up_fails_and_names_every_place() -> None:
    told = run(LEAKS)
    assert told.returncode == pytest.ExitCode.TESTS_FAILED, told.stdout + told.stderr
    assert "9 passed" in told.stdout
    places = told.stdout.partition("An API key turned up")[2]
    for place in (
        "log quiet, test_made_up.py:",
        "log deaf, test_made_up.py:",
        "log extra, test_made_up.py:",
        "log trace, test_made_up.py:",
        "log thread, threading.py:",
        r"warning in made_up/test_made_up.py::test_warning",
        r"Captured stdout call of made_up/test_made_up.py::test_output",
        r"file test_file0/deep/cache.db",
        r"file test_child0/child.log",
    ):
        assert re.search(place, places), f"{place} is not named in:\n{told.stdout}"
    assert "-key-7-0a1b2c" not in places  # it does not repeat what must not be said


def test_a_run_that_keeps_its_key_passes() -> None:
    told = run(QUIET)
    assert told.returncode == pytest.ExitCode.OK, told.stdout + told.stderr


def test_a_named_place_may_hold_a_key_and_no_other() -> None:
    only_files = "Allowed(where='^file ', because='made up')"
    told = run(LEAKS, allowed=only_files)
    assert told.returncode == pytest.ExitCode.TESTS_FAILED
    assert "\nfile " not in told.stdout
    assert "\nlog quiet" in told.stdout


@pytest.mark.parametrize("key", [KEY, test_settings.KEY])
def test_the_keys_of_our_tests_are_recognised(key: str) -> None:
    assert key.startswith(KEYS)
