"""A cohort's period from its people's nights, on any engine: parts of some people each, put together in one place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from analytics.asked import Synced
from analytics.cohort_part import READ, CohortPart, cohort_part
from analytics.rules import DEFAULT_RULES, ValidNight
from analytics.score import ScoreRules
from analytics.sleeper import Sleeper
from analytics.summary import CohortPeriod, cohort_of_parts
from cache.archive import NightArchive
from nocturne.engines import Engine, InProcess, Processes
from nocturne.mapping import map_batches

PEOPLE_PER_BATCH: Final = 500
"""A part costs about 0.1 s whoever is in it, and 3 ms for each of them: larger than the batches of other work."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """A person of a cohort as far as their part needs them known; no name.

    Attributes:
        synced: when their nights have been asked for (`asked.Synced`).
    """

    person_id: str
    zone: str
    birth_year: int | None
    synced: Synced

    @property
    def sleeper(self) -> Sleeper:
        """The person as analytics knows people."""
        return Sleeper(person_id=self.person_id, name="", zone=self.zone, birth_year=self.birth_year)


@dataclass(frozen=True, kw_only=True)
class PartOf:
    """The part of some people of a cohort in a period: what is computed where the nights are read."""

    organisation: str
    first: date
    last: date
    rules: ScoreRules

    def __call__(self, archive: NightArchive, people: tuple[Member, ...], /) -> CohortPart:
        """The part of these people."""
        return cohort_part(
            [member.sleeper for member in people],
            archive.statistics_of(self.organisation, (member.person_id for member in people), READ),
            first=self.first,
            last=self.last,
            synced={member.person_id: member.synced for member in people},
            rules=self.rules,
        )


def summary(
    name: str,
    people: Sequence[Sleeper],
    part_of: PartOf,
    *,
    archive: NightArchive,
    engine: Engine,
    synced: Mapping[str, Synced],
    valid_night: ValidNight = DEFAULT_RULES,
    people_per_batch: int = PEOPLE_PER_BATCH,
) -> CohortPeriod:
    """The period of a cohort, the same on every engine; who could not be computed is in its `unserved`.

    Args:
        name: of the cohort, as readers know it.
        people: everyone of it.
        part_of: which period, by which rules.
        archive: where the engine finds the nights.
        engine: who does the work.
        synced: by person_id when nights have been asked for.
        valid_night: the rules that the nights were made by, for the words about them.
        people_per_batch: so many people make a part; what is one part alone is computed in this process,
            unless there are other processes already: pages that somebody waits for have this one to themselves.

    Raises:
        ValueError: the period ends before it begins, or somebody is in the cohort twice.
        EngineFailed: the engine does not work at all.
    """
    if part_of.last < part_of.first:
        raise ValueError(
            f"the period ends on {part_of.last}, before it begins on {part_of.first}; swap the two dates"
        )
    members = [
        Member(
            person_id=sleeper.person_id,
            zone=sleeper.zone,
            birth_year=sleeper.birth_year,
            synced=synced.get(sleeper.person_id),
        )
        for sleeper in people
    ]
    if len(people) <= people_per_batch and not (isinstance(engine, Processes) and engine.started):
        engine = InProcess(part_of.organisation, archive)
    found = map_batches(part_of, members, engine, people_per_batch=people_per_batch)
    return cohort_of_parts(
        name,
        people,
        found.values or [part_of(archive, ())],
        first=part_of.first,
        last=part_of.last,
        rules=part_of.rules,
        valid_night=valid_night,
        unserved={failure.person_id: failure.reason for failure in found.failures},
    )
