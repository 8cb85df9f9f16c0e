"""The rule of a cohort: whom it takes in, what makes a rule acceptable, and how it is written down."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from store.errors import InvalidEntry
from store.people import SEXES, Person, checked_tags

OLDEST_YEARS = 130


@dataclass(frozen=True, kw_only=True)
class CohortRule:
    """Who is in a cohort: whoever fulfils every part that is given.

    The age is the one reached in the year of the day that is asked about, because only the year of birth is known; who
    has none is in no cohort with a bound on age.

    Attributes:
        any_tags: at least one of these.
        all_tags: every one of these.
        without_tags: none of these.
        youngest_years, oldest_years: bounds on age, both included; None for no bound.
        sexes: one of these; "" takes in who did not say.
    """

    any_tags: tuple[str, ...] = ()
    all_tags: tuple[str, ...] = ()
    without_tags: tuple[str, ...] = ()
    youngest_years: int | None = None
    oldest_years: int | None = None
    sexes: tuple[str, ...] = ()


def takes_in(rule: CohortRule, person: Person, on: date) -> bool:
    """Whether the rule takes the person in on that day."""
    tags = set(person.tags)
    return (
        (not rule.any_tags or not tags.isdisjoint(rule.any_tags))
        and tags.issuperset(rule.all_tags)
        and tags.isdisjoint(rule.without_tags)
        and (not rule.sexes or person.sex in rule.sexes)
        and _of_age(rule, person, on)
    )


def checked_rule(rule: CohortRule) -> CohortRule:
    """The same rule with tags and sexes sorted, once each.

    Raises:
        InvalidEntry: it says nothing, holds what cannot be, or contradicts itself.
    """
    checked = replace(
        rule,
        any_tags=checked_tags(rule.any_tags, refusal=InvalidEntry),
        all_tags=checked_tags(rule.all_tags, refusal=InvalidEntry),
        without_tags=checked_tags(rule.without_tags, refusal=InvalidEntry),
        sexes=tuple(sorted(set(rule.sexes))),
    )
    if checked == CohortRule():
        raise InvalidEntry("The rule says nothing, and would take in everyone; give a tag, an age or a sex.")
    if unknown := [sex for sex in checked.sexes if sex not in SEXES]:
        legal = ", ".join(sex for sex in SEXES if sex)
        raise InvalidEntry(f"Sex {unknown[0]!r} is not one of {legal}, or empty for who did not say.")
    _check_ages(checked)
    if both := sorted({*checked.any_tags, *checked.all_tags} & set(checked.without_tags)):
        raise InvalidEntry(f"Tag {both[0]!r} is both wanted and left out; take it out of one of the two.")
    return checked


def rule_text(rule: CohortRule) -> str:
    """The rule as it is stored; `rule_of` reads it."""
    return json.dumps(asdict(rule), ensure_ascii=False, sort_keys=True)


def rule_of(text: str) -> CohortRule:
    """The rule of a stored text."""
    fields: dict[str, Any] = json.loads(text)
    for name in ("any_tags", "all_tags", "without_tags", "sexes"):
        fields[name] = tuple(fields[name])
    return CohortRule(**fields)


def _of_age(rule: CohortRule, person: Person, on: date) -> bool:
    if rule.youngest_years is None and rule.oldest_years is None:
        return True
    if person.birth_year is None:
        return False
    years = max(on.year - person.birth_year, 0)
    return _or(rule.youngest_years, 0) <= years <= _or(rule.oldest_years, years)


def _check_ages(rule: CohortRule) -> None:
    given = _given((rule.youngest_years, rule.oldest_years))
    if any(not 0 <= years <= OLDEST_YEARS for years in given):
        raise InvalidEntry(f"An age is not between 0 and {OLDEST_YEARS} years; leave it empty for no bound.")
    if given != sorted(given):
        raise InvalidEntry(f"Nobody is {given[0]} or older and {given[1]} or younger; exchange the two ages.")


def _given(years: Iterable[int | None]) -> list[int]:
    return [each for each in years if each is not None]


def _or(years: int | None, otherwise: int) -> int:
    return otherwise if years is None else years
