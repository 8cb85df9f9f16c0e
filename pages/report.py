"""Reports: one person's week, previewed and downloaded as HTML or CSV."""

import streamlit as st

from analytics.wording import of, span
from nocturne.access import Permission
from nocturne.application import Application
from nocturne.runs import Format, document, person_report
from pages.access import require
from pages.carried import settle
from pages.links import linked_person, query_date
from pages.parts import card, escape, person_picker, rests_on, stale_banner, title
from reports.person_report import PersonReport, file_name

_PREVIEW_HEIGHT_PX = 900


def _page() -> None:
    application, actor = require(Permission.MAKE_REPORTS)
    linked = linked_person(application, actor, page="report")
    person_id, newest = linked.person.person_id, linked.newest
    ending = query_date("ending", "The newest week is shown.") or newest
    settle("ending", ending.isoformat())
    report = person_report(application, actor, person_id, ending=ending)
    title(report.period.title, _facts(report))
    stale_banner(application, [linked.person])
    rests_on(application, report.period.nights)
    who, when, html, csv = st.columns([1.4, 1, 0.8, 0.8], vertical_alignment="bottom")
    with who:
        person_picker(linked.people, person_id, page="report")
    with when:
        st.date_input(
            "Last night of the week",
            value=ending,
            min_value=min(linked.nights["night"].min().date(), ending),
            max_value=max(newest, ending),
            key=f"report_ending_{person_id}_{ending}",
            on_change=_choose_ending,
            args=(f"report_ending_{person_id}_{ending}",),
            format="YYYY-MM-DD",
        )
    with html:
        _download(application, report, "html")
    with csv:
        _download(application, report, "csv")
    st.caption(
        "The HTML is one file that opens anywhere and is laid out for one A4 page; the CSV has one row per sleep."
    )
    with card("preview", "Preview"):
        st.iframe(
            document(report, "html", generated_at=application.now()).content.decode(),
            height=_PREVIEW_HEIGHT_PX,
        )


def _facts(report: PersonReport) -> str:
    shown = report.period
    counted = f"{of(shown.coverage.valid, shown.coverage.expected)} nights valid"
    return f"Weekly report · {span(shown.first, shown.last)} · {counted} · {escape(shown.sleeper.zone)}"


def _download(application: Application, report: PersonReport, kind: Format) -> None:
    st.download_button(
        kind.upper(),
        lambda: document(report, kind, generated_at=application.now()).content,
        file_name=file_name(report, kind),
        mime={"html": "text/html", "csv": "text/csv"}[kind],
        icon=":material/download:",
        type="primary" if kind == "html" else "secondary",
        width="stretch",
        on_click="ignore",
        key=f"download_{kind}",
    )


def _choose_ending(key: str) -> None:
    st.query_params["ending"] = st.session_state[key].isoformat()


_page()
