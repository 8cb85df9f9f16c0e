"""When a person sleeps: one bar a night on the clock, earliest on top."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.marked import Marked
from analytics.summary import ClockSpread
from analytics.wording import LATE_UNTIL_H, clock, duration, night_dates, of
from charts.chart import Chart, nothing_to_draw
from charts.day_axis import day_axis, weekends
from charts.drawing import Drawing, Trace, bar
from charts.marks import with_marks
from charts.theme import Margin, Theme, bare_axis, faded, font_px, measure, plotly_layout

Floats = NDArray[np.float64]

_COLUMNS = ("Night", "Kind", "To bed", "Asleep from", "Awake from", "Up", "Time asleep")
_NOON_H = 12.0
_DAY_MS = 86_400_000
# A nap stands at the right edge of its day's column, half as wide as a night.
_NAP_SHARE, _NAP_SHIFT = 0.5, 0.18
_TICK_STEPS_H = (1, 2, 3, 6)
_TICKS = 6
_EDGE_H = 0.5
# The usual times are written beside the bars: on them they would hide when the last nights began or ended.
_LABELS_PX = 64


def timing(
    nights: pd.DataFrame,
    theme: Theme,
    *,
    first: date,
    last: date,
    bed: ClockSpread,
    rise: ClockSpread,
    narrow: bool = False,
    events: Sequence[Marked] = (),
) -> Chart:
    """One bar a night from going to bed to getting up: pale in bed, full asleep; naps narrower beside it.

    The clock is wrapped around the person's own anchor, so the sleep of a day sleeper is as whole as anybody's.
    Valid main sleeps and naps are drawn; a missing bar is a night without a valid recording. A dotted line stands at
    the typical bedtime and rise time of the period, where it has one.

    Args:
        nights: rows of the nights frame: `night`, `kind`, `grade`, `valid`, `start_clock_h`, `end_clock_h`,
            `onset_clock_h`, `wake_clock_h`, `midsleep_clock_h`, `anchor_clock_h`, `tst_min`.
        theme: whose colours.
        first: first night label of the period.
        last: last one, inclusive.
        bed: the period's typical bedtime; no line where its mean is NaN.
        rise: its typical rise time, likewise.
        narrow: for a phone: fewer labels.
        events: phases and notes; those of the period stand above the nights.
    """
    drawn = _drawn(nights, first, last)
    if drawn.empty:
        return nothing_to_draw(theme, "No valid night in this period.", columns=_COLUMNS)
    size = measure("timing")
    placed = _placed(drawn)
    usual = _usual(placed, {"bed": bed, "rise": rise})
    low, high = float(placed["bed"].min()) - _EDGE_H, float(placed["rise"].max()) + _EDGE_H
    layout = plotly_layout(
        theme,
        height_px=size["height_px"],
        margin=Margin(l=48, r=_LABELS_PX if usual else 6, t=10, b=26),
        xaxis=day_axis(first, last, theme, narrow=narrow),
        yaxis=_clock_axis(low, high, float(placed["anchor"].iloc[-1]), theme),
        shapes=[*weekends(first, last, theme, size["weekend_alpha"]), *_usual_lines(usual, theme)],
        annotations=list(_usual_labels(usual, theme)),
    )
    figure = Drawing(data=list(_traces(placed, theme)), layout=layout)
    chart = Chart(
        drawing=figure,
        alt=_alt(placed, usual, first, last),
        table=_table(placed),
        height_px=size["height_px"],
    )
    rows = [moment.date() for moment in placed["night"]]
    return with_marks(chart, events, theme, days=(first, last), rows=rows, narrow=narrow)


def _drawn(nights: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    inside = nights["night"].between(pd.Timestamp(first), pd.Timestamp(last))
    main = (nights["kind"] == "main") & nights["valid"].astype(bool)
    nap = (nights["kind"] == "nap") & (nights["grade"] != "X")
    return nights[inside & (main | nap)].sort_values(["night", "kind"], kind="stable")


def _placed(drawn: pd.DataFrame) -> pd.DataFrame:
    """The rows with `anchor`, and `bed`, `onset`, `wake`, `rise` as hours after it: a ruler, not a circle."""
    anchors = drawn["anchor_clock_h"].dropna()
    anchor = float(anchors.iloc[-1]) if len(anchors) else _NOON_H
    bed, rise = (drawn[f"{edge}_clock_h"].to_numpy(dtype=np.float64) for edge in ("start", "end"))
    length = np.mod(rise - bed, 24)
    # A sleep belongs to the sleep day its middle lies in; placed by the bedtime, one begun just before the anchor
    # would land a day away from its neighbours.
    middle = drawn["midsleep_clock_h"].to_numpy(dtype=np.float64)
    middle = np.where(np.isnan(middle), bed + length / 2, middle)
    begun = np.mod(middle - anchor, 24) - np.mod(middle - bed, 24)
    columns = {"anchor": anchor, "bed": begun, "rise": begun + length}
    for name, edge in (("onset", "onset"), ("wake", "wake")):
        clock_h = drawn[f"{edge}_clock_h"].to_numpy(dtype=np.float64)
        columns[name] = begun + np.mod(clock_h - bed, 24)
    return drawn.assign(**columns)


def _usual(placed: pd.DataFrame, typical: dict[str, ClockSpread]) -> dict[str, tuple[float, float]]:
    """The typical bedtime and rise, clock hour and hours after the anchor; only what there is."""
    main = placed[placed["kind"] == "main"]
    found = {}
    for edge, spread in typical.items():
        if len(main) and not np.isnan(spread.mean_h):
            # The ruler may begin a day before or after the hour: the line belongs among the bars.
            among = (float(main[edge].min()) + float(main[edge].max())) / 2
            ruler = (spread.mean_h - float(placed["anchor"].iloc[-1])) % 24
            found[edge] = (spread.mean_h, ruler + 24 * round((among - ruler) / 24))
    return found


def _traces(placed: pd.DataFrame, theme: Theme) -> Iterator[Trace]:
    size = measure("timing")
    width = size["bar_share_of_day"] * _DAY_MS
    main, naps = placed[placed["kind"] == "main"], placed[placed["kind"] == "nap"]
    asleep = theme.stages.light
    for name, rows, scale, shift in (("Nights", main, 1.0, 0.0), ("Naps", naps, _NAP_SHARE, _NAP_SHIFT)):
        if rows.empty:
            continue
        days = rows["night"] + pd.Timedelta(days=shift)
        pale = faded(asleep, size["in_bed_alpha"])
        hover = [_sentence(row) for _, row in rows.iterrows()]
        for part, begun, ended, colour in (
            ("in bed", "bed", "rise", pale),
            ("asleep", "onset", "wake", asleep),
        ):
            yield bar(
                x=[moment.isoformat() for moment in days],
                base=_listed(rows[begun]),
                y=_listed(rows[ended] - rows[begun]),
                width=width * scale,
                name=f"{name}, {part}",
                marker={"color": colour, "cornerradius": size["corner_px"], "line": {"width": 0}},
                hovertext=hover,
                hovertemplate="%{hovertext}<extra></extra>",
            )


def _listed(values: "pd.Series[float]") -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]


def _clock_axis(low: float, high: float, anchor: float, theme: Theme) -> dict[str, object]:
    step = next((step for step in _TICK_STEPS_H if (high - low) / step <= _TICKS), _TICK_STEPS_H[-1])
    first = np.ceil((low + anchor) / step) * step - anchor
    ticks = np.arange(first, high, step)
    return bare_axis(
        range=[high, low],
        tickmode="array",
        tickvals=ticks.tolist(),
        ticktext=[f"{clock(at + anchor)} " for at in ticks],
        tickfont={"size": font_px("axis"), "color": theme.text_secondary},
        showgrid=True,
        gridcolor=theme.grid,
    )


def _usual_lines(usual: dict[str, tuple[float, float]], theme: Theme) -> Iterator[dict[str, object]]:
    for _, at in usual.values():
        yield {
            "type": "line",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": at,
            "y1": at,
            "line": {"width": 1, "color": theme.text, "dash": "dot"},
        }


def _usual_labels(usual: dict[str, tuple[float, float]], theme: Theme) -> Iterator[dict[str, object]]:
    for edge, (mean_h, at) in usual.items():
        yield {
            "text": f"usual {edge}<br>{clock(mean_h)}",
            "xref": "paper",
            "x": 1,
            "xanchor": "left",
            "xshift": 4,
            "align": "left",
            "y": at,
            "yanchor": "middle",
            "showarrow": False,
            "font": {"size": font_px("annotation"), "color": theme.text},
        }


def _sentence(row: "pd.Series[float]") -> str:
    times = f"in bed {clock(row['start_clock_h'])} to {clock(row['end_clock_h'])}"
    return f"{_dates(row)}: {times}, asleep {duration(row['tst_min'])}"


def _dates(row: "pd.Series[float]") -> str:
    ended: date = pd.Timestamp(row["night"]).date()
    # Past midnight on the ruler of the clock: bed and rise on one date or on two; see `wording.evening_of`.
    by_day = str(row["kind"]) != "main" or row["start_clock_h"] >= LATE_UNTIL_H
    same_date = row["end_clock_h"] >= row["start_clock_h"] and by_day
    return night_dates(ended if same_date else ended - timedelta(days=1), ended)


def _alt(placed: pd.DataFrame, usual: dict[str, tuple[float, float]], first: date, last: date) -> str:
    main = placed[placed["kind"] == "main"]
    days = (last - first).days + 1
    parts = [f"Bedtime to rise, {of(main['night'].nunique(), days)} nights valid"]
    if len(main):
        for words, edge, column in (("to bed", "bed", "start_clock_h"), ("up", "rise", "end_clock_h")):
            in_order = main[column].to_numpy()[main[edge].argsort()]
            parts.append(f"{words} between {clock(in_order[0])} and {clock(in_order[-1])}")
    parts += [f"usual {word} {clock(usual[word][0])}" for word in ("bed", "rise") if word in usual]
    naps = int((placed["kind"] == "nap").sum())
    if naps:
        parts.append(f"{naps} {'nap' if naps == 1 else 'naps'}")
    return "; ".join(parts) + "."


def _table(placed: pd.DataFrame) -> pd.DataFrame:
    rows = [
        (
            _dates(row),
            "nap" if row["kind"] == "nap" else "main sleep",
            *(clock(row[f"{edge}_clock_h"]) for edge in ("start", "onset", "wake", "end")),
            duration(row["tst_min"]),
        )
        for _, row in placed.iterrows()
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS))
