"""The figures of a period as the rows of printed tables, each in its own words and with what it rests on."""

from collections.abc import Mapping
from typing import Any, Final

from analytics import wording
from analytics.figures import Figure
from analytics.summary import PersonPeriod
from analytics.wording import NOTHING

__all__ = ["mean_note", "regularity_rows", "score_parts", "share_words", "statistic_foot", "table_columns"]

_EDGES: Final = ("bed", "rise", "midsleep")
_ALONE: Final = ("sri", "phase_deviation_h", "sjl_h", "msfsc_h", "debt_net_min")
_STAGES: Final = ("rem", "light", "deep")

# Columns of the printed table of nights: which of the cells of a night (`week_table.COLUMNS`), and the figure below.
_MEANS: Final = {
    "Bed": "mean_bed_h",
    "Rise": "mean_rise_h",
    "In bed": "mean_tib_min",
    "Asleep": "mean_tst_min",
    "Latency": "mean_sol_min",
    "Awake": "mean_waso_min",
    "Awake\u00adnings": "mean_awakenings",
    "Light": "mean_light_min",
    "Deep": "mean_deep_min",
    "REM": "mean_rem_min",
    "Effi\u00adciency": "mean_se_pct",
}


def table_columns(headings: tuple[str, ...]) -> list[int]:
    """Which columns of the table of nights are printed."""
    return [n for n, heading in enumerate(headings) if heading in _MEANS]


def statistic_foot(period: PersonPeriod) -> list[list[str]]:
    """Mean of every printed column, and the range of time asleep and latency with the short nights."""
    figures = period.figures
    means = [figures[name] for name in _MEANS.values()]
    low = any(figure.verdict == "low" for figure in means)
    asleep, latency = (
        f"{figures[f'least_{name}'].text} to {figures[f'most_{name}'].text}"
        for name in ("tst_min", "sol_min")
    )
    short = figures["short_nights"]
    return [
        ["Mean *" if low else "Mean", *(figure.text for figure in means)],
        ["Range", f"asleep {asleep}; latency {latency}; {short.label.lower()}: {short.text} {short.note}"],
    ]


def mean_note(period: PersonPeriod) -> str:
    """Why a mean is not there or not to be trusted; "" where it is."""
    mean = period.figures["mean_tst_min"]
    if mean.verdict == "good":
        return ""
    return f"* {mean.note}" if mean.shown else f"mean: {mean.note}"


def regularity_rows(period: PersonPeriod) -> dict[str, Any]:
    """Hours with their spread, regularity, jetlag and debt: rows of measure, value, spread and nights, with notes."""
    figures = period.figures
    rows = [
        [figures[f"mean_{edge}_h"].label, figures[f"mean_{edge}_h"].text, figures[f"sd_{edge}_min"].text,
         _nights(figures[f"mean_{edge}_h"])]
        for edge in _EDGES
    ]  # fmt: skip
    rows += [[figures[name].label, figures[name].text, "", _nights(figures[name])] for name in _ALONE]
    return {"head": ["", "mean", "spread", "nights"], "rows": rows, "notes": _notes(figures)}


def share_words(period: PersonPeriod) -> list[dict[str, str]]:
    """The legend of the stages, each with its share of sleep and its mean length."""
    figures = period.figures
    told = [{"stage": "awake", "word": "Awake", "share": figures["mean_waso_min"].text}]
    for stage in _STAGES:
        share, mean = figures[f"period_{stage}_pct"], figures[f"mean_{stage}_min"]
        words = f"{share.text} of sleep, {mean.text}" if share.shown else NOTHING
        told.append({"stage": stage, "word": mean.label, "share": words})
    return told


def score_parts(period: PersonPeriod) -> list[float]:
    """Each part of the score as a fraction of 100, for its bar; 0 where there is none."""
    parts = (period.figures[f"score_{letter}"] for letter in "ecd")
    return [round(min(max(part.value, 0.0), 100.0) / 100, 4) if part.shown else 0.0 for part in parts]


def _nights(figure: Figure) -> str:
    return wording.of(figure.nights, figure.of)


def _notes(figures: Mapping[str, Figure]) -> list[str]:
    """Why a figure is missing or of low confidence, each reason once with the measures that it holds for."""
    held: dict[str, list[str]] = {}
    names = [name for edge in _EDGES for name in (f"mean_{edge}_h", f"sd_{edge}_min")] + list(_ALONE)
    for name in names:
        figure = figures[name]
        if figure.verdict != "good" and figure.note:
            held.setdefault(figure.note, []).append(figure.label)
    return [f"{'; '.join(labels)}: {note}." for note, labels in held.items()]
