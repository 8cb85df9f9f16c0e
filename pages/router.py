"""The main script: page settings, who is asking, navigation, and then the page.

Every page is registered here, also those the actor may not see, so that no link opens a file past this script.
"""

from pathlib import Path

import streamlit as st

from nocturne.access import Permission
from pages.access import require
from pages.parts import style
from pages.viewport import watch

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
    ("report.py", "Reports", "reports", Permission.MAKE_REPORTS),
)

chosen = st.navigation(
    [
        st.Page(_HERE / file, title=name, url_path=path, default=path is None)
        for file, name, path, _ in _PAGES
    ],
    position="top",
)
require({name: permission for _, name, _, permission in _PAGES}[chosen.title])
style()
watch()
chosen.run()
