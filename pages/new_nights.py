"""Nights that come while a page is looked at: it is shown anew by itself, unless the reader is busy with it.

A light fragment asks every few seconds whether other nights are here than those shown, and sends nothing while that is
not so. What the reader is doing only the browser knows (a field that is being written in, an open dialog, a list that
hangs down, a place far down the page); there a component looks, and either has the page shown anew or has it said that
there is something new.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import streamlit as st

from nocturne.access import Actor
from nocturne.application import Application
from nocturne.newcomers import NightsHere, others_came
from pages.carried import busy
from store.errors import StoreError
from store.people import Person

EVERY_S: Final = 5.0

_TOP_PX: Final = 120
"""So far down the title and what it says are out of sight."""

_TOLD: Final = "new_nights_told"
_ANEW: Final = "new_nights_anew"

_LOOK = st.components.v2.component(
    "nocturne_new_nights",
    html="<span></span>",
    js="""
export default function (component) {
  const { data, setTriggerValue } = component
  if (!data) return
  const open = "[role=dialog], [role=listbox], [role=menu], [data-testid=stPopoverBody]"
  const field = "input:not([type=radio]):not([type=checkbox]):not([type=button]), textarea, [contenteditable=true]"
  // Whoever has scrolled down reads something: another night must not come in its place.
  const reads = () => (document.querySelector("[data-testid=stMain]")?.scrollTop ?? 0) > data.top_px
  const written = () => [...document.querySelectorAll("textarea")].some((node) => node.value.trim() !== "")
  const busy = () =>
    data.busy || document.querySelector(open) !== null || document.activeElement?.matches(field) || written() || reads()
  // A moment later: a click that is on its way is no pause.
  const timer = window.setTimeout(() => {
    if (!busy()) setTriggerValue("free", data.looked)
    else if (!data.told) setTriggerValue("occupied", data.looked)
  }, 150)
  return () => window.clearTimeout(timer)
}
""",
)


@dataclass(frozen=True, kw_only=True)
class _Watch:
    """Whose nights a page shows, and from when on it may be shown anew.

    Attributes:
        followed: whether the page follows a synchronisation itself.
    """

    people: tuple[Person, ...]
    shown: NightsHere
    page: str
    rests_until: datetime
    followed: bool


def watch_nights(
    application: Application,
    actor: Actor,
    people: Sequence[Person],
    shown: NightsHere,
    *,
    page: str,
    rests_s: float = 0.0,
) -> None:
    """Has the page shown anew when other nights of these people are here than those it shows; once for all of them.

    A synchronisation that the page follows already is left to it: its nights come in thousands of steps.

    Args:
        application: whose nights.
        actor: who looks at them.
        people: whom the page is about.
        shown: what it shows, read before it was drawn.
        page: its name, which `for_new_nights` is asked with.
        rests_s: for so long after it was drawn it is not shown anew by itself.
    """
    st.session_state[_TOLD] = False
    followed = application.board.progress.running
    watch = _Watch(
        people=tuple(people),
        shown=shown,
        page=page,
        rests_until=application.now() + timedelta(seconds=rests_s),
        followed=followed,
    )
    _watched(application, actor, watch)


def for_new_nights(page: str) -> bool:
    """Whether this run is one that new nights on this very page have asked for; true once."""
    asked_by: str | None = st.session_state.pop(_ANEW, None)
    return asked_by == page


@st.fragment(run_every=EVERY_S)
def _watched(application: Application, actor: Actor, watch: _Watch) -> None:
    try:
        if application.now() < watch.rests_until or (watch.followed and application.board.progress.running):
            return
        if not others_came(application, actor, watch.people, watch.shown):
            return
    except (StoreError, OSError):
        # The next run of the page says what the matter is; a page that can be read must not give way to it.
        return
    told = bool(st.session_state.get(_TOLD))
    with st.container(key="new_nights"):
        _look(
            {"busy": busy(), "told": told, "top_px": _TOP_PX, "looked": application.now().isoformat()},
            watch.page,
        )
        if told:
            with st.container(
                horizontal=True, vertical_alignment="center", gap="small", key="new_nights_row"
            ):
                st.info("New nights have arrived.", width=220)
                st.button(
                    "Show them", key="new_nights_show", on_click=_anew, args=(watch.page,), type="primary"
                )


def _look(data: dict[str, Any], page: str) -> None:
    with st.container(height=1, border=False):
        _LOOK(
            key="new_nights_look",
            data=data,
            height=1,
            on_free_change=lambda: _anew(page),
            on_occupied_change=_tell,
        )


def _anew(page: str) -> None:
    """The page from the top: a callback within a fragment would run the fragment alone."""
    st.session_state[_ANEW] = page
    st.rerun(scope="app")


def _tell() -> None:
    st.session_state[_TOLD] = True
