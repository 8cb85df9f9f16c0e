"""Beside the people on Live: what last night brought and who is missing, and how webhooks are doing."""

from collections.abc import Sequence
from datetime import date, datetime

import streamlit as st

from analytics.wording import day, duration, number, plural
from nocturne.live import Arrived, Awaited, LiveView
from nocturne.webhook_health import WebhookHealth
from pages.parts import card, escape, narrow, reader_clock

_SHOWN, _SHOWN_NARROW = 9, 4
_LISTED = 50


def arrived_card(view: LiveView) -> None:
    """Who has a sleep of last night here, what came last first."""
    at_once = _came_at_once(view.arrived)
    caption = f"{view.night_words} · all came at {reader_clock(at_once)}" if at_once else view.night_words
    with card("arrived", view.arrived_title, caption):
        if not view.arrived:
            st.markdown("Nothing has arrived of it yet.")
            return
        _grid(view, view.arrived[:_SHOWN], "live_arrived_first", timed=at_once is None)
        if more := view.arrived[_SHOWN:_LISTED]:
            label = f"{number(len(more), 0)} more"
            folded = st.expander(label, type="compact", key="live_arrived_more", on_change="rerun")
            if folded.open:
                with folded:
                    _grid(view, more, "live_arrived_rest", timed=at_once is None)
                    if len(view.arrived) > _LISTED:
                        rest = plural(len(view.arrived) - _LISTED, "more sleep", "more sleeps")
                        _others(f"And {rest}.", "cohort.py", "Cohort's map shows everybody")


def _came_at_once(arrived: Sequence[Arrived]) -> datetime | None:
    """When, if they are several and all came within one minute, as one synchronisation brings them."""
    minutes = {each.received.replace(second=0, microsecond=0) for each in arrived}
    return minutes.pop() if len(arrived) > 1 and len(minutes) == 1 else None


def _others(words: str, page: str, label: str) -> None:
    st.caption(escape(words))
    st.page_link(page, label=label, icon=":material/arrow_forward:")


def _grid(view: LiveView, some: Sequence[Arrived], key: str, *, timed: bool) -> None:
    with st.grid(3, min_column_width=190, key=key):
        for each in some:
            _arrived(each, view.night, timed=timed)


def _arrived(each: Arrived, label: date, *, timed: bool) -> None:
    with st.container(gap=None, key=f"who_arrived_{each.person_id}_{each.session_id}"):
        st.page_link(
            "night.py",
            label=f":blue[{escape(each.name)}]",
            query_params={"person": each.person_id, "session": each.session_id},
        )
        facts = [f"{'asleep' if each.main else 'nap of'} {duration(each.asleep_min)}"]
        if timed:
            facts.insert(0, reader_clock(each.received))
        if each.night != label:
            facts.append(f"night to {day(each.night, year=False, short=True)}")
        st.caption(escape(" · ".join(facts)))


def awaited_card(view: LiveView) -> None:
    """Who usually has a night by now and has none; silent where nobody is missing."""
    if not view.awaited:
        return
    people = plural(len(view.awaited), "person is", "people are")
    with card("awaited", f"{people} still missing", "Usually have a night by now, and are not recording."):
        # On a phone the nights come below, and who is silent among them.
        shown = view.awaited[: _SHOWN_NARROW if narrow() else _SHOWN]
        for each in shown:
            _awaited(each)
        if len(view.awaited) > len(shown):
            rest = plural(len(view.awaited) - len(shown), "more person", "more people")
            _others(f"And {rest}.", "home.py", "Home says who is missing, and why")


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
