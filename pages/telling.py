"""What became of an action: done, or refused with a sentence; told once, where the action was.

Actions run before the page, as callbacks of their buttons, so that the page is drawn once and already shows them.
"""

from collections.abc import Callable

import streamlit as st

from nocturne.access import NotAllowed
from pages.parts import escape
from store.errors import StoreError


def attempt(place: str, act: Callable[[], str]) -> bool:
    """Does it, and remembers for `told` what it returns, or why it was refused.

    Args:
        place: where it will be told.
        act: does it; returns what is said afterwards, "" for nothing.

    Returns:
        Whether it was done.
    """
    try:
        done = act()
    except (StoreError, NotAllowed) as refusal:
        st.session_state[f"told_{place}"] = ("refused", str(refusal))
        return False
    st.session_state[f"told_{place}"] = ("done", done)
    return True


def told(place: str) -> None:
    """Says what the last action of this place came to, once."""
    what, sentence = st.session_state.pop(f"told_{place}", ("done", ""))
    if what == "refused":
        st.error(escape(sentence))
    elif sentence:
        st.success(escape(sentence))
