"""The charts of a person's page that the browser draws: when they slept, how it moves, what repeats, and each night."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from analytics import wording
from analytics.calendar_days import calendar_days
from analytics.clock_face import ClockFace, clock_face
from analytics.followed import METRICS, followed
from analytics.night_view import NightView
from analytics.pattern_words import weekdays_title, weeks_title
from analytics.raster import Raster
from analytics.summary import PersonPeriod
from charts.calendar import calendar
from charts.chart import Chart
from charts.clock_face import clock_face as face
from charts.hypnogram import hypnogram
from charts.raster import raster
from charts.theme import Theme
from charts.timing import timing
from charts.trend import trend
from charts.weekdays import weekdays
from charts.weeks import weeks
from reports.person_report import PersonReport
from reports.plots import Plot, plot
from reports.rows import absent


@dataclass(frozen=True, kw_only=True)
class PersonPlots:
    """The charts of a page by their place in it; None and () where the page has no such place."""

    timing: Plot
    trend: Plot
    nights: tuple[Plot, ...]
    calendar: Plot | None = None
    weeks: Plot | None = None
    weekdays: Plot | None = None
    face: Plot | None = None
    raster: Plot | None = None

    @property
    def every(self) -> tuple[Plot, ...]:
        """All of them."""
        alone = (
            self.timing,
            self.trend,
            self.calendar,
            self.weeks,
            self.weekdays,
            self.face,
            self.raster,
        )
        return (*(each for each in alone if each is not None), *self.nights)


def week_plots(report: PersonReport) -> PersonPlots:
    """Those of a week, which its sheet leaves room for on a screen."""
    return PersonPlots(
        timing=_timing(report.period), trend=_trend(report.period), nights=_nights(report.views)
    )


def month_plots(report: PersonReport) -> PersonPlots:
    """Those of a month."""
    period = report.period
    return PersonPlots(
        timing=_timing(period),
        trend=_trend(period),
        nights=_nights(report.views),
        calendar=_calendar(period),
        weeks=_weeks(period),
        weekdays=_weekdays(period),
        face=_face(clock_face(period)),
        raster=None if report.raster is None else _raster(report.raster),
    )


def _timing(period: PersonPeriod) -> Plot:
    draw = partial(
        timing, period.nights, first=period.first, last=period.last, bed=period.bed, rise=period.rise
    )
    return plot(
        "timing",
        draw,
        title=clock_face(period).title,
        caption="Each bar one night: pale in bed, full asleep. Columns shaded: weekend. A missing bar is a night "
        "without a valid recording.",
    )


def _trend(period: PersonPeriod) -> Plot:
    found = followed(period)
    return plot("trend", partial(trend, found), title=found.title, caption=found.caption)


def _calendar(period: PersonPeriod) -> Plot:
    found = calendar_days(period, METRICS[0])
    caption = (
        f"{found.counted}. The colours span the same values in every month. Grey with a dot: no valid night; a slash: "
        "no recording; neither is a low value."
    )
    return plot("calendar", partial(calendar, found), title=found.title, caption=caption)


def _weeks(period: PersonPeriod) -> Plot:
    found = period.patterns

    def draw(theme: Theme, *, narrow: bool) -> Chart:  # noqa: ARG001
        # Half a page has as little room for labels as a phone.
        return weeks(found, theme, narrow=True)

    return plot(
        "weeks",
        draw,
        title=weeks_title(found),
        caption=f"{wording.span(found.first, found.last)}. Mean hours a night by week (week of), with n valid nights; "
        "weeks under 3 are left out.",
        size="half",
    )


def _weekdays(period: PersonPeriod) -> Plot:
    found = period.patterns

    def draw(theme: Theme, *, narrow: bool) -> Chart:  # noqa: ARG001
        return weekdays(found, theme)

    return plot(
        "weekdays",
        draw,
        title=weekdays_title(found),
        caption=f"{wording.span(found.first, found.last)}. Median time asleep by the day of waking; bar: the middle "
        "half of nights, from 6 on.",
        size="half",
    )


def _face(found: ClockFace) -> Plot:
    def draw(theme: Theme, *, narrow: bool) -> Chart:  # noqa: ARG001
        return face(found, theme)

    return plot(
        "face",
        draw,
        title="Hours on the clock",
        caption=f"Nights by half hour, midnight on top. Filled: to bed ({found.bed.rests_on}); outlined: up "
        f"({found.rise.rests_on}). R is 1 where every night is alike, and below 0.3 no time is typical.",
        size="half",
    )


def _raster(found: Raster) -> Plot:
    return plot(
        "raster",
        partial(raster, found),
        title="Every recording, a row a day",
        caption=f"{wording.of(found.recorded, len(found.days))} days with a recording, earliest on top, on the clock "
        "of where the person was. A grey row with a dot: nothing recorded that day. Every recording is drawn, also of "
        "nights that are left out.",
    )


def _nights(views: Sequence[NightView]) -> tuple[Plot, ...]:
    """Each night by itself, earliest first."""
    staged = sorted((view for view in views if len(view.runs)), key=lambda view: view.start)
    return tuple(_night(at, view) for at, view in enumerate(staged))


def _night(at: int, view: NightView) -> Plot:
    label: Any = view.statistics["night"]
    day = "" if absent(label) else wording.day(label.date(), year=False, short=True)
    return plot(
        f"night-{at}",
        partial(hypnogram, view),
        title=": ".join(part for part in (day, view.title) if part),
        caption=view.clock_note,
    )
