"""Beside the people on Live: what last night brought and who is missing, and how webhooks are doing."""

import streamlit as st

from analytics.wording import duration, number, plural
from nocturne.live import Arrived, Awaited, LiveView
from nocturne.webhook_health import WebhookHealth
from pages.parts import card, escape, reader_clock

_SHOWN = 8
_LISTED = 50


def arrived_card(view: LiveView) -> None:
    """Who has a sleep of last night here, the newest first; folded, who usually has one and is still missing."""
    with card("arrived", view.arrived_title, view.night_words):
        if not view.arrived:
            st.markdown("Nothing has arrived of it yet.")
        for each in view.arrived[:_SHOWN]:
            _arrived(each)
        if more := view.arrived[_SHOWN:_LISTED]:
            folded = st.expander(
                f"{number(len(view.arrived) - _SHOWN, 0)} more",
                type="compact",
                key="live_arrived_more",
                on_change="rerun",
            )
            if folded.open:
                with folded:
                    for each in more:
                        _arrived(each)
        if view.awaited:
            _missing(view)


def _arrived(each: Arrived) -> None:
    with st.container(gap=None, key=f"who_arrived_{each.session_id}"):
        st.page_link(
            "night.py",
            label=f":blue[{escape(each.name)}]",
            query_params={"person": each.person_id, "session": each.session_id},
        )
        kind = "asleep" if each.main else "nap,"
        st.caption(escape(f"{reader_clock(each.received)} · {kind} {duration(each.asleep_min)}"))


def _missing(view: LiveView) -> None:
    people = plural(len(view.awaited), "person", "people")
    folded = st.expander(
        f"Still missing: {people} who usually have a night by now",
        type="compact",
        key="live_missing",
        on_change="rerun",
    )
    if folded.open:
        with folded:
            for each in view.awaited[:_LISTED]:
                _awaited(each)
            if len(view.awaited) > _LISTED:
                rest = plural(len(view.awaited) - _LISTED, "more person", "more people")
                st.caption(f"And {rest}; Cohort's map shows everybody.")


def _awaited(each: Awaited) -> None:
    with st.container(gap=None, key=f"who_awaited_{each.person_id}"):
        st.page_link(
            "person.py", label=f":blue[{escape(each.name)}]", query_params={"person": each.person_id}
        )
        st.caption(escape(each.words))


def health_card(health: WebhookHealth) -> None:
    """How webhooks are doing, in sentences, and the way to where something can be done."""
    with card("webhooks", health.title):
        if not health.well and health.ever:
            st.badge("needs a look", color="orange", icon=":material/error:")
        for sentence in health.sentences(reader_clock):
            st.markdown(escape(sentence))
        st.page_link(
            "admin.py",
            label="Address and dead letters in Admin",
            icon=":material/arrow_forward:",
            query_params={"section": "webhooks"},
        )
