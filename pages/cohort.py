"""Cohort: the people in one table, and people by nights in one map."""

import pandas as pd
import streamlit as st

from analytics.basis import READ
from analytics.cohort_figures import CohortFigure
from analytics.summary import CohortDay, CohortPeriod
from analytics.wording import NOTHING, of, p_value, percent, plural, span
from charts.cohort import people_map
from nocturne.access import Permission
from nocturne.mapping import EngineFailed
from nocturne.views import (
    Cohort,
    cohort_people,
    cohort_summary,
    day_of_cohort,
    last_night,
    statistics,
)
from pages.access import require
from pages.cohort_glance import glance_card
from pages.cohort_saving import saving
from pages.cohort_starts import starts_section
from pages.cohort_table import table_card
from pages.links import check_cohort_link
from pages.parts import (
    TO_HOME,
    card,
    cohort_picker,
    escape,
    narrow,
    problem,
    rests_on,
    show,
    stale_banner,
    theme,
    title,
)
from pages.periods import linked_period, period_picker

_LENGTH = "6-weeks"


def _page() -> None:
    application, actor = require(Permission.SEE_COHORTS)
    if not application.people():
        problem("Nobody is on the roster yet", "Home says how to add people.", way=TO_HOME)
    check_cohort_link(application, actor)
    heading, picker = st.columns([2.35, 1], vertical_alignment="bottom")
    with picker:
        cohort = cohort_picker(application, actor)
    newest = last_night(application, statistics(application, cohort_people(application, actor, cohort.name)))
    first, last = linked_period(newest, default=_LENGTH)
    with picker:
        period_picker("cohort", default=_LENGTH)
    people = cohort_people(application, actor, cohort.name, on=last)
    nights = statistics(application, people)
    day = day_of_cohort(application, actor, cohort.name, night=last, days=(last - first).days + 1)
    with heading:
        title(day.title, _facts(day, cohort))
        stale_banner(application, people)
        nights = nights[list(READ)]
        rests_on(application, nights[nights["night"].between(pd.Timestamp(first), pd.Timestamp(last))])
    seen = day.overview
    chosen = table_card(seen)
    saving(application, actor, cohort, chosen)
    try:
        found = cohort_summary(application, actor, cohort, first=first, last=last)
        if cohort.kind == "everyone":
            glance_card(found, seen)
        _summary(found)
    except EngineFailed as failure:
        st.warning(escape(str(failure)))
    caption = "One square a night: time asleep. Dot: no valid night. Slash: not synced."
    if narrow():
        caption += " The last two weeks; the table below the map has the whole period."
    with card("map", seen.map_title, caption):
        show(people_map(seen, theme(), narrow=narrow()), key="people_map")
    starts_section(application, actor, cohort.name, people, chosen=chosen, on=last)


def _facts(day: CohortDay, cohort: Cohort) -> str:
    share = f" ({percent(100 * day.valid / day.expected)})" if day.expected else ""
    counted = f"{of(day.valid, day.expected)} nights valid{share}"
    return f"{escape(cohort.label)} · {span(day.first, day.night)} · {counted}"


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
        with st.expander("How this was computed"):
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


_page()
