"""Which sessions and nights may be used, how good they are, and every reason in words.

Nothing that was received is dropped: what is left out carries a code, and the code has a sentence. Only the codes
that exclude keep a night out of aggregates; the others are said beside it. An archive that a later release wrote may
hold codes that are not known here: whether a row counts is then told by its `valid` alone, and the words say so.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.ragged import Ragged
from analytics.rules import DEFAULT_RULES, ValidNight
from analytics.sessions import NO_INSTANT, SessionColumns
from analytics.stages import REM, UNKNOWN
from analytics.vendor_statistics import has_statistics

__all__ = [
    "DEFAULT_RULES",
    "PROVISIONAL",
    "REASONS",
    "Flags",
    "Floats",
    "ValidNight",
    "first_exclusion",
    "gap_inside_sleep_min",
    "grades",
    "in_a_phrase",
    "reason_codes",
    "sentences",
    "unusable_sessions",
    "why_left_out",
]

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

REASONS: Final[dict[str, tuple[str, bool]]] = {
    # Sessions that cannot be a sleep.
    "UNREADABLE": ("The vendor's answer for this session could not be read.", True),
    "IN_PROGRESS": ("The session is still being recorded or analysed.", True),
    "NO_START": ("The session has no start.", True),
    "IN_FUTURE": ("The session starts after the moment it was received.", True),
    "NO_END": ("The session has no end although its analysis is complete.", True),
    "END_BEFORE_START": ("The session ends before it starts.", True),
    "TOO_SHORT": ("The recording was too short for the vendor's analysis.", True),
    "TOO_LONG": ("The recording ran for too long for the vendor's analysis.", True),
    "TOO_MANY_DEFECTS": ("The vendor found too many defects in the sleep stages.", True),
    "STAGES_AWAITED": (
        "The stages of the session have not arrived yet, and nothing can be said without.",
        True,
    ),
    "NO_STAGES": ("The session has no sleep stages.", True),
    "STAGE_CODE": ("The sleep stages hold a code that is not a stage.", True),
    "NEVER_SLEPT": ("No sleep was found in the recording.", True),
    "DUPLICATE": ("Another session covers the same time and is better or as good.", True),
    # Sleeps that are shown and not counted.
    "TIME_IN_BED_SHORT": ("The recording is too short to stand for a night.", True),
    "TIME_IN_BED_LONG": ("The recording is too long to be one night.", True),
    "MOSTLY_MISSING": ("Too much of the recording is missing.", True),
    "LONG_GAP": ("The signal was lost for too long in the middle of the sleep.", True),
    # What a reader should know of a sleep that counts.
    "PARTLY_MISSING": ("A part of the recording is missing; efficiency is of the time that is known.", False),
    "STAGES_UNREADABLE": (
        "The vendor's answer with the stages could not be read; the statistics are the vendor's.",
        False,
    ),
    "BROKE_OFF": ("The recording broke off unexpectedly.", False),
    "PARTIAL_OVERLAP": ("Two sessions overlap; the time they share is counted once.", False),
    "EPOCH_MISMATCH": ("The number of stages does not fit the length of the session.", False),
    "EPOCH_LENGTH": ("The stages would fit the session only with epochs of another length than 30 s.", False),
    "STAGE_SHARE": ("REM or deep sleep makes an implausibly large share of the sleep.", False),
    "DIFFERS_FROM_VENDOR": ("The vendor's own statistics differ from those of its stages.", False),
    "VENDOR_SLEEP_OVER_BED": ("The vendor's time asleep is longer than its time in bed.", False),
    "VENDOR_NEGATIVE_LATENCY": ("A latency of the vendor is negative.", False),
    "VENDOR_STAGE_SUM": ("The vendor's light, deep and REM sleep do not add up to its time asleep.", False),
    "VENDOR_EFFICIENCY": ("The vendor's efficiency is above 100 %.", False),
    "ZONE_INVALID": ("The session names a time zone that does not exist; the person's own is used.", False),
    "ZONE_UNKNOWN": ("The time zone is not known; clock times are in UTC.", False),
    "CLOCK_CHANGE": ("The clocks changed during this sleep.", False),
    "CLOCK_CHANGE_BEFORE": ("The clocks changed between this sleep and the one before.", False),
    "TRAVEL": (
        "The time zone changed by 2 h or more since the sleep before; left out of consistency.",
        False,
    ),
    "AFTER_TRAVEL": (
        "The time zone changed by 2 h or more in the days before; left out of consistency.",
        False,
    ),
    # What stands for codes of a later release; no night is given them.
    "REASON_NOT_KNOWN": ("Left out for a reason that this version does not know.", True),
    "REMARK_NOT_KNOWN": ("There is a remark that this version does not know.", False),
}
"""Code of a reason -> (a sentence for people, whether it keeps the sleep out of aggregates)."""

PROVISIONAL: Final = "provisional"
"""The grade of a sleep that counts and of which only the vendor's statistics have arrived."""

_LABELS: Final = {
    "IN_PROGRESS": "IN_PROGRESS",
    "TOO_SHORT_FOR_ANALYSIS": "TOO_SHORT",
    "TOO_LONG_FOR_ANALYSIS": "TOO_LONG",
    "TOO_MANY_DEFECTS_IN_SLEEP_STAGES": "TOO_MANY_DEFECTS",
    "NEVER_SLEPT": "NEVER_SLEPT",
}


