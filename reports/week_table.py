"""The table of the week's nights: a row per date, below it what a physician asks for: mean, range and short nights."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from analytics import wording
from analytics.efficiency import counted_efficiency_pct
from analytics.night_summary import NightSummary, night_summaries, nights_below
from analytics.person_figures import SHORT_NIGHT_MIN
from analytics.reliability import period_gate
from analytics.summary import PersonPeriod
from reports.periods import called
from reports.rows import Row


@dataclass(frozen=True, kw_only=True)
class Column:
    """One statistic of the table: its heading, its column of the nights frame, and how it is written."""

    heading: str
    name: str
    words: Callable[[float], str]


@dataclass(frozen=True, kw_only=True)
class Foot:
    """A line below the nights: one cell per column, or a single sentence over all of them."""

    label: str
    cells: tuple[str, ...] = ()
    sentence: str = ""


def _count(value: float) -> str:
    return wording.number(value)


CLOCKS = (
    Column(heading="Bed", name="start_clock_h", words=wording.clock),
    Column(heading="Rise", name="end_clock_h", words=wording.clock),
)
AMOUNTS = (
    Column(heading="In bed", name="tib_min", words=wording.duration),
    Column(heading="Asleep", name="tst_min", words=wording.duration),
    Column(heading="Latency", name="sol_min", words=wording.duration),
    Column(heading="Awake", name="waso_min", words=wording.duration),
    Column(heading="Awake\u00adnings", name="awakenings", words=_count),
    Column(heading="Over 5\u00a0min", name="awakenings_over_5min", words=_count),
    Column(heading="Light", name="light_min", words=wording.duration),
    Column(heading="Deep", name="deep_min", words=wording.duration),
    Column(heading="REM", name="rem_min", words=wording.duration),
    Column(heading="Effi\u00adciency", name="efficiency_pct", words=wording.percent),
)
COLUMNS = (*CLOCKS, *AMOUNTS)


def with_efficiency(nights: pd.DataFrame) -> pd.DataFrame:
    """The nights with `efficiency_pct`, the efficiency that counts everywhere (`counted_efficiency_pct`)."""
    return nights.assign(efficiency_pct=counted_efficiency_pct(nights))


def night_cells(row: Row) -> tuple[str, ...]:
    """The cells of one night, from a row of `with_efficiency`."""
    return tuple(column.words(float(row[column.name])) for column in COLUMNS)


def foot(period: PersonPeriod) -> tuple[Foot, ...]:
    """Mean, least and most of the valid nights.

    With `short_nights` the list follows a published physician sleep report (doi 10.1186/2193-8636-1-7, table 3).
    Of a week there is no mean below three nights, of a longer period below five; below five and ten it is marked low
    confidence.
    """
    if period.valid.empty:
        return (
            Foot(
                label="Mean",
                sentence=f"No valid night this {called(period.days)}, so there is nothing to average.",
            ),
        )
    names = [column.name for column in AMOUNTS]
    found = night_summaries(with_efficiency(period.valid), names, days=period.days)
    return (
        _mean(period, found),
        Foot(label="Least", cells=_amounts({name: summary.least for name, summary in found.items()})),
        Foot(label="Most", cells=_amounts({name: summary.most for name, summary in found.items()})),
    )


def short_nights(period: PersonPeriod) -> str:
    """How many valid nights were under 7 h, of how many."""
    short = nights_below(period.valid["tst_min"], SHORT_NIGHT_MIN)
    return f"under {wording.duration(SHORT_NIGHT_MIN)} asleep: {wording.of(short, len(period.valid))} valid nights"


def _mean(period: PersonPeriod, found: Mapping[str, NightSummary]) -> Foot:
    gate = period_gate(len(period.valid), days=period.days)
    if not gate.shown:
        nights = wording.plural(gate.nights, "night")
        return Foot(label="Mean", sentence=f"{nights}: too few for a mean, which needs {gate.low_from}")
    clocks = (wording.clock(period.bed.mean_h), wording.clock(period.rise.mean_h))
    label = "Mean" if gate.verdict == "good" else "Mean, low confidence"
    return Foot(
        label=label, cells=(*clocks, *_words({name: summary.mean for name, summary in found.items()}))
    )


def _amounts(values: Mapping[str, float]) -> tuple[str, ...]:
    """Least and most have no meaning on a clock: two empty cells stand for bed and rise."""
    return ("", "", *_words(values))


def _words(values: Mapping[str, float]) -> tuple[str, ...]:
    return tuple(column.words(values[column.name]) for column in AMOUNTS)
