"""Cohort: the people in one table, how they are spread, and people by nights; filtered, and one metric at a time."""

from datetime import date

import pandas as pd
import streamlit as st

from analytics.basis import READ
from analytics.wording import of, percent, span
from nocturne.access import Permission
from nocturne.cohort_filter import Filtered, filtered
from nocturne.cohort_metric import CohortSeen
from nocturne.cohorts import CohortRule
from nocturne.views import Cohort, cohort_people, day_of_cohort, last_night, statistics
from pages.access import require
from pages.cohort_filter import PAGES, filter_row, linked_filter, nobody_left
from pages.cohort_metric import metric_part
from pages.cohort_saving import saving
from pages.cohort_starts import starts_section
from pages.cohort_summary import summary_section
from pages.cohort_table import table_card
from pages.links import check_cohort_link, drop
from pages.parts import (
    TO_HOME,
    card,
    cohort_picker,
    escape,
    problem,
    rests_on,
    stale_banner,
    title,
)
from pages.periods import linked_period, period_picker

_LENGTH = "6-weeks"
_NO_FILTER = CohortRule()


def _page() -> None:
    application, actor = require(Permission.SEE_COHORTS)
    if not application.people():
        problem("Nobody is on the roster yet", "Home says how to add people.", way=TO_HOME)
    check_cohort_link(application, actor)
    heading, picker = st.columns([2.35, 1], vertical_alignment="bottom")
    with picker:
        cohort = cohort_picker(application, actor, forgets=PAGES)
    newest = last_night(application, statistics(application, cohort_people(application, actor, cohort.name)))
    first, last = linked_period(newest, default=_LENGTH)
    with picker:
        period_picker("cohort", default=_LENGTH)
    everybody = cohort_people(application, actor, cohort.name, on=last)
    rule = linked_filter(everybody)
    found = filtered(everybody, rule, on=last)
    seen = CohortSeen(
        cohort=cohort.name, night=last, days=(last - first).days + 1, rule=rule, people=found.people
    )
    day = day_of_cohort(application, actor, cohort.name, night=last, days=seen.days)
    with heading:
        # Without a filter the finding is there before the rest of the overview is.
        shown = day if rule == _NO_FILTER else seen.overview(application, actor)
        title(shown.title, _facts(cohort, found, (first, last), valid=shown.valid, expected=shown.expected))
        stale_banner(application, found.people)
        nights = statistics(application, found.people)[list(READ)]
        rests_on(application, nights[nights["night"].between(pd.Timestamp(first), pd.Timestamp(last))])
    if not everybody:
        _nobody_here()
    else:
        filter_row(everybody, found, rule)
    chosen: list[str] = []
    if found.people:
        chosen = table_card(seen.overview(application, actor))
        metric_part(application, actor, seen)
    elif everybody:
        nobody_left(found, rule)
    if everybody:
        summary_section(application, actor, cohort, day, filtered=rule != _NO_FILTER)
    saving(application, actor, cohort, chosen, rule=rule)
    starts_section(application, actor, cohort.name, found.people, chosen=chosen, on=last)


def _facts(cohort: Cohort, found: Filtered, period: tuple[date, date], *, valid: int, expected: int) -> str:
    share = f" ({percent(100 * valid / expected)})" if expected else ""
    whom = escape(cohort.label)
    if len(found.people) < found.of:
        whom += f", {of(len(found.people), found.of)} people"
    return f"{whom} · {span(*period)} · {of(valid, expected)} nights valid{share}"


def _nobody_here() -> None:
    with card("nobody"):
        st.markdown(
            "Nobody belongs to this cohort at present. Choose another, or change its rule or people below."
        )
        st.button("Show everyone", on_click=lambda: drop("cohort"), type="primary")


_page()
