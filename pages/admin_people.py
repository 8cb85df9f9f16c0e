"""Admin, people: the roster, ways onto it, changes to a person, and the way out."""

import pandas as pd
import streamlit as st

from analytics.wording import NOTHING, number, plural
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.roster import update_person
from nocturne.roster_file import RosterError
from pages.admin_erase import erasable, waiting_deletions
from pages.admin_import import PERSON_READ
from pages.carried import remark, settle
from pages.parts import card, escape, follow_link, on_reader_clock
from pages.ways_in import forms, import_outcome
from store.errors import EditedMeanwhile, UnknownPerson
from store.people import SEXES, InvalidPerson, Person

SEX_WORDS = {
    "": "not said",
    "male": "male",
    "female": "female",
    "non_binary": "non-binary",
    "other": "other",
    "prefer_not_to_say": "prefers not to say",
}


def people_title(application: Application) -> tuple[str, str]:
    """What the section says first."""
    people = application.people()
    if not people:
        return (
            "Nobody is on the roster yet",
            "The Asleep API has no list of users, so Nocturne keeps its own.",
        )
    states = application.store.sync_states(application.organisation)
    never = sum(person.person_id not in states for person in people)
    tags = len({tag for person in people for tag in person.tags})
    waiting = f" · {plural(never, 'person', 'people')} not synchronised yet" if never else ""
    demo = application.settings.environment == "demo"
    whose = "made-up people" if demo else f"vendor environment {application.settings.asleep_environment}"
    facts = f"{plural(tags, 'tag')}{waiting} · {whose}"
    return f"{plural(len(people), 'person is', 'people are')} on the roster", facts


def people_section(application: Application, actor: Actor) -> None:
    """Everybody, and what can be done about them."""
    import_outcome()
    _said()
    waiting_deletions(application, actor)
    people = application.people()
    if people:
        with card("roster", "Who is on the roster"):
            _table(application, people)
        _one(application, actor, people)
    with card("add", "Add people"):
        if application.settings.environment == "demo":
            st.markdown("This is the demo, whose people are made up: set a key to keep a roster of your own.")
        else:
            forms(application, actor)


def _said() -> None:
    """What came of the last deed, once."""
    if said := st.session_state.pop("admin_said", None):
        st.success(escape(said), icon=":material/check:")
    if warned := st.session_state.pop("admin_warned", None):
        st.warning(escape(warned), icon=":material/schedule:")


def _table(application: Application, people: tuple[Person, ...]) -> None:
    states = application.store.sync_states(application.organisation)
    rows = [
        {
            "Name": person.name,
            "Tags": ", ".join(person.tags),
            "Zone": person.zone,
            "Born": person.birth_year,
            "Sex": SEX_WORDS.get(person.sex, person.sex) if person.sex else "",
            "Synchronised": state.succeeded_at if (state := states.get(person.person_id)) else None,
            "Vendor id": person.vendor_id,
        }
        for person in people
    ]
    frame = pd.DataFrame(rows).astype({"Born": "Int64"})
    frame["Synchronised"] = on_reader_clock(pd.to_datetime(frame["Synchronised"], utc=True))
    st.dataframe(
        frame,
        hide_index=True,
        column_config={
            "Born": st.column_config.NumberColumn(format="%d", width="small"),
            "Synchronised": st.column_config.DatetimeColumn(format="D MMM, HH:mm"),
        },
        placeholder=NOTHING,
        key="roster_table",
        alt=f"The roster: {number(len(rows), 0)} people with tags, zone, year of birth, sex and last synchronisation",
    )


def _one(application: Application, actor: Actor, people: tuple[Person, ...]) -> None:
    """One person, to be changed or erased; who it is stands in the link."""
    names = {person.person_id: person.name for person in people}
    wanted = st.query_params.get("person")
    chosen = wanted if wanted in names else None
    if chosen is not None:
        settle("person", chosen)
    elif wanted:
        remark("The link names a person who is not on the roster; nobody is chosen.")
    follow_link("admin_person", chosen)

    def go() -> None:
        picked = st.session_state["admin_person"]
        st.query_params.from_dict({"section": "people"} | ({"person": picked} if picked else {}))

    with card("one", "Change or erase somebody"):
        st.selectbox(
            "Person",
            list(names),
            format_func=lambda person_id: names.get(person_id, person_id),
            index=None,
            key="admin_person",
            on_change=go,
            placeholder="Choose who",
        )
        if chosen is None:
            return
        _edit(application, actor, _as_read(application, chosen))
        erasable(application, actor, chosen)


def _as_read(application: Application, person_id: str) -> Person:
    """The person as this browser read them first: what somebody else changes meanwhile must not pass for read."""
    read: Person | None = st.session_state.get(PERSON_READ)
    if read is None or read.person_id != person_id:
        read = application.person(person_id)
        st.session_state[PERSON_READ] = read
    return read


def _edit(application: Application, actor: Actor, read: Person) -> None:
    stamp = f"{read.person_id}_{read.version}"
    with st.form(f"edit_{stamp}", border=False):
        left, right = st.columns(2)
        name = left.text_input("Name", value=read.name, key=f"edit_name_{stamp}")
        zone = right.text_input(
            "Time zone",
            value=read.zone,
            key=f"edit_zone_{stamp}",
            help="IANA name; nights that name no zone of their own are dated anew by it",
        )
        year = left.number_input(
            "Birth year",
            value=read.birth_year,
            min_value=1900,
            max_value=application.now().year,
            step=1,
            format="%d",
            key=f"edit_year_{stamp}",
        )
        sex = right.selectbox(
            "Sex",
            SEXES,
            index=SEXES.index(read.sex),
            format_func=SEX_WORDS.__getitem__,
            key=f"edit_sex_{stamp}",
        )
        tags = st.text_input(
            "Tags", value="; ".join(read.tags), key=f"edit_tags_{stamp}", help="Separated by semicolons"
        )
        if not st.form_submit_button("Save", type="primary"):
            return
    changed: dict[str, object] = {
        "name": name.strip(),
        "zone": zone.strip(),
        "birth_year": None if year is None else int(year),
        "sex": sex,
        "tags": tuple(tag.strip() for tag in tags.split(";") if tag.strip()),
    }
    _save(application, actor, read, changed)


def _save(application: Application, actor: Actor, read: Person, changed: dict[str, object]) -> None:
    try:
        saved = update_person(application, actor, _with(read, changed))
    except EditedMeanwhile as late:
        st.error(escape(str(late)))
        st.button("Load again", on_click=_load_again, key="edit_again")
    except (InvalidPerson, UnknownPerson, RosterError) as refusal:
        st.error(escape(str(refusal)))
    else:
        _load_again()
        st.session_state["admin_said"] = f"Saved {saved.name}."
        st.rerun()


def _with(read: Person, changed: dict[str, object]) -> Person:
    fields = {name: getattr(read, name) for name in Person.__dataclass_fields__}
    return Person(**{**fields, **changed})


def _load_again() -> None:
    st.session_state.pop(PERSON_READ, None)
