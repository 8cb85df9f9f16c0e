"""Home: who needs attention and why, what was done about it, then everyone else; beside it what last night brought."""

from datetime import timedelta
from typing import Final

import streamlit as st

from analytics.basis import Basis
from analytics.shifts import BEFORE_DAYS
from analytics.summary import CohortDay
from analytics.wording import night_dates
from nocturne.access import Actor, Permission
from nocturne.application import Application
from nocturne.attention import Attention, attention
from nocturne.delivered import Delivered, delivered
from nocturne.newcomers import nights_here
from nocturne.views import cohort_people
from pages.access import require
from pages.acting import acting
from pages.home_aside import better_card, delivered_card, sync_card
from pages.home_people import everyone_else, in_need, legend, set_aside
from pages.links import check_cohort_link, drop
from pages.new_nights import for_new_nights, watch_nights
from pages.parts import card, cohort_picker, stale_banner, title
from pages.ways_in import import_outcome, more_people, welcome

_RESTS_S: Final = 45.0
"""In the morning nights come in one after another: the first is shown at once, and those after it together."""
_NAME: Final = "home"


def _page() -> None:
    application, actor = require(Permission.SEE_COHORTS)
    rests_s = _RESTS_S if for_new_nights(_NAME) else 0.0
    import_outcome()
    if not application.people():
        welcome(application, actor)
        return
    check_cohort_link(application, actor)
    heading, picker = st.columns([2.35, 1], vertical_alignment="bottom")
    with picker:
        cohort = cohort_picker(application, actor).name
    people = cohort_people(application, actor, cohort)
    here = nights_here(application, actor, people, whose=cohort)
    found = attention(application, actor, cohort)
    arrived = delivered(application, actor, cohort, first=found.day.first, last=found.day.night)
    with heading:
        title(found.title, _facts(found, arrived.basis) if people else "")
        stale_banner(application, people)
    if not people:
        _nobody_here()
        return
    listing, aside = st.columns([2.35, 1])
    with listing:
        _people(application, actor, found, arrived, cohort)
    with aside:
        delivered_card(application, found.day, cohort)
        better_card(found.day)
        sync_card(application, arrived)
        if application.settings.environment != "demo":
            more_people(application, actor)
    acting(application, actor, found, cohort)
    watch_nights(application, actor, people, here, page=_NAME, rests_s=rests_s)


def _people(
    application: Application, actor: Actor, found: Attention, arrived: Delivered, cohort: str
) -> None:
    if not arrived.sleeps and not arrived.unusable:
        _nothing_yet(application)
    elif not arrived.staged:
        _statistics_only(application)
    in_need(found, cohort)
    set_aside(application, actor, found, cohort)
    everyone_else(found, cohort)
    legend(found)


def _facts(found: Attention, basis: Basis) -> str:
    day: CohortDay = found.day
    dates = night_dates(day.night - timedelta(days=1), day.night)
    rests_on = "" if basis.complete else f" · {basis.in_words}"
    order = " · worst first" if found.in_need else ""
    against = f"the last 7 days against each person's own {BEFORE_DAYS} before, and fixed limits"
    return f"{dates}{rests_on}{order} · {against}"


def _nobody_here() -> None:
    with card("nobody"):
        st.markdown("Nobody belongs to this cohort at present. Choose another, or give people its tag.")
        st.button("Show everyone", on_click=lambda: drop("cohort"), type="primary")


def _nothing_yet(application: Application) -> None:
    if application.board.progress.running:
        words = "The first nights are on their way; whoever needs attention is shown here as they arrive."
    else:
        words = (
            "There is nothing to look at before the first nights are here. Synchronise now brings what the vendor has; "
            "who has not recorded anything yet stays without nights."
        )
    with card("nothing_yet"):
        st.markdown(words)


def _statistics_only(application: Application) -> None:
    if application.board.progress.running:
        way = "They are on their way, and the flags follow them."
    else:
        way = "Synchronise now brings the stages."
    with card("statistics_only"):
        st.markdown(
            f"So far every night rests on the vendor's own statistics, and so do the flags below. {way}"
        )


_page()
