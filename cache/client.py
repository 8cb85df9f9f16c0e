"""The vendor's answers, from disk where that is right, and from disk with their age when the vendor fails."""

import logging
import sys
import time
from collections.abc import Callable
from copy import copy
from datetime import UTC, date, datetime
from threading import Event
from typing import Any, Self

from asleep.errors import (
    AsleepError,
    MalformedAnswer,
    NotAsked,
    NotFound,
    PlanExpired,
    QuotaExceeded,
    RateLimited,
    Redirected,
    ServerFault,
    SessionNotFound,
    TransportError,
    UserNotFound,
)
from asleep.models import AverageStats, SessionListItem, SessionResult, User, UserMetadata
from cache.disk import CacheBusy, DiskCache, ValueTooLarge
from cache.envelope import Envelope
from cache.flights import Flights
from cache.forgetting import Forgetting
from cache.policy import Keep, Operation, keep
from cache.questions import Question, Questions
from cache.verbs import Answer, Asleep, T

VENDOR_FAILS = (
    NotFound,
    TransportError,
    ServerFault,
    RateLimited,
    QuotaExceeded,
    PlanExpired,
    Redirected,
    MalformedAnswer,
)
"""What lets a kept answer stand in: the question was right, and the vendor cannot answer it now.

A bare NotFound is a gateway's page; what the vendor itself does not know is forgotten instead.
"""

__all__ = ["VENDOR_FAILS", "Answer", "Asleep", "CachedAsleep"]

