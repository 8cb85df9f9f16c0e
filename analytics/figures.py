"""A number as it is printed: rounded once, with what it rests on and the entry that defines it.

Screens, HTML, PDF, XLSX and CSV print `text`, or `value` where a cell has to stay a number; nobody rounds again. Every
quantity of a period has its line in `QUANTITIES` and its entry in docs/definitions.md; a test compares the two.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal

from analytics import wording
from analytics.reliability import Gate, Reliability

Kind = Literal["duration", "hours", "percent", "clock", "points", "index", "count"]


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """What can be printed of a period.

    Attributes:
        id: its entry in docs/definitions.md.
        label: what a reader calls it.
        kind: how it is written and to what it is rounded: "duration" in minutes and "hours" in hours, both to the
            minute as in `7 h 12 min`; "clock" in hours after midnight, to the minute; "percent" to a whole one;
            "points" and "index" to a tenth; "count" whole.
        signed: whether it is a difference, which is written with its sign.
    """

    id: str
    label: str
    kind: Kind
    signed: bool = False


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One number of a period.

    Attributes:
        id: its entry in docs/definitions.md.
        label: what a reader calls it.
        kind: of `Quantity`.
        value: as printed, in the unit of its kind; NaN when there is none or a gate withholds it.
        text: the same in words; en dash for NaN.
        nights: how many nights it rests on.
        of: how many there could be.
        verdict: "good", "low" (few nights; `note` says so) or "suppressed" (not printed; `note` says why). Where a
            statistic has a gate of its own instead of one on nights it is "good" above it.
        note: what to write beside it or in its place; "" when there is nothing to say.
    """

    id: str
    label: str
    kind: Kind
    value: float
    text: str
    nights: int
    of: int
    verdict: Reliability
    note: str

    @property
    def shown(self) -> bool:
        """Whether there is a number to print."""
        return not math.isnan(self.value)

    @property
    def counted(self) -> str:
        """What it rests on, in words: `26 of 28 nights`."""
        return f"{wording.of(self.nights, self.of)} nights"


QUANTITIES: Final[dict[str, Quantity]] = {
    quantity.id: quantity
    for quantity in (
        Quantity(id="mean_tst_min", label="Asleep", kind="duration"),
        Quantity(id="mean_se_pct", label="Efficiency", kind="percent"),
        Quantity(id="mean_tib_min", label="In bed", kind="duration"),
        Quantity(id="mean_sol_min", label="Latency", kind="duration"),
        Quantity(id="mean_waso_min", label="Awake after onset", kind="duration"),
        Quantity(id="mean_awakenings", label="Awakenings", kind="index"),
        Quantity(id="mean_light_min", label="Light", kind="duration"),
        Quantity(id="mean_deep_min", label="Deep", kind="duration"),
        Quantity(id="mean_rem_min", label="REM", kind="duration"),
        Quantity(id="least_tst_min", label="Shortest night", kind="duration"),
        Quantity(id="most_tst_min", label="Longest night", kind="duration"),
        Quantity(id="least_sol_min", label="Shortest latency", kind="duration"),
        Quantity(id="most_sol_min", label="Longest latency", kind="duration"),
        Quantity(id="short_nights", label="Nights under 7 h", kind="count"),
        Quantity(id="naps", label="Naps", kind="count"),
        Quantity(id="period_light_pct", label="Light, of sleep", kind="percent"),
        Quantity(id="period_deep_pct", label="Deep, of sleep", kind="percent"),
        Quantity(id="period_rem_pct", label="REM, of sleep", kind="percent"),
        Quantity(id="mean_bed_h", label="Bedtime", kind="clock"),
        Quantity(id="sd_bed_min", label="Bedtime, spread", kind="duration"),
        Quantity(id="mean_rise_h", label="Rise time", kind="clock"),
        Quantity(id="sd_rise_min", label="Rise time, spread", kind="duration"),
        Quantity(id="mean_midsleep_h", label="Mid-sleep", kind="clock"),
        Quantity(id="sd_midsleep_min", label="Mid-sleep, spread", kind="duration"),
        Quantity(id="sri", label="Sleep Regularity Index", kind="index"),
        Quantity(id="phase_deviation_h", label="Composite phase deviation", kind="hours"),
        Quantity(id="sjl_h", label="Social jetlag", kind="hours"),
        Quantity(id="msfsc_h", label="Chronotype", kind="clock"),
        Quantity(id="debt_net_min", label="Sleep debt of 14 days", kind="duration"),
        Quantity(id="score", label="Score", kind="points"),
        Quantity(id="score_e", label="Efficiency part", kind="points"),
        Quantity(id="score_c", label="Consistency part", kind="points"),
        Quantity(id="score_d", label="Duration part", kind="points"),
        Quantity(id="score_change", label="Score against before", kind="points", signed=True),
    )
}
"""By id, everything that is printed of a person's period."""


def figure(
    name: str, value: float, *, nights: int, of: int, gate: Gate | None = None, reason: str = ""
) -> Figure:
    """A number of `QUANTITIES`, rounded once; its gate decides whether it is printed.

    Args:
        name: its id.
        value: not rounded, in the unit of its kind; NaN for none.
        nights: how many nights it rests on.
        of: how many there could be.
        gate: how many nights it needs; None where the statistic has a gate of its own and is NaN below it.
        reason: what it rests on, or why it is NaN, in words.

    Raises:
        KeyError: no such quantity.
    """
    quantity = QUANTITIES[name]
    withheld = gate is not None and not gate.shown
    shown = math.nan if withheld else rounded(quantity.kind, value)
    verdict: Reliability = "suppressed" if math.isnan(shown) else gate.verdict if gate else "good"
    caution = gate.words if gate and (withheld or not math.isnan(shown)) else ""
    return Figure(
        id=quantity.id,
        label=quantity.label,
        kind=quantity.kind,
        value=shown,
        text=in_words(quantity.kind, shown, signed=quantity.signed),
        nights=nights,
        of=of,
        verdict=verdict,
        note="; ".join(part for part in (reason, caution) if part),
    )


def rounded(kind: Kind, value: float) -> float:
    """A value rounded to what is printed of its kind, half away from zero; NaN stays NaN."""
    if kind in {"points", "index"}:
        return wording.rounded(value, 1)
    if kind == "hours":
        return wording.rounded(60 * value) / 60
    if kind == "clock":
        return wording.rounded(60 * value) % 1440 / 60
    return wording.rounded(value)


def in_words(kind: Kind, value: float, *, signed: bool = False) -> str:
    """A value of a kind as readers see it; a difference with its sign."""
    if kind in {"duration", "hours"}:
        minutes = 60 * value if kind == "hours" else value
        return wording.signed_duration(minutes) if signed else wording.duration(minutes)
    if kind == "clock":
        return wording.clock(value)
    unit = "%" if kind == "percent" else ""
    if signed:
        return wording.signed_quantity(value, "points" if kind in {"percent", "points"} else unit)
    return wording.quantity(value, unit)
