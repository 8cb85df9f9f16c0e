"""The hot path of the inbox: a batch of arrivals in one transaction, each event kept once.

What an unknown kind of event is about nobody can tell, so each body of it is an event of its own. Of a known kind
bodies that differ in the moment of sending alone are the same.

One statement writes the batch. Only when it wrote fewer rows than there were arrivals is each looked at by itself.
"""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import Connection, Row

from asleep.webhooks import without_moment
from store.inbox_database import InboxDatabase
from store.inbox_values import Accepted, Arrival

REVISIONS_KEPT: Final = 16
"""So many other bodies are kept of one event; who holds a key could fill the disk with more."""
REVISIONS_KNOWN: Final = 512
"""So many other bodies of one event are known when they come again, those that are not kept by their digest."""

_KEY: Final = ("organisation", "environment", "vendor_id", "session_id", "event", "seq", "length", "variant")
_COLUMNS: Final = (
    *_KEY, "kind", "version", "stages", "body", "digest", "request_id", "received_at", "next_at", "state",
)  # fmt: skip
_KIND, _BODY, _DIGEST, _REQUEST_ID, _RECEIVED_AT = map(
    _COLUMNS.index, ("kind", "body", "digest", "request_id", "received_at")
)
_INSERT: Final = f"""
    INSERT INTO inbox_events ({", ".join(_COLUMNS)}) SELECT {", ".join("?" * len(_COLUMNS))}
    WHERE NOT EXISTS (SELECT 1 FROM inbox_tombstones WHERE organisation = ? AND environment = ? AND mark = ?)
    ON CONFLICT ({", ".join(_KEY)}) DO NOTHING"""  # noqa: S608 - made of the names above
_FIND: Final = f"""
    SELECT id, digest, {{written_here}}, state FROM inbox_events WHERE {" AND ".join(f"{name} = ?" for name in _KEY)}"""  # noqa: S608
_REVISE: Final = """
    INSERT INTO inbox_revisions (event_id, digest, body, request_id, received_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (event_id, digest) DO NOTHING"""
_KNOWN: Final = """
    SELECT count(*), count(CASE WHEN digest = ? THEN 1 END) FROM inbox_revisions WHERE event_id = ?"""
_AGAIN: Final = """
    UPDATE inbox_events SET state = 'waiting', attempts = 0, next_at = ?, since = NULL, leased_by = NULL,
    ended_at = NULL
    WHERE id = ? AND state IN ('waiting', 'dead', 'done')"""


class Arrivals:
    """Accepts batches of arrivals into the database."""

    def __init__(self, database: InboxDatabase) -> None:
        self._database = database
        # On SQLite nobody else has written since the highest id was read; PostgreSQL knows whose a row is.
        here = "id > ?" if database.is_sqlite else "xmin::text = (pg_current_xact_id()::xid)::text"
        self._insert, self._find = map(database.statement, (_INSERT, _FIND.format(written_here=here)))
        self._revise, self._known, self._again = map(database.statement, (_REVISE, _KNOWN, _AGAIN))

    def accept(self, arrivals: Sequence[Arrival], at: int) -> Accepted:
        """What became of the batch, once it is on the disk; `at` is now, in microseconds since 1970."""
        if not arrivals:
            return Accepted()
        rows = [_row(arrival, at) for arrival in arrivals]
        if self._database.written_at_once(self._insert, rows):
            return _all_new(arrivals)
        with self._database.writing(against="erasures") as connection:
            highest = self._highest(connection)
            # In one order everywhere: two batches on PostgreSQL would otherwise wait for each other for ever.
            if not self._database.is_sqlite:
                rows.sort(key=lambda row: row[: len(_KEY)])
            written = connection.exec_driver_sql(self._insert, rows).rowcount
            if written == len(rows):
                return _all_new(arrivals)
            return self._sorted_out(connection, rows, highest)

    def _highest(self, connection: Connection) -> int:
        if not self._database.is_sqlite:
            return 0
        found = connection.exec_driver_sql("SELECT max(id) FROM inbox_events").scalar()
        return 0 if found is None else int(found)

    def _sorted_out(self, connection: Connection, rows: Sequence[tuple[Any, ...]], highest: int) -> Accepted:
        counts = dict.fromkeys(("new", "repeated", "revised", "forgotten", "unhandled"), 0)
        seen: set[int] = set()
        for row in rows:
            found = self._found(connection, row, highest)
            if found is None:  # neither was there nor was written: there is a tombstone
                counts["forgotten"] += 1
                continue
            event_id, digest, written_here, state = found
            if written_here and event_id not in seen:
                counts["unhandled" if row[_KIND] == "other" else "new"] += 1
            elif bytes(digest) == row[_DIGEST]:
                counts["repeated"] += 1
            else:
                counts[self._revised(connection, row, event_id=event_id, state=state)] += 1
            seen.add(event_id)
        return replace(Accepted(), **counts)

    def _found(
        self, connection: Connection, row: tuple[Any, ...], highest: int
    ) -> Row[int, bytes, bool, str] | None:
        key = row[: len(_KEY)]
        return connection.exec_driver_sql(
            self._find, (highest, *key) if self._database.is_sqlite else key
        ).first()

    def _revised(self, connection: Connection, row: tuple[Any, ...], *, event_id: int, state: str) -> str:
        """`revised` where the body had not come before; the API is asked anew about a completed session.

        Beyond `REVISIONS_KNOWN` nobody can tell whether it had, so nobody is asked: who sends an event again and again
        causes no calls, and what the API says by then is found by the reconciliation.
        """
        digest, at = row[_DIGEST], row[_RECEIVED_AT]
        # Whoever ends or deletes an event holds this lock before the event's row, and nobody waits for us meanwhile.
        self._database.keep_effects_out(connection)
        number, known = connection.exec_driver_sql(self._known, (digest, event_id)).one()
        if known:
            return "repeated"
        if number >= REVISIONS_KNOWN:
            return "revised"
        # Of an event that is done and stays so the body is needed no more.
        is_complete = row[_KIND] == "complete"
        body = row[_BODY] if number < REVISIONS_KEPT and (is_complete or state != "done") else b""
        revision = (event_id, digest, body, row[_REQUEST_ID], at)
        if not connection.exec_driver_sql(self._revise, revision).rowcount:
            return "repeated"
        if is_complete:
            connection.exec_driver_sql(self._again, (at, event_id))
        return "revised"


def _all_new(arrivals: Sequence[Arrival]) -> Accepted:
    unhandled = sum(arrival.kind == "other" for arrival in arrivals)
    return Accepted(new=len(arrivals) - unhandled, unhandled=unhandled)


def _row(arrival: Arrival, at: int) -> tuple[Any, ...]:
    """The values of `_COLUMNS`, then those by which a tombstone is looked for."""
    organisation, environment = arrival.organisation, arrival.environment
    said = arrival.body if arrival.kind == "other" else without_moment(arrival.body)
    digest = blake2b(said, digest_size=16).digest()
    return (
        organisation,
        environment,
        arrival.vendor_id,
        arrival.session_id,
        arrival.event,
        arrival.seq,
        len(arrival.stages),
        digest if arrival.kind == "other" else b"",
        arrival.kind,
        arrival.version,
        arrival.stages,
        arrival.body,
        digest,
        arrival.request_id,
        at,
        at,
        "unhandled" if arrival.kind == "other" else "waiting",
        organisation,
        environment,
        arrival.mark,
    )
