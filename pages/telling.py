"""What became of an action: done, or refused with a sentence; told once, where the action was.

Actions run before the page, as callbacks of their buttons, so that the page is drawn once and already shows them.
"""

from collections.abc import Callable

import streamlit as st

from nocturne.access import NotAllowed
from pages.parts import escape
from store.errors import InvalidEntry, StoreError


def attempt(place: str, act: Callable[[], str], *, form: str | None = None) -> bool:
    """Does it, and remembers for `told` what it returns, or why it was refused.

    Args:
        place: where it will be told.
        act: does it; returns what is said afterwards, "" for nothing.
        form: the place within a form where it is told what its fields cannot be; `place` without one.

    Returns:
        Whether it was done.
    """
    try:
        done = act()
    except (StoreError, NotAllowed) as refusal:
        where = form if form and isinstance(refusal, InvalidEntry) else place
        st.session_state[f"told_{where}"] = ("refused", str(refusal))
        return False
    st.session_state[f"told_{place}"] = ("done", done)
    return True


def told(place: str) -> None:
    """Says what the last action of this place came to, once.

    Its container is always there: a sentence that comes or goes would move what stands below, and what is open there
    (a form in a popover) would close.
    """
    what, sentence = st.session_state.pop(f"told_{place}", ("done", ""))
    with st.container():
        if what == "refused":
            st.error(escape(sentence))
        elif sentence:
            st.success(escape(sentence))
