"""Everybody's nights: every session as columns, one file per person, and the statistics derived from them."""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain, repeat
from pathlib import Path

import pandas as pd

from analytics.nights import SessionSet, ValidNight
from asleep.models import SessionResult
from cache.answers import Unreadable, session_set
from cache.arrivals import (
    REFUSED,
    Delivery,
    PutReport,
    done_with,
    merged_in,
    prepared_if_possible,
    received_safely,
    stored,
    take_in,
    take_in_if_free,
)
from cache.columns import (
    NOT_DAMAGE,
    READ_ERRORS,
    UNREADABLE,
    Known,
    NewerFormat,
    PersonFile,
    PersonStages,
    decode_person,
    decode_stages,
    known_sessions,
    stages_in,
)
from cache.derived import Statistics, erase_person, fold, lay_over, load, read_person
from cache.files import private_folder
from cache.inspection import Finding, Holdings, holdings, verify
from cache.merging import without
from cache.regrading import nights_by, put_in_force
from cache.repair import repair
from cache.rules_file import rules_of
from cache.seal import Seal
from cache.shelf import Shelf
from cache.summaries import marked
from cache.table import NightTable, nights_of, part_of_frame

__all__ = [
    "UNREADABLE",
    "Delivery",
    "Known",
    "NewerFormat",
    "NightArchive",
    "NightTable",
    "PutReport",
    "Unreadable",
    "session_set",
]

_PREPARED_AT_ONCE = 256
"""Of so many people at most the bytes of new files are held in memory."""

FOLD_AFTER = 64
"""So many people's own tables are laid over the table of everybody before it is written anew."""


