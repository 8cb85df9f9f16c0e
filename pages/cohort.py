"""Cohort: the people in one table, and people by nights in one map."""

from datetime import date, timedelta

import pandas as pd
import streamlit as st

from analytics.basis import READ
from analytics.cohort_figures import CohortFigure
from analytics.cohort_words import LOW_CONFIDENCE, few_nights
from analytics.summary import CohortDay, CohortPeriod
from analytics.triage import HOW_TO_READ
from analytics.wording import NOTHING, of, p_value, percent, plural, rounded_series, span
from charts.cohort import people_map
from charts.sparkline import data_uri, sparkline
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
from pages.links import check_cohort_link, drop, query_date
from pages.parts import (
    card,
    chosen_row,
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

_DEFAULT_DAYS = 42
_LONGEST_DAYS = 366


def _page() -> None:
    application, actor = require(Permission.SEE_COHORTS)
    if not application.people():
        problem("Nobody is on the roster yet", "Home says how to add people.")
    check_cohort_link(application, actor)
    heading, picker = st.columns([2.35, 1], vertical_alignment="bottom")
    with picker:
        cohort = cohort_picker(application, actor)
    people = cohort_people(application, actor, cohort.name)
    nights = statistics(application, people)
    first, last = _period(last_night(application, nights))
    day = day_of_cohort(application, actor, cohort.name, night=last, days=(last - first).days + 1)
    with heading:
        title(day.title, _facts(day, cohort))
        stale_banner(application, people)
        nights = nights[list(READ)]
        rests_on(application, nights[nights["night"].between(pd.Timestamp(first), pd.Timestamp(last))])
    seen = day.overview
    few = few_nights(seen.people)
    with card("table", seen.table_title, _how_to_read(few=any(few))):
        _table(seen.people.assign(few=few))
    try:
        _summary(cohort_summary(application, actor, cohort, first=first, last=last))
    except EngineFailed as failure:
        st.warning(escape(str(failure)))
    caption = "One square a night: time asleep. Dot: no valid night. Slash: not synced."
    if narrow():
        caption += " The last two weeks; the table below the map has the whole period."
    with card("map", seen.map_title, caption):
        show(people_map(seen, theme(), narrow=narrow()), key="people_map")


def _how_to_read(*, few: bool) -> str:
    parts = [
        "Means over the last 7 nights; usual: the 28 nights before. Choose a row to open the person.",
        f"Flag: what moved in those 7 days, or a level out of bounds. {HOW_TO_READ}",
    ]
    return " ".join([*parts, LOW_CONFIDENCE] if few else parts)


def _period(newest: date) -> tuple[date, date]:
    """The period that the link names; what it leaves open is six weeks up to last night."""
    last = query_date("to") or newest
    first = query_date("from") or last - timedelta(days=_DEFAULT_DAYS - 1)
    if not timedelta(0) <= last - first < timedelta(days=_LONGEST_DAYS):
        problem(
            "The link's period cannot be shown.",
            f"It runs from {first} to {last}; it must end after it begins and be at most a year long.",
            "Show the last six weeks",
            _forget,
        )
    return first, last


def _forget() -> None:
    for name in ("from", "to"):
        drop(name)


def _facts(day: CohortDay, cohort: Cohort) -> str:
    share = f" ({percent(100 * day.valid / day.expected)})" if day.expected else ""
    counted = f"{of(day.valid, day.expected)} nights valid{share}"
    return f"{escape(cohort.label)} · {span(day.first, day.night)} · {counted}"


def _table(people: pd.DataFrame) -> None:
    people = people.sort_values("delta_tst_min", na_position="last")
    chosen = st.dataframe(
        pd.DataFrame(
            {
                "Person": people["name"],
                "Flag": people["label"],
                "Asleep, h": rounded_series(people["mean_tst_min"] / 60, 1),
                "Against usual, min": rounded_series(people["delta_tst_min"]),
                "Efficiency, %": rounded_series(people["mean_se_pct"]),
                "Score": rounded_series(people["score"], 1),
                "Last 28 nights": _lines(people),
                "Valid of 28": people["valid_28"],
                "Few nights": people["few"],
                "Tags": [list(tags) for tags in people["tags"]],
            }
        ),
        hide_index=True,
        row_height=44,
        height=min(9 * 44 + 40, (len(people) + 1) * 44),
        on_select="rerun",
        selection_mode="single-row",
        key="cohort_people",
        column_config={
            "Person": st.column_config.TextColumn(pinned=True),
            "Flag": st.column_config.TextColumn(width="medium"),
            "Asleep, h": st.column_config.NumberColumn(format="%.1f"),
            "Against usual, min": st.column_config.NumberColumn(format="%+d"),
            "Efficiency, %": st.column_config.ProgressColumn(format="%.0f", min_value=0, max_value=100),
            "Score": st.column_config.NumberColumn(format="%.1f"),
            "Last 28 nights": st.column_config.ImageColumn(width="medium"),
        },
        placeholder=NOTHING,
        alt="People of the cohort with their means of the last seven nights",
    )
    person_id = chosen_row(chosen, [str(person_id) for person_id in people.index], "cohort_rows")
    if person_id:
        st.switch_page("person.py", query_params={"person": person_id})


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


def _lines(people: pd.DataFrame) -> list[str]:
    colours = theme()
    return [
        data_uri(sparkline(values, colours, low=low, high=high))
        for values, low, high in zip(
            people["sparkline"], people["band_low_h"], people["band_high_h"], strict=True
        )
    ]


_page()
