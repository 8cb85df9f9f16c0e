"""A cohort's report under pseudonyms: the same numbers, and nobody's name, id or recording in it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pandas as pd

from nocturne.aliases import alias_of, pseudonymous
from nocturne.application import Application
from nocturne.pseudonyms import pseudonyms
from reports.cohort_report import CohortReport
from store.people import Person

__all__ = ["cohort_under_pseudonyms", "told_label"]


def told_label(label: str, people: Sequence[Person], *, pseudonyms: bool) -> str:
    """What a cohort is called; under pseudonyms never by a word that names one of its people."""
    said = label.casefold()
    words = {word.casefold() for person in people for word in _words(person)}
    return "cohort" if pseudonyms and any(word in said for word in words) else label


def _words(person: Person) -> Iterator[str]:
    """What tells who somebody is: ids, the name, and each part of it that is not a mere letter."""
    yield from (person.person_id, person.vendor_id, person.name)
    yield from (part for part in person.name.split() if len(part.strip(".")) > 1)


def cohort_under_pseudonyms(application: Application, report: CohortReport, label: str) -> CohortReport:
    """The report with pseudonyms for people and with numbers for their sessions; tags are left out.

    Args:
        application: whose secret.
        report: under true names.
        label: what the cohort is called.

    Raises:
        StoreError: the organisation has no secret for pseudonyms yet, and the store cannot be written.
    """
    called = pseudonyms(application, [sleeper.person_id for sleeper in report.sleepers])
    period = report.period
    people = period.people.rename(index=called)
    people.index.name = period.people.index.name
    return replace(
        report,
        period=replace(
            period,
            name=label,
            title=period.title.replace(period.name, label),
            lead=period.lead.replace(period.name, label),
            people=people.assign(
                name=people.index.to_series().astype("str"),
                tags=pd.Series([()] * len(people), index=people.index, dtype="object"),
            ),
            unserved={called[who]: reason for who, reason in period.unserved.items()},
        ),
        nights=_nights(application, report.nights, called),
        sleepers=tuple(pseudonymous(each, called[each.person_id]) for each in report.sleepers),
    )


def _nights(application: Application, nights: pd.DataFrame, called: dict[str, str]) -> pd.DataFrame:
    """The sleeps with other ids, in their order."""
    parts = [
        alias_of(
            called[str(who)], application.archive.sessions(application.organisation, str(who))
        ).of_nights(mine)
        for who, mine in nights.groupby("person_id", observed=True, sort=False)
    ]
    return pd.concat(parts).sort_index() if parts else nights
