"""A person's week as one HTML file that needs nothing else: its font, its colours and its pictures are inside it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from analytics import wording
from analytics.basis import basis_of
from analytics.summary import PersonPeriod
from analytics.usual import MINIMUM_REFERENCE_NIGHTS, Against, in_words, note_of
from reports import week_facts
from reports.bands import band
from reports.person_report import PersonReport
from reports.strip import clock_axis
from reports.style import font_base64, palettes
from reports.week_facts import Fact, ScoreText
from reports.week_nights import NightLine, left_out, nap_sentences, night_lines, remarks
from reports.week_table import COLUMNS, Foot, foot, short_nights
from reports.weeks import hours_axis, weeks_of_dots

_TEMPLATES = Path(__file__).parent / "templates"
_WEEKS = 8


@dataclass(frozen=True, kw_only=True)
class AgainstLine:
    """One statistic of the week against usual, in words and as a picture (None when there is no usual range)."""

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
class WeekPage:
    """Everything the template prints, already in words; the template decides only where it stands."""

    kind: str
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


def weekly_html(report: PersonReport, *, generated_at: datetime, product: str = "Nocturne") -> bytes:
    """The week as a UTF-8 HTML document that asks nothing of the network and prints on A4.

    Args:
        report: the week and its main sleeps.
        generated_at: when the report was made; printed in its footer.
        product: the name printed in its footer.

    Raises:
        ValueError: `generated_at` has no time zone.
    """
    if generated_at.tzinfo is None:
        raise ValueError(
            "generated_at has no time zone: pass an aware datetime, for example datetime.now(UTC)"
        )
    page = week_page(report, generated_at=generated_at.astimezone(UTC), product=product)
    text = _template().render(page=page, font=font_base64(), palettes=palettes())
    return text.encode("utf-8", errors="replace")


def week_page(report: PersonReport, *, generated_at: datetime, product: str) -> WeekPage:
    """The week in words and pictures, in the order in which it is read."""
    period = report.period
    sleeper = period.sleeper
    axis = clock_axis([view for view in report.hypnograms if view.kind == "main"])
    return WeekPage(
        kind="Weekly sleep report",
        person=sleeper.name,
        dates=wording.span(period.first, period.last),
        zone=sleeper.zone,
        basis=" · ".join(_basis(period)),
        title=period.title,
        lead=period.lead,
        score=week_facts.score_text(period),
        nights_title="Seven nights on the clock" if period.days == 7 else "Nights on the clock",
        ticks=axis.ticks if axis else (),
        nights=night_lines(report, axis),
        naps=nap_sentences(period.nights),
        against_title="This week against the 28 days before",
        against_basis=_against_basis(period.against),
        against_note=_against_note(period.against),
        against=tuple(_against(row) for row in period.against),
        regularity=week_facts.regularity_facts(period),
        columns=tuple(column.heading for column in COLUMNS),
        foot=foot(period),
        short_nights=short_nights(period),
        weeks=_weeks(period),
        talk=period.talk,
        coverage=_coverage(period),
        left_out=left_out(period.nights),
        remarks=remarks(period.nights),
        method=period.method,
        disclaimer="Not a medical device and not a diagnosis.",
        made=_made(period, generated_at, product),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("person_week.html.j2")


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


def _against_note(rows: tuple[Against, ...]) -> str:
    if not any(row.has_usual for row in rows):
        least = wording.plural(MINIMUM_REFERENCE_NIGHTS, "valid night")
        return f"No usual yet: it needs {least} in the 28 days before this week."
    note = note_of(rows)
    if not any(row.has_range for row in rows):
        return note
    text = "Dot: mean of the week; line: usual; band: middle 80 % of nights"
    outside = "; diamond: outside it" if any(row.outside for row in rows) else ""
    return f"{text}{outside}.{f' {note}' if note else ''}"


def _against(row: Against) -> AgainstLine:
    usual = in_words(row.kind, row.usual)
    where = "outside the usual range" if row.outside else "within the usual range"
    return AgainstLine(
        label=row.label,
        value=row.text,
        picture=band(row, title=f"{row.label} {row.text}, usually {usual} ({row.usual_text}): {where}"),
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
