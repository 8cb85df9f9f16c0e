"""The people on Home: a card with the reasons for whom to look at first, and a calm list of everyone else."""

import math
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st
from pandas.api.typing import NaTType

from analytics.cohort_words import ALL_WELL
from analytics.grades import in_a_phrase
from analytics.summary import CohortOverview
from analytics.triage import HOW_TO_READ
from analytics.triage_days import LOOKED_BACK
from analytics.wording import day, duration, number, of, percent
from charts.sparkline import sparkline
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.attention import Attention, Seen
from pages.acting import act_button, reopen_button
from pages.history_card import dealt_with, put_aside
from pages.links import link_params
from pages.parts import card, escape, narrow, svg, theme

Row = dict[Any, Any]
"""Somebody's columns of the overview."""

_PER_PAGE = 12
_COLOURS = {"red": "red", "amber": "orange"}
# A value and its unit are held together by spaces that do not break; it ends before what punctuates the sentence.
_VALUE = re.compile("[^ ]*\u00a0[^ ,;.)]*")


def in_need(found: Attention, cohort: str) -> None:
    """A card for everyone who needs attention, whom to look at first on top; or what it means that nobody does."""
    aside = found.aside
    people = [(who, row) for who, row in found.day.in_order if row["attention"] and who not in aside]
    for person_id, row in _page_of(people, f"home_attention_{cohort}"):
        _card(person_id, row, found)
    _turn(people, f"home_attention_{cohort}")
    if not people:
        _nobody(found)


def _nobody(found: Attention) -> None:
    if found.aside:
        with card("all_dealt_with"):
            st.markdown(
                "Everybody who needs attention has been dealt with. Who gets worse, and whose snooze is over, is shown "
                "here again."
            )
    elif not all(math.isnan(row["mean_tst_min"]) for _, row in found.day.in_order):
        with card("all_well"):
            st.markdown(escape(ALL_WELL))


def set_aside(application: Application, actor: Actor, found: Attention, cohort: str) -> None:
    """Whoever was snoozed or marked done, folded: until when, what would bring them back, and the way back now."""
    aside = found.aside
    if not aside:
        return
    states = list(aside.values())
    counts = [(states.count("snoozed"), "snoozed"), (states.count("done"), "done")]
    label = ", ".join(f"{number(count, 0)} {words}" for count, words in counts if count)
    folded = st.expander(label, key=f"home_aside_{cohort}", on_change="rerun")
    if folded.open:
        people = [(who, row) for who, row in found.day.in_order if who in aside]
        with folded:
            for person_id, row in _page_of(people, f"home_aside_page_{cohort}"):
                _aside(application, actor, found.seen(person_id), row)
            _turn(people, f"home_aside_page_{cohort}")


def _aside(application: Application, actor: Actor, seen: Seen, row: Row) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(width="stretch", gap="xsmall"):
            _heading(seen.person_id, row)
            if seen.last is not None:
                st.caption(put_aside(seen.last))
        reopen_button(application, actor, seen)


def everyone_else(found: Attention, cohort: str) -> None:
    """The others with their last night, the lowest score first; folded where the cards above fill a page."""
    people = found.day.calm
    if not people:
        return
    folded = st.expander(
        escape(found.day.overview.others_title),
        expanded=len(people) + found.in_need <= _PER_PAGE,
        key=f"home_others_{cohort}",
        on_change="rerun",
    )
    if folded.open:
        with folded:
            st.caption("Lowest score of the last 7 nights first.")
            for person_id, row in _page_of(people, f"home_page_{cohort}"):
                _line(person_id, row)
            _turn(people, f"home_page_{cohort}")


def legend(found: Attention) -> None:
    """How to read the marks, and the words of the reasons where there are any."""
    marks = (
        "Line: time asleep per night, 28 nights, the last 7 in colour; band: the 28 nights before those 7, their mean "
        "plus and minus one standard deviation, from 11 nights; a break is a night without a valid recording."
    )
    reasons = f"Usual in a reason: the median of the 28 days before the last 7. {HOW_TO_READ}"
    st.caption(f"{marks} {reasons}" if found.in_need else marks)


def _page_of(people: Sequence[tuple[str, Row]], key: str) -> Sequence[tuple[str, Row]]:
    # Each cohort turns its own pages: another one may have fewer.
    start = (min(st.session_state.get(key, 1), max(_pages(people), 1)) - 1) * _PER_PAGE
    return people[start : start + _PER_PAGE]


