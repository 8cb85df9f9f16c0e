"""A report's documents: a download of each format, on which paper and under which names, and how the PDF looks."""

from dataclasses import dataclass, replace
from typing import Final

import streamlit as st

from analytics.wording import of
from nocturne.application import Application
from nocturne.documents import MEDIA_TYPES, PAPERS, Format, Paper, Wanted, documents, named
from nocturne.places import one_file
from pages.carried import choose, settle
from pages.links import query_choice
from pages.parts import card, escape, follow_link
from pages.report_choices import NAMING, PAPER_NAMES, naming
from reports.cohort_report import CohortReport
from reports.pdf_pictures import pages_of
from reports.person_report import PersonReport
from reports.typesetting import NotTypeset

_KEPT: Final = "report_preview"
_PAIRS: Final[tuple[tuple[Format, Format], ...]] = (("pdf", "html"), ("xlsx", "csv"))
_SAYS: Final[dict[Format, str]] = {
    "pdf": "to print and to send",
    "html": "with charts to point at",
    "xlsx": "a workbook",
    "csv": "its tables",
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a reader chooses beside the report itself."""

    paper: Paper
    pseudonyms: bool


def linked_asked() -> Asked:
    """What the link says of paper and names."""
    paper = query_choice("paper", PAPERS, "a4", what="a paper", instead="A4 is used")
    names = query_choice("names", NAMING, "names", what="a way to name people", instead="names are used")
    settle("paper", paper if paper != "a4" else None)
    settle("names", names if names != "names" else None)
    return Asked(paper="letter" if paper == "letter" else "a4", pseudonyms=names == "pseudonyms")


def documents_card(
    application: Application, report: PersonReport | CohortReport, wanted: Wanted, asked: Asked
) -> None:
    """The downloads, each made when it is asked for."""
    caption = (
        "PDF to print and send, HTML with charts to point at, XLSX and CSV to compute with: the same numbers."
    )
    with card("documents", "Download", caption):
        for pair in _PAIRS:
            for column, kind in zip(st.columns(2), pair, strict=True):
                with column:
                    _download(application, report, replace(wanted, formats=(kind,)))
        link_choice("paper", PAPER_NAMES, asked.paper, label="Paper of the PDF")
        link_choice("names", NAMING, naming(pseudonyms=asked.pseudonyms), label="People go by")


def preview_card(application: Application, report: PersonReport | CohortReport, wanted: Wanted) -> None:
    """The pages of the PDF as they are printed."""
    with card("preview", "As it is printed"):
        try:
            found = _pages(application, report, wanted)
        except NotTypeset as reason:
            st.error(escape(str(reason)), icon=":material/error:")
            return
        for number, page in enumerate(found, start=1):
            st.image(page, width="stretch", alt=_alt(report, number, len(found)))


def _pages(
    application: Application, report: PersonReport | CohortReport, wanted: Wanted
) -> tuple[bytes, ...]:
    """The pages as pictures; while a reader looks at the same report they are not made again."""
    whom = report.period.sleeper if isinstance(report, PersonReport) else report.sleepers
    shown = report.period
    what = (wanted, named(report, "pdf"), whom, shown.title, shown.lead, shown.method, _version(application))
    kept: tuple[object, tuple[bytes, ...]] | None = st.session_state.get(_KEPT)
    if kept is None or kept[0] != what:
        (printed,) = documents(report, replace(wanted, formats=("pdf",)), generated_at=application.now())
        kept = st.session_state[_KEPT] = (what, pages_of(printed.content))
    return kept[1]


def _version(application: Application) -> str:
    return application.archive.version(application.organisation)


def _alt(report: PersonReport | CohortReport, number: int, pages: int) -> str:
    shown = report.period
    return f"Page {of(number, pages)} of the report. {shown.title}. {shown.lead}"


def _download(application: Application, report: PersonReport | CohortReport, wanted: Wanted) -> None:
    (kind,) = wanted.formats
    several = kind == "csv"  # one for each table
    st.download_button(
        f"{kind.upper()}, zipped" if several else kind.upper(),
        lambda: one_file(report, wanted, generated_at=application.now()),
        file_name=named(report, "zip" if several else kind),
        mime="application/zip" if several else MEDIA_TYPES[kind],
        icon=":material/download:",
        type="primary" if kind == "pdf" else "secondary",
        width="stretch",
        on_click="ignore",
        help=_SAYS[kind],
        key=f"download_{kind}",
    )


def link_choice(name: str, choices: dict[str, str], chosen: str, *, label: str) -> None:
    """A few choices side by side; what is chosen goes into the link under that name."""
    key = f"report_{name}"

    def go() -> None:
        choose(**{name: st.session_state[key]})

    follow_link(key, chosen)
    st.segmented_control(
        label, list(choices), format_func=choices.__getitem__, required=True, key=key, on_change=go
    )
