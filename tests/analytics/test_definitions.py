"""docs/definitions.md computes what it says."""

import doctest

from tests.serving import ROOT


def test_every_worked_example_of_the_definitions_gives_what_it_says() -> None:
    page = ROOT / "docs" / "definitions.md"
    found = doctest.testfile(str(page), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.failed == 0
    assert found.attempted > 100
