"""The pieces pages share."""

from pages.links import link_params
from pages.parts import escape

HOSTILE = "*[x](y) :red[z] $a$ <b>"


def test_a_name_is_shown_letter_by_letter_whatever_it_holds() -> None:
    shown = escape(HOSTILE)
    for special in "*[]():$<>":
        assert shown.count(f"\\{special}") == HOSTILE.count(special)
    assert shown.replace("\\", "") == HOSTILE


def test_a_value_stays_together_with_its_unit() -> None:
    assert escape("7\u00a0h\n12") == "7\u00a0h 12"


def test_a_link_names_only_what_is_known() -> None:
    assert link_params(person="p_1", session=None) == {"person": "p_1"}
