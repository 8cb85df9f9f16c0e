"""Home: who needs attention and why, then everyone else; beside it what last night brought."""

from datetime import datetime, timedelta

import pandas as pd
import streamlit as st

from analytics.basis import READ, Basis, basis_of
from analytics.shifts import BEFORE_DAYS
from analytics.summary import CohortDay, CohortOverview
from analytics.wording import NBSP, duration, night_dates, number, of, plural
from charts.sparkline import coverage_strip
from nocturne.access import Permission
from nocturne.application import Application
from nocturne.views import cohort_people, day_of_cohort, freshness, statistics
from pages.access import here, require
from pages.home_people import everyone_else, in_need, legend
from pages.links import check_cohort_link
from pages.parts import card, cohort_picker, escape, follow, reader_clock, stale_banner, svg, theme, title
from pages.ways_in import import_outcome, more_people, welcome


def _page() -> None:
    application, actor = require(Permission.SEE_COHORTS)
    import_outcome()
    if not application.people():
        welcome(application, actor)
        return
    check_cohort_link(application, actor)
    heading, picker = st.columns([2.35, 1], vertical_alignment="bottom")
    with picker:
        cohort = cohort_picker(application, actor)
    people = cohort_people(application, actor, cohort.name)
    day = day_of_cohort(application, actor, cohort.name, days=28)
    with heading:
        nights = statistics(application, people)[list(READ)]
        title(day.attention_title, _facts(day, basis_of(_shown(day, nights))))
        stale_banner(application, people)
    seen = day.overview
    listing, aside = st.columns([2.35, 1])
    with listing:
        in_need(seen, cohort.name)
        everyone_else(seen, cohort.name)
        legend(seen)
    with aside:
        _delivered(seen)
        _sync_state(application, nights)
        if application.settings.environment != "demo":
            more_people(application, actor)


def _shown(day: CohortDay, nights: pd.DataFrame) -> pd.DataFrame:
    return nights[nights["night"].between(pd.Timestamp(day.first), pd.Timestamp(day.night))]


def _facts(day: CohortDay, basis: Basis) -> str:
    dates = night_dates(day.night - timedelta(days=1), day.night)
    order = " · worst first" if day.in_need else ""
    rests_on = "" if basis.complete else f" · {basis.in_words}"
    against = f"the last 7 days against each person's own {BEFORE_DAYS} before, and fixed limits"
    return f"{dates}{rests_on}{order} · {against}"


def _delivered(seen: CohortOverview) -> None:
    counts = seen.people["last_state"].value_counts()
    valid, partial, missing = (int(counts.get(state, 0)) for state in ("valid", "no valid night", "no data"))
    with card("delivered", f"{of(valid + partial, valid + partial + missing)} delivered last night"):
        svg(
            coverage_strip(valid, partial, missing, theme()),
            alt=f"{valid} valid, {partial} without a valid night, {missing} without data",
            width="stretch",
        )
        st.markdown(
            f"**{valid}** with a valid night  \n**{partial}** recorded, no valid night  \n**{missing}** nothing arrived"
        )


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


def _sync_state(application: Application, nights: pd.DataFrame) -> None:
    progress = application.board.progress
    people = application.people()
    if progress.running:
        with card("sync", "Nights are arriving"):
            _running_sync(
                application, application.archive.version(application.organisation), application.now()
            )
        return
    with card("sync", _as_of(freshness(application, people).as_of)):
        sleeps = nights[nights["kind"] != "unusable"]
        staged = int((sleeps["basis"] == "stages").sum())
        without = len(nights) - len(sleeps)
        rest = f"; {plural(without, 'session')} without usable sleep" if without else ""
        if staged < len(sleeps):
            rest = f"; {plural(len(sleeps) - staged, 'sleep')} by the vendor's statistics alone{rest}"
        st.markdown(f"Stages of **{number(staged, 0)}** {'sleep' if staged == 1 else 'sleeps'}{rest}.")
        if progress.halted and progress.resumes_at is None:
            st.caption(escape(progress.halted))
        if st.button("Synchronise now", icon=":material/sync:"):
            here().request_sync()
            st.rerun()


def _as_of(moment: datetime | None) -> str:
    return f"Data as of {reader_clock(moment)}" if moment is not None else "Nothing synchronised yet"


_page()
