"""docs/definitions.md names every limit of validation with its default and its source."""

from pathlib import Path

import pytest

from analytics.rules import Limit, limits

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "definitions.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("limit", limits(), ids=lambda limit: limit.name)
def test_a_limit_is_in_the_definitions_as_it_is(limit: Limit) -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{limit.name}` |")]
    _, _, default, unit, meaning, source, _ = (cell.strip() for cell in row.split("|"))
    assert default == ("yes" if limit.default is True else f"{limit.default:g}")
    assert (unit, meaning, source) == (limit.unit, limit.meaning, limit.source)
