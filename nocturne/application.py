"""The application: one frozen object made from settings. The launcher registers it; a test makes its own."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pydantic import SecretStr

from analytics.rules import ValidNight
from analytics.score import ScoreRules
from asleep.client import AsleepClient, Timeouts
from asleep.pacing import Pacer
from asleep.turns import Turns
from cache.archive import NightArchive
from cache.client import CachedAsleep
from cache.disk import DiskCache
from cache.seal import PlainSeal
from nocturne.engines import Engine, engine
from nocturne.instruments import Instruments
from nocturne.kept import Kept
from nocturne.nights_so_far import NightsSoFar
from nocturne.organisation_settings import OrganisationSettings, in_force, night_rules, score_rules
from nocturne.progress import SyncBoard
from settings import Settings
from store.database import Store
from store.inbox import Inbox
from store.people import Person, UnknownPerson


def utc_now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Application:
    """Everything a request needs, for one organisation.

    Attributes:
        settings: what the operator set.
        organisation: whose people and nights these are; part of every store, cache and archive call.
        store: organisations and people.
        inbox: events of webhooks, and the nights under way.
        archive: every session as columns, and the statistics derived from them.
        engine: who computes large cohorts and report runs.
        asleep: the cached client of the API.
        board: where a running synchronisation says how far it is.
        kept: what pages have computed.
        nights_so_far: the nights under way as they were read last.
        instruments: what is counted here, for an operator.
        webhook_keys: one of which a webhook has to carry.
        now: the clock; tests set their own.
        releases: what `close` calls to let go of connections and files.
    """

    settings: Settings
    organisation: str
    store: Store
    inbox: Inbox
    archive: NightArchive
    engine: Engine
    asleep: CachedAsleep
    board: SyncBoard = field(default_factory=SyncBoard)
    kept: Kept = field(default_factory=Kept)
    nights_so_far: NightsSoFar = field(default_factory=NightsSoFar)
    instruments: Instruments = field(default_factory=Instruments)
    webhook_keys: tuple[SecretStr, ...] = ()
    now: Callable[[], datetime] = utc_now
    releases: tuple[Callable[[], None], ...] = ()

    def people(self, *, tag: str | None = None) -> tuple[Person, ...]:
        """The roster of this organisation in the vendor environment in force, by name."""
        return self.store.people(self.organisation, tag=tag, environment=self.settings.asleep_environment)

    def person(self, person_id: str) -> Person:
        """One person of that roster.

        Raises:
            UnknownPerson: nobody of this organisation and vendor environment has the id.
        """
        found = self.store.person(self.organisation, person_id)
        if found.environment != self.settings.asleep_environment:
            raise UnknownPerson(
                f"Nobody with the id {person_id[:40]!r} is on the roster; open somebody who is."
            )
        return found

    @property
    def score_rules(self) -> ScoreRules:
        """How scores are made here; whatever differs from the default is in their version tag."""
        return score_rules(self.settings, self.store.settings_of(self.organisation))

    @property
    def night_rules(self) -> ValidNight:
        """The rules that the nights in the archive were made by."""
        return self.archive.rules(self.organisation)

    @property
    def organisation_settings(self) -> OrganisationSettings:
        """What the organisation has set for itself, and the defaults of the rest."""
        return in_force(self.settings, self.store.settings_of(self.organisation))

    def close(self) -> None:
        """Lets go of connections and files."""
        for release in self.releases:
            release()


def build(
    settings: Settings,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    now: Callable[[], datetime] = utc_now,
) -> Application:
    """The application of these settings; the demo passes its simulator's address and key.

    The data folder and the organisation are made when they are not there.
    """
    folder = settings.folder
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    seal = PlainSeal()
    secret = settings.asleep_api_key.get_secret_value() if settings.asleep_api_key else ""
    turns = _turns(settings)
    client = AsleepClient(
        base_url=base_url or settings.asleep_base_url,
        api_key=api_key or secret,
        timeouts=Timeouts(total_s=settings.nocturne_deadline_s),
        pacer=Pacer(settings.calls_per_second, turns=turns),
    )
    disk = DiskCache(folder / "cache", seal)
    store = Store(settings.database_url, now=now)
    instruments = Instruments(client.condition)
    inbox = Inbox(settings.inbox_url, now=now, told=instruments.worked)
    archive = NightArchive(folder / "archive", seal)
    workers = _engine(settings, archive)
    store.ensure_organisation(settings.organisation, name=settings.organisation.capitalize(), zone="UTC")
    _put_night_rules_in_force(settings.organisation, store, archive)
    return Application(
        settings=settings,
        organisation=settings.organisation,
        store=store,
        inbox=inbox,
        archive=archive,
        engine=workers,
        asleep=CachedAsleep(
            client,
            disk,
            organisation=settings.organisation,
            environment=settings.asleep_environment,
            now=now,
        ),
        instruments=instruments,
        webhook_keys=settings.webhook_keys or ((SecretStr(api_key),) if api_key else ()),
        now=now,
        releases=(
            workers.close,
            client.close,
            *(() if turns is None else (turns.close,)),
            disk.close,
            inbox.close,
            store.close,
        ),
    )


def _put_night_rules_in_force(organisation: str, store: Store, archive: NightArchive) -> None:
    """The archive goes by the rules that the organisation has set, also after a restore or an end in between."""
    archive.set_rules(organisation, night_rules(store.settings_of(organisation)))


def _engine(settings: Settings, archive: NightArchive) -> Engine:
    """A dask cluster where one is named, else so many processes as are wanted; none of them is started yet."""
    scheduler, workers = settings.nocturne_dask_scheduler, settings.nocturne_workers
    name = "dask" if scheduler else "processes" if workers > 1 else "in process"
    return engine(name, settings.organisation, archive, workers=workers, scheduler=scheduler or "")


def _turns(settings: Settings) -> Turns | None:
    """Turns by the vendor account: every process that calls under it keeps one pace, whatever key it has today."""
    redis_url = settings.nocturne_redis_url
    if redis_url is None:
        return None
    return Turns(
        redis_url=redis_url.get_secret_value(),
        account=f"{settings.asleep_base_url} {settings.organisation} {settings.asleep_environment}",
    )


class NotStarted(RuntimeError):
    """No application is registered: the launcher has not run."""


@dataclass(frozen=True, kw_only=True)
class Running:
    """What runs in this process: the application, and how a page asks for a synchronisation now.

    `request_sync` takes the ids of those it is about; without any it is about everybody.
    """

    application: Application
    request_sync: Callable[..., None]


_running: list[Running] = []


def register(application: Application, *, request_sync: Callable[..., None]) -> None:
    """Makes this the application of the process; the launcher calls it once, a page test for each case."""
    _running[:] = [Running(application=application, request_sync=request_sync)]


def forget() -> None:
    """Undoes `register`; for tests and for the end of the server."""
    _running.clear()


def running_application() -> Application | None:
    """The application that the launcher registered; None before and after."""
    return _running[0].application if _running else None


def running() -> Running:
    """What the launcher registered.

    Raises:
        NotStarted: nothing was registered.
    """
    if not _running:
        raise NotStarted(
            "Nocturne is started with `make run`, which runs streamlit_app.py; this script alone cannot."
        )
    return _running[0]
