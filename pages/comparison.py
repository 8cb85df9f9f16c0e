"""Compare: two groups of people over one period, or two periods of one group; the person is the unit."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from analytics.basis import READ
from analytics.comparison import Compared
from analytics.comparison_words import forest_title, people_heading, rests_on, title
from analytics.wording import plural, span
from charts.forest import caption as forest_caption
from charts.forest import forest
from nocturne.access import Actor, Permission
from nocturne.application import Application
from nocturne.cohorts import cohort_people, cohorts
from nocturne.comparing import Groups, Question, compared
from nocturne.views import statistics
from pages.access import require
from pages.comparison_asked import asked_for, controls
from pages.comparison_detail import people_card, sensitivity_card
from pages.comparison_rests import rests_card, taken_home
from pages.drawn import Drawn, drawn
from pages.parts import TO_HOME, card, escape, narrow, problem, show, stale_banner, theme
from pages.parts import rests_on as stages_of
from pages.parts import title as page_title
from store.people import Person


def _page() -> None:
    application, actor = require(Permission.SEE_COHORTS)
    if not application.people():
        problem("Nobody is on the roster yet", "Home says how to add people.", way=TO_HOME)
    question, metric = asked_for(application, actor)
    if isinstance(question, Groups) and question.a.name == question.b.name:
        page_title(f"{question.a.label} is compared with itself", _other_groups(application, actor))
        controls(application, actor, question, metric)
        return
    found = compared(application, actor, question)
    people = {
        person.person_id: person
        for name in _cohorts(question)
        for person in cohort_people(application, actor, name, on=question.last)
    }
    names = {person_id: person.name for person_id, person in people.items()}
    page_title(title(found, metric), _facts(found, metric))
    stale_banner(application, list(people.values()))
    _basis(application, list(people.values()), found)
    controls(application, actor, question, metric)
    charts = drawn(application, actor, (question,), grounds=(found, names))
    left, right = st.columns([1.9, 1])
    with left, card("estimation", people_heading(found, metric)):
        people_card(application, actor, question, metric, names=names, charts=charts)
    with right, card("rests", "What this rests on"):
        rests_card(found, metric, names)
        taken_home(application, actor, found, metric, names)
    _overview(found, charts)
    with card("beside", "Without trusting the means"):
        sensitivity_card(application, actor, question, metric)


def _basis(application: Application, people: Sequence[Person], found: Compared) -> None:
    """Says on how many of the nights that are compared the stages are here."""
    nights = statistics(application, people)[list(READ)]
    inside = pd.concat(
        [
            nights["night"].between(pd.Timestamp(side.first), pd.Timestamp(side.last))
            for side in (found.a, found.b)
        ],
        axis=1,
    ).any(axis=1)
    stages_of(application, nights[inside])


def _other_groups(application: Application, actor: Actor) -> str:
    if len(cohorts(application, actor)) > 1:
        return "Choose two different groups below."
    return "There is no other group yet: save a cohort on the Cohort page, or give people tags in Admin."


def _cohorts(question: Question) -> tuple[str, ...]:
    if isinstance(question, Groups):
        return question.a.name, question.b.name
    return (question.cohort.name,)


def _facts(found: Compared, metric: str) -> str:
    a, b = found.a, found.b
    if found.design == "paired":
        which = f"{span(b.first, b.last)} against {span(a.first, a.last)}, the same people in both"
        counted = plural(found.metrics[metric].b.people, "person", "people")
    else:
        of = found.metrics[metric]
        against = f"{escape(a.label)} ({plural(of.a.people, 'person', 'people')})"
        which = f"{escape(b.label)} ({of.b.people}) against {against}"
        counted = span(b.first, b.last)
    return f"{which} · {counted} · the person is the unit; {rests_on(found, metric)}"


def _overview(found: Compared, charts: Drawn) -> None:
    if not found.tested:
        with card("forest", forest_title(found)):
            st.markdown("It takes five people a group, each with enough valid nights in these dates.")
        return
    with card("forest", forest_title(found), forest_caption(found)):
        show(charts.chart("forest", lambda: forest(found, theme(), narrow=narrow())), key="forest")


_page()
