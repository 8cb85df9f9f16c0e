"""What counts as a short night is decided in one place."""

import ast
from pathlib import Path

from analytics.person_figures import SHORT_NIGHT_MIN

ROOT = Path(__file__).parents[2]


def test_the_limit_of_a_short_night_is_spelled_once() -> None:
    spelled = [
        path.relative_to(ROOT).as_posix()
        for layer in ("analytics", "charts", "reports", "nocturne", "pages")
        for path in (ROOT / layer).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and node.value == SHORT_NIGHT_MIN
    ]
    assert spelled == ["analytics/person_figures.py"]
