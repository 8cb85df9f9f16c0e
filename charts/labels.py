"""Words inside a plot, placed so that none covers another."""

from collections.abc import Sequence
from dataclasses import dataclass

from charts.theme import Theme, font_px

# The mean width of a character of our font, in parts of its size; digits are all this wide.
_CHARACTER_EM = 0.6
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


def placed(labels: Sequence[Label], unit_per_px: float) -> list[tuple[Label, float]]:
    """The labels that find room, each with its height; earlier ones go first, later ones give way.

    What finds no room is still in the chart's hover text and table.

    Args:
        labels: the most important first.
        unit_per_px: units of the axis that one px is expected to hold.
    """
    taken: dict[float, list[tuple[float, float]]] = {}
    found = []
    for label in labels:
        half = (len(label.text) * font_px("annotation") * _CHARACTER_EM + _ROOM_PX) / 2 * unit_per_px
        first, last = label.x - half, label.x + half
        for row in label.rows:
            if all(last <= begun or first >= ended for begun, ended in taken.get(row, [])):
                taken.setdefault(row, []).append((first, last))
                found.append((label, row))
                break
    return found


def annotation(found: tuple[Label, float], theme: Theme) -> dict[str, object]:
    """A placed label as Plotly's annotation."""
    label, row = found
    return {
        "x": label.x,
        "y": row,
        "text": label.text,
        "showarrow": False,
        "yanchor": "bottom",
        "font": {"size": font_px("annotation"), "color": theme.text_secondary if label.quiet else theme.text},
    }
