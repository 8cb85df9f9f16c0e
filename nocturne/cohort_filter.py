"""Some people of a cohort: by tags, age and sex, for a view; the cohort itself stays as it is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from store.cohort_rules import CohortRule, takes_in
from store.people import Person

__all__ = ["Filtered", "filtered"]


@dataclass(frozen=True, kw_only=True)
class Filtered:
    """Whom a filter leaves.

    Attributes:
        people: those it takes in, in the order of the cohort.
        of: how many the cohort has.
        without_year: who is left out by the bounds on age alone, because no year of birth is known.
    """

    people: tuple[Person, ...]
    of: int
    without_year: int


def filtered(people: Sequence[Person], rule: CohortRule, *, on: date) -> Filtered:
    """The people whom a filter takes in; a filter that says nothing takes in everybody.

    Args:
        people: of the cohort.
        rule: the filter, as a rule of a cohort.
        on: the night that is shown: its year decides the age.
    """
    of_any_age = replace(rule, youngest_years=None, oldest_years=None)
    among = [person for person in people if takes_in(of_any_age, person, on)]
    kept = tuple(person for person in among if takes_in(rule, person, on))
    unknown = 0 if of_any_age == rule else sum(person.birth_year is None for person in among)
    return Filtered(people=kept, of=len(people), without_year=unknown)
