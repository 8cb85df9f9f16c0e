"""A report of each person of a cohort as one ZIP: made while the reader watches, and to be cancelled."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from threading import Event
from typing import IO, Final

import pandas as pd
import streamlit as st

from analytics.wording import plural
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.cohorts import Cohort
from nocturne.documents import Wanted
from nocturne.jobs import Job, JobState
from nocturne.mapping import MapProgress
from nocturne.places import Zip
from nocturne.progress import Failure
from nocturne.renamed import told_label
from nocturne.runs import called, everybody_is_there, not_made, people_reports
from pages.parts import card, escape
from pages.report_choices import formats_picker
from reports.file_names import safe
from store.people import Person

_LOOK_S: Final = 0.5


def many_card(
    application: Application, actor: Actor, people: Sequence[Person], wanted: Wanted, cohort: Cohort
) -> None:
    """The card: formats, a button, a bar, and then the ZIP and whom it does not hold."""
    heading = f"A report of each of {plural(len(people), 'person', 'people')}"
    with card("many", heading, "One ZIP; who cannot be served is listed in it, the others are delivered."):
        asked = replace(wanted, formats=formats_picker(("pdf",), key="many_formats"))
        label = told_label(cohort.label, people, pseudonyms=wanted.pseudonyms)
        stem = f"{wanted.kind}-{safe(label)}-{wanted.ending}"

        def begin() -> Job:
            return Job(
                _work(application, actor, people, asked, stem),
                folder=application.settings.folder,
                people=len(people),
                still_holds=lambda: everybody_is_there(application, people),
            )

        job_part(
            "many",
            (cohort.name, asked, people),
            begin,
            label="Make the ZIP",
            file_name=f"{stem}.zip",
            names=lambda: called(application, people, wanted),
            disabled=not asked.formats,
        )


def _work(
    application: Application, actor: Actor, people: Sequence[Person], wanted: Wanted, stem: str
) -> Callable[[IO[bytes], Callable[[MapProgress], None], Event], tuple[Failure, ...]]:
    def work(file: IO[bytes], tell: Callable[[MapProgress], None], cancel: Event) -> tuple[Failure, ...]:
        with Zip(file, folder=stem, made_at=application.now()) as place:
            made = people_reports(application, actor, people, wanted, place, tell=tell, cancel=cancel)
            if made.failures:
                place.take(not_made(made.failures, called(application, people, wanted)))
        return made.failures

    return work


def job_part(
    key: str,
    about: object,
    begin: Callable[[], Job],
    *,
    label: str,
    file_name: str,
    names: Callable[[], Mapping[str, str]],
    disabled: bool = False,
) -> None:
    """A button that begins work, a bar while it goes on, and a download when it is done; another question, another job.

    Args:
        key: of its widgets.
        about: what is asked; a job about something else is cancelled and forgotten.
        begin: starts the work.
        label: of the button.
        file_name: of the download.
        names: gives what people who could not be served are called, by person_id.
        disabled: whether it cannot be begun.
    """
    slot = f"job_{key}"
    kept: tuple[object, Job] | None = st.session_state.get(slot)
    if kept is not None and kept[0] != about:
        kept[1].cancel()
        kept = st.session_state[slot] = None

    def start() -> None:
        st.session_state[slot] = (about, begin())

    if kept is None:
        st.button(label, key=f"{key}_begin", icon=":material/folder_zip:", on_click=start, disabled=disabled)
        return
    job = kept[1]
    if job.now.state == "running":
        _running(key, job)
        return
    _ended(key, job, job.now, file_name, names)
    st.button(
        "Make it again", key=f"{key}_again", icon=":material/refresh:", on_click=start, disabled=disabled
    )


@st.fragment(run_every=_LOOK_S)
def _running(key: str, job: Job) -> None:
    now = job.now
    if now.state != "running":
        st.rerun()
    st.progress(now.progress.share, now.progress.in_words)
    st.button("Cancel", key=f"{key}_cancel", icon=":material/close:", on_click=job.cancel)


def _ended(
    key: str, job: Job, state: JobState, file_name: str, names: Callable[[], Mapping[str, str]]
) -> None:
    if state.state == "failed":
        st.error(escape(state.problem), icon=":material/error:")
        return
    if state.state == "cancelled":
        st.info("Cancelled; nothing was kept.", icon=":material/close:")
        return
    st.download_button(
        "Download the ZIP",
        job.content,
        file_name=file_name,
        mime="application/zip",
        icon=":material/download:",
        type="primary",
        on_click="ignore",
        key=f"{key}_download",
    )
    if state.failures:
        st.warning(
            f"{plural(len(state.failures), 'person', 'people')} could not be served; the others are in it."
        )
        told = names()
        st.dataframe(
            pd.DataFrame(
                [
                    {"Person": told.get(each.person_id, each.person_id), "Why": each.reason}
                    for each in state.failures
                ]
            ),
            hide_index=True,
            key=f"{key}_failures",
            alt="Who could not be served, and why",
        )