def grades(missing_share: ArrayLike, rules: ValidNight = DEFAULT_RULES) -> NDArray[np.str_]:
    """The grade by lost signal alone: "A" up to 5 %, "B" up to 20 %, else "X"; edges belong to the better one."""
    share = np.asarray(missing_share, dtype=np.float64)
    worse = np.where(share <= rules.most_missing_share_b, "B", "X")
    return np.where(share <= rules.most_missing_share_a, "A", worse)


def unusable_sessions(columns: SessionColumns, stages: Ragged) -> dict[str, Flags]:
    """Per code of a reason, which sessions cannot be a sleep; whether they slept is judged by their statistics.

    Args:
        columns: of the sessions, as `SessionSet.columns`.
        stages: their stages.
    """
    start, end, received = (columns[name] for name in ("start", "end", "received"))
    begun, ended = start != NO_INSTANT, end != NO_INSTANT
    complete, summarised = columns["state"] == "COMPLETE", columns["basis"] == "vendor"
    # The vendor's statistics of a session stand in when its stages cannot be read.
    unread = (columns["problem"] != "") & ~summarised
    found = {
        "UNREADABLE": unread,
        "IN_PROGRESS": ~complete & ~unread,
        "NO_START": ~begun & ~unread,
        "IN_FUTURE": begun & (received != NO_INSTANT) & (start > received),
        "NO_END": ~ended & complete & ~unread,
        "END_BEFORE_START": begun & ended & (end <= start),
        "STAGE_CODE": _with_other_codes(stages),
    }
    for code, labelled in _labelled(columns["peculiarities"].tolist()).items():
        found[code] = found[code] | labelled if code in found else labelled
    told = np.any(list(found.values()), axis=0)
    found["STAGES_AWAITED"] = summarised & ~told
    if found["STAGES_AWAITED"].any():
        found["STAGES_AWAITED"] &= ~has_statistics(columns)
    found["NO_STAGES"] = (stages.lengths == 0) & ~told & ~summarised
    return found


def _labelled(peculiarities: list[str]) -> dict[str, Flags]:
    """Per code of a reason, which sessions have the vendor's label for it."""
    # Many sessions share a few combinations of labels: each is read once.
    labels = {text: text.split(";") for text in set(peculiarities)}
    saying = {code: {text for text in labels if label in labels[text]} for label, code in _LABELS.items()}
    return {
        code: np.array([text in texts for text in peculiarities], dtype=np.bool_)
        for code, texts in saying.items()
    }


def gap_inside_sleep_min(stages: NDArray[np.int8], epoch_min: float = 0.5) -> float:
    """The longest run of unknown epochs between the first and the last epoch of sleep, in minutes; 0 for none."""
    asleep = np.flatnonzero(stages > 0)
    if not len(asleep):
        return 0.0
    unknown = stages[asleep[0] : asleep[-1] + 1] == UNKNOWN
    edges = np.flatnonzero(np.diff(np.concatenate([[False], unknown, [False]])))
    lengths = edges[1::2] - edges[::2]
    return float(lengths.max(initial=0)) * epoch_min


def reason_codes(flags: dict[str, Flags]) -> list[str]:
    """Per row the codes that hold, in the order of `REASONS`, joined by ";"."""
    codes = [code for code in REASONS if code in flags]
    held = np.array([flags[code] for code in codes])
    reasons = [""] * held.shape[1]
    for row, code in zip(*(each.tolist() for each in np.nonzero(held.T)), strict=True):
        reasons[row] = f"{reasons[row]};{codes[code]}" if reasons[row] else codes[code]
    return reasons


def sentences(reasons: str, *, valid: bool) -> tuple[str, ...]:
    """The sentences of codes joined by ";", none twice; nothing for "" of a sleep that counts.

    Args:
        reasons: codes of `REASONS`, or of a later release.
        valid: whether the sleep counts; one that does not has a reason, which is said to be unknown where no code is
            known to exclude.
    """
    codes = [code for code in reasons.split(";") if code]
    if first_exclusion(reasons, valid=valid) == "REASON_NOT_KNOWN":
        codes = ["REASON_NOT_KNOWN", *(code for code in codes if code in REASONS)]
    known = (code if code in REASONS else "REMARK_NOT_KNOWN" for code in codes)
    return tuple(dict.fromkeys(REASONS[code][0] for code in known))


def why_left_out(reasons: str) -> tuple[str, ...]:
    """The sentences of those codes that keep a sleep out, without the remarks; one at least."""
    return sentences(";".join(_excluding(reasons)), valid=False)


def first_exclusion(reasons: str, *, valid: bool) -> str:
    """The code of `REASONS` that keeps a sleep out, the first among those joined by ";"; "" for one that counts.

    "REASON_NOT_KNOWN" where none of the codes is known to exclude and the sleep is left out all the same.
    """
    return "" if valid else next(iter(_excluding(reasons)), "REASON_NOT_KNOWN")


def in_a_phrase(sentence: str) -> str:
    """A sentence as the end of another one: its first letter small, without the full stop."""
    return sentence[:1].lower() + sentence[1:].removesuffix(".")


def _excluding(reasons: str) -> list[str]:
    return [code for code in reasons.split(";") if code in REASONS and REASONS[code][1]]


def _with_other_codes(stages: Ragged) -> Flags:
    other = np.zeros(len(stages), dtype=np.bool_)
    if stages.values.size and (stages.values.min() < UNKNOWN or stages.values.max() > REM):
        at = np.flatnonzero((stages.values < UNKNOWN) | (stages.values > REM))
        other[np.searchsorted(stages.offsets, at, side="right") - 1] = True
    return other
