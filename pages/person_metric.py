"""One metric of a person, chosen in the link: over the weeks with its slope, and by day as a calendar."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from analytics.followed import METRICS
from analytics.marked import Marked
from analytics.summary import PersonPeriod
from charts.calendar import calendar as calendar_chart
from charts.theme import CONFIG
from charts.trend import trend
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.person_views import calendar, followed
from pages.carried import settle
from pages.drawn import Drawn
from pages.explained import meaning
from pages.links import query_choice
from pages.parts import card, escape, follow_link, narrow, show, theme, twin
from pages.person_nights import open_night

_KEY: Final = "person_metric"
_LABELS: Final = {metric.id: metric.label for metric in METRICS}
_FIRST: Final = METRICS[0].id
# What these are of a period says better what they are of a night.
_MEANS: Final = {
    "midsleep_clock_h": "mean_midsleep_h",
    **{name: f"mean_{name}" for name in ("se_pct", "deep_min", "rem_min")},
}


def linked_metric() -> str:
    """The metric that the link names; time asleep where it names none, which the link then leaves out."""
    metric = query_choice("metric", _LABELS, _FIRST, what="a metric", instead="time asleep is shown")
    settle("metric", metric if metric != _FIRST else None)
    return metric


def trend_card(
    application: Application,
    actor: Actor,
    shown: PersonPeriod,
    charts: Drawn,
    *,
    metric: str,
    events: Sequence[Marked],
) -> None:
    """The metric over weeks, with the field to choose another."""
    found = followed(
        application, actor, shown.sleeper.person_id, metric=metric, first=shown.first, last=shown.last
    )
    with st.container(border=True, key="card_trend"):
        above, choice = st.columns([2.6, 1], vertical_alignment="top")
        with above:
            st.header(escape(found.title), anchor=False)
            st.caption(escape(found.caption))
        with choice:
            _choice(metric)
        chart = charts.chart(
            f"trend of {metric}",
            lambda: trend(found, theme(), narrow=narrow(), events=events),
        )
        show(chart, key="trend")


def _choice(metric: str) -> None:
    def go() -> None:
        st.query_params["metric"] = st.session_state[_KEY]

    follow_link(_KEY, metric)
    st.selectbox(
        "Statistic",
        list(_LABELS),
        format_func=_LABELS.__getitem__,
        key=_KEY,
        on_change=go,
        help=f"{meaning(_MEANS.get(metric, metric))} The calendar below follows the choice.",
    )


def calendar_card(
    application: Application, actor: Actor, shown: PersonPeriod, charts: Drawn, *, metric: str
) -> None:
    """The metric by day; a chosen day opens its night."""
    person_id = shown.sleeper.person_id
    found = calendar(application, actor, person_id, metric=metric, first=shown.first, last=shown.last)
    caption = (
        f"{found.counted}. The colours span the same values in every month. Grey with a dot: no valid night; a slash: "
        "no recording; neither is a low value. Choose a day to open its night."
    )
    if found.note:
        caption += f" {found.note}"
    with card("calendar", found.title, caption):
        chart = charts.chart(f"calendar of {metric}", lambda: calendar_chart(found, theme(), narrow=narrow()))
        chosen = st.plotly_chart(
            chart.drawing.for_browser(),
            theme=None,
            config=CONFIG,
            key=f"calendar_{_view(shown)}_{metric}",
            alt=chart.alt,
            height=chart.height_px,
            on_select="rerun",
            selection_mode="points",
        )
        twin(chart, key="calendar")
        if session := _session(chosen):
            open_night(person_id, session)


def _view(shown: PersonPeriod) -> str:
    # A point of another view's calendar must not open a night of this one.
    return f"{shown.sleeper.person_id}_{shown.first}_{shown.last}"


def _session(chosen: "Mapping[str, Any]") -> str:
    points = chosen["selection"]["points"]
    return str(points[0].get("customdata") or "") if points else ""
