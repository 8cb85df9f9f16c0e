"""When a night counts in an organisation: what other rules would do is told first, and they hold everywhere at once.

Nights are made anew of all sessions, so that what is told is exactly what will be.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from analytics.grades import REASONS, first_exclusion, in_a_phrase
from analytics.rules import DEFAULT_RULES, ValidNight
from analytics.wording import number, plural
from cache.archive import NightArchive, NightTable
from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from nocturne.engines import Engine, InProcess
from nocturne.mapping import MapProgress, map_batches
from nocturne.organisation_settings import NIGHTS, night_rules, reset
from nocturne.progress import Failure
from store.people import Person

__all__ = [
    "DEFAULT_RULES",
    "PEOPLE_PER_BATCH",
    "Effect",
    "NotPutInForce",
    "ValidNight",
    "effect",
    "engine_for",
    "set_night_rules",
]

PEOPLE_PER_BATCH: Final = 25
"""Half a second of work, so that a bar moves; fewer people altogether are not worth waking a worker for."""
_READ: Final = ["person_id", "night", "kind", "valid"]


class NotPutInForce(RuntimeError):
    """The rules are set, and nights are not made by them yet; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What other rules would do to the nights there are.

    Attributes:
        nights: nights that count by the rules in force (main sleeps, one a date and person).
        left_out: of those, how many would not count any more.
        counted: how many would count that do not now.
        people: of how many people any of these are.
        reasons: of `left_out`, by the first reason that leaves them out; a night that became part of another has none.
        unread: who could not be looked at.
    """

    nights: int = 0
    left_out: int = 0
    counted: int = 0
    people: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    unread: tuple[Failure, ...] = ()

    @property
    def in_words(self) -> str:
        """What would change, with the reasons; `unread` is not in it."""
        if not (self.left_out or self.counted):
            return f"Nothing would change: the {plural(self.nights, 'night')} that count now would, and no other."
        said = []
        if self.left_out:
            why = "; ".join(
                f"{number(count, 0)}: {in_a_phrase(REASONS[code][0])}"
                for code, count in sorted(self.reasons.items(), key=lambda each: (-each[1], each[0]))
            )
            said.append(
                f"{plural(self.left_out, 'more night')} of {number(self.nights, 0)} would be left out"
                + (f" ({why})" if why else "")
            )
        if self.counted:
            said.append(
                f"{plural(self.counted, 'night')} would count that {'does' if self.counted == 1 else 'do'} not now"
            )
        return f"{', and '.join(said)}, of {plural(self.people, 'person', 'people')}."

    def __add__(self, other: "Effect") -> "Effect":
        return Effect(
            nights=self.nights + other.nights,
            left_out=self.left_out + other.left_out,
            counted=self.counted + other.counted,
            people=self.people + other.people,
            reasons=Counter(self.reasons) + Counter(other.reasons),
            unread=self.unread + other.unread,
        )


@dataclass(frozen=True, kw_only=True)
class _EffectOf:
    """The effect of rules on some people's nights; nothing is changed."""

    organisation: str
    rules: ValidNight

    def __call__(self, archive: NightArchive, people: tuple[Person, ...], /) -> Effect:
        ids = [person.person_id for person in people]
        now = archive.statistics_of(self.organisation, ids, _READ)
        then = archive.nights_by(self.organisation, ids, self.rules).frame
        return effect_on(now, then)


@dataclass(frozen=True, kw_only=True)
class _MadeBy:
    """Some people's nights as rules make them."""

    organisation: str
    rules: ValidNight

    def __call__(self, archive: NightArchive, people: tuple[Person, ...], /) -> NightTable:
        return archive.nights_by(self.organisation, [person.person_id for person in people], self.rules)


def effect_on(now: pd.DataFrame, then: pd.DataFrame) -> Effect:
    """What has become of people's nights.

    Args:
        now: `person_id`, `night`, `kind` and `valid` of every sleep.
        then: the same people's, with `reasons`.
    """
    before, after = _counting(now), _counting(then)
    gone, new = before.difference(after), after.difference(before)
    mains = then[then["kind"] == "main"]
    reasons = mains.set_index(["person_id", "night"])["reasons"]
    left = reasons[reasons.index.isin(gone)]
    touched = gone.get_level_values(0).union(new.get_level_values(0))
    return Effect(
        nights=len(before),
        left_out=len(gone),
        counted=len(new),
        people=touched.nunique(),
        reasons=Counter(code for code in (first_exclusion(str(each), valid=False) for each in left)),
    )


def effect(
    application: Application,
    actor: Actor,
    rules: ValidNight,
    *,
    tell: Callable[[MapProgress], None] = lambda _: None,
) -> Effect:
    """What these rules would do to the nights of everybody on the roster.

    Raises:
        NotAllowed.
        EngineFailed: many people's nights are made elsewhere, and nobody works there.
    """
    authorize(actor, Permission.MANAGE_PEOPLE, application.organisation)
    people = application.people()
    function = _EffectOf(organisation=application.organisation, rules=rules)
    found = map_batches(
        function, people, engine_for(application, people), people_per_batch=PEOPLE_PER_BATCH, tell=tell
    )
    return sum(found.values, Effect(unread=found.failures))


def set_night_rules(
    application: Application,
    actor: Actor,
    rules: ValidNight,
    *,
    version: int,
    tell: Callable[[MapProgress], None] = lambda _: None,
) -> None:
    """Nights count by these rules from now on, on every page and in every report.

    Pages show the nights as they were until all of them are made anew, and never a mixture.

    Raises:
        NotAllowed.
        EditedMeanwhile: they were set after that version was read; nothing was saved.
        NotPutInForce: they are set, and hold from the next start on; or others were set meanwhile.
    """
    authorize(actor, Permission.MANAGE_PEOPLE, application.organisation)
    preferences, organisation = application.store.preferences, application.organisation
    if rules == DEFAULT_RULES and version:
        reset(application.store, organisation, actor, NIGHTS, version=version)
    else:
        preferences.set(organisation, NIGHTS, rules.changed, version=version, by=actor.name)
    people = application.people()
    function: Any = _MadeBy(organisation=organisation, rules=rules)
    try:
        made = map_batches(
            function, people, engine_for(application, people), people_per_batch=PEOPLE_PER_BATCH, tell=tell
        )
        held = application.archive.set_rules(
            organisation,
            rules,
            made.values,
            wanted=lambda: night_rules(application.store.settings_of(organisation)),
        )
    except Exception as problem:
        raise NotPutInForce(
            f"The rules are set, but the nights could not be made anew ({problem}). "
            "They are when Nocturne is started the next time."
        ) from problem
    if not held:
        raise NotPutInForce("Somebody else has set other rules meanwhile, and those hold.")


def _counting(nights: pd.DataFrame) -> pd.MultiIndex:
    """Person and date of every night that counts."""
    valid = nights[nights["valid"] & (nights["kind"] == "main")]
    return pd.MultiIndex.from_frame(valid[["person_id", "night"]])


def engine_for(application: Application, people: Sequence[Person]) -> Engine:
    """What is one batch alone is done in this process."""
    if len(people) <= PEOPLE_PER_BATCH:
        return InProcess(application.organisation, application.archive)
    return application.engine
