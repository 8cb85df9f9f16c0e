"""What the tests of the inbox's worker share: a vendor whose nights go on, a clock that is moved, webhooks."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from asleep.client import AsleepClient
from asleep.simulator.diary import EPOCH_S, Session
from asleep.simulator.people import Person as Sleeper
from asleep.simulator.recordings import Figures, Recording
from asleep.simulator.server import Running
from asleep.simulator.world import Diary, World, simulated_world
from cache.client import CachedAsleep
from nocturne.access import local_actor
from nocturne.application import Application, build
from nocturne.tombstones import mark
from settings import Settings
from store.inbox import Arrival, LiveNight
from store.inbox_tables import Event
from store.people import Person
from tests.nocturne.conftest import roster_csv
from tests.nocturne.importing import import_people
from tests.nocturne.syncing import NOW, UNTIL, NotingClient

BLOCK: Final = 10


class GoingOn:
    """A diary whose sessions can be taken back to where they were while they were recorded."""

    def __init__(self, whole: Diary) -> None:
        self._whole = whole
        self._epochs: dict[str, int] = {}
        self._closed: set[str] = set()
        self._hidden: set[str] = set()

    def sessions(self, person: Sleeper) -> tuple[Session, ...]:
        return tuple(
            self._as_it_is(session)
            for session in self._whole.sessions(person)
            if session.id not in self._hidden
        )

    def recording(self, person: Sleeper, session: Session) -> Recording:
        return self._whole.recording(person, session)

    def figures(self, person: Sleeper, sessions: Sequence[Session]) -> tuple[Figures, ...]:
        return self._whole.figures(person, sessions)

    def hide(self, *session_ids: str) -> None:
        """The sessions have not begun."""
        self._hidden |= {*session_ids}

    def record(self, session_id: str, *, epochs: int) -> None:
        """So much of the session has been recorded."""
        self._hidden.discard(session_id)
        self._epochs[session_id] = epochs

    def finish(self, *session_ids: str) -> None:
        """The sessions are complete."""
        for session_id in session_ids:
            self._hidden.discard(session_id)
            self._epochs.pop(session_id, None)

    def _as_it_is(self, session: Session) -> Session:
        epochs = self._epochs.get(session.id)
        if epochs is None:
            return session
        return msgspec.structs.replace(
            session, state="OPEN", end_s=None, complete_s=None, recorded_s=epochs * EPOCH_S
        )


def going_on(
    *, people: int = 3, nights: int = 6, seed: int = 5, now: datetime | None = NOW
) -> tuple[World, GoingOn]:
    """A world until the evening of `syncing.UNTIL`, or with no moment until now, and its diary."""
    until = None if now is None else UNTIL
    world = simulated_world(people=people, nights=nights, seed=seed, until=until, now=now)
    diary = GoingOn(world.diary)
    return replace(world, diary=diary), diary


class Clock:
    """A clock that a test moves."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


@contextmanager
def opened(
    folder: Path,
    vendor: Running,
    clock: Clock,
    *,
    client: AsleepClient | None = None,
    database: str | None = None,
) -> Iterator[Application]:
    """The application of a folder by that clock, with the vendor's people on its roster."""
    settings = Settings(
        asleep_api_key=SecretStr(vendor.api_key),
        asleep_base_url=vendor.address,
        nocturne_data_dir=folder,
        nocturne_database_url=None if database is None else SecretStr(database),
        nocturne_rate_limit_per_second=1000,
        nocturne_sync_days=10,
    )
    built = build(settings, now=clock)
    asked = client or NotingClient(vendor)
    cached = CachedAsleep(
        asked,
        built.asleep._disk,
        organisation=built.organisation,
        environment=settings.asleep_environment,
        now=clock,
    )
    application = replace(built, asleep=cached, releases=(asked.close, *built.releases))
    if not application.people():
        import_people(application, local_actor(application.organisation), roster_csv(vendor))
    try:
        yield application
    finally:
        application.close()


def newest_night(vendor: Running, person: Person | Sleeper) -> Session:
    """The person's newest whole night at the vendor."""
    return whole_nights(vendor, person)[-1]


def whole_nights(vendor: Running, person: Person | Sleeper) -> list[Session]:
    """The person's whole nights at the vendor, oldest first."""
    vendor_id = person.vendor_id if isinstance(person, Person) else person.user_id
    sleeper = next(each for each in vendor.world.people if each.user_id == vendor_id)
    nights = [
        session
        for session in vendor.world.diary.sessions(sleeper)
        if session.kind == "night" and session.state == "COMPLETE"
    ]
    if not nights:
        pytest.fail("This person has no whole night; choose another seed.")
    return nights


def block(
    application: Application, vendor_id: str, session_id: str, seq: int, *, stages: bytes = b"\x01" * BLOCK
) -> Arrival:
    """An INFERENCE_COMPLETE as the receiver hands it over."""
    event = _arrival(application, vendor_id, session_id, seq)
    return replace(event, kind="block", event="INFERENCE_COMPLETE", stages=stages)


def complete(application: Application, vendor_id: str, session_id: str) -> Arrival:
    """A SESSION_COMPLETE as the receiver hands it over."""
    return _arrival(application, vendor_id, session_id, -1)


def _arrival(application: Application, vendor_id: str, session_id: str, seq: int) -> Arrival:
    return Arrival(
        organisation=application.organisation,
        environment=application.settings.asleep_environment,
        kind="complete",
        event="SESSION_COMPLETE",
        version="V3",
        vendor_id=vendor_id,
        session_id=session_id,
        seq=seq,
        stages=b"",
        body=f'{{"user_id": "{vendor_id}", "session_id": "{session_id}", "seq": {seq}}}'.encode(),
        mark=mark(application, vendor_id),
        request_id=f"r-{seq}",
    )


def live(application: Application) -> dict[str, LiveNight]:
    """The live nights by session."""
    nights = application.inbox.live.nights(
        application.organisation,
        application.settings.asleep_environment,
        since=application.now() - timedelta(days=30),
    )
    return {night.session_id: night for night in nights}


def in_archive(application: Application, person: Person) -> dict[str, str]:
    """The state of each of the person's sessions in the archive, by its id."""
    known = application.archive.known(application.organisation, person.person_id)
    return {session_id: one.state for session_id, one in known.items()}


def attempts(application: Application) -> list[int]:
    """How often each event that waits has failed."""
    query = select(Event.attempts).where(Event.state == "waiting").order_by(Event.attempts)
    with application.inbox._database.reading() as connection:
        return list(connection.execute(query).scalars())
