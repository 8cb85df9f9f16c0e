"""The people on Home: a card with the reasons for whom to look at first, and a calm list of everyone else."""

import math
import re
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from analytics.cohort_words import ALL_WELL
from analytics.summary import CohortOverview
from analytics.triage import HOW_TO_READ
from analytics.triage_days import LOOKED_BACK
from analytics.wording import day, duration, number, of, percent
from charts.sparkline import sparkline
from pages.links import link_params
from pages.parts import card, escape, narrow, svg, theme

_PER_PAGE = 12
_COLOURS = {"red": "red", "amber": "orange"}
# A value and its unit are held together by spaces that do not break; it ends before what punctuates the sentence.
_VALUE = re.compile("[^ ]*\u00a0[^ ,;.)]*")


def in_need(seen: CohortOverview, cohort: str) -> None:
    """A card for everyone who needs attention, whom to look at first on top; or that nobody does."""
    people = seen.people[seen.people["attention"]].sort_values("rank")
    for person_id, row in _page_of(people, f"home_attention_{cohort}"):
        _card(person_id, row, seen)
    _turn(people, f"home_attention_{cohort}")
    if people.empty and seen.people["mean_tst_min"].notna().any():
        with card("all_well"):
            st.markdown(escape(ALL_WELL))


def everyone_else(seen: CohortOverview, cohort: str) -> None:
    """The others in one card, the lowest score first, with their last night."""
    people = seen.people[~seen.people["attention"]].sort_values(["score", "name"], na_position="last")
    if people.empty:
        return
    with card("others", seen.others_title, "Lowest score of the last 7 nights first."):
        for person_id, row in _page_of(people, f"home_page_{cohort}"):
            _line(person_id, row)
        _turn(people, f"home_page_{cohort}")


def legend(seen: CohortOverview) -> None:
    """How to read the marks, and the words of the reasons where there are any."""
    marks = (
        "Line: time asleep per night, 28 nights, the last 7 in colour; band: the 28 nights before those 7, their mean "
        "plus and minus one standard deviation, from 11 nights; a break is a night without a valid recording."
    )
    reasons = f"Usual in a reason: the median of the 28 days before the last 7. {HOW_TO_READ}"
    st.caption(f"{marks} {reasons}" if seen.people["attention"].any() else marks)


def _page_of(people: pd.DataFrame, key: str) -> "list[tuple[str, pd.Series[Any]]]":
    # Each cohort turns its own pages: another one may have fewer.
    start = (min(st.session_state.get(key, 1), max(_pages(people), 1)) - 1) * _PER_PAGE
    return [(str(person_id), row) for person_id, row in people.iloc[start : start + _PER_PAGE].iterrows()]


def _pages(people: pd.DataFrame) -> int:
    return -(-len(people) // _PER_PAGE)


def _turn(people: pd.DataFrame, key: str) -> None:
    if _pages(people) > 1:
        st.pagination(_pages(people), key=key)


def _card(person_id: str, row: "pd.Series[Any]", seen: CohortOverview) -> None:
    # On a phone the line and the way to the night share a row below the words; elsewhere all share one.
    with card(f"attention_{person_id}"), st.container(horizontal=not narrow(), vertical_alignment="center"):
        with st.container(width="stretch", gap="xsmall"):
            _heading(person_id, row, _facts(row, seen))
            reason, *more = row["reasons"]
            st.markdown(weighted(reason))
            if more:
                st.caption(escape(" ".join(more)))
        _drawing(person_id, row)


def _line(person_id: str, row: "pd.Series[Any]") -> None:
    with st.container(horizontal=not narrow(), vertical_alignment="center"):
        with st.container(width="stretch", gap="xsmall"):
            _heading(person_id, row, _score_words(row))
            st.markdown(_last_night_words(row))
        _drawing(person_id, row)


def _heading(person_id: str, row: "pd.Series[Any]", facts: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        name = f":blue[**{escape(str(row['name']))}**]"
        st.page_link("person.py", label=name, query_params={"person": person_id})
        if row["label"]:
            st.badge(escape(str(row["label"])), color=_colour(row))  # type: ignore[arg-type]
        st.caption(facts)


def _colour(row: "pd.Series[Any]") -> str:
    if not row["attention"]:
        return "gray" if row["flag"] == "insufficient data" else "green"
    return "gray" if row["label"] == "No data" else _COLOURS.get(str(row["flag"]), "orange")


def _drawing(person_id: str, row: "pd.Series[Any]") -> None:
    with st.container(horizontal=True, vertical_alignment="center", width="content"):
        svg(
            sparkline(row["sparkline"], theme(), low=row["band_low_h"], high=row["band_high_h"]),
            alt=f"Time asleep of the last 28 nights, {of(int(row['valid_28']), 28)} valid",
            width=160,
        )
        session = None if row["last_state"] == "no data" else row["last_session_id"]
        st.page_link(
            "night.py",
            label="Night",
            icon=":material/bedtime:",
            query_params=link_params(person=person_id, session=session),
        )


def weighted(sentence: str) -> str:
    """A sentence with its first value in bold."""
    found = _VALUE.search(sentence)
    if found is None:
        return escape(sentence)
    before, value, after = sentence[: found.start()], found.group(), sentence[found.end() :]
    return f"{escape(before)}**{escape(value)}**{escape(after)}"


def _facts(row: "pd.Series[Any]", seen: CohortOverview) -> str:
    """Since when, on how many nights it rests, and the newest night where that is not the last."""
    doubt = ", low confidence" if row["mean_reliability"] == "low" else ""
    facts = [f"{of(int(row['valid_7']), 7)} nights{doubt}"]
    if pd.notna(row["newest"]) and row["newest"].date() < seen.night:
        facts.append(_newest(row["newest"]))
    # Who is silent has the newest night, which says it already.
    return " · ".join(facts if row["no_data"] else [_since(row["since"].date(), seen), *facts])


def _since(first: date, seen: CohortOverview) -> str:
    if first == seen.night:
        return "new"
    if (seen.night - first).days >= LOOKED_BACK:
        return "for 2 weeks or longer"
    return f"since {day(first, year=False, short=True)}"


def _newest(label: pd.Timestamp) -> str:
    return f"newest night to {day(label.date(), year=False, short=True)}"


def _score_words(row: "pd.Series[Any]") -> str:
    counted = f"{of(int(row['valid_7']), 7)} nights valid"
    if math.isnan(row["score"]):
        return f"no score yet · {counted}"
    return f"score {number(float(row['score']))} · {counted}"


def _last_night_words(row: "pd.Series[Any]") -> str:
    if row["last_state"] == "no data":
        if pd.isna(row["newest"]):
            return "No night has arrived yet."
        return f"Nothing arrived for this night; {_newest(row['newest'])}."
    if row["last_state"] == "no valid night":
        return f"No valid night: {escape(str(row['last_reason']))}"
    asleep, efficiency = duration(float(row["last_tst_min"])), percent(float(row["last_se_pct"]))
    words = f"Last night **{asleep}**, efficiency **{efficiency}**"
    usual = float(row["last_usual_tst_min"])
    if math.isnan(usual):
        return f"{words}."
    return f"{words}; usual {duration(usual)}."
