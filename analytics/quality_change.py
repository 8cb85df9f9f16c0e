"""What other rules would do to a cohort's period: the flow now and then, and every night whose fate would change."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from analytics import wording
from analytics.quality import Quality
from analytics.quality_states import REASON_CODES, REASON_SENTENCES

__all__ = ["QualityChange"]

_FATE_OF_ANALYSED: Final = "Analysed."
STEPS: Final = ("recorded", "valid", "in_analysis")


@dataclass(frozen=True, kw_only=True, eq=False)
class QualityChange:
    """The same people and period by the rules in force and by others.

    Attributes:
        now: by the rules in force.
        then: by the others, of the same people.
        unread: by person_id why somebody's nights could not be made anew; they are in neither of the two.

    Raises:
        ValueError: the two are not of the same people and days.
    """

    now: Quality
    then: Quality
    unread: dict[str, str]

    def __post_init__(self) -> None:
        same_days = (self.now.first, self.now.last) == (self.then.first, self.then.last)
        if not same_days or set(self.now.people.index) != set(self.then.people.index):
            raise ValueError("what is compared must be the same people and the same days")

    @cached_property
    def nights(self) -> pd.DataFrame:
        """The nights whose fate would be another one, newest first.

        `person_id`, `name`, `night`, `now` and `then` (the sentence of the reason, or that it is analysed),
        `code_now` and `code_then` ("" where it is analysed).
        """
        order = self.then.people.index.get_indexer(self.now.people.index)
        before, after = self.now.reasons, self.then.reasons[order]
        row, day = np.nonzero(before != after)
        newest = np.lexsort((row, -day))
        row, day = row[newest], day[newest]
        codes = [[REASON_CODES[at] for at in reasons[row, day]] for reasons in (before, after)]
        ids, dates = self.now.people.index[row], self.now.dates[day]
        return pd.DataFrame(
            {
                "person_id": ids.astype("object"),
                "name": self.now.people["name"].to_numpy()[row],
                "night": dates,
                "now": [_fate(code) for code in codes[0]],
                "then": [_fate(code) for code in codes[1]],
                "code_now": codes[0],
                "code_then": codes[1],
            }
        )

    @property
    def left_out(self) -> int:
        """How many nights that are analysed would not be any more."""
        return int((self._moved["code_now"] == "").sum())

    @property
    def counted(self) -> int:
        """How many nights would be analysed that are not now."""
        return int((self._moved["code_then"] == "").sum())

    @cached_property
    def _moved(self) -> pd.DataFrame:
        """The nights that go into the analysis or leave it; the others are left out before and after."""
        return self.nights[(self.nights["code_now"] == "") != (self.nights["code_then"] == "")]

    @property
    def title(self) -> str:
        """The finding."""
        if not len(self.nights):
            return "By these rules the same nights would be analysed, and left out for the same reasons"
        said = []
        if self.left_out:
            said.append(f"{wording.plural(self.left_out, 'more night')} would be left out")
        if self.counted:
            said.append(f"{wording.plural(self.counted, 'more night')} would be analysed")
        if not said:
            return f"{wording.plural(len(self.nights), 'night')} would be left out for another reason"
        people = self._moved["person_id"].nunique()
        return f"{' and '.join(said)}, of {wording.plural(people, 'person', 'people')}"

    @property
    def flow(self) -> pd.DataFrame:
        """The steps side by side, one row each: `step`, `now`, `then`, `difference` in nights."""
        rows = [
            (
                name,
                getattr(self.now, name),
                getattr(self.then, name),
                getattr(self.then, name) - getattr(self.now, name),
            )
            for name in STEPS
        ]
        return pd.DataFrame(rows, columns=["step", "now", "then", "difference"])

    @property
    def reasons(self) -> pd.DataFrame:
        """The reasons side by side: `code`, `reason`, `now`, `then`, `difference` in nights; none is 0 in both."""
        before, after = self.now.nights_by_reason, self.then.nights_by_reason
        codes = [code for code in REASON_SENTENCES if before.get(code, 0) or after.get(code, 0)]
        rows = [
            (
                code,
                REASON_SENTENCES[code],
                before.get(code, 0),
                after.get(code, 0),
                after.get(code, 0) - before.get(code, 0),
            )
            for code in codes
        ]
        return pd.DataFrame(rows, columns=["code", "reason", "now", "then", "difference"])


def _fate(code: str) -> str:
    return REASON_SENTENCES[code] if code else _FATE_OF_ANALYSED
