"""Small drawings as SVG text: sparkline, bar of a score's part, strip of coverage.

They are made of numbers and tokens only; no text of a user ever enters them, so they need no escaping.
Drawings that are shown at any width (`part_bar`, `coverage_strip`) measure in percent of it.
"""

import base64
import math
from collections.abc import Iterable, Iterator, Sequence

from charts.theme import Theme, measure

_PAD_PX = 5.0
# Below this part of a score holds the whole below "Fair"; the bar says so by its colour, its number by itself.
_LOW_PART = 60.0
_BAR_PX = 8
_PANEL_PX = (176, 56)
# More nights than these on the width of a panel make a line thick enough to hide itself.
_MANY = 120

Point = tuple[float, float]


def sparkline(
    values: Sequence[float],
    theme: Theme,
    *,
    low: float | None = None,
    high: float | None = None,
    last: int = 7,
) -> str:
    """A line of 160 x 44 px as SVG: one value a night, the last ones in accent, a dot on the last value.

    Args:
        values: by night, oldest first; NaN is a night without a valid recording and breaks the line.
        theme: whose colours.
        low: lower edge of the band of what is usual; no band without both edges, or where they are NaN.
        high: its upper edge.
        last: how many nights the accent covers.

    Raises:
        ValueError: one edge is given and not the other.
    """
    size = measure("sparkline")
    width, height = size["width_px"], size["height_px"]
    band = _band(low, high)
    points = _placed(values, _scale(values, band), width, height)
    seam = max(len(values) - last, 0)
    pieces = [
        *(_usual_band(_scale(values, band), band, theme, width, height) if band else ()),
        *_lines(points[: seam + 1], theme.text_tertiary, size["line_px"]),
        *_lines(points[seam:], theme.accent, size["last7_px"]),
    ]
    known = [point for point in points if point]
    if known:
        x, y = known[-1]
        radius = size["dot_px"]
        pieces.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{theme.accent}" stroke="{theme.surface}" '
            'stroke-width="1.5"/>'
        )
    return _svg(pieces, width=f"{width}", height=f"{height}", view=f"0 0 {width} {height}")


def panel(
    values: Sequence[float],
    theme: Theme,
    *,
    scale: tuple[float, float],
    low: float = math.nan,
    high: float = math.nan,
    last: int = 7,
) -> str:
    """One of many lines that can be compared, 176 x 56 px as SVG: all on one scale, held at its ends.

    Args:
        values: by night, oldest first; NaN breaks the line.
        theme: whose colours.
        scale: lowest and highest value of every panel.
        low: lower edge of the band of what is usual; NaN for no band.
        high: its upper edge.
        last: how many nights the accent covers.
    """
    width, height = _PANEL_PX
    least, most = scale
    held = [value if math.isnan(value) else min(max(value, least), most) for value in values]
    points = _placed(held, scale, width, height)
    seam = max(len(values) - last, 0)
    thick = measure("sparkline")
    band = _band(low, high)
    edges = (min(max(low, least), most), min(max(high, least), most))
    pieces = [
        *(_usual_band(scale, edges, theme, width, height) if band else ()),
        *_lines(points[: seam + 1], theme.text_tertiary, thick["line_px"] if len(values) <= _MANY else 1),
        *_lines(points[seam:], theme.accent, thick["last7_px"]),
    ]
    return _svg(pieces, width=f"{width}", height=f"{height}", view=f"0 0 {width} {height}")


def part_bar(value: float, theme: Theme, width: str = "100%") -> str:
    """A part of a score as a bar 8 px high; amber below 60, an empty dashed track for NaN.

    Args:
        value: 0 to 100.
        theme: whose colours.
        width: width of the drawing in SVG's words; it fills what it is given unless told otherwise.
    """
    if math.isnan(value):
        return _svg([_dashed("0.25%", theme, width="99.5%")], width=width, height=f"{_BAR_PX}")
    colour = theme.attention_fill if value < _LOW_PART else theme.accent
    share = min(max(value, 0.0), 100.0)
    pieces = [_block("0", "100%", theme.sunken)]
    if share:
        pieces.append(_block("0", f"{share:.4g}%", colour))
    return _svg(pieces, width=width, height=f"{_BAR_PX}")


