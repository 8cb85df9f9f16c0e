"""The people on Live: a card for everybody whose night is under way, its strip growing; a row if many."""

from typing import Final

import streamlit as st

from analytics.live_night import PROVISIONAL
from charts.live_strip import live_strip, live_words
from nocturne.live import LiveView
from nocturne.live_recordings import Recording
from nocturne.webhook_health import WebhookHealth
from pages.carried import choose, in_link, settle
from pages.parts import card, escape, narrow, reader_clock, svg, theme

_CARDS: Final = 12
"""So many people have a card each; where there are more, everybody has a row."""
_ROWS_PER_PAGE: Final = 30
_PAGE: Final = "page"
_LONGEST: Final = 6
_LEGEND: Final = (
    "From the top awake, REM, light and deep sleep, on the clock of the place. Hatched: not known. Tinted: not here "
    f"yet. Line: now. All of it is {PROVISIONAL}."
)


def recording_cards(view: LiveView) -> None:
    """Everybody whose night is under way: first those of whom nothing has come for long, then who began last first."""
    shown, page, pages = _on_page(view)
    settle(_PAGE, None if page == 1 else str(page))
    if _compact(view):
        with card("live_rows"):
            for each in shown:
                _row(each)
    else:
        for each in shown:
            _card(each)
    if pages > 1:
        _turn(page, pages)
    st.caption(_LEGEND)


def said_of_nights(view: LiveView) -> object:
    """All that the cards on this page say and draw: those of others may change without it, and seconds pass."""
    shown, page, pages = _on_page(view)
    said = _said_in_row if _compact(view) else _said_in_card
    return page, pages, [(each.person_id, each.name, each.night.stages, *said(each)) for each in shown]


def _said_in_card(each: Recording) -> tuple[str, ...]:
    return _state(each), each.facts, each.words, _notes(each)


def _said_in_row(each: Recording) -> tuple[str, ...]:
    passed = str(int(each.behind_min)) if each.now else ""  # for how long it goes on, in the strip's words
    return _state(each), each.since, _notes(each), passed


def _compact(view: LiveView) -> bool:
    return len(view.under_way) > _CARDS


def _on_page(view: LiveView) -> tuple[tuple[Recording, ...], int, int]:
    """Whose nights are shown, on which page, and how many pages there are."""
    everybody = view.under_way
    if not _compact(view):
        return everybody, 1, 1
    pages = -(-len(everybody) // _ROWS_PER_PAGE)
    # There are fewer pages as nights end: what the link named is then the last one.
    page = min(_page_in_link(), pages)
    return everybody[(page - 1) * _ROWS_PER_PAGE : page * _ROWS_PER_PAGE], page, pages


def _page_in_link() -> int:
    text = next(reversed(in_link(_PAGE)), "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < _LONGEST else 1


def _turn(page: int, pages: int) -> None:
    # Another page is another field, which begins where the link says: after Back the link is right.
    key = f"live_page_{page}_of_{pages}"

    def go() -> None:
        chosen = int(st.session_state[key])
        choose(**{_PAGE: None if chosen == 1 else str(chosen)})

    st.pagination(pages, default=page, key=key, on_change=go, max_visible_pages=3 if narrow() else 7)


def _card(each: Recording) -> None:
    with st.container(
        border=True,
        key=f"card_live_{each.person_id}_{each.session_id}",
        horizontal=not narrow(),
        vertical_alignment="center",
    ):
        with st.container(width="stretch", gap="xsmall"):
            _who(each)
            st.caption(escape(each.facts))
            st.markdown(escape(each.words) + ".")
            if notes := _notes(each):
                st.caption(escape(notes))
        _strip(each)


def _row(each: Recording) -> None:
    """One line; what a card says besides is in the words of the strip."""
    with st.container(
        key=f"live_row_{each.person_id}_{each.session_id}",
        horizontal=not narrow(),
        vertical_alignment="center",
        gap="xsmall" if narrow() else "small",
    ):
        _who(each, each.since)
        _strip(each, compact=True)


def _who(each: Recording, facts: str = "") -> None:
    key = f"who_live_{each.person_id}_{each.session_id}"
    with st.container(horizontal=True, vertical_alignment="center", key=key):
        label = f":blue[**{escape(each.name)}**]"
        st.page_link("person.py", label=label, query_params={"person": each.person_id}, width="content")
        st.markdown(_state(each), width="content")
        if facts:
            st.caption(escape(facts), width="content")


def _strip(each: Recording, *, compact: bool = False) -> None:
    silent = not each.now
    drawing = live_strip(each.night, theme(), narrow=narrow(), compact=compact, silent=silent)
    words = [live_words(each.night, silent=silent), _notes(each) if compact else ""]
    svg(drawing, alt=" ".join(part for part in words if part))


def _state(each: Recording) -> str:
    """The latest stage with its moment; never that somebody sleeps now who has not been heard of for long."""
    if each.pace == "silent":
        # Between two synchronisations silence says nothing.
        return ":orange-badge[No sign]" if each.announced else ":gray-badge[May have ended]"
    if each.pace == "catching up":
        return ":gray-badge[Catching up]"
    colour = "blue" if each.asleep_now else "gray"
    return f":{colour}-badge[{escape(each.night.now_words)}]"


def _notes(each: Recording) -> str:
    notes = [each.heard_words.removesuffix("."), each.night.gap_words]
    said = "; ".join(note for note in notes if note)
    return f"{said[:1].upper()}{said[1:]}." if said else ""


def nobody_words(health: WebhookHealth) -> str:
    """What it means that nobody is recording, and what to do where webhooks were never set up; as Markdown."""
    if not health.on:
        return "Webhooks are switched off, so a night is shown once a synchronisation has brought it."
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
