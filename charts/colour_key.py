"""What the colours of a plot mean: swatches with their words above it, in as many lines as they need."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from charts.labels import width_px
from charts.theme import Theme, font_px

__all__ = ["ColourKey", "colour_key"]

_LINE_PX, _ROOM_PX = 20, 8
_SWATCH_PX, _WORDS_PX, _APART_PX = 11, 5, 14


@dataclass(frozen=True, kw_only=True)
class ColourKey:
    """A key as parts of a layout.

    Attributes:
        height_px: room that it needs above the plot.
        swatches: its shapes.
        words: its annotations.
    """

    height_px: int
    swatches: tuple[dict[str, object], ...]
    words: tuple[dict[str, object], ...]


def colour_key(entries: Sequence[tuple[str, str]], theme: Theme, *, plot_px: int) -> ColourKey:
    """The key of these words and colours, from the left.

    Args:
        entries: words, ours and never a user's, with the colour that they are of.
        theme: whose colours the words are written in.
        plot_px: width of the plot, the least that pages give it.
    """
    placed = list(_placed([words for words, _ in entries], plot_px))
    lines = max((line for _, line in placed), default=0) + 1
    bottoms = [_ROOM_PX + 1 + _LINE_PX * (lines - 1 - line) for _, line in placed]
    return ColourKey(
        height_px=_LINE_PX * lines + _ROOM_PX,
        swatches=tuple(
            _swatch(left, bottom, colour)
            for (left, _), bottom, (_, colour) in zip(placed, bottoms, entries, strict=True)
        ),
        words=tuple(
            _word(left, bottom, words, theme)
            for (left, _), bottom, (words, _) in zip(placed, bottoms, entries, strict=True)
        ),
    )


def _placed(words: Sequence[str], plot_px: int) -> Iterator[tuple[float, int]]:
    """How far right each entry begins, and in which line."""
    left, line = 0.0, 0
    for each in words:
        width = _SWATCH_PX + _WORDS_PX + width_px(each, "axis") + _APART_PX
        if left and left + width > plot_px:
            left, line = 0.0, line + 1
        yield left, line
        left += width


def _swatch(left: float, bottom: int, colour: str) -> dict[str, object]:
    return {
        "type": "rect",
        "xref": "paper",
        "yref": "paper",
        "xsizemode": "pixel",
        "ysizemode": "pixel",
        "xanchor": 0,
        "yanchor": 1,
        "x0": left,
        "x1": left + _SWATCH_PX,
        "y0": bottom,
        "y1": bottom + _SWATCH_PX,
        "fillcolor": colour,
        "line": {"width": 0},
    }


def _word(left: float, bottom: int, words: str, theme: Theme) -> dict[str, object]:
    return {
        "text": words,
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": 1,
        "xshift": left + _SWATCH_PX + _WORDS_PX,
        "yshift": bottom + _SWATCH_PX / 2,
        "xanchor": "left",
        "yanchor": "middle",
        "showarrow": False,
        "font": {"size": font_px("axis"), "color": theme.text_secondary},
    }
