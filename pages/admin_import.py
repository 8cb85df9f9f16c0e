"""A list of people, looked at line by line before anything of it is taken in."""

import pandas as pd
import streamlit as st

from nocturne.access import Actor
from nocturne.application import Application
from nocturne.imports import ImportPlan, ImportReport, Planned, accept_import, plan_import
from nocturne.roster_file import RosterError
from pages.access import here
from pages.parts import card, escape

PERSON_READ = "admin_read"
"""The person of Admin's form, as this browser read them first."""
_ORDER = {"refuse": 0, "change": 1, "add": 2, "as before": 3}
_WORDS = {"refuse": "refused", "change": "change", "add": "add", "as before": "as before"}
_TOLD = 10
_PLAN, _TURN, _REPORT = "import_plan", "import_turn", "import_report"


def import_form(application: Application, actor: Actor) -> None:
    """Takes a file, shows what every line would do, and does it when that is accepted."""
    turn = st.session_state.setdefault(_TURN, 0)
    file = st.file_uploader("CSV file", type="csv", max_upload_size=5, key=f"import_file_{turn}")
    if file is None:
        return
    known: tuple[str, ImportPlan] | None = st.session_state.get(_PLAN)
    try:
        # Planned once: what is accepted is what was seen.
        if known is None or known[0] != file.file_id:
            known = (file.file_id, plan_import(application, actor, file.getvalue()))
            st.session_state[_PLAN] = known
    except RosterError as refusal:
        st.error(escape(str(refusal)))
        return
    _preview(application, actor, known[1])


def import_outcome() -> None:
    """What the last import did with every row, until the reader has seen it."""
    report: ImportReport | None = st.session_state.get(_REPORT)
    if report is None:
        return
    with card("imported", f"Import: {report.in_words}"):
        for row in report.refused[:50]:
            st.markdown(f"Line {row.line}: {escape(row.reason)}")
        if len(report.refused) > 50:
            st.caption(f"And {len(report.refused) - 50} more lines.")
        st.button("Close", on_click=lambda: st.session_state.pop(_REPORT), key="import_close")


def _preview(application: Application, actor: Actor, plan: ImportPlan) -> None:
    st.markdown(f"**{escape(plan.in_words)}** Nothing has been taken in yet.")
    for remark in plan.remarks:
        st.caption(escape(remark))
    rows = sorted(plan.rows, key=lambda row: (_ORDER[row.action], row.line))
    st.dataframe(
        pd.DataFrame([_shown(row) for row in rows]),
        hide_index=True,
        key="import_preview",
        column_config={
            "Line": st.column_config.NumberColumn(width="small"),
            "Why, or what changes": st.column_config.TextColumn(width="large"),
        },
        alt="Every line of the list: what it would do, and why it is refused or what it changes",
    )
    refused = plan.of("refuse")
    for row in refused[:_TOLD]:
        st.caption(f"Line {row.line}: {escape(row.words)}")
    if len(refused) > _TOLD:
        st.caption(f"And {len(refused) - _TOLD} more lines, at the top of the table.")
    doing = len(plan.of("add", "change"))
    with st.container(horizontal=True):
        if st.button(
            f"Import {doing} and bring their nights" if doing else "Nothing to import",
            type="primary",
            disabled=not doing,
            key="import_accept",
        ):
            st.session_state[_REPORT] = accept_import(application, actor, plan)
            st.session_state.pop(PERSON_READ, None)  # what the form below holds may have been changed by this
            _forget()
            here().request_sync()
            st.rerun()
        st.button("Discard", on_click=_forget, key="import_discard")


def _shown(row: Planned) -> dict[str, object]:
    return {
        "Line": row.line,
        "Would": _WORDS[row.action],
        "Why, or what changes": row.words,
        "Name": row.cells["name"],
        "Vendor id": row.cells["vendor_id"],
        "Zone": row.cells["zone"],
        "Tags": row.cells.get("tags", ""),
    }


def _forget() -> None:
    st.session_state.pop(_PLAN, None)
    st.session_state[_TURN] += 1
