"""Cohorts: everyone, those that were saved (by hand or by a rule), and one for each tag; who is in them, and changes.

In a link a saved cohort goes by its opaque id, so that the link outlives a new name; a tag has nothing but its name,
and everyone is `everyone`. The size is never part of it.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from nocturne.roster import EVERYONE
from store.cohort_rules import CohortRule, checked_rule, takes_in
from store.cohorts import Cohort as Saved
from store.cohorts import NewCohort
from store.errors import UnknownEntry
from store.people import Person

__all__ = [
    "EVERYONE",
    "Cohort",
    "CohortRule",
    "Saved",
    "UnknownCohort",
    "change_cohort",
    "cohort_people",
    "cohorts",
    "remove_cohort",
    "save_cohort",
    "saved_cohort",
    "taken_in",
]

_SAVED_ID = re.compile(r"c_[a-z2-7]{12}")


class UnknownCohort(LookupError):
    """No such cohort; the message names those there are."""


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """A set of people that can be chosen.

    Attributes:
        name: how links name it: `everyone`, the id of a saved one, or a tag.
        label: what readers call it.
        size: how many people it has.
        kind: "everyone", "saved", or "tag" for the people who carry one.
    """

    name: str
    label: str
    size: int
    kind: Literal["everyone", "saved", "tag"] = "tag"

    @property
    def choice(self) -> str:
        """What a picker says: `Night shift (12)`; a tag is told from a saved cohort of the same name."""
        return f"{self.label} ({self.size})" + (" · tag" if self.kind == "tag" else "")


def cohorts(application: Application, actor: Actor, *, on: date | None = None) -> tuple[Cohort, ...]:
    """Everyone first, then the saved cohorts and then one for each tag, both by name.

    Args:
        application: whose.
        actor: who asks.
        on: the day whose age counts in rules; today unless given.
    """
    authorize(actor, Permission.SEE_COHORTS, application.organisation)
    people = application.people()
    day = on or application.now().date()
    tags = Counter(tag for entry in people for tag in entry.tags)
    return (
        Cohort(name=EVERYONE, label="Everyone", size=len(people), kind="everyone"),
        *(
            Cohort(
                name=saved.cohort_id, label=saved.name, size=len(_members(saved, people, day)), kind="saved"
            )
            for saved in application.store.cohorts.all(application.organisation)
        ),
        *(Cohort(name=tag, label=tag, size=count) for tag, count in sorted(tags.items())),
    )


def cohort_people(
    application: Application, actor: Actor, name: str, *, on: date | None = None
) -> tuple[Person, ...]:
    """The people of a cohort by name; nobody where a saved one holds nobody on that day.

    Args:
        application: whose.
        actor: who asks.
        name: how links name the cohort.
        on: the day whose age counts in a rule, for a view of a night its label; today unless given.

    Raises:
        UnknownCohort: there is no such cohort.
    """
    authorize(actor, Permission.SEE_COHORTS, application.organisation)
    if name == EVERYONE:
        return application.people()
    if _SAVED_ID.fullmatch(name):
        try:
            saved = application.store.cohorts.get(application.organisation, name)
        except UnknownEntry:
            pass  # a tag may look like an id
        else:
            return _members(saved, application.people(), on or application.now().date())
    people = application.people(tag=name)
    if not people:
        known = ", ".join(map(_as_listed, cohorts(application, actor)))
        raise UnknownCohort(f"There is no cohort {name[:80]!r}. Cohorts are {known}.")
    return people


def saved_cohort(application: Application, actor: Actor, cohort_id: str) -> Saved:
    """A saved cohort as it is stored, to be changed.

    Raises:
        NotAllowed, UnknownEntry.
    """
    authorize(actor, Permission.MANAGE_COHORTS, application.organisation)
    return application.store.cohorts.get(application.organisation, cohort_id)


def taken_in(
    application: Application, actor: Actor, rule: CohortRule, *, on: date | None = None
) -> tuple[Person, ...]:
    """Whom a rule would take in, before it is saved.

    Raises:
        NotAllowed.
        InvalidEntry: the rule cannot be accepted.
    """
    authorize(actor, Permission.SEE_COHORTS, application.organisation)
    checked, day = checked_rule(rule), on or application.now().date()
    return tuple(person for person in application.people() if takes_in(checked, person, day))


def save_cohort(
    application: Application,
    actor: Actor,
    name: str,
    *,
    rule: CohortRule | None = None,
    person_ids: Iterable[str] = (),
) -> Saved:
    """A new saved cohort, by rule or by hand.

    Raises:
        NotAllowed.
        InvalidEntry: name or rule cannot be accepted.
        UnknownPerson: somebody has left meanwhile.
    """
    authorize(actor, Permission.MANAGE_COHORTS, application.organisation)
    new = NewCohort(name=name, rule=rule, person_ids=tuple(person_ids))
    return application.store.cohorts.add(application.organisation, new, by=actor.name)


def change_cohort(
    application: Application,
    actor: Actor,
    read: Saved,
    *,
    name: str,
    rule: CohortRule | None,
    person_ids: Iterable[str] = (),
) -> Saved:
    """The saved cohort with another name, rule or people.

    Args:
        application: whose.
        actor: who changes it.
        read: the cohort as the actor had it before them.
        name: from now on.
        rule: from now on; None for a cohort by hand.
        person_ids: from now on, of a cohort by hand.

    Raises:
        NotAllowed, InvalidEntry, UnknownPerson, UnknownEntry.
        EditedMeanwhile: somebody else changed it after `read`; nothing was saved.
    """
    authorize(actor, Permission.MANAGE_COHORTS, application.organisation)
    changed = replace(read, name=name, rule=rule, person_ids=tuple(person_ids))
    return application.store.cohorts.update(application.organisation, changed, by=actor.name)


def remove_cohort(application: Application, actor: Actor, cohort_id: str) -> None:
    """Takes a saved cohort away; its people stay.

    Raises:
        NotAllowed, UnknownEntry.
    """
    authorize(actor, Permission.MANAGE_COHORTS, application.organisation)
    application.store.cohorts.remove(application.organisation, cohort_id)


def _as_listed(cohort: Cohort) -> str:
    return f"{cohort.name} ({cohort.label})" if cohort.kind == "saved" else cohort.name


def _members(saved: Saved, people: tuple[Person, ...], on: date) -> tuple[Person, ...]:
    """Who of the roster in force is in it on that day."""
    if saved.rule is not None:
        rule = saved.rule
        return tuple(person for person in people if takes_in(rule, person, on))
    chosen = set(saved.person_ids)
    return tuple(person for person in people if person.person_id in chosen)
