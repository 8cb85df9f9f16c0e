"""The flow on the Quality page: recorded, valid, analysed; each reason can be chosen, and lists exactly its nights."""

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analytics.quality import Quality
from analytics.quality_flow import flow
from analytics.quality_states import REASON_SENTENCES, UNRECORDED
from analytics.quality_words import SHORT_REASONS, edges_told, flow_title, listed_title
from analytics.wording import duration, number, of, percent
from charts.quality_flow import quality_flow
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.quality import longest_gaps
from pages.carried import leave_for, settle
from pages.drawn import Drawn
from pages.explained import meaning
from pages.links import drop, query_choice
from pages.parts import card, chosen_row, escape, follow_link, narrow, show, theme

_KEY: Final = "quality_reason"
_MOST_LISTED: Final = 100
_ROW_PX: Final = 35
_MEASURED: Final = {"MOSTLY_MISSING": "Missing", "LONG_GAP": "Longest gap"}
"""What a phone shows of the nights of a reason: the measure that it is about, else the time in bed."""


def flow_card(found: Quality, charts: Drawn) -> tuple[str, DeltaGenerator]:
    """The chosen reason ("" for all of them), and the place where its nights are to be listed."""
    reasons = found.nights_by_reason
    chosen = (
        query_choice(
            "reason",
            ("", *reasons),
            "",
            what="a reason",
            lacking="no night here has",
            instead="all are shown",
        )
        if reasons
        else ""
    )
    settle("reason", chosen or None)
    caption = (
        "Bars are nights, each reason’s where it is taken from the step above. A session is one recording; a night may "
        "have several, and a nap is none of its own."
    )
    with card("flow", flow_title(found), caption):
        if told := edges_told(found):
            st.markdown(escape(told))
        chart = charts.chart(
            f"flow {chosen}",
            lambda: quality_flow(flow(found), theme(), chosen=chosen, narrow=narrow()),
        )
        show(chart, key="quality_flow")
        if reasons:
            _choice(reasons, chosen)
        return chosen, st.container()


def _choice(reasons: Mapping[str, int], chosen: str) -> None:
    def go() -> None:
        code = st.session_state[_KEY]
        if code:
            st.query_params["reason"] = code
        else:
            drop("reason")

    follow_link(_KEY, chosen or None)
    st.pills(
        "Nights left out for one reason",
        list(reasons),
        format_func=lambda code: f"{SHORT_REASONS[code]} · {number(reasons.get(code, 0), 0)}",
        key=_KEY,
        on_change=go,
    )


def listing(application: Application, actor: Actor, found: Quality, code: str) -> None:
    """The nights that the reason leaves out, with what was measured; a row opens the night."""
    shown, nights = found.nights_of(code, most=_MOST_LISTED), found.counted(code)
    st.markdown(f"**{escape(listed_title(found, code))}**")
    if not nights:
        st.caption(
            "Every recorded night is analysed. Those without a recording are listed by their reason above."
        )
        return
    opens = "Choose a row to open the person." if code in UNRECORDED else "Choose a row to open the night."
    if len(shown) < nights:
        opens += f" The newest {of(len(shown), nights)}; the file below has all of them."
    st.caption(opens)
    gaps = [] if code in UNRECORDED else longest_gaps(application, actor, shown)
    row = _chosen(shown, gaps, code)
    if row is None:
        return
    person_id, session_id = row
    if session_id:
        leave_for("night.py", person=person_id, session=session_id)
    leave_for("person.py", person=person_id)


def _chosen(nights: pd.DataFrame, gaps: list[float], code: str) -> tuple[str, str] | None:
    """Person and session of the chosen row."""
    sessions = [each if isinstance(each, str) else "" for each in nights["session_id"]]
    named = [f"{who} {session}" for who, session in zip(nights["person_id"], sessions, strict=True)]
    row = chosen_row(_table(nights, gaps, code), named, "quality_nights_rows")
    if row is None:
        return None
    person_id, _, session = row.partition(" ")
    return person_id, session


def _table(nights: pd.DataFrame, gaps: list[float], code: str) -> Mapping[str, Any]:
    columns: dict[str, object] = {"Person": nights["name"].astype("str"), "Night": nights["night"].dt.date}
    if code not in UNRECORDED:
        measured = nights["tib_min"].where(nights["tib_min"].notna(), nights["recorded_min"])
        columns |= {
            "Missing": [percent(100 * share, 1) for share in nights["missing_share"]],
            "Longest gap": [duration(gap) for gap in gaps],
            "In bed": [duration(minutes) for minutes in measured],
        }
    if not code:
        said = SHORT_REASONS if narrow() else REASON_SENTENCES
        columns["Reason"] = [said[each] for each in nights["code"]]
    if narrow():
        answer = _MEASURED.get(code, "In bed") if code else "Reason"
        columns = {name: columns[name] for name in ("Person", "Night", answer) if name in columns}
    return st.dataframe(
        pd.DataFrame(columns),
        hide_index=True,
        height=min(len(nights) + 1, 11) * _ROW_PX + 3,
        on_select="rerun",
        selection_mode="single-row",
        key="quality_nights",
        column_config={
            "Person": st.column_config.TextColumn(pinned=not narrow(), width=84 if narrow() else None),
            "Night": st.column_config.DateColumn(
                format="D MMM" if narrow() else "ddd D MMM YYYY", width=60 if narrow() else None
            ),
            "Missing": st.column_config.TextColumn(alignment="right", help=meaning("missing_share")),
            "Longest gap": st.column_config.TextColumn(
                alignment="right", help=meaning("longest_gap_of_signal_min")
            ),
            "In bed": st.column_config.TextColumn(alignment="right", help=meaning("recorded_min")),
            "Reason": st.column_config.TextColumn(width=150 if narrow() else "large"),
        },
        alt="The nights that are left out, with what was measured of them",
    )
