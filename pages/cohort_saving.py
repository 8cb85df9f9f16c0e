"""Saved cohorts on the Cohort page: a new one by rule or from chosen rows; rename, change, remove."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from analytics.wording import plural
from nocturne.access import Actor, NotAllowed, Permission, authorize
from nocturne.application import Application
from nocturne.cohorts import (
    EVERYONE,
    Cohort,
    CohortRule,
    Saved,
    change_cohort,
    remove_cohort,
    save_cohort,
    saved_cohort,
)
from pages.cohort_filter import forget_filter
from pages.cohort_rule import filled_in, in_words, rule_fields, would_hold
from pages.cohort_table import choose_anew
from pages.parts import escape, reader_clock
from pages.telling import attempt, told
from store.cohorts import MAX_COHORT_NAME
from store.errors import EditedMeanwhile, UnknownEntry

_PLACE = "cohort_saving"
_READ = "cohort_read"


def saving(
    application: Application, actor: Actor, cohort: Cohort, chosen: Sequence[str], *, rule: CohortRule
) -> None:
    """The section, folded away until somebody opens it; absent for who may not manage cohorts.

    Args:
        application: whose cohorts.
        actor: who would save.
        cohort: which one the page shows.
        chosen: the people chosen in the table.
        rule: the filter of the page, with which the fields of a new rule begin.
    """
    try:
        authorize(actor, Permission.MANAGE_COHORTS, application.organisation)
    except NotAllowed:
        return
    section = st.expander(
        "Saved cohorts", icon=":material/group_add:", key="cohort_saving", on_change="rerun"
    )
    with section:
        told(_PLACE)
        if not section.open:
            st.session_state.pop(_READ, None)
            return
        if cohort.kind == "saved":
            _change(application, actor, cohort)
        _new(application, actor, chosen, _beginning(cohort, rule))


def _beginning(cohort: Cohort, rule: CohortRule) -> CohortRule:
    """The rule that a new cohort begins with: the filter, and the tag where the page shows those who carry one."""
    if rule == CohortRule() or cohort.kind != "tag":
        return rule
    return replace(rule, all_tags=(cohort.name,))


def _new(application: Application, actor: Actor, chosen: Sequence[str], rule: CohortRule) -> None:
    st.markdown("**Save a new cohort**")
    ways = {"rule": "By a rule", "hand": f"By hand ({len(chosen)} chosen)"}
    way = st.segmented_control(
        "How", list(ways), format_func=ways.__getitem__, default="rule", required=True, key="cohort_way"
    )
    # Another number begins the fields anew, once what they held is saved.
    key = f"cohort_new_{st.session_state.get('cohort_made', 0)}"
    if rule != CohortRule():
        key += f"_{hashlib.sha256(repr(rule).encode()).hexdigest()[:12]}"
        st.caption("The fields begin with the filter of the page.")
    if way == "rule":
        would_hold(application, actor, rule_fields(application.people(), rule, key))
    elif not chosen:
        st.caption("Turn on “Choose people” above the table and choose their rows.")
    st.text_input("Name", max_chars=MAX_COHORT_NAME, key=f"{key}_name")
    st.button(
        "Save the cohort",
        type="primary",
        disabled=way == "hand" and not chosen,
        key="cohort_save",
        on_click=_save,
        args=(application, actor, key, tuple(chosen) if way == "hand" else None),
    )


def _save(application: Application, actor: Actor, key: str, chosen: tuple[str, ...] | None) -> None:
    def act() -> str:
        rule = filled_in(key) if chosen is None else None
        name = st.session_state[f"{key}_name"]
        saved = save_cohort(application, actor, name, rule=rule, person_ids=chosen or ())
        forget_filter()
        st.query_params["cohort"] = saved.cohort_id
        st.session_state["cohort_made"] = st.session_state.get("cohort_made", 0) + 1
        choose_anew()
        return f"Saved as “{saved.name}”; the page shows it now."

    attempt(_PLACE, act)


def _change(application: Application, actor: Actor, cohort: Cohort) -> None:
    """What is stored of the cohort, as fields; they hold the version that the reader opened."""
    read: Saved | None = st.session_state.get(_READ)
    if read is None or read.cohort_id != cohort.name:
        try:
            read = saved_cohort(application, actor, cohort.name)
        except UnknownEntry:
            return
        st.session_state[_READ] = read
    saved_by = f"Saved by {escape(read.changed_by)}, {reader_clock(read.changed_at)}."
    holds = (
        escape(in_words(read.rule)) if read.rule else f"By hand: {plural(cohort.size, 'person', 'people')}."
    )
    st.markdown(f"**{escape(read.name)}** · {holds} :gray[{saved_by}]")
    key = f"cohort_change_{read.cohort_id}_{read.version}"
    st.text_input("Name", read.name, max_chars=MAX_COHORT_NAME, key=f"{key}_name")
    if read.rule is not None:
        would_hold(application, actor, rule_fields(application.people(), read.rule, key))
    else:
        _people(application, read, key)
    with st.container(horizontal=True):
        st.button(
            "Save the changes",
            type="primary",
            key="cohort_change",
            on_click=_save_changes,
            args=(application, actor, read, key),
        )
        with st.popover("Remove", icon=":material/delete:", key="cohort_remove_ask"):
            st.markdown(
                f"Remove “{escape(read.name)}” for everybody? Its people stay on the roster; links to it will show "
                "everyone."
            )
            st.button(
                "Yes, remove it", key="cohort_remove", on_click=_remove, args=(application, actor, read)
            )
    st.divider()


def _people(application: Application, read: Saved, key: str) -> None:
    names = {person.person_id: person.name for person in application.people()}
    held = [person_id for person_id in read.person_ids if person_id in names]
    st.multiselect("People", list(names), held, format_func=names.__getitem__, key=f"{key}_people")


def _save_changes(application: Application, actor: Actor, read: Saved, key: str) -> None:
    def act() -> str:
        rule = None if read.rule is None else filled_in(key)
        # Who is of the other vendor environment cannot be seen here, and stays.
        here = {person.person_id for person in application.people()}
        unseen = tuple(person_id for person_id in read.person_ids if person_id not in here)
        people = (*st.session_state[f"{key}_people"], *unseen) if rule is None else ()
        name = st.session_state[f"{key}_name"]
        try:
            changed = change_cohort(application, actor, read, name=name, rule=rule, person_ids=people)
        except (EditedMeanwhile, UnknownEntry):
            st.session_state.pop(_READ, None)  # the fields show what is stored now
            raise
        st.session_state[_READ] = changed
        return f"“{changed.name}” is changed."

    attempt(_PLACE, act)


def _remove(application: Application, actor: Actor, read: Saved) -> None:
    def act() -> str:
        remove_cohort(application, actor, read.cohort_id)
        st.session_state.pop(_READ, None)
        st.query_params["cohort"] = EVERYONE
        return f"“{read.name}” is removed."

    attempt(_PLACE, act)
