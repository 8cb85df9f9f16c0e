"""A person's week or month as tables: the figures, every sleep, what was left out, and what all of it means."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from analytics import figures, wording
from analytics.basis import basis_of
from analytics.figures import QUANTITIES, Figure
from analytics.summary import PersonPeriod
from analytics.usual import Against
from reports.explaining_tables import definitions_table, made_at, method_table
from reports.ledger_tables import excluded_table, ledger_lines
from reports.night_table import night_table
from reports.person_report import PersonReport, file_name
from reports.summary_forms import column, measured, not_there
from reports.tables import Column, Form, Table, Tables, Value

__all__ = ["person_tables"]

_COUNT: Final = Form(kind="count")
_MEASURED: Final = Form(kind="measured")
_COLUMNS: Final[tuple[Column, ...]] = (
    column("section"),
    column("figure"),
    column("value", _MEASURED),
    column("unit", Form(kind="unit")),
    column("as_printed"),
    column("nights_counted", _COUNT),
    column("of_nights", _COUNT),
    column("verdict"),
    column("usual", _MEASURED),
    column("usual_low", _MEASURED),
    column("usual_high", _MEASURED),
    column("usual_nights", _COUNT),
    column("difference"),
    column("outside_usual", Form(kind="boolean")),
    column("note", wide=True),
    column("id"),
)


def person_tables(report: PersonReport, *, generated_at: datetime) -> Tables:
    """The tables Summary, Nights, Excluded, Definitions and Method of a person's report.

    Args:
        report: the week or month.
        generated_at: when it was made; aware.

    Raises:
        ValueError: `generated_at` has no time zone.
    """
    period = report.period
    told = (
        _summary(period),
        night_table(period.nights, [period.sleeper]),
        excluded_table(period.nights, [period.sleeper]),
        method_table(_method(report, generated_at)),
    )
    span = wording.span(period.first, period.last)
    return Tables(
        stem=file_name(report, "xlsx").removesuffix(".xlsx"),
        title=_title(report),
        subject=f"{period.sleeper.name}, {span}",
        generated_at=generated_at,
        tables=(*told[:-1], definitions_table(told), told[-1]),
    )


def _title(report: PersonReport) -> str:
    return f"{report.kind.capitalize()} sleep report"


def _summary(period: PersonPeriod) -> Table:
    rows = [
        *(_of_figure(each) for each in period.figures.values()),
        *(_of_usual(each) for each in period.against),
        *_of_ledger(period),
    ]
    return Table(
        name="Summary",
        title=period.title,
        columns=_COLUMNS,
        rows=tuple(tuple(row.get(each.name) for each in _COLUMNS) for row in rows),
        held=2,
    )


def _of_figure(figure: Figure) -> dict[str, Value]:
    value = measured(figure.kind, figure.value, signed=QUANTITIES[figure.id].signed)
    return {
        "section": "Score" if figure.id.startswith("score") else "Figures",
        "figure": figure.label,
        "value": value,
        "unit": value.form,
        "as_printed": figure.text,
        "nights_counted": figure.nights,
        "of_nights": figure.of,
        "verdict": figure.verdict,
        "note": not_there(figure.note),
        "id": figure.id,
    }


def _of_usual(row: Against) -> dict[str, Value]:
    """A mean of the period against the usual of the 28 days before it, all of them rounded as they are printed."""
    kind: Any = row.kind
    cells = {
        name: measured(kind, figures.rounded(kind, value))
        for name, value in (
            ("value", row.value),
            ("usual", row.usual),
            ("usual_low", row.low),
            ("usual_high", row.high),
        )
    }
    return {
        "section": "Against usual",
        "figure": row.label,
        **cells,
        "unit": cells["value"].form,
        "as_printed": row.text,
        "usual_nights": row.nights,
        "difference": row.delta_text if row.has_usual else None,
        "outside_usual": row.outside if row.has_range else None,
        "note": not_there(row.note),
        "id": row.name,
    }


def _of_ledger(period: PersonPeriod) -> Iterator[dict[str, Value]]:
    expected = ("expected_nights", "Nights expected", period.coverage.expected, "")
    for name, label, count, reason in (expected, *ledger_lines(period.ledger)):
        value = measured("count", float(count))
        yield {
            "section": "Sessions and nights",
            "figure": label,
            "value": value,
            "unit": value.form,
            "as_printed": wording.number(count, 0),
            "note": not_there(reason),
            "id": name,
        }


def _method(report: PersonReport, generated_at: datetime) -> list[tuple[str, str]]:
    period, coverage = report.period, report.period.coverage
    nights = f"{coverage.valid} valid, {coverage.recorded} recorded, {coverage.expected} expected"
    return [
        ("Report", _title(report)),
        ("Person", period.sleeper.name),
        ("Person id", period.sleeper.person_id),
        ("Period", wording.span(period.first, period.last)),
        ("First night", period.first.isoformat()),
        ("Last night", period.last.isoformat()),
        ("Time zone", period.sleeper.zone),
        ("Finding", period.title),
        ("Numbers", period.lead),
        ("Nights", nights),
        ("Stages", basis_of(period.nights).in_words),
        ("Method and rules", period.method),
        ("Score version", period.score.version),
        ("Made at", made_at(generated_at)),
    ]
