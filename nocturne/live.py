"""The night that is under way, as one value: who is recording, what has arrived of last night, and who is missing.

Every open page asks every few seconds, so it asks `live_version` first, which costs two small questions; the value is
made once for all sessions and kept while the version holds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property

import pandas as pd

from analytics.wording import day, number, of, plural
from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from nocturne.grounds import last_night, statistics
from nocturne.live_recordings import Recording, recordings
from nocturne.webhook_health import webhook_health
from store.people import Person

_USUAL_DAYS, _USUALLY = 14, 0.5


@dataclass(frozen=True, kw_only=True)
class LiveVersion:
    """What the view rests on; another one after anything has changed that it shows.

    Attributes:
        nights: the version of the nights under way.
        archive: of the nights that have arrived.
        people: the roster.
        minute: of the clock, because elapsed time goes on.
    """

    nights: int
    archive: str
    people: tuple[Person, ...]
    minute: int


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """A sleep of last night, or of a later one, that is here: whose, when it came, and how long they slept."""

    person_id: str
    name: str
    session_id: str
    night: date
    received: datetime
    asleep_min: float
    main: bool


@dataclass(frozen=True, kw_only=True)
class Awaited:
    """Somebody of whom nothing has come of last night, and of how many of the days before something had."""

    person_id: str
    name: str
    came: int

    @property
    def words(self) -> str:
        """`came on 12 of the 14 days before`."""
        return f"came on {number(self.came, 0)} of the {plural(_USUAL_DAYS, 'day')} before"


@dataclass(frozen=True, kw_only=True)
class LiveView:
    """What is under way and what last night brought.

    Attributes:
        at: the moment it is about.
        announced: whether the vendor announces nights as they happen; else they are known by synchronisation alone.
        recording: who is recording, who began last first.
        catching_up: likewise, of whom stages of hours ago have just come, and who may be recording or not.
        silent: likewise, of whom nothing has come for long.
        night: the label of last night.
        arrived: its sleeps that are here, the newest first.
        awaited: who usually has a night by its label and has none yet and has no recording under way; by name.
        delivered: of how many people something of last night is here, counted as Home counts it.
        people: how many are on the roster.
    """

    at: datetime
    announced: bool
    recording: tuple[Recording, ...]
    catching_up: tuple[Recording, ...]
    silent: tuple[Recording, ...]
    night: date
    arrived: tuple[Arrived, ...]
    awaited: tuple[Awaited, ...]
    delivered: int
    people: int

    @cached_property
    def title(self) -> str:
        """The finding: who is asleep now."""
        if self._asleep:
            return f"{plural(len(self._asleep), 'person is', 'people are')} asleep now"
        recording = len(_people(self.recording))
        if recording and not self.announced:
            return f"{plural(recording, 'person was', 'people were')} recording at the last synchronisation"
        if recording:
            return f"{plural(recording, 'person is', 'people are')} recording now"
        return "Nobody is known to be recording" if self.under_way else "Nobody is recording now"

    @cached_property
    def facts(self) -> str:
        """Whether all is well, beside the title: `38 recording: 33 asleep, 5 awake · 6 give no sign · 15 missing`."""
        catching_up, silent, missing = (
            len(_people(self.catching_up)),
            len(_people(self.silent)),
            len(self.awaited),
        )
        parts = [
            self._recording_words,
            f"{number(catching_up, 0)} catching up" if catching_up else "",
            plural(silent, *self._no_sign) if silent else "",
            f"{number(missing, 0)} missing" if missing else "",
        ]
        said = " · ".join(part for part in parts if part)
        if self.under_way:
            return said or (f"{self.night_words}: nobody is missing" if self.delivered else self.night_words)
        if not (said or self.delivered):
            return f"{self.night_words} and what has arrived of it"
        return f"{self.night_words}: {said or 'nobody is missing'}"

    @cached_property
    def known_at(self) -> datetime | None:
        """Of when that is known what the title says, where it is not of now."""
        if self.announced:
            return None
        return max((each.heard_at for each in self.recording), default=None)

    @cached_property
    def under_way(self) -> tuple[Recording, ...]:
        """Everybody's, first what needs a look; between two synchronisations silence needs none."""
        if not self.announced:
            return (*self.recording, *self.catching_up, *self.silent)
        return (*self.silent, *self.recording, *self.catching_up)

    @cached_property
    def _asleep(self) -> frozenset[str]:
        return _people(each for each in self.recording if each.asleep_now)

    @property
    def _no_sign(self) -> tuple[str, str]:
        # Between two synchronisations silence says nothing.
        return ("gives no sign", "give no sign") if self.announced else ("may have ended", "may have ended")

    @property
    def _recording_words(self) -> str:
        """How those who are recording fare, as far as the title does not say it."""
        if not self.announced:
            return ""
        everybody, asleep = _people(self.recording), self._asleep
        awake = _people(each for each in self.recording if each.awake_now) - asleep
        counts = {
            "asleep": len(asleep),
            "awake": len(awake),
            "not known yet": len(everybody - asleep - awake),
        }
        kinds = ", ".join(f"{number(count, 0)} {kind}" for kind, count in counts.items() if count)
        if not asleep:
            return kinds
        return f"{number(len(everybody), 0)} recording: {kinds}" if len(asleep) < len(everybody) else ""

    @property
    def arrived_title(self) -> str:
        """Of how many of the roster last night is here; what is of a later night is listed and not counted."""
        return f"{of(self.delivered, self.people)} have last night here"

    @property
    def night_words(self) -> str:
        """Which night is meant."""
        return f"The night to {day(self.night, year=False)}"


