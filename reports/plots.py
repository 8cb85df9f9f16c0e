"""Charts for a page that the reader's browser draws, in the reader's theme and width."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd

from charts.chart import Chart
from charts.theme import Theme
from reports.plot_colours import in_every_theme, stand_in

__all__ = ["Draw", "Plot", "plot", "told_apart"]

Size = Literal["whole", "half"]


class Draw(Protocol):
    """Draws a chart."""

    def __call__(self, theme: Theme, *, narrow: bool) -> Chart:
        """The chart in a theme, for a phone or not."""


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A chart of a page.

    Attributes:
        name: its own on the page; letters, digits and hyphens, made by us.
        title: the finding, above it; "" where the section says it.
        caption: how to read it; "" likewise.
        alt: what it shows, in words.
        headings, rows: the same as a table, in words.
        height_px: its height on a wide screen.
        size: how much of a sheet's width it takes on paper.
        drawing: traces and layout, in which colours and what a phone has otherwise are told apart.
    """

    name: str
    title: str
    caption: str
    alt: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    height_px: int
    size: Size
    drawing: Any


def plot(name: str, draw: Draw, *, title: str = "", caption: str = "", size: Size = "whole") -> Plot:
    """A chart for every theme and for a wide and a narrow screen.

    Args:
        name: its own on the page; made by us, never of what people wrote.
        draw: makes it.
        title: the finding.
        caption: how to read it.
        size: how much of a sheet's width it takes on paper.
    """
    wide, slim = (draw(stand_in(), narrow=narrow) for narrow in (False, True))
    return Plot(
        name=name,
        title=title,
        caption=caption,
        alt=wide.alt,
        headings=tuple(str(heading) for heading in wide.table.columns),
        rows=tuple(tuple(map(str, row)) for row in wide.table.itertuples(index=False)),
        height_px=wide.height_px,
        size=size,
        drawing=in_every_theme(told_apart(_plain(wide), _plain(slim))),
    )


def told_apart(wide: Any, slim: Any) -> Any:
    """One value for two of the same make: what they share stands once, the rest as `{"$width": [wide, slim]}`."""
    if wide == slim:
        return wide
    if isinstance(wide, dict) and isinstance(slim, dict) and wide.keys() == slim.keys():
        return {name: told_apart(each, slim[name]) for name, each in wide.items()}
    if _of_mappings(wide) and isinstance(slim, list) and len(wide) == len(slim):
        return [told_apart(*both) for both in zip(wide, slim, strict=True)]
    return {"$width": [wide, slim]}


def _of_mappings(value: Any) -> bool:
    """Whether it is a list of parts: a list of numbers or words is kept or replaced as a whole."""
    return isinstance(value, Sequence) and any(isinstance(each, dict) for each in value)


def _plain(chart: Chart) -> Any:
    drawn = chart.drawing.for_browser().to_dict()
    # What a click chooses is an id: nothing chooses here, and ids have no place in a file that is handed on.
    traces = [{name: each for name, each in trace.items() if name != "customdata"} for trace in drawn["data"]]
    return _as_json({**drawn, "data": traces})


def _as_json(value: Any) -> Any:
    """The same as JSON has it: lists for arrays and tuples, null for what is not a number."""
    if isinstance(value, dict):
        return {str(name): _as_json(each) for name, each in value.items()}
    if isinstance(value, np.ndarray | pd.Series | pd.Index):
        return _as_json(value.tolist())
    if isinstance(value, list | tuple):
        return [_as_json(each) for each in value]
    if isinstance(value, np.generic):
        return _as_json(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
