"""What may be shown of groups of people without telling about one of them.

Counts of 1 to k - 1 people are not shown, and no count that is shown lets a reader work one out: from the others of its
row or column, from a total, or from a percentage. Zero may be shown. Source: SPEC 5.6 and the cell size policy of the
US Centers for Medicare and Medicaid Services (1 to 10 not shown).
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LEAST_K: Final = 5
HIDDEN_TEXT: Final = "not shown"


@dataclass(frozen=True, kw_only=True)
class DisclosedTable:
    """A table of counts with its totals as it may be shown; NaN is "not shown", whatever the reason.

    Attributes:
        counts: rows x columns, rounded.
        row_totals: total of each row.
        column_totals: total of each column; empty for a single list of counts.
        total: of everything.
        hidden: how many of all these figures are not shown.
        text: in words what was left out, "" when nothing was.
    """

    counts: Floats
    row_totals: Floats
    column_totals: Floats
    total: float
    hidden: int
    text: str

    def percentages(self) -> Floats:
        """Each count in percent of its row's total, from the figures as shown; NaN where either is not shown or 0."""
        base = np.where(self.row_totals > 0, self.row_totals, np.nan)
        return 100 * self.counts / base[:, None]


@dataclass(frozen=True, kw_only=True)
class Disclosure:
    """A rule about how small a group may be shown.

    Attributes:
        k: the smallest number of people that may be shown, at least 5.
        round_to: what counts are rounded to, 1 for exact ones. A count that may be shown is never rounded below k.
        individuals: whether dots of single people, least and greatest values and the ids of people may be shown for a
            group of at least k.
    """

    k: int
    round_to: int = 1
    individuals: bool = False

    def __post_init__(self) -> None:
        if self.k < LEAST_K:
            raise ValueError(
                f"groups of fewer than {LEAST_K} people are never shown; give k of {LEAST_K} or more"
            )
        if self.round_to < 1:
            raise ValueError("counts are rounded to 1 (exact) or more")

    def hides(self, people: int) -> bool:
        """Whether a figure about so many people stays hidden: 1 to k - 1 of them."""
        return 1 <= people < self.k

    def shows_individuals(self, people: int) -> bool:
        """Whether single dots, least and greatest values and ids may be shown of a group of so many people."""
        return self.individuals and people >= self.k

    def count(self, people: int) -> float:
        """A number of people as it may stand alone, rounded; NaN when it is hidden."""
        return math.nan if self.hides(people) else float(self._rounded(np.array([people]))[0])

    def count_text(self, people: int) -> str:
        """A number of people that stands alone, in words: `24`, `0`, `<11`."""
        return f"<{self.k}" if self.hides(people) else f"{self.count(people):.0f}"

    def figure(self, value: float, people: int) -> float:
        """A mean or another figure about so many people: NaN for fewer than k, and for nobody."""
        return value if people >= self.k else math.nan

    def list(self, counts: ArrayLike) -> DisclosedTable:
        """One row of counts with its total; see `table`."""
        return self._disclosed(np.atleast_2d(np.asarray(counts, dtype=np.int64)), columns=False)

    def table(self, counts: ArrayLike) -> DisclosedTable:
        """A table of counts with the totals of rows and columns, so that no hidden count can be worked out.

        First everything of 1 to k - 1 is hidden, totals too. Then other figures, the smallest first, until for each of
        those a number of k or more fits all that is shown: a reader cannot even tell that the count is small. What was
        hidden for itself and what for another's sake look the same. Of 24, 7, 15 and 0 with their total 46 and k = 11,
        the 7 and the 15 are hidden.

        Args:
            counts: rows x columns, whole numbers of people, each person in one cell.

        Raises:
            ValueError: not a table of at least 1 x 1, or a negative count.
        """
        return self._disclosed(np.asarray(counts, dtype=np.int64), columns=True)

    def _disclosed(self, counts: Counts, *, columns: bool) -> DisclosedTable:
        if counts.ndim != 2 or not counts.size or (counts < 0).any():
            raise ValueError("a table has rows and columns of counts, none of them negative")
        whole = _with_totals(counts, columns=columns)
        hidden = _hidden_cells(whole, self.k, columns=columns)
        shown = np.where(hidden, np.nan, self._rounded(whole))
        left_out = int(hidden.sum())
        rows = len(counts)
        return DisclosedTable(
            counts=shown[:rows, :-1],
            row_totals=shown[:rows, -1],
            column_totals=shown[rows, :-1] if columns else np.empty(0),
            total=float(shown[-1, -1]),
            hidden=left_out,
            text=self._words(left_out),
        )

    def _words(self, left_out: int) -> str:
        if not left_out:
            return ""
        figures = "1 figure is" if left_out == 1 else f"{left_out} figures are"
        return f"{figures} {HIDDEN_TEXT}, so that no group of fewer than {self.k} people can be worked out."

    def _rounded(self, counts: Counts) -> Floats:
        near = np.floor(counts / self.round_to + 0.5) * self.round_to
        least = math.ceil(self.k / self.round_to) * self.round_to
        return np.where(counts >= self.k, np.maximum(near, least), counts).astype(np.float64)


