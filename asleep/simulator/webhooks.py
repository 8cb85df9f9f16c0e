"""The vendor's webhooks: who records is announced to a receiver, block by block, while the API goes on answering."""

import heapq
import logging
import threading
import time
from collections import Counter
from itertools import count
from queue import Empty, Full, Queue
from types import TracebackType
from typing import Self

import msgspec
import requests

from asleep.simulator.announcements import Announcement, Contract, Going, announcements
from asleep.simulator.people import Person
from asleep.simulator.tonight import Tonight
from asleep.simulator.webhook_bodies import block_body, complete_body
from asleep.simulator.world import Account

log = logging.getLogger(__name__)

TRIES = 6
_WAITING_AT_MOST = 256
_AT_MOST_PER_S = 50.0
_LIMITS_S = (2.0, 10.0)  # to connect, to answer
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 8.0
_LOOK_S = 0.5
_WORTH_ANOTHER_TRY = frozenset({408, 425, 429})


class Webhooks:
    """Announces the nights of an account until stopped, in threads of its own; a context manager.

    `told` counts what became of the announcements: delivered, refused (an answer that a further try does not change),
    given up (after `TRIES` tries), and retried, the further tries.
    """

    def __init__(self, tonight: Tonight, account: Account, *, url: str, going: Going | None = None) -> None:
        self._tonight = tonight
        self._account = account
        self._going = going or Going()
        self._stopping = threading.Event()
        self._delivery = _Delivery(url, tonight.world.api_key, self._stopping)
        self._threads = [
            threading.Thread(target=work, name=name, daemon=True)
            for name, work in (
                ("asleep-announcing", self._announce),
                ("asleep-delivering", self._delivery.run),
            )
        ]
        for thread in self._threads:
            thread.start()

    @property
    def told(self) -> Counter[str]:
        """What became of the announcements so far."""
        return self._delivery.told

    def stop(self) -> None:
        """Ends the announcements; what was not delivered is let go of. Stopping twice is allowed."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=1.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _announce(self) -> None:
        """Whoever records, each announcement when it is due; a person's next night is looked at when it begins."""
        due: list[tuple[float, int, Person, Contract, int | Announcement]] = []
        numbers = count()

        def plan(at_s: float, person: Person, contract: Contract, what: int | Announcement) -> None:
            heapq.heappush(due, (at_s, next(numbers), person, contract, what))

        for place, person in enumerate(self._tonight.people):
            if self._stopping.is_set():
                return
            for night in self._tonight.nights(person)[:1]:
                begins_s = self._tonight.due_s(night, night.start_s)
                plan(begins_s, person, self._going.contract(place), 0)
        while due:
            at_s, _, person, contract, what = heapq.heappop(due)
            if not self._wait_until(at_s):
                return
            if isinstance(what, Announcement):
                self._send(person, what)
                continue
            nights = self._tonight.nights(person)
            for announcement in self._of_night(person, contract, what):
                plan(
                    self._tonight.due_s(announcement.session, announcement.at_s),
                    person,
                    contract,
                    announcement,
                )
            for following in nights[what + 1 : what + 2]:
                plan(self._tonight.due_s(following, following.start_s), person, contract, what + 1)

    def _of_night(self, person: Person, contract: Contract, place: int) -> list[Announcement]:
        session = self._tonight.nights(person)[place]
        blocks = self._tonight.recording(person, session).stages is not None
        seed = self._tonight.world.seed
        return announcements(session, contract, self._going, blocks=blocks, seed=seed)

    def _wait_until(self, at_s: float) -> bool:
        """Whether it is this moment: not when the end came first."""
        while (missing_s := at_s - self._tonight.now_s()) > 0:
            if self._stopping.wait(min(missing_s, _LOOK_S)):
                return False
        return not self._stopping.is_set()

    def _send(self, person: Person, announcement: Announcement) -> None:
        session, seq, contract = announcement.session, announcement.seq, announcement.contract
        if self._account.person(person.user_id) is None:
            return
        if self._account.session(person, session.id) is None:
            return  # deleted, as its owner may be
        recording = self._tonight.recording(person, session)
        if seq is None:
            body = complete_body(
                contract.version, user_id=person.user_id, session=session, recording=recording
            )
        else:
            body = block_body(
                contract.version,
                user_id=person.user_id,
                session=session,
                recording=recording,
                seq=seq,
                epochs=contract.epochs,
                at_s=int(announcement.at_s),
            )
        self._delivery.put(person.user_id, msgspec.json.encode(body))


class _Delivery:
    """Posts one body after another, in the order they were put; the queue is bounded, so whoever puts may wait."""

    def __init__(self, url: str, api_key: str, stopping: threading.Event) -> None:
        self.told: Counter[str] = Counter()
        self._url = url
        self._stopping = stopping
        self._waiting: Queue[tuple[str, bytes]] = Queue(_WAITING_AT_MOST)
        self._api_key = api_key
        self._reached = False
        self._last_s = 0.0

    def put(self, user_id: str, body: bytes) -> None:
        """Leaves a body to be posted; returns at once unless so many are waiting already."""
        while not self._stopping.is_set():
            try:
                self._waiting.put((user_id, body), timeout=_LOOK_S)
            except Full:
                continue
            return

    def run(self) -> None:
        """Posts until stopped."""
        with requests.Session() as session:
            session.trust_env = False
            session.headers.update({"x-api-key": self._api_key, "content-type": "application/json"})
            while not self._stopping.is_set():
                try:
                    user_id, body = self._waiting.get(timeout=_LOOK_S)
                except Empty:
                    continue
                self._deliver(session, user_id, body)

    def _deliver(self, session: requests.Session, user_id: str, body: bytes) -> None:
        tries, pause_s = 0, _FIRST_PAUSE_S
        while not self._stopping.wait(max(self._last_s + 1 / _AT_MOST_PER_S - time.monotonic(), 0)):
            self._last_s = time.monotonic()
            status, asked_s = self._post(session, user_id, body)
            if 200 <= status < 300:
                self.told["delivered"] += 1
                return
            if 300 <= status < 500 and status not in _WORTH_ANOTHER_TRY:
                self._say_refused(status)
                return
            # Until it has answered for the first time the receiver may not be there yet, so that no try is used up.
            tries += self._reached
            if tries >= TRIES:
                self.told["given up"] += 1
                log.warning("A webhook was given up after %d tries, the last one answered %d.", tries, status)
                return
            self.told["retried"] += 1
            if self._stopping.wait(min(max(pause_s, asked_s), _LONGEST_PAUSE_S)):
                return
            pause_s = 2 * pause_s if self._reached else _FIRST_PAUSE_S

    def _post(self, session: requests.Session, user_id: str, body: bytes) -> tuple[int, float]:
        """Status, 0 without an answer, and the pause in seconds that the receiver asks for."""
        try:
            answer = session.post(
                self._url,
                data=body,
                headers={"x-user-id": user_id},
                timeout=_LIMITS_S,
                allow_redirects=False,
            )
        except requests.RequestException:
            return 0, 0.0
        self._reached = True
        asked = answer.headers.get("retry-after", "")
        return answer.status_code, float(asked) if asked.isdecimal() else 0.0

    def _say_refused(self, status: int) -> None:
        self.told["refused"] += 1
        if self.told["refused"] == 1:
            log.warning("A webhook was refused with %d; further refusals are only counted.", status)