class NightArchive:
    """Sessions and nights of every organisation's people in one folder that is open to its owner only.

    Any number of threads and processes may read and write at once. Writers wait for each other, one
    organisation at a time; readers take what is whole and wait for nobody.

    Args:
        folder: where; made when missing.
        seal: what every byte passes on its way to disk and back.
        fold_after: how many people may change before the table of everybody is written anew.

    Raises:
        ValueError: from every method, when an organisation's or a person's id cannot be the name of a file.
        NewerFormat: a newer program wrote the person's file, which stays as it is; what concerns everybody leaves
            that person's statistics as they are instead.
    """

    def __init__(self, folder: Path, seal: Seal, *, fold_after: int = FOLD_AFTER) -> None:
        self._folder = private_folder(folder)
        self._seal = seal
        self._fold_after = fold_after
        self._loaded: dict[str, Statistics] = {}
        self._loading: dict[str, threading.Lock] = {}
        self._registry = threading.Lock()

    def put(
        self,
        organisation: str,
        person_id: str,
        *,
        zone: str,
        results: Iterable[SessionResult],
        problems: Iterable[Unreadable] = (),
        summaries: SessionSet | None = None,
        unnamed: Collection[str] = (),
        received: datetime,
        synced_at: datetime | None,
    ) -> PutReport:
        """What the delivery did; the person's nights are computed anew from all of their sessions.

        Each session is kept once: COMPLETE and read in full when it ever was, otherwise as received last.
        Nothing is kept when anything fails. The delivery is on disk before its nights are computed: a process that
        dies meanwhile has lost nothing. `summaries` are sessions of `summaries.summarised`, `unnamed` the ids of those
        that the statistics do not name any more; `received` is when the vendor sent the answers; `zone` and
        `synced_at` are those of `Delivery`.
        """
        sessions = marked(session_set(results, problems, received=received), unnamed)
        sessions = SessionSet.concat([summaries or SessionSet.empty(), sessions])
        delivery = Delivery(person_id=person_id, zone=zone, sessions=sessions, synced_at=synced_at)
        shelf = self._shelf(organisation)
        with shelf.alone():
            take_in(shelf)
            if shelf.is_buried(person_id):
                return REFUSED
            report, table = received_safely(shelf, delivery)
            self._lay_over(shelf, table)
            done_with(
                shelf, delivery
            )  # last: a reader who finds it knows that its version may be out of date
        return report

    def put_many(self, organisation: str, deliveries: Iterable[Delivery]) -> tuple[PutReport, ...]:
        """One report for each delivery; the table of everybody is written once, at the end.

        A delivery that fails does not keep the others from getting in: when all the others are kept, the first
        failure is raised, with a note of how many there were and whose.

        What takes time about people who are new is done before it is this writer's turn, so that several of them work
        side by side; not where deliveries are only made as they are asked for.
        """
        shelf = self._shelf(organisation)
        at_hand = deliveries[:_PREPARED_AT_ONCE] if isinstance(deliveries, Sequence) else ()
        new = [prepared_if_possible(shelf, each) for each in at_hand]
        reports: list[PutReport] = []
        failed: list[tuple[str, Exception]] = []
        tables: dict[str, NightTable] = {}
        with shelf.alone():
            take_in(shelf)
            with shelf.changing():
                try:
                    for delivery, ready in zip(deliveries, chain(new, repeat(None)), strict=False):
                        if shelf.is_buried(delivery.person_id):
                            reports.append(REFUSED)
                            continue
                        try:
                            report, tables[delivery.person_id] = merged_in(shelf, delivery, ready)
                            reports.append(report)
                        except Exception as error:  # noqa: BLE001 - raised when the others are kept
                            failed.append((delivery.person_id, error))
                finally:
                    fold(shelf, fresh=tables.values())
        if failed:
            raise _first_of(failed, kept=len(reports))
        return tuple(reports)

    def sessions(self, organisation: str, person_id: str) -> SessionSet:
        """The person's sessions as received, by start; none when nothing was synchronised yet."""
        shelf = self._settled(organisation)
        person = self._person(shelf, person_id)
        return SessionSet.empty() if person is None else person.sessions

    def stages_of(self, organisation: str, person_ids: Iterable[str]) -> Iterator[tuple[str, PersonStages]]:
        """Each person's id and stages, one person after the other: only those in hand are in memory.

        Whoever has no file is passed over.
        """
        shelf = self._settled(organisation)
        for person_id in person_ids:
            try:
                stages = decode_stages(shelf.read(shelf.person(person_id)))
            except FileNotFoundError:
                continue
            except NOT_DAMAGE:
                raise
            except READ_ERRORS:
                person = self._person(shelf, person_id)  # moves it aside, unless it can be read after all
                if person is None:
                    continue
                stages = stages_in(person)
            yield person_id, stages

    def known(self, organisation: str, person_id: str) -> dict[str, Known]:
        """What a synchronisation has to know of each session kept of the person, by session id."""
        shelf = self._settled(organisation)
        try:
            return known_sessions(shelf.read(shelf.person(person_id)))
        except FileNotFoundError:
            return {}
        except NOT_DAMAGE:
            raise
        except READ_ERRORS:
            person = self._person(shelf, person_id)  # moves it aside, unless it was exchanged meanwhile
            return {} if person is None else known_sessions(shelf.read(shelf.person(person_id)))

    def nights(self, organisation: str, person_id: str) -> pd.DataFrame:
        """The person's rows of `statistics`, in the columns and types of `analytics.nights.NIGHT_COLUMNS`."""
        statistics = self._statistics(organisation)
        rows = statistics.rows.get(self._shelf(organisation).checked(person_id), slice(0, 0))
        return nights_of(statistics.table, rows)

    def statistics(self, organisation: str) -> pd.DataFrame:
        """Everybody's nights: `person_id` and `NIGHT_COLUMNS`, floats as float32, sorted by person and start.

        The frame is the caller's, its numbers are shared and read-only. It is read once per version.
        """
        return self._statistics(organisation).frame.copy(deep=False)

    def raw(self, organisation: str, person_id: str) -> bytes | None:
        """The bytes of the person's file, opened; None when there is none."""
        shelf = self._shelf(organisation)
        try:
            return shelf.read(shelf.person(person_id))
        except FileNotFoundError:
            return None

    def arriving(self, organisation: str) -> tuple[str, ...]:
        """Whose deliveries are being taken in, or were when their writer was cut off."""
        return tuple(self._shelf(organisation).arrivals())

    def is_set_aside(self, organisation: str, person_id: str) -> bool:
        """Whether a file of the person's could not be read and was moved aside; it may have a successor by now."""
        return self._shelf(organisation).is_set_aside(person_id)

    @property
    def folder(self) -> Path:
        """Where everything lies; another process opens its own archive there."""
        return self._folder

    def statistics_of(
        self, organisation: str, person_ids: Iterable[str], columns: Sequence[str]
    ) -> pd.DataFrame:
        """Some columns of the rows of `statistics` of these people, in its order; who has none is left out."""
        statistics = self._statistics(organisation)
        wanted = [statistics.rows[who] for who in set(person_ids) if who in statistics.rows]
        return part_of_frame(statistics.table, sorted(wanted, key=lambda rows: rows.start), columns)

    def version(self, organisation: str) -> str:
        """A word that is another one after every change by any process; empty before the first."""
        return self._settled(organisation).version()

    def synced(self, organisation: str) -> dict[str, datetime]:
        """Until when each person is synchronised, by person id; without those who never were."""
        parts = self._statistics(organisation).parts
        return {name: part.synced_at for name, part in parts.items() if part.synced_at is not None}

    def zones(self, organisation: str) -> dict[str, str]:
        """The zone that each person's nights are dated in, by person id, for sessions that name none."""
        return {name: part.zone for name, part in self._statistics(organisation).parts.items()}

    def remove_session(self, organisation: str, person_id: str, session_id: str) -> bool:
        """Whether the session was there; it is not there any more, and the person's nights are computed anew.

        No delivery brings it back, whoever still has one in hand: a digest of its id stays.
        """
        shelf = self._shelf(organisation)
        with shelf.alone():
            shelf.bury_session(person_id, session_id)  # first: what is taken in now may hold it
            take_in(shelf)
            person = read_person(shelf, person_id)
            if person is None or session_id not in person.sessions.columns["session_id"]:
                return False
            person = replace(person, sessions=without(person.sessions, session_id))
            with shelf.changing():
                table = stored(shelf, person_id, person)
                # Not laid over: the session's row must leave the table of everybody too.
                fold(shelf, fresh=[table])
        return True

    def removed_sessions(
        self, organisation: str, person_id: str, session_ids: Iterable[str]
    ) -> tuple[str, ...]:
        """Which of these sessions of the person's were removed, and are never taken in again."""
        return tuple(self._shelf(organisation).buried_sessions(person_id, session_ids))

    def erase(self, organisation: str, person_id: str, *, for_good: bool = False) -> bool:
        """Whether anything was kept of the person; no file holds a byte of them any more.

        With `for_good` no delivery for the person is taken in again, whoever still has one in hand: only a digest of
        the id stays. The roster never gives an id twice, so nobody is kept out by it who is added again.

        Raises:
            OSError: with `for_good`, the digest could not be written; what was kept is gone all the same.
        """
        shelf = self._shelf(organisation)
        with shelf.alone(), shelf.changing():
            try:
                if for_good:
                    shelf.bury(person_id)
            finally:
                found = erase_person(shelf, person_id)
        with self._registry:
            self._loaded.pop(organisation, None)
        return found

    def is_erased(self, organisation: str, person_id: str) -> bool:
        """Whether the person was erased for good."""
        return self._shelf(organisation).is_buried(person_id)

    def half_erased(self, organisation: str) -> tuple[str, ...]:
        """Whose erasure for good was cut off: files of them are still there."""
        return tuple(self._shelf(organisation).half_erased())

    def fold(self, organisation: str) -> None:
        """Write the table of everybody anew, so that nothing has to be laid over it."""
        shelf = self._shelf(organisation)
        with shelf.alone():
            fold(shelf)

    def rebuild(self, organisation: str) -> None:
        """Derive the table of everybody anew from the people's files alone."""
        shelf = self._shelf(organisation)
        with shelf.alone():
            shelf.remove_derived()
            fold(shelf)

    def rules(self, organisation: str) -> ValidNight:
        """The rules by which the nights in `statistics` were made."""
        return self._statistics(organisation).rules

    def nights_by(self, organisation: str, person_ids: Iterable[str], rules: ValidNight) -> NightTable:
        """The nights of these people as other rules would have them; nothing is changed."""
        return nights_by(self._shelf(organisation), person_ids, rules)

    def set_rules(
        self,
        organisation: str,
        rules: ValidNight,
        ready: Iterable[NightTable] = (),
        *,
        wanted: Callable[[], ValidNight] | None = None,
    ) -> bool:
        """Whether every night is made by these rules from now on, whoever derives it.

        `ready` are nights that `nights_by` has made already; the rest is derived while writers wait. `wanted` says what
        the rules shall be when it is this writer's turn: where others were asked for meanwhile, nothing is done.
        """
        shelf = self._shelf(organisation)
        if rules_of(shelf) == rules:
            return True
        return put_in_force(shelf, rules, ready, wanted=wanted or (lambda: rules))

    def table_bytes(self, organisation: str) -> int:
        """How large the table of everybody is, which every fold writes anew."""
        shelf = self._shelf(organisation)
        return shelf.size(shelf.statistics)

    def holdings(self, organisation: str) -> Holdings:
        """What is kept of the organisation, and how large it is."""
        return holdings(self._shelf(organisation))

    def verify(self, organisation: str, *, roster: Collection[str]) -> tuple[Finding, ...]:
        """Everything that is not as it should be where these people may be; nothing is changed."""
        return verify(self._shelf(organisation), roster=roster)

    def repair(self, organisation: str) -> tuple[str, ...]:
        """What was mended, in sentences; everything that can be derived is derived anew."""
        return repair(self._shelf(organisation))

    def _shelf(self, organisation: str) -> Shelf:
        return Shelf(folder=self._folder / organisation, organisation=organisation, seal=self._seal)

    def _settled(self, organisation: str) -> Shelf:
        """The organisation's files, with everything taken in and told that a writer left who was cut off."""
        shelf = self._shelf(organisation)
        if shelf.arrivals() or shelf.marker.exists():
            take_in_if_free(shelf)
        return shelf

    def _lay_over(self, shelf: Shelf, table: NightTable) -> None:
        lay_over(shelf, table)
        if len(shelf.overlays()) >= self._fold_after:
            fold(shelf)
        else:
            shelf.renew_version()

    def _person(self, shelf: Shelf, person_id: str) -> PersonFile | None:
        try:
            return decode_person(shelf.read(shelf.person(person_id)))
        except FileNotFoundError:
            return None
        except NOT_DAMAGE:
            raise
        except READ_ERRORS:
            with shelf.alone():  # looked at again alone: nobody else may be moving or mending it
                person = read_person(shelf, person_id)
                if person is None:
                    shelf.renew_version()
            return person

    def _statistics(self, organisation: str) -> Statistics:
        shelf = self._settled(organisation)
        with self._registry:
            loading = self._loading.setdefault(organisation, threading.Lock())
        with loading:
            loaded = self._loaded.get(organisation)
            if loaded is None or loaded.version != shelf.version():
                loaded = load(shelf, {} if loaded is None else loaded.read)
                self._loaded[organisation] = loaded
            return loaded


def _first_of(failed: Sequence[tuple[str, Exception]], *, kept: int) -> Exception:
    """The first failure, with a note of all of them."""
    people = ", ".join(person_id for person_id, _ in failed)
    _, first = failed[0]
    first.add_note(f"{len(failed)} of {kept + len(failed)} deliveries were not kept: those of {people}.")
    return first
