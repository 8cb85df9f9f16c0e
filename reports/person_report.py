"""A person's week or month as the value that every document of it is written from."""

from dataclasses import dataclass

from analytics.drawn_night import DrawnNight
from analytics.night_view import NightView
from analytics.raster import Raster
from analytics.summary import PersonPeriod
from reports.file_names import named
from reports.kinds import Ending, Kind


@dataclass(frozen=True, kw_only=True)
class PersonReport:
    """Everything a person's report says.

    Attributes:
        kind: its layout; a period of any number of days works, the layouts are made for 7 and for 28 to 31.
        period: the week or the month.
        hypnograms: the main sleeps of the period, those left out included, in any order; whole views for an HTML.
        raster: what was recorded of every five minutes of it; None where only the nights are at hand.
    """

    kind: Kind = "weekly"
    period: PersonPeriod
    hypnograms: tuple[DrawnNight, ...] = ()
    raster: Raster | None = None

    @property
    def views(self) -> tuple[NightView, ...]:
        """The hypnograms with everything that a screen says of them.

        Raises:
            ValueError: the report was made to be printed.
        """
        views = tuple(each for each in self.hypnograms if isinstance(each, NightView))
        if len(views) < len(self.hypnograms):
            raise ValueError("this report holds drawings of nights alone; make it of whole views for an HTML")
        return views


def file_name(report: PersonReport, ending: Ending) -> str:
    """A file name of our own id and the last date: `weekly-p_abc-2026-02-11.html`; never a person's name."""
    return named(report.kind, report.period.sleeper.person_id, report.period.last, ending)
