"""The people of a cohort in one table: a row opens the person, or rows are chosen to do something for them."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, Literal

import pandas as pd
import streamlit as st

from analytics.cohort_words import LOW_CONFIDENCE, few_nights
from analytics.summary import CohortOverview
from analytics.triage import HOW_TO_READ
from analytics.wording import NOTHING, number, of, plural, rounded_series
from charts.sparkline import data_uri, sparkline
from charts.theme import ThemeName
from charts.theme import theme as theme_named
from pages.carried import leave_for
from pages.cohort_turning import turn
from pages.explained import meaning
from pages.links import query_page
from pages.parts import card, chosen_row, escape, narrow, theme

ROWS: Final = 500
"""So many people stand on one page of the table: each of them carries a drawing of 1.5 kB."""

_ROW_PX, _MOST_ROWS, _PHONE_FLAG_PX = 36, 9, 92
_ON_A_PHONE: Final = ("Person", "Flag", "Against usual, min", "Asleep, h", "Valid of 28", "Tags")
_CHOSEN: Final = "cohort_chosen"
_SELECTIONS: Final = "cohort_selections"


def table_card(seen: CohortOverview) -> list[str]:
    """The table, and the ids of the people who are chosen in it; a chosen row opens the person otherwise."""
    people = seen.people.sort_values("delta_tst_min", na_position="last")
    pages = -(-len(people) // ROWS)
    page = query_page("list", pages)
    people = people.iloc[(page - 1) * ROWS : page * ROWS]
    few = few_nights(people)
    people = people.assign(few=few)
    with card("table", seen.table_title, _how_to_read(few=any(few))):
        choosing = st.toggle(
            "Choose people",
            key="cohort_choosing",
            help="Choose rows for a cohort by hand or for a phase; otherwise a row opens the person.",
        )
        if pages > 1:
            first = (page - 1) * ROWS
            st.caption(
                f"People {number(first + 1, 0)} to {of(first + len(people), len(seen.people))}, whose sleep fell most "
                "against usual first. A heading sorts the people of this page."
            )
        chosen = _to_choose_from(people) if choosing else _to_open(people)
        turn("list", page, pages)
        return chosen


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
        leave_for("person.py", person=person_id)
    return []


def _how_to_read(*, few: bool) -> str:
    words = (
        "Means over the last 7 nights; usual: the 28 nights before. Flag: what moved, or a level out of bounds. Choose "
        "a row to open the person."
    )
    return f"{words} {LOW_CONFIDENCE}" if few else words


def _table(people: pd.DataFrame, key: str, *, mode: Literal["single-row", "multi-row"]) -> Mapping[str, Any]:
    columns = {
        "Person": people["name"],
        "Flag": people["label"],
        "Few nights": people["few"],
        "Against usual, min": rounded_series(people["delta_tst_min"]),
        "Asleep, h": rounded_series(people["mean_tst_min"] / 60, 1),
        "Efficiency, %": rounded_series(people["mean_se_pct"]),
        "Score": rounded_series(people["score"], 1),
        "Last 28 nights": _lines(people) if not narrow() else people["valid_28"],
        "Valid of 28": people["valid_28"],
        "Tags": [list(tags) for tags in people["tags"]],
    }
    shown = [name for name in columns if not narrow() or name in _ON_A_PHONE]
    return st.dataframe(
        pd.DataFrame({name: columns[name] for name in shown}, index=people.index),
        hide_index=True,
        row_height=_ROW_PX,
        height=min(_MOST_ROWS * _ROW_PX + 40, (len(people) + 1) * _ROW_PX),
        on_select="rerun",
        selection_mode=mode,
        key=key,
        column_config={name: config for name, config in _columns().items() if name in shown},
        placeholder=NOTHING,
        alt="People of the cohort with their means of the last seven nights",
    )


def _columns() -> dict[str, Any]:
    """How each column is written, how wide it is, and what its heading says of it."""
    of_kind = st.column_config
    return {
        "Person": of_kind.TextColumn(pinned=True, width=100 if narrow() else 112),
        "Flag": of_kind.TextColumn(
            width=_PHONE_FLAG_PX if narrow() else 124, help=f"{meaning('label')} {escape(HOW_TO_READ)}"
        ),
        "Against usual, min": of_kind.NumberColumn(
            "Against" if narrow() else None,
            format="%+d",
            width=72 if narrow() else 128,
            help=meaning("delta_tst_min"),
        ),
        "Asleep, h": of_kind.NumberColumn(format="%.1f", width=76, help=meaning("week_tst_min")),
        "Efficiency, %": of_kind.ProgressColumn(
            format="%.0f", min_value=0, max_value=100, width=100, help=meaning("week_se_pct")
        ),
        "Score": of_kind.NumberColumn(format="%.1f", width=64, help=meaning("week_score")),
        "Last 28 nights": of_kind.ImageColumn(width=130, help=meaning("usual_band")),
        "Valid of 28": of_kind.NumberColumn(width=84, help=meaning("valid_28")),
        "Tags": of_kind.ListColumn(width=146),
        "Few nights": of_kind.TextColumn(width=100, help=meaning("rests_on_few")),
    }


def _lines(people: pd.DataFrame) -> list[str]:
    name = theme().name
    return [
        _line(values, low, high, name)
        for values, low, high in zip(
            people["sparkline"], people["band_low_h"], people["band_high_h"], strict=True
        )
    ]


@lru_cache(maxsize=2 * ROWS)
def _line(values: tuple[float, ...], low: float, high: float, name: ThemeName) -> str:
    """The drawing of one person: a function of numbers alone, asked for again in every run of the page."""
    return data_uri(sparkline(values, theme_named(name), low=low, high=high))
