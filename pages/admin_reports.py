"""Admin, settings: reports that are made by themselves, when, of whom, and how the last run went."""

import calendar
from typing import Final

import streamlit as st

from analytics.wording import clock
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.cohorts import cohorts
from nocturne.documents import FORMATS, KINDS, PAPERS
from nocturne.schedule import (
    Schedule,
    UnusableSchedule,
    schedule_of,
    set_schedule,
    unset_schedule,
    version_of,
)
from nocturne.scheduled import last_run
from pages.parts import card, escape, reader_clock
from store.errors import EditedMeanwhile

_DAYS: Final = tuple(calendar.day_name)
_KINDS: Final = {"weekly": "Weekly, every week", "monthly": "Monthly, once a month"}
_PAPERS: Final = {"a4": "A4", "letter": "US Letter"}
_NAMES: Final = {False: "Names", True: "Pseudonyms"}


def schedule_card(application: Application, actor: Actor) -> None:
    """The schedule in force, a form for another one, and the last run."""
    stored = application.store.preferences.all(application.organisation)
    now, stamp = schedule_of(stored), version_of(stored)
    zone = application.organisation_settings.zone
    caption = (
        "A report of each person of a cohort and one of all of them, written into a folder of the server at an hour of "
        f"the zone {zone}. A weekly one ends with the night before; a monthly one is about the calendar month before."
    )
    with card("schedule", "Reports by themselves", caption):
        st.markdown(escape(_in_force(now)))
        _last(application)
        _form(application, actor, now, stamp)


def _in_force(now: Schedule | None) -> str:
    if now is None:
        return "No reports are scheduled."
    first = "the first " if now.kind == "monthly" else ""
    when = f"{first}{_DAYS[now.weekday]}{' of a month' if first else ''} at {clock(now.hour)}"
    return f"Made every {when}." if not first else f"Made on {when}."


def _last(application: Application) -> None:
    run = last_run(application)
    if run is None:
        return
    st.caption(
        f"Last run, due {escape(reader_clock(run.slot))}: {escape(run.said)} Folder: {escape(run.folder)}"
    )


def _form(application: Application, actor: Actor, now: Schedule | None, stamp: int) -> None:
    choices = {cohort.name: cohort.choice for cohort in cohorts(application, actor)}
    shown = now or Schedule(weekday=0, hour=7, cohort=next(iter(choices)))
    names = list(choices) if shown.cohort in choices else [*choices, shown.cohort]
    with st.form(f"schedule_{stamp}", border=False):
        day, hour = st.columns(2)
        weekday = day.selectbox("Day", _DAYS, index=shown.weekday, key=f"schedule_day_{stamp}")
        at = hour.selectbox(
            "Hour", range(24), index=shown.hour, format_func=clock, key=f"schedule_hour_{stamp}"
        )
        kind = st.radio(
            "Kind", KINDS, index=KINDS.index(shown.kind), format_func=_KINDS.__getitem__,
            key=f"schedule_kind_{stamp}", horizontal=True,
        )  # fmt: skip
        cohort = st.selectbox(
            "Cohort",
            names,
            index=names.index(shown.cohort),
            format_func=lambda name: choices.get(name, "a cohort that does not exist any more"),
            key=f"schedule_cohort_{stamp}",
        )
        formats = st.pills(
            "Formats", FORMATS, default=list(shown.formats), format_func=str.upper,
            selection_mode="multi", key=f"schedule_formats_{stamp}",
        )  # fmt: skip
        paper = st.radio(
            "Paper of PDFs", PAPERS, index=PAPERS.index(shown.paper), format_func=_PAPERS.__getitem__,
            key=f"schedule_paper_{stamp}", horizontal=True,
        )  # fmt: skip
        pseudonyms = st.radio(
            "People go by",
            list(_NAMES),
            index=int(shown.pseudonyms),
            format_func=_NAMES.__getitem__,
            key=f"schedule_names_{stamp}",
            horizontal=True,
        )
        with st.container(horizontal=True):
            save = st.form_submit_button("Save", type="primary")
            off = st.form_submit_button("Switch off", disabled=now is None)
    if not (save or off):
        return
    store, organisation = application.store, application.organisation
    try:
        if off:
            unset_schedule(store, organisation, actor, version=stamp)
        else:
            wanted = Schedule(
                weekday=_DAYS.index(weekday),
                hour=at,
                kind=kind,
                cohort=cohort,
                formats=tuple(kind for kind in FORMATS if kind in formats),
                paper=paper,
                pseudonyms=pseudonyms,
            )
            set_schedule(store, organisation, actor, wanted, version=stamp)
    except (UnusableSchedule, EditedMeanwhile) as refusal:
        st.error(escape(str(refusal)))
        return
    st.session_state["settings_said"] = (
        "No report is made by itself any more." if off else "Reports are made so from now on."
    )
    st.rerun()
