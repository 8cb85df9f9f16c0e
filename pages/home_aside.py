"""Beside the people on Home: what last night brought and who is missing, who sleeps better, and synchronisation."""

from datetime import datetime, timedelta
from typing import Final

import streamlit as st

from analytics.summary import CohortDay, CohortOverview
from analytics.wording import NBSP, duration, number, of, plural
from charts.sparkline import coverage_strip
from nocturne.application import Application
from nocturne.delivered import Delivered, missing
from nocturne.views import freshness
from pages.access import here
from pages.parts import card, escape, follow, reader_clock, svg, theme

_BETTER = 3
_SINCE: Final = timedelta(minutes=1)
_LISTED = 50


def delivered_card(application: Application, day: CohortDay, cohort: str) -> None:
    """How many have a valid night, one that is not, or none; and folded, who is missing and why."""
    states = [row["last_state"] for _, row in day.in_order]
    valid, partial, nothing = (states.count(state) for state in ("valid", "no valid night", "no data"))
    with card("delivered", f"{of(valid + partial, valid + partial + nothing)} delivered last night"):
        svg(
            coverage_strip(valid, partial, nothing, theme()),
            alt=f"{valid} valid, {partial} without a valid night, {nothing} without data",
            width="stretch",
        )
        st.markdown(
            f"**{valid}** with a valid night  \n**{partial}** recorded, no valid night  \n**{nothing}** nothing arrived"
        )
        if partial + nothing:
            folded = st.expander(
                "Who is missing, and why", type="compact", key=f"home_missing_{cohort}", on_change="rerun"
            )
            if folded.open:
                with folded:
                    _who_is_missing(application, day.overview)


def _who_is_missing(application: Application, seen: CohortOverview) -> None:
    found = missing(application, seen)
    for each in found[:_LISTED]:
        with st.container(gap=None, key=f"who_missing_{each.person_id}"):
            name = f":blue[{escape(each.name)}]"
            st.page_link("person.py", label=name, query_params={"person": each.person_id})
            st.caption(escape(each.reason))
    if len(found) > _LISTED:
        st.caption(
            f"And {plural(len(found) - _LISTED, 'more person', 'more people')}; Cohort's map shows everybody."
        )


def better_card(day: CohortDay) -> None:
    """At most three people in whom something moved for the better and nothing else did; silent without any."""
    people = [(who, row) for who, row in day.in_order if row["better"]][:_BETTER]
    if not people:
        return
    with card("better", "Better than usual"):
        for person_id, row in people:
            with st.container(gap=None, key=f"who_better_{person_id}"):
                label = f":blue[{escape(str(row['name']))}]"
                st.page_link("person.py", label=label, query_params={"person": person_id})
                words = row["better"][0]
                st.caption(escape(words[:1].upper() + words[1:]))


def sync_card(application: Application, arrived: Delivered) -> None:
    """How far a synchronisation is, or what is here and the button that brings more."""
    progress = application.board.progress
    if progress.running:
        with card("sync", "Nights are arriving"):
            _running_sync(
                application, application.archive.version(application.organisation), application.now()
            )
        return
    as_of = freshness(application, application.people()).as_of
    with card("sync", _as_of(as_of)):
        staged, sleeps = arrived.staged, arrived.sleeps
        rest = f"; {plural(arrived.unusable, 'session')} without usable sleep" if arrived.unusable else ""
        if staged < sleeps:
            rest = f"; {plural(sleeps - staged, 'sleep')} by the vendor's statistics alone{rest}"
        st.markdown(f"Stages of **{number(staged, 0)}** {'sleep' if staged == 1 else 'sleeps'}{rest}.")
        if as_of is not None and arrived.newest_at is not None and arrived.newest_at - as_of > _SINCE:
            st.caption(f"The newest came at {reader_clock(arrived.newest_at)}.")
        if progress.halted and progress.resumes_at is None:
            st.caption(escape(progress.halted))
        if st.button("Synchronise now", icon=":material/sync:"):
            here().request_sync()
            st.rerun()


@st.fragment(run_every=2.0)
def _running_sync(application: Application, shown: str, since: datetime) -> None:
    progress = application.board.progress
    follow(application, shown, since)
    left = progress.seconds_left(application.now())
    if progress.state == "statistics" and not progress.statistics:
        words = "Asking what is new"
    elif progress.state == "statistics":
        words = f"Nights of **{of(progress.statistics_done, progress.statistics)}** people by the vendor's statistics"
    elif progress.state == "listing":
        words = f"Looking for new sessions of **{of(progress.people_done, progress.people)}** people"
    else:
        words = f"Stages for **{of(progress.nights_done, progress.nights)}** sessions; newest first"
    words += f", about {_rough(left)}." if left is not None else "."
    st.markdown(words)
    st.progress(min(progress.share, 1.0))


def _rough(seconds: float) -> str:
    return f"{max(5, round(seconds / 5) * 5)}{NBSP}s" if seconds < 90 else duration(seconds / 60)


def _as_of(moment: datetime | None) -> str:
    return f"Data as of {reader_clock(moment)}" if moment is not None else "Nothing synchronised yet"