log = logging.getLogger(__name__)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class CachedAsleep:
    """The client's verbs for one organisation; reads answer `Answer`, writes pass through.

    A kept answer that is fresh (`cache.policy.keep`) is handed out without asking. Otherwise the vendor is
    asked, once for all threads that ask the same meanwhile; when it fails (`VENDOR_FAILS`), a kept answer stands
    in, marked stale, with the reason. Every other error rises; what the vendor does not know (404) is forgotten
    here too. Values are immutable, so nobody can change what the next one gets.

    Args:
        client: who asks the vendor.
        disk: where answers are kept.
        organisation: whose answers; no other organisation ever sees them.
        environment: the vendor's (live or test), whose data sets are separate.
        now: the clock, in UTC; tests hand in their own.
    """

    def __init__(
        self,
        client: Asleep,
        disk: DiskCache,
        *,
        organisation: str,
        environment: str,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._client = client
        self._disk = disk
        self._questions = Questions(organisation=organisation, environment=environment)
        self._now = now
        self._background = False
        self._flights = Flights()
        self._forgetting = Forgetting()

    def in_background(self, *, stop: Event | None = None) -> Self:
        """The same for work that nobody waits for, over the client's own background; what is kept is shared.

        A foreground question never waits for the same one in the background, whose turn may be far off. Nothing
        stands in here when the vendor fails: nobody is looking, and the error says what to do. What is under way is
        given up soon after `stop` is set.
        """
        other = copy(self)
        other._client = self._client.in_background(stop=stop)  # noqa: SLF001 - another of our own
        other._background = True  # noqa: SLF001
        return other

    def get_session(self, user_id: str, session_id: str, *, fresh: bool = False) -> Answer[SessionResult]:
        """One session with its stages; with `fresh`, asked again although a kept one would do."""
        return self._answer(self._questions.session(user_id, session_id), user_id, fresh=fresh)

    def list_sessions(
        self,
        user_id: str,
        *,
        first: date | None = None,
        last: date | None = None,
        newest_first: bool = True,
        fresh: bool = False,
    ) -> Answer[tuple[SessionListItem, ...]]:
        """All sessions of the days from first to last, both included; with `fresh`, asked again."""
        question = self._questions.sessions(user_id, first=first, last=last, newest_first=newest_first)
        return self._answer(question, user_id, fresh=fresh)

    def average_stats(
        self, user_id: str, *, first: date, last: date, fresh: bool = False
    ) -> Answer[AverageStats]:
        """The means of the days first to last and the sessions behind them; with `fresh`, asked again."""
        return self._answer(self._questions.averages(user_id, first=first, last=last), user_id, fresh=fresh)

    def get_user(self, user_id: str, *, fresh: bool = False) -> Answer[User]:
        """The person as the vendor knows them; with `fresh`, asked again."""
        return self._answer(self._questions.user(user_id), user_id, fresh=fresh)

    def create_user(self, metadata: UserMetadata | None = None) -> str:
        """The new person's vendor id."""
        return self._client.create_user(metadata)

    def delete_user(self, user_id: str) -> None:
        """Delete the person at the vendor, and here whatever was kept of them, even when the vendor fails."""
        try:
            self._client.delete_user(user_id)
        finally:
            self._forget_anyway(lambda: self.forget(user_id))

    def delete_session(self, user_id: str, session_id: str) -> None:
        """Delete a session at the vendor, and here the session with every list and mean that named it."""
        try:
            self._client.delete_session(user_id, session_id)
        finally:
            self._forget_anyway(lambda: self.forget_session(user_id, session_id))

    def forget(self, user_id: str, *, environment: str | None = None) -> int:
        """How many kept answers about the person were deleted; no byte of them stays on disk.

        Args:
            user_id: whom the vendor knows by it.
            environment: the vendor's, where it is another than the one in force.

        Raises:
            CacheBusy: some may be there still.
        """
        questions = self._questions
        if environment is not None:
            questions = Questions(organisation=questions.organisation, environment=environment)
        self._forgetting.begin()
        return self._disk.erase(questions.tag(user_id))

    def forget_all(self) -> int:
        """How many kept answers of the organisation in this environment were deleted; they are asked for again.

        Raises:
            CacheBusy: some may be there still.
        """
        self._forgetting.begin()
        return self._disk.erase(f"{self._questions.organisation}/{self._questions.environment}/")

    def forget_session(self, user_id: str, session_id: str) -> None:
        """Forget the session with every list and mean that named it; what is asked for already is not kept either.

        Raises:
            CacheBusy: some may be there still.
        """
        self._forgetting.begin()
        self._disk.delete(self._questions.session(user_id, session_id).key)
        named_in: tuple[Operation, ...] = ("list_sessions", "average_stats", "get_user")
        self._disk.erase(*(self._questions.tag(user_id, operation) for operation in named_in))

    def _forget_anyway(self, forget: Callable[[], object]) -> None:
        """Forget after a deletion; while the vendor's own error is on its way, a busy cache does not hide it."""
        failing = sys.exception()
        try:
            forget()
        except CacheBusy as error:
            if failing is None:
                raise
            failing.add_note(str(error))

    def _answer(self, question: Question[T], user_id: str, *, fresh: bool) -> Answer[T]:
        good = None if fresh else self._good(question)
        if good is not None:
            return good
        began_s = time.monotonic()

        def fly() -> Answer[T]:
            left_s = self._client.limit_s - (time.monotonic() - began_s)
            return self._asked(question, user_id, fresh=fresh, within_s=max(left_s, 0.01))

        # Who asks after something was forgotten does not join those who asked before.
        return self._flights.share(
            (question.key, self._background, fresh, self._forgetting.moment()),
            fly,
            begun_after_s=began_s if fresh else float("-inf"),
            within_s=self._client.limit_s,
        )

    def _good(self, question: Question[T]) -> Answer[T] | None:
        """What is kept, if it is still fresh."""
        kept = self._read(question)
        # What is not fresh is not good, however long it may stand in.
        if kept is None or self._age_s(kept) > _terms(question, kept).fresh_s:
            return None
        return Answer(value=kept.value, fetched_at=kept.fetched_at)

    def _asked(self, question: Question[T], user_id: str, *, fresh: bool, within_s: float) -> Answer[T]:
        """What the vendor says, or what stands in for it."""
        # A flight for the same question may have landed between our look and our take-off.
        good = None if fresh else self._good(question)
        if good is not None:
            return good
        since, asked_at = self._forgetting.moment(), self._now()
        try:
            value = question.ask(self._client.within(within_s))
        except (UserNotFound, SessionNotFound) as error:
            self._drop(question, user_id, everything=isinstance(error, UserNotFound))
            raise
        except VENDOR_FAILS as error:
            kept = None if self._background else self._kept(question)
            if kept is None:
                raise
            self._tell(question, error)
            return Answer(value=kept.value, fetched_at=kept.fetched_at, stale=True, reason=str(error))
        return self._keep(question, Answer(value=value, fetched_at=asked_at), since=since)

    def _tell(self, question: Question[T], error: AsleepError) -> None:
        # An outage is one piece of news, not one for every question that was not even asked.
        level = logging.DEBUG if isinstance(error, NotAsked) else logging.WARNING
        log.log(level, "A kept answer to %s stands in: %s", question.operation, error)

    def _keep(self, question: Question[T], answer: Answer[T], *, since: int) -> Answer[T]:
        terms = keep(question.operation, answer.value)
        if terms is None:
            return answer
        data = question.codec.encode(answer.value, fetched_at=answer.fetched_at)
        try:
            with self._forgetting.keeping(since) as allowed:
                if allowed and not self._is_outdated(question, answer):
                    self._disk.set(question.key, data, tag=question.tag, expire_s=terms.stale_s)
        except ValueTooLarge as error:
            self._drop(question, "", everything=False)  # the former answer is no longer the newest
            log.info("An answer to %s is not kept: %s", question.operation, error)
        return answer

    def _is_outdated(self, question: Question[T], answer: Answer[T]) -> bool:
        """Whether somebody who asked later has been answered already."""
        kept = self._kept(question)
        return kept is not None and kept.fetched_at > answer.fetched_at

    def _kept(self, question: Question[T]) -> Envelope[T] | None:
        """What was kept and may still be handed out, if only as a stand-in."""
        kept = self._read(question)
        if kept is None or self._age_s(kept) > _terms(question, kept).stale_s:
            return None
        return kept

    def _read(self, question: Question[T]) -> Envelope[T] | None:
        """What was kept, whatever its age; undecodable means nothing."""
        data = self._disk.get(question.key, tag=question.tag)
        return None if data is None else question.codec.decode(data)

    def _age_s(self, envelope: Envelope[Any]) -> float:
        age_s = (self._now() - envelope.fetched_at).total_seconds()
        # From the future: the clock was set back, and nobody knows how old it really is.
        return age_s if age_s >= 0 else float("inf")

    def _drop(self, question: Question[T], user_id: str, *, everything: bool) -> None:
        try:
            if everything:
                self.forget(user_id)
            else:
                self._disk.delete(question.key)
        except CacheBusy as error:
            log.warning("An answer that is no longer true is still kept: %s", error)


def _terms(question: Question[T], envelope: Envelope[T]) -> Keep:
    """How long the kept answer is good by today's policy, whatever was thought when it was kept."""
    return keep(question.operation, envelope.value) or Keep(fresh_s=0, stale_s=0)
