"""docs/simulator.md names every option and every fault with what the code says of them, and its commands are true."""

import argparse
import re
import runpy
import shlex
from pathlib import Path

import pytest

from asleep.simulator.faults import FAULT_KINDS, FaultKind
from asleep.simulator.options import parser

PAGE = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")
OPTIONS = [option for option in parser()._actions if option.dest != "help"]


def rows(section: str) -> dict[str, list[str]]:
    """The rows of a section's tables by the name in the first column."""
    _, _, rest = PAGE.partition(f"\n## {section}\n")
    lines = rest.partition("\n## ")[0].splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines if line.startswith("| `")]
    return {row[0].split()[0].strip("`"): row for row in cells}


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.dest)
def test_every_option_has_a_row_with_its_default(option: argparse.Action) -> None:
    row = rows("Starting it")[option.option_strings[0]]
    if isinstance(option.default, int | str) and not isinstance(option.default, bool):
        assert row[2].strip("`") == str(option.default)


def test_no_row_names_an_option_that_is_not_there() -> None:
    named = {name for name in rows("Starting it") if name.startswith("--")}
    assert named == {option.option_strings[0] for option in OPTIONS}


def test_every_kind_of_fault_has_a_row_and_no_other_has() -> None:
    assert set(rows("Faults")) == set(FAULT_KINDS)


@pytest.mark.parametrize("kind", FAULT_KINDS)
def test_a_fault_that_begins_with_the_true_answer_is_marked(kind: FaultKind) -> None:
    assert ("×" in rows("Faults")[kind][0]) == (
        kind in {"slow", "drip", "drip-headers", "malformed", "wrong-types"}
    )


def test_its_commands_are_understood() -> None:
    whole = re.sub(r"\\\n\s*", "", PAGE)  # commands that are broken over lines
    commands = re.findall(r"python -m asleep\.simulator (.*)", whole) + re.findall(
        r"`(--fault [^`K]*)`", PAGE
    )
    assert len(commands) >= 2
    for command in commands:
        parser().parse_args(shlex.split(command))


def test_its_example_runs(tmp_path: Path) -> None:
    example = tmp_path / "example.py"
    example.write_text(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0])
    runpy.run_path(str(example))
