"""How people come onto the roster: added, imported from a list, or created at the vendor."""

import streamlit as st

from asleep.errors import AsleepError
from asleep.models import UserMetadata
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.imports import ImportReport, import_people
from nocturne.roster import add_person, create_person
from nocturne.roster_file import RosterError
from pages.access import here
from pages.parts import card, escape, title
from store.people import DuplicatePerson, InvalidPerson, NewPerson


def welcome(application: Application, actor: Actor) -> None:
    """The whole page while nobody is on the roster."""
    title(
        "Nobody is on the roster yet",
        "The Asleep API has no list of users, so Nocturne keeps its own: tell it whose nights to bring.",
    )
    for column, (key, heading, how, form) in zip(st.columns(len(_WAYS_IN)), _WAYS_IN, strict=True):
        with column, card(key, heading, how):
            form(application, actor)


def more_people(application: Application, actor: Actor) -> None:
    """The same ways in, folded away."""
    folded = st.expander("Add people", icon=":material/person_add:", key="more_people", on_change="rerun")
    if not folded.open:
        return
    with folded:
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
        report = import_people(application, actor, file.getvalue())
    except RosterError as refusal:
        st.error(escape(str(refusal)))
    else:
        st.session_state["import_report"] = report
        _arrived()


def import_outcome() -> None:
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
                    metadata=UserMetadata(birth_year=int(year)) if year else None,
                )
            except (InvalidPerson, RosterError, AsleepError) as refusal:
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
