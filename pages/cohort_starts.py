"""Around a phase, on the Cohort page: averages from the start of a phase of each one's own, and a phase for many."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, cast

import streamlit as st

from analytics.event_aligned import METRICS, EventAligned
from analytics.night_metrics import DEFAULT, NIGHT_METRICS
from analytics.wording import plural
from charts.event_aligned import event_aligned
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.journal import NewPhase, add_phase
from nocturne.starts import STEPS, Step, around_start, phases_of_cohort
from pages.carried import choose, settle
from pages.links import query_choice
from pages.parts import escape, follow_link, narrow, show, theme
from pages.phases_card import filled_in, phase_fields
from pages.telling import attempt, told
from store.errors import InvalidEntry
from store.people import Person

_PLACE: Final = "cohort_starts"
_NEW: Final = "cohort_starts_new"
_IN_LINK: Final = ("phase", "metric", "step")
_LABELS: Final = {metric.name: metric.label for metric in METRICS}
_STEP_LABELS: Final = {"week": "Weeks", "day": "Days"}


def starts_section(
    application: Application,
    actor: Actor,
    cohort: str,
    people: Sequence[Person],
    *,
    chosen: Sequence[str],
    on: date,
) -> None:
    """The section, computed only while it is open; a link that names a phase opens it.

    Args:
        application: whose.
        actor: who looks.
        cohort: its name.
        people: of the cohort.
        chosen: those chosen in the table.
        on: the night that the page shows.
    """
    _open_for_link()
    section = st.expander("Around a phase", icon=":material/flag:", key=_PLACE, on_change="rerun")
    with section:
        told(_PLACE)
        if not section.open:
            return
        starts = phases_of_cohort(application, actor, cohort, on=on)
        if starts:
            _averages(application, actor, cohort, people, starts=starts, on=on)
        else:
            st.markdown(
                "Nobody of this cohort has a phase yet. Enter one below for many people at once, or on the page of a "
                "person: a camp, a medication, an intervention, each with its own first date. Then people stand side "
                "by side by the time since their start."
            )
        _enter(application, actor, people, chosen=chosen, on=on)


def _open_for_link() -> None:
    """Opens the section when a link that names a phase arrives; not again for the same link once it is closed."""
    named = tuple(st.query_params.get(name) for name in _IN_LINK)
    if named[0] is not None and st.session_state.get("starts_link") != named:
        st.session_state[_PLACE] = True
    st.session_state["starts_link"] = named


def _averages(
    application: Application,
    actor: Actor,
    cohort: str,
    people: Sequence[Person],
    *,
    starts: Mapping[str, Mapping[str, tuple[date, ...]]],
    on: date,
) -> None:
    phase, metric, step = _choices(starts)
    started = around_start(application, actor, cohort, phase=phase, step=step, on=on)
    found = started.found.get(metric)
    if found is None:
        st.markdown("No night of these people has this statistic.")
        return
    st.header(escape(found.title), anchor=False)
    st.caption(escape(found.caption))
    names = {person.person_id: person.name for person in people}
    if found.people:
        show(event_aligned(found, theme(), names=names, narrow=narrow()), key="starts_chart")
    for note in _notes(found, started.repeated):
        st.caption(escape(note))
    with st.popover("How this was computed", type="tertiary", icon=":material/help:", key="starts_method"):
        st.markdown(escape(found.method))
        st.markdown(
            "The first night of a phase is the one whose label, the date it ends on, is the phase’s first date. P "
            f"values are adjusted for the {len(started.found)} statistics offered here."
        )


def _notes(found: EventAligned, repeated: int) -> list[str]:
    notes = list(found.notes)
    if repeated:
        notes.append(
            f"{plural(repeated, 'person', 'people')} with several such phases: the first start counts."
        )
    return notes


def _choices(starts: Mapping[str, Mapping[str, tuple[date, ...]]]) -> tuple[str, str, Step]:
    """Phase, metric and step that the link names, with fields to choose others."""
    first = next(iter(starts))
    phase = query_choice("phase", starts, first, what="a phase", instead=f"{first} is shown")
    metric = _linked_metric()
    step = query_choice("step", list(STEPS), "week", what="a step", instead="weeks are shown")
    for name, value in (("phase", phase), ("metric", metric), ("step", step)):
        if name != "metric":
            settle(name, value)
        follow_link(f"starts_{name}", value)
    which, what, how = st.columns([1.4, 1, 1], vertical_alignment="bottom")
    with which:
        counted = {name: plural(len(people), "person", "people") for name, people in starts.items()}
        st.selectbox(
            "Phase",
            list(starts),
            format_func=lambda name: f"{name} ({counted.get(name, '')})",
            key="starts_phase",
            on_change=_name_all,
        )
    with what:
        st.selectbox(
            "Statistic",
            list(_LABELS),
            format_func=_LABELS.__getitem__,
            key="starts_metric",
            on_change=_name_metric,
        )
    with how:
        st.segmented_control(
            "By",
            list(_STEP_LABELS),
            format_func=_STEP_LABELS.__getitem__,
            required=True,
            key="starts_step",
            on_change=_name_all,
        )
    return phase, metric, cast("Step", step)


def _linked_metric() -> str:
    """The metric that the page shows; time asleep where nothing was averaged of that one."""
    wanted = query_choice(
        "metric", NIGHT_METRICS, DEFAULT.name, what="a metric", instead="time asleep is shown"
    )
    return wanted if wanted in _LABELS else METRICS[0].name


def _name_all() -> None:
    _name(phase=st.session_state["starts_phase"], step=st.session_state["starts_step"])


def _name_metric() -> None:
    _name(metric=st.session_state["starts_metric"])


def _name(**changes: str) -> None:
    choose(**changes)
    st.session_state["starts_link"] = tuple(st.query_params.get(name) for name in _IN_LINK)


def _enter(
    application: Application, actor: Actor, people: Sequence[Person], *, chosen: Sequence[str], on: date
) -> None:
    everybody = [person.person_id for person in people]
    whom = {"all": f"All {len(everybody)} of the cohort"}
    if chosen:
        whom["chosen"] = f"The {len(chosen)} chosen in the table"
    key = f"starts_new_{st.session_state.get('starts_made', 0)}"
    with (
        st.popover("Enter a phase for many people", icon=":material/add:", key=f"{key}_popover"),
        st.form(f"{key}_form", border=False),
    ):
        st.radio(
            "For whom",
            list(whom),
            format_func=whom.__getitem__,
            key=f"{key}_whom",
            help="For some of them: turn on “Choose people” above the table and choose their rows.",
        )
        phase_fields(application, actor, NewPhase(kind="phase", name="", first=on), key)
        told(_NEW)
        st.form_submit_button(
            "Enter it",
            type="primary",
            on_click=_add,
            args=(application, actor, key, {"all": everybody, "chosen": list(chosen)}),
        )


def _add(application: Application, actor: Actor, key: str, whom: dict[str, list[str]]) -> None:
    def act() -> str:
        ids = whom[st.session_state[f"{key}_whom"]]
        if not ids:
            raise InvalidEntry(
                "There is nobody to enter a phase for: choose another cohort, or people in the table."
            )
        entered = add_phase(application, actor, ids, filled_in(key))
        st.session_state["starts_made"] = st.session_state.get("starts_made", 0) + 1
        return f"“{entered[0].name}” is entered for {plural(len(entered), 'person', 'people')}."

    attempt(_PLACE, act, form=_NEW)
