"""How old the nights of people are, and whether a reader should be told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics.wording import age
from nocturne.application import Application
from store.people import Person

_LATE_AFTER_MIN = 90.0


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """How old what is shown is.

    Attributes:
        as_of: when the last successful synchronisation began; None when there was none.
        age_min: minutes since then; NaN when there was none.
        stale: whether a reader should be told: the last attempt failed, or it is long ago.
        reason: why the last attempt failed, in a sentence; "" otherwise.
        failed: how many people's last attempt failed.
        behind: how many people are not as fresh as `as_of` says: never synchronised, or clearly before the others.
    """

    as_of: datetime | None
    age_min: float
    stale: bool
    reason: str
    failed: int
    behind: int

    @property
    def in_words(self) -> str:
        """`9 h old`, or that nothing was brought yet."""
        return age(self.age_min) if self.as_of is not None else "not synchronised yet"


def freshness(application: Application, people: Sequence[Person]) -> Freshness:
    """How old the nights of these people are, how many are behind the others, and why the last attempt failed."""
    states = application.store.sync_states(application.organisation)
    mine = [states.get(person.person_id) for person in people]
    succeeded = [state.succeeded_at for state in mine if state is not None and state.succeeded_at is not None]
    reasons = [state.error for state in mine if state is not None and state.error]
    as_of = max(succeeded, default=None)
    age_min = (application.now() - as_of).total_seconds() / 60 if as_of is not None else float("nan")
    late_after = max(_LATE_AFTER_MIN, 2 * application.settings.nocturne_sync_interval_minutes)
    on_time = 0
    if as_of is not None:
        on_time = sum(as_of - moment <= timedelta(minutes=late_after) for moment in succeeded)
    return Freshness(
        as_of=as_of,
        age_min=age_min,
        stale=bool(people) and (len(reasons) == len(people) or age_min > late_after),
        reason=reasons[0] if reasons else "",
        failed=len(reasons),
        behind=len(people) - on_time,
    )
