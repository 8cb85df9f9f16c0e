"""What an organisation may set for itself: each with its default, its meaning, and what a stored value has to be.

They are kept in `Store.preferences`. The default of the score is what the environment says (`NOCTURNE_SCORE_*`).
"""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from analytics.rules import DEFAULT_RULES, ValidNight
from analytics.score import ScoreRules, Weights
from analytics.sleep_debt import SleepNeed
from nocturne.access import Actor, Permission, authorize
from settings import Settings
from store.database import Store
from store.people import checked_zone
from store.preferences import DEFAULT, Preference

log = logging.getLogger(__name__)

ZONE: Final = "zone"
SCORE: Final = "score"
NIGHTS: Final = "valid_night"
TARGET: Final = "target"
_KEYS: Final = (ZONE, SCORE, NIGHTS, TARGET)
DEFAULT_ZONE: Final = "Europe/Berlin"
TARGET_HOURS: Final = (4.0, 16.0)
"""The least and the most hours of sleep in 24 h that can be a target."""


class UnusableSetting(ValueError):
    """A value that cannot be set; the message says what to write."""


@dataclass(frozen=True, kw_only=True)
class OrganisationSettings:
    """The settings in force.

    Attributes:
        zone: what forms propose for people who are added; nobody who is on the roster changes with it.
        score: how every score is made.
        nights: when a night counts; the archive goes by it (`nocturne.night_rules` puts it in force).
        need: the sleep in 24 h that debts are measured against; None where each person's age says it.
        versions: of each key, for whoever changes it; `DEFAULT` where the default is in force.
        changed: by whom and when each was set, in words; nothing of a default.
    """

    zone: str
    score: ScoreRules
    nights: ValidNight
    need: SleepNeed | None
    versions: Mapping[str, int]
    changed: Mapping[str, str]

    def was_set(self, key: str) -> str:
        """` It was set by Kim on …`, to follow another sentence; nothing of a default."""
        return f" It was {self.changed[key]}." if key in self.changed else ""


def in_force(settings: Settings, stored: Mapping[str, Preference]) -> OrganisationSettings:
    """What is set, else the defaults; a stored value that cannot be used is logged and its default stands in."""
    return OrganisationSettings(
        zone=_zone(stored),
        score=score_rules(settings, stored),
        nights=night_rules(stored),
        need=_need(stored),
        versions={key: stored[key].version if key in stored else DEFAULT for key in _KEYS},
        changed={
            key: f"set by {stored[key].changed_by} on {stored[key].changed_at:%Y-%m-%d %H:%M} UTC"
            for key in _KEYS
            if key in stored
        },
    )


def score_rules(settings: Settings, stored: Mapping[str, Preference]) -> ScoreRules:
    """How scores are made here; whatever differs from the default is in their version tag."""
    if SCORE in stored:
        try:
            return _rules(stored[SCORE].value)
        except (ValueError, TypeError, KeyError) as problem:
            log.warning(
                "The score rules that are set cannot be used, so the default is in force: %s", problem
            )
    return default_score_rules(settings)


def night_rules(stored: Mapping[str, Preference]) -> ValidNight:
    """When a night counts here."""
    try:
        return ValidNight(**stored[NIGHTS].value) if NIGHTS in stored else DEFAULT_RULES
    except (ValueError, TypeError) as problem:
        log.warning(
            "The rules of valid nights that are set cannot be used, so the default holds: %s", problem
        )
        return DEFAULT_RULES


def default_score_rules(settings: Settings) -> ScoreRules:
    """How scores are made where the organisation has set nothing."""
    return ScoreRules(
        profile=settings.nocturne_score_profile,
        weights=Weights(
            efficiency=settings.nocturne_score_weight_efficiency,
            consistency=settings.nocturne_score_weight_consistency,
            duration=settings.nocturne_score_weight_duration,
        ),
    )


