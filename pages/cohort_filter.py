"""The people whom the Cohort page shows: all of the cohort, or some by tags, age and sex; the link says which."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from analytics.wording import of, plural
from nocturne.cohort_filter import Filtered
from nocturne.cohorts import CohortRule
from pages.carried import choose, remark, settle
from pages.cohort_rule import SEX_WORDS, in_words
from pages.links import query_filters, query_whole
from pages.parts import card, escape, follow_link
from store.people import SEXES, Person

OLDEST: Final = 130
PAGES: Final = ("list", "page", "panels")
"""Parameters that count pages of people: other people have other pages."""

_UNSAID: Final = "not_said"
_YEARS: Final = f"an age in years from 0 to {OLDEST}"
_FIELDS: Final = ("tag", "age_from", "age_to", "sex")


def linked_filter(people: Sequence[Person]) -> CohortRule:
    """The filter that the link names, as a rule; what it names wrongly is left out with a remark.

    Args:
        people: of the cohort, whose tags can be meant.
    """
    tags = query_filters("tag", _tags(people), "a tag")
    sexes = query_filters("sex", [sex or _UNSAID for sex in SEXES], "a sex")
    youngest, oldest = (query_whole(name, OLDEST, what=_YEARS) for name in ("age_from", "age_to"))
    if youngest is not None and oldest is not None and youngest > oldest:
        remark(f"The link asks for {youngest} years or older and {oldest} or younger; both are left out.")
        youngest = oldest = None
    for name, years in (("age_from", youngest), ("age_to", oldest)):
        settle(name, None if years is None else str(years))
    return CohortRule(
        any_tags=tuple(tags),
        youngest_years=youngest,
        oldest_years=oldest,
        sexes=tuple("" if sex == _UNSAID else sex for sex in sexes),
    )


def filter_row(people: Sequence[Person], found: Filtered, rule: CohortRule) -> None:
    """The fields, folded, and beside them whom the filter leaves, with the way back to everybody.

    Args:
        people: of the cohort.
        found: whom the filter takes in.
        rule: the filter.
    """
    with st.container(horizontal=True, vertical_alignment="center", key="cohort_filter_row"):
        with st.popover("Filter people", icon=":material/filter_list:", key="cohort_filter"):
            _fields(people, rule)
        if rule != CohortRule():
            st.markdown(f"**{counted(found)}** {escape(in_words(rule))}", width="content")
            _clear("cohort_filter_clear", "tertiary")


def nobody_left(found: Filtered, rule: CohortRule) -> None:
    """What there is instead of a page about nobody, and the way back."""
    with card("nobody_left"):
        st.markdown(f"Nobody of this cohort fits the filter. {escape(in_words(rule))} {_without_year(found)}")
        _clear("cohort_filter_clear_all", "primary")


def counted(found: Filtered) -> str:
    """Whom a filter leaves, in words: "12 of 48 people; 3 without a year of birth are left out by the age filter."."""
    left_out = _without_year(found)
    people = f"{of(len(found.people), found.of)} {'person' if found.of == 1 else 'people'}"
    return f"{people}; {left_out[0].lower()}{left_out[1:]}" if left_out else f"{people}."


def forget_filter() -> None:
    """Takes the filter out of the link."""
    choose(**dict.fromkeys((*_FIELDS, *PAGES)))


def _without_year(found: Filtered) -> str:
    if not found.without_year:
        return ""
    verb = "is" if found.without_year == 1 else "are"
    return f"{found.without_year} without a year of birth {verb} left out by the age filter."


def _clear(key: str, kind: str) -> None:
    st.button(
        "Show everybody of the cohort",
        icon=":material/filter_list_off:",
        type="primary" if kind == "primary" else "tertiary",
        key=key,
        on_click=forget_filter,
    )


def _tags(people: Sequence[Person]) -> list[str]:
    return sorted({tag for person in people for tag in person.tags})


def _fields(people: Sequence[Person], rule: CohortRule) -> None:
    sexes = [sex or _UNSAID for sex in rule.sexes]
    values = (list(rule.any_tags), rule.youngest_years, rule.oldest_years, sexes)
    for name, value in zip(_FIELDS, values, strict=True):
        follow_link(f"cohort_filter_{name}", value)
    st.multiselect(
        "Any of the tags",
        _tags(people),
        key="cohort_filter_tag",
        on_change=_go,
        placeholder="Any tag, or none",
    )
    with st.container(horizontal=True):
        for name, label in (("age_from", "From, years"), ("age_to", "To, years")):
            st.number_input(
                label,
                0,
                OLDEST,
                None,
                step=1,
                key=f"cohort_filter_{name}",
                on_change=_go,
                placeholder="any",
                help="The age reached in the year of the night. Who has no year of birth is left out.",
            )
    st.multiselect(
        "Sex",
        [sex or _UNSAID for sex in SEXES],
        format_func=lambda sex: SEX_WORDS["" if sex == _UNSAID else sex],
        key="cohort_filter_sex",
        on_change=_go,
        placeholder="Any",
    )
    st.caption(f"Of {plural(len(people), 'person', 'people')}; the cohort itself stays as it is.")


def _go() -> None:
    tags, youngest, oldest, sexes = (st.session_state[f"cohort_filter_{name}"] for name in _FIELDS)
    if youngest is not None and oldest is not None and youngest > oldest:
        youngest, oldest = oldest, youngest
    ages = {
        name: None if years is None else str(int(years))
        for name, years in (("age_from", youngest), ("age_to", oldest))
    }
    choose(tag=list(tags), sex=list(sexes), **ages, **dict.fromkeys(PAGES))
