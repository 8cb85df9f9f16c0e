"""One figure of the benchmark table, and the table itself."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A measured value beside its bound; without a bound it stands for comparison only."""

    name: str
    value: float
    unit: str
    bound: float | None = None

    @property
    def holds(self) -> bool | None:
        """Whether the value keeps the bound; None without one. Smaller is better for every figure here."""
        return None if self.bound is None else self.value <= self.bound


def write(figures: Sequence[Figure], path: Path) -> None:
    """Writes the figures as a list of {name, value, unit, bound, holds}."""
    rows = [{**asdict(figure), "holds": figure.holds} for figure in figures]
    path.write_text(json.dumps(rows, indent=1) + "\n")


def table(figures: Sequence[Figure]) -> str:
    """The figures as aligned text."""
    width = max(len(figure.name) for figure in figures)
    lines = [f"{'figure':<{width}}  {'value':>10}  {'unit':<10}  {'bound':>8}  holds"]
    for figure in figures:
        bound = "" if figure.bound is None else f"{figure.bound:g}"
        holds = {True: "yes", False: "NO", None: ""}[figure.holds]
        lines.append(f"{figure.name:<{width}}  {figure.value:>10.3f}  {figure.unit:<10}  {bound:>8}  {holds}")
    return "\n".join(lines)
