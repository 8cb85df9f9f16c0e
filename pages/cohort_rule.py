"""A cohort's rule as fields to fill in, and as a sentence.

What was filled in stays while the page does, also while the fields are not shown.
"""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from analytics.wording import of
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.cohorts import CohortRule, taken_in
from pages.parts import escape
from store.errors import InvalidEntry
from store.people import SEXES, Person

SEX_WORDS: Final = {
    "": "did not say",
    "female": "female",
    "male": "male",
    "non_binary": "non-binary",
    "other": "other",
    "prefer_not_to_say": "prefers not to say",
}
_OLDEST: Final = 130
_FIELDS: Final = ("any", "all", "without", "youngest", "oldest", "sexes")


def rule_fields(people: Sequence[Person], rule: CohortRule, key: str) -> CohortRule:
    """The rule as the fields have it; what holds everyone is an empty rule.

    Args:
        people: whose tags are offered.
        rule: what the fields begin with.
        key: of the fields; another one begins anew.
    """
    tags = sorted({tag for person in people for tag in person.tags} | {*rule.any_tags, *rule.all_tags})
    tags = sorted({*tags, *rule.without_tags})
    one, two, three = st.columns(3)
    with one:
        st.multiselect("Any of the tags", tags, list(rule.any_tags), key=f"{key}_any", persist_state="page")
        _age("Youngest, years", rule.youngest_years, f"{key}_youngest")
    with two:
        st.multiselect("All of the tags", tags, list(rule.all_tags), key=f"{key}_all", persist_state="page")
        _age("Oldest, years", rule.oldest_years, f"{key}_oldest")
    with three:
        st.multiselect(
            "None of the tags", tags, list(rule.without_tags), key=f"{key}_without", persist_state="page"
        )
        st.multiselect(
            "Sex",
            list(SEXES),
            list(rule.sexes),
            format_func=SEX_WORDS.__getitem__,
            key=f"{key}_sexes",
            persist_state="page",
        )
    return filled_in(key)


def filled_in(key: str) -> CohortRule:
    """The rule as the fields of this key have it at this moment, also within the callback of a button."""
    field = {name: st.session_state[f"{key}_{name}"] for name in _FIELDS}
    return CohortRule(
        any_tags=tuple(field["any"]),
        all_tags=tuple(field["all"]),
        without_tags=tuple(field["without"]),
        youngest_years=_whole(field["youngest"]),
        oldest_years=_whole(field["oldest"]),
        sexes=tuple(field["sexes"]),
    )


def would_hold(application: Application, actor: Actor, rule: CohortRule) -> None:
    """Says how many people the rule takes in today, or why it cannot be one."""
    everybody = len(application.people())
    try:
        count = len(taken_in(application, actor, rule))
    except InvalidEntry as refusal:
        st.caption(escape(str(refusal)))
    else:
        st.markdown(f"Would hold **{of(count, everybody)}** {'person' if everybody == 1 else 'people'}.")


def in_words(rule: CohortRule) -> str:
    """The rule in a sentence; plain text."""
    parts = []
    if rule.any_tags:
        parts.append(f"with {' or '.join(rule.any_tags)}")
    if rule.all_tags:
        parts.append(f"with {' and '.join(rule.all_tags)}")
    if rule.without_tags:
        parts.append(f"without {' or '.join(rule.without_tags)}")
    if rule.youngest_years is not None:
        parts.append(f"{rule.youngest_years} years or older")
    if rule.oldest_years is not None:
        parts.append(f"{rule.oldest_years} years or younger")
    if rule.sexes:
        parts.append(f"sex: {' or '.join(SEX_WORDS[sex] for sex in rule.sexes)}")
    return f"People {', '.join(parts)}."


def _age(label: str, value: int | None, key: str) -> None:
    st.number_input(
        label,
        0,
        _OLDEST,
        value,
        step=1,
        key=key,
        placeholder="any",
        help="Reached in the year of the night",
        persist_state="page",
    )


def _whole(years: float | None) -> int | None:
    return None if years is None else int(years)
