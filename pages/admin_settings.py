"""Admin, settings: what the organisation sets for itself, with defaults, meaning and effect at once."""

import streamlit as st

from analytics.rules import DEFAULT_RULES
from analytics.wording import duration
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.organisation_settings import (
    DEFAULT_ZONE,
    SCORE,
    TARGET,
    TARGET_HOURS,
    ZONE,
    UnusableSetting,
    default_score_rules,
    reset,
    rules_of,
    set_score,
    set_target,
    set_zone,
)
from pages.admin_nights import nights_card
from pages.admin_reports import schedule_card
from pages.parts import card, escape
from store.errors import EditedMeanwhile
from store.people import InvalidPerson

_PROFILES = {
    "evidence": "By published norms, night by night",
    "vendor": "As the vendor's sample code does, from averages",
}


def settings_title(application: Application) -> tuple[str, str]:
    """What the section says first."""
    rules = application.organisation_settings.score
    own = rules != default_score_rules(application.settings)
    nights = (
        "" if application.organisation_settings.nights == DEFAULT_RULES else ", and nights count by others"
    )
    scores = f"Scores are made by {'rules set here' if own else 'the default rules'}{nights}"
    return scores, escape(f"{rules.words} · rules {rules.version}")


def settings_section(application: Application, actor: Actor) -> None:
    """The score, when a night counts, and what forms and debts go by."""
    if said := st.session_state.pop("settings_said", None):
        st.success(escape(said), icon=":material/check:")
    score, zone = st.columns([2.35, 1])
    with score:
        _score(application, actor)
        nights_card(application, actor)
        schedule_card(application, actor)
    with zone:
        _zone(application, actor)
        _target(application, actor)


def _score(application: Application, actor: Actor) -> None:
    now = application.organisation_settings
    default = default_score_rules(application.settings)
    caption = (
        f"Holds for every page and report from the moment it is saved. Default: {default.words}."
        f"{now.was_set(SCORE)}"
    )
    stamp = now.versions[SCORE]
    with card("score", "The score", caption), st.form(f"score_{stamp}", border=False):
        profile = st.radio(
            "Profile",
            list(_PROFILES),
            index=list(_PROFILES).index(now.score.profile),
            format_func=_PROFILES.__getitem__,
            key=f"score_profile_{stamp}",
        )
        weights = now.score.weights
        shares = [
            column.number_input(
                f"{label}, %", 0, 100, round(share * 100), step=5, key=f"score_{label.lower()}_{stamp}"
            )
            for column, label, share in zip(
                st.columns(3),
                ("Efficiency", "Consistency", "Duration"),
                (weights.efficiency, weights.consistency, weights.duration),
                strict=True,
            )
        ]
        st.caption("Shares of the score; together they make 100 %. Default 40, 30 and 30.")
        long_sleep = st.checkbox(
            "Sleep longer than recommended loses points",
            now.score.long_sleep_counts,
            key=f"score_long_{stamp}",
            help="Default: yes. Only with the profile of published norms.",
        )
        naps = st.checkbox(
            "Naps count in duration",
            now.score.naps_count,
            key=f"score_naps_{stamp}",
            help="Default: no, the main sleep alone. Only with the profile of published norms.",
        )
        journeys = st.checkbox(
            "Nights of a journey count in consistency",
            now.score.journeys_count,
            key=f"score_journeys_{stamp}",
            help="Default: no, a change of time zone is left out.",
        )
        with st.container(horizontal=True):
            save = st.form_submit_button("Save", type="primary")
            undo = st.form_submit_button("Back to the default", disabled=stamp == 0)
    if not (save or undo):
        return
    try:
        if undo:
            reset(application.store, application.organisation, actor, SCORE, version=stamp)
        else:
            rules = rules_of(
                profile=profile,
                shares_pct=(int(shares[0]), int(shares[1]), int(shares[2])),
                long_sleep_counts=long_sleep,
                naps_count=naps,
                journeys_count=journeys,
            )
            set_score(application.store, application.organisation, actor, rules, version=stamp)
    except (UnusableSetting, EditedMeanwhile) as refusal:
        st.error(escape(str(refusal)))
    else:
        _saved("Scores are made so from now on, on every page and in every report.")


def _zone(application: Application, actor: Actor) -> None:
    now = application.organisation_settings
    caption = (
        f"What forms propose for people who are added; nobody on the roster changes. Default: {DEFAULT_ZONE}."
    )
    stamp = now.versions[ZONE]
    with card("zone", "The time zone", caption), st.form(f"zone_{stamp}", border=False):
        zone = st.text_input("Time zone", now.zone, key=f"zone_value_{stamp}")
        save = st.form_submit_button("Save")
    if not save:
        return
    try:
        set_zone(application.store, application.organisation, actor, zone, version=stamp)
    except (InvalidPerson, EditedMeanwhile) as refusal:
        st.error(escape(str(refusal)))
    else:
        _saved("Forms propose that zone from now on.")


def _target(application: Application, actor: Actor) -> None:
    now = application.organisation_settings
    stamp = now.versions[TARGET]
    caption = (
        "Sleep in 24 h that sleep debt is measured against. Default: the least recommended at each person's age, plus "
        f"an hour.{now.was_set(TARGET)}"
    )
    least, most = TARGET_HOURS
    with card("target", "The target", caption), st.form(f"target_{stamp}", border=False):
        hours = st.number_input(
            "Hours of sleep",
            least,
            most,
            None if now.need is None else now.need.minutes / 60,
            step=0.25,
            format="%g",
            placeholder="by age",
            key=f"target_hours_{stamp}",
        )
        with st.container(horizontal=True):
            save = st.form_submit_button("Save")
            undo = st.form_submit_button("By age", disabled=now.need is None)
    if not undo and (not save or hours is None):
        return
    try:
        if undo or hours is None:
            reset(application.store, application.organisation, actor, TARGET, version=stamp)
        else:
            set_target(application.store, application.organisation, actor, float(hours), version=stamp)
    except (UnusableSetting, EditedMeanwhile) as refusal:
        st.error(escape(str(refusal)))
    else:
        whose = "each person's age" if undo or hours is None else duration(60 * float(hours))
        _saved(f"Sleep debt is measured against {whose} from now on.")


def _saved(said: str) -> None:
    st.session_state["settings_said"] = said
    st.rerun()