TEAM: Final = Disclosure(k=5, round_to=1, individuals=True)
"""Inside a team: exact counts from 5 people on; single people may be seen in larger groups."""
SHARED: Final = Disclosure(k=11, round_to=5)
"""For exports that leave the team: from 11 people on, to the nearest 5, nobody singled out."""


def _with_totals(counts: Counts, *, columns: bool) -> Counts:
    wide = np.column_stack([counts, counts.sum(axis=1)])
    return np.vstack([wide, wide.sum(axis=0)]) if columns else wide


def _hidden_cells(whole: Counts, k: int, *, columns: bool) -> Flags:
    """Which figures of a table with totals stay hidden: the small ones, and enough others to keep them so."""
    small = (whole >= 1) & (whole < k)
    hidden = small.copy()
    while (exposed := _exposed(whole, hidden, small, k, columns=columns)) is not None:
        best = _cheapest(whole, hidden, exposed, columns=columns)
        if best is None:
            break
        hidden[best] = True
    return hidden


def _exposed(
    whole: Counts, hidden: Flags, small: Flags, k: int, *, columns: bool
) -> list[tuple[int, int]] | None:
    """The figures one of which has to be hidden next; None when every small count is safe."""
    lines = _lines(whole.shape, columns=columns)
    for line in lines:
        inside = [cell for cell in line if hidden[cell]]
        if len(inside) == 1 and len(line) > 1:
            return line
    for row, column in np.argwhere(small).tolist():
        if _greatest(whole, hidden, (row, column), columns=columns) < k - 0.5:
            crossing = [line for line in lines if (row, column) in line]
            mine = [cell for line in crossing for cell in line]
            everything = [(i, j) for i in range(whole.shape[0]) for j in range(whole.shape[1])]
            return mine if any(not hidden[cell] for cell in mine) else everything
    return None


def _cheapest(
    whole: Counts, hidden: Flags, cells: list[tuple[int, int]], *, columns: bool
) -> tuple[int, int] | None:
    """The figure that costs a reader least: one whose other line has a hidden figure already, no total, no zero."""
    open_cells = [cell for cell in cells if not hidden[cell]]
    if not open_cells:
        return None
    totals = {(i, whole.shape[1] - 1) for i in range(whole.shape[0])}
    if columns:
        totals |= {(whole.shape[0] - 1, j) for j in range(whole.shape[1])}

    def cost(cell: tuple[int, int]) -> tuple[bool, bool, bool, int, tuple[int, int]]:
        lonely = columns and not (hidden[cell[0]].any() and hidden[:, cell[1]].any())
        return bool(whole[cell] == 0), cell in totals, lonely, int(whole[cell]), cell

    return min(open_cells, key=cost)


def _lines(shape: tuple[int, ...], *, columns: bool) -> list[list[tuple[int, int]]]:
    """The rows, and with totals of columns the columns too: each adds up to its last figure."""
    rows = [[(i, j) for j in range(shape[1])] for i in range(shape[0])]
    return rows + ([[(i, j) for i in range(shape[0])] for j in range(shape[1])] if columns else [])


def _greatest(whole: Counts, hidden: Flags, cell: tuple[int, int], *, columns: bool) -> float:
    """The greatest number that a hidden figure can be, given everything that is shown; inf where nothing bounds it.

    The sums of rows and columns form a network, so the extreme of the linear program is a whole number. Where it is k
    or more for a count under k, that count and it are two numbers that fit, and so is everything between.
    """
    unknown = [tuple(place) for place in np.argwhere(hidden).tolist()]
    number = {place: at for at, place in enumerate(unknown)}
    left, right = [], []
    for line in _lines(whole.shape, columns=columns):
        signs = [1] * (len(line) - 1) + [-1]
        factors = np.zeros(len(unknown))
        known = 0.0
        for place, sign in zip(line, signs, strict=True):
            if place in number:
                factors[number[place]] = sign
            else:
                known += sign * float(whole[place])
        if factors.any():
            left.append(factors)
            right.append(-known)
    aim = np.zeros(len(unknown))
    aim[number[cell]] = 1
    found = scipy.optimize.linprog(-aim, A_eq=left, b_eq=right, bounds=(0, None))
    return math.inf if found.fun is None else -float(found.fun)
