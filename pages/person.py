"""Person: the score and its parts, when they sleep, how it changes, and every night of the period."""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NoReturn

import pandas as pd
import streamlit as st

from analytics.figures import Figure
from analytics.marked import Marked
from analytics.pattern_words import method
from analytics.score import Part
from analytics.summary import PersonHeading, PersonPeriod
from analytics.triage_days import NO_DATA_DAYS
from analytics.wording import (
    day,
    number,
    of,
    percent,
    plural,
    span,
)
from charts.sparkline import part_bar
from nocturne.access import Actor, Permission
from nocturne.application import Application
from nocturne.journal import marks
from nocturne.person_views import since_phase_starts
from nocturne.views import heading, period
from pages.access import require
from pages.drawn import Drawn, drawn
from pages.history_card import history_card
from pages.links import linked_person
from pages.notes_card import notes_card
from pages.parts import (
    card,
    escape,
    person_picker,
    problem,
    rests_on,
    stale_banner,
    svg,
    theme,
    title,
)
from pages.periods import forget_period, linked_period, period_picker
from pages.person_cards import insights_card, quality_card, weekdays_card, weeks_card
from pages.person_hours import STRIP_DAYS, hours_card, timing_card
from pages.person_metric import calendar_card, linked_metric, trend_card
from pages.person_nights import nights_card
from pages.phases_card import phases_card
from pages.vendor_card import vendor_section
from store.people import Person

_LENGTH = "4-weeks"


def _page() -> None:
    application, actor = require(Permission.SEE_PEOPLE)
    linked = linked_person(application, actor, page="person")
    found, newest = linked.person, linked.newest
    first, last = linked_period(newest, default=_LENGTH)
    metric = linked_metric()
    begun = heading(application, actor, found.person_id, first=first, last=last)
    if begun.coverage.recorded == 0:
        _empty(linked.people, begun, newest)
    above, controls = st.columns([2.35, 1], vertical_alignment="bottom")
    with above:
        title(begun.title, _facts(begun, newest))
        stale_banner(application, [found])
        rests_on(application, begun.nights)
        _silent(application.now().date() - timedelta(days=1), newest)
    shown = period(application, actor, found.person_id, first=first, last=last)
    marked = marks(application, actor, found.person_id, first=_drawn_from(shown), last=last)
    charts = drawn(application, actor, (found.person_id, first, last), grounds=(shown, tuple(marked)))
    score, when = st.columns([1, 2.1])
    with when:
        timing_card(application, actor, shown, charts, events=marked)
    # The chart that the reader waits for is on its way; what stands beside it follows in the places kept for it.
    with controls:
        person_picker(linked.people, found.person_id, page="person")
        period_picker("person", default=_LENGTH)
    with score:
        _score(shown)
    insights_card(shown)
    trend_card(application, actor, shown, charts, metric=metric, events=marked)
    by_week, by_weekday = st.columns(2)
    with by_week:
        weeks_card(shown, charts)
    with by_weekday:
        weekdays_card(shown, charts)
    hours_card(application, actor, shown, charts)
    _days(application, actor, shown, charts, metric=metric, oldest=linked.nights["night"].min().date())
    nights_card(application, actor, found, shown)
    _written(application, actor, shown, events=marked)
    vendor_section(application, actor, found.person_id, first=first, last=last)
    with st.expander("How this was computed"):
        st.markdown(escape(shown.method))
        st.markdown(escape(method(shown.patterns)))


def _days(
    application: Application, actor: Actor, shown: PersonPeriod, charts: Drawn, *, metric: str, oldest: date
) -> None:
    """The calendar, and what its days rest on: beside it, or below where its weeks take the whole width."""
    beside = shown.days <= STRIP_DAYS
    by_day, counted = st.columns([1.6, 1]) if beside else (st.container(), st.container())
    with by_day:
        calendar_card(application, actor, shown, charts, metric=metric)
    with counted:
        quality_card(shown, oldest)


def _written(
    application: Application, actor: Actor, shown: PersonPeriod, *, events: Sequence[Marked]
) -> None:
    """What people have written: notes and what was done about flags, and phases with what came after their starts."""
    person_id, last = shown.sleeper.person_id, shown.last
    noted, phased = st.columns(2)
    with noted:
        notes_card(application, actor, person_id, first=shown.first, last=last)
        history_card(application, actor, person_id)
    with phased:
        since = since_phase_starts(application, actor, person_id, events, first=_drawn_from(shown), last=last)
        phases_card(application, actor, person_id, today=application.now().date(), since=since)


def _drawn_from(shown: PersonPeriod) -> date:
    """The first day that any chart of the page has: the trend reaches back beyond the period."""
    if not len(shown.history):
        return shown.first
    begun: pd.Timestamp = shown.history["night"].min()
    return min(shown.first, begun.date())


def _silent(last: date, newest: date) -> None:
    """Says so where nothing has been recorded for days up to the last: what is shown ends with the newest night."""
    days = (last - newest).days
    if days >= NO_DATA_DAYS:
        words = f"nothing recorded for {plural(days, 'day')}; the newest night is the one to {day(newest, year=False)}"
        st.badge(words, color="orange", icon=":material/history:")


def _facts(begun: PersonHeading, newest: date) -> str:
    counted = f"{of(begun.coverage.valid, begun.coverage.expected)} nights valid"
    until = f"newest night: to {day(newest, year=newest.year != begun.last.year, short=True)}"
    return f"{span(begun.first, begun.last)} · {counted} · {escape(begun.sleeper.zone)} · {until}"


def _empty(people: Sequence[Person], begun: PersonHeading, newest: date) -> NoReturn:
    above, controls = st.columns([2.35, 1], vertical_alignment="bottom")
    with controls:
        person_picker(people, begun.sleeper.person_id, page="person")
        period_picker("person", default=_LENGTH)
    with above:
        problem(
            "No night in this period",
            f"{begun.sleeper.name} has no session from {span(begun.first, begun.last)}. "
            f"The newest night is {span(newest, newest)}.",
            "Show the newest four weeks",
            forget_period,
        )


def _score(shown: PersonPeriod) -> None:
    score = shown.score
    known = not math.isnan(score.overall)
    figures = shown.figures
    heading = f"Score {figures['score'].text} of 100" if known else "No score for this period"
    with card("score", heading):
        for part in score.parts:
            _part(part, figures[f"score_{part.name[0]}"])
        if known:
            terms = [
                f"{number(part.weight)} × {figures[f'score_{part.name[0]}'].text}" for part in score.parts
            ]
            st.caption(f"{' + '.join(terms)} = {figures['score'].text}")
        elif score.reason:
            st.caption(escape(score.reason))
        if known and not math.isnan(shown.before.overall):
            moved = figures["score_change"]
            st.caption(f"{moved.text} against the 28 days before ({moved.note}).")
        st.caption(
            f"{shown.score.version}; scores of other products are computed otherwise and do not compare."
        )


def _part(part: Part, figure: Figure) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.markdown(
            f"**{part.name.capitalize()}** :gray[weight {percent(part.weight * 100)}]", width="content"
        )
        st.markdown(f"**{figure.text}**", width="content")
    svg(part_bar(part.value, theme()), alt=f"{part.name} {figure.text} of 100", width="stretch")
    st.caption(escape(part.reason))


_page()
