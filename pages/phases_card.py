"""Groups and phases of a person: entered with first and last date, edited, ended, removed."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final, get_args

import streamlit as st

from analytics.since_phase import SincePhase
from analytics.wording import day, plural, span
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.journal import (
    NewPhase,
    Phase,
    PhaseKind,
    add_phase,
    change_phase,
    known_phases,
    phases,
    remove_phase,
)
from pages.carried import EDITED_PHASE
from pages.parts import card, escape
from pages.telling import attempt, told
from store.errors import EditedMeanwhile
from store.phases import MAX_PHASE_NAME

_PLACE: Final = "phases"
_NEW: Final = "phases_new"
_CHANGED: Final = "phases_changed"
_KINDS: Final = {"phase": "Phase", "group": "Group"}


def phases_card(
    application: Application,
    actor: Actor,
    person_id: str,
    *,
    today: date,
    since: Sequence[SincePhase] = (),
) -> None:
    """All phases and groups of the person, by first date; and a form for another.

    Args:
        application: whose journal.
        actor: who reads and writes.
        person_id: whose phases.
        today: what a new one begins with, and what "end" proposes.
        since: what changed with those of them that began in the weeks shown.
    """
    found = phases(application, actor, person_id)
    heading = plural(len(found), "phase or group", "phases and groups") if found else "No phases yet"
    caption = (
        "What the person goes through (a camp, a medication) or belongs to (an arm of a study), one of a kind at a "
        "time. Dates are labels of nights: the night to the first date is the first of the phase."
    )
    with card("phases", heading, caption):
        told(_PLACE)
        for phase in reversed(found):
            _phase(application, actor, phase, today)
        for each in since:
            st.markdown(escape(each.words))
        if since:
            st.caption("What came after a start is not for that reason caused by it.")
        key = f"phase_new_{person_id}_{st.session_state.get('phases_made', 0)}"
        with (
            st.expander("Add a phase or a group", icon=":material/add:", key=f"{key}_section"),
            st.form(f"{key}_form", border=False),
        ):
            phase_fields(application, actor, NewPhase(kind="phase", name="", first=today), key)
            told(_NEW)
            st.form_submit_button("Add", on_click=_add, args=(application, actor, person_id, key))


def phase_fields(application: Application, actor: Actor, new: NewPhase, key: str) -> None:
    """Kind, name and dates as fields of a form; `filled_in` reads them.

    Args:
        application: whose names are offered.
        actor: who fills it in.
        new: what the fields begin with.
        key: of the fields.
    """
    names = dict.fromkeys(
        name for kind in get_args(PhaseKind) for name in known_phases(application, actor, kind)
    )
    st.segmented_control(
        "Kind",
        list(_KINDS),
        default=new.kind,
        format_func=_KINDS.__getitem__,
        required=True,
        key=f"{key}_kind",
    )
    st.selectbox(
        "Name",
        list({**names, **({new.name: None} if new.name else {})}),
        index=[*names, new.name].index(new.name) if new.name else None,
        accept_new_options=True,
        placeholder="Choose one, or write a new one",
        key=f"{key}_name",
        help=f"At most {MAX_PHASE_NAME} characters. People around a start are found by the name, letter by letter.",
    )
    begins, ends = st.columns(2)
    with begins:
        st.date_input("First date", new.first, key=f"{key}_first", format="YYYY-MM-DD")
    with ends:
        st.date_input("Last date, if it has ended", new.last, key=f"{key}_last", format="YYYY-MM-DD")


def filled_in(key: str) -> NewPhase:
    """The phase as the fields of this key have it at this moment."""
    kind: PhaseKind = st.session_state[f"{key}_kind"] or "phase"
    return NewPhase(
        kind=kind,
        name=st.session_state[f"{key}_name"] or "",
        first=st.session_state[f"{key}_first"],
        last=st.session_state[f"{key}_last"],
    )


def _phase(application: Application, actor: Actor, phase: Phase, today: date) -> None:
    editing: Phase | None = st.session_state.get(EDITED_PHASE)
    with st.container(key=f"phase_{phase.phase_id}", gap="xsmall"):
        st.markdown(f"**{escape(phase.name)}** · {_KINDS[phase.kind].lower()}, {_dates(phase)}")
        if editing is not None and editing.phase_id == phase.phase_id:
            _edit_form(application, actor, editing)
            return
        with st.container(horizontal=True):
            _button("Edit", "edit", phase, _begin, (phase,))
            if phase.last is None:
                end = max(today, phase.first)
                label = f"End on {day(end, year=False, weekday=False)}"
                _button(label, "stop_circle", phase, _end, (application, actor, phase, end))
            with st.popover(
                "Remove", type="tertiary", icon=":material/delete:", key=f"phase_ask_{phase.phase_id}"
            ):
                st.markdown("Remove it as if it had never been entered? To end it, give it a last date.")
                st.button(
                    "Yes, remove it",
                    key=f"phase_remove_{phase.phase_id}",
                    on_click=_remove,
                    args=(application, actor, phase),
                )


def _button(label: str, icon: str, phase: Phase, act: Callable[..., None], args: tuple[object, ...]) -> None:
    st.button(
        label,
        key=f"phase_{icon}_{phase.phase_id}",
        type="tertiary",
        icon=f":material/{icon}:",
        on_click=act,
        args=args,
    )


def _dates(phase: Phase) -> str:
    if phase.last is None:
        return f"since {day(phase.first, weekday=False)}"
    return span(phase.first, phase.last)


def _begin(phase: Phase) -> None:
    st.session_state[EDITED_PHASE] = phase


def _stop() -> None:
    st.session_state.pop(EDITED_PHASE, None)


def _edit_form(application: Application, actor: Actor, read: Phase) -> None:
    """The phase as fields; they hold the version that was read when editing began."""
    key = f"phase_change_{read.phase_id}_{read.version}"
    with st.form(f"{key}_form", border=False):
        now = NewPhase(kind=read.kind, name=read.name, first=read.first, last=read.last)
        phase_fields(application, actor, now, key)
        told(_CHANGED)
        with st.container(horizontal=True):
            st.form_submit_button(
                "Save", type="primary", on_click=_save, args=(application, actor, read, key)
            )
            st.form_submit_button("Leave as it was", on_click=_stop)


def _save(application: Application, actor: Actor, read: Phase, key: str) -> None:
    def act() -> str:
        return _changed(application, actor, read, filled_in(key))

    attempt(_PLACE, act, form=_CHANGED)


def _end(application: Application, actor: Actor, read: Phase, last: date) -> None:
    def act() -> str:
        new = NewPhase(kind=read.kind, name=read.name, first=read.first, last=last)
        return _changed(application, actor, read, new)

    attempt(_PLACE, act)


def _changed(application: Application, actor: Actor, read: Phase, new: NewPhase) -> str:
    try:
        changed = change_phase(application, actor, read, new)
    except EditedMeanwhile:
        _stop()  # the list shows what is stored now
        raise
    _stop()
    return f"“{changed.name}” is changed."


def _remove(application: Application, actor: Actor, read: Phase) -> None:
    def act() -> str:
        remove_phase(application, actor, read)
        return f"“{read.name}” is removed."

    attempt(_PLACE, act)


def _add(application: Application, actor: Actor, person_id: str, key: str) -> None:
    def act() -> str:
        (entered,) = add_phase(application, actor, [person_id], filled_in(key))
        st.session_state["phases_made"] = st.session_state.get("phases_made", 0) + 1
        return f"“{entered.name}” is entered."

    attempt(_PLACE, act, form=_NEW)
