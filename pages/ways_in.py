"""How people come onto the roster: added, imported from a list that is looked at first, or created at the vendor."""

import streamlit as st

from asleep.errors import AsleepError
from asleep.metadata import FIRST_BIRTH_YEAR, GENDERS, HEAVIEST_KG, TALLEST_CM
from asleep.models import UserMetadata
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.roster import add_person, create_person
from nocturne.roster_file import RosterError
from pages.access import here
from pages.admin_import import import_form, import_outcome
from pages.parts import card, escape, title
from store.people import DuplicatePerson, InvalidPerson, NewPerson

__all__ = ["forms", "import_outcome", "more_people", "welcome"]


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
    if folded.open:
        with folded:
            forms(application, actor)


def forms(application: Application, actor: Actor) -> None:
    """The ways in, one tab each."""
    for tab, (_, _, how, form) in zip(st.tabs([way[1] for way in _WAYS_IN]), _WAYS_IN, strict=True):
        with tab:
            st.caption(how)
            form(application, actor)


def _add_form(application: Application, actor: Actor) -> None:
    turn = _turn("add")
    with st.form(f"add_person_{turn}", border=False):
        vendor_id = st.text_input("Vendor id", placeholder="G-20250115025029-…", key=f"add_id_{turn}")
        name = st.text_input("Name", key=f"add_name_{turn}")
        zone = _zone_input(application, f"add_zone_{turn}")
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
                here().request_sync()
                _done("add", f"{escape(name.strip())} is on the roster; their nights are being brought.")


def _create_form(application: Application, actor: Actor) -> None:
    turn = _turn("create")
    with st.form(f"create_person_{turn}", border=False):
        name = st.text_input("Name", key=f"create_name_{turn}")
        zone = _zone_input(application, f"create_zone_{turn}")
        metadata = _metadata_inputs(application, turn)
        if st.form_submit_button("Create at the vendor"):
            try:
                person = create_person(
                    application, actor, name=name.strip(), zone=zone.strip(), metadata=metadata
                )
            except (InvalidPerson, RosterError, AsleepError) as refusal:
                st.error(escape(str(refusal)))
            else:
                said = (
                    f"{escape(person.name)} is created. The vendor's id, for your app: `{person.vendor_id}`."
                )
                _done("create", said)


def _turn(way: str) -> int:
    """So often somebody came in this way: whose form it was is said above one with empty fields."""
    if said := st.session_state.pop(f"{way}_said", None):
        st.success(said, icon=":material/check:")
    return int(st.session_state.setdefault(f"{way}_turn", 0))


def _done(way: str, said: str) -> None:
    st.session_state[f"{way}_said"] = said
    st.session_state[f"{way}_turn"] += 1
    st.rerun()


def _zone_input(application: Application, key: str) -> str:
    return st.text_input(
        "Time zone",
        value=application.organisation_settings.zone,
        help="IANA name of where the person sleeps",
        key=key,
    )


def _metadata_inputs(application: Application, turn: int) -> UserMetadata | None:
    """What the vendor is told of the person; None where nothing was said."""
    with st.expander("What the vendor is told, all of it optional"):
        this_year = application.now().year
        year = st.number_input(
            "Birth year", FIRST_BIRTH_YEAR, this_year, value=None, step=1, format="%d", key=f"c_year_{turn}"
        )
        month = st.number_input("Birth month", 1, 12, value=None, step=1, key=f"c_month_{turn}")
        day = st.number_input("Birth day", 1, 31, value=None, step=1, key=f"c_day_{turn}")
        gender = st.selectbox(
            "Gender",
            GENDERS,
            index=None,
            format_func=lambda word: word.replace("_", " "),
            key=f"c_gender_{turn}",
        )
        height = st.number_input(
            "Height, cm", 0.0, float(TALLEST_CM), value=None, step=0.5, format="%.1f", key=f"c_cm_{turn}"
        )
        weight = st.number_input(
            "Weight, kg", 0.0, float(HEAVIEST_KG), value=None, step=0.5, format="%.1f", key=f"c_kg_{turn}"
        )
    told = UserMetadata(
        birth_year=year,
        birth_month=month,
        birth_day=day,
        gender=gender,
        height_cm=None if height is None else round(height, 1),
        weight_kg=None if weight is None else round(weight, 1),
    )
    return None if told == UserMetadata() else told


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
        "A CSV with the header vendor_id,name,zone,birth_year,sex,tags. Nothing is taken in before you accept it.",
        import_form,
    ),
    ("create", "Create a person", "The vendor issues a new id, to be entered in your app.", _create_form),
)
