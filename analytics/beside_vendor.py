"""The statistics of one sleep as we compute them beside those that the vendor served, in words."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from analytics import wording
from analytics.usual import in_words
from analytics.vendor_figures import COMPARED_FIGURES, VENDOR_COLUMNS, differing_figures

Row: TypeAlias = "pd.Series[Any]"


@dataclass(frozen=True, kw_only=True)
class Beside:
    """One statistic as we compute it and as the vendor served it; both already in words.

    Attributes:
        label: what a reader calls it.
        ours: our figure.
        vendor: the vendor's, an en dash where it served none.
        differs: by more than rounding explains.
        other_rule: the vendor counts by another rule, so the two are never said to differ.
    """

    label: str
    ours: str
    vendor: str
    differs: bool
    other_rule: bool = False


class _Line(NamedTuple):
    """One statistic beside the vendor's: our column, what a reader calls it, and how it is written."""

    name: str
    label: str
    kind: str


_ALWAYS: Final = (
    _Line("tib_min", "Time in bed", "duration"),
    _Line("tst_min", "Asleep", "duration"),
    _Line("sol_min", "Latency", "duration"),
    _Line("waso_min", "Awake after onset", "duration"),
    _Line("final_wake_min", "Final wake", "duration"),
    _Line("se_pct", "Efficiency, of time in bed", "percent"),
    _Line("awakenings", "Awakenings", "count"),
)
_WHERE_DIFFERENT: Final = (
    _Line("spt_min", "Sleep period", "duration"),
    _Line("light_min", "Light", "duration"),
    _Line("deep_min", "Deep", "duration"),
    _Line("rem_min", "REM", "duration"),
    _Line("longest_wake_min", "Longest awakening", "duration"),
)


def beside_vendor(row: Row, *, cycles: int, vendor_cycles: Sequence[float]) -> tuple[Beside, ...]:
    """Ours beside the vendor's; what is compared without a line of its own has one where it differs.

    The last line counts cycles, which the vendor does by another rule. It counts within a recording, so a sleep of
    several has its counts side by side, `3 + 2`: a group of REM sleep that a gap divides cannot be added up.

    Args:
        row: the sleep's row of the nights table; nothing stands beside an unusable session, or without stages.
        cycles: our complete ones.
        vendor_cycles: the vendor's count in each recording of the sleep in order; NaN where it served none.
    """
    if row["kind"] == "unusable" or row["basis"] == "vendor":
        return ()
    needed = (*COMPARED_FIGURES, *VENDOR_COLUMNS, "pieces", "unknown_min")
    shared = np.array(["PARTIAL_OVERLAP" in str(row["reasons"]).split(";")])
    found = differing_figures({name: [row[name]] for name in needed}, shared=shared)
    differs = {name: bool(flags[0]) for name, flags in found.items()}
    more = (line for line in _WHERE_DIFFERENT if differs[line.name])
    lines = (_beside(row, line, differs=differs[line.name]) for line in (*_ALWAYS, *more))
    return (*lines, _cycles(cycles, vendor_cycles))


def _beside(row: Row, line: _Line, *, differs: bool) -> Beside:
    both = float(row[line.name]), float(row[f"vendor_{line.name}"])
    ours, vendor = (in_words(line.kind, value) for value in both)
    if differs and ours == vendor:
        # Half a minute apart can be the same whole minute; what is marked as different has to look different.
        ours, vendor = (wording.minutes(value) for value in both)
    return Beside(label=line.label, ours=ours, vendor=vendor, differs=differs)


def _cycles(ours: int, vendor: Sequence[float]) -> Beside:
    served = not any(math.isnan(count) for count in vendor)
    return Beside(
        label="Complete cycles",
        ours=wording.number(ours, 0),
        vendor=" + ".join(wording.number(count, 0) for count in vendor) if served else wording.NOTHING,
        differs=False,
        other_rule=True,
    )
