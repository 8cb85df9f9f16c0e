"""What the completeness of a cohort's nights says in words: findings, computed, and phrases for reasons."""

from collections.abc import Mapping
from typing import Final

from analytics import wording
from analytics.quality import Quality
from analytics.quality_states import REASON_SENTENCES, UNRECORDED

__all__ = ["SHORT_REASONS", "edges_told", "flow_title", "grid_title", "listed_title", "title"]

SHORT_REASONS: Final[Mapping[str, str]] = {
    "NOT_SYNCED": "not synced",
    "NO_RECORDING": "no recording",
    "UNREADABLE": "an unreadable answer",
    "IN_PROGRESS": "an unfinished session",
    "NO_START": "a missing start",
    "IN_FUTURE": "a start in the future",
    "NO_END": "a missing end",
    "END_BEFORE_START": "an end before the start",
    "TOO_SHORT": "too short a recording",
    "TOO_LONG": "too long a recording",
    "TOO_MANY_DEFECTS": "defects in the stages",
    "STAGES_AWAITED": "awaited stages",
    "NO_STAGES": "missing stages",
    "STAGE_CODE": "unknown stage codes",
    "NEVER_SLEPT": "no sleep found",
    "DUPLICATE": "being recorded twice",
    "TIME_IN_BED_SHORT": "too little time in bed",
    "TIME_IN_BED_LONG": "too much time in bed",
    "MOSTLY_MISSING": "lost signal",
    "LONG_GAP": "a long gap in the signal",
    "REASON_NOT_KNOWN": "an unknown reason",
    "SUPERSEDED": "a later version",
    "NAP": "naps",
    "TRAVEL": "a change of time zone",
    "AFTER_TRAVEL": "a change of time zone before",
    "NO_VALUE": "a missing value",
    "TOO_FEW_NIGHTS": "too few nights of a person",
}
"""Code of a reason -> what follows "left out for"."""


def title(found: Quality) -> str:
    """How many recorded nights are not analysed, and what for."""
    if not len(found.people):
        return f"{found.name}: nobody is in this cohort"
    if not found.recorded:
        return f"{found.name}: nothing was recorded in this period"
    left = len(found.left_out)
    if not left:
        return (
            "The one night recorded is analysed"
            if found.recorded == 1
            else f"All {wording.number(found.recorded, 0)} nights recorded are analysed"
        )
    verb, counted = ("was" if left == 1 else "were"), wording.of(left, found.recorded)
    noun = "night" if found.recorded == 1 else "nights"
    return f"{counted} {noun} {verb} left out, {_mostly_for(found, left)}"


def _mostly_for(found: Quality, left: int) -> str:
    of_reason = {code: nights for code, nights in found.nights_by_reason.items() if code not in UNRECORDED}
    code, most = max(of_reason.items(), key=lambda each: each[1])
    how = (
        ("for" if left == 1 else "all for")
        if most == left
        else "most for"
        if 2 * most > left
        else "most often for"
    )
    return f"{how} {SHORT_REASONS[code]}"


def flow_title(found: Quality) -> str:
    """How many of the expected nights came how far."""
    if not found.expected:
        return "There is nobody whose nights could be expected"
    share = wording.percent(100 * found.recorded / found.expected)
    recorded = f"{wording.of(found.recorded, found.expected)} expected nights were recorded ({share})"
    rest = [f"{wording.number(found.valid, 0)} are valid", f"{wording.number(found.in_analysis, 0)} analysed"]
    return f"{recorded}; {', '.join(rest)}"


def edges_told(found: Quality) -> str:
    """How many nights without a recording lie before anybody began or after they ended; "" where none does."""
    before, after = (int(found.people[name].sum()) for name in ("before_first_nights", "after_last_nights"))
    if not before and not after:
        return ""
    without = found.expected - found.recorded
    verb, count = ("lies" if (before or after) == 1 else "lie"), wording.number
    ends = f"{count(before or after, 0)} of them {verb}"
    if before and after:
        ends += f" before a person’s first recording, {count(after, 0)} after their last"
    else:
        ends += f" {'before a person’s first' if before else 'after a person’s last'} recording"
    has = "has" if without == 1 else "have"
    return (
        f"{wording.plural(without, 'expected night')} {has} no recording: {ends}. "
        "Every calendar day counts as expected all the same."
    )


def listed_title(found: Quality, code: str) -> str:
    """What the list of nights of a reason shows; without a code of all recorded nights that are not analysed."""
    if code:
        nights = wording.plural(found.nights_by_reason[code], "night")
        return f"{nights}: {REASON_SENTENCES[code]}".removesuffix(".")
    if not len(found.left_out):
        return "No recorded night is left out"
    return f"{wording.plural(len(found.left_out), 'recorded night')} left out"


def grid_title(found: Quality) -> str:
    """How many people are how complete."""
    people = len(found.people)
    if not people:
        return "There is nobody in this cohort"
    valid, days = found.people["valid_nights"], found.days
    whole, none = int((valid == days).sum()), int((valid == 0).sum())
    least = found.people["valid_nights"].iloc[0]
    if whole == people:
        return "Everybody has a valid night on every date"
    complete = f"{wording.of(whole, people)} people have a valid night on every date"
    if none:
        return f"{complete}, {wording.number(none, 0)} on none"
    return f"{complete}; the least complete has {wording.of(int(least), days)}"
