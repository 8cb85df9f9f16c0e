"""What a reader chooses of any report: its formats, the paper of its PDF, how it names people."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from nocturne.documents import FORMATS, Format

PAPER_NAMES: Final[dict[str, str]] = {"a4": "A4", "letter": "US Letter"}
NAMING: Final[dict[str, str]] = {"names": "Names", "pseudonyms": "Pseudonyms"}


def naming(*, pseudonyms: bool) -> str:
    """The one of `NAMING` that is in force."""
    return "pseudonyms" if pseudonyms else "names"


def formats_picker(default: Sequence[Format], *, key: str) -> tuple[Format, ...]:
    """The formats that are chosen, in the order in which they are always told."""
    chosen = st.pills(
        "Formats", FORMATS, default=list(default), format_func=str.upper, selection_mode="multi", key=key
    )
    return tuple(kind for kind in FORMATS if kind in chosen)
