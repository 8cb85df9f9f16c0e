"""The verbs that can be answered from disk, and what an answer is."""

from dataclasses import dataclass
from datetime import date, datetime
from threading import Event
from typing import Generic, Protocol, Self, TypeVar

from asleep.models import AverageStats, SessionListItem, SessionResult, User, UserMetadata

T = TypeVar("T")


class Asleep(Protocol):
    """The verbs of `asleep.client.AsleepClient` that read and can be answered from disk, and that write."""

    @property
    def limit_s(self) -> float: ...  # noqa: D102
    def in_background(self, *, stop: Event | None = None) -> Self: ...  # noqa: D102
    def within(self, seconds: float) -> Self: ...  # noqa: D102
    def get_session(self, user_id: str, session_id: str) -> SessionResult: ...  # noqa: D102
    def list_sessions(  # noqa: D102
        self, user_id: str, *, first: date | None = None, last: date | None = None, newest_first: bool = True
    ) -> tuple[SessionListItem, ...]: ...
    def average_stats(self, user_id: str, *, first: date, last: date) -> AverageStats: ...  # noqa: D102
    def get_user(self, user_id: str) -> User: ...  # noqa: D102
    def create_user(self, metadata: UserMetadata | None = None) -> str: ...  # noqa: D102
    def delete_user(self, user_id: str) -> None: ...  # noqa: D102
    def delete_session(self, user_id: str, session_id: str) -> None: ...  # noqa: D102


@dataclass(frozen=True, kw_only=True)
class Answer(Generic[T]):
    """A value with its age.

    Attributes:
        value: what the vendor said.
        fetched_at: when the vendor said it (UTC).
        stale: the vendor could not be asked again although it was time; `reason` is a sentence that says why.
        reason: empty when not stale.
    """

    value: T
    fetched_at: datetime
    stale: bool = False
    reason: str = ""
