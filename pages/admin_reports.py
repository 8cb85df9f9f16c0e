"""Admin, settings: reports that are made by themselves, when, of whom, and how the last run went."""

import calendar
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, TypeVar

import streamlit as st

from analytics.wording import clock
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.cohorts import cohorts
from nocturne.documents import KINDS, PAPERS
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
from pages.report_choices import NAMING, PAPER_NAMES, formats_picker, naming
from store.errors import EditedMeanwhile

_DAYS: Final = tuple(calendar.day_name)
_KINDS: Final = {"weekly": "Weekly, every week", "monthly": "Monthly, once a month"}

_Choice = TypeVar("_Choice", bound=str)


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
    with st.form(f"schedule_{stamp}", border=False):
        wanted = _fields(application, actor, now, stamp)
        with st.container(horizontal=True):
            save = st.form_submit_button("Save", type="primary")
            off = st.form_submit_button("Switch off", disabled=now is None)
    if not (save or off):
        return
    try:
        if off:
            unset_schedule(application.store, application.organisation, actor, version=stamp)
        else:
            set_schedule(application.store, application.organisation, actor, wanted(), version=stamp)
    except (UnusableSchedule, EditedMeanwhile) as refusal:
        st.error(escape(str(refusal)))
        return
    st.session_state["settings_said"] = (
        "No report is made by itself any more." if off else "Reports are made so from now on."
    )
    st.rerun()


def _fields(
    application: Application, actor: Actor, now: Schedule | None, stamp: int
) -> Callable[[], Schedule]:
    """The form's fields, filled with the schedule in force; gives what they say, or raises `UnusableSchedule`."""
    cohort_labels = {cohort.name: cohort.choice for cohort in cohorts(application, actor)}
    shown = now or Schedule(weekday=0, hour=7, cohort=next(iter(cohort_labels)))
    day, hour = st.columns(2)
    with day:
        weekday = st.selectbox("Day", _DAYS, index=shown.weekday, key=f"schedule_day_{stamp}")
    with hour:
        at = st.selectbox(
            "Hour", range(24), index=shown.hour, format_func=clock, key=f"schedule_hour_{stamp}"
        )
    return partial(
        Schedule,
        weekday=_DAYS.index(weekday),
        hour=at,
        kind=_radio("Kind", KINDS, shown.kind, _KINDS, key=f"schedule_kind_{stamp}"),
        cohort=_cohort(cohort_labels, shown.cohort, key=f"schedule_cohort_{stamp}"),
        formats=formats_picker(shown.formats, key=f"schedule_formats_{stamp}"),
        paper=_radio("Paper of PDFs", PAPERS, shown.paper, PAPER_NAMES, key=f"schedule_paper_{stamp}"),
        pseudonyms=_radio(
            "People go by",
            tuple(NAMING),
            naming(pseudonyms=shown.pseudonyms),
            NAMING,
            key=f"schedule_names_{stamp}",
        )
        == "pseudonyms",
    )


def _cohort(labels: Mapping[str, str], shown: str, *, key: str) -> str:
    """The cohort that is chosen; the one in force stays to be seen also when it is gone."""
    names = list(labels) if shown in labels else [*labels, shown]
    return st.selectbox(
        "Cohort",
        names,
        index=names.index(shown),
        format_func=lambda name: labels.get(name, "a cohort that does not exist any more"),
        key=key,
    )


def _radio(
    label: str, choices: tuple[_Choice, ...], shown: _Choice, words: Mapping[str, str], *, key: str
) -> _Choice:
    return st.radio(
        label,
        choices,
        index=choices.index(shown),
        format_func=words.__getitem__,
        key=key,
        horizontal=True,
    )
