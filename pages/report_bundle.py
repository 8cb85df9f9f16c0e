"""The research bundle of a cohort: nights, epochs and their description as one ZIP, made while the reader watches."""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from threading import Event
from typing import IO

import streamlit as st

from analytics.wording import span
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.bundles import BundleStopped, BundleWanted, make_bundle
from nocturne.cohorts import Cohort
from nocturne.documents import Wanted
from nocturne.handed_over import BUNDLE_IN_WORK
from nocturne.jobs import Job, Work
from nocturne.mapping import MapProgress
from nocturne.progress import Failure
from nocturne.renamed import told_label
from nocturne.runs import called, everybody_is_there
from pages.parts import card
from pages.report_many import job_part
from reports.file_names import safe
from store.people import Person

_DAYS = 90


def bundle_card(
    application: Application, actor: Actor, cohort: Cohort, people: Sequence[Person], wanted: Wanted
) -> None:
    """The card: which nights, how much of them, a button, a bar, and the ZIP."""
    caption = (
        "For statistics elsewhere: people, nights, exclusions and epochs as CSV and Parquet, a data dictionary, where "
        "everything comes from, and a paragraph of methods. People go by what is chosen above."
    )
    with card("bundle", "Research bundle", caption):
        first, last = _dates(cohort, wanted)
        epochs = st.checkbox("Stages of every 30 s", value=True, key="bundle_epochs")
        hypnograms = st.checkbox(
            "A text file of each sleep too, as yasa reads it",
            value=False,
            disabled=not epochs,
            key="bundle_hypnograms",
        )
        asked = BundleWanted(
            people=people,
            label=cohort.label,
            first=first,
            last=last,
            pseudonyms=wanted.pseudonyms,
            epochs=epochs,
            hypnograms=epochs and hypnograms,
        )
        label = told_label(cohort.label, people, pseudonyms=wanted.pseudonyms)
        if last < first:
            st.error(f"The bundle would end on {last}, before it begins on {first}: swap the two dates.")
            return
        st.caption(f"Nights of {span(first, last)}.")

        def begin() -> Job:
            folder = application.settings.folder
            return Job(
                _work(application, actor, asked),
                folder=folder,
                people=len(people),
                still_holds=lambda: everybody_is_there(application, people),
            )

        job_part(
            "bundle",
            asked,
            begin,
            label="Make the bundle",
            file_name=f"nocturne-bundle-{safe(label)}-{first}-{last}.zip",
            names=lambda: called(application, people, wanted),
        )


def _dates(cohort: Cohort, wanted: Wanted) -> tuple[date, date]:
    begins, ends = st.columns(2)
    key = f"{cohort.name}_{wanted.ending}"
    first = begins.date_input(
        "First night",
        wanted.ending - timedelta(days=_DAYS - 1),
        key=f"bundle_first_{key}",
        format="YYYY-MM-DD",
    )
    last = ends.date_input("Last night", wanted.ending, key=f"bundle_last_{key}", format="YYYY-MM-DD")
    return first, last


def _work(application: Application, actor: Actor, asked: BundleWanted) -> Work:
    def work(file: IO[bytes], tell: Callable[[MapProgress], None], cancel: Event) -> tuple[Failure, ...]:
        with tempfile.TemporaryDirectory(dir=application.settings.folder, prefix=BUNDLE_IN_WORK) as folder:
            target = Path(folder) / "bundle.zip"
            try:
                made = make_bundle(application, actor, asked, target, tell=tell, cancel=cancel)
            except BundleStopped:
                return ()
            with target.open("rb") as written:
                shutil.copyfileobj(written, file)
        return made.failures

    return work
