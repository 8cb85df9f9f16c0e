"""Person: the score and its parts, when they sleep, how it changes, and every night of the period."""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NoReturn

import pandas as pd
import streamlit as st

from analytics.figures import Figure
from analytics.pattern_words import changes, method
from analytics.reliability import period_gate
from analytics.score import Part
from analytics.summary import PersonHeading, PersonPeriod
from analytics.triage_days import NO_DATA_DAYS
from analytics.wording import (
    clock,
    day,
    duration,
    number,
    of,
    percent,
    plural,
    signed_duration,
    span,
)
from charts.sparkline import part_bar
from charts.timing import timing
from charts.trend import trend
from nocturne.access import Permission
from nocturne.journal import marks
from nocturne.views import heading, period
from pages.access import require
from pages.history_card import history_card
from pages.links import linked_person
from pages.notes_card import notes_card
from pages.parts import (
    card,
    escape,
    narrow,
    person_picker,
    problem,
    rests_on,
    show,
    stale_banner,
    svg,
    theme,
    title,
)
from pages.periods import forget_period, linked_period, period_picker
from pages.person_cards import hours_card, insights_card, quality_card, weekdays_card, weeks_card
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
    begun = heading(application, actor, found.person_id, first=first, last=last)
    if begun.coverage.recorded == 0:
        _empty(linked.people, begun, newest)
    above, controls = st.columns([2.35, 1], vertical_alignment="bottom")
    with above:
        title(begun.title, _facts(begun))
        stale_banner(application, [found])
        rests_on(application, begun.nights)
        _silent(application.now().date() - timedelta(days=1), newest)
    with controls:
        person_picker(linked.people, found.person_id, page="person")
        period_picker("person", default=_LENGTH)
    shown = period(application, actor, found.person_id, first=first, last=last)
    marked = marks(application, actor, found.person_id, first=_drawn_from(shown), last=last)
    score, when = st.columns([1, 2.1])
    with score:
        _score(shown)
    with when, card("timing", _timing_heading(shown), _TIMING_CAPTION):
        chart = timing(
            shown.nights,
            theme(),
            first=shown.first,
            last=shown.last,
            bed=shown.bed,
            rise=shown.rise,
            narrow=narrow(),
            events=marked,
        )
        show(chart, key="timing")
    insights_card(shown)
    with card("trend", _trend_heading(shown), _trend_caption(shown)):
        show(trend(shown, theme(), narrow=narrow(), events=marked), key="trend")
    by_week, by_weekday = st.columns(2)
    with by_week:
        weeks_card(shown)
    with by_weekday:
        weekdays_card(shown)
    hours_card(shown)
    nights_card(application, actor, found, shown)
    written, phased = st.columns(2)
    with written:
        notes_card(application, actor, found.person_id, first=first, last=last)
    with phased:
        phases_card(application, actor, found.person_id, today=application.now().date())
    quality_card(shown, linked.nights["night"].min().date())
    history_card(application, actor, found.person_id)
    vendor_section(application, actor, found.person_id, first=first, last=last)
    with st.expander("How this was computed"):
        st.markdown(escape(shown.method))
        st.markdown(escape(method(shown.patterns)))


def _drawn_from(shown: PersonPeriod) -> date:
    """The first day that any chart of the page has: the trend reaches back beyond the period."""
    if not len(shown.history):
        return shown.first
    begun: pd.Timestamp = shown.history["night"].min()
    return min(shown.first, begun.date())


_TIMING_CAPTION = (
    "Each bar one night: pale in bed, full asleep. Columns shaded: weekend. A missing bar is a night without a valid "
    "recording."
)


def _silent(last: date, newest: date) -> None:
    """Says so where nothing has been recorded for days up to the last: what is shown ends with the newest night."""
    days = (last - newest).days
    if days >= NO_DATA_DAYS:
        words = f"nothing recorded for {plural(days, 'day')}; the newest night is the one to {day(newest, year=False)}"
        st.badge(words, color="orange", icon=":material/history:")


def _facts(begun: PersonHeading) -> str:
    counted = f"{of(begun.coverage.valid, begun.coverage.expected)} nights valid"
    return f"{span(begun.first, begun.last)} · {counted} · {escape(begun.sleeper.zone)}"


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


def _timing_heading(shown: PersonPeriod) -> str:
    if not len(shown.valid):
        return "No valid night in this period"
    bed, rise = shown.bed, shown.rise
    if math.isnan(bed.mean_h):
        if period_gate(bed.nights, days=shown.days).shown:
            return "There is no typical bedtime in this period"
        return f"{plural(bed.nights, 'night')}: too few for a typical bedtime"
    spread = "" if math.isnan(bed.sd_min) else f", give or take {duration(bed.sd_min)}"
    return f"To bed at {clock(bed.mean_h)}{spread}; up at {clock(rise.mean_h)}"


def _trend_heading(shown: PersonPeriod) -> str:
    result = shown.trend
    weeks = max(1, round(result.span_days / 7))
    if result.verdict == "too few":
        return f"{plural(result.nights, 'night')}: too few for a trend"
    if result.verdict == "none":
        return f"No clear trend in time asleep over {weeks} weeks"
    longer = "longer" if result.slope_per_week > 0 else "shorter"
    return f"Nights are getting {longer}, by {duration(abs(result.slope_per_week))} a week"


def _trend_caption(shown: PersonPeriod) -> str:
    result, found = shown.trend, shown.patterns
    line = "smooth (local regression)" if len(found.line) else "the mean of the last 7 days"
    if result.verdict == "too few":
        return f"Dots are nights; the line is {line} and breaks where nights are missing."
    slope, low, high = (
        signed_duration(value) for value in (result.slope_per_week, result.low_per_week, result.high_per_week)
    )
    # An interval without zero beside "no clear trend" reads as a contradiction unless the page says why it is none.
    why = f"{result.reason[0].upper()}{result.reason[1:]}. " if result.verdict == "none" else ""
    words = (
        f"{why}Slope {slope} a week, 95 % interval {low} to {high} (Theil–Sen, {result.nights} nights over "
        f"{result.span_days} days). Line: {line}; dashed with band: slope and its interval; gaps stay gaps. "
    )
    return (words + changes(found.changes)).strip()


_page()
