"""Night: one recording deleted, at the vendor first and then here, after a question."""

import streamlit as st

from analytics.night_view import NightView
from asleep.errors import AsleepError
from nocturne.access import Actor, NotAllowed, Permission, authorize
from nocturne.application import Application
from nocturne.erasure import erase_session
from pages.parts import escape
from store.errors import StoreError
from store.people import Person

_OPEN = "night_deleting"
"""The recording whose dialog is open: it stays open when the page is run again."""


def deleted() -> None:
    """Says once that a recording was deleted; above everything, because the person may have none left to show."""
    if said := st.session_state.pop("night_said", None):
        st.success(escape(said), icon=":material/check:")


def deletable(application: Application, actor: Actor, person: Person, view: NightView) -> None:
    """A button that asks first; nothing for who may not."""
    try:
        authorize(actor, Permission.MANAGE_PEOPLE, application.organisation, person.person_id)
    except NotAllowed:
        return
    if st.button("Delete this recording …", icon=":material/delete:", key="night_delete", type="tertiary"):
        st.session_state[_OPEN] = view.session_id
    if st.session_state.get(_OPEN) == view.session_id:
        _dialog(application, actor, person, view)


def _closed() -> None:
    st.session_state.pop(_OPEN, None)


@st.dialog("Delete this recording for good", on_dismiss=_closed)
def _dialog(application: Application, actor: Actor, person: Person, view: NightView) -> None:
    st.markdown(
        f"**{escape(person.name)}**, {escape(view.dates)}. The vendor deletes it first; then it goes from here, "
        "and every figure that rests on it is computed anew."
    )
    if not st.button("Delete for good", type="primary", key="night_delete_do"):
        return
    try:
        erase_session(application, actor, person.person_id, view.session_id)
    except AsleepError as problem:
        st.error(escape(f"Nothing was deleted. {problem}"))
        return
    except (StoreError, OSError) as problem:
        # A dialog is run apart from the router, which says such things otherwise.
        st.error(escape(f"It is not deleted here yet: {problem} The next synchronisation tries again."))
        return
    _closed()
    st.session_state["night_said"] = f"The recording of {view.dates} is deleted."
    st.query_params.from_dict({"person": person.person_id})
    st.rerun()
