"""Every sleep of a person's period in one table, with the tags of its night; filtered by tag, and a row opens it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NoReturn

import pandas as pd
import streamlit as st

from analytics.summary import PersonPeriod
from analytics.usual import counted_efficiency_pct
from analytics.wording import clock, duration, of, plural, rounded_series
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.journal import night_tags
from pages.carried import leave_for
from pages.links import drop, query_filters
from pages.parts import card, chosen_row, follow_link
from store.people import Person

_KEY = "person_night_tags"


def nights_card(application: Application, actor: Actor, found: Person, shown: PersonPeriod) -> None:
    """The table of the period, newest first."""
    tagged = night_tags(application, actor, found.person_id, first=shown.first, last=shown.last)
    tags = {night: [tag.tag for tag in each] for night, each in tagged.items()}
    known = sorted({tag for each in tags.values() for tag in each})
    wanted = query_filters("tag", known, "a tag")
    table = shown.nights.sort_values("start", ascending=False)
    everything = len(table)
    if wanted:
        table = table[[_has(tags, moment.date(), wanted) for moment in table["night"]]]
    heading = f"{plural(everything, 'session')} in this period"
    if wanted:
        heading = f"{of(len(table), everything)} sessions of this period are tagged so"
    with card("nights", heading, "Choose a row to open the night, where its notes and tags are written."):
        if known:
            _filter(known, wanted)
        session = chosen_row(
            _table(table, tags), table["session_id"].tolist(), f"person_rows_{found.person_id}"
        )
        if session:
            open_night(found.person_id, session)


def open_night(person_id: str, session_id: str) -> NoReturn:
    """Leads to a night, and Back from there to the same period, metric and tags."""
    leave_for("night.py", person=person_id, session=session_id)


def _has(tags: Mapping[date, Sequence[str]], night: date, wanted: Sequence[str]) -> bool:
    return not set(wanted).isdisjoint(tags.get(night, ()))


def _filter(known: Sequence[str], wanted: Sequence[str]) -> None:
    def go() -> None:
        chosen = st.session_state[_KEY]
        if chosen:
            st.query_params["tag"] = chosen
        else:
            drop("tag")

    follow_link(_KEY, list(wanted))
    st.multiselect(
        "Only nights tagged", list(known), key=_KEY, on_change=go, placeholder="All nights; any of these tags"
    )


def _table(table: pd.DataFrame, tags: Mapping[date, Sequence[str]]) -> "Mapping[str, object]":
    return st.dataframe(
        pd.DataFrame(
            {
                "Night": table["night"].dt.date,
                "Kind": table["kind"],
                "Grade": table["grade"],
                "To bed": table["start_clock_h"].map(clock),
                "Up": table["end_clock_h"].map(clock),
                "Asleep": table["tst_min"].map(duration),
                "Efficiency, %": rounded_series(
                    pd.Series(counted_efficiency_pct(table), index=table.index), 1
                ),
                "To fall asleep, min": table["sol_min"],
                "Awake after, min": table["waso_min"],
                "Deep, min": table["deep_min"],
                "REM, min": table["rem_min"],
                "Tags": [list(tags.get(moment.date(), ())) for moment in table["night"]],
            }
        ),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="person_nights",
        column_config={
            "Night": st.column_config.DateColumn(format="ddd D MMM YYYY", pinned=True),
            "Asleep": st.column_config.TextColumn(alignment="right"),
            "To bed": st.column_config.TextColumn(alignment="right"),
            "Up": st.column_config.TextColumn(alignment="right"),
            "Tags": st.column_config.ListColumn(),
        },
        alt="Every sleep of the period with its statistics and the tags of its night",
    )
