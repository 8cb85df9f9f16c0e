"""Averages of a cohort over the period, and their change: folded, and computed only while somebody looks."""

import pandas as pd
import streamlit as st

from analytics.cohort_figures import CohortFigure
from analytics.summary import CohortDay, CohortPeriod
from analytics.wording import NOTHING, p_value, plural
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.mapping import EngineFailed
from nocturne.views import Cohort, cohort_summary
from pages.cohort_glance import glance_card
from pages.parts import card, escape, narrow


def summary_section(
    application: Application, actor: Actor, cohort: Cohort, day: CohortDay, *, filtered: bool
) -> None:
    """The section; it is about the whole cohort, whomever the page shows of it.

    Args:
        application: whose.
        actor: who looks.
        cohort: which one.
        day: the night and the nights up to it.
        filtered: whether the page shows some of its people only.
    """
    section = st.expander(
        "Averages, and change against the 28 days before",
        icon=":material/functions:",
        key="cohort_summary",
        on_change="rerun",
    )
    with section:
        if not section.open:
            return
        if filtered:
            st.caption("Of the whole cohort: the filter above does not narrow this section.")
        try:
            found = cohort_summary(application, actor, cohort, first=day.first, last=day.night)
        except EngineFailed as failure:
            st.warning(escape(str(failure)))
            return
        if cohort.kind == "everyone":
            glance_card(found, day.overview)
        _summary(found)


def _summary(found: CohortPeriod) -> None:
    caption = "Each person counts once. Change: of the people with both periods, with its 95 % interval."
    with card("summary", found.title, caption):
        if found.unserved:
            st.warning(escape(_unserved(found)))
        st.table(
            pd.DataFrame([_row(figure) for figure in found.figures.values()]),
            border="horizontal",
            hide_index=True,
            alt="Figures of the cohort over the period, and their change against the 28 days before",
        )
        with st.popover(
            "How this was computed", type="tertiary", icon=":material/help:", key="summary_method"
        ):
            st.markdown(escape(found.lead))
            st.markdown(escape(found.method))


def _unserved(found: CohortPeriod) -> str:
    reasons = " ".join(sorted(set(found.unserved.values())))
    return f"{plural(len(found.unserved), 'person', 'people')} counted nowhere below. {reasons}"


def _row(figure: CohortFigure) -> dict[str, str]:
    change = figure.change
    told = {
        "Per person": figure.label,
        "Mean": figure.text,
        "Change": NOTHING if change is None else change.text,
    }
    if narrow():
        return told
    return {
        **told,
        "Adjusted p": NOTHING if change is None else p_value(change.p_adjusted),
        "Spread": figure.spread or NOTHING,
        "Rests on": figure.counted + (f"; {figure.note}" if figure.note else ""),
    }
