"""How complete a cohort's nights are, by the rules in force and by others that are only looked at."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import pandas as pd

from analytics.analysed import Analysed
from analytics.quality import READ, Quality, days_known, days_recorded, quality
from analytics.quality_change import QualityChange
from analytics.quality_states import UNRECORDED
from analytics.rules import ValidNight
from analytics.signal_gaps import longest_gaps_min
from cache.archive import NightArchive
from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from nocturne.cohorts import Cohort, cohort_people
from nocturne.documents import Document
from nocturne.grounds import asked, kept, sleeper, statistics
from nocturne.mapping import EngineFailed, MapProgress, map_batches
from nocturne.night_rules import PEOPLE_PER_BATCH, engine_for
from reports.adherence import adherence_csv, adherence_name, left_out_csv, left_out_name
from store.people import Person

__all__ = ["EngineFailed", "adherence_sheet", "left_out_sheet", "longest_gaps", "quality_by", "quality_of"]

_MOST_PEOPLE: Final = 500
"""Of the nights of so many people at once gaps are looked for, one file each."""


@dataclass(frozen=True, kw_only=True)
class _NightsBy:
    """The nights of a period as other rules make them: what is done where the sessions are."""

    organisation: str
    rules: ValidNight
    first: date
    last: date
    columns: tuple[str, ...]

    def __call__(self, archive: NightArchive, people: tuple[Person, ...], /) -> pd.DataFrame:
        made = archive.nights_by(self.organisation, [person.person_id for person in people], self.rules)
        nights = made.frame[list(self.columns)]
        inside = nights["night"].between(pd.Timestamp(self.first), pd.Timestamp(self.last))
        return nights[inside].astype({"person_id": "str"})


def quality_of(
    application: Application,
    actor: Actor,
    cohort: Cohort,
    *,
    first: date,
    last: date,
    analysed: Analysed,
) -> Quality:
    """How complete a cohort's nights of a period are, by the rules in force.

    Raises:
        NotAllowed, UnknownCohort.
    """
    people = cohort_people(application, actor, cohort.name, on=last)
    return kept(
        application,
        ("quality", actor, cohort, first, last, analysed),
        lambda: _made(application, cohort.label, people, first=first, last=last, analysed=analysed),
        grounds=(people, application.store.sync_states(application.organisation)),
    )


def quality_by(
    application: Application,
    actor: Actor,
    cohort: Cohort,
    rules: ValidNight,
    *,
    first: date,
    last: date,
    analysed: Analysed,
    tell: Callable[[MapProgress], None] = lambda _: None,
) -> QualityChange:
    """What other rules would do to a cohort's period; nothing is saved or changed.

    Raises:
        NotAllowed, UnknownCohort.
        EngineFailed: many people's nights are made elsewhere, and nobody works there.
    """
    people = cohort_people(application, actor, cohort.name, on=last)

    def _made_by() -> QualityChange:
        function = _NightsBy(
            organisation=application.organisation,
            rules=rules,
            first=first,
            last=last,
            columns=_columns(analysed),
        )
        found = map_batches(
            function, people, engine_for(application, people), people_per_batch=PEOPLE_PER_BATCH, tell=tell
        )
        unread = {failure.person_id: failure.reason for failure in found.failures}
        served = [person for person in people if person.person_id not in unread]
        made: dict[str, Any] = {"first": first, "last": last, "analysed": analysed}
        nights = pd.concat(found.values, ignore_index=True) if found.values else None
        return QualityChange(
            now=_made(application, cohort.label, served, **made),
            then=_made(application, cohort.label, served, nights=nights, rules=rules, **made),
            unread=unread,
        )

    return kept(
        application,
        ("quality by", actor, cohort, first, last, analysed, rules),
        _made_by,
        grounds=(people, application.store.sync_states(application.organisation)),
        lasting=lambda change: not change.unread,
    )


def longest_gaps(application: Application, actor: Actor, nights: pd.DataFrame) -> list[float]:
    """The longest gap of signal in each of these sleeps in minutes, NaN where it cannot be known.

    Args:
        application: whose.
        actor: who asks.
        nights: rows of `Quality.left_out`; after 500 people nobody else is looked up.

    Raises:
        NotAllowed.
    """
    authorize(actor, Permission.SEE_COHORTS, application.organisation)
    wanted = tuple(
        (str(person_id), str(ids)) if isinstance(ids, str) else (str(person_id), "")
        for person_id, ids in zip(nights["person_id"], nights["session_ids"], strict=True)
    )
    return kept(application, ("gaps", actor, wanted), lambda: _gaps(application, wanted), grounds=None)


def adherence_sheet(application: Application, actor: Actor, found: Quality) -> Document:
    """The adherence sheet, one row a person.

    Raises:
        NotAllowed: the actor may not make reports.
    """
    authorize(actor, Permission.MAKE_REPORTS, application.organisation)
    return Document(name=adherence_name(found), media_type="text/csv", content=adherence_csv(found))


def left_out_sheet(application: Application, actor: Actor, found: Quality, code: str = "") -> Document:
    """The nights that a reason leaves out, one row each; without a code all recorded ones that are not analysed.

    Raises:
        NotAllowed: the actor may not make reports.
    """
    authorize(actor, Permission.MAKE_REPORTS, application.organisation)
    nights = found.nights_of(code)
    gaps = [float("nan")] * len(nights) if code in UNRECORDED else longest_gaps(application, actor, nights)
    content = left_out_csv(found, gaps, code)
    return Document(name=left_out_name(found, code), media_type="text/csv", content=content)


def _columns(analysed: Analysed) -> tuple[str, ...]:
    return tuple(dict.fromkeys(("person_id", *READ, analysed.measure)))


def _made(
    application: Application,
    label: str,
    people: Sequence[Person],
    *,
    first: date,
    last: date,
    analysed: Analysed,
    nights: pd.DataFrame | None = None,
    rules: ValidNight | None = None,
) -> Quality:
    """The quality of these people by the nights given, else by those of the archive."""
    everybody = [sleeper(person) for person in people]
    here = statistics(application, people)[list(_columns(analysed))]
    return quality(
        label,
        everybody,
        here if nights is None else nights,
        first=first,
        last=last,
        known=days_known(everybody, here, asked(application)),
        recorded=days_recorded(everybody, here),
        synced_at=_synced_at(application),
        analysed=analysed,
        rules=application.night_rules if rules is None else rules,
    )


def _synced_at(application: Application) -> Mapping[str, Any]:
    states = application.store.sync_states(application.organisation)
    moments: dict[str, list[datetime]] = {
        key: [moment for moment in (state.succeeded_at, state.statistics_at) if moment is not None]
        for key, state in states.items()
    }
    return {key: pd.Timestamp(max(of)) for key, of in moments.items() if of}


def _gaps(application: Application, wanted: Sequence[tuple[str, str]]) -> list[float]:
    of_person: dict[str, list[int]] = {}
    for at, (person_id, ids) in enumerate(wanted):
        if ids:
            of_person.setdefault(person_id, []).append(at)
    found = [float("nan")] * len(wanted)
    for person_id, places in list(of_person.items())[:_MOST_PEOPLE]:
        sessions = application.archive.sessions(application.organisation, person_id)
        gaps = longest_gaps_min(sessions, [wanted[at][1] for at in places])
        for at, gap in zip(places, gaps, strict=True):
            found[at] = gap
    return found
