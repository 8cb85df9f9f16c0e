"""Admin, settings: when a night counts. What other rules would do is shown before they can be saved."""

from functools import partial

import streamlit as st

from analytics.period_words import valid_night_words
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.mapping import EngineFailed, MapProgress
from nocturne.night_rules import DEFAULT_RULES, Effect, NotPutInForce, ValidNight, effect, set_night_rules
from nocturne.organisation_settings import NIGHTS
from pages.parts import card, escape
from pages.rule_fields import RuleField, rule_fields, rules_of_fields, set_rule_fields
from store.errors import EditedMeanwhile

_PREVIEW = "nights_preview"
_MAKING = "Making everybody's nights by these rules …"


def nights_card(application: Application, actor: Actor) -> None:
    """The rules in force, fields for others, and what those would do."""
    now = application.organisation_settings
    stamp = now.versions[NIGHTS]
    caption = (
        "Nights that do not count stay visible with their reason. Other rules hold for every page and report, for "
        f"the past too.{now.was_set(NIGHTS)}"
    )
    with card("nights", "When a night counts", caption):
        st.markdown(escape(valid_night_words(now.nights)))
        try:
            rules = rules_of_fields(now.nights, rule_fields(now.nights, partial(_key, stamp=stamp)))
        except ValueError as problem:
            st.error(escape(str(problem)))
            return
        with st.container(horizontal=True):
            ask = st.button("See what would change", key="nights_look", disabled=rules == now.nights)
            st.button(
                "The defaults",
                key="nights_default",
                disabled=rules == DEFAULT_RULES,
                on_click=_set_fields,
                args=(DEFAULT_RULES, stamp),
            )
        if ask:
            try:
                st.session_state[_PREVIEW] = (stamp, rules, _effect(application, actor, rules))
            except EngineFailed as problem:
                st.error(escape(str(problem)))
        _preview(application, actor, stamp, rules)


def _key(each: RuleField, stamp: int) -> str:
    return f"nights_{each.name}_{stamp}"


def _set_fields(rules: ValidNight, stamp: int) -> None:
    set_rule_fields(rules, partial(_key, stamp=stamp))


def _effect(application: Application, actor: Actor, rules: ValidNight) -> Effect:
    bar = st.progress(0.0, _MAKING)
    try:
        return effect(application, actor, rules, tell=lambda progress: _tell(bar, progress))
    finally:
        bar.empty()


def _preview(application: Application, actor: Actor, stamp: int, rules: ValidNight) -> None:
    """What these rules were found to do, to be saved or let go of; nothing while that was not looked at."""
    of, looked_at, found = st.session_state.get(_PREVIEW, (None, None, None))
    if of != stamp or looked_at != rules or found is None:
        return
    st.info(escape(f"{valid_night_words(rules)} {found.in_words}"), icon=":material/visibility:")
    if found.unread:
        st.warning(escape(f"Not looked at: {len(found.unread)} people. {found.unread[0].reason}"))
    with st.container(horizontal=True):
        save = st.button("Let nights count so", type="primary", key="nights_save")
        st.button(
            "Leave it as it is",
            key="nights_leave",
            on_click=_set_fields,
            args=(application.organisation_settings.nights, stamp),
        )
    if not save:
        return
    bar = st.progress(0.0, _MAKING)
    try:
        set_night_rules(application, actor, rules, version=stamp, tell=lambda progress: _tell(bar, progress))
    except (EditedMeanwhile, NotPutInForce) as refusal:
        st.error(escape(str(refusal)))
        return
    finally:
        bar.empty()
    st.session_state.pop(_PREVIEW, None)
    st.session_state["settings_said"] = "Nights count so from now on, on every page and in every report."
    st.rerun()


def _tell(bar: "st.delta_generator.DeltaGenerator", progress: MapProgress) -> None:
    bar.progress(progress.share, f"{progress.done} of {progress.people} people")
