"""When a person sleeps: a bar a night over some weeks, a row a day over a longer period, and the usual hours."""

import math
from collections.abc import Sequence
from typing import Final

import streamlit as st

from analytics.marked import Marked
from analytics.reliability import period_gate
from analytics.summary import PersonPeriod
from analytics.wording import clock, duration, of, plural, span
from charts.chart import Chart
from charts.clock_face import clock_face as clock_face_chart
from charts.raster import raster as raster_chart
from charts.timing import timing
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.person_views import clock_face, raster
from pages.drawn import Drawn
from pages.explained import explained_figure
from pages.parts import card, escape, narrow, show, theme

STRIP_DAYS: Final = 42
"""Up to so many days each night is a bar that can be read; beyond, a row a day."""

_STRIP_CAPTION: Final = (
    "Each bar one night: pale in bed, full asleep. Columns shaded: weekend. A missing bar is a night without a valid "
    "recording."
)
_RASTER_CAPTION: Final = (
    "Each row one day, earliest on top, on the clock of where the person was. A grey row with a dot: nothing recorded "
    "that day. Every recording is drawn, also of nights that are left out."
)
_HOURS: Final = (
    "mean_bed_h",
    "mean_rise_h",
    "mean_midsleep_h",
    "sri",
    "phase_deviation_h",
    "sjl_h",
    "msfsc_h",
    "debt_net_min",
)
_SPREADS: Final = {
    "mean_bed_h": "sd_bed_min",
    "mean_rise_h": "sd_rise_min",
    "mean_midsleep_h": "sd_midsleep_min",
}


def timing_card(
    application: Application,
    actor: Actor,
    shown: PersonPeriod,
    charts: Drawn,
    *,
    events: Sequence[Marked],
) -> None:
    """A bar a night up to six weeks, a row a day beyond."""
    if shown.days <= STRIP_DAYS:
        with card("timing", _timing_heading(shown), _STRIP_CAPTION):
            show(charts.chart("timing", lambda: _strip(shown, events)), key="timing")
        return
    found = raster(application, actor, shown.sleeper.person_id, first=shown.first, last=shown.last)
    recorded = f"{of(found.recorded, len(found.days))} days with a recording."
    moved = ""
    if found.marks:
        moved = f" Dotted: {plural(len(found.marks), 'change')} of zone or clocks."
    with card("timing", _timing_heading(shown), f"{recorded} {_RASTER_CAPTION}{moved}"):
        chart = charts.chart("raster", lambda: raster_chart(found, theme(), narrow=narrow()))
        show(chart, key="raster")


def _strip(shown: PersonPeriod, events: Sequence[Marked]) -> Chart:
    return timing(
        shown.nights,
        theme(),
        first=shown.first,
        last=shown.last,
        bed=shown.bed,
        rise=shown.rise,
        narrow=narrow(),
        events=events,
    )


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


def hours_card(application: Application, actor: Actor, shown: PersonPeriod, charts: Drawn) -> None:
    """The clock face, and typical hours, regularity, social jetlag and sleep debt, each with what it rests on."""
    regular = shown.figures["sri"]
    heading = (
        f"Sleep Regularity Index {regular.text}" if regular.shown else "Hours, regularity and sleep debt"
    )
    caption = (
        "±: one standard deviation. The index runs from −100 to 100, 100 being the same hours every day. Phase "
        f"deviation, social jetlag and chronotype are of {span(shown.patterns.first, shown.patterns.last)}."
    )
    with card("hours", heading, caption):
        face, figures = st.columns([1, 2.1])
        with face:
            _face(application, actor, shown, charts)
        with figures, st.grid(4, min_column_width=140, key="person_hours"):
            for name in _HOURS:
                spread = shown.figures.get(_SPREADS.get(name, ""))
                explained_figure(shown.figures[name], spread)


def _face(application: Application, actor: Actor, shown: PersonPeriod, charts: Drawn) -> None:
    found = clock_face(application, actor, shown.sleeper.person_id, first=shown.first, last=shown.last)
    st.markdown(f"**{escape(found.title)}**")
    show(charts.chart("clock face", lambda: clock_face_chart(found, theme())), key="clock_face")
    st.caption(
        escape(
            f"Nights by half hour, midnight on top. Filled: to bed ({found.bed.rests_on}); outlined: up "
            f"({found.rise.rests_on}). R is 1 where every night is alike, and below 0.3 no time is typical."
        )
    )
