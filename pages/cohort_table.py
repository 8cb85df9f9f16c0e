"""The people of a cohort in one table: a row opens the person, or rows are chosen to do something for them."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final, Literal

import pandas as pd
import streamlit as st

from analytics.cohort_words import LOW_CONFIDENCE, few_nights
from analytics.summary import CohortOverview
from analytics.triage import HOW_TO_READ
from analytics.wording import NOTHING, plural, rounded_series
from charts.sparkline import data_uri, sparkline
from pages.carried import taken_along
from pages.parts import card, chosen_row, narrow, theme

_ROW_PX, _MOST_ROWS, _PHONE_FLAG_PX = 44, 9, 92
_CHOSEN: Final = "cohort_chosen"
_SELECTIONS: Final = "cohort_selections"


def table_card(seen: CohortOverview) -> list[str]:
    """The table, and the ids of the people who are chosen in it; a chosen row opens the person otherwise."""
    few = few_nights(seen.people)
    people = seen.people.assign(few=few).sort_values("delta_tst_min", na_position="last")
    with card("table", seen.table_title, _how_to_read(few=any(few))):
        choosing = st.toggle(
            "Choose people",
            key="cohort_choosing",
            help="Choose rows for a cohort by hand or for a phase; otherwise a row opens the person.",
        )
        return _to_choose_from(people) if choosing else _to_open(people)


def choose_anew() -> None:
    """Lets go of who is chosen, once something was made of them."""
    st.session_state.pop(_CHOSEN, None)
    st.session_state[_SELECTIONS] = st.session_state.get(_SELECTIONS, 0) + 1


def _to_choose_from(people: pd.DataFrame) -> list[str]:
    shown = [str(person_id) for person_id in people.index]
    # The browser holds numbers of rows: they belong to this list in this order, and to no other.
    listed = hashlib.sha256("\n".join(shown).encode()).hexdigest()[:16]
    key = f"cohort_people_many_{st.session_state.get(_SELECTIONS, 0)}_{listed}"
    held = set(st.session_state.get(_CHOSEN, ()))
    rows = [row for row, person_id in enumerate(shown) if person_id in held]
    if rows and key not in st.session_state:
        st.session_state[key] = {"selection": {"rows": rows}}
    chosen = _table(people, key, mode="multi-row")
    found = [shown[row] for row in chosen["selection"]["rows"]]
    st.session_state[_CHOSEN] = found
    st.caption(
        f"{plural(len(found), 'person', 'people')} chosen; see “Saved cohorts” and “Around a phase” below."
    )
    return found


def _to_open(people: pd.DataFrame) -> list[str]:
    st.session_state.pop(_CHOSEN, None)
    chosen = _table(people, "cohort_people", mode="single-row")
    person_id = chosen_row(chosen, [str(person_id) for person_id in people.index], "cohort_rows")
    if person_id:
        st.switch_page("person.py", query_params=taken_along(person=person_id))
    return []


def _how_to_read(*, few: bool) -> str:
    parts = [
        "Means over the last 7 nights; usual: the 28 nights before. Choose a row to open the person.",
        f"Flag: what moved in those 7 days, or a level out of bounds. {HOW_TO_READ}",
    ]
    return " ".join([*parts, LOW_CONFIDENCE] if few else parts)


def _table(people: pd.DataFrame, key: str, *, mode: Literal["single-row", "multi-row"]) -> Mapping[str, Any]:
    return st.dataframe(
        pd.DataFrame(
            {
                "Person": people["name"],
                "Flag": people["label"],
                "Asleep, h": rounded_series(people["mean_tst_min"] / 60, 1),
                "Against usual, min": rounded_series(people["delta_tst_min"]),
                "Efficiency, %": rounded_series(people["mean_se_pct"]),
                "Score": rounded_series(people["score"], 1),
                "Last 28 nights": _lines(people),
                "Valid of 28": people["valid_28"],
                "Few nights": people["few"],
                "Tags": [list(tags) for tags in people["tags"]],
            }
        ),
        hide_index=True,
        row_height=_ROW_PX,
        height=min(_MOST_ROWS * _ROW_PX + 40, (len(people) + 1) * _ROW_PX),
        on_select="rerun",
        selection_mode=mode,
        key=key,
        column_config={
            "Person": st.column_config.TextColumn(pinned=True),
            "Flag": st.column_config.TextColumn(width=_PHONE_FLAG_PX if narrow() else "medium"),
            "Asleep, h": st.column_config.NumberColumn(format="%.1f"),
            "Against usual, min": st.column_config.NumberColumn(format="%+d"),
            "Efficiency, %": st.column_config.ProgressColumn(format="%.0f", min_value=0, max_value=100),
            "Score": st.column_config.NumberColumn(format="%.1f"),
            "Last 28 nights": st.column_config.ImageColumn(width="medium"),
        },
        placeholder=NOTHING,
        alt="People of the cohort with their means of the last seven nights",
    )


def _lines(people: pd.DataFrame) -> list[str]:
    colours = theme()
    return [
        data_uri(sparkline(values, colours, low=low, high=high))
        for values, low, high in zip(
            people["sparkline"], people["band_low_h"], people["band_high_h"], strict=True
        )
    ]
