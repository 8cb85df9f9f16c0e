"""Sleep by week: mean hours a night of each stage, stacked, with how many nights each week has."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analytics.patterns import STAGE_COLUMNS, Patterns
from analytics.wording import NBSP, day, duration, plural
from charts.chart import Chart, nothing_to_draw
from charts.drawing import Drawing, Trace, bar
from charts.theme import Margin, Theme, bare_axis, font_px, plotly_layout

_COLUMNS = ("Week of", "Valid nights", "Asleep", "Deep", "Light", "REM")
_NAMES = {"deep_min": ("deep", "Deep"), "light_min": ("light", "Light"), "rem_min": ("rem", "REM")}
_HEIGHT_PX = 260
_LABELS = {False: 9, True: 4}
_MOST_COUNTED = {False: 14, True: 9}


def weeks(found: Patterns, theme: Theme, *, narrow: bool = False) -> Chart:
    """One bar a calendar week: deep, light and REM from the bottom, mean hours a night; weeks under 3 nights have none.

    Args:
        found: whose `weeks` are drawn.
        theme: whose colours.
        narrow: for a phone: fewer labels.
    """
    drawn = found.weeks[found.weeks["tst_min"].notna()]
    if drawn.empty:
        return nothing_to_draw(theme, "No week of this period has three valid nights.", columns=_COLUMNS)
    every = found.weeks.loc[drawn.index[0] :]
    top = float(drawn["tst_min"].max()) / 60
    layout = plotly_layout(
        theme,
        height_px=_HEIGHT_PX,
        margin=Margin(l=34, r=44, t=22, b=26),
        barmode="stack",
        bargap=0.34,
        xaxis=_weeks_axis(every, theme, narrow=narrow),
        yaxis=_hours_axis(top, theme),
        annotations=[*_counts(every, drawn, theme, narrow=narrow), *_names(drawn, theme)],
    )
    return Chart(
        drawing=Drawing(data=list(_bars(drawn, theme)), layout=layout),
        alt=_alt(drawn, len(found.weeks)),
        table=_table(found.weeks),
        height_px=_HEIGHT_PX,
    )


def _bars(drawn: pd.DataFrame, theme: Theme) -> Iterator[Trace]:
    for column in STAGE_COLUMNS:
        stage, name = _NAMES[column]
        yield bar(
            x=[_iso(monday) for monday in drawn.index],
            y=(drawn[column] / 60).round(3).tolist(),
            name=name,
            marker={"color": theme.stages.of(stage), "line": {"width": 0.5, "color": theme.surface}},
            hovertext=[
                f"{name} {duration(minutes)} a night, week of {_day(monday)}, {plural(int(nights), 'night')}"
                for monday, minutes, nights in zip(drawn.index, drawn[column], drawn["nights"], strict=True)
            ],
            hovertemplate="%{hovertext}<extra></extra>",
        )


def _weeks_axis(every: pd.DataFrame, theme: Theme, *, narrow: bool) -> dict[str, object]:
    step = -(-len(every) // _LABELS[narrow])
    ticks = list(every.index[::step])
    half = pd.Timedelta(days=3.5)
    return bare_axis(
        type="date",
        range=[_iso(every.index[0] - half), _iso(every.index[-1] + half)],
        tickmode="array",
        tickvals=[_iso(monday) for monday in ticks],
        ticktext=[_day(monday) for monday in ticks],
        tickfont={"size": font_px("axis"), "color": theme.text_secondary},
        tickangle=0,
        showline=True,
        linecolor=theme.border,
    )


def _hours_axis(top: float, theme: Theme) -> dict[str, object]:
    ticks = list(range(0, int(top) + 1, 2 if top <= 8 else 4))
    return bare_axis(
        range=[0, top * 1.02],
        tickmode="array",
        tickvals=ticks,
        ticktext=[f"{at}{NBSP}h " if at else "0 " for at in ticks],
        tickfont={"size": font_px("axis"), "color": theme.text_secondary},
        showgrid=True,
        gridcolor=theme.grid,
    )


def _counts(
    every: pd.DataFrame, drawn: pd.DataFrame, theme: Theme, *, narrow: bool
) -> Iterator[dict[str, object]]:
    """How many nights each bar is the mean of, above it, as long as the words do not meet."""
    if len(every) > _MOST_COUNTED[narrow]:
        return
    for monday, row in drawn.iterrows():
        yield {
            "text": f"n{NBSP}{int(row['nights'])}",
            "x": _iso(pd.Timestamp(str(monday))),
            "y": row["tst_min"] / 60,
            "yshift": 9,
            "showarrow": False,
            "font": {"size": font_px("annotation"), "color": theme.text_secondary},
        }


def _names(drawn: pd.DataFrame, theme: Theme) -> Iterator[dict[str, object]]:
    """The stages by name at the right of the last bar, each beside its part."""
    last = drawn.iloc[-1]
    edges = np.concatenate([[0.0], np.cumsum([float(last[column]) for column in STAGE_COLUMNS])]) / 60
    for column, low, high in zip(STAGE_COLUMNS, edges, edges[1:], strict=False):
        yield {
            "text": _NAMES[column][1],
            "xref": "paper",
            "x": 1,
            "xanchor": "left",
            "xshift": 4,
            "y": (low + high) / 2,
            "showarrow": False,
            "font": {"size": font_px("annotation"), "color": theme.text},
        }


def _alt(drawn: pd.DataFrame, weeks_: int) -> str:
    asleep = drawn["tst_min"]
    parts = [
        f"Mean hours a night by week, {len(drawn)} of {plural(weeks_, 'week')} with three nights or more"
    ]
    parts.append(f"asleep from {duration(float(asleep.min()))} to {duration(float(asleep.max()))}")
    for column in STAGE_COLUMNS:
        least, most = (duration(float(value)) for value in (drawn[column].min(), drawn[column].max()))
        parts.append(f"{_NAMES[column][1]} {least} to {most}")
    return "; ".join(parts) + "."


def _table(every: pd.DataFrame) -> pd.DataFrame:
    rows = [
        (
            _day(monday, year=True),
            int(row["nights"]),
            *(duration(float(row[name])) for name in ("tst_min", *STAGE_COLUMNS)),
        )
        for monday, row in every.iterrows()
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def _iso(moment: pd.Timestamp) -> str:
    return moment.isoformat()


def _day(monday: object, *, year: bool = False) -> str:
    return day(pd.Timestamp(str(monday)).date(), weekday=False, short=True, year=year)
