"""The night that is under way, as one value: who is recording, what has arrived of last night, and who is missing.

Every open page asks every few seconds, so it asks `live_version` first, which costs two small questions; the value is
made once for all sessions and kept while the version holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Final

import pandas as pd

from analytics.live_night import PROVISIONAL, NightSoFar
from analytics.wording import clock_of, day, duration, of, plural
from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from nocturne.grounds import last_night, statistics
from nocturne.nights_so_far import UnderWay
from store.people import Person

QUIET_AFTER: Final = timedelta(minutes=60)
"""Blocks come every 5, 20 or 40 minutes: whoever has not been heard of for so long may have ended."""
BEHIND_AFTER: Final = timedelta(hours=2)
"""So far behind the clock no stages are that come as they are recorded, unless more of them are arriving just now."""
SHOWN_FOR: Final = timedelta(hours=24)
"""A recording without a sign for so long is not shown any more."""
_JUST_NOW: Final = timedelta(minutes=5)
# Until then the moment of the latest stage says as much.
_WORTH_SAYING_MIN: Final = 10.0
_AT_LAST_WORD_MIN: Final = 60.0
"""Stages up to so long ago tell that somebody is asleep now."""
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
class Recording:
    """Somebody whose night is under way.

    Attributes:
        session_id: the vendor's.
        night: the stages so far, on the clock of the place.
        heard_at: when the latest block arrived, or the recording was first heard of.
        silent: whether nothing has come, or only of hours ago, for so long that it may have ended.
    """

    person_id: str
    name: str
    session_id: str
    night: NightSoFar
    heard_at: datetime
    silent: bool

    @property
    def asleep_now(self) -> bool:
        """Whether the latest stages are of these minutes, and sleep."""
        behind_min = self.night.elapsed_min - self.night.known_until_min
        return self.night.asleep and behind_min <= _AT_LAST_WORD_MIN and not self.silent

    @property
    def clock(self) -> str:
        """What the clock shows now where the person is."""
        return clock_of(self.night.at.astimezone(self.night.start.tzinfo))

    @property
    def facts(self) -> str:
        """Since when, for how long, and the clock of the place: `since 23:04 · 3 h 12 min · 02:16 there now`."""
        start = self.night.start
        begun = (
            clock_of(start)
            if start.date() == self.night.at.astimezone(start.tzinfo).date()
            else (f"{day(start.date(), year=False, weekday=False, short=True)} {clock_of(start)}")
        )
        return f"since {begun} · {duration(self.night.elapsed_min)} · {self.clock} there now"

    @property
    def heard_words(self) -> str:
        """How long ago the latest block came, where that is a while, and what silence means."""
        quiet_min = (self.night.at - self.heard_at) / timedelta(minutes=1)
        if self.silent:
            since = (
                f"Nothing after {clock_of(self.night.moment(len(self.night.stages)))}"
                if self.night.stages
                else f"Nothing for {duration(quiet_min)}"
            )
            return (
                f"{since}: it may have ended and be analysed, or the device be offline. The vendor is asked."
            )
        if not self.night.stages or quiet_min < _WORTH_SAYING_MIN:
            return ""
        return f"last block {duration(quiet_min)} ago"


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
        return f"came on {of(self.came, _USUAL_DAYS)} days before"


@dataclass(frozen=True, kw_only=True)
class LiveView:
    """What is under way and what last night brought.

    Attributes:
        at: the moment it is about.
        recording: who is recording, who began last first.
        silent: likewise, of whom nothing has come for long.
        night: the label of last night.
        arrived: its sleeps that are here, the newest first.
        awaited: who usually has a night by its label and has none yet and has no recording under way; by name.
        delivered: of how many people something of last night is here, counted as Home counts it.
        people: how many are on the roster.
    """

    at: datetime
    recording: tuple[Recording, ...]
    silent: tuple[Recording, ...]
    night: date
    arrived: tuple[Arrived, ...]
    awaited: tuple[Awaited, ...]
    delivered: int
    people: int

    @cached_property
    def title(self) -> str:
        """The finding: who is asleep now."""
        asleep = len({each.person_id for each in self.recording if each.asleep_now})
        if asleep:
            return f"{plural(asleep, 'person is', 'people are')} asleep now"
        if self.recording:
            return f"{self._recording_words} now"
        return "Nobody is known to be recording" if self.silent else "Nobody is recording now"

    @cached_property
    def facts(self) -> str:
        """What the title rests on."""
        if not self.recording:
            return f"{self.night_words} and what has arrived of it"
        return f"{self._recording_words} · {PROVISIONAL}"

    @property
    def _recording_words(self) -> str:
        return (
            plural(len({each.person_id for each in self.recording}), "person is", "people are") + " recording"
        )

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
    return application.kept.answer(
        application.organisation,
        version.archive,
        ("live", actor),
        lambda: _view(application, actor, version),
        grounds=version,
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


def _view(application: Application, actor: Actor, version: LiveVersion) -> LiveView:
    now, people = application.now(), version.people
    under_way = _under_way(application, people, now)
    last = _last_night(application, actor, version)
    # Of whom nothing has come for long, a card says so already.
    seen = last.ahead | {each.person_id for each in under_way}
    return LiveView(
        at=now,
        recording=tuple(each for each in under_way if not each.silent),
        silent=tuple(each for each in under_way if each.silent),
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


def _under_way(application: Application, people: Sequence[Person], now: datetime) -> list[Recording]:
    nights = application.nights_so_far.under_way(
        application.inbox,
        application.organisation,
        application.settings.asleep_environment,
        {person.vendor_id: person for person in people},
        now=now,
        since=now - SHOWN_FOR,
    )
    found = [_recording(night, now) for night in nights]
    return sorted(found, key=lambda each: (each.night.start, each.name), reverse=True)


def _recording(under_way: UnderWay, now: datetime) -> Recording:
    night, person, so_far = under_way
    heard_at = night.last_block_at or night.seen_at
    behind = timedelta(minutes=so_far.elapsed_min - so_far.known_until_min)
    return Recording(
        person_id=person.person_id,
        name=person.name,
        session_id=night.session_id,
        night=so_far,
        heard_at=heard_at,
        silent=now - heard_at > (_JUST_NOW if behind > BEHIND_AFTER else QUIET_AFTER),
    )


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
