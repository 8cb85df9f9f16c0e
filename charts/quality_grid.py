"""People by nights as states: which nights are there, how good they are, and which are not; one square a night."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.quality import Quality
from analytics.quality_states import (
    GRADE_A,
    GRADE_B,
    LEFT_OUT,
    NO_RECORDING,
    NOT_ANALYSED,
    NOT_SYNCED,
    REASON_CODES,
    STATES,
    UNGRADED,
    UNRECORDED,
    UNUSABLE,
)
from analytics.quality_words import SHORT_REASONS
from analytics.wording import day, number, of, plural
from charts.chart import Chart, nothing_to_draw
from charts.day_axis import day_axis, edge
from charts.drawing import Drawing, Trace, heatmap, scatter
from charts.labels import width_px
from charts.people_grid import MOST_MARKED_NIGHTS, NARROW_NIGHTS, marked, name_axis, names_px, unique_names
from charts.theme import TRANSPARENT, Margin, Theme, font_px, measure, plotly_layout

__all__ = ["PEOPLE_PER_PAGE", "quality_grid"]

PEOPLE_PER_PAGE: Final = 100
_COLUMNS = ("Person", "Valid nights")
_AXIS_PX, _KEY_ROW_PX, _BOTTOM_PX, _RIGHT_PX = 30, 20, 6, {False: 66, True: 60}
_SWATCH_PX, _KEY_GAP_PX = 14, 14
# What a phone leaves for the key beside the names, and a desk; a row of it ends where the next entry has no room.
_KEY_PX = {False: 980, True: 220}


class _Look(NamedTuple):
    """How a state is drawn: the symbol of its mark with size and width, and the sign that stands for it in the key."""

    symbol: str
    size: int
    sign: str


_LOOKS: Final = {
    GRADE_A: _Look("", 0, ""),
    GRADE_B: _Look("line-ew", 6, "–"),
    UNGRADED: _Look("circle-open", 6, "○"),
    NOT_ANALYSED: _Look("line-ns", 7, "|"),
    LEFT_OUT: _Look("diamond", 6, "◆"),
    UNUSABLE: _Look("x-thin", 6, "×"),
    NO_RECORDING: _Look("circle", 3, "•"),
    NOT_SYNCED: _Look("line-ne", 7, "/"),
}


def quality_grid(found: Quality, theme: Theme, *, page: int = 1, narrow: bool = False) -> Chart:
    """A page of people by nights: each state has a colour and a mark of its own; at the right the valid nights.

    One heatmap of bytes carries the states, so that a page of 100 people and a year stays under a megabyte.

    Args:
        found: whose `people`, `dates` and `states` are drawn, in their order.
        theme: whose colours.
        page: of `PEOPLE_PER_PAGE` people, from 1.
        narrow: for a phone: the last 14 nights only; counts and table are of all of them.
    """
    rows = slice((page - 1) * PEOPLE_PER_PAGE, page * PEOPLE_PER_PAGE)
    people, states = found.people.iloc[rows], found.states[rows]
    if not len(people):
        return nothing_to_draw(theme, "There is nobody in this cohort.", columns=_COLUMNS)
    shown = slice(-NARROW_NIGHTS, None) if narrow else slice(None)
    names = [str(name) for name in people["name"]]
    unique = unique_names(names)
    labels = [escape(name, quote=False) for name in unique]
    words = _words(found, rows)
    key = _key(states[:, shown], narrow=narrow)
    top_px = _AXIS_PX + _KEY_ROW_PX * (1 + max(row for *_, row in key))
    height_px = top_px + _BOTTOM_PX + measure("people_map")["row_px"] * len(names)
    counts = [of(int(valid), found.days) for valid in people["valid_nights"]]
    dates = found.dates[shown]
    layout = plotly_layout(
        theme,
        height_px=height_px,
        margin=Margin(l=names_px(unique, narrow=narrow), r=_RIGHT_PX[narrow], t=top_px, b=_BOTTOM_PX),
        xaxis=day_axis(dates[0].date(), dates[-1].date(), theme, narrow=narrow, side="top", showline=False),
        yaxis=name_axis(unique, labels, theme, narrow=narrow),
        shapes=list(_swatches(key, theme)),
        annotations=list(_key_words(key, theme)),
    )
    traces = [
        _heatmap(states[:, shown], words[:, shown], labels, dates, theme),
        *_marks(states[:, shown], labels, dates, theme),
        _counts(labels, counts, edge(dates[-1].date(), 1), theme),
    ]
    return Chart(
        drawing=Drawing(data=traces, layout=layout),
        alt=_alt(found, people, states),
        table=_table(found.dates, names, counts, words),
        height_px=height_px,
    )


def _words(found: Quality, rows: slice) -> NDArray[np.object_]:
    """What each square says: its state, and why where it is left out."""
    states, reasons = found.states[rows], found.reasons[rows]
    words = np.array([STATES[state] for state in range(len(STATES))], dtype=object)[states]
    for code in np.unique(reasons).tolist():
        name = REASON_CODES[code]
        if name and name not in UNRECORDED:
            where = reasons == code
            words[where] = [f"{STATES[state]}: {SHORT_REASONS[name]}" for state in states[where].tolist()]
    return words


def _colours(theme: Theme) -> dict[int, str]:
    return {
        NOT_SYNCED: TRANSPARENT,
        NO_RECORDING: theme.sunken,
        UNUSABLE: theme.border,
        LEFT_OUT: theme.attention_soft,
        NOT_ANALYSED: theme.accent_soft,
        UNGRADED: theme.sequential[1],
        GRADE_B: theme.sequential[3],
        GRADE_A: theme.sequential[6],
    }


def _mark_colours(theme: Theme) -> dict[int, str]:
    return {
        NOT_SYNCED: theme.border_strong,
        NO_RECORDING: theme.text_tertiary,
        UNUSABLE: theme.text_secondary,
        LEFT_OUT: theme.attention,
        NOT_ANALYSED: theme.accent,
        UNGRADED: theme.stages.deep if theme.name != "dark" else theme.background,
        GRADE_B: theme.background if theme.name == "dark" else theme.text,
    }


def _heatmap(
    states: NDArray[np.uint8],
    words: NDArray[np.object_],
    labels: list[str],
    dates: pd.DatetimeIndex,
    theme: Theme,
) -> Trace:
    gap = measure("people_map")["gap_px"]
    last = len(STATES) - 1
    stops: list[tuple[float, str]] = []
    for state, colour in sorted(_colours(theme).items()):
        edges = [(min(max(edge, 0), last)) / last for edge in (state - 0.5, state + 0.5)]
        stops += [(edges[0], colour), (edges[1], colour)]
    return heatmap(
        z=states,
        x0=dates[0].isoformat(),
        dx=86_400_000,
        y=labels,
        text=words.tolist(),
        hovertemplate="%{y}, night to %{x|%a %-d %b}: %{text}<extra></extra>",
        zmin=0,
        zmax=last,
        colorscale=stops,
        showscale=False,
        xgap=gap if len(dates) <= MOST_MARKED_NIGHTS else 0,
        ygap=gap,
    )


def _marks(
    states: NDArray[np.uint8], labels: list[str], dates: pd.DatetimeIndex, theme: Theme
) -> Iterator[Trace]:
    days, colours = [moment.date().isoformat() for moment in dates], _mark_colours(theme)
    for state, look in _LOOKS.items():
        rows, columns = marked(states == state)
        if not look.symbol or not len(rows):
            continue
        yield scatter(
            x=[days[column] for column in columns],
            y=[labels[row] for row in rows],
            mode="markers",
            name=STATES[state],
            marker={
                "symbol": look.symbol,
                "size": look.size,
                "color": colours[state],
                "line": {
                    "width": 1.5 if "line" in look.symbol or "thin" in look.symbol else 1,
                    "color": colours[state],
                },
            },
            hoverinfo="skip",
        )


def _key(states: NDArray[np.uint8], *, narrow: bool) -> list[tuple[int, float, int]]:
    """The states that are there, each with its place in the key: px from the left, and row."""
    placed: list[tuple[int, float, int]] = []
    x, row = 0.0, 0
    for state in (state for state in STATES if np.any(states == state)):
        width = _SWATCH_PX + 4 + width_px(STATES[state], "axis") + _KEY_GAP_PX
        if x and x + width > _KEY_PX[narrow]:
            x, row = 0.0, row + 1
        placed.append((state, x, row))
        x += width
    return placed


def _key_y(key: Sequence[tuple[int, float, int]], row: int) -> float:
    """The middle of a row of the key, in px above the plot."""
    rows = 1 + max(at for *_, at in key)
    return _AXIS_PX + _KEY_ROW_PX * (rows - row - 0.5)


def _swatches(key: Sequence[tuple[int, float, int]], theme: Theme) -> Iterator[dict[str, object]]:
    colours = _colours(theme)
    for state, x, row in key:
        middle = _key_y(key, row)
        yield {
            "type": "rect",
            "xref": "paper",
            "yref": "paper",
            "xsizemode": "pixel",
            "ysizemode": "pixel",
            "xanchor": 0,
            "yanchor": 1,
            "x0": x,
            "x1": x + _SWATCH_PX,
            "y0": middle - _SWATCH_PX / 2,
            "y1": middle + _SWATCH_PX / 2,
            "fillcolor": colours[state],
            "line": {"width": 1 if state == NOT_SYNCED else 0, "color": theme.border},
        }


def _key_words(key: Sequence[tuple[int, float, int]], theme: Theme) -> Iterator[dict[str, object]]:
    colours = _mark_colours(theme)
    held = {"xref": "paper", "yref": "paper", "x": 0, "y": 1, "yanchor": "middle", "showarrow": False}
    for state, x, row in key:
        middle, sign = _key_y(key, row), _LOOKS[state].sign
        if sign:
            font = {"size": font_px("axis"), "color": colours[state]}
            yield {
                **held,
                "text": sign,
                "xshift": x + _SWATCH_PX / 2,
                "xanchor": "center",
                "yshift": middle,
                "font": font,
            }
        yield {
            **held,
            "text": STATES[state],
            "xshift": x + _SWATCH_PX + 4,
            "xanchor": "left",
            "yshift": middle,
            "font": {"size": font_px("axis"), "color": theme.text_secondary},
        }


def _counts(labels: list[str], counts: list[str], last: str, theme: Theme) -> Trace:
    """The valid nights of each person, right of the last night: one trace, as a hundred annotations take long."""
    return scatter(
        x=[last] * len(labels),
        y=labels,
        mode="text",
        name="Valid nights",
        text=[f"  {counted}" for counted in counts],
        textposition="middle right",
        textfont={"size": font_px("annotation"), "color": theme.text_secondary},
        cliponaxis=False,
        hoverinfo="skip",
    )


def _alt(found: Quality, people: pd.DataFrame, states: NDArray[np.uint8]) -> str:
    first, last = (day(moment, weekday=False) for moment in (found.first, found.last))
    whom = plural(len(people), "person", "people")
    if len(people) < len(found.people):
        whom = f"{of(len(people), len(found.people))} people"
    counted = [
        f"{number(int(np.count_nonzero(states == state)), 0)} {name}"
        for state, name in STATES.items()
        if np.any(states == state)
    ]
    return f"People by nights, {whom}, {first} to {last}; {'; '.join(counted)}."


def _table(
    dates: pd.DatetimeIndex, names: list[str], counts: list[str], words: NDArray[np.object_]
) -> pd.DataFrame:
    nights = [day(moment.date(), weekday=False, short=True) for moment in dates]
    people = pd.DataFrame({"Person": names, "Valid nights": counts})
    return pd.concat([people, pd.DataFrame(words, columns=nights)], axis=1)
