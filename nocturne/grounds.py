"""What every view rests on: people's nights, until when they were asked for, and answers that are kept meanwhile."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import TypeVar

import pandas as pd

from analytics.summary import Sleeper
from nocturne.application import Application
from store.people import Person

_Answer = TypeVar("_Answer")


def statistics(application: Application, people: Sequence[Person]) -> pd.DataFrame:
    """The nights of these people, with `person_id`; shared and not to be written to."""
    table = application.archive.statistics(application.organisation)
    wanted = {person.person_id for person in people}
    if set(table["person_id"].unique()) <= wanted:
        return table
    return table[table["person_id"].isin(wanted)]


def last_night(application: Application, nights: pd.DataFrame) -> date:
    """The label of last night: today once half of those who sleep have slept, else yesterday.

    People live in different zones, and a day sleeper or a broken night ends early; one row of today must not turn
    everybody else's night into a missing one.
    """
    today = pd.Timestamp(application.now().date())
    nights = nights[["person_id", "night", "kind", "valid"]]
    recent = nights[nights["night"] >= today - pd.Timedelta(days=2)]
    mains = recent[recent["valid"] & (recent["kind"] == "main")]
    sleeping = mains["person_id"].nunique()
    already = mains[mains["night"] == today]["person_id"].nunique()
    return (today if sleeping and 2 * already >= sleeping else today - pd.Timedelta(days=1)).date()


def kept(
    application: Application,
    question: tuple[object, ...],
    make: Callable[[], _Answer],
    *,
    grounds: object,
    lasting: Callable[[_Answer], bool] = lambda _: True,
) -> _Answer:
    """The answer to a question about the nights as they are now, made once for all sessions.

    What the actor may see is asked before, every time; the actor is part of every question all the same.
    """
    organisation = application.organisation
    return application.kept.answer(
        organisation,
        application.archive.version(organisation),
        (*question, application.score_rules, application.settings.nocturne_sync_days),
        make,
        grounds=grounds,
        lasting=lasting,
    )


def asked(application: Application) -> dict[str, tuple[date, date]]:
    """By person_id the first and last date for which the vendor has been asked."""
    states = application.store.sync_states(application.organisation)
    days = timedelta(days=application.settings.nocturne_sync_days)
    asked = {
        key: [moment for moment in (state.succeeded_at, state.statistics_at) if moment is not None]
        for key, state in states.items()
    }
    # The statistics name every night that was slept: who has none there has recorded none.
    return {key: ((max(of) - days).date(), max(of).date()) for key, of in asked.items() if of}


def sleeper(person: Person) -> Sleeper:
    """The facts of a person that statistics and views need."""
    return Sleeper(
        person_id=person.person_id,
        name=person.name,
        zone=person.zone,
        birth_year=person.birth_year,
        sex=person.sex,
        tags=person.tags,
    )
