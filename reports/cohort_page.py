"""What a cohort's page says, in words and small pictures."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
from markupsafe import Markup

from analytics import figures, wording
from analytics.cohort_figures import CohortFigure
from analytics.cohort_nights import CohortNights
from analytics.summary import CohortPeriod
from reports import marks
from reports.cohort_plots import ASLEEP
from reports.cohort_report import CohortReport
from reports.kinds import Kind
from reports.periods import called

__all__ = ["CohortPage", "cohort_page"]

_KINDS: Final[dict[Kind, str]] = {"weekly": "Weekly cohort report", "monthly": "Monthly cohort report"}
# Figures of one person that the table of people has room for.
_OF_A_PERSON: Final = ("mean_tst_min", "mean_se_pct", "mean_midsleep_h", "sd_midsleep_min", "score")
_LINE_HEIGHT: Final = 20.0
_SEEN_AT_ONCE: Final = 12
"""So many who need attention are there at a glance; the others are folded."""


@dataclass(frozen=True, kw_only=True)
class FigureLine:
    """One figure of the cohort in words; `change` is None where too few people have both periods."""

    label: str
    mean: str
    change: str
    p: str
    spread: str
    counted: str


@dataclass(frozen=True, kw_only=True)
class LookAt:
    """Somebody who needs attention: the name, why in two or three words, and the sentences behind it."""

    name: str
    label: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PersonLine:
    """One person of the table: name, what is looked at, figures, nights, and a line a night."""

    name: str
    label: str
    cells: tuple[str, ...]
    nights: str
    picture: Markup | None


@dataclass(frozen=True, kw_only=True)
class CohortPage:
    """Everything the template prints, already in words."""

    kind: str
    what: str
    name: str
    dates: str
    basis: str
    title: str
    lead: str
    figures: tuple[FigureLine, ...]
    notes: tuple[str, ...]
    attention: str
    look_at: tuple[LookAt, ...]
    more: tuple[LookAt, ...]
    how_many_more: str
    headings: tuple[str, ...]
    people: tuple[PersonLine, ...]
    coverage: str
    left_out: tuple[str, ...]
    unserved: tuple[str, ...]
    method: str
    disclaimer: str
    made: str


def cohort_page(
    report: CohortReport, seen: dict[str, CohortNights], *, generated_at: datetime, product: str
) -> CohortPage:
    """The cohort's week or month in words.

    Args:
        report: whose.
        seen: its nights by metric (`cohort_seen.seen_by_night`); for the lines of the table of people.
        generated_at: in UTC; printed in the footer.
        product: the name printed there.
    """
    period = report.period
    look_at = _look_at(period)
    labels = tuple(figures.QUANTITIES[name].label for name in _OF_A_PERSON)
    return CohortPage(
        kind=_KINDS[report.kind],
        what=called(period.days),
        name=period.name,
        dates=wording.span(period.first, period.last),
        basis=_basis(period),
        title=period.title,
        lead=period.lead,
        figures=tuple(_figure(figure) for figure in period.figures.values()),
        notes=_notes(period),
        attention=_attention(period),
        look_at=look_at[:_SEEN_AT_ONCE],
        more=look_at[_SEEN_AT_ONCE:],
        how_many_more=wording.plural(len(look_at) - _SEEN_AT_ONCE, "more person", "more people"),
        headings=(labels[0], "Against before", *labels[1:]),
        people=_people(period, seen),
        coverage=_coverage(period),
        left_out=tuple(
            f"{wording.plural(each.sessions, 'session')}, {wording.plural(each.nights, 'night')}: {each.reason}"
            for each in period.ledger.exclusions
        ),
        unserved=_unserved(report),
        method=period.method,
        disclaimer="Not a medical device and not a diagnosis. It shows people one by one: it is for their team.",
        made=_made(period, generated_at, product),
    )


def _basis(period: CohortPeriod) -> str:
    counted = wording.of(period.coverage.valid, period.coverage.expected)
    return f"{wording.plural(period.size, 'person', 'people')} · {counted} nights valid"


def _figure(figure: CohortFigure) -> FigureLine:
    change = figure.change
    return FigureLine(
        label=figure.label,
        mean=figure.text,
        change=wording.NOTHING if change is None else change.text,
        p=wording.NOTHING if change is None else wording.p_value(change.p_adjusted),
        spread=figure.spread or wording.NOTHING,
        counted=figure.counted,
    )


def _notes(period: CohortPeriod) -> tuple[str, ...]:
    """What a reader must know beside the figures, each note once with the figures it is about."""
    about: dict[str, list[str]] = {}
    for figure in period.figures.values():
        if figure.note:
            about.setdefault(figure.note, []).append(figure.label)
    every = len(period.figures)
    return tuple(
        f"{'All figures' if len(labels) == every else ', '.join(labels)}: {note}."
        for note, labels in about.items()
    )


def _attention(period: CohortPeriod) -> str:
    if not period.size:
        return "Nobody is in this cohort"
    verb = "needs" if period.attention == 1 else "need"
    return f"{wording.of(period.attention, period.size)} people {verb} attention"


def _look_at(period: CohortPeriod) -> tuple[LookAt, ...]:
    people = period.people[period.people["attention"].astype(bool)]
    return tuple(
        LookAt(name=str(name), label=str(label), reasons=tuple(map(str, reasons)))
        for name, label, reasons in zip(people["name"], people["label"], people["reasons"], strict=True)
    )


def _people(period: CohortPeriod, seen: dict[str, CohortNights]) -> tuple[PersonLine, ...]:
    rows: list[dict[Any, Any]] = period.people.to_dict("records")
    asleep = seen.get(ASLEEP)
    return tuple(_person(row, period, asleep, at) for at, row in enumerate(rows))


def _person(row: dict[Any, Any], period: CohortPeriod, asleep: CohortNights | None, at: int) -> PersonLine:
    cells = [figures.in_words(figures.QUANTITIES[name].kind, float(row[name])) for name in _OF_A_PERSON]
    cells.insert(1, wording.signed_duration(float(row["change_tst_min"])))
    nights = wording.of(int(row["valid_nights"]), period.days)
    few = ", few" if row["few_nights"] else ""
    return PersonLine(
        name=str(row["name"]),
        label=str(row["label"]),
        cells=tuple(cells),
        nights=f"{nights}{few}",
        picture=None if asleep is None else _line(asleep, at, f"mean {cells[0]}, {nights} nights valid"),
    )


def _line(asleep: CohortNights, at: int, said: str) -> Markup | None:
    """Time asleep by night, all people on one scale; a line breaks where a night is not valid."""
    values = asleep.on_line[at]
    if np.isnan(values).all():
        return None
    low, high = asleep.wide_scale
    share = np.clip((values - low) / (high - low), 0, 1)
    heights = np.round(_LINE_HEIGHT * (1 - share), 1)
    return marks.picture(
        (0, -2, len(values) - 1 or 1, _LINE_HEIGHT + 4),
        f"Asleep by night: {said}",
        [marks.broken_line("by-night", heights.tolist())],
        name="line",
    )


def _coverage(period: CohortPeriod) -> str:
    coverage, ledger = period.coverage, period.ledger
    return (
        f"{wording.of(coverage.recorded, coverage.expected)} nights recorded, {wording.number(coverage.valid, 0)} of "
        f"them valid. {wording.plural(ledger.recorded, 'session')} recorded, {wording.number(ledger.valid, 0)} valid, "
        f"{wording.number(ledger.analysed, 0)} in the means of main sleeps."
    )


def _unserved(report: CohortReport) -> tuple[str, ...]:
    names = {sleeper.person_id: sleeper.name for sleeper in report.sleepers}
    return tuple(
        f"{names.get(person_id, person_id)}: {why}" for person_id, why in report.period.unserved.items()
    )


def _made(period: CohortPeriod, generated_at: datetime, product: str) -> str:
    when = f"{wording.day(generated_at, weekday=False)}, {wording.clock_of(generated_at)} UTC"
    people, nights = (
        wording.plural(period.size, "person", "people"),
        wording.plural(period.coverage.valid, "valid night"),
    )
    return f"{product} · made {when} · n = {people}, {nights}"
