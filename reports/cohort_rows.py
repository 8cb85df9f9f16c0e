"""The tables of a cohort's report in words: whom to look at, the figures, how many nights there are, and everybody."""

from collections.abc import Iterator, Mapping
from string import ascii_lowercase
from typing import Any, Final

import pandas as pd

from analytics import figures, wording
from analytics.cohort_figures import CohortFigure
from analytics.figures import QUANTITIES
from analytics.ledger import ANALYSED, RECEIVED, VALID
from analytics.summary import CohortPeriod
from reports.cohort_report import CohortReport

__all__ = ["MOST_IN_NEED", "attention", "coverage", "figures_told", "people_rows", "unserved"]

MOST_IN_NEED: Final = 12
_MOST_REASONS: Final = 2
_MOST_UNSERVED: Final = 24
_COLUMNS: Final = ("mean_se_pct", "mean_midsleep_h", "score")

Rows = list[list[str]]


def attention(period: CohortPeriod) -> Mapping[str, Any]:
    """Who needs attention: `title`, `rows` (name, since when, why in short, the reasons), and who is not named here."""
    needing = period.people[period.people["attention"].astype(bool)]
    verb = "needs" if len(needing) == 1 else "need"
    title = f"{wording.of(len(needing), period.size)} people {verb} attention"
    last = wording.day(period.last, year=False, short=True)
    more = len(needing) - MOST_IN_NEED
    return {
        "title": title if len(needing) else f"Nobody needs attention, of {_people(period.size)}",
        "note": f"as of the night to {last}; whom to look at first on top" if len(needing) else "",
        "rows": [_in_need(row) for row in needing.head(MOST_IN_NEED).to_dict("records")],
        "more": f"{wording.number(more, 0)} more: they are marked in the table of people."
        if more > 0
        else "",
    }


def figures_told(period: CohortPeriod) -> Mapping[str, Any]:
    """The figures of the group: `rows` with what they rest on, and by mark the `notes` that several rows may share."""
    marks: dict[str, str] = {}
    rows = [_figure(each, marks) for each in period.figures.values()]
    return {"rows": rows, "notes": [[mark, note] for note, mark in marks.items()]}


def coverage(period: CohortPeriod) -> Mapping[str, Any]:
    """The way from expected to analysed: `title`, and `rows` of "step" or "reason", label, nights, share, sessions."""
    counted = period.coverage
    ledger = period.ledger
    steps = (
        ("Recorded", counted.recorded, ledger.recorded, VALID),
        ("Valid", counted.valid, ledger.valid, ANALYSED),
        ("Analysed", ledger.analysed_nights, ledger.analysed, ""),
    )
    rows = [
        ["step", "Expected", *_nights(counted.expected, counted.expected), ""],
        *_unrecorded(counted.expected - counted.recorded),
        *_reasons(period, RECEIVED),
    ]
    for label, nights, sessions, following in steps:
        rows.append(["step", label, *_nights(nights, counted.expected), wording.number(sessions, 0)])
        rows += _reasons(period, following)
    title = f"{wording.of(counted.valid, counted.expected)} nights are valid"
    return {"title": title, "rows": rows}


def people_rows(period: CohortPeriod) -> Rows:
    """A row a person: name, why to look, valid nights, time asleep, its change, efficiency, mid-sleep, score, note."""
    return [_person(row, period.days) for row in period.people.to_dict("records")]


def unserved(report: CohortReport) -> Mapping[str, Any]:
    """Who could not be computed: `title`, `rows` of name and reason, `more`; all empty where there is nobody."""
    out = report.period.unserved
    if not out:
        return {"title": "", "rows": [], "more": ""}
    names = {sleeper.person_id: sleeper.name for sleeper in report.sleepers}
    rows = [[names.get(person_id, person_id), reason] for person_id, reason in out.items()]
    more = len(rows) - _MOST_UNSERVED
    return {
        "title": f"{_people(len(out))} counted nowhere in this report",
        "rows": rows[:_MOST_UNSERVED],
        "more": f"{wording.number(more, 0)} more." if more > 0 else "",
    }


def _in_need(row: Mapping[Any, Any]) -> Mapping[str, Any]:
    reasons = tuple(row["reasons"])
    told = list(reasons[:_MOST_REASONS])
    if len(reasons) > _MOST_REASONS:
        told.append(f"{wording.plural(len(reasons) - _MOST_REASONS, 'more reason')}.")
    since = row["since"]
    return {
        "name": str(row["name"]),
        "since": "" if pd.isna(since) else wording.day(since.date(), year=False, weekday=False, short=True),
        "label": str(row["label"]),
        "reasons": " ".join(told),
    }


def _figure(figure: CohortFigure, marks: dict[str, str]) -> Mapping[str, str]:
    change = figure.change
    notes = [figure.note]
    if change is not None and change.note:
        notes.append(f"of the change: {change.note}")
    # A note has the mark of the row that had it first.
    own = [marks.setdefault(note, ascii_lowercase[len(marks)]) for note in notes if note]
    return {
        "label": figure.label,
        "mean": figure.text,
        "spread": figure.spread or wording.NOTHING,
        "change": wording.NOTHING if change is None else change.text,
        "both": "" if change is None else _people(change.people),
        "p": wording.NOTHING if change is None else wording.p_value(change.p_adjusted),
        "counted": figure.counted,
        "marks": f",{wording.NBSP}".join(own),
    }


def _nights(nights: int, expected: int) -> tuple[str, str]:
    """So many nights in words, and which share they are."""
    share = wording.percent(100 * nights / expected) if expected else ""
    return wording.number(nights, 0), share


def _unrecorded(nights: int) -> Iterator[list[str]]:
    if nights:
        yield ["reason", "Nothing was recorded.", *_nights(nights, 0), ""]


def _reasons(period: CohortPeriod, step: str) -> Iterator[list[str]]:
    """What was left out before the next step, the reasons of most nights first."""
    out = [each for each in period.ledger.exclusions if each.step == step]
    for each in sorted(out, key=lambda each: (-each.nights, -each.sessions)):
        nights = wording.number(each.nights, 0)
        yield ["reason", each.reason, nights, "", wording.number(each.sessions, 0)]


def _person(row: Mapping[Any, Any], days: int) -> list[str]:
    return [
        str(row["name"]),
        str(row["label"]) if row["attention"] else "",
        wording.of(int(row["valid_nights"]), days),
        _words("mean_tst_min", row["mean_tst_min"]),
        _words("mean_tst_min", row["change_tst_min"], signed=True),
        *(_words(name, row[name]) for name in _COLUMNS),
        "few nights" if row["few_nights"] else "",
    ]


def _words(name: str, value: float, *, signed: bool = False) -> str:
    return figures.in_words(QUANTITIES[name].kind, value, signed=signed)


def _people(count: int) -> str:
    return wording.plural(count, "person", "people")
