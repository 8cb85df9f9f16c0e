"""The main script: page settings, who is asking, navigation, and then the page.

Every page is registered here, also those the actor may not see, so that no link opens a file past this script.
"""

import logging
from contextlib import suppress
from pathlib import Path

import streamlit as st

from nocturne.access import Permission
from pages.access import require
from pages.carried import arrive, depart
from pages.drafts import keep_drafts
from pages.parts import PageEnded, style, trouble
from pages.viewport import watch
from store.people import StoreError

log = logging.getLogger("nocturne.pages")

_HERE = Path(__file__).parent

st.set_page_config(
    page_title="Nocturne",
    page_icon=_HERE / "static" / "moon.png",
    layout="wide",
    initial_sidebar_state="collapsed",
)

_PAGES = (
    ("home.py", "Home", None, Permission.SEE_COHORTS),
    ("night.py", "Night", "night", Permission.SEE_PEOPLE),
    ("person.py", "Person", "person", Permission.SEE_PEOPLE),
    ("cohort.py", "Cohort", "cohort", Permission.SEE_COHORTS),
    ("comparison.py", "Compare", "compare", Permission.SEE_COHORTS),
    ("quality.py", "Quality", "quality", Permission.SEE_COHORTS),
    ("report.py", "Reports", "reports", Permission.MAKE_REPORTS),
    ("live.py", "Live", "live", Permission.SEE_PEOPLE),
    ("admin.py", "Admin", "admin", Permission.MANAGE_PEOPLE),
)

chosen = st.navigation(
    [
        st.Page(_HERE / file, title=name, url_path=path, default=path is None)
        for file, name, path, _ in _PAGES
    ],
    position="top",
)
style()
arrive(chosen.title)
keep_drafts()
try:
    require({name: permission for _, name, _, permission in _PAGES}[chosen.title])
    watch()
    # Where the page ended early, what it has settled by then is what it shows.
    with suppress(PageEnded):
        chosen.run()
    depart(chosen.url_path, [path or "" for _, _, path, _ in _PAGES])
except (StoreError, OSError) as failure:
    log.exception("A page could not read what is kept on this machine.")
    trouble("What is kept on this machine cannot be read", str(failure), "Try again", lambda: None)
