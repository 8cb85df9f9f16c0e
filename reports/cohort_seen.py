"""A metric of everybody of a cohort's report, night by night, from the nights of its period alone."""

from analytics.cohort_nights import CohortNights, cohort_nights
from analytics.cohort_overview import cohort_overview
from analytics.night_metrics import NIGHT_METRICS
from reports.cohort_report import CohortReport

__all__ = ["seen_by_night"]


def seen_by_night(report: CohortReport, metrics: tuple[str, ...]) -> dict[str, CohortNights]:
    """The metrics by name, a row a person in the order of the report.

    Whoever has no valid night on a day has a state that says so. What is usual for somebody is not in it: that takes
    the weeks before.

    Args:
        report: whose nights; somebody who could not be computed is left out.
        metrics: names of `night_metrics.NIGHT_METRICS`.
    """
    period = report.period
    served = set(period.people.index)
    people = [sleeper for sleeper in report.sleepers if sleeper.person_id in served]
    if not people:
        return {}
    # Every night of the period has been asked for: what is not there was not recorded.
    asked = {sleeper.person_id: (period.first, period.last) for sleeper in people}
    overview = cohort_overview(people, report.nights, night=period.last, days=period.days, synced=asked)
    return {
        name: cohort_nights(overview, report.nights, NIGHT_METRICS[name], people=people).of(
            period.people.index
        )
        for name in metrics
    }
