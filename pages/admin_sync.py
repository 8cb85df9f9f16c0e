"""Admin, synchronisation: how the last one went, for whom it failed and why, and another try."""

import pandas as pd
import streamlit as st

from analytics.wording import NBSP, duration, number, of, plural
from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from nocturne.views import freshness
from pages.access import here
from pages.parts import card, escape, follow, reader_clock
from store.people import Person, SyncState


def sync_title(application: Application) -> tuple[str, str]:
    """What the section says first."""
    people, progress = application.people(), application.board.progress
    fresh = freshness(application, people)
    facts = [f"Data as of {reader_clock(fresh.as_of)}" if fresh.as_of else "Nothing has arrived yet"]
    minutes = application.settings.nocturne_sync_interval_minutes
    facts.append(f"synchronised every {duration(minutes)}" if minutes else "synchronised only when asked")
    if progress.running:
        return "Nights are arriving", escape(" · ".join(facts))
    if progress.resumes_at is not None:
        return "Synchronisation is paused", escape(" · ".join(facts))
    if fresh.failed:
        return f"{of(fresh.failed, len(people))} people could not be synchronised", escape(" · ".join(facts))
    return "Everybody is synchronised" if fresh.as_of else "Nobody is synchronised yet", escape(
        " · ".join(facts)
    )


def sync_section(application: Application, actor: Actor) -> None:
    """Progress, failures, pace and quota."""
    authorize(actor, Permission.SYNCHRONISE, application.organisation)
    people = application.people()
    states = application.store.sync_states(application.organisation)
    failed = [person for person in people if (state := states.get(person.person_id)) and state.error]
    left, right = st.columns([2.35, 1])
    with left:
        _last(application)
        if failed:
            _failures(failed, {key: states[key] for key in (person.person_id for person in failed)})
    with right:
        _pace(application)


def _last(application: Application) -> None:
    progress = application.board.progress
    if progress.running:
        with card("running", "What is arriving"):
            _running(application, application.archive.version(application.organisation))
        return
    with card("last", "The last synchronisation"):
        if progress.finished_at is None:
            st.markdown("None since this dashboard was started.")
        else:
            spent_s = (progress.finished_at - (progress.started_at or progress.finished_at)).total_seconds()
            st.markdown(
                f"**{of(progress.people_complete, progress.people)}** people done, "
                f"**{plural(progress.nights_done, 'session')}** brought, in {_spent(spent_s)}; "
                f"ended {escape(reader_clock(progress.finished_at))}."
            )
        if progress.halted:
            again = (
                f" It goes on by itself at {reader_clock(progress.resumes_at)}."
                if progress.resumes_at
                else ""
            )
            st.warning(escape(progress.halted + again), icon=":material/pause:")
        if st.button("Synchronise now", icon=":material/sync:", key="sync_now"):
            here().request_sync()
            st.rerun()


@st.fragment(run_every=2.0)
def _running(application: Application, shown: str) -> None:
    progress = application.board.progress
    follow(application, shown, progress.started_at or application.now())
    left_s = progress.seconds_left(application.now())
    about = f" About {_spent(left_s)} left." if left_s is not None else ""
    st.markdown(escape(f"{progress.in_words}{about}"))
    st.progress(min(progress.share, 1.0))


def _spent(seconds: float) -> str:
    return f"{max(1, round(seconds))}{NBSP}s" if seconds < 90 else duration(seconds / 60)


def _failures(failed: list[Person], states: dict[str, SyncState]) -> None:
    heading = f"{plural(len(failed), 'person', 'people')} could not be synchronised"
    with card("failures", heading, "What arrived before is shown as it is."):
        frame = pd.DataFrame(
            [
                {
                    "Person": person.name,
                    "Tried": reader_clock(states[person.person_id].attempted_at),
                    "Why": states[person.person_id].error,
                }
                for person in failed
            ]
        )
        st.dataframe(
            frame,
            hide_index=True,
            key="sync_failures",
            column_config={"Why": st.column_config.TextColumn(width="large")},
            alt="Who could not be synchronised, when it was tried, and why",
        )
        names = {person.person_id: person.name for person in failed}
        with st.container(horizontal=True, vertical_alignment="bottom"):
            chosen = st.selectbox(
                "Person",
                list(names),
                format_func=lambda person_id: names.get(person_id, person_id),
                key="sync_person",
            )
            if st.button("Try this person again", key="sync_one") and chosen:
                here().request_sync([chosen])
                st.rerun()
            if len(failed) > 1 and st.button(f"Try all {number(len(failed), 0)} again", key="sync_failed"):
                here().request_sync(list(names))
                st.rerun()
        if chosen:
            st.caption(escape(states[chosen].error))


def _pace(application: Application) -> None:
    rate = application.settings.calls_per_second
    pace = "as fast as the demo answers" if rate is None else f"at most **{number(rate, 1)}** calls a second"
    with card("pace", "Pace and quota"):
        st.markdown(
            f"Nocturne asks {pace} (`NOCTURNE_RATE_LIMIT_PER_SECOND`), pages before synchronisation. "
            "Somebody who is up to date costs two calls a day."
        )
        st.caption(
            "The vendor publishes neither a quota nor what is left of it. When it refuses because it is used up, "
            "synchronisation pauses, says so here, and goes on by itself."
        )