def _pages(people: Sequence[tuple[str, Row]]) -> int:
    return -(-len(people) // _PER_PAGE)


def _turn(people: Sequence[tuple[str, Row]], key: str) -> None:
    if _pages(people) > 1:
        st.pagination(_pages(people), key=key)


def _card(person_id: str, row: Row, found: Attention) -> None:
    # On a phone the line, the way to the night and what can be done share a row below the words.
    with st.container(
        border=True, key=f"card_{person_id}", horizontal=not narrow(), vertical_alignment="center"
    ):
        with st.container(width="stretch", gap="xsmall"):
            facts = " · ".join([*_facts(row, found.day.overview), *dealt_with(found, person_id)])
            _heading(person_id, row, facts)
            reason, *more = row["reasons"]
            rest = f"  \n:gray[:small[{escape(' '.join(more))}]]" if more else ""
            st.markdown(weighted(reason) + rest)
        _drawing(person_id, row, act=True)


def _line(person_id: str, row: Row) -> None:
    with st.container(horizontal=not narrow(), vertical_alignment="center"):
        with st.container(width="stretch", gap="xsmall"):
            _heading(person_id, row, _score_words(row))
            st.markdown(_last_night_words(row))
        _drawing(person_id, row, act=False)


def _heading(person_id: str, row: Row, facts: str = "") -> None:
    # The badge is in the link, so that it stays beside the name where the facts go to a line of their own.
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"who_{person_id}"):
        name = f":blue[**{escape(str(row['name']))}**]"
        label = f"{name} {_badge(row)}" if row["label"] else name
        st.page_link("person.py", label=label, query_params={"person": person_id})
        if facts:
            st.markdown(f":gray[:small[{facts}]]", width="content")


def _badge(row: Row) -> str:
    return f":{_colour(row)}-badge[{escape(str(row['label']))}]"


def _colour(row: Row) -> str:
    if not row["attention"]:
        return "gray" if row["flag"] == "insufficient data" else "green"
    return "gray" if row["label"] == "No data" else _COLOURS.get(str(row["flag"]), "orange")


def _drawing(person_id: str, row: Row, *, act: bool) -> None:
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
        if act:
            act_button(person_id)


def weighted(sentence: str) -> str:
    """A sentence with its first value in bold."""
    found = _VALUE.search(sentence)
    if found is None:
        return escape(sentence)
    before, value, after = sentence[: found.start()], found.group(), sentence[found.end() :]
    return f"{escape(before)}**{escape(value)}**{escape(after)}"


def _facts(row: Row, seen: CohortOverview) -> list[str]:
    """Since when, on how many nights it rests, and the newest night where that is not the last."""
    doubt = ", low confidence" if row["mean_reliability"] == "low" else ""
    facts = [f"{of(int(row['valid_7']), 7)} nights{doubt}"]
    newest = _newest_night(row)
    if newest is not None and newest < seen.night:
        facts.append(_newest(newest))
    # Who is silent has the newest night, which says it already.
    return facts if row["no_data"] else [_since(row["since"].date(), seen), *facts]


def _since(first: date, seen: CohortOverview) -> str:
    if first == seen.night:
        return "new"
    if (seen.night - first).days >= LOOKED_BACK:
        return "for 2 weeks or longer"
    return f"since {day(first, year=False, weekday=False, short=True)}"


def _newest_night(row: Row) -> date | None:
    label: pd.Timestamp | NaTType = row["newest"]
    return None if isinstance(label, NaTType) else label.date()


def _newest(label: date) -> str:
    return f"newest night to {day(label, year=False, weekday=False, short=True)}"


def _score_words(row: Row) -> str:
    counted = f"{of(int(row['valid_7']), 7)} nights valid"
    if math.isnan(row["score"]):
        return f"no score yet · {counted}"
    return f"score {number(float(row['score']))} · {counted}"


def _last_night_words(row: Row) -> str:
    if row["last_state"] == "no data":
        newest = _newest_night(row)
        return (
            f"Nothing arrived for this night; {_newest(newest)}." if newest else "No night has arrived yet."
        )
    if row["last_state"] == "no valid night":
        reason = in_a_phrase(str(row["last_reason"]))
        return f"No valid night: {escape(reason)}." if reason else "No valid night."
    asleep, efficiency = duration(float(row["last_tst_min"])), percent(float(row["last_se_pct"]))
    words = f"Last night **{asleep}**, efficiency **{efficiency}**"
    usual = float(row["last_usual_tst_min"])
    if math.isnan(usual):
        return f"{words}."
    return f"{words}; usual {duration(usual)}."
