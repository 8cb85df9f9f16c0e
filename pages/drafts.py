"""What has been written and not saved: it stays while another view is shown, and stands in its field again after."""

from typing import Any, Final

import streamlit as st

_FIELDS: Final = "draft_fields"
_SAVED: Final = "drafts_saved"


def keep_drafts() -> None:
    """Keeps what is written in fields that this run may not show; the router calls it before the page."""
    state = st.session_state
    for key in tuple(state.get(_FIELDS, ())):
        if state.get(key):
            state[key] = state[key]  # else the framework lets go of it with its field
        else:
            state[_FIELDS].discard(key)


def draft_area(label: str, of: str, **look: Any) -> str:
    """A field for text whose draft is kept; the key of what is written in it.

    Args:
        label: of the field.
        of: what the text is about: each has a draft of its own.
        **look: as `st.text_area` takes it.
    """
    state = st.session_state
    key = f"{of}_{state.setdefault(_SAVED, {}).get(of, 0)}"
    state.setdefault(_FIELDS, set()).add(key)
    st.text_area(label, key=key, **look)
    return key


def saved(of: str) -> None:
    """Empties the field of this text: it is kept elsewhere now."""
    counts = st.session_state.setdefault(_SAVED, {})
    counts[of] = counts.get(of, 0) + 1
