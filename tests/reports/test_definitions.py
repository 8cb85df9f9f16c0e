"""What a screen says of a number is what docs/definitions.md says of it."""

import pytest

from analytics.figures import QUANTITIES
from analytics.usual import COMPARED
from reports.definitions import Undefined, definition
from tests.serving import ROOT


def test_a_number_has_the_sentence_of_its_row() -> None:
    assert definition("least_tst_min") == "The least time asleep of a valid night."
    assert "the least time asleep of a valid night" in (ROOT / "docs" / "definitions.md").read_text()


@pytest.mark.parametrize("name", [*QUANTITIES, *(column for column, _, _ in COMPARED)])
def test_every_number_that_is_shown_stands_for_itself(name: str) -> None:
    sentence = definition(name)
    assert len(sentence) > 8
    assert not {"likewise", "`", "[P]"} & set(sentence.replace(",", " ").split())
    assert sentence[0].isupper() or not sentence[0].isalpha()
    assert sentence.endswith(".")


def test_a_number_without_a_row_is_refused_with_what_to_do() -> None:
    with pytest.raises(Undefined, match=r"no entry for 'tomorrow_min'; add a row"):
        definition("tomorrow_min")
