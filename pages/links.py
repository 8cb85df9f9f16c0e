"""What a link names: a person, a cohort, dates; and what to say when it names nothing."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from nocturne.access import Actor
from nocturne.application import Application
from nocturne.views import NothingRecorded, cohorts, person_nights
from pages.parts import awaiting, problem, stale_banner
from store.people import Person, UnknownPerson

_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Linked:
    """The person of a link, everybody who could be chosen instead, and the person's sleeps by start."""

    people: tuple[Person, ...]
    person: Person
    nights: pd.DataFrame

    @property
    def newest(self) -> date:
        """The label of the newest night."""
        label: pd.Timestamp = self.nights["night"].max()
        return label.date()


def linked_person(application: Application, actor: Actor) -> Linked:
    """The person whom the link names, or the first of the roster; otherwise the page ends with a sentence."""
    people = application.people()
    if not people:
        problem("Nobody is on the roster yet", "Home says how to add people.")
    person_id = st.query_params.get("person") or people[0].person_id
    try:
        found, nights = person_nights(application, actor, person_id)
    except UnknownPerson as reason:
        unknown = "This link names a person who is not on the roster."
        problem(unknown, str(reason), "Open another person", st.query_params.clear)
    except NothingRecorded as reason:
        nobody = application.person(person_id)
        stale_banner(application, [nobody])
        if application.board.progress.running:
            awaiting(application, f"The nights of {nobody.name} are on their way.")
        problem(f"No night of {nobody.name} yet", str(reason))
    return Linked(people=people, person=found, nights=nights)


def check_cohort_link(application: Application, actor: Actor) -> None:
    """Ends the page with a sentence when the link names a cohort that does not exist."""
    wanted = st.query_params.get("cohort")
    if wanted is not None and wanted not in {cohort.name for cohort in cohorts(application, actor)}:
        problem(
            "This link names a cohort that does not exist.",
            "It may have been renamed, or nobody carries its tag any more.",
            "Show everyone",
            lambda: drop("cohort"),
        )


def query_date(name: str) -> date | None:
    """A date from the link, or None when it is absent; one that cannot be meant ends the page with a sentence."""
    text = st.query_params.get(name)
    if text is None:
        return None
    try:
        value = date.fromisoformat(text)
    except ValueError:
        value = date.min
    if not _EARLIEST <= value < _LATEST:
        problem(
            f"The link's {name} is not a date.",
            f"It reads {text[:40]!r}; a date is written like 2026-02-11.",
            "Open without it",
            lambda: drop(name),
        )
    return value


def drop(name: str) -> None:
    """Takes a parameter out of the link."""
    st.query_params.pop(name, None)


def link_params(**values: Any) -> dict[str, str]:
    """Query parameters of a link: only those that have a value, as text."""
    return {name: str(value) for name, value in values.items() if value is not None}
