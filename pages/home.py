"""Home: everyone, with last night, the score of seven nights, and how much it rests on."""

import math
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from analytics.summary import CohortOverview
from analytics.wording import NBSP, day, duration, night_dates, number, of, percent, plural
from asleep.errors import AsleepError
from charts.sparkline import coverage_strip, sparkline
from nocturne.access import Actor, Permission
from nocturne.application import Application
from nocturne.roster import ImportReport, RosterError, add_person, create_person, import_people
from nocturne.views import Cohort, cohort_people, freshness, overview, statistics
from pages.access import here, require
from pages.links import check_cohort_link, link_params
from pages.parts import card, cohort_picker, escape, narrow, reader_clock, stale_banner, svg, theme, title
from store.people import DuplicatePerson, InvalidPerson, NewPerson

_PER_PAGE = 12
_FOLLOW_EVERY = timedelta(seconds=5)
_STATE_WORDS = {"valid": "Valid", "no valid night": "No valid night", "no data": "No data"}
_STATE_COLOURS = {"valid": "green", "no valid night": "orange", "no data": "gray"}


def _page() -> None:
    application, actor = require(Permission.SEE_COHORTS)
    _import_outcome()
    if not application.people():
        _welcome(application, actor)
        return
    check_cohort_link(application, actor)
    heading, picker = st.columns([2.35, 1], vertical_alignment="bottom")
    with picker:
        cohort = cohort_picker(application, actor)
    people = cohort_people(application, actor, cohort.name)
    seen = overview(application, actor, cohort.name, days=28)
    with heading:
        title(_finding(seen), _facts(seen, cohort))
        stale_banner(freshness(application, people))
    nights = statistics(application, people)
    listing, aside = st.columns([2.35, 1])
    with listing:
        _everyone(seen, cohort, nights.groupby("person_id", observed=True)["night"].max())
    with aside:
        _delivered(seen)
        _sync_state(application, nights)
        if application.settings.environment != "demo":
            _more_people(application, actor)


def _facts(seen: CohortOverview, cohort: Cohort) -> str:
    dates = night_dates(seen.night - timedelta(days=1), seen.night)
    return f"{dates} · {escape(cohort.label)} · lowest score first"


def _finding(seen: CohortOverview) -> str:
    valid = int((seen.people["last_state"] == "valid").sum())
    return f"{of(valid, len(seen.people))} people have a valid last night"


