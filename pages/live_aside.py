"""Beside the people on Live: what last night brought and who is missing, and how webhooks are doing."""

from collections.abc import Sequence
from datetime import date

import streamlit as st

from analytics.wording import day, duration, number, plural
from nocturne.live import Arrived, Awaited, LiveView
from nocturne.webhook_health import WebhookHealth
from pages.parts import card, escape, reader_clock

_SHOWN = 9
_LISTED = 50


def arrived_card(view: LiveView) -> None:
    """Who has a sleep of last night here, what came last first."""
    with card("arrived", view.arrived_title, view.night_words):
        if not view.arrived:
            st.markdown("Nothing has arrived of it yet.")
            return
        _grid(view, view.arrived[:_SHOWN], "live_arrived_first")
        if more := view.arrived[_SHOWN:_LISTED]:
            label = f"{number(len(more), 0)} more"
            folded = st.expander(label, type="compact", key="live_arrived_more", on_change="rerun")
            if folded.open:
                with folded:
                    _grid(view, more, "live_arrived_rest")
                    if len(view.arrived) > _LISTED:
                        rest = plural(len(view.arrived) - _LISTED, "more sleep", "more sleeps")
                        st.caption(f"And {rest}; Cohort's map shows everybody.")


def _grid(view: LiveView, some: Sequence[Arrived], key: str) -> None:
    with st.grid(3, min_column_width=190, key=key):
        for each in some:
            _arrived(each, view.night)


def _arrived(each: Arrived, label: date) -> None:
    with st.container(gap=None, key=f"who_arrived_{each.person_id}_{each.session_id}"):
        st.page_link(
            "night.py",
            label=f":blue[{escape(each.name)}]",
            query_params={"person": each.person_id, "session": each.session_id},
        )
        kind = "asleep" if each.main else "nap of"
        facts = f"{reader_clock(each.received)} · {kind} {duration(each.asleep_min)}"
        if each.night != label:
            facts += f" · night to {day(each.night, year=False, short=True)}"
        st.caption(escape(facts))


def awaited_card(view: LiveView) -> None:
    """Who usually has a night by now and has none; silent where nobody is missing."""
    if not view.awaited:
        return
    people = plural(len(view.awaited), "person is", "people are")
    with card("awaited", f"{people} still missing", "Usually have a night by now, and are not recording."):
        for each in view.awaited[:_SHOWN]:
            _awaited(each)
        if len(view.awaited) > _SHOWN:
            rest = plural(len(view.awaited) - _SHOWN, "more person", "more people")
            st.caption(f"And {rest}; Home says who is missing, and why.")


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
            label="Webhooks in Admin",
            icon=":material/arrow_forward:",
            query_params={"section": "webhooks"},
        )
