"""Quality: from the nights that could have been to those that are analysed, with every reason counted."""

import pandas as pd
import streamlit as st

from analytics.basis import READ
from analytics.quality import Quality
from analytics.quality_words import grid_title, title
from analytics.wording import of, plural, span
from charts.quality_grid import PEOPLE_PER_PAGE, quality_grid
from nocturne.access import Permission
from nocturne.quality import quality_of
from nocturne.views import Cohort, cohort_people, last_night, statistics
from pages.access import require
from pages.carried import settle
from pages.drawn import Drawn, drawn
from pages.links import check_cohort_link, query_number
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
)
from pages.parts import title as page_title
from pages.periods import linked_period, period_picker
from pages.quality_analysed import analysed_fields, analysed_of_link
from pages.quality_flow import flow_card, listing
from pages.quality_rules import other_rules, rules_card
from pages.quality_sheet import sheet_card

_LENGTH = "4-weeks"


def _page() -> None:
    application, actor = require(Permission.SEE_COHORTS)
    if not application.people():
        problem("Nobody is on the roster yet", "Home says how to add people.", way=TO_HOME)
    check_cohort_link(application, actor)
    heading, picker = st.columns([2.35, 1], vertical_alignment="bottom")
    with picker:
        cohort = cohort_picker(application, actor)
    everybody = cohort_people(application, actor, cohort.name)
    nights = statistics(application, everybody)
    first, last = linked_period(last_night(application, nights), default=_LENGTH)
    with picker:
        period_picker("quality", default=_LENGTH)
    people = cohort_people(application, actor, cohort.name, on=last)
    analysed = analysed_of_link()
    found = quality_of(application, actor, cohort, first=first, last=last, analysed=analysed)
    with heading:
        page_title(title(found), _facts(found, cohort))
        stale_banner(application, people)
        if not found.basis.complete:
            inside = nights["night"].between(pd.Timestamp(first), pd.Timestamp(last))
            rests_on(application, nights.loc[inside, list(READ)])
            st.caption(
                "The count of what is left out is complete only when the stages are here: they may leave out some of "
                f"the {plural(found.basis.awaited, 'night')} that count by the vendor's statistics until then."
            )
    analysed_fields(analysed)
    view = ("quality", cohort, first, last, analysed)
    charts = drawn(application, actor, view, grounds=found)
    chosen, place = flow_card(found, charts)
    _grid_card(found, charts)
    sheet_card(application, actor, found, chosen)
    wanted, result = rules_card(application, actor)
    # What has to be read from people's files comes last: everything else is painted by then.
    with place:
        listing(application, actor, found, chosen)
    with result:
        other_rules(application, actor, cohort, found, wanted)


def _facts(found: Quality, cohort: Cohort) -> str:
    counted = [
        f"{of(found.recorded, found.expected)} expected nights recorded",
        f"{of(found.valid, found.recorded)} valid",
        f"{of(found.in_analysis, found.valid)} analysed",
    ]
    parts = [
        escape(cohort.label),
        span(found.first, found.last),
        plural(len(found.people), "person", "people"),
        *counted,
    ]
    return " · ".join(parts)


def _grid_card(found: Quality, charts: Drawn) -> None:
    caption = "One square a night, the least complete people first; at the right their valid nights."
    if narrow():
        caption += " The last two weeks; counts and the table below are of the whole period."
    pages = max(1, -(-len(found.people) // PEOPLE_PER_PAGE))
    asked = query_number("part", 1, pages, instead="The first people are shown.")
    page = 1 if asked is None else int(asked)
    settle("part", str(page) if page > 1 else None)
    with card("grid", grid_title(found), caption):
        if pages > 1:
            _pager(found, page, pages)
        chart = charts.chart(f"grid {page}", lambda: quality_grid(found, theme(), page=page, narrow=narrow()))
        show(chart, key="quality_grid")


def _pager(found: Quality, page: int, pages: int) -> None:
    key = f"quality_part_{page}_{pages}"  # another widget where the link says another part

    def go() -> None:
        st.query_params["part"] = str(st.session_state[key])

    first = (page - 1) * PEOPLE_PER_PAGE + 1
    last = min(page * PEOPLE_PER_PAGE, len(found.people))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.pagination(pages, default=page, key=key, on_change=go, max_visible_pages=3 if narrow() else 7)
        st.caption(f"People {first} to {of(last, len(found.people))}")


_page()
