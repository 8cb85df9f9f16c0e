"""Whether a person's flag is still to be shown after somebody has dealt with it.

The rule, for the flag as it is on the last night, and the last snooze, done or reopen of the person:

| action | the flag is hidden |
|---|---|
| done | until it has gone or gets worse; gone it is when there was a day without attention after the night acted on |
| snooze | on every night up to `until`, that one included, unless it gets worse |
| reopen | no more |

It is worse than when acted on with more metrics that are red (so also when one that was amber becomes red), with a flag
on a level that was not up, or when the largest |z| has grown by 1 or more. More amber alone is not worse.

Triage looks back 13 days (`triage_days.LOOKED_BACK`), so that a flag that never goes begins 13 days ago at the
earliest: what is done is shown again after a fortnight of unbroken attention, rather than a new flag be taken for the
old one.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, Protocol

State = Literal["none", "open", "snoozed", "done", "worse", "over"]
"""What has become of a flag; see `flag_state`."""

WORSE_BY_Z: Final = 1.0
# 4.1 - 3.1 is a little less than 1 in binary fractions.
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, kw_only=True)
class Flag:
    """What `triage.triage` says of a person on the last night.

    Attributes:
        since: label of the first of the unbroken days with attention; None where the person needs none.
        red, amber: how many metrics are.
        max_abs_z: the largest |z| of all metrics; None without any.
        levels: names of the flags on levels that are up, as `triage.triage` names their columns.
    """

    since: date | None
    red: int
    amber: int
    max_abs_z: float | None
    levels: tuple[str, ...]


class ActedOn(Protocol):
    """What was done about a flag: the action, and what the flag was on the night that was seen."""

    @property
    def action(self) -> str:
        """One of snooze, done and reopen."""

    @property
    def until(self) -> date | None:
        """The last night that a snooze hides."""

    @property
    def night(self) -> date:
        """Label of the last night when it was acted on."""

    @property
    def red(self) -> int:
        """How many metrics were red."""

    @property
    def max_abs_z(self) -> float | None:
        """The largest |z| of all metrics; None without any."""

    @property
    def levels(self) -> tuple[str, ...]:
        """Names of the flags on levels that were up."""


def flag_hidden(flag: Flag, action: ActedOn | None, night: date) -> bool:
    """Whether what was done about the flag hides it on that night, by the rule at the top of this module.

    Seen from a night before the one acted on nothing is hidden: it had not been done.

    Args:
        flag: as it is on that night.
        action: the last snooze, done or reopen of the person; None where there is none.
        night: label of the last night.
    """
    if action is None or flag.since is None or night < action.night or got_worse(flag, action):
        return False
    if action.action == "done":
        return flag.since <= action.night
    return action.action == "snooze" and action.until is not None and night <= action.until


def flag_state(flag: Flag, action: ActedOn | None, night: date) -> State:
    """What has become of a person's flag on that night.

    | state | meaning |
    |---|---|
    | none | there is no flag |
    | open | it is shown, and nobody has put it aside |
    | snoozed, done | it is hidden, by the rule at the top of this module |
    | worse | it is shown again because it got worse than it was when it was put aside |
    | over | it is shown again because its snooze is over |

    A flag that began after the one that was put aside had gone is a new one, and open.

    Args:
        flag: as it is on that night.
        action: the last snooze, done or reopen of the person; None where there is none.
        night: label of the last night.
    """
    if flag.since is None:
        return "none"
    if action is None or action.action == "reopen" or night < action.night:
        return "open"
    if flag_hidden(flag, action, night):
        return "done" if action.action == "done" else "snoozed"
    until = action.night if action.until is None else action.until
    if flag.since > until:
        return "open"
    if action.action == "snooze" and night > until:
        return "over"
    return "worse" if got_worse(flag, action) else "open"


def got_worse(flag: Flag, action: ActedOn) -> bool:
    """Whether the flag is worse than it was when acted on, by the rule at the top of this module."""
    if flag.red > action.red or not set(flag.levels) <= set(action.levels):
        return True
    if flag.max_abs_z is None or action.max_abs_z is None:
        return False
    return flag.max_abs_z - action.max_abs_z >= WORSE_BY_Z - _ROUNDING
