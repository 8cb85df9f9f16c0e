"""A world made of nights read from a file: one API user per person, stages served whole."""

import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo, available_timezones

import numpy as np

from asleep.simulator.diary import EPOCH_S, Session, session_id
from asleep.simulator.people import Person, issued_user_id
from asleep.simulator.recordings import Figures, Recording, figures_of, labelled
from asleep.simulator.statistics import REM, UNKNOWN
from asleep.simulator.world import World

_EVENING_UTC = time(23, 0)
_ANALYSIS_S = 249
_SEXES = {"m": "male", "male": "male", "f": "female", "female": "female"}
_OLDEST = 120


class ReplayError(ValueError):
    """A file of nights cannot be served; the message names the line and what to mend."""


@dataclass(frozen=True, kw_only=True)
class Night:
    """One line of the file: what the simulator serves of it, times in seconds since 1970 or None."""

    line: int
    night_id: str
    person: str
    zone: str
    start_s: int | None
    end_s: int | None
    age: int | None
    sex: str | None
    stages: tuple[int, ...]


@dataclass(frozen=True)
class ReplayDiary:
    """Sessions and recordings of a file, by person number."""

    nights: dict[int, tuple[tuple[Session, Night], ...]]

    def sessions(self, person: Person) -> tuple[Session, ...]:
        """Every session of the person, oldest first; none for people created later."""
        return tuple(session for session, _ in self.nights.get(person.number, ()))

    def recording(self, person: Person, session: Session) -> Recording:
        """Stages as in the file and the statistics that follow from them; nothing is known of snoring."""
        night = next(night for found, night in self.nights[person.number] if found.id == session.id)
        return _recording(session, night)

    def figures(self, person: Person, sessions: Sequence[Session]) -> tuple[Figures, ...]:
        """Labels and statistics of the sessions, in their order."""
        return tuple(figures_of(self.recording(person, session)) for session in sessions)


@lru_cache(4096)
def _recording(session: Session, night: Night) -> Recording:
    stages = np.array(night.stages, dtype=np.int8)
    return labelled(session, stages=stages, snoring=None, label=None)


def replay_world(path: Path, *, until: date, seed: int = 1) -> tuple[World, dict[str, str]]:
    """The world of a file of nights, and the session id of each night_id.

    The file holds one JSON object a line, gzip-compressed if its name ends in .gz, with person, night_id,
    start_time, end_time, zone, epoch_seconds (30), age, sex and stages (-1 to 3). Times, zone, age and sex may
    be null. Instants are cut to whole
    seconds: the start is rounded down and the end is the start plus the whole seconds elapsed, so
    floor(time in bed / 30) is that of the file. Nights without a clock time become consecutive evenings at
    23:00 UTC, the person's last one on `until`, with a line on standard error each. Raises ReplayError naming
    the first line that does not fit.
    """
    by_person: dict[str, list[Night]] = {}
    for night in read_nights(path):
        by_person.setdefault(night.person, []).append(night)
    if not by_person:
        raise ReplayError(f"{path.name} holds no night; give a file with one JSON object a line.")
    people: list[Person] = []
    diary: dict[int, tuple[tuple[Session, Night], ...]] = {}
    for number, (name, nights) in enumerate(by_person.items()):
        placed = _placed(nights, until)
        sessions = [_session(night, start_s, seed=seed) for night, start_s in placed]
        entries = list(zip(sessions, (night for night, _ in placed), strict=True))
        diary[number] = tuple(sorted(entries, key=lambda entry: (entry[0].start_s, entry[0].id)))
        people.append(_person(name, nights, number=number, seed=seed, year=_last_year(sessions)))
    ids = {night.night_id: session.id for entries_of in diary.values() for session, night in entries_of}
    return World(seed=seed, people=tuple(people), diary=ReplayDiary(diary)), ids


def read_nights(path: Path) -> Iterator[Night]:
    """The nights of a file in its order; raises ReplayError for a line that is no night or repeats one."""
    seen: set[str] = set()
    with _opened(path) as lines:
        for number, text in enumerate(_readable(lines, path), start=1):
            if not text.strip():
                continue
            try:
                night = _night(number, json.loads(text))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise ReplayError(
                    f"Line {number} of {path.name} is not a night: {_reason(error)}."
                ) from error
            if night.night_id in seen:
                raise ReplayError(f"Line {number} of {path.name} repeats the night_id {night.night_id!r}.")
            seen.add(night.night_id)
            yield night


def _opened(path: Path) -> TextIO:
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _readable(lines: Iterable[str], path: Path) -> Iterator[str]:
    try:
        yield from lines
    except (EOFError, gzip.BadGzipFile, UnicodeDecodeError) as error:
        raise ReplayError(f"{path.name} cannot be read to its end: {error}.") from error


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"the field {error.args[0]!r} is missing"
    if isinstance(error, json.JSONDecodeError):
        return f"it is not JSON ({error.msg})"
    return str(error).rstrip(".")


