"""What can be asked of the vendor: under which key the answer lies, how it lies there, and how it is asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Generic

from asleep.models import AverageStats, SessionListItem, SessionResult, User
from cache.envelope import SCHEMA, Codec
from cache.policy import Operation, Parameter, cache_key, cache_tag
from cache.verbs import Asleep, T

_SESSION = Codec[SessionResult](SessionResult)
_SESSIONS = Codec[tuple[SessionListItem, ...]](tuple[SessionListItem, ...])
_AVERAGES = Codec[AverageStats](AverageStats)
_USER = Codec[User](User)


@dataclass(frozen=True, kw_only=True)
class Question(Generic[T]):
    """One question: key and drawer of its answer, the form in which that is kept, and the asking."""

    key: str
    tag: str
    operation: Operation
    codec: Codec[T]
    ask: Callable[[Asleep], T]


@dataclass(frozen=True, kw_only=True)
class Questions:
    """The questions of one organisation in one of the vendor's environments."""

    organisation: str
    environment: str

    def session(self, user_id: str, session_id: str) -> Question[SessionResult]:
        """One session with its stages."""
        return self._question(
            "get_session",
            user_id,
            {"session_id": session_id},
            _SESSION,
            lambda client: client.get_session(user_id, session_id),
        )

    def sessions(
        self, user_id: str, *, first: date | None, last: date | None, newest_first: bool
    ) -> Question[tuple[SessionListItem, ...]]:
        """All sessions of the days from first to last."""
        return self._question(
            "list_sessions",
            user_id,
            {"first": first, "last": last, "newest_first": newest_first},
            _SESSIONS,
            lambda client: client.list_sessions(user_id, first=first, last=last, newest_first=newest_first),
        )

    def averages(self, user_id: str, *, first: date, last: date) -> Question[AverageStats]:
        """The means of the days from first to last."""
        return self._question(
            "average_stats",
            user_id,
            {"first": first, "last": last},
            _AVERAGES,
            lambda client: client.average_stats(user_id, first=first, last=last),
        )

    def user(self, user_id: str) -> Question[User]:
        """The person as the vendor knows them."""
        return self._question("get_user", user_id, {}, _USER, lambda client: client.get_user(user_id))

    def tag(self, user_id: str, operation: str = "") -> str:
        """The drawer of all that is kept of a person, or of one operation's answers."""
        return cache_tag(
            organisation=self.organisation,
            environment=self.environment,
            user_id=user_id,
            operation=operation,
        )

    def _question(
        self,
        operation: Operation,
        user_id: str,
        parameters: Mapping[str, Parameter],
        codec: Codec[T],
        ask: Callable[[Asleep], T],
    ) -> Question[T]:
        key = cache_key(
            organisation=self.organisation,
            environment=self.environment,
            user_id=user_id,
            operation=operation,
            parameters=parameters,
            schema=SCHEMA,
        )
        return Question(key=key, tag=self.tag(user_id, operation), operation=operation, codec=codec, ask=ask)
