"""The period of a page: one of a few lengths up to the newest night, or the dates of a link."""

from datetime import date, timedelta
from typing import Final

import streamlit as st

from pages.carried import asked, remark, settle
from pages.links import date_in_link, drop, query_choice, query_date
from pages.parts import follow_link

PERIODS: Final = {"4-weeks": 28, "6-weeks": 42, "3-months": 91, "1-year": 365}
_LABELS: Final = {name: name.replace("-", " ") for name in PERIODS}
_OF_LINK: Final = "as linked"
_LONGEST_DAYS: Final = 366


def linked_period(newest: date, *, default: str) -> tuple[date, date]:
    """First and last day of the period that the link names; what it leaves open ends with the newest night.

    Args:
        newest: the label of the newest night.
        default: the length of the page, one of `PERIODS`.
    """
    first, last = date_in_link("from"), date_in_link("to")
    wanted = asked("period")
    days = PERIODS[wanted if wanted in PERIODS else default]
    ends = last or newest
    begins = first or ends - timedelta(days=days - 1)
    wrong = f"from {begins} to {ends}, and {why}" if (why := _wrong(begins, ends)) and (first or last) else ""
    if wrong:
        first = last = None
        begins, ends = newest - timedelta(days=days - 1), newest
    instead = _shown(first, last, wanted if wanted in PERIODS else default)
    for name in ("from", "to"):
        query_date(name, f"{instead[0].upper()}{instead[1:]}.")
    length = query_choice("period", PERIODS, default, what="a period", instead=instead)
    settle("period", length if length != default else None)
    if wrong and ("from" in st.query_params or "to" in st.query_params):
        remark(f"The link's period runs {wrong}. {instead[0].upper()}{instead[1:]}.")
    settle("from", first.isoformat() if first else None)
    settle("to", last.isoformat() if last else None)
    return begins, ends


def forget_period() -> None:
    """Takes the dates out of the link."""
    for name in ("from", "to"):
        drop(name)


def period_picker(page: str, *, default: str) -> None:
    """The lengths to choose from; a link with dates of its own stands beside them.

    Args:
        page: whose choice it is.
        default: the length of the page; it is not named in the link.
    """
    view = st.session_state["view"]
    of_link = bool(view.get("from") or view.get("to"))
    shown = _OF_LINK if of_link else view.get("period") or default
    key = f"{page}_period"

    def go() -> None:
        chosen = st.session_state[key]
        if chosen is None or chosen == _OF_LINK:
            return
        forget_period()
        st.query_params["period"] = chosen

    follow_link(key, shown)
    st.segmented_control(
        "Period",
        [*PERIODS, _OF_LINK] if of_link else list(PERIODS),
        format_func=lambda name: _LABELS.get(name, name),
        required=True,
        key=key,
        label_visibility="collapsed",
        on_change=go,
    )


def _shown(first: date | None, last: date | None, length: str) -> str:
    """What is shown by the dates of the link that hold, for a remark about the others."""
    label = _LABELS[length]
    verb = "is" if label.startswith("1 ") else "are"
    if first and last:
        return f"the dates from {first} to {last} are shown"
    if last:
        return f"the {label} up to {last} {verb} shown"
    return (
        f"the dates from {first} to the newest night are shown"
        if first
        else f"the newest {label} {verb} shown"
    )


def _wrong(first: date, last: date) -> str:
    if first > last:
        return "ends before it begins"
    return "is longer than a year" if (last - first).days >= _LONGEST_DAYS else ""
