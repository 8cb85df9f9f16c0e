"""The pages of a long list of people on the Cohort page; the link names the one that is shown."""

import streamlit as st

from pages.carried import choose


def turn(name: str, page: int, pages: int) -> None:
    """The pages of a list, where there are several; the link names the one that is shown."""
    if pages < 2:
        return
    # Another page is another field, which begins where the link says: after Back the link is right.
    key = f"cohort_{name}_{page}_of_{pages}"

    def go() -> None:
        chosen = int(st.session_state[key])
        choose(**{name: None if chosen == 1 else str(chosen)})

    st.pagination(pages, default=page, key=key, on_change=go)
