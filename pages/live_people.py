"""The people on Live: a card for everybody whose night is under way, with the strip that grows."""

import streamlit as st

from charts.live_strip import live_strip, live_words
from nocturne.live import LiveView, Recording
from nocturne.webhook_health import WebhookHealth
from pages.parts import card, escape, narrow, reader_clock, svg, theme

_PER_PAGE = 12
_LEGEND = (
    "From the top awake, REM, light and deep sleep, on the clock of the place. Hatched: not known. Tinted: not here "
    "yet. Line: now."
)


def recording_cards(view: LiveView) -> None:
    """Who is recording, who began last first; after them those of whom nothing has come for long."""
    shown, pages = _on_page(view)
    for each in shown:
        _card(each)
    if pages > 1:
        st.pagination(pages, key="live_page")
    st.caption(_LEGEND)


def said_of_nights(view: LiveView) -> object:
    """All that the cards on this page say and draw: those of others may change without it, and seconds pass."""
    shown, pages = _on_page(view)
    cards = [
        (
            each.session_id,
            each.name,
            _state(each),
            each.facts,
            each.night.words,
            _notes(each),
            each.night.stages,
        )
        for each in shown
    ]
    return pages, cards


def _on_page(view: LiveView) -> tuple[list[Recording], int]:
    """Whose cards are shown, and how many pages there are."""
    everybody = [*view.recording, *view.silent]
    pages = -(-len(everybody) // _PER_PAGE)
    page = min(st.session_state.get("live_page", 1), pages)
    return everybody[(page - 1) * _PER_PAGE : page * _PER_PAGE], pages


def _card(each: Recording) -> None:
    with st.container(
        border=True,
        key=f"card_live_{each.person_id}_{each.session_id}",
        horizontal=not narrow(),
        vertical_alignment="center",
    ):
        with st.container(width="stretch", gap="xsmall"):
            with st.container(
                horizontal=True,
                vertical_alignment="center",
                key=f"who_live_{each.person_id}_{each.session_id}",
            ):
                label = f":blue[**{escape(each.name)}**]"
                st.page_link(
                    "person.py", label=label, query_params={"person": each.person_id}, width="content"
                )
                st.markdown(_state(each), width="content")
            st.caption(escape(each.facts))
            st.markdown(escape(each.night.words) + ".")
            if notes := _notes(each):
                st.caption(escape(notes))
        svg(live_strip(each.night, theme(), narrow=narrow()), alt=live_words(each.night))


def _state(each: Recording) -> str:
    """The latest stage with its moment; never that somebody sleeps now who has not been heard of for long."""
    if each.silent:
        return ":gray-badge[No sign]"
    colour = "blue" if each.asleep_now else "gray"
    return f":{colour}-badge[{escape(each.night.now_words)}]"


def _notes(each: Recording) -> str:
    notes = [each.heard_words, each.night.gap_words]
    said = "; ".join(note for note in notes if note)
    return said[:1].upper() + said[1:]


def nobody_words(health: WebhookHealth) -> str:
    """What it means that nobody is recording, and what to do where webhooks were never set up; as Markdown."""
    if not health.on:
        return "Webhooks are switched off, so a night is shown once it is complete and brought."
    if health.state.last_received_at is None:
        return (
            "The vendor announces nights as they happen by webhooks, and none has arrived yet. Enter the address from "
            "Admin at the vendor; whoever records then appears here with the stages so far."
        )
    return (
        "Whoever begins to record appears here by itself, some minutes after the start. The last event came at "
        f"{escape(reader_clock(health.state.last_received_at))}."
    )


def nobody_card(words: str) -> None:
    """The words of `nobody_words`, and the way to where webhooks are set up."""
    with card("nobody"):
        st.markdown(words)
        st.page_link(
            "admin.py",
            label="Webhooks in Admin",
            icon=":material/arrow_forward:",
            query_params={"section": "webhooks"},
        )