def coverage_strip(valid: int, synced: int, missing: int, theme: Theme) -> str:
    """Who delivered, as one strip: valid in accent, synced without a valid night grey, missing dashed."""
    total = valid + synced + missing
    if not total:
        return _svg([_dashed("0.25%", theme, width="99.5%")], width="100%", height="12")
    pieces, at = [], 0.0
    for count, colour in ((valid, theme.accent), (synced, theme.border_strong), (missing, "")):
        share = 100 * count / total
        if count:
            pieces.append(_segment(at, share, colour, theme))
        at += share
    return _svg(pieces, width="100%", height="12")


def strip(shares: Iterable[tuple[float, str]], theme: Theme) -> str:
    """Blocks side by side over the whole width, 10 px high, with thin gaps.

    Args:
        shares: percent of the width and colour of each; an empty colour is hatched.
        theme: whose ground shows in the gaps.
    """
    pieces, at = [_hatch(theme)], 0.0
    for share, colour in shares:
        pieces.append(_segment(at, share, colour or "url(#hatch)", theme))
        at += share
    return _svg(pieces, width="100%", height="12")


def data_uri(svg: str) -> str:
    """An SVG as a data URI, for a column of images."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii")


def _svg(pieces: Iterable[str], *, width: str, height: str, view: str = "") -> str:
    box = f' viewBox="{view}"' if view else ""
    body = "".join(pieces)
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"{box}>{body}</svg>'


def _band(low: float | None, high: float | None) -> tuple[float, float] | None:
    if (low is None) != (high is None):
        raise ValueError("a band has two edges: give both low and high, or neither")
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return None
    return low, high


def _scale(values: Sequence[float], band: tuple[float, float] | None) -> tuple[float, float]:
    known = [value for value in (*values, *(band or ())) if not math.isnan(value)]
    return (min(known), max(known)) if known else (0.0, 0.0)


def _height(value: float, scale: tuple[float, float], height: float) -> float:
    least, most = scale
    share = (value - least) / (most - least) if most > least else 0.5
    return height - _PAD_PX - share * (height - 2 * _PAD_PX)


def _placed(
    values: Sequence[float], scale: tuple[float, float], width: float, height: float
) -> list[Point | None]:
    step = (width - 2 * _PAD_PX) / max(len(values) - 1, 1)
    return [
        None if math.isnan(value) else (_PAD_PX + n * step, _height(value, scale, height))
        for n, value in enumerate(values)
    ]


def _usual_band(
    scale: tuple[float, float], band: tuple[float, float], theme: Theme, width: float, height: float
) -> Iterator[str]:
    bottom, top = (_height(edge, scale, height) for edge in band)
    yield (
        f'<rect x="0" y="{top:.1f}" width="{width}" height="{max(bottom - top, 1):.1f}" rx="3" '
        f'fill="{theme.reference_band}"/>'
    )


def _lines(points: Sequence[Point | None], colour: str, stroke_px: float) -> Iterator[str]:
    """A polyline per unbroken stretch; a lone night between two breaks is a dot as thick as the line."""
    stretch: list[Point] = []
    for point in (*points, None):
        if point:
            stretch.append(point)
        elif stretch:
            path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in stretch)
            # A line without length is drawn as a dot by its round caps.
            path += "h0" if len(stretch) == 1 else ""
            yield (
                f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{stroke_px}" '
                'stroke-linecap="round" stroke-linejoin="round"/>'
            )
            stretch = []


def _block(x: str, width: str, colour: str) -> str:
    return f'<rect x="{x}" width="{width}" height="{_BAR_PX}" rx="4" fill="{colour}"/>'


def _dashed(x: str, theme: Theme, *, width: str) -> str:
    return (
        f'<rect x="{x}" y="0.5" width="{width}" height="7" rx="3.5" fill="none" '
        f'stroke="{theme.border_strong}" stroke-dasharray="3 2"/>'
    )


def _segment(at: float, share: float, colour: str, theme: Theme) -> str:
    """A block of a strip; its outline in the ground's colour makes the gap, as percent cannot be less 2 px."""
    place = f'x="{at:.4g}%" width="{share:.4g}%"'
    if not colour:
        return (
            f'<rect {place} y="1.5" height="9" rx="4" fill="none" stroke="{theme.border_strong}" '
            'stroke-dasharray="3 2"/>'
        )
    return f'<rect {place} height="12" rx="5" fill="{colour}" stroke="{theme.surface}" stroke-width="2"/>'


def _hatch(theme: Theme) -> str:
    return (
        '<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><path d="M0 0V6" stroke="{theme.stages.unknown}" stroke-width="3"/></pattern>'
    )
