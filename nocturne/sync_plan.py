"""What to ask the vendor about one person, as pure functions: which days, which sessions, and what has changed.

Somebody new is asked for all days that are wanted. Somebody who is known is asked for little: the statistics of the
newest 99 days in one call, which show what changed, and the sessions of the last weeks in another one, which show what
came and what went. What is unfinished is asked for by its id, however old it is.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np

from analytics.sessions import SessionSet
from asleep.client import PERIOD_DAYS
from asleep.models import SessionListItem, SessionStat
from cache.archive import Known
from cache.summaries import UNNAMED
from store.people import SyncState

DAYS_OF_A_CALL: Final = 100
"""The vendor answers for at most so many days of statistics at once."""

EVERYTHING: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for the first day when there is no first day."""

# A recording may reach the vendor long after its night, when a phone was without a network.
_LATE: Final = timedelta(days=14)
# Between two rounds of the same morning the list alone is asked for: it costs half as much.
_STATISTICS_AGAIN: Final = timedelta(hours=12)
# One more, because the vendor dates a session by its start, and we by the sleeper's own night.
_ONE_MORE: Final = timedelta(days=1)
_SAME_S: Final = 1.0


@dataclass(frozen=True, kw_only=True)
class Due:
    """A session to be fetched: what the vendor said of it, or what was known, where it is older than the list.

    Attributes:
        in_bed_s, asleep_s: what its statistics say; None where they said nothing yet.
    """

    session_id: str
    start: datetime
    end: datetime | None
    in_bed_s: float | None = None
    asleep_s: float | None = None

    def contradicts(self, stat: SessionStat | None) -> bool:
        """Whether the session with these figures, kept from an earlier day, is not the one that statistics tell of."""
        if stat is None:
            return False
        return not _same(self.in_bed_s, stat.time_in_bed_s) or not _same(self.asleep_s, stat.time_in_sleep_s)


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the statistics of a person tell beside what is kept.

    Attributes:
        fresh: sessions to be kept at once: new ones, unfinished ones, and what was said of finished ones.
        changed: sessions that are no longer what was kept; they are kept once they have been fetched again.
        gone: ids that the statistics named before, and do not name any more.
    """

    fresh: SessionSet
    changed: SessionSet
    gone: frozenset[str]


def statistics_period(now: datetime, *, days: int, state: SyncState | None) -> tuple[date, date] | None:
    """The first and last date to ask statistics for; None where they came a short time ago.

    After a try that did not go through they are asked for again, because what they told then may not have been done.
    """
    last = now.date()
    if _asked_for(now, days=days, state=state) and state is not None and state.statistics_at is not None:
        if not state.error and timedelta() <= now - state.statistics_at < _STATISTICS_AGAIN:
            return None
        days = min(days, DAYS_OF_A_CALL)
    calls = -(-days // DAYS_OF_A_CALL)
    # The day more is not worth a call more, nor is the day by which the client's calls are shorter.
    first = max(last - timedelta(days=days), last - timedelta(days=calls * PERIOD_DAYS - 1))
    return first, last


def list_since(
    now: datetime, *, days: int, state: SyncState | None, known: Mapping[str, Known]
) -> datetime | None:
    """From when on to ask for sessions; None for all there are, where the archive has lost what it once had."""
    if not known and state is not None and state.succeeded_at is not None and state.listed:
        return None
    since = _midnight(now - timedelta(days=days) - _ONE_MORE)
    if _asked_for(now, days=days, state=state) and state is not None and state.succeeded_at is not None:
        return max(since, _midnight(min(state.succeeded_at, now) - _LATE))
    return since


def told(
    sessions: SessionSet, known: Mapping[str, Known], *, named: Collection[str], first: date, last: date
) -> Told:
    """What the statistics say that is not kept yet.

    Args:
        sessions: those of `cache.summaries.summarised`.
        known: what is kept of the person.
        named: ids of all sessions that the statistics name; the older shape names them and says nothing of them.
        first: the first date that the statistics are of.
        last: the last one.
    """
    columns = ("session_id", "summary", "vendor_time_in_bed_s", "vendor_time_in_sleep_s")
    rows = zip(*(sessions.columns[name].tolist() for name in columns), strict=True)
    fresh, changed = [], []
    for at, (session_id, summary, in_bed_s, asleep_s) in enumerate(rows):
        before = known.get(session_id)
        if before is None or not before.whole:
            fresh.append(at)
        elif before.summary == summary:
            continue
        elif not before.summary and _same(before.in_bed_s, in_bed_s) and _same(before.asleep_s, asleep_s):
            fresh.append(at)
        else:
            changed.append(at)
    said_before = [one for one in known.values() if one.summary not in {"", UNNAMED}]
    gone = frozenset(one.session_id for one in _missed(named, said_before, first=first, last=last))
    return Told(
        fresh=sessions.take(np.array(fresh, dtype=np.int64)),
        changed=sessions.take(np.array(changed, dtype=np.int64)),
        gone=gone,
    )


def due(
    listed: Iterable[SessionListItem], known: Mapping[str, Known], *, asked_again: Collection[str]
) -> list[Due]:
    """The sessions to be fetched, newest first: new, unfinished, without stages, or to be asked for again.

    Args:
        listed: what the vendor named.
        known: what is kept of the person.
        asked_again: ids that the statistics contradict.
    """
    found = {
        item.session_id: Due(session_id=item.session_id, start=item.start, end=item.end)
        for item in listed
        if item.session_id in asked_again or item.session_id not in known or not known[item.session_id].whole
    }
    for one in known.values():
        if one.start is not None and (not one.whole or one.session_id in asked_again):
            said = found.get(one.session_id) or Due(session_id=one.session_id, start=one.start, end=None)
            found[one.session_id] = replace(said, in_bed_s=one.in_bed_s, asleep_s=one.asleep_s)
    return sorted(found.values(), key=lambda each: (each.start, each.session_id), reverse=True)


def vanished(
    listed: Collection[str], known: Mapping[str, Known], *, since: datetime | None, last: date
) -> tuple[str, ...]:
    """Sessions that are kept and that the vendor no longer names.

    None where it names nothing at all: an empty list beside a full archive is more likely a fault of the service than
    a deletion of everything.

    Args:
        listed: ids of the sessions that the vendor named.
        known: what is kept of the person.
        since: from when on it was asked; None for all there are.
        last: the last date that it was asked for.
    """
    if not listed:
        return ()
    first = (since or EVERYTHING).date()
    return tuple(one.session_id for one in _missed(listed, known.values(), first=first, last=last))


def _missed(named: Collection[str], kept: Iterable[Known], *, first: date, last: date) -> Iterator[Known]:
    """What is kept and not named in an answer about the dates first to last, without the outermost days.

    An answer about days before a session says nothing of it: a clock that was set back makes no session vanish.
    """
    begin, end = _midnight_of(first) + _ONE_MORE, _midnight_of(last)
    return (
        one
        for one in kept
        if one.session_id not in named and one.start is not None and begin <= one.start < end
    )


def _asked_for(now: datetime, *, days: int, state: SyncState | None) -> bool:
    """Whether a synchronisation that went through has asked for so many days already."""
    if state is None or state.succeeded_at is None or state.asked_since is None:
        return False
    return state.asked_since <= _midnight(now - timedelta(days=days))


def _midnight(moment: datetime) -> datetime:
    return _midnight_of(moment.astimezone(UTC).date())


def _midnight_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _same(before_s: float | None, now_s: float | None) -> bool:
    """Whether two figures agree; one that was never sent contradicts none."""
    if before_s is None or now_s is None or np.isnan(before_s) or np.isnan(now_s):
        return True
    return abs(before_s - now_s) <= _SAME_S
