"""What a report costs as a document once its values are there and the compiler is warm: each of another person.

A document that was just made is made again in no time, because typst keeps what it has computed; so every round tells
of another moment, which is printed, and of several people.
"""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from analytics.drawn_night import drawn_nights
from analytics.raster import raster
from analytics.summary import PersonPeriod, Sleeper, person_month, person_week
from bench import archives
from bench.archives import END, ORGANISATION, ZONE
from bench.results import Figure
from cache.archive import NightArchive
from cache.seal import PlainSeal
from reports.kinds import Kind
from reports.person_pdf import person_pdf
from reports.person_report import PersonReport

_PEOPLE: Final = 24
_ROUNDS: Final = 7
_PERIODS: Final[dict[Kind, Callable[..., PersonPeriod]]] = {"weekly": person_week, "monthly": person_month}
_BOUNDS_MS: Final[dict[Kind, float]] = {"weekly": 40.0, "monthly": 80.0}


def figures() -> list[Figure]:
    """Best of the rounds, each the mean of its people."""
    archive = NightArchive(archives.kept(_PEOPLE), PlainSeal())
    found = []
    for kind, bound in _BOUNDS_MS.items():
        reports = [_report(archive, person_id, kind) for person_id in archives.person_ids(_PEOPLE)]
        found.append(
            Figure(name=f"{kind} PDF of a person, warm", value=_best_ms(reports), unit="ms", bound=bound)
        )
    return found


def _report(archive: NightArchive, person_id: str, kind: Kind) -> PersonReport:
    nights = archive.nights(ORGANISATION, person_id)
    sessions = archive.sessions(ORGANISATION, person_id)
    sleeper = Sleeper(person_id=person_id, name=f"Person {person_id[-3:]}", zone=ZONE, birth_year=1985)
    period = _PERIODS[kind](sleeper, nights, ending=END.date())
    mains = period.nights["session_id"][period.nights["kind"] == "main"].tolist()
    return PersonReport(
        kind=kind,
        period=period,
        hypnograms=drawn_nights(sessions, nights, mains),
        raster=raster(sessions, nights, first=period.first, last=period.last),
    )


def _best_ms(reports: Sequence[PersonReport]) -> float:
    for report in reports:
        person_pdf(report, generated_at=END)
    best = float("inf")
    for minutes in range(1, _ROUNDS + 1):
        start = time.perf_counter()
        for report in reports:
            person_pdf(report, generated_at=END + timedelta(minutes=minutes))
        best = min(best, (time.perf_counter() - start) * 1e3 / len(reports))
    return best
