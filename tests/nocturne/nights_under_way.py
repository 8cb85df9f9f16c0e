"""Nights under way in the inbox of an application, as a worker would have entered them."""

from datetime import timedelta

from nocturne.application import Application
from store.inbox import Arrival, BlockPlaced, Completed, Effect, Opened
from store.people import Person
from tests.nocturne.conftest import NOW

MARK = b"a person's mark, which only forgetting looks at"
ASLEEP = (0,) * 20 + (1,) * 100 + (2,) * 60 + (3,) * 60


def opens(
    application: Application,
    person: Person,
    *,
    began_min: float,
    stages: tuple[int, ...] = (),
    without: tuple[int, ...] = (),
    session_id: str = "20260311140000_live0",
    zone: str = "",
    organisation: str | None = None,
) -> None:
    """Somebody began to record so many minutes ago, and blocks of ten stages have arrived, but for those left out."""
    effects: list[Effect] = [
        Opened(
            vendor_id=person.vendor_id,
            session_id=session_id,
            start=NOW - timedelta(minutes=began_min),
            zone=zone,
        ),
        *(
            BlockPlaced(
                vendor_id=person.vendor_id,
                session_id=session_id,
                seq=seq,
                stages=bytes(each % 256 for each in stages[10 * seq : 10 * seq + 10]),
            )
            for seq in range(len(stages) // 10)
            if seq not in without
        ),
    ]
    application.inbox.live.apply(
        organisation or application.organisation, person.environment, *effects, mark=MARK
    )


def announces(application: Application) -> None:
    """The vendor has sent an event before: nights are announced as they happen."""
    application.inbox.accept([arrival(application, "G-long-ago")])


def completes(application: Application, person: Person, *, session_id: str = "20260311140000_live0") -> None:
    """The night is complete, as a worker says after it has put the session into the archive."""
    effect = Completed(
        vendor_id=person.vendor_id, session_id=session_id, start=NOW - timedelta(hours=8), end=NOW
    )
    application.inbox.live.apply(application.organisation, person.environment, effect, mark=MARK)


def arrival(application: Application, vendor_id: str, *, seq: int = 0, kind: str = "block") -> Arrival:
    """An event as the receiver hands it to the inbox."""
    return Arrival(
        organisation=application.organisation,
        environment=application.settings.asleep_environment,
        kind=kind,  # type: ignore[arg-type]
        event="INFERENCE_COMPLETE" if kind == "block" else "SOMETHING_NEW",
        version="V3",
        vendor_id=vendor_id,
        session_id="20260311140000_live0",
        seq=seq,
        stages=b"\x01" * 10 if kind == "block" else b"",
        body=f"{{{seq}}}".encode(),
        mark=MARK,
        request_id=f"r{seq}",
    )


def buried(application: Application, vendor_id: str, *, count: int = 2) -> None:
    """So many events of somebody were given up."""
    application.inbox.accept([arrival(application, vendor_id, seq=seq) for seq in range(count)])
    for leased in application.inbox.lease(
        application.organisation, application.settings.asleep_environment, worker="w"
    ):
        application.inbox.bury(leased, error="The vendor does not know this session.")
