"""Live: who is recording now and how far each night is, what last night brought, and how webhooks are doing.

Five fragments draw the page, each of what changes together. A sixth asks every few seconds what has changed, sends
nothing while nothing has, and has those drawn anew that are concerned: the page around them stays as it is.
"""

import logging
from collections.abc import Callable
from typing import Final

import streamlit as st

from nocturne.access import Actor, Permission
from nocturne.application import Application
from nocturne.live import live_view
from nocturne.webhook_health import webhook_health
from pages.access import require
from pages.live_aside import arrived_card, awaited_card, health_card
from pages.live_parts import (
    ARRIVED,
    AWAITED,
    HEALTH,
    NIGHTS,
    TITLE,
    of_arrived,
    of_awaited,
    of_health,
    of_nights,
    of_title,
    parts_changed,
)
from pages.live_people import nobody_card, nobody_words, recording_cards
from pages.parts import TO_HOME, escape, narrow, problem, title
from store.errors import StoreError

log = logging.getLogger("nocturne.pages")

EVERY_S: Final = 3.0

_SHOWN = "live_shown"

# What a fragment shows cannot be drawn from another one, but from the callback of something in the browser it can.
_CHANGED = st.components.v2.component(
    "nocturne_live_changed",
    html="<span></span>",
    js="""
export default function (component) {
  const { data, setTriggerValue } = component
  if (!data || window.nocturneLive === data.change) return
  window.nocturneLive = data.change
  setTriggerValue("changed", data.change)
}
""",
)


def _page() -> None:
    application, actor = require(Permission.SEE_PEOPLE)
    if not application.people():
        problem("Nobody is on the roster yet", "Home says how to add people.", way=TO_HOME)
    st.session_state[_SHOWN] = {}
    _heading(application, actor)
    if narrow():
        _one_below_the_other(application, actor)
    else:
        nights, aside = st.columns([2.35, 1])
        with nights:
            _nights(application, actor)
            _arrived(application, actor)
        with aside:
            _awaited(application, actor)
            _health(application, actor)
    _watch(application, actor)


def _one_below_the_other(application: Application, actor: Actor) -> None:
    """On a phone what needs a look comes before the nights, which may be many; nothing changes places meanwhile."""
    look = _needs_a_look(application, actor)
    _awaited(application, actor)
    if look:
        _health(application, actor)
    _nights(application, actor)
    _arrived(application, actor)
    if not look:
        _health(application, actor)


def _needs_a_look(application: Application, actor: Actor) -> bool:
    try:
        return not webhook_health(application, actor).well
    except (StoreError, OSError):
        return True  # the card says what cannot be read


@st.fragment(key=TITLE)
def _heading(application: Application, actor: Actor) -> None:
    def draw() -> None:
        view = live_view(application, actor)
        finding, facts = of_title(view)
        _shows(TITLE, (finding, facts))
        title(finding, escape(facts))

    _guarded(draw)


@st.fragment(key=NIGHTS)
def _nights(application: Application, actor: Actor) -> None:
    def draw() -> None:
        view = live_view(application, actor)
        health = webhook_health(application, actor)
        _shows(NIGHTS, of_nights(view, health))
        if view.under_way:
            recording_cards(view)
        else:
            nobody_card(nobody_words(health))

    _guarded(draw)


@st.fragment(key=ARRIVED)
def _arrived(application: Application, actor: Actor) -> None:
    def draw() -> None:
        view = live_view(application, actor)
        _shows(ARRIVED, of_arrived(view))
        arrived_card(view)

    _guarded(draw)


@st.fragment(key=AWAITED)
def _awaited(application: Application, actor: Actor) -> None:
    def draw() -> None:
        view = live_view(application, actor)
        _shows(AWAITED, of_awaited(view))
        awaited_card(view)

    _guarded(draw)


@st.fragment(key=HEALTH)
def _health(application: Application, actor: Actor) -> None:
    def draw() -> None:
        health = webhook_health(application, actor)
        _shows(HEALTH, of_health(health))
        health_card(health)

    _guarded(draw)


def _shows(part: str, value: object) -> None:
    """Notes what a part shows, to tell later whether that is still so."""
    st.session_state.setdefault(_SHOWN, {})[part] = value


@st.fragment(run_every=EVERY_S)
def _watch(application: Application, actor: Actor) -> None:
    try:
        # Both are kept while nothing has changed, so that what is compared is mostly one and the same.
        now = live_view(application, actor), webhook_health(application, actor)
        changed = parts_changed(st.session_state.get(_SHOWN, {}), *now)
    except (StoreError, OSError):
        changed = _all_but_once()
    # It is there also while nothing changes: the page would jump as it comes and goes.
    with st.container(height=1, border=False, key="live_watch"):
        if changed:
            change = f"{','.join(changed)} {application.now().isoformat()}"
            st.session_state["live_changed"] = changed
            _CHANGED(key="live_change", data={"change": change}, height=1, on_changed_change=_draw_anew)


def _all_but_once() -> list[str]:
    """Every fragment, so that each says what cannot be read; none where they do already. Read again, all differ."""
    shown = list(st.session_state.get(_SHOWN, {}))
    st.session_state[_SHOWN] = {}
    return shown


def _draw_anew() -> None:
    """Has the changed fragments drawn again, and nothing else of the page."""
    changed: list[str] = st.session_state.pop("live_changed", [])
    if changed:
        st.rerun(changed)


def _guarded(draw: Callable[[], None]) -> None:
    """Draws, or says what cannot be read: a fragment is run apart from the router, which says it otherwise."""
    try:
        draw()
    except (StoreError, OSError) as failure:
        log.exception("A part of the page could not be read.")
        st.error(escape(f"What is kept on this machine cannot be read. {failure}"))


_page()