def set_score(store: Store, organisation: str, actor: Actor, rules: ScoreRules, *, version: int) -> None:
    """Every score is made by these rules from now on, on every page and in every report.

    Raises:
        NotAllowed.
        EditedMeanwhile: it was set after that version was read; nothing was saved.
    """
    authorize(actor, Permission.MANAGE_PEOPLE, organisation)
    store.preferences.set(organisation, SCORE, asdict(rules), version=version, by=actor.name)


def set_target(store: Store, organisation: str, actor: Actor, hours: float, *, version: int) -> None:
    """Sleep debts are measured against so many hours of sleep in 24 h from now on, whatever somebody's age.

    Raises:
        NotAllowed, EditedMeanwhile.
        UnusableSetting: nobody sleeps so long or so little.
    """
    authorize(actor, Permission.MANAGE_PEOPLE, organisation)
    _checked_target(hours)
    store.preferences.set(organisation, TARGET, hours, version=version, by=actor.name)


def set_zone(store: Store, organisation: str, actor: Actor, zone: str, *, version: int) -> None:
    """Forms propose this zone from now on.

    Raises:
        NotAllowed, InvalidPerson, EditedMeanwhile.
    """
    authorize(actor, Permission.MANAGE_PEOPLE, organisation)
    store.preferences.set(organisation, ZONE, checked_zone(zone), version=version, by=actor.name)


def reset(store: Store, organisation: str, actor: Actor, key: str, *, version: int) -> None:
    """The setting has its default from now on.

    Raises:
        NotAllowed, EditedMeanwhile.
    """
    authorize(actor, Permission.MANAGE_PEOPLE, organisation)
    store.preferences.reset(organisation, key, version=version, by=actor.name)


def rules_of(
    *, profile: str, shares_pct: tuple[int, int, int], long_sleep_counts: bool, naps_count: bool,
    journeys_count: bool,
) -> ScoreRules:  # fmt: skip
    """The rules that a form describes, with shares of efficiency, consistency and duration in percent.

    Raises:
        UnusableSetting: they contradict each other.
    """
    if sum(shares_pct) != 100:
        raise UnusableSetting(f"The three shares make {sum(shares_pct)} %; they have to make 100 %.")
    evidence = profile == "evidence"
    try:
        efficiency, consistency, duration = (share / 100 for share in shares_pct)
        return ScoreRules(
            profile=profile,  # type: ignore[arg-type]
            weights=Weights(efficiency=efficiency, consistency=consistency, duration=duration),
            long_sleep_counts=long_sleep_counts or not evidence,
            naps_count=naps_count and evidence,
            journeys_count=journeys_count,
        )
    except ValueError as problem:
        raise UnusableSetting(f"{str(problem)[:1].upper()}{str(problem)[1:]}.") from problem


def _rules(value: Any) -> ScoreRules:
    return ScoreRules(**{**value, "weights": Weights(**value["weights"])})


def _need(stored: Mapping[str, Preference]) -> SleepNeed | None:
    if TARGET not in stored:
        return None
    try:
        hours = _checked_target(float(stored[TARGET].value))
    except (ValueError, TypeError) as problem:
        log.warning("The target that is set cannot be used, so ages decide: %s", problem)
        return None
    return SleepNeed(minutes=60 * hours, source="the target of the organisation")


def _checked_target(hours: float) -> float:
    least, most = TARGET_HOURS
    if not least <= hours <= most:
        raise UnusableSetting(
            f"A target of sleep lies between {least:g} and {most:g} h; {hours:g} h does not."
        )
    return hours


def _zone(stored: Mapping[str, Preference]) -> str:
    try:
        return checked_zone(stored[ZONE].value) if ZONE in stored else DEFAULT_ZONE
    except (ValueError, TypeError, AttributeError) as problem:
        log.warning("The zone that is set cannot be used, so the default is in force: %s", problem)
        return DEFAULT_ZONE
