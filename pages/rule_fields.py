"""The limits of a valid night as fields of a form, in the units that people think in."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

import streamlit as st

from analytics.rules import DEFAULT_RULES, ValidNight, limits
from analytics.wording import number


class RuleField(NamedTuple):
    """A limit as a form asks for it: `factor` of its unit make one of the form's."""

    name: str
    label: str
    factor: float
    least: float
    most: float
    step: float

    def shown(self, rules: ValidNight) -> float:
        """The limit of these rules in the unit of the form."""
        return float(round(getattr(rules, self.name) / self.factor, 6))

    def limit(self, shown: float) -> float:
        """What the form says, in the unit of the rules."""
        return round(shown * self.factor, 6)


RULE_FIELDS: Final = (
    RuleField("most_missing_share_b", "Lost signal, at most, %", 0.01, 0, 50, 1),
    RuleField("most_missing_share_a", "Of it for grade A, %", 0.01, 0, 50, 1),
    RuleField("longest_gap_min", "Gap in the sleep, at most, min", 1, 0, 240, 5),
    RuleField("shortest_in_bed_min", "In bed at least, h", 60, 0, 8, 0.5),
    RuleField("longest_in_bed_min", "In bed at most, h", 60, 9, 24, 0.5),
    RuleField("bridge_min", "Pieces apart at most, min", 1, 0, 240, 5),
)

_MEANING: Final = {each.name: each.meaning[:1].upper() + each.meaning[1:] for each in limits()}


def rule_fields(now: ValidNight, key: Callable[[RuleField], str]) -> dict[str, float]:
    """What the fields say, by limit, in the units of the form.

    Args:
        now: the rules that they begin with.
        key: of each field's widget.
    """
    for each in RULE_FIELDS:
        # Not as the field's default: where the key is set already, as by a link, there would be two of them.
        st.session_state.setdefault(key(each), each.shown(now))
    return {
        each.name: column.number_input(
            each.label,
            float(each.least),
            float(each.most),
            step=float(each.step),
            format="%g",
            key=key(each),
            help=f"{_MEANING[each.name]}. Default: {number(each.shown(DEFAULT_RULES))}.",
        )
        for each, column in zip(RULE_FIELDS, (*st.columns(3), *st.columns(3)), strict=True)
    }


def set_rule_fields(rules: ValidNight, key: Callable[[RuleField], str]) -> None:
    """Lets the fields say what these rules say."""
    for each in RULE_FIELDS:
        st.session_state[key(each)] = each.shown(rules)


def rules_of_fields(now: ValidNight, values: Mapping[str, float]) -> ValidNight:
    """The rules that the fields describe, the other limits as they are now.

    Raises:
        ValueError: they contradict each other; the message is a sentence.
    """
    limits_: dict[str, Any] = {each.name: each.limit(values[each.name]) for each in RULE_FIELDS}
    try:
        return replace(now, **limits_)
    except ValueError as problem:
        raise ValueError(f"{str(problem)[:1].upper()}{str(problem)[1:]}.") from problem
