"""Admin, settings: when a night counts. What other rules would do is shown before they can be saved."""

from dataclasses import replace
from typing import Any, NamedTuple

import streamlit as st

from analytics.period_words import valid_night_words
from analytics.rules import limits
from analytics.wording import number
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.mapping import EngineFailed, MapProgress
from nocturne.night_rules import DEFAULT_RULES, Effect, NotPutInForce, ValidNight, effect, set_night_rules
from nocturne.organisation_settings import NIGHTS
from pages.parts import card, escape
from store.errors import EditedMeanwhile

_PREVIEW = "nights_preview"
_MAKING = "Making everybody's nights by these rules …"


class _Field(NamedTuple):
    """A limit as a form asks for it: `factor` of its unit make one of the form's."""

    name: str
    label: str
    factor: float
    least: float
    most: float
    step: float


_FIELDS = (
    _Field("most_missing_share_b", "Lost signal, at most, %", 0.01, 0, 50, 1),
    _Field("most_missing_share_a", "Of it for grade A, %", 0.01, 0, 50, 1),
    _Field("longest_gap_min", "Gap in the sleep, at most, min", 1, 0, 240, 5),
    _Field("shortest_in_bed_min", "In bed at least, h", 60, 0, 8, 0.5),
    _Field("longest_in_bed_min", "In bed at most, h", 60, 9, 24, 0.5),
    _Field("bridge_min", "Pieces apart at most, min", 1, 0, 240, 5),
)


_MEANING = {each.name: each.meaning[:1].upper() + each.meaning[1:] for each in limits()}


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
            rules = _wanted(now.nights, _fields(now.nights, stamp))
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


def _fields(now: ValidNight, stamp: int) -> dict[str, float]:
    """What the fields say, by limit; no form: as soon as one says something else, what was looked at is gone."""
    return {
        each.name: column.number_input(
            each.label,
            float(each.least),
            float(each.most),
            _shown(each, now),
            step=float(each.step),
            format="%g",
            key=_key(each, stamp),
            help=f"{_MEANING[each.name]}. Default: {number(_shown(each, DEFAULT_RULES))}.",
        )
        for each, column in zip(_FIELDS, (*st.columns(3), *st.columns(3)), strict=True)
    }


def _set_fields(rules: ValidNight, stamp: int) -> None:
    for each in _FIELDS:
        st.session_state[_key(each, stamp)] = _shown(each, rules)


def _key(each: _Field, stamp: int) -> str:
    return f"nights_{each.name}_{stamp}"


def _shown(each: _Field, rules: ValidNight) -> float:
    return float(round(getattr(rules, each.name) / each.factor, 6))


def _wanted(now: ValidNight, values: dict[str, float]) -> ValidNight:
    """The rules that the form describes; raises `ValueError` with a sentence where they contradict each other."""
    limits: dict[str, Any] = {each.name: round(values[each.name] * each.factor, 6) for each in _FIELDS}
    try:
        return replace(now, **limits)
    except ValueError as problem:
        raise ValueError(f"{str(problem)[:1].upper()}{str(problem)[1:]}.") from problem


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
