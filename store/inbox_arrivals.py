"""The hot path of the inbox: a batch of arrivals in one transaction, each event kept once.

One statement writes the batch. Only when it wrote fewer rows than there were arrivals is each looked at by itself.
"""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import Connection, Row

from store.inbox_database import InboxDatabase
from store.inbox_values import Accepted, Arrival

REVISIONS_KEPT: Final = 16
"""So many other bodies are kept of one event; who holds a key could fill the disk with more."""

_KEY: Final = ("organisation", "environment", "vendor_id", "session_id", "event", "seq", "length")
_COLUMNS: Final = (
    *_KEY, "kind", "version", "stages", "body", "digest", "request_id", "received_at", "next_at", "state",
)  # fmt: skip
_DIGEST: Final = _COLUMNS.index("digest")
_INSERT: Final = f"""
    INSERT INTO inbox_events ({", ".join(_COLUMNS)}) SELECT {", ".join("?" * len(_COLUMNS))}
    WHERE NOT EXISTS (SELECT 1 FROM inbox_tombstones WHERE organisation = ? AND environment = ? AND mark = ?)
    ON CONFLICT ({", ".join(_KEY)}) DO NOTHING"""  # noqa: S608 - made of the names above
_FIND: Final = f"""
    SELECT id, digest, {{written_here}} FROM inbox_events WHERE {" AND ".join(f"{name} = ?" for name in _KEY)}"""  # noqa: S608
_REVISE: Final = """
    INSERT INTO inbox_revisions (event_id, digest, body, request_id, received_at) SELECT ?, ?, ?, ?, ?
    WHERE (SELECT count(*) FROM inbox_revisions WHERE event_id = ?) < ? ON CONFLICT (event_id, digest) DO NOTHING"""
_IS_KEPT: Final = "SELECT 1 FROM inbox_revisions WHERE event_id = ? AND digest = ?"
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
        self._revise, self._is_kept, self._again = map(database.statement, (_REVISE, _IS_KEPT, _AGAIN))

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
            ordered = rows if self._database.is_sqlite else sorted(rows, key=lambda row: row[: len(_KEY)])
            written = connection.exec_driver_sql(self._insert, ordered).rowcount
            if written == len(rows):
                return _all_new(arrivals)
            return self._sorted_out(connection, arrivals, rows, highest)

    def _highest(self, connection: Connection) -> int:
        if not self._database.is_sqlite:
            return 0
        found = connection.exec_driver_sql("SELECT max(id) FROM inbox_events").scalar()
        return 0 if found is None else int(found)

    def _sorted_out(
        self,
        connection: Connection,
        arrivals: Sequence[Arrival],
        rows: Sequence[tuple[Any, ...]],
        highest: int,
    ) -> Accepted:
        counts = dict.fromkeys(("new", "repeated", "revised", "forgotten", "unhandled"), 0)
        counted: set[int] = set()
        for arrival, row in zip(arrivals, rows, strict=True):
            found = self._found(connection, row, highest)
            if found is None:  # neither was there nor was written: there is a tombstone
                counts["forgotten"] += 1
            elif found[2] and found[0] not in counted:
                counted.add(found[0])
                counts["unhandled" if arrival.kind == "other" else "new"] += 1
            elif bytes(found[1]) == row[_DIGEST]:
                counts["repeated"] += 1
            else:
                counts[self._revised(connection, arrival, row, found[0])] += 1
        return replace(Accepted(), **counts)

    def _found(
        self, connection: Connection, row: tuple[Any, ...], highest: int
    ) -> Row[int, bytes, bool] | None:
        key = row[: len(_KEY)]
        return connection.exec_driver_sql(
            self._find, (highest, *key) if self._database.is_sqlite else key
        ).first()

    def _revised(self, connection: Connection, arrival: Arrival, row: tuple[Any, ...], event_id: int) -> str:
        """`revised` where the body had not come before; the API is asked anew about a completed session."""
        digest, at = row[_DIGEST], row[_COLUMNS.index("received_at")]
        if connection.exec_driver_sql(self._is_kept, (event_id, digest)).first():
            return "repeated"
        kept = (event_id, digest, arrival.body, arrival.request_id, at, event_id, REVISIONS_KEPT)
        connection.exec_driver_sql(self._revise, kept)
        if arrival.kind == "complete":
            connection.exec_driver_sql(self._again, (at, event_id))
        return "revised"


def _all_new(arrivals: Sequence[Arrival]) -> Accepted:
    unhandled = sum(arrival.kind == "other" for arrival in arrivals)
    return Accepted(new=len(arrivals) - unhandled, unhandled=unhandled)


def _row(arrival: Arrival, at: int) -> tuple[Any, ...]:
    """The values of `_COLUMNS`, then those by which a tombstone is looked for."""
    organisation, environment = arrival.organisation, arrival.environment
    return (
        organisation,
        environment,
        arrival.vendor_id,
        arrival.session_id,
        arrival.event,
        arrival.seq,
        len(arrival.stages),
        arrival.kind,
        arrival.version,
        arrival.stages,
        arrival.body,
        blake2b(arrival.body, digest_size=16).digest(),
        arrival.request_id,
        at,
        at,
        "unhandled" if arrival.kind == "other" else "waiting",
        organisation,
        environment,
        arrival.mark,
    )
