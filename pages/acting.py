"""Doing something about a flag: one dialog for the chosen person, with everything in it that can be done.

Which person is chosen stands in the session (`carried.ACTING`), so that the dialog stays open when the page below it is
run again because nights arrive. What was typed travels with the button, since all of it is one form.
"""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

import streamlit as st

from nocturne.access import Actor
from nocturne.application import Application
from nocturne.attention import SNOOZES, ActedMeanwhile, Attention, Seen, act, attention, history, last_hidden
from pages.carried import ACTING
from pages.history_card import history_list, put_aside
from pages.parts import escape
from store.errors import StoreError
from store.flag_actions import MAX_TEXT, Action

_PROBLEM, _TEXT, _DATE = "acting_problem", "acting_text", "acting_until"
_LONGEST_SNOOZE = timedelta(days=366)
_HISTORY_PX = 220


def act_button(person_id: str) -> None:
    """Opens the dialog for a person."""
    st.button(
        "Act",
        key=f"act_{person_id}",
        icon=":material/expand_more:",
        icon_position="right",
        on_click=_choose,
        args=(person_id,),
    )


def reopen_button(application: Application, actor: Actor, seen: Seen) -> None:
    """Shows a flag again that was put aside."""
    st.button(
        "Reopen",
        key=f"reopen_{seen.person_id}",
        on_click=_do,
        args=(application, actor, "reopen", seen, None),
    )


def acting(application: Application, actor: Actor, found: Attention, cohort: str) -> None:
    """The dialog, while somebody is chosen; and what could not be done, where no dialog is open to say it."""
    person_id, people = st.session_state.get(ACTING), found.day.overview.people
    if person_id in people.index:
        name = escape(str(people.at[person_id, "name"]))
        st.dialog(name, on_dismiss=_close)(_dialog)(application, actor, cohort, str(person_id))
    elif problem := st.session_state.pop(_PROBLEM, ""):
        st.toast(escape(problem), icon=":material/error:")


def _dialog(application: Application, actor: Actor, cohort: str, person_id: str) -> None:
    if st.session_state.get(ACTING) != person_id:
        st.rerun()
    # Asked again, because the dialog runs without the page.
    found = attention(application, actor, cohort)
    seen, row = found.seen(person_id), found.day.overview.people.loc[person_id]
    st.markdown(escape(row["reasons"][0]) if row["reasons"] else "There is no flag at present.")
    if problem := st.session_state.pop(_PROBLEM, ""):
        st.warning(escape(problem))
    if person_id in found.aside and seen.last is not None:
        st.caption(put_aside(seen.last))
    with st.form("acting", border=False):
        st.text_area(
            "Note",
            key=_TEXT,
            max_chars=MAX_TEXT,
            height=90,
            placeholder="What you saw, or agreed on. It goes with whichever button you press.",
        )
        _buttons(application, actor, seen, aside=person_id in found.aside)
    entries = history(application, actor, person_id)
    st.markdown("**What was done**" if entries else ":gray[Nothing was done about it yet.]")
    if entries:
        with st.container(height=_HISTORY_PX if len(entries) > 3 else "content", border=False):
            history_list(entries)


def _buttons(application: Application, actor: Actor, seen: Seen, *, aside: bool) -> None:
    def button(
        label: str, action: Action, until: Callable[[], date] | None = None, *, primary: bool = False
    ) -> None:
        st.form_submit_button(
            label,
            key=f"acting_{action}_{label}",
            type="primary" if primary else "secondary",
            on_click=_do,
            args=(application, actor, action, seen, until),
        )

    with st.container(horizontal=True):
        button("Save note", "note")
        if aside:
            button("Reopen", "reopen", primary=True)
            return
        button("Done", "done", primary=True)
    st.caption("Snooze: hidden until then, or until it gets worse")
    with st.container(horizontal=True):
        for label, days in SNOOZES.items():
            button(label, "snooze", partial(last_hidden, application, days))
    with st.container(horizontal=True):
        _date_input(last_hidden(application, 1))
        button("Until that day", "snooze", _chosen_date)


def _date_input(today: date) -> None:
    st.date_input(
        "Snooze until a date",
        key=_DATE,
        value=today + timedelta(days=14),
        min_value=today + timedelta(days=1),
        max_value=today + _LONGEST_SNOOZE,
        format="YYYY-MM-DD",
        label_visibility="collapsed",
        width=160,
    )


def _chosen_date() -> date:
    chosen: date = st.session_state[_DATE]
    return chosen - timedelta(days=1)


def _do(
    application: Application, actor: Actor, action: Action, seen: Seen, until: Callable[[], date] | None
) -> None:
    """Enters it; the dialog closes unless it was a note or could not be done."""
    in_dialog = st.session_state.get(ACTING) == seen.person_id
    try:
        act(
            application,
            actor,
            seen.person_id,
            action,
            seen=seen,
            text=str(st.session_state.get(_TEXT, "")) if in_dialog else "",
            until=None if until is None else until(),
        )
    except (ActedMeanwhile, StoreError) as refusal:
        st.session_state[_PROBLEM] = str(refusal)
        return
    if in_dialog:
        st.session_state[_TEXT] = ""
    if action != "note":
        _close()


def _choose(person_id: str) -> None:
    st.session_state[ACTING] = person_id
    st.session_state.pop(_TEXT, None)


def _close() -> None:
    st.session_state.pop(ACTING, None)
