"""What a link names: a person, a cohort, dates; and what is shown where it names nothing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from nocturne.access import Actor
from nocturne.application import Application
from nocturne.cohorts import cohorts
from nocturne.views import NothingRecorded, person_nights
from pages.carried import asked, remark, settle
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
    """The person whom the link names, or the first of the roster; who has no nights yet has a page that says so."""
    people = application.people()
    if not people:
        problem("Nobody is on the roster yet", "Home says how to add people.")
    person_id = asked("person") or people[0].person_id
    try:
        application.person(person_id)
    except UnknownPerson:
        person_id = people[0].person_id
        remark(f"The link names a person who is not on the roster; {people[0].name} is shown.")
    settle("person", person_id)
    try:
        found, nights = person_nights(application, actor, person_id)
    except NothingRecorded as reason:
        nobody = application.person(person_id)
        stale_banner(application, [nobody])
        if application.board.progress.running:
            awaiting(application, f"The nights of {nobody.name} are on their way.")
        problem(f"No night of {nobody.name} yet", str(reason))
    return Linked(people=people, person=found, nights=nights)


def check_cohort_link(application: Application, actor: Actor) -> None:
    """Remarks when the link names a cohort that does not exist; `cohort_picker` then has everyone."""
    wanted = asked("cohort")
    if wanted is not None and wanted not in {cohort.name for cohort in cohorts(application, actor)}:
        remark(
            "The link names a cohort that does not exist: it may have been removed, or nobody carries its tag any "
            "more. Everyone is shown."
        )


def query_date(name: str, instead: str) -> date | None:
    """A date from the link, or None when it is absent or cannot be meant, with a remark that `instead` is shown."""
    text = asked(name)
    if text is None:
        return None
    try:
        value = date.fromisoformat(text)
    except ValueError:
        value = date.min
    if not _EARLIEST <= value < _LATEST:
        remark(
            f"The link's “{name}” is not a date: it reads {text[:40]!r}, and a date is written like 2026-02-11. "
            f"{instead}"
        )
        return None
    return value


def query_choice(name: str, choices: Collection[str], default: str, *, what: str, instead: str) -> str:
    """The one of the choices that the link names, or the default; with a remark where it names none of them.

    Args:
        name: of the parameter.
        choices: what it may be.
        default: what holds otherwise.
        what: what the link names, as in "a metric".
        instead: what the remark says of the default: "time asleep is shown".
    """
    wanted = asked(name)
    if wanted is None or wanted in choices:
        return wanted if wanted is not None else default
    remark(f"The link names {what} that does not exist; {instead}.")
    return default


def query_filters(name: str, known: Sequence[str], what: str) -> list[str]:
    """Those of the link's values that are known; a remark says that others are left out."""
    wanted = list(dict.fromkeys(st.query_params.get_all(name)))
    found = [value for value in wanted if value in known]
    if len(found) < len(wanted):
        remark(f"The link filters by {what} that nothing here has; it is left out.")
    settle(name, found)
    return found


def drop(name: str) -> None:
    """Takes a parameter out of the link."""
    st.query_params.pop(name, None)


def link_params(**values: Any) -> dict[str, str]:
    """Query parameters of a link: only those that have a value, as text."""
    return {name: str(value) for name, value in values.items() if value is not None}