def live_version(application: Application) -> LiveVersion:
    """What the view rests on now; cheap, for who asks every few seconds.

    Raises:
        StoreError: the inbox or the store cannot be read.
    """
    organisation, environment = application.organisation, application.settings.asleep_environment
    return LiveVersion(
        nights=application.inbox.live.version(organisation, environment),
        archive=application.archive.version(organisation),
        people=application.people(),
        minute=int(application.now().timestamp()) // 60,
    )


def live_view(application: Application, actor: Actor) -> LiveView:
    """What is under way and what last night brought, of the people on the roster of this organisation alone.

    Raises:
        NotAllowed: the actor may not see people here.
        StoreError: the inbox or the store cannot be read.
    """
    authorize(actor, Permission.SEE_PEOPLE, application.organisation)
    version = live_version(application)
    health = webhook_health(application, actor)
    announced = health.on and health.ever
    return application.kept.answer(
        application.organisation,
        version.archive,
        ("live", actor),
        lambda: _view(application, actor, version, announced=announced),
        grounds=(version, announced),
    )


@dataclass(frozen=True, kw_only=True)
class _LastNight:
    """What has come of last night, whoever is recording meanwhile.

    Attributes:
        delivered: whose last night is here.
        ahead: who has slept a valid night since.
        usual: who usually has a night by its label, and has none yet; by name.
    """

    label: date
    arrived: tuple[Arrived, ...]
    delivered: frozenset[str]
    ahead: frozenset[str]
    usual: tuple[Awaited, ...]


def _view(application: Application, actor: Actor, version: LiveVersion, *, announced: bool) -> LiveView:
    now, people = application.now(), version.people
    under_way = recordings(application, people, now, announced=announced)
    last = _last_night(application, actor, version)
    # Of whom nothing has come for long, a card says so already.
    seen = last.ahead | {each.person_id for each in under_way}
    return LiveView(
        at=now,
        announced=announced,
        recording=tuple(each for each in under_way if each.now),
        catching_up=tuple(each for each in under_way if each.pace == "catching up"),
        silent=tuple(each for each in under_way if each.pace == "silent"),
        night=last.label,
        arrived=last.arrived,
        awaited=tuple(each for each in last.usual if each.person_id not in seen),
        delivered=len(last.delivered),
        people=len(people),
    )


def _last_night(application: Application, actor: Actor, version: LiveVersion) -> _LastNight:
    """Made anew when nights have arrived, when the roster has changed and when the day has."""

    def make() -> _LastNight:
        nights = statistics(application, version.people)
        label = last_night(application, nights)
        lately, delivered = _lately(nights, label), _delivered(nights, label)
        return _LastNight(
            label=label,
            arrived=_arrived(lately, version.people, label),
            delivered=delivered,
            ahead=_ahead(nights, label),
            usual=tuple(_usual(lately, version.people, label, delivered)),
        )

    return application.kept.answer(
        application.organisation,
        version.archive,
        ("live last night", actor),
        make,
        grounds=(version.people, application.now().date()),
    )


def _people(recordings: Iterable[Recording]) -> frozenset[str]:
    return frozenset(each.person_id for each in recordings)


def _lately(nights: pd.DataFrame, label: date) -> pd.DataFrame:
    """The sleeps of the label, later ones, and those of the days before it by which the usual is judged."""
    columns = nights[["person_id", "session_id", "night", "kind", "received", "tst_min"]]
    first = pd.Timestamp(label) - pd.Timedelta(days=_USUAL_DAYS)
    return columns[(columns["night"] >= first) & (columns["kind"] != "unusable")]


def _delivered(nights: pd.DataFrame, label: date) -> frozenset[str]:
    """Of whom anything of the night is here, be it a nap or of no use: whom Home does not count as silent."""
    return frozenset(nights["person_id"][nights["night"] == pd.Timestamp(label)].astype(str))


def _ahead(nights: pd.DataFrame, label: date) -> frozenset[str]:
    """Who has slept a valid night since: a nap does not stand for one, and leaves last night missing."""
    later = (nights["night"] > pd.Timestamp(label)) & (nights["kind"] == "main") & nights["valid"]
    return frozenset(nights["person_id"][later].astype(str))


def _arrived(lately: pd.DataFrame, people: Sequence[Person], label: date) -> tuple[Arrived, ...]:
    names = {person.person_id: person.name for person in people}
    rows = lately[(lately["night"] >= pd.Timestamp(label)) & lately["received"].notna()]
    found = [
        Arrived(
            person_id=str(who),
            name=names[str(who)],
            session_id=str(session_id),
            night=night.date(),
            received=received.to_pydatetime(warn=False).astimezone(UTC),
            asleep_min=float(tst_min),
            main=kind == "main",
        )
        for who, session_id, night, kind, received, tst_min in rows.itertuples(index=False, name=None)
    ]
    # What one synchronisation has brought came in no order that means anything.
    return tuple(
        sorted(found, key=lambda each: (-(each.received.timestamp() // 60), each.name, each.session_id))
    )


def _usual(
    lately: pd.DataFrame, people: Sequence[Person], label: date, delivered: frozenset[str]
) -> list[Awaited]:
    before = lately[(lately["night"] < pd.Timestamp(label)) & (lately["kind"] == "main")]
    days = before.groupby("person_id", observed=True)["night"].nunique().to_dict()
    return [
        Awaited(person_id=person.person_id, name=person.name, came=int(days.get(person.person_id, 0)))
        for person in people
        if person.person_id not in delivered and days.get(person.person_id, 0) >= _USUALLY * _USUAL_DAYS
    ]
