"""People with nights of our own making in the archive of a running application, for pages to show."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from asleep.models import SessionResult
from nocturne.application import Application
from store.people import NewPerson
from tests.nocturne.conftest import NOW, UNTIL

Runs = Sequence[tuple[int, int]]

NIGHT: Runs = ((0, 20), (1, 300), (2, 150), (3, 100), (0, 15), (1, 200), (3, 110), (0, 10))
UNKNOWN: Runs = ((-1, 900),)
SHORT: Runs = ((0, 10), (1, 60), (0, 10))


def night(
    label: date, *, zone: str = "UTC", clock: str = "23:00", runs: Runs = NIGHT, snoring: Runs = ()
) -> SessionResult:
    """A recording that began on the evening before its label, by the clock of a zone."""
    begun = datetime.fromisoformat(f"{label - timedelta(days=1)} {clock}").replace(tzinfo=ZoneInfo(zone))
    start = begun.astimezone(ZoneInfo("UTC"))
    stages = tuple(stage for stage, length in runs for _ in range(length))
    return SessionResult(
        session_id=f"{start:%Y%m%d%H%M%S}_{label:%j}000",
        state="COMPLETE",
        start=start,
        end=start + timedelta(seconds=30 * len(stages)),
        created_timezone=zone,
        sleep_stages=stages,
        snoring_stages=tuple(each for each, length in snoring for _ in range(length)) or None,
    )


def lives(
    application: Application,
    results: Sequence[SessionResult],
    *,
    zone: str = "UTC",
    birth_year: int | None = None,
    sex: str = "",
) -> str:
    """The id of somebody new with these recordings."""
    new = NewPerson(vendor_id="G-new", name="Ana Lima", zone=zone, birth_year=birth_year, sex=sex)
    application.store.add_people(application.organisation, [new])
    (who,) = (person.person_id for person in application.people() if person.vendor_id == "G-new")
    application.archive.put(
        application.organisation, who, zone=zone, results=results, received=NOW, synced_at=NOW
    )
    return who


def nights(
    days: int, *, last: date = UNTIL, missing: Sequence[int] = (), **more: object
) -> list[SessionResult]:
    """One night a day up to a label, all alike."""
    return [
        night(last - timedelta(days=n), **more)  # type: ignore[arg-type]
        for n in reversed(range(days))
        if n not in missing
    ]
