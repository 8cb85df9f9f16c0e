"""How one person slept from the start of a phase of theirs on, against their own four weeks before it.

It is the change that `event_aligned` takes the mean of over people, of one of them; without an interval, because one
person is no sample. Of what caused it, it says nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import pandas as pd

from analytics import event_words, wording
from analytics.event_aligned import METRICS, WEEKS, event_aligned
from analytics.marked import Marked

__all__ = ["SincePhase", "since_phases"]

_TOLD: Final = ("tst_min", "se_pct", "midsleep_clock_h")
_PERSON: Final = "person"


@dataclass(frozen=True, kw_only=True)
class SincePhase:
    """A phase and what changed from its start on.

    Attributes:
        name: of the phase, as somebody wrote it: never markup.
        days: calendar days from the start that are looked at, at most 28.
        changes: words for each statistic that has nights enough: `asleep +14 min`; empty where none has.
        nights_before, nights_after: nights with a time asleep behind them; 0 where there are too few.
    """

    name: str
    days: int
    changes: tuple[str, ...]
    nights_before: int
    nights_after: int

    @property
    def words(self) -> str:
        """The sentence without the name's own markup: what changed, or that there are too few nights."""
        weeks = wording.plural(WEEKS.before, "week")
        if not self.changes:
            return f"Since {self.name} began: too few nights in the {weeks} before or since to compare."
        span = wording.plural(self.days, "day")
        before, after = (wording.number(nights, 0) for nights in (self.nights_before, self.nights_after))
        told = f"{', '.join(self.changes)} against the {weeks} before ({before} nights before, {after} since)"
        return f"In the {span} since {self.name} began: {told}."


def since_phases(
    nights: pd.DataFrame, events: Sequence[Marked], *, first: date, last: date
) -> tuple[SincePhase, ...]:
    """What changed with each phase that began in a period, the latest start first.

    Means of the valid main sleeps of the first 4 weeks from the start (or of the days there are) minus those of the 4
    weeks before; each takes 5 nights. Mid-sleep goes the short way round the clock.

    Args:
        nights: `night_table` of the person, with the weeks before the period too.
        events: phases, groups and notes of the person; only phases count.
        first: first day on which a phase may have begun.
        last: newest label that counts.
    """
    mine = nights[nights["night"] <= pd.Timestamp(last)].assign(person_id=_PERSON)
    begun = [event for event in events if event.kind == "phase" and first <= event.first <= last]
    return tuple(
        _since(mine, event, last) for event in sorted(begun, key=lambda event: event.first, reverse=True)
    )


def _since(nights: pd.DataFrame, event: Marked, last: date) -> SincePhase:
    ended = min(last, event.last or last)
    counted = nights[nights["night"] <= pd.Timestamp(ended)]
    metrics = [metric for metric in METRICS if metric.name in _TOLD]
    found = [
        event_aligned(counted, {_PERSON: event.first}, phase=event.text, metric=metric).change
        for metric in metrics
    ]
    told = [
        f"{metric.label.lower()} {event_words.amount(metric, float(change.values.iloc[0]))}"
        for metric, change in zip(metrics, found, strict=True)
        if change.people
    ]
    return SincePhase(
        name=event.text,
        days=min((ended - event.first) // timedelta(days=1) + 1, WEEKS.change_days),
        changes=tuple(told),
        nights_before=found[0].nights_before,
        nights_after=found[0].nights_after,
    )
