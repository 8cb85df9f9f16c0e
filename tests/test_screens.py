"""docs/screens.md keeps its word: what it names exists, and no picture lies beside it unnamed."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.serving import ROOT

PAGE = (ROOT / "docs" / "screens.md").read_text()
PICTURES = ROOT / "docs" / "pictures"
NOT_YET = re.compile(r"^not yet: \w")


def cells() -> Iterator[tuple[str, str, str, str]]:
    """The rows of every table: element, where it is, its tests, its pictures."""
    for line in PAGE.splitlines():
        parts = [part.strip() for part in line.strip().strip("|").split("|")]
        if line.startswith("| ") and len(parts) == 4 and parts[0] != "element":
            yield parts[0], parts[1], parts[2], parts[3]


@cache
def functions(path: Path) -> frozenset[str]:
    return frozenset(
        node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)
    )


def test_every_element_is_in_a_module_and_proved_by_a_test_or_said_to_be_missing() -> None:
    rows = list(cells())
    assert len(rows) > 30
    for element, where, proof, pictures in rows:
        if NOT_YET.match(where):
            assert (proof, pictures) == ("", ""), element
        else:
            assert re.search(r"`\w+/\w+\.py`", where), f"no module draws: {element}"
            assert "::test_" in proof, f"no test proves: {element}"


def test_every_module_that_is_named_exists() -> None:
    named = re.findall(r"`((?:\w+/)+\w+\.py)`", PAGE)
    assert named
    assert [path for path in named if not (ROOT / path).is_file()] == []


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    assert len(named) == PAGE.count("::")
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).is_file() or name not in functions(ROOT / path)
    ]
    assert missing == []


def test_the_pictures_that_are_named_are_those_that_exist() -> None:
    named = set(re.findall(r"\]\(pictures/([\w-]+\.png)\)", PAGE))
    kept = {path.name for path in PICTURES.iterdir()}
    assert len(named) > 15
    assert named - kept == set(), "named, and not there: run `make pictures`"
    assert kept - named == set(), "there, and not named in docs/screens.md"
    assert len(re.findall(r"pictures/", PAGE)) == len(re.findall(r"\]\(pictures/[\w-]+\.png\)", PAGE))


def test_the_pictures_are_small_enough_for_a_repository() -> None:
    assert sum(path.stat().st_size for path in PICTURES.iterdir()) < 4_500_000
