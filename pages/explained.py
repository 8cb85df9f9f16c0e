"""One number, explained: its name, its value with unit, what it rests on, and its definition one click away."""

from collections.abc import Sequence

import streamlit as st

from analytics.figures import Figure
from pages.parts import escape
from reports.definitions import definition


def explained(label: str, text: str, rests_on: Sequence[str], *, means: str) -> None:
    """A number among others of its kind, as plain text.

    Args:
        label: what a reader calls it.
        text: the value with its unit, as `analytics.wording` writes it.
        rests_on: on how many nights or people, and what to know of it; `26 of 28 nights`.
        means: its entry in docs/definitions.md, whose sentence opens beside the label.
    """
    with st.container(gap="xsmall"):
        st.markdown(escape(label), help=meaning(means))
        st.markdown(f"**{escape(text)}**")
        if rests_on:
            st.caption(escape("; ".join(rests_on)))


def explained_figure(figure: Figure, spread: Figure | None = None) -> None:
    """A figure of a period; its spread, where there is one to show, follows it after ±."""
    shown = spread if spread is not None and spread.shown else None
    text = figure.text if shown is None else f"{figure.text} ± {shown.text}"
    explained(figure.label, text, _rests_on(figure, spread), means=figure.id)


def meaning(name: str) -> str:
    """The definition of a number as the help of any element: a label, a metric, a column of a table."""
    return escape(definition(name))


def _rests_on(figure: Figure, spread: Figure | None) -> list[str]:
    # A note that counts nights says better what the figure rests on.
    notes = [figure.counted] if figure.shown and "night" not in figure.note else []
    notes += [figure.note] if figure.note else []
    if figure.shown and spread is not None and spread.note and spread.note != figure.note:
        notes.append(spread.note)
    return notes
