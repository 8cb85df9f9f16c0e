"""Words inside a plot, placed so that none covers another and none leaves the plot."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from charts.theme import Theme, font_px

# The mean width of a character of our font in parts of its size, rounded up, as nobody can measure it here.
_NARROW, _NARROW_EM, _OTHER_EM = frozenset("\u00a0 ·.,:;'ijlt"), 0.32, 0.65
_ROOM_PX = 6


@dataclass(frozen=True, kw_only=True)
class Label:
    """Words for a place in a plot.

    Attributes:
        x: centre, in the unit of the axis.
        rows: heights they may stand at, the preferred one first.
        text: the words; they are ours, never a user's.
        weight: what decides who stays when two would cover each other.
        quiet: written in secondary colour.
    """

    x: float
    rows: tuple[float, ...]
    text: str
    weight: float
    quiet: bool = False


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A label that found room.

    Attributes:
        label: its words.
        row: the height they stand at.
        x: where they are held, in the unit of the axis.
        held: by which part of them: at an edge of the plot they lean inwards.
    """

    label: Label
    row: float
    x: float
    held: Literal["left", "center", "right"]


def placed(labels: Sequence[Label], unit_per_px: float, *, within: tuple[float, float]) -> list[Placed]:
    """The labels that find room; earlier ones go first, later ones give way.

    What finds no room is still in the chart's hover text and table.

    Args:
        labels: the most important first.
        unit_per_px: units of the axis that one px is expected to hold.
        within: where the plot begins and ends.
    """
    taken: dict[float, list[tuple[float, float]]] = {}
    found = []
    for label in labels:
        width = width_px(label.text) * unit_per_px
        first, x, held = _held(label.x, width, within)
        last = first + width
        for row in label.rows:
            if all(last <= begun or first >= ended for begun, ended in taken.get(row, [])):
                taken.setdefault(row, []).append((first, last))
                found.append(Placed(label=label, row=row, x=x, held=held))
                break
    return found


def width_px(text: str, role: str = "annotation") -> float:
    """How wide words of a plot become at most, with the room that they keep from their neighbours.

    Args:
        text: the words.
        role: of the scale of type that they are written in.
    """
    em = sum(_NARROW_EM if character in _NARROW else _OTHER_EM for character in text)
    return em * font_px(role) + _ROOM_PX


def annotation(found: Placed, theme: Theme) -> dict[str, object]:
    """A placed label as Plotly's annotation."""
    return {
        "x": found.x,
        "y": found.row,
        "text": found.label.text,
        "showarrow": False,
        "xanchor": found.held,
        "yanchor": "bottom",
        "font": {
            "size": font_px("annotation"),
            "color": theme.text_secondary if found.label.quiet else theme.text,
        },
    }


def _held(
    x: float, width: float, within: tuple[float, float]
) -> tuple[float, float, Literal["left", "center", "right"]]:
    """Where words around `x` begin, and the point and part they are held by so that they stay inside."""
    left, right = within
    if x - width / 2 < left:
        return left, left, "left"
    if x + width / 2 > right:
        return right - width, right, "right"
    return x - width / 2, x, "center"
