"""What screens and reports show of a person's period or of a cohort, each as one value object.

The objects are made in the modules named here; whoever shows them imports them from this one.
"""

from analytics.cohort_overview import CohortOverview, cohort_overview
from analytics.person_period import (
    ClockSpread,
    Coverage,
    PersonPeriod,
    Profile,
    person_month,
    person_period,
    person_week,
)
from analytics.sleeper import Sleeper

__all__ = [
    "ClockSpread",
    "CohortOverview",
    "Coverage",
    "PersonPeriod",
    "Profile",
    "Sleeper",
    "cohort_overview",
    "person_month",
    "person_period",
    "person_week",
]