def _night(line: int, fields: Any) -> Night:
    if not isinstance(fields, dict):
        raise TypeError("it is no JSON object")
    if fields["epoch_seconds"] != EPOCH_S:
        raise ValueError(f"epoch_seconds is {fields['epoch_seconds']!r}, only 30 can be served")
    stages = fields["stages"]
    if not isinstance(stages, list) or not stages:
        raise ValueError("stages must be a list that is not empty")
    if any(type(stage) is not int or not UNKNOWN <= stage <= REM for stage in stages):
        raise ValueError("stages may hold -1, 0, 1, 2 and 3 only")
    zone = fields["zone"] or "UTC"
    if zone not in _zones():
        raise ValueError(f"the zone {zone!r} is unknown")
    start_s, end_s = _instants(fields["start_time"], fields["end_time"])
    if not isinstance(fields["person"], str) or not isinstance(fields["night_id"], str):
        raise TypeError("person and night_id must be text")
    return Night(
        line=line,
        night_id=fields["night_id"],
        person=fields["person"],
        zone=zone,
        start_s=start_s,
        end_s=end_s,
        age=_age(fields["age"]),
        sex=_sex(fields["sex"]),
        stages=tuple(stages),
    )


def _age(age: Any) -> int | None:
    if age is None:
        return None
    if isinstance(age, bool) or not isinstance(age, int | float) or not 0 <= age <= _OLDEST:
        raise ValueError(f"age is {age!r}; write years from 0 to {_OLDEST}, or null")
    return int(age)


def _sex(sex: Any) -> str | None:
    if sex is None:
        return None
    known = _SEXES.get(sex.lower()) if isinstance(sex, str) else None
    if known is None:
        raise ValueError(f"sex is {sex!r}; write female, male, F or M, or null")
    return known


def _instants(start: str | None, end: str | None) -> tuple[int | None, int | None]:
    if start is None or end is None:
        return None, None
    began, ended = _instant("start_time", start), _instant("end_time", end)
    if began.tzinfo is None or ended.tzinfo is None:
        raise ValueError("start_time and end_time need an offset")
    if ended <= began:
        raise ValueError("end_time is not after start_time")
    start_s = int(began.timestamp() // 1)
    return start_s, start_s + (ended - began) // timedelta(seconds=1)


def _instant(name: str, text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except (ValueError, TypeError):
        raise ValueError(f"{name} is {text!r}; write 2026-03-02T23:10:00+01:00, or null") from None


def _placed(nights: list[Night], until: date) -> list[tuple[Night, int]]:
    clockless = [night for night in nights if night.start_s is None]
    placed = [(night, night.start_s) for night in nights if night.start_s is not None]
    for back, night in enumerate(reversed(clockless)):
        evening = datetime.combine(until - timedelta(days=back), _EVENING_UTC, UTC)
        sys.stderr.write(
            f"{night.night_id} has no clock time: served as the evening of {evening:%Y-%m-%d} at 23:00 UTC\n"
        )
        placed.append((night, int(evening.timestamp())))
    return placed


def _session(night: Night, start_s: int, *, seed: int) -> Session:
    end_s = (
        night.end_s
        if night.start_s is not None and night.end_s is not None
        else start_s + EPOCH_S * len(night.stages)
    )
    return Session(
        id=session_id(start_s, seed=seed, number=night.line, turn=0),
        kind="replayed",
        state="COMPLETE",
        start_s=start_s,
        end_s=end_s,
        recorded_s=end_s - start_s,
        complete_s=end_s + _ANALYSIS_S,
        unexpected_end_s=None,
        zone=night.zone,
        evening=night.line,
        slot=0,
    )


def _last_year(sessions: list[Session]) -> int:
    last = max(sessions, key=lambda session: session.start_s)
    return datetime.fromtimestamp(last.start_s, ZoneInfo(last.zone)).year


def _person(name: str, nights: list[Night], *, number: int, seed: int, year: int) -> Person:
    ages = [night.age for night in nights if night.age is not None]
    birth_year = year - ages[-1] if ages else None
    sex = next((night.sex for night in nights if night.sex is not None), None)
    metadata = None if birth_year is None and sex is None else {"birth_year": birth_year, "gender": sex}
    return Person(
        number=number,
        user_id=issued_user_id(np.random.default_rng([seed, 6, number])),
        name=name,
        zone=Counter(night.zone for night in nights).most_common(1)[0][0],
        birth_year=birth_year,
        sex=sex,
        tags=(),
        metadata=metadata,
    )
