"""Admin: a person out of every room after the name was typed, and whom the vendor still has to delete."""

import streamlit as st

from analytics.wording import day, plural
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.erasure import (
    Erased,
    erase_person,
    give_up,
    pending,
    state_of,
    try_again,
    what_would_be_lost,
)
from pages.carried import ERASING, forget_person
from pages.parts import card, escape, reader_clock
from store.deletions import Deletion
from store.errors import StoreError


def erasable(application: Application, actor: Actor, person_id: str) -> None:
    """A button that says what will be lost and asks for the name."""
    if st.button("Erase this person …", icon=":material/delete:", key="erase_open"):
        st.session_state[ERASING] = person_id
    if st.session_state.get(ERASING) == person_id:
        _dialog(application, actor, person_id)


def _closed() -> None:
    st.session_state.pop(ERASING, None)


@st.dialog("Erase a person for good", on_dismiss=_closed)
def _dialog(application: Application, actor: Actor, person_id: str) -> None:
    """Says what will be lost, and erases when the name was typed."""
    try:
        person = application.person(person_id)
        loss = what_would_be_lost(application, actor, person_id)
    except (StoreError, OSError) as failure:
        st.error(escape(str(failure)))
        return
    between = ""
    if loss.first is not None and loss.last is not None:
        between = f", {day(loss.first, weekday=False)} to {day(loss.last, weekday=False)}"
    st.markdown(
        f"What is lost of **{escape(person.name)}**: {plural(loss.nights, 'night')} from "
        f"{plural(loss.sessions, 'session')}{between}; "
        f"{plural(loss.notes, 'note')}, and every tag, phase and flag. A back-up from before keeps them."
    )
    at_vendor = st.toggle(
        "Delete at the vendor too", value=True, key="erase_vendor", help="Cannot be taken back there either"
    )
    typed = st.text_input("Type the name to confirm", key="erase_typed")
    matches = " ".join(typed.split()) == " ".join(person.name.split())
    if typed and not matches:
        st.caption("That is not the name yet.")
    if st.button("Erase for good", type="primary", disabled=not matches, key="erase_do"):
        try:
            _tell(erase_person(application, actor, person_id, at_vendor=at_vendor))
        except (StoreError, OSError) as failure:
            # A dialog is run apart from the router, which says such things otherwise.
            st.error(
                escape(
                    f"Not everything could be erased: {failure} What had begun is finished by itself; or try again."
                )
            )
            return
        _closed()
        forget_person(person_id)
        st.query_params.from_dict({"section": "people"})
        st.rerun()


def waiting_deletions(application: Application, actor: Actor) -> None:
    """Whom the vendor still has to delete, with its reason; nothing where there is nobody."""
    waiting = pending(application, actor)
    if not waiting:
        return
    heading = f"The vendor still has to delete {plural(len(waiting), 'person', 'people')}"
    caption = "Here they are erased. The vendor is asked again by itself, after 5 min and then twice as long each time."
    with card("deletions", heading, caption):
        for place, deletion in enumerate(waiting):
            _waiting(application, actor, deletion, place)


def _waiting(application: Application, actor: Actor, deletion: Deletion, place: int) -> None:
    words = f"`{deletion.vendor_id.replace('`', '')}`, asked for by {escape(deletion.requested_by)}, "
    words += escape(reader_clock(deletion.requested_at))
    if state_of(deletion) == "refused":
        words += " · :orange-badge[refused for good]"
    else:
        tries = plural(deletion.attempts, "try", "tries")
        words += f" · {tries} in vain, the next: {escape(reader_clock(deletion.next_try_at))}"
    st.markdown(words)
    if deletion.last_error:
        st.caption(escape(deletion.last_error))
    with st.container(horizontal=True):
        if st.button("Try again", key=f"deletion_again_{place}"):
            left = try_again(application, actor, deletion)
            key = "admin_said" if left is None else "admin_warned"
            st.session_state[key] = (
                "The vendor has deleted the user." if left is None else f"Not deleted. {left.last_error}"
            )
            st.rerun()
        if st.button(
            "Leave at the vendor",
            key=f"deletion_back_{place}",
            help="The vendor is not asked any more, and keeps the user",
        ):
            give_up(application, actor, deletion)
            st.rerun()


def _tell(erased: Erased) -> None:
    st.session_state.pop("admin_read", None)
    said = f"{erased.name} is out of the roster, the archive and the cache"
    if erased.at_vendor == "done":
        st.session_state["admin_said"] = f"{said}, and the vendor has deleted the user."
    elif erased.at_vendor == "not asked":
        st.session_state["admin_said"] = f"{said}; the vendor keeps the user."
    else:
        st.session_state["admin_warned"] = f"{said}. The vendor has not deleted the user: {erased.reason}"
