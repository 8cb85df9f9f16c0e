"""Everyone at a glance, on the Cohort page: people with nights, their averages and how they are spread, coverage."""

import streamlit as st

from analytics.cohort_glance import Delivered, Glance, cohort_glance
from analytics.summary import CohortOverview, CohortPeriod
from analytics.wording import of, percent, plural
from charts.people_strip import people_strip
from pages.parts import card, narrow, show, theme


def glance_card(found: CohortPeriod, seen: CohortOverview) -> None:
    """The organisation at a glance; people are counted, not nights."""
    glance = cohort_glance(found, seen)
    caption = (
        f"A dot a person with nights enough in these {plural(glance.days, 'night')}, from the lowest to the highest; "
        "line: the mean of people’s means, with its 95 % interval."
    )
    with card("glance", glance.title, caption):
        st.markdown(_coverage(glance))
        names = {str(person_id): str(name) for person_id, name in seen.people["name"].items()}
        show(people_strip(glance, theme(), names=names, narrow=narrow()), key="glance")


def _coverage(glance: Glance) -> str:
    between = "  \n" if narrow() else " · "
    return between.join(_delivered(each) for each in glance.delivered)


def _delivered(each: Delivered) -> str:
    share = f" ({percent(100 * each.nights / each.expected)})" if each.expected else ""
    return (
        f"Last {each.days} nights: **{of(each.people, each.of)}** people with a valid one, "
        f"**{of(each.nights, each.expected)}** nights{share}"
    )
