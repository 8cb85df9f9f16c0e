"""Admin: who is on the roster, how this organisation counts, what synchronisation does, and what is kept."""

from collections.abc import Callable

import streamlit as st

from nocturne.access import Actor, Permission
from nocturne.application import Application
from pages.access import require
from pages.admin_people import people_section, people_title
from pages.admin_settings import settings_section, settings_title
from pages.admin_storage import storage_section, storage_title
from pages.admin_sync import sync_section, sync_title
from pages.admin_webhooks import webhooks_section, webhooks_title
from pages.carried import settle
from pages.links import query_choice
from pages.parts import follow_link, title

_Title = Callable[[Application, Actor], tuple[str, str]]
_Section = Callable[[Application, Actor], None]


def _of(of_installation: Callable[[Application], tuple[str, str]]) -> _Title:
    """A title that is the same for every actor who may open the page."""
    return lambda application, _: of_installation(application)


_SECTIONS: dict[str, tuple[str, _Title, _Section]] = {
    "people": ("People", _of(people_title), people_section),
    "settings": ("Settings", _of(settings_title), settings_section),
    "sync": ("Sync", _of(sync_title), sync_section),
    "webhooks": ("Webhooks", webhooks_title, webhooks_section),
    "storage": ("Storage", _of(storage_title), storage_section),
}


def _page() -> None:
    application, actor = require(Permission.MANAGE_PEOPLE)
    chosen = query_choice("section", _SECTIONS, "people", what="a section", instead="People is shown")
    settle("section", chosen)
    _, heading, section = _SECTIONS[chosen]
    title(*heading(application, actor))
    _choice(chosen)
    section(application, actor)


def _choice(chosen: str) -> None:
    """The sections; which one is open stands in the link."""

    def go() -> None:
        st.query_params.from_dict({"section": st.session_state["admin_section"] or chosen})

    follow_link("admin_section", chosen)
    st.segmented_control(
        "Section",
        list(_SECTIONS),
        format_func=lambda name: _SECTIONS[name][0],
        key="admin_section",
        on_change=go,
        label_visibility="collapsed",
    )


_page()
