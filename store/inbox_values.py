"""What goes into the inbox and comes out of it, as values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from store.people import Environment

Kind = Literal["block", "complete", "other"]
State = Literal["waiting", "quarantined", "unhandled", "dead", "done"]
WorkerOutcome = Literal["done", "put_off", "dead", "quarantined", "lost"]
"""done: took effect. put_off: is tried again later. dead: was given up. quarantined: waits for its person to be known.
lost: the lease had run out or the person was erased, and nothing was done."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """An event as it was received.

    Attributes:
        organisation, environment: whose it is.
        kind: what is done with it; `other` is kept and not handled.
        event, version: as the vendor names them.
        vendor_id, session_id: whom and which recording it is about.
        seq: the place of a block; -1 where there is none.
        stages: int8, one byte an epoch; b"" where there are none.
        body: what was sent.
        mark: of the vendor id, to be looked for among the tombstones.
        request_id: under which it is spoken of in logs.
    """

    organisation: str
    environment: Environment
    kind: Kind
    event: str
    version: str
    vendor_id: str
    session_id: str
    seq: int
    stages: bytes
    body: bytes
    mark: bytes
    request_id: str


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """What became of a batch, each arrival counted once; all of it is on the disk.

    Attributes:
        new: kept, and to be worked off.
        repeated: had been kept already.
        revised: another body under a key that was there, which had not come before. The first ones are kept beside the
            event until that is done, of more only digests; where there are too many of those, it may have come before.
        forgotten: of somebody who was erased; nothing was kept.
        unhandled: new, of a kind that nobody handles; kept, each body of it.
    """

    new: int = 0
    repeated: int = 0
    revised: int = 0
    forgotten: int = 0
    unhandled: int = 0


@dataclass(frozen=True, kw_only=True)
class Leased:
    """An event that is a worker's until its lease runs out.

    Attributes:
        event_id: which.
        received_at: when it was received (UTC).
        since: when it was leased first, after it was received, joined, replayed or revised (UTC).
        attempts: how often it was tried in vain since then, by its own fault.
        worker: whose lease it is.
    """

    event_id: int
    organisation: str
    environment: Environment
    kind: Kind
    event: str
    vendor_id: str
    session_id: str
    seq: int
    stages: bytes
    received_at: datetime
    since: datetime
    attempts: int
    worker: str
    request_id: str


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """An event that was given up.

    Attributes:
        attempts: how often it was tried.
        error: why in vain, the last time.
        received_at, died_at: when it came, and when it was given up (UTC).
    """

    event_id: int
    kind: Kind
    event: str
    vendor_id: str
    session_id: str
    seq: int
    attempts: int
    error: str
    received_at: datetime
    died_at: datetime
    request_id: str


@dataclass(frozen=True, kw_only=True)
class InboxState:
    """How the inbox of an organisation stands, counted from its rows.

    Attributes:
        waiting: events to be worked off, those on lease and those put off among them.
        oldest_waiting_at: when the one that has waited longest was received (UTC); None where none waits.
        quarantined: events of people whom nobody knows.
        unhandled: events of kinds that nobody handles.
        dead: events that were given up.
        revised: other bodies that came under a key that was there.
        last_received_at: when the newest event was received (UTC); None where there is none.
        received_since_midnight: events received since midnight UTC.
    """

    waiting: int
    oldest_waiting_at: datetime | None
    quarantined: int
    unhandled: int
    dead: int
    revised: int
    last_received_at: datetime | None
    received_since_midnight: int


@dataclass(frozen=True, kw_only=True)
class Purged:
    """How many rows were let go of because nobody needs them any more.

    Of what waits for nobody at most 100,000 events of each state stay, the newest.

    Attributes:
        quarantined: events of people who stayed unknown for 7 days.
        unhandled: events of unknown kinds, after 30 days.
        dead: events that were given up 30 days ago and not tried again since.
        done: events worked off, after 30 days.
        nights: completed 3 days ago, or without a sign for 7.
    """

    quarantined: int
    unhandled: int
    dead: int
    done: int
    nights: int


@dataclass(frozen=True, kw_only=True)
class Tombstone:
    """The mark of somebody who was erased, which only the organisation's secret can tell from another."""

    environment: Environment
    mark: bytes
