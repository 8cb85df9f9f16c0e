"""The rules by which recordings become nights: every limit with its default, its unit and where it comes from.

There is one object of them, `ValidNight`; whatever groups, dates, grades or leaves out takes it. There is no consensus
in the literature on most of these limits: `[P]` marks a choice of ours, and `limits()` is the list for people.
"""

import hashlib
import json
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Final, TypeVar

from analytics.time_of_day import MINIMUM_R

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Limit:
    """One limit for people.

    Attributes:
        name: the field of `ValidNight`.
        default: its value unless a study says otherwise.
        unit: what it is counted in.
        meaning: what it decides.
        source: the section of the specification, and the paper or product where there is one.
    """

    name: str
    default: float | bool
    unit: str
    meaning: str
    source: str


def _limit(default: _T, unit: str, meaning: str, source: str) -> _T:
    return field(default=default, metadata={"unit": unit, "meaning": meaning, "source": source})


@dataclass(frozen=True, kw_only=True)
class ValidNight:
    """The rules by which a sleep is grouped, dated, graded and counted; `limits()` says what each is and whence.

    Raises:
        ValueError: limits that contradict each other.
    """

    epoch_mismatch_s: float = _limit(
        60.0,
        "s",
        "stages and session may differ by this much in length; above it EPOCH_MISMATCH",
        "SPEC 7.1 [P]",
    )
    default_anchor_h: float = _limit(
        12.0, "h", "hour at which sleep days begin while a person has no anchor of their own", "SPEC 7.2 [P]"
    )
    minimum_anchor_sleeps: int = _limit(
        5, "sleeps", "with fewer sleeps a person has no anchor of their own", "SPEC 7.2 [P]"
    )
    minimum_anchor_r: float = _limit(
        MINIMUM_R,
        "length of the mean vector",
        "with midsleeps less close together than this a person has no anchor of their own",
        "SPEC 7.2, 2.2 [P]",
    )
    bridge_min: float = _limit(
        60.0,
        "min",
        "sessions no further apart are pieces of one sleep",
        "SPEC 7.3 [P], as the program noop has it",
    )
    duplicate_share: float = _limit(
        0.5,
        "share of the shorter session",
        "sessions that share this much are the same sleep",
        "SPEC 7.4 [P]",
    )
    most_missing_share_a: float = _limit(
        0.05, "share of the recording", "up to this share of lost signal a sleep has grade A", "SPEC 7.5 [P]"
    )
    most_missing_share_b: float = _limit(
        0.20, "share of the recording", "up to this one grade B, above it X", "SPEC 7.5 [P]"
    )
    longest_gap_min: float = _limit(
        60.0, "min", "a longer gap of signal inside the sleep period makes grade X", "SPEC 7.5 [P]"
    )
    shortest_in_bed_min: float = _limit(
        180.0, "min", "a main sleep with less time in bed has grade X", "SPEC 7.6 [P]"
    )
    longest_in_bed_min: float = _limit(
        960.0,
        "min",
        "a main sleep with more time in bed has grade X",
        "SPEC 7.6, the night cap of the R package sleepreg",
    )
    plausible_stage_share: float = _limit(
        0.6, "share of the time asleep", "more REM or deep sleep than this is flagged", "SPEC 7.6 [P]"
    )
    epoch_length_tolerance_s: float = _limit(
        1.0, "s", "epochs whose mean length is further from 30 s are flagged", "SPEC 7.6 [P]"
    )
    vendor_tolerance_s: float = _limit(
        30.0,
        "s",
        "the vendor's durations may contradict each other by this much unflagged",
        "SPEC 7.6, 1 [P]",
    )
    travel_zone_change_h: float = _limit(
        2.0, "h", "a change of zone by this much or more since the sleep before is a journey", "SPEC 7.7 [P]"
    )
    travel_days_after: int = _limit(
        2,
        "sleep days",
        "days after a journey's first sleep that its change of clock is still felt",
        "SPEC 7.7 [P]",
    )
    leave_out_travel: bool = _limit(
        True,  # noqa: FBT003 - the default of a field
        "yes or no",
        "whether the sleeps of a journey are left out of consistency",
        "SPEC 7.7 [P]",
    )

    def __post_init__(self) -> None:
        if not 0 <= self.most_missing_share_a <= self.most_missing_share_b <= 1:
            raise ValueError(
                "missing shares must rise from A to B within 0 to 1; these are "
                f"{self.most_missing_share_a} and {self.most_missing_share_b}"
            )
        if not 0 <= self.shortest_in_bed_min < self.longest_in_bed_min:
            raise ValueError("the shortest time in bed must be below the longest")
        if not 0 < self.duplicate_share <= 1:
            raise ValueError(f"duplicate_share is above 0 and at most 1, not {self.duplicate_share}")
        if not 0 <= self.default_anchor_h < 24:
            raise ValueError(
                f"default_anchor_h is an hour of the day, 0 to below 24, not {self.default_anchor_h}"
            )
        if not MINIMUM_R <= self.minimum_anchor_r <= 1:
            raise ValueError(
                f"minimum_anchor_r is {MINIMUM_R} to 1, because below it times have no mean; not "
                f"{self.minimum_anchor_r}"
            )
        for each in fields(self):
            if getattr(self, each.name) < 0:
                unit = each.metadata["unit"]
                raise ValueError(f"{each.name} is 0 {unit} or more, not {getattr(self, each.name)}")

    @property
    def changed(self) -> dict[str, float | bool]:
        """The limits that differ from their defaults, by name; `ValidNight(**changed)` are these rules again."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in values.items() if value != getattr(DEFAULT_RULES, name)}

    @cached_property
    def tag(self) -> str:
        """A word that is another one for other limits; empty for the defaults."""
        if not self.changed:
            return ""
        named = {name: float(value) for name, value in self.changed.items()}
        return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()[:12]


def limits() -> tuple[Limit, ...]:
    """Every limit of `ValidNight` in the order of its fields, with default, unit, meaning and source."""
    return tuple(
        Limit(
            name=each.name,
            default=getattr(DEFAULT_RULES, each.name),
            unit=each.metadata["unit"],
            meaning=each.metadata["meaning"],
            source=each.metadata["source"],
        )
        for each in fields(ValidNight)
    )


DEFAULT_RULES: Final = ValidNight()
