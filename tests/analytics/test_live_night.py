"""A night under way, counted by hand."""

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from analytics.live_night import PROVISIONAL, NightSoFar, StageBlock, later, night_so_far

START = datetime(2026, 3, 10, 23, 0, tzinfo=ZoneInfo("Europe/Berlin"))
AT = START + timedelta(minutes=40)


def block(seq: int, *values: int) -> StageBlock:
    return StageBlock(seq=seq, stages=bytes(value % 256 for value in values))


def seen(*blocks: StageBlock, at: datetime = AT) -> NightSoFar:
    return night_so_far(START, blocks, at=at)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_a_block_ends_at_ten_times_the_number_after_its_own() -> None:
    found = seen(block(1, *[2] * 10))
    assert found.epochs.tolist() == [-1] * 10 + [2] * 10
    assert found.gaps == ((0, 10),)


def test_a_long_block_reaches_back_over_the_short_ones() -> None:
    assert seen(block(3, *[1] * 40)).epochs.tolist() == [1] * 40


def test_where_two_overlap_the_later_inference_holds() -> None:
    early, late = block(1, *[0] * 20), block(2, *[3] * 20)
    for order in ((early, late), (late, early)):
        assert seen(*order).epochs.tolist() == [0] * 10 + [3] * 20


def test_of_one_inference_the_longer_block_holds() -> None:
    short, long = block(1, *[0] * 10), block(1, *[3] * 20)
    for order in ((short, long), (long, short)):
        assert seen(*order).epochs.tolist() == [3] * 20


@pytest.mark.parametrize(
    "wrong",
    [
        block(12, *[1] * 5),
        block(0, *[1] * 20),
        block(0),
        block(-1, *[1] * 10),
        block(10**9, *[1] * 10),
        block(0, *[7] * 10),
        block(11, *[1] * 10),
    ],
    ids=["length", "before the night", "empty", "negative", "in years", "no stage", "in the future"],
)
def test_what_cannot_be_trusted_is_left_out_and_said(wrong: StageBlock) -> None:
    found = seen(block(0, *[1] * 10), wrong)
    assert found.epochs.tolist() == [1] * 10
    assert found.untrustworthy == 1
    assert "1 block left out" in plain(found.gap_words)


def test_before_the_first_block_nothing_is_claimed() -> None:
    found = seen()
    assert found.stages == b""
    assert math.isnan(found.known_share)
    assert not found.asleep
    assert found.now_words == "No stages yet"
    assert found.gap_words == ""


def test_the_words_say_what_has_arrived_and_until_when() -> None:
    found = seen(block(0, *[0] * 10), block(2, *[1] * 4, *[2] * 4, *[3] * 2))
    assert plain(found.words) == "Asleep 5 min so far: deep 2 min, REM 1 min, light 2 min; awake 5 min"
    assert plain(found.now_words) == "In REM sleep at 23:15"
    assert plain(found.gap_words) == "5 min not known, in 1 gap (33 %)"
    assert found.known_share == pytest.approx(20 / 30)
    assert found.asleep


def test_who_has_not_slept_is_not_said_to_have_slept_for_no_time() -> None:
    awake = seen(block(0, *[0] * 10))
    assert plain(awake.words) == "Not asleep yet, awake 5 min"
    assert plain(awake.words_until) == "Not asleep until 23:05, awake 5 min"
    assert plain(seen(block(0, *[-1] * 10)).words) == "No signal so far"


def test_of_a_night_that_is_not_heard_of_the_words_say_until_when() -> None:
    found = seen(block(0, *[0] * 10), block(1, *[2] * 10))
    assert plain(found.words_until) == "Asleep 5 min until 23:10: deep 5 min; awake 5 min"
    assert seen().words_until == "No stages have come"


def test_time_goes_on_by_the_clock_and_never_ends_before_what_has_arrived() -> None:
    assert seen().elapsed_min == 40
    assert seen(block(10, *[1] * 110)).elapsed_min == 55
    behind = START.astimezone(UTC) - timedelta(minutes=5)
    assert seen(block(0, *[1] * 10), at=behind).elapsed_min == 5


def test_two_clocks_may_differ_by_a_quarter_of_an_hour_and_no_more() -> None:
    ends_55_min = block(10, *[1] * 110)
    just, before = (seen(ends_55_min, at=START + timedelta(minutes=at)) for at in (40, 39.9))
    assert (len(just.stages), just.untrustworthy) == (110, 0)
    assert (len(before.stages), before.untrustworthy) == (0, 1)


def test_on_a_clock_change_night_the_clock_is_that_of_the_place() -> None:
    start = datetime(2026, 3, 29, 1, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    found = night_so_far(start, [block(5, *[1] * 60)], at=start + timedelta(hours=1))
    assert plain(found.now_words) == "In light sleep at 03:00"


def test_no_word_is_a_judgement() -> None:
    found = seen(block(0, *[0] * 10))
    said = " ".join((found.words, found.now_words, found.gap_words)).lower()
    assert not [word for word in ("score", "good", "poor", "quality") if word in said]
    assert "only then is it counted and scored" in PROVISIONAL


def test_a_while_later_the_same_blocks_say_the_same_unless_one_of_them_lay_ahead() -> None:
    on, ahead = block(1, *[2] * 20), block(11, *[1] * 10)
    after = AT + timedelta(minutes=10)
    assert later(seen(on), after) == seen(on, at=after)
    assert later(seen(on), AT - timedelta(minutes=30)) is None
    assert later(seen(on, ahead), after) is None
    assert seen(on, ahead, at=after).untrustworthy == 0
