"""A cohort's week or month as tables: the figures, everybody, every sleep, what was left out, and what it means."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import pandas as pd
from pandas.api.typing import NaTType

from analytics import wording
from analytics.basis import basis_of
from analytics.cohort_figures import CohortFigure, apart
from analytics.figures import QUANTITIES
from analytics.summary import CohortPeriod
from reports.cohort_report import CohortReport, file_name
from reports.explaining_tables import definitions_table, made_at, method_table
from reports.ledger_tables import excluded_table, ledger_lines
from reports.night_table import night_table
from reports.summary_forms import column, form_of_kind, measured, not_there
from reports.tables import Column, Form, Table, Tables, Value

__all__ = ["cohort_tables"]

_COUNT: Final = Form(kind="count")
_MEASURED: Final = Form(kind="measured")
_COLUMNS: Final[tuple[Column, ...]] = (
    column("section"),
    column("figure"),
    column("value", _MEASURED),
    column("unit", Form(kind="unit")),
    column("as_printed"),
    column("people_counted", _COUNT),
    column("of_people", _COUNT),
    column("nights_counted", _COUNT),
    column("sd", _MEASURED),
    column("median", _MEASURED),
    column("lower_quartile", _MEASURED),
    column("upper_quartile", _MEASURED),
    column("spread"),
    column("chosen_beforehand", Form(kind="boolean")),
    column("change_mean", _MEASURED),
    column("change_low", _MEASURED),
    column("change_high", _MEASURED),
    column("change_as_printed"),
    column("change_people", _COUNT),
    column("hedges_g_change", Form(kind="number", decimals=2)),
    column("p", Form(kind="p_value")),
    column("p_adjusted", Form(kind="p_value")),
    column("direction"),
    column("note", wide=True),
    column("change_note", wide=True),
    column("id"),
)
# What triage calls by a word that means something else in the table of nights.
_RENAMED: Final = {"name": "person_name", "reasons": "triage_reasons"}


def cohort_tables(report: CohortReport, *, generated_at: datetime) -> Tables:
    """The tables Summary, People, Nights, Excluded, Definitions and Method of a cohort's report.

    Args:
        report: the week or month.
        generated_at: when it was made; aware.

    Raises:
        ValueError: `generated_at` has no time zone.
    """
    period = report.period
    served = [each for each in report.sleepers if each.person_id not in period.unserved]
    told = (
        _summary(period),
        _people(period),
        night_table(report.nights, served),
        excluded_table(report.nights, served),
        method_table(_method(report, generated_at)),
    )
    return Tables(
        stem=file_name(report, "xlsx").removesuffix(".xlsx"),
        title=_title(report),
        subject=f"{period.name}, {wording.span(period.first, period.last)}",
        generated_at=generated_at,
        tables=(*told[:-1], definitions_table(told), told[-1]),
    )


def _title(report: CohortReport) -> str:
    return f"{report.kind.capitalize()} sleep report of a cohort"


def _summary(period: CohortPeriod) -> Table:
    rows = [*(_of_figure(each) for each in period.figures.values()), *_of_ledger(period)]
    return Table(
        name="Summary",
        title=period.title,
        columns=_COLUMNS,
        rows=tuple(tuple(row.get(each.name) for each in _COLUMNS) for row in rows),
        held=2,
    )


def _of_figure(figure: CohortFigure) -> dict[str, Value]:
    value = measured(figure.kind, figure.mean)
    return {
        "section": "Figures",
        "figure": figure.label,
        "value": value,
        "unit": value.form,
        "as_printed": figure.text,
        "people_counted": figure.people,
        "of_people": figure.of,
        "nights_counted": figure.nights,
        "sd": measured(apart(figure.kind), figure.sd),
        "median": measured(figure.kind, figure.median),
        "lower_quartile": measured(figure.kind, figure.q1),
        "upper_quartile": measured(figure.kind, figure.q3),
        "spread": not_there(figure.spread),
        "chosen_beforehand": figure.primary,
        "note": not_there(figure.note),
        "id": figure.id,
        **_of_change(figure),
    }


def _of_change(figure: CohortFigure) -> dict[str, Value]:
    """The change against the 28 days before; nothing where too few people have both."""
    change = figure.change
    if change is None:
        return {}
    kind = apart(figure.kind)
    return {
        "change_mean": measured(kind, change.difference, signed=True),
        "change_low": measured(kind, change.low, signed=True),
        "change_high": measured(kind, change.high, signed=True),
        "change_as_printed": change.text,
        "change_people": change.people,
        "hedges_g_change": change.g,
        "p": change.p,
        "p_adjusted": change.p_adjusted,
        "direction": change.direction,
        "change_note": not_there(change.note),
    }


def _of_ledger(period: CohortPeriod) -> Iterator[dict[str, Value]]:
    first = (
        ("cohort_people", "People", period.size, ""),
        ("attention_people", "People who need attention", period.attention, ""),
        ("expected_nights", "Nights expected", period.coverage.expected, ""),
    )
    for name, label, count, reason in (*first, *ledger_lines(period.ledger)):
        value = measured("count", float(count))
        yield {
            "section": "People, sessions and nights",
            "figure": label,
            "value": value,
            "unit": value.form,
            "as_printed": wording.number(count, 0),
            "note": not_there(reason),
            "id": name,
        }


def _people(period: CohortPeriod) -> Table:
    """One row a person, whom to look at first on top; numbers as they are printed."""
    frame = period.people
    names = [_RENAMED.get(str(name), str(name)) for name in frame.columns]
    columns = [column("person_id"), *(_person_column(name) for name in names)]
    at = names.index("valid_nights") + 1
    columns.insert(at + 1, column("expected_nights", _COUNT))
    return Table(
        name="People",
        title="One row a person, whom to look at first on top",
        columns=tuple(columns),
        rows=tuple(
            (*row[: at + 1], period.days, *row[at + 1 :])
            for row in (
                (str(person), *(_plain(each) for each in values))
                for person, values in zip(frame.index, frame.itertuples(index=False, name=None), strict=True)
            )
        ),
        held=2,
    )


def _person_column(name: str) -> Column:
    if name in QUANTITIES:
        return column(name, form_of_kind(QUANTITIES[name].kind))
    forms: Mapping[str, Form] = {
        "valid_nights": _COUNT,
        "recorded_nights": _COUNT,
        "change_tst_min": form_of_kind("duration", signed=True),
        "few_nights": Form(kind="boolean"),
        "attention": Form(kind="boolean"),
        "since": Form(kind="date"),
    }
    return column(name, forms.get(name, Form(kind="text")), wide=name == "triage_reasons")


def _plain(value: Any) -> Value:
    """A value of the table of people as a plain one; several texts become one."""
    if isinstance(value, tuple):
        return " ".join(str(each) for each in value) or None
    if isinstance(value, NaTType):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date()
    plain: Value = value.item() if hasattr(value, "item") else value
    return plain


def _method(report: CohortReport, generated_at: datetime) -> list[tuple[str, str]]:
    period, coverage = report.period, report.period.coverage
    names = {sleeper.person_id: sleeper.name for sleeper in report.sleepers}
    nights = " ".join(
        f"{wording.number(count, 0)} {what}"
        for count, what in (
            (coverage.valid, "valid,"),
            (coverage.recorded, "recorded,"),
            (coverage.expected, "expected"),
        )
    )
    return [
        ("Report", _title(report)),
        ("Cohort", period.name),
        ("People", wording.number(period.size, 0)),
        ("Period", wording.span(period.first, period.last)),
        ("First night", period.first.isoformat()),
        ("Last night", period.last.isoformat()),
        ("Time zones", ", ".join(sorted({sleeper.zone for sleeper in report.sleepers}))),
        ("Finding", period.title),
        ("Numbers", period.lead),
        ("Nights", nights),
        ("Stages", basis_of(report.nights).in_words),
        ("Method and rules", period.method),
        ("Made at", made_at(generated_at)),
        *((f"Not computed: {names.get(person, person)}", why) for person, why in period.unserved.items()),
    ]
