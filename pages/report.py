"""Reports: the week or the month of a person or of a cohort, to look at and to download; everybody's at once."""

from datetime import date

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analytics.wording import of, span
from nocturne.access import Actor, Permission
from nocturne.application import Application
from nocturne.documents import KINDS, Kind, Wanted
from nocturne.runs import NotYet, check_that_it_has_been, cohort_report, person_report
from nocturne.views import Cohort, cohort_people, last_night, statistics
from pages.access import require
from pages.carried import choose, settle
from pages.links import check_cohort_link, linked_person, query_choice, query_date
from pages.parts import (
    TO_HOME,
    cohort_picker,
    escape,
    narrow,
    person_picker,
    problem,
    rests_on,
    stale_banner,
    title,
)
from pages.report_bundle import bundle_card
from pages.report_documents import Asked, documents_card, link_choice, linked_asked, preview_card
from pages.report_many import many_card
from reports.cohort_report import CohortReport
from reports.person_report import PersonReport

_ABOUT = {"person": "A person", "cohort": "A cohort"}
_KINDS: dict[str, str] = {"weekly": "Weekly", "monthly": "Monthly"}


def _page() -> None:
    application, actor = require(Permission.MAKE_REPORTS)
    if not application.people():
        problem("Nobody is on the roster yet", "Home says how to add people.", way=TO_HOME)
    about = query_choice(
        "about", _ABOUT, "person", what="something to report on", instead="a person's report is shown"
    )
    wanted = query_choice("kind", KINDS, "weekly", what="a kind of report", instead="the weekly one is shown")
    kind: Kind = "monthly" if wanted == "monthly" else "weekly"
    settle("about", about if about != "person" else None)
    settle("kind", kind if kind != "weekly" else None)
    (_of_a_person if about == "person" else _of_a_cohort)(application, actor, kind, linked_asked())


def _of_a_person(application: Application, actor: Actor, kind: Kind, asked: Asked) -> None:
    linked = linked_person(application, actor, page="report")
    person_id, newest = linked.person.person_id, linked.newest
    ending = query_date("ending", "The newest report is shown.") or newest
    wanted = _wanted(application, kind, ending, asked)
    report = person_report(application, actor, person_id, wanted)
    title(report.period.title, _facts_of_a_person(report))
    stale_banner(application, [linked.person])
    rests_on(application, report.period.nights)
    who, when = _choices("person", kind)
    with who:
        person_picker(linked.people, person_id, page="report")
    with when:
        earliest = min(linked.nights["night"].min().date(), ending)
        _date_input(wanted, person_id, earliest, max(newest, ending))
    seen, taken = _sides()
    with taken:
        documents_card(application, report, wanted, asked)
    with seen:
        preview_card(application, report, wanted)


def _of_a_cohort(application: Application, actor: Actor, kind: Kind, asked: Asked) -> None:
    check_cohort_link(application, actor)
    heading = st.container()
    who, when = _choices("cohort", kind)
    with who:
        cohort = cohort_picker(application, actor)
    people = cohort_people(application, actor, cohort.name)
    nights = statistics(application, people)
    newest = last_night(application, nights)
    ending = query_date("ending", "The newest report is shown.") or newest
    wanted = _wanted(application, kind, ending, asked)
    with when:
        labels = nights["night"].dropna()
        earliest = min(labels.min().date() if len(labels) else ending, ending)
        _date_input(wanted, cohort.name, earliest, max(newest, ending))
    if not people:
        with heading:
            problem(
                f"Nobody is in {cohort.label} today", "Choose another cohort, or change its rule on Cohort."
            )
    report = cohort_report(application, actor, cohort, wanted)
    with heading:
        title(report.period.title, _facts_of_a_cohort(report, cohort))
        stale_banner(application, people)
    seen, taken = _sides()
    with taken:
        documents_card(application, report, wanted, asked)
        many_card(application, actor, people, wanted, cohort)
        bundle_card(application, actor, cohort, people, wanted)
    with seen:
        preview_card(application, report, wanted)


def _sides() -> tuple[DeltaGenerator, DeltaGenerator]:
    """The places for what the report looks like and for what can be taken; on a phone the second comes first."""
    if narrow():
        taken = st.container()
        return st.container(), taken
    seen, taken = st.columns([2.35, 1])
    return seen, taken


def _wanted(application: Application, kind: Kind, ending: date, asked: Asked) -> Wanted:
    """What is asked for; a page on the future says so instead."""
    wanted = Wanted(kind=kind, ending=ending, paper=asked.paper, pseudonyms=asked.pseudonyms)
    settle("ending", wanted.ending.isoformat())
    try:
        check_that_it_has_been(application, wanted)
    except NotYet as reason:
        problem(
            "There is no report of the future", str(reason), "Show the newest", lambda: choose(ending=None)
        )
    return wanted


def _choices(about: str, kind: Kind) -> tuple[DeltaGenerator, DeltaGenerator]:
    """What the report is about and its kind; and the places for whom, and until when."""
    what, which, who, when = st.columns([1.1, 1.1, 1.5, 1.1])
    with what:
        link_choice("about", _ABOUT, about, label="Report on")
    with which:
        link_choice("kind", _KINDS, kind, label="Length")
    return who, when


def _date_input(wanted: Wanted, whose: str, earliest: date, latest: date) -> None:
    key = f"report_ending_{whose}_{wanted.ending}"

    def go() -> None:
        choose(ending=st.session_state[key].isoformat())

    st.date_input(
        "Last night",
        value=wanted.ending,
        min_value=earliest,
        max_value=latest,
        key=key,
        on_change=go,
        format="YYYY-MM-DD",
    )


def _facts_of_a_person(report: PersonReport) -> str:
    shown = report.period
    counted = f"{of(shown.coverage.valid, shown.coverage.expected)} nights valid"
    kind = f"{_KINDS[report.kind]} report"
    return f"{kind} · {span(shown.first, shown.last)} · {counted} · {escape(shown.sleeper.zone)}"


def _facts_of_a_cohort(report: CohortReport, cohort: Cohort) -> str:
    shown = report.period
    counted = f"{of(shown.coverage.valid, shown.coverage.expected)} nights valid"
    kind = f"{_KINDS[report.kind]} report"
    return f"{kind} · {escape(cohort.label)} · {span(shown.first, shown.last)} · {counted}"


_page()
