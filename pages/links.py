"""What a link names: a person, a cohort, dates; and what is shown where it names nothing."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NoReturn

import pandas as pd
import streamlit as st

from analytics.wording import number
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.cohorts import cohorts
from nocturne.newcomers import nights_here
from nocturne.views import NothingRecorded, person_nights, statistics
from pages.carried import asked, in_link, remark, settle
from pages.new_nights import watch_nights
from pages.parts import TO_HOME, PageEnded, Way, awaiting, person_picker, problem, stale_banner, trouble
from store.people import Person, UnknownPerson

_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 1, 1)
_LONGEST_NUMBER: Final = 9
_TO_SYNC: Final = Way("admin.py", "Synchronise in Admin", {"section": "sync"})


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


def linked_person(application: Application, actor: Actor, *, page: str) -> Linked:
    """The person whom the link names, or the first who has nights; who has none yet has a page that says so.

    Args:
        application: whose roster.
        actor: who asks.
        page: whose choice of a person it is, where the page ends with this.
    """
    people = application.people()
    if not people:
        problem("Nobody is on the roster yet", "Home says how to add people.", way=TO_HOME)
    chosen = _known(application, asked("person"))
    if chosen is None:
        chosen = _first_recorded(application, people)
        if asked("person"):
            _remark("person", f"The link names a person who is not on the roster; {chosen.name} is shown.")
    settle("person", chosen.person_id)
    try:
        found, nights = person_nights(application, actor, chosen.person_id)
    except NothingRecorded as reason:
        _without_nights(application, actor, people, chosen, reason=str(reason), page=page)
    return Linked(people=people, person=found, nights=nights)


def _known(application: Application, person_id: str | None) -> Person | None:
    try:
        return application.person(person_id) if person_id else None
    except UnknownPerson:
        return None


def _first_recorded(application: Application, people: Sequence[Person]) -> Person:
    """The first of the roster who has nights: a bare address must not end where nothing is to be seen."""
    recorded = set(statistics(application, people)["person_id"].unique())
    return next((person for person in people if person.person_id in recorded), people[0])


def _without_nights(
    application: Application,
    actor: Actor,
    people: Sequence[Person],
    chosen: Person,
    *,
    reason: str,
    page: str,
) -> NoReturn:
    """Ends the page of somebody without nights, with the ways on from there."""
    heading, controls = st.columns([2.35, 1], vertical_alignment="bottom")
    with controls:
        person_picker(people, chosen.person_id, page=page)
    with heading:
        trouble(f"No night of {chosen.name} yet", reason, way=_TO_SYNC)
        stale_banner(application, [chosen])
        if application.board.progress.running:
            awaiting(application, f"The nights of {chosen.name} are on their way.")
    here = nights_here(application, actor, [chosen], whose=chosen.person_id)
    watch_nights(application, actor, [chosen], here, page=page)
    raise PageEnded


def check_cohort_link(application: Application, actor: Actor) -> None:
    """Remarks when the link names a cohort that does not exist; `cohort_picker` then has everyone."""
    wanted = asked("cohort")
    if wanted is not None and wanted not in {cohort.name for cohort in cohorts(application, actor)}:
        _remark(
            "cohort",
            "The link names a cohort that does not exist: it may have been removed, or nobody carries its tag any "
            "more. Everyone is shown.",
        )


def _remark(name: str, sentence: str) -> None:
    """Says it where the address has the parameter; what came from the page before, no reader has asked for."""
    if name in st.query_params:
        remark(sentence)


def query_date(name: str, instead: str) -> date | None:
    """A date from the link, or None when it is absent or cannot be meant, with a remark that `instead` is shown."""
    value, wrong = _date(name)
    if wrong:
        _remark(name, f"The link's “{name}” {wrong} {instead}")
    return value


def date_in_link(name: str) -> date | None:
    """The same date without a remark, for who has yet to find out what is shown instead."""
    return _date(name)[0]


def _date(name: str) -> tuple[date | None, str]:
    """A date from the link, or what is wrong with it; neither where it is absent."""
    text = asked(name)
    if text is None:
        return None, ""
    try:
        value = date.fromisoformat(text)
    except ValueError:
        return None, f"is not a date: it reads {text[:40]!r}, and a date is written like 2026-02-11."
    if not _EARLIEST <= value < _LATEST:
        years = f"the years {_EARLIEST.year} to {_LATEST.year - 1}"
        return None, f"is {value}, and there are nights of {years} only."
    return value, ""


def query_choice(
    name: str,
    choices: Collection[str],
    default: str,
    *,
    what: str,
    instead: str,
    lacking: str = "does not exist",
) -> str:
    """The one of the choices that the link names, or the default; with a remark where it names none of them.

    Args:
        name: of the parameter.
        choices: what it may be.
        default: what holds otherwise.
        what: what the link names, as in "a metric".
        instead: what the remark says of the default: "time asleep is shown".
        lacking: what the remark says of a choice that there is not, after "that".
    """
    wanted = asked(name)
    if wanted is None or wanted in choices:
        return wanted if wanted is not None else default
    _remark(name, f"The link names {what} that {lacking}; {instead}.")
    return default


def query_number(name: str, least: float, most: float, *, instead: str) -> float | None:
    """A number from the link, or None when it is absent or none from `least` to `most`, with a remark of `instead`."""
    text = asked(name)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if least <= value <= most:
        return value
    _remark(
        name,
        f"The link's “{name}” reads {text[:40]!r}, and is a number from {number(least)} to {number(most)}. {instead}",
    )
    return None


def query_filters(name: str, known: Sequence[str], what: str) -> list[str]:
    """Those of the link's values that are known; a remark says that others are left out."""
    wanted = list(dict.fromkeys(in_link(name)))
    found = [value for value in wanted if value in known]
    if len(found) < len(wanted):
        remark(f"The link filters by {what} that nothing here has; it is left out.")
    settle(name, found)
    return found


def query_whole(name: str, most: int, *, what: str, least: int = 0) -> int | None:
    """A whole number from the link, or None where it is absent or cannot be meant, with a remark.

    Args:
        name: of the parameter.
        most: the largest that can be meant.
        what: what it is, as in "an age in years from 0 to 130"; the remark says so.
        least: the smallest.
    """
    text = st.query_params.get(name)
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) < _LONGEST_NUMBER and least <= int(text) <= most:
        return int(text)
    remark(f"The link’s “{name}” is not {what}; it is left out.")
    return None


def query_page(name: str, pages: int) -> int:
    """The page of a list that the link names, from 1; the first, with a remark, where there is no such page."""
    pages = max(pages, 1)
    found = query_whole(
        name, pages, what=f"a page: there {'is 1' if pages == 1 else f'are {pages}'}", least=1
    )
    settle(name, None if found in {None, 1} else str(found))
    return found or 1


def drop(name: str) -> None:
    """Takes a parameter out of the link."""
    st.query_params.pop(name, None)


def link_params(**values: Any) -> dict[str, str]:
    """Query parameters of a link: only those that have a value, as text."""
    return {name: str(value) for name, value in values.items() if value is not None}