def _everyone(seen: CohortOverview, cohort: Cohort, newest: "pd.Series[pd.Timestamp]") -> None:
    people = seen.people.sort_values(["score", "name"], na_position="last")
    pages = -(-len(people) // _PER_PAGE)
    # Each cohort turns its own pages: another one may have fewer.
    key = f"home_page_{cohort.name}"
    start = (min(st.session_state.get(key, 1), pages) - 1) * _PER_PAGE
    for person_id, row in people.iloc[start : start + _PER_PAGE].iterrows():
        _person(str(person_id), row, newest.get(str(person_id)))
    if pages > 1:
        st.pagination(pages, key=key)
    st.caption(
        "Line: time asleep per night, 28 nights, the last 7 in colour; band: own mean plus and minus one standard "
        "deviation; a break is a night without a valid recording. Score: the last 7 nights."
    )


def _person(person_id: str, row: "pd.Series[Any]", newest: pd.Timestamp | None) -> None:
    state = str(row["last_state"])
    # On a phone the line and the way to the night share a row below the words; elsewhere all share one.
    with card(f"person_{person_id}"), st.container(horizontal=not narrow(), vertical_alignment="center"):
        with st.container(width="stretch", gap="xsmall"):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                name = f":blue[**{escape(str(row['name']))}**]"
                st.page_link("person.py", label=name, query_params={"person": person_id})
                st.badge(_STATE_WORDS[state], color=_STATE_COLOURS[state])  # type: ignore[arg-type]
                st.caption(_score_words(row))
            st.markdown(_no_data_words(newest) if state == "no data" else _last_night_words(row, state))
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            svg(
                sparkline(row["sparkline"], theme()),
                alt=f"Time asleep of the last 28 nights, {of(int(row['valid_28']), 28)} valid",
                width=160,
            )
            session = None if state == "no data" else row["last_session_id"]
            st.page_link(
                "night.py",
                label="Night",
                icon=":material/bedtime:",
                query_params=link_params(person=person_id, session=session),
            )


def _no_data_words(newest: pd.Timestamp | None) -> str:
    if newest is None:
        return "No night has arrived yet."
    return f"Nothing arrived for this night; the newest is the one to {day(newest.date(), year=False, short=True)}."


def _score_words(row: "pd.Series[Any]") -> str:
    counted = f"{of(int(row['valid_7']), 7)} nights valid"
    if math.isnan(row["score"]):
        return f"no score yet · {counted}"
    return f"score {number(float(row['score']), 0)} · {counted}"


def _last_night_words(row: "pd.Series[Any]", state: str) -> str:
    if state == "no valid night":
        return escape(str(row["last_reason"]))
    words = f"Slept **{duration(float(row['last_tst_min']))}**, efficiency **{percent(float(row['last_se_pct']))}**"
    usual = float(row["last_usual_tst_min"])
    if math.isnan(usual):
        return f"{words}."
    return f"{words}; usual {duration(usual)}."


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
    # The rest of the page follows what arrives, though not at every step: a reader is reading it.
    arrived = application.archive.version(application.organisation)
    if not progress.running or (arrived != shown and application.now() - since > _FOLLOW_EVERY):
        st.rerun()
    left = progress.seconds_left(application.now())
    if progress.state == "listing":
        words = f"Asking for {of(progress.people_done, progress.people)} people."
    else:
        words = f"Stages for **{of(progress.nights_done, progress.nights)}** new nights; newest first"
        words += f", about {_rough(left)}." if left is not None else "."
    st.markdown(words)
    st.progress(min(progress.share, 1.0))


def _rough(seconds: float) -> str:
    return f"{max(5, round(seconds / 5) * 5)}{NBSP}s" if seconds < 90 else duration(seconds / 60)


def _sync_state(application: Application, nights: pd.DataFrame) -> None:
    progress = application.board.progress
    people = application.people()
    fresh = freshness(application, people)
    if progress.running:
        with card("sync", "Nights are arriving"):
            _running_sync(
                application, application.archive.version(application.organisation), application.now()
            )
        return
    with card("sync", _as_of(fresh.as_of)):
        sleeps = int((nights["kind"] != "unusable").sum())
        without = len(nights) - sleeps
        rest = f"; {plural(without, 'session')} without usable sleep" if without else ""
        st.markdown(f"Stages of **{number(sleeps, 0)}** sleeps{rest}.")
        if progress.halted:
            st.caption(escape(progress.halted))
        if st.button("Synchronise now", icon=":material/sync:"):
            here().request_sync()
            st.rerun()


def _as_of(moment: datetime | None) -> str:
    return f"Data as of {reader_clock(moment)}" if moment is not None else "Nothing synchronised yet"


def _welcome(application: Application, actor: Actor) -> None:
    title(
        "Nobody is on the roster yet",
        "The Asleep API has no list of users, so Nocturne keeps its own: tell it whose nights to bring.",
    )
    for column, (key, heading, how, form) in zip(st.columns(len(_WAYS_IN)), _WAYS_IN, strict=True):
        with column, card(key, heading, how):
            form(application, actor)


def _more_people(application: Application, actor: Actor) -> None:
    with st.expander("Add people", icon=":material/person_add:"):
        for tab, (_, _, how, form) in zip(st.tabs([way[1] for way in _WAYS_IN]), _WAYS_IN, strict=True):
            with tab:
                st.caption(how)
                form(application, actor)


def _add_form(application: Application, actor: Actor) -> None:
    with st.form("add_person", border=False):
        vendor_id = st.text_input("Vendor id", placeholder="G-20250115025029-…")
        name = st.text_input("Name")
        zone = st.text_input("Time zone", value="Europe/Berlin", help="IANA name of where the person sleeps")
        if st.form_submit_button("Add"):
            try:
                add_person(
                    application,
                    actor,
                    NewPerson(vendor_id=vendor_id.strip(), name=name.strip(), zone=zone.strip()),
                )
            except (InvalidPerson, DuplicatePerson, RosterError) as refusal:
                st.error(escape(str(refusal)))
            else:
                _arrived()


def _import_form(application: Application, actor: Actor) -> None:
    with st.form("import_people", border=False, clear_on_submit=True):
        file = st.file_uploader("CSV file", type="csv", max_upload_size=5)
        if not st.form_submit_button("Import and bring their nights") or file is None:
            return
    try:
        report = import_people(application, actor, file.getvalue().decode("utf-8-sig"))
    except UnicodeDecodeError:
        st.error("The file is not UTF-8 text. Save it as CSV UTF-8 and import it again.")
    except RosterError as refusal:
        st.error(escape(str(refusal)))
    else:
        st.session_state["import_report"] = report
        _arrived()


def _import_outcome() -> None:
    """What the last import did with every row, until the reader has seen it."""
    report: ImportReport | None = st.session_state.get("import_report")
    if report is None:
        return
    with card("imported", f"Import: {report.in_words}"):
        for row in report.refused:
            st.markdown(f"Line {row.line}: {escape(row.reason)}")
        st.button("Close", on_click=lambda: st.session_state.pop("import_report"))


def _create_form(application: Application, actor: Actor) -> None:
    with st.form("create_person", border=False):
        name = st.text_input("Name", key="create_name")
        zone = st.text_input("Time zone", value="Europe/Berlin", key="create_zone")
        year = st.number_input("Birth year", value=None, min_value=1900, step=1, format="%d")
        if st.form_submit_button("Create at the vendor"):
            try:
                person = create_person(
                    application,
                    actor,
                    name=name.strip(),
                    zone=zone.strip(),
                    birth_year=int(year) if year else None,
                )
            except (InvalidPerson, AsleepError) as refusal:
                st.error(escape(str(refusal)))
            else:
                st.success(f"Created. The vendor's id is `{person.vendor_id}`.")


def _arrived() -> None:
    here().request_sync()
    st.rerun()


_WAYS_IN = (
    (
        "add",
        "Add somebody",
        "A person who records with your app already has an id from the vendor.",
        _add_form,
    ),
    (
        "import",
        "Import a list",
        "A CSV with the header vendor_id,name,zone,birth_year,sex,tags.",
        _import_form,
    ),
    ("create", "Create a person", "The vendor issues a new id, to be entered in your app.", _create_form),
)

_page()
