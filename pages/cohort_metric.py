"""One metric of a cohort, chosen for the page: how people are spread, people by nights, and a line a person.

It is a fragment: another metric or another page of the map leaves the table of people alone.
"""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Final, Protocol, TypeVar

import streamlit as st

from analytics.cohort_nights import CohortNights
from analytics.cohort_nights_words import beside_usual
from analytics.cohort_spread import EACH_AS_A_DOT, Spread
from analytics.night_metrics import DEFAULT, NIGHT_METRICS, NightMetric
from analytics.wording import NOTHING, number, of, plural
from charts.cohort import people_map
from charts.people_spread import people_spread
from charts.sparkline import panel
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.cohort_metric import CohortSeen, drawn, metric_seen
from pages.carried import choose, settle, taken_along
from pages.cohort_turning import turn
from pages.explained import meaning
from pages.links import query_choice, query_page
from pages.parts import card, draw, escape, follow_link, narrow, svg, theme, twin

_Drawn = TypeVar("_Drawn")

MAP_ROWS: Final = 100
PANELS: Final = 24
_ABREAST: Final = {False: 6, True: 2}
_PANEL_PX: Final = 130
_SKELETON_PX: Final = 424


class Once(Protocol):
    """Draws something, or hands out what was drawn before."""

    def __call__(self, what: str, make: Callable[[], _Drawn], page: int = 1) -> _Drawn:
        """The drawing of that name, on that page of people."""


@st.fragment
def metric_part(application: Application, actor: Actor, seen: CohortSeen) -> None:
    """The metric that the link names, with a field to choose another, and everything that shows it.

    Args:
        application: whose.
        actor: who looks.
        seen: the people and the nights of the page.
    """
    metric = _chosen_metric()
    # A skeleton waits for a thread of its own: worth it only where the answer may take seconds.
    with st.skeleton(height=_SKELETON_PX) if len(seen.people) > EACH_AS_A_DOT else nullcontext():
        found = metric_seen(application, actor, seen, metric)

    def once(what: str, make: Callable[[], _Drawn], page: int = 1) -> _Drawn:
        how = (what, metric.name, page, theme().name, narrow())
        return drawn(application, actor, seen, how, make)

    _spread(found.spread, once)
    _map(found.nights, found.map_title, once)
    _panels(found.nights, found.panels_title, once)


def _chosen_metric() -> NightMetric:
    name = query_choice(
        "metric", NIGHT_METRICS, DEFAULT.name, what="a metric", instead="time asleep is shown"
    )
    settle("metric", None if name == DEFAULT.name else name)
    follow_link("cohort_metric", name)

    def go() -> None:
        chosen = st.session_state["cohort_metric"]
        choose(metric=None if chosen == DEFAULT.name else chosen)

    field: dict[str, Any] = {
        "options": list(NIGHT_METRICS),
        "format_func": lambda each: NIGHT_METRICS[each].label,
        "key": "cohort_metric",
        "on_change": go,
        "help": meaning(NIGHT_METRICS[name].figure),
    }
    if narrow():
        st.selectbox("Statistic shown below", **field)
    else:
        st.segmented_control("Statistic shown below", **field, required=True)
    return NIGHT_METRICS[name]


def _spread(spread: Spread, once: Once) -> None:
    drawn = "A bar counts people" if spread.bins else "A dot a person"
    caption = (
        f"{drawn}: the mean of the valid nights of these {plural(spread.days, 'night')}; "
        f"{of(len(spread.values), spread.of)} people have enough. Pale band: the middle half. Line: the mean of "
        "people’s means, with its 95 % interval. Dashed: the median."
    )
    if spread.apart and not spread.bins:
        caption += (
            f" Diamond: {plural(len(spread.apart), 'person lies', 'people lie')} apart from the others."
        )
    if len(spread.values) > EACH_AS_A_DOT:
        caption += " The table above has everybody by name."
    with card("spread", spread.title, caption):
        chart = once("spread", lambda: people_spread(spread, theme(), narrow=narrow()))
        draw(chart, "people_spread")
        twin(chart, "people_spread")


def _map(nights: CohortNights, title: str, once: Once) -> None:
    pages = -(-len(nights.ids) // MAP_ROWS)
    page = query_page("page", pages)
    first = (page - 1) * MAP_ROWS
    caption = "One square a night, its colour on the scale above. Dot: no valid night. Slash: not synced."
    if pages > 1:
        beyond = min(first + MAP_ROWS, len(nights.ids))
        caption += (
            f" People {number(first + 1, 0)} to {of(beyond, len(nights.ids))}, in the order of the table."
        )
    if narrow():
        caption += " The last two weeks; the table below the map has the whole period."
    with card("map", title, caption):
        rows = nights.part(first, first + MAP_ROWS)
        chart = once("map", lambda: people_map(rows, theme(), narrow=narrow()), page)
        draw(chart, "people_map")
        turn("page", page, pages)
        twin(chart, "people_map")


def _panels(nights: CohortNights, title: str, once: Once) -> None:
    pages = -(-len(nights.ids) // PANELS)
    page = query_page("panels", pages)
    shown = nights.part((page - 1) * PANELS, page * PANELS)
    low, high = (nights.metric.words(end) for end in nights.wide_scale)
    caption = (
        f"A line a person, all from {low} to {high}, in the order of the table; the last 7 nights in colour. Band: "
        "what is usual for the person, the mean of the 28 nights before those 7 plus and minus one standard deviation. "
        f"The number is the mean of these {plural(len(nights.dates), 'night')}; a diamond says where the last 7 lie "
        "against the band."
    )
    images = once("panels", lambda: _lines(shown), page)
    with card("panels", title, caption):
        with st.grid(_ABREAST[narrow()], min_column_width=_PANEL_PX, gap="medium"):
            for row in range(len(shown.ids)):
                _panel(shown, row, images[row])
        turn("panels", page, pages)


def _panel(shown: CohortNights, row: int, image: str) -> None:
    metric = shown.metric
    mean = metric.words(float(shown.mean_line[row]))
    valid = of(int((shown.states[row] == 2).sum()), len(shown.dates))
    usual = beside_usual(metric, int(shown.outside[row]))
    if narrow():
        usual = usual.removesuffix(" than usual").removesuffix(
            " usual"
        )  # beside the mean there is room for a word
    with st.container(gap=None, key=f"who_panel_{row}"):
        st.page_link(
            "person.py",
            label=escape(shown.names[row]),
            query_params=taken_along(person=str(shown.ids[row])),
        )
        marked = f" :orange[◆ {usual}]" if usual else ""
        st.markdown(f":small[**{mean}**{marked}]" if mean != NOTHING else ":small[:gray[too few nights]]")
        svg(
            image,
            alt=f"{metric.label} by night, mean {mean}, {valid} nights valid",
            width="stretch",
        )


def _lines(shown: CohortNights) -> tuple[str, ...]:
    """The line of each person, as drawings."""
    return tuple(
        panel(values, theme(), scale=shown.wide_scale, low=low, high=high)
        for values, low, high in zip(
            shown.on_line.tolist(), shown.band_low.tolist(), shown.band_high.tolist(), strict=True
        )
    )
