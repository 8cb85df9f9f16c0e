"""What leaves the inbox: people who are erased, and what nobody needs any more; and whether the inbox can be written.

No table grows for ever: what waits for nobody is let go of after its time, and where there is too much of it before.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final, cast

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    TextClause,
    and_,
    delete,
    exists,
    or_,
    select,
    type_coerce,
)

from store.inbox_database import InboxDatabase
from store.inbox_tables import DONE, OPEN, BlockRow, Event, NightRow, TombstoneRow, UpkeepRow, micros
from store.inbox_values import Purged, State, Tombstone
from store.live_effects import Effects
from store.people import Environment
from store.scrubbing import mark_erasure, scrub, scrub_after_erasure, scrub_is_due

QUARANTINE: Final = timedelta(days=7)
KEPT: Final = timedelta(days=30)
OPEN_AT_MOST: Final = 100_000
"""Of a state that waits for nobody so many events stay: who holds a key could fill the disk with more."""
NIGHTS_KEPT: Final = timedelta(days=3)
SILENT: Final = timedelta(days=7)
_AT_ONCE: Final = 2000
_THE_ROW: Final = 1

log = logging.getLogger(__name__)


class Upkeep:
    """What is done to the inbox as a whole."""

    def __init__(self, database: InboxDatabase, now: Callable[[], datetime]) -> None:
        self._database, self._now = database, now
        self._effects = Effects(database)

    def forget(self, organisation: str, environment: Environment, vendor_id: str, mark: bytes) -> int:
        """How many rows of the person went; what comes later about them leaves nothing behind."""
        with self._database.writing(against="everybody") as connection:
            self._enter_tombstones(connection, organisation, [Tombstone(environment=environment, mark=mark)])
            # Events first: whoever has one of them on lease can settle it no more.
            gone = self._let_go_of(connection, organisation, environment, {"vendor_id": vendor_id})
        scrub_after_erasure(self._database.engine, self.scrub)
        return gone

    def forget_session(
        self, organisation: str, environment: Environment, vendor_id: str, session_id: str
    ) -> int:
        """How many rows of one session went."""
        with self._database.writing(against="everybody") as connection:
            session = {"vendor_id": vendor_id, "session_id": session_id}
            gone = self._let_go_of(connection, organisation, environment, session)
        scrub_after_erasure(self._database.engine, self.scrub)
        return gone

    def _let_go_of(
        self, connection: Connection, organisation: str, environment: Environment, whose: dict[str, str]
    ) -> int:
        gone = [
            connection.execute(
                delete(table).where(
                    table.organisation == organisation,
                    table.environment == environment,
                    *(getattr(table, name) == value for name, value in whose.items()),
                )
            ).rowcount
            for table in (Event, NightRow, BlockRow)
        ]
        self._effects.mark_changed(connection, organisation, environment)
        mark_erasure(connection)
        return sum(gone)

    def remember(self, organisation: str, environment: Environment, mark: bytes) -> None:
        """Take the tombstone away again."""
        with self._database.writing() as connection:
            connection.execute(
                delete(TombstoneRow).where(
                    TombstoneRow.organisation == organisation,
                    TombstoneRow.environment == environment,
                    TombstoneRow.mark == mark,
                )
            )

    def marks(self, organisation: str) -> tuple[Tombstone, ...]:
        """Every tombstone of the organisation."""
        query = (
            select(TombstoneRow.environment, TombstoneRow.mark)
            .where(TombstoneRow.organisation == organisation)
            .order_by(TombstoneRow.environment, TombstoneRow.mark)
        )
        with self._database.reading() as connection:
            found = connection.execute(query).all()
        return tuple(
            Tombstone(environment=cast("Environment", environment), mark=mark) for environment, mark in found
        )

    def restore_marks(self, organisation: str, marks: Iterable[Tombstone]) -> None:
        """Enter tombstones, beside those that are there."""
        with self._database.writing(against="everybody") as connection:
            self._enter_tombstones(connection, organisation, marks)

    def scrub(self) -> bool:
        """Whether no byte of what was erased is left in the file or its log; False while somebody reads them."""
        if not scrub_is_due(self._database.engine):
            return True  # arrivals wait for nothing
        with self._database.alone():
            return scrub(self._database.engine)

    def writable(self) -> None:
        """Return when something could be written."""
        written = {"written_at": self._now()}
        insert = self._database.insert(UpkeepRow).values({"id": _THE_ROW, **written})
        with self._database.writing() as connection:
            connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=written))

    def purge(self, organisation: str, environment: Environment) -> Purged:
        """How much was let go of that nobody needs any more."""
        now = self._now()
        mine = and_(Event.organisation == organisation, Event.environment == environment)
        # By a sum no index is of use: what is open is few rows, what was received so long ago nearly all.
        received_at = type_coerce(Event.received_at, BigInteger) + 0
        purged = Purged(
            quarantined=self._let_go_of_open(mine, "quarantined", received_at < micros(now - QUARANTINE)),
            unhandled=self._let_go_of_open(mine, "unhandled", received_at < micros(now - KEPT)),
            dead=self._let_go_of_open(mine, "dead", Event.ended_at < now - KEPT),
            done=self._let_go(mine, DONE, Event.ended_at < now - KEPT),
            nights=self._let_go_of_nights(organisation, environment, now),
        )
        lost = purged.quarantined + purged.unhandled + purged.dead
        if lost:
            log.warning(
                "%d events that were never worked off were let go of: %d of people nobody knows, %d of unknown kinds, "
                "%d given up.", lost, purged.quarantined, purged.unhandled, purged.dead,
            )  # fmt: skip
        return purged

    def _let_go_of_open(self, mine: ColumnElement[bool], state: State, is_over: ColumnElement[bool]) -> int:
        """How many events of the state went: those whose time is over, and the oldest of more than are kept."""
        which = and_(mine, Event.state == state, OPEN)
        too_many = select(Event.id).where(which).order_by(Event.id.desc()).offset(OPEN_AT_MOST).limit(1)
        with self._database.reading() as connection:
            last = connection.execute(too_many).scalar()
        return self._let_go(which, is_over if last is None else or_(is_over, Event.id <= last))

    def _let_go(self, *which: ColumnElement[bool] | TextClause) -> int:
        """How many events were deleted, some at a time: arrivals wait for none of it long."""
        count = 0
        while True:
            some = select(Event.id).where(*which).limit(_AT_ONCE).scalar_subquery()
            with self._database.writing(against="effects") as connection:
                gone = connection.execute(delete(Event).where(Event.id.in_(some))).rowcount
            count += gone
            if gone < _AT_ONCE:
                return count

    def _let_go_of_nights(self, organisation: str, environment: Environment, now: datetime) -> int:
        mine = and_(NightRow.organisation == organisation, NightRow.environment == environment)
        blocks = and_(
            BlockRow.organisation == NightRow.organisation,
            BlockRow.environment == NightRow.environment,
            BlockRow.vendor_id == NightRow.vendor_id,
            BlockRow.session_id == NightRow.session_id,
        )
        unheard = or_(NightRow.last_block_at.is_(None), NightRow.last_block_at < now - SILENT)
        silent = and_(NightRow.state == "recording", NightRow.seen_at < now - SILENT, unheard)
        over = or_(NightRow.completed_at < now - NIGHTS_KEPT, silent)
        with self._database.writing(against="effects") as connection:
            nights = connection.execute(delete(NightRow).where(mine, over)).rowcount
            # Blocks whose night is not known: of those that were just let go of, or never opened.
            stray = and_(BlockRow.organisation == organisation, BlockRow.environment == environment)
            connection.execute(
                delete(BlockRow).where(
                    stray, ~exists().where(blocks), BlockRow.received_at < now - NIGHTS_KEPT
                )
            )
            if nights:
                self._effects.mark_changed(connection, organisation, environment)
        return nights

    def _enter_tombstones(
        self, connection: Connection, organisation: str, marks: Iterable[Tombstone]
    ) -> None:
        rows = [
            {"organisation": organisation, "environment": each.environment, "mark": each.mark}
            for each in marks
        ]
        if rows:
            connection.execute(self._database.insert(TombstoneRow).on_conflict_do_nothing(), rows)
