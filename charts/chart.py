"""A chart as a value: the figure, what it says in words, and the same numbers as a table."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd
import plotly.graph_objects as go

from charts.drawing import Drawing
from charts.theme import Margin, Theme, bare_axis, font_px, plotly_layout

_EMPTY_HEIGHT_PX = 96


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A drawn chart with its two other forms.

    Attributes:
        drawing: to be shown with `theme=None` and `charts.theme.CONFIG`; it carries no title.
        alt: what the chart shows, with its numbers, as plain text.
        table: the same values for reading, one row per thing drawn; headings and cells are words.
        height_px: height of the figure, so that its place can be kept while it loads.
    """

    drawing: Drawing
    alt: str
    table: pd.DataFrame
    height_px: int

    @cached_property
    def figure(self) -> go.Figure:
        """The drawing as Plotly's own figure, every property of it checked: for whoever looks into a chart.

        Raises:
            ValueError: Plotly refuses a property.
        """
        return self.drawing.checked()


def nothing_to_draw(theme: Theme, sentence: str, *, columns: tuple[str, ...]) -> Chart:
    """A sentence in place of a chart without data: no blank axes.

    Args:
        theme: whose colours.
        sentence: what is missing; it is the alternative text too.
        columns: headings of the empty table.
    """
    layout = plotly_layout(
        theme,
        height_px=_EMPTY_HEIGHT_PX,
        margin=Margin(l=0, r=0, t=0, b=0),
        xaxis=bare_axis(visible=False),
        yaxis=bare_axis(visible=False),
    )
    words = {
        "text": sentence,
        "x": 0,
        "y": 0.5,
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left",
        "showarrow": False,
        "font": {"size": font_px("caption"), "color": theme.text_secondary},
    }
    layout["annotations"] = [words]
    figure = Drawing(layout=layout)
    return Chart(
        drawing=figure, alt=sentence, table=pd.DataFrame(columns=list(columns)), height_px=_EMPTY_HEIGHT_PX
    )
