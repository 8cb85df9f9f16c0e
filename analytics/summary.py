"""What screens and reports show of a person's period or of a cohort, each as one value object.

The objects are made in the modules named here; whoever shows them imports them from this one.
"""

from analytics.cohort_overview import CohortDay, CohortOverview, cohort_day, cohort_overview
from analytics.cohort_period import CohortPeriod, cohort_month, cohort_of_parts, cohort_period, cohort_week
from analytics.person_heading import PersonHeading, person_heading
from analytics.person_period import (
    ClockSpread,
    Coverage,
    PersonPeriod,
    Profile,
    completed,
    person_month,
    person_period,
    person_week,
)
from analytics.shared_period import SharedPeriod, shared_period
from analytics.sleeper import Sleeper

__all__ = [
    "ClockSpread",
    "CohortDay",
    "CohortOverview",
    "CohortPeriod",
    "Coverage",
    "PersonHeading",
    "PersonPeriod",
    "Profile",
    "SharedPeriod",
    "Sleeper",
    "cohort_day",
    "cohort_month",
    "cohort_of_parts",
    "cohort_overview",
    "cohort_period",
    "cohort_week",
    "completed",
    "person_heading",
    "person_month",
    "person_period",
    "person_week",
    "shared_period",
]
