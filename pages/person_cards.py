"""The cards of the Person page that say what stands out, what repeats, and what everything rests on."""

from datetime import date

import streamlit as st

from analytics.basis import basis_of
from analytics.insights import Insight
from analytics.pattern_words import weekdays_title, weeks_title
from analytics.summary import PersonPeriod
from analytics.wording import day, number, of, plural, span
from charts.weekdays import weekdays
from charts.weeks import weeks
from pages.drawn import Drawn
from pages.parts import card, escape, narrow, show, theme

_CONFIDENCE = {"high": "green", "moderate": "blue", "low": "orange"}


def insights_card(shown: PersonPeriod) -> None:
    """At most three things worth saying, or that nothing passed its threshold."""
    found = shown.insights
    until = f"Up to the night to {day(shown.last, weekday=False)}."
    if not found:
        with card("insights", "Nothing passed its threshold"):
            st.caption(
                f"{until} Looked at: the last 7 days against the 28 before, trends, short and irregular sleep, and "
                "free against working days."
            )
        return
    heading = (
        "One thing stands out" if len(found) == 1 else f"{('Two', 'Three')[len(found) - 2]} things stand out"
    )
    with card("insights", heading, until):
        for column, insight in zip(st.columns(len(found)), found, strict=True):
            with column:
                _insight(insight)


def _insight(insight: Insight) -> None:
    st.markdown(f"**{escape(insight.observation)}**")
    st.caption(escape(insight.evidence))
    st.markdown(escape(insight.suggestion))
    st.badge(f"{insight.confidence} confidence", color=_CONFIDENCE[insight.confidence])  # type: ignore[arg-type]
    st.caption(escape(insight.source))


def weeks_card(shown: PersonPeriod, charts: Drawn) -> None:
    """Stages by week."""
    weeks_ = span(shown.patterns.first, shown.patterns.last)
    caption = (
        f"{weeks_}. Mean hours a night by week (week of), with n valid nights; weeks under 3 are left out."
    )
    with card("weeks", weeks_title(shown.patterns), caption):
        chart = charts.chart("weeks", lambda: weeks(shown.patterns, theme(), narrow=narrow()))
        show(chart, key="weeks")


def weekdays_card(shown: PersonPeriod, charts: Drawn) -> None:
    """Sleep by day of waking."""
    weeks_ = span(shown.patterns.first, shown.patterns.last)
    caption = f"{weeks_}. Median time asleep by the day of waking; bar: the middle half of nights, from 6 on."
    with card("weekdays", weekdays_title(shown.patterns), caption):
        show(charts.chart("weekdays", lambda: weekdays(shown.patterns, theme())), key="weekdays")


def quality_card(shown: PersonPeriod, oldest: date) -> None:
    """How many nights there are, what was left out and why."""
    coverage, ledger = shown.coverage, shown.ledger
    heading = f"{of(coverage.recorded, coverage.expected)} nights recorded, {number(coverage.valid, 0)} of them valid"
    with card("quality", heading):
        st.markdown(
            f"{plural(ledger.recorded, 'session')} recorded, {number(ledger.valid, 0)} valid, "
            f"{number(ledger.analysed, 0)} in the means of main sleeps."
        )
        for exclusion in ledger.exclusions:
            st.markdown(f"{plural(exclusion.sessions, 'session')}: {escape(exclusion.reason)}")
        awaited = basis_of(shown.nights).awaited
        if awaited:
            st.caption(
                f"Not complete yet: {plural(awaited, 'night counts', 'nights count')} by the vendor's statistics until "
                "the stages arrive, which may leave some of them out."
            )
        missing = coverage.expected - coverage.recorded
        if missing:
            st.caption(
                f"On {of(missing, coverage.expected)} nights there is no recording. The first that arrived at all is "
                f"the one to {day(oldest, weekday=False)}; what lies before may never have been asked for."
            )
