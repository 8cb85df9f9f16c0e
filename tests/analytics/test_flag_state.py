"""When a flag that somebody has dealt with is shown again."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.flag_state import Flag, flag_hidden, flag_state, got_worse
from analytics.triage_days import LOOKED_BACK

NIGHT = date(2026, 3, 1)


@dataclass(frozen=True, kw_only=True)
class Acted:
    action: str
    until: date | None = None
    night: date = NIGHT
    red: int = 1
    max_abs_z: float | None = 3.1
    levels: tuple[str, ...] = ("short_sleep",)


DONE, REOPEN = Acted(action="done"), Acted(action="reopen")
SNOOZED = Acted(action="snooze", until=NIGHT + timedelta(days=7))
FLAG = Flag(since=NIGHT - timedelta(days=2), red=1, amber=1, max_abs_z=3.1, levels=("short_sleep",))


def days(count: int) -> date:
    return NIGHT + timedelta(days=count)


@pytest.mark.parametrize("action", [None, REOPEN])
def test_a_flag_that_nobody_has_dealt_with_or_that_was_opened_again_is_shown(action: Acted | None) -> None:
    assert not flag_hidden(FLAG, action, NIGHT)


@pytest.mark.parametrize(
    ("since", "night", "hidden"),
    [
        (-2, 0, True),  # on the night itself
        (-2, 9, True),  # it goes on
        (0, 9, True),  # it began on the night acted on
        (
            1,
            9,
            False,
        ),  # the day of the action was without attention by what is known now, or it is a new flag
        (5, 5, False),
    ],
)
def test_what_is_done_is_hidden_until_the_flag_has_gone(since: int, night: int, hidden: bool) -> None:
    assert flag_hidden(replace(FLAG, since=days(since)), DONE, days(night)) is hidden


@pytest.mark.parametrize(("night", "hidden"), [(0, True), (6, True), (7, True), (8, False)])
def test_a_snooze_hides_through_its_last_night(night: int, hidden: bool) -> None:
    assert flag_hidden(FLAG, SNOOZED, days(night)) is hidden
    assert flag_hidden(replace(FLAG, since=days(night)), SNOOZED, days(night)) is hidden


def test_a_flag_that_never_goes_is_shown_again_after_a_fortnight() -> None:
    shown = [
        night
        for night in range(30)
        # Triage sees no further back than this.
        if not flag_hidden(replace(FLAG, since=days(max(night - LOOKED_BACK, -2))), DONE, days(night))
    ]
    assert shown[0] == 14
    assert shown == list(range(14, 30))


@pytest.mark.parametrize("action", [DONE, SNOOZED])
@pytest.mark.parametrize(
    ("changes", "worse"),
    [
        ({}, False),
        ({"red": 2}, True),  # one more
        ({"red": 2, "amber": 0}, True),  # the amber one became red
        ({"red": 0, "amber": 2}, False),  # the red one became amber
        ({"amber": 4}, False),
        ({"levels": ("no_data", "short_sleep")}, True),
        ({"levels": ("no_data",)}, True),  # one went, another came
        ({"levels": ()}, False),
        ({"max_abs_z": 4.09}, False),
        ({"max_abs_z": 4.1}, True),  # 4.1 - 3.1 is 0.9999999999999996
        ({"max_abs_z": 2.0}, False),
        ({"max_abs_z": None}, False),
    ],
)
def test_what_gets_worse_is_shown_again(action: Acted, changes: dict[str, object], worse: bool) -> None:
    flag = replace(FLAG, **changes)  # type: ignore[arg-type]
    assert got_worse(flag, action) is worse
    assert flag_hidden(flag, action, NIGHT) is not worse


def test_a_size_that_was_not_known_is_no_measure_of_worse() -> None:
    assert flag_hidden(replace(FLAG, max_abs_z=9.0), replace(DONE, max_abs_z=None), NIGHT)


def test_nothing_is_hidden_where_nobody_needs_attention_or_before_it_was_done() -> None:
    assert not flag_hidden(replace(FLAG, since=None), DONE, NIGHT)
    assert not flag_hidden(FLAG, DONE, days(-1))
    assert not flag_hidden(FLAG, SNOOZED, days(-1))


levels = st.lists(st.sampled_from(["no_data", "short_sleep", "much_unknown"]), unique=True).map(tuple)
acts = st.builds(
    replace,
    st.sampled_from([DONE, SNOOZED]),
    red=st.integers(0, 5),
    max_abs_z=st.none() | st.floats(0, 20),
    levels=levels,
)


@given(acted=acts, since=st.integers(-13, 13), night=st.integers(-3, 20), more=st.integers(1, 3))
def test_a_flag_with_more_red_is_never_hidden_and_an_unchanged_one_only_by_its_days(
    acted: Acted, since: int, night: int, more: int
) -> None:
    flag = Flag(since=days(since), red=acted.red, amber=0, max_abs_z=acted.max_abs_z, levels=acted.levels)
    assert not flag_hidden(replace(flag, red=acted.red + more), acted, days(night))
    in_time = since <= 0 if acted.action == "done" else night <= 7
    assert flag_hidden(flag, acted, days(night)) is (night >= 0 and in_time)


@pytest.mark.parametrize(
    ("action", "since", "red", "night", "state"),
    [
        (None, -2, 1, 0, "open"),
        (REOPEN, -2, 1, 0, "open"),
        (DONE, None, 0, 0, "none"),
        (DONE, -2, 1, 0, "done"),
        (DONE, -2, 2, 0, "worse"),
        (DONE, 3, 2, 3, "open"),  # a new flag, however bad it is
        (SNOOZED, -2, 1, 7, "snoozed"),
        (SNOOZED, -2, 2, 3, "worse"),
        (SNOOZED, -2, 1, 8, "over"),
        (SNOOZED, 8, 1, 9, "open"),  # it began after the snooze
        (SNOOZED, -2, 2, -1, "open"),  # seen from before
    ],
)
def test_what_has_become_of_a_flag(
    action: Acted | None, since: int | None, red: int, night: int, state: str
) -> None:
    flag = replace(FLAG, since=None if since is None else days(since), red=red)
    assert flag_state(flag, action, days(night)) == state
