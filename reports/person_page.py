"""What a person's page says, in words and small pictures: a week's and a month's alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import pandas as pd
from markupsafe import Markup

from analytics import wording
from analytics.basis import basis_of
from analytics.summary import PersonPeriod
from analytics.usual import MINIMUM_REFERENCE_NIGHTS, Against, in_words, note_of
from reports import week_facts
from reports.bands import band
from reports.kinds import Kind
from reports.periods import called
from reports.person_report import PersonReport
from reports.rows import Row
from reports.strip import clock_axis
from reports.week_facts import Fact, ScoreText
from reports.week_nights import NightLine, left_out, nap_sentences, night_lines, night_rows, remarks
from reports.week_table import COLUMNS, Foot, foot, short_nights
from reports.weeks import hours_axis, weeks_of_dots

_WEEKS = 8
_KINDS: Final[dict[Kind, str]] = {"weekly": "Weekly sleep report", "monthly": "Monthly sleep report"}


@dataclass(frozen=True, kw_only=True)
class AgainstLine:
    """One statistic of the period against usual, in words and as a picture (None when there is no usual range)."""

    label: str
    value: str
    picture: Markup | None
    usual: str
    delta: str
    outside: bool


@dataclass(frozen=True, kw_only=True)
class WeeksBlock:
    """The weeks before in words and as a picture (None when there is no valid night)."""

    title: str
    note: str
    picture: Markup | None
    ticks: tuple[tuple[float, str], ...]
    first: str
    shaded: str
    last: str


@dataclass(frozen=True, kw_only=True)
class PersonPage:
    """Everything the template prints, already in words; the template decides only where it stands."""

    kind: str
    what: str
    person: str
    dates: str
    zone: str
    basis: str
    title: str
    lead: str
    score: ScoreText
    nights_title: str
    ticks: tuple[tuple[float, str], ...]
    nights: tuple[NightLine, ...]
    naps: tuple[str, ...]
    against_title: str
    against_basis: str
    against_note: str
    against: tuple[AgainstLine, ...]
    regularity: tuple[Fact, ...]
    further: tuple[Fact, ...]
    columns: tuple[str, ...]
    foot: tuple[Foot, ...]
    short_nights: str
    weeks: WeeksBlock
    talk: str
    coverage: str
    left_out: tuple[str, ...]
    remarks: tuple[str, ...]
    method: str
    disclaimer: str
    made: str


def person_page(
    report: PersonReport,
    *,
    generated_at: datetime,
    product: str,
    drawn: bool = True,
    rows: Sequence[Row] | None = None,
) -> PersonPage:
    """The week or month in words and pictures.

    Args:
        report: whose.
        generated_at: in UTC; printed in the footer.
        product: the name printed there.
        drawn: whether there are pictures, and the table's foot; who makes them otherwise saves that.
        rows: `night_rows` of the period, where they are at hand.
    """
    period = report.period
    what = called(period.days)
    sleeper = period.sleeper
    rows = night_rows(period.nights) if rows is None else rows
    axis = clock_axis([view for view in report.hypnograms if view.kind == "main"]) if drawn else None
    return PersonPage(
        kind=_KINDS[report.kind],
        what=what,
        person=sleeper.name,
        dates=wording.span(period.first, period.last),
        zone=sleeper.zone,
        basis=" · ".join(_basis(period)),
        title=period.title,
        lead=period.lead,
        score=week_facts.score_text(period),
        nights_title="Seven nights on the clock" if period.days == 7 else "Nights on the clock",
        ticks=axis.ticks if axis else (),
        nights=night_lines(report, axis, rows),
        naps=nap_sentences(rows),
        against_title=f"This {what} against the 28 days before",
        against_basis=_against_basis(period.against),
        against_note=_against_note(period.against, what),
        against=tuple(_against(row, drawn=drawn) for row in period.against),
        regularity=week_facts.regularity_facts(period),
        further=week_facts.further_facts(period),
        columns=tuple(column.heading for column in COLUMNS),
        foot=foot(period) if drawn else (),
        short_nights=short_nights(period),
        weeks=_weeks(period),
        talk=period.talk,
        coverage=_coverage(period),
        left_out=left_out(rows),
        remarks=remarks(rows),
        method=period.method,
        disclaimer="Not a medical device and not a diagnosis.",
        made=_made(period, generated_at, product),
    )


def _basis(period: PersonPeriod) -> list[str]:
    stages = basis_of(period.nights).in_words
    return [_nights(period), *([stages] if stages else []), f"score {period.score.version}"]


def _nights(period: PersonPeriod) -> str:
    coverage = period.coverage
    return f"nights: {coverage.valid} valid, {coverage.recorded} recorded, {coverage.expected} expected"


def _coverage(period: PersonPeriod) -> str:
    coverage = period.coverage
    text = f"{wording.of(coverage.valid, coverage.expected)} nights are valid, {coverage.recorded} recorded."
    if not coverage.excluded:
        return f"{text} Nothing was left out."
    return f"{text} Left out:"


def _made(period: PersonPeriod, generated_at: datetime, product: str) -> str:
    when = f"{wording.day(generated_at, weekday=False)}, {wording.clock_of(generated_at)} UTC"
    nights = wording.plural(period.coverage.valid, "valid night")
    return f"{product} · made {when} · n = {nights} · score {period.score.version}"


def _against_basis(rows: tuple[Against, ...]) -> str:
    return wording.plural(max((row.nights for row in rows), default=0), "valid night")


def _against_note(rows: tuple[Against, ...], what: str) -> str:
    if not any(row.has_usual for row in rows):
        least = wording.plural(MINIMUM_REFERENCE_NIGHTS, "valid night")
        return f"No usual yet: it needs {least} in the 28 days before this {what}."
    note = note_of(rows)
    if not any(row.has_range for row in rows):
        return note
    text = f"Dot: mean of the {what}; line: usual; band: middle 80 % of nights"
    outside = "; diamond: outside it" if any(row.outside for row in rows) else ""
    return f"{text}{outside}.{f' {note}' if note else ''}"


def _against(row: Against, *, drawn: bool) -> AgainstLine:
    usual = in_words(row.kind, row.usual)
    where = "outside the usual range" if row.outside else "within the usual range"
    return AgainstLine(
        label=row.label,
        value=row.text,
        picture=band(row, title=f"{row.label} {row.text}, usually {usual} ({row.usual_text}): {where}")
        if drawn
        else None,
        usual=f"usual {usual}" if row.has_usual else "no usual yet",
        delta=row.delta_text if row.has_usual else "",
        outside=row.outside,
    )


def _weeks(period: PersonPeriod) -> WeeksBlock:
    first = min(period.last - timedelta(days=7 * _WEEKS - 1), period.first)
    low_h, high_h, whom = week_facts.recommended_h(period.sleeper, period.last)
    nights = period.history[period.history["night"].between(pd.Timestamp(first), pd.Timestamp(period.last))]
    title, numbers = week_facts.trend_text(period.trend)
    axis = hours_axis(nights["tst_min"].tolist(), low_h, high_h)
    days = (period.last - first).days + 1
    said = week_facts.weeks_in_numbers(nights, numbers, (low_h, high_h), days=days)
    picture = weeks_of_dots(
        nights,
        first=first,
        week=period.first,
        last=period.last,
        recommended_h=(low_h, high_h),
        axis=axis,
        title=said,
    )
    weeks = days / 7
    return WeeksBlock(
        title=f"{'Eight' if weeks == _WEEKS else wording.number(weeks)} weeks: {title}",
        note=numbers,
        picture=None if nights.empty else picture,
        ticks=tuple((at, wording.quantity(hour, "h")) for at, hour in axis.ticks),
        first=_short(first),
        shaded=f"shaded: {wording.number(low_h)} to {wording.quantity(high_h, 'h')}, recommended for {whom} (NSF 2015)",
        last=_short(period.last),
    )


def _short(day: date) -> str:
    return wording.day(day, year=False, weekday=False, short=True)
