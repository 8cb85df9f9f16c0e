"""What can be downloaded from the Quality page: the adherence sheet, and the nights of a reason."""

import streamlit as st

from analytics.quality import Quality
from analytics.quality_words import SHORT_REASONS
from analytics.wording import plural
from nocturne.access import Actor, NotAllowed, Permission, authorize
from nocturne.application import Application
from nocturne.quality import adherence_sheet, left_out_sheet
from pages.parts import card, narrow
from reports.adherence import adherence_name, left_out_name


def sheet_card(application: Application, actor: Actor, found: Quality, code: str) -> None:
    """Both as CSV, made when they are asked for; nothing for who may not make reports."""
    try:
        authorize(actor, Permission.MAKE_REPORTS, application.organisation)
    except NotAllowed:
        return
    nights = found.counted(code)
    heading = f"Adherence sheet: one row for each of {plural(len(found.people), 'person', 'people')}"
    caption = (
        "Nights expected, recorded, valid by grade, left out by each reason and analysed, first and last night, nights "
        "before the first recording and after the last, and the longest run without one. Every column is defined in "
        "docs/definitions.md."
    )
    with card("sheet", heading, caption), st.container(horizontal=not narrow()):
        st.download_button(
            "Adherence sheet, CSV",
            lambda: adherence_sheet(application, actor, found).content,
            file_name=adherence_name(found),
            mime="text/csv",
            icon=":material/download:",
            type="primary",
            on_click="ignore",
            key="quality_sheet",
        )
        what = f": {SHORT_REASONS[code]}" if code else ""
        st.download_button(
            f"{plural(nights, 'night')} left out{what}, CSV",
            lambda: left_out_sheet(application, actor, found, code).content,
            file_name=left_out_name(found, code),
            mime="text/csv",
            icon=":material/download:",
            disabled=not nights,
            on_click="ignore",
            key="quality_left_out",
        )
