"""Sleep cycles as brackets over a hypnogram: shapes and words, no traces."""

from collections.abc import Iterator
from typing import Any

from analytics.night_view import NightView
from analytics.sleep_cycles import Cycle
from analytics.wording import NBSP, quantity
from charts.labels import width_px
from charts.night_words import cycle_name, sentence
from charts.theme import Theme, font_px, measure

_LEG = 0.12
# Neighbouring cycles touch; their brackets do not.
_APART_PX = 1.5
# Of the line on either side of words, and of a bare number.
_SEEN_PX, _SEEN_BY_NUMBER_PX = 8, 3


def bracket_shapes(view: NightView, theme: Theme, unit_per_px: float) -> Iterator[dict[str, Any]]:
    """A bracket for each cycle: without an end where the cycle has none, dotted where the cycles are uncertain.

    Args:
        view: the night.
        theme: whose colours.
        unit_per_px: minutes that one px is expected to hold.
    """
    top = measure("hypnogram")["cycle_bracket_y"]
    for cycle in view.cycles.each:
        first, last = cycle.start_min + _APART_PX * unit_per_px, cycle.end_min - _APART_PX * unit_per_px
        path = f"M{first:g},{top - _LEG:g} L{first:g},{top:g} L{last:g},{top:g}"
        if cycle.complete:
            path += f" L{last:g},{top - _LEG:g}"
        yield {
            "type": "path",
            "name": cycle_name(cycle),
            "path": path,
            "line": {
                "color": theme.border_strong,
                "width": 1,
                "dash": "dot" if view.cycles.uncertain else "solid",
            },
        }


def bracket_labels(
    view: NightView, theme: Theme, unit_per_px: float, *, narrow: bool
) -> Iterator[dict[str, Any]]:
    """What is written in each bracket, as long as it has room for; its hover is a sentence.

    Args:
        view: the night.
        theme: whose colours.
        unit_per_px: minutes that one px is expected to hold.
        narrow: for a phone: bare numbers.
    """
    for cycle, text in _written(view.cycles.each, unit_per_px, narrow=narrow):
        yield {
            "x": (cycle.start_min + cycle.end_min) / 2,
            "y": measure("hypnogram")["cycle_bracket_y"],
            # The ground under the words breaks the line, a space away from them.
            "text": f"{NBSP}{text}{NBSP}",
            "bgcolor": theme.surface,
            "hovertext": sentence(view.start, cycle_name(cycle), cycle.start_min, cycle.end_min),
            "showarrow": False,
            "yanchor": "middle",
            "font": {
                "size": font_px("annotation"),
                "color": theme.text_secondary if cycle.complete else theme.text_tertiary,
            },
        }


def _written(cycles: tuple[Cycle, ...], unit_per_px: float, *, narrow: bool) -> Iterator[tuple[Cycle, str]]:
    """The cycles with the longest words that fit; all or none say "Cycle", so that they read alike."""
    named = all(_fits(cycle, _in_full(cycle), unit_per_px) for cycle in cycles if cycle.complete)
    for cycle in cycles:
        forms: tuple[str, ...] = ("incomplete",)
        if cycle.complete:
            in_words = (_in_full(cycle) if named else _in_short(cycle),)
            forms = (*(() if narrow else in_words), str(cycle.number))
        if text := next((form for form in forms if _fits(cycle, form, unit_per_px)), ""):
            yield cycle, text


def _fits(cycle: Cycle, text: str, unit_per_px: float) -> bool:
    seen_px = _SEEN_BY_NUMBER_PX if text == str(cycle.number) else _SEEN_PX
    return width_px(text) + 2 * seen_px <= cycle.minutes / unit_per_px


def _in_full(cycle: Cycle) -> str:
    return f"Cycle {_in_short(cycle)}"


def _in_short(cycle: Cycle) -> str:
    return f"{cycle.number} · {quantity(cycle.minutes, 'min', 0)}"
