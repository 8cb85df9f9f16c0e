"""What maps of people by nights have in common: a row a person with their name, and marks that stay few enough."""

from collections.abc import Sequence
from html import escape
from itertools import count
from typing import Final

import numpy as np
from numpy.typing import NDArray

from charts.theme import Theme, bare_axis, font_px

NARROW_NIGHTS: Final = 14
"""A phone has room for squares of two weeks that can still be told apart."""
MOST_MARKED_NIGHTS: Final = 120
"""With more nights squares are narrower than a mark: one mark for each run of nights."""
_MOST_MARKS = 5_000
_NAME_LENGTH = {False: 22, True: 12}
_CHARACTER_PX = 6.6


def unique_names(names: Sequence[str]) -> list[str]:
    """The names, each once: the second Ana is `Ana (2)`. Rows are told apart by them."""
    found: dict[str, None] = {}
    for name in names:
        candidates = (f"{name} ({n})" if n > 1 else name for n in count(1))
        found[next(candidate for candidate in candidates if candidate not in found)] = None
    return list(found)


def marked(found: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns to be marked: every square, or the middle of each run when there are too many."""
    rows, columns = np.nonzero(found)
    if found.shape[1] <= MOST_MARKED_NIGHTS and len(rows) <= _MOST_MARKS:
        return rows, columns
    edge = np.diff(np.pad(found, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, begun = np.nonzero(edge == 1)
    ended = np.nonzero(edge == -1)[1]
    middle = (begun + ended - 1) // 2
    return rows[:_MOST_MARKS], middle[:_MOST_MARKS]


def names_px(names: Sequence[str], *, narrow: bool) -> int:
    """How wide the names at the left become at most."""
    longest = max(len(shortened(name, narrow=narrow)) for name in names)
    return int(min(longest, _NAME_LENGTH[narrow]) * _CHARACTER_PX) + 12


def name_axis(
    names: Sequence[str], labels: Sequence[str], theme: Theme, *, narrow: bool
) -> dict[str, object]:
    """The axis of people, the first on top.

    Args:
        names: each once (`unique_names`).
        labels: the same without markup, by which rows are told apart.
        theme: whose colours.
        narrow: for a phone: shorter names.
    """
    short = [shortened(name, narrow=narrow) for name in names]
    return bare_axis(
        type="category",
        categoryorder="array",
        categoryarray=list(labels),
        range=[len(labels) - 0.5, -0.5],
        tickmode="array",
        tickvals=list(labels),
        ticktext=[f"{escape(name, quote=False)} " for name in short],
        tickfont={"size": font_px("axis"), "color": theme.text},
    )


def shortened(name: str, *, narrow: bool) -> str:
    """The name, cut where there is no room for all of it."""
    length = _NAME_LENGTH[narrow]
    return name if len(name) <= length else name[: length - 1].rstrip() + "…"
