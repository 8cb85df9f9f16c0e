"""A night under way is the same for every order of its blocks, and never says more than has arrived."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from analytics.live_night import AHEAD_S, LONGEST_EPOCHS, StageBlock, night_so_far
from asleep.webhooks import block_epochs

START = datetime(2026, 3, 10, 22, 0, tzinfo=UTC)
AT = START + timedelta(hours=2)

stages = st.lists(st.integers(-1, 3), min_size=0, max_size=80).map(
    lambda values: bytes(value % 256 for value in values)
)
whole = (
    st.integers(1, 8)
    .flatmap(lambda tens: st.lists(st.integers(-1, 3), min_size=10 * tens, max_size=10 * tens))
    .map(lambda values: bytes(value % 256 for value in values))
)
blocks = st.builds(
    StageBlock, seq=st.integers(-3, 40), stages=st.one_of(stages, whole, st.binary(max_size=20))
)


@given(told=st.lists(blocks, max_size=5))
def test_every_order_of_the_blocks_makes_the_same_night(told: list[StageBlock]) -> None:
    assert len({night_so_far(START, order, at=AT) for order in permutations(told)}) == 1


@given(told=st.lists(blocks, max_size=8))
def test_what_arrives_twice_changes_nothing_but_the_count_of_what_is_left_out(told: list[StageBlock]) -> None:
    assert night_so_far(START, [*told, *told], at=AT).stages == night_so_far(START, told, at=AT).stages


@given(told=st.lists(blocks, max_size=8))
def test_an_epoch_is_known_only_where_a_block_says_so(told: list[StageBlock]) -> None:
    seen = night_so_far(START, told, at=AT)
    for epoch, stage in enumerate(seen.epochs.tolist()):
        said = {
            int.from_bytes(block.stages[at : at + 1], signed=True)
            for block in told
            if 0 <= (at := epoch - 10 * (block.seq + 1) + len(block.stages)) < len(block.stages)
        }
        assert stage == -1 or stage in said


@given(told=st.lists(blocks, max_size=8))
def test_gaps_and_known_stretches_add_up_to_the_night(told: list[StageBlock]) -> None:
    seen = night_so_far(START, told, at=AT)
    missing = sum(end - first for first, end in seen.gaps)
    assert missing + sum(1 for stage in seen.epochs if stage != -1) == len(seen.stages)
    assert seen.elapsed_min >= max(120, len(seen.stages) / 2) - 1e-9


@given(seq=st.integers(), length=st.integers(0, 100))
def test_nothing_takes_more_room_than_two_days(seq: int, length: int) -> None:
    seen = night_so_far(START, [StageBlock(seq=seq, stages=bytes(length))], at=AT)
    assert len(seen.stages) <= LONGEST_EPOCHS


@given(told=st.lists(blocks, max_size=8), passed_min=st.integers(-60, 300))
def test_nothing_is_believed_that_is_ahead_of_the_clock(told: list[StageBlock], passed_min: int) -> None:
    seen = night_so_far(START, told, at=START + timedelta(minutes=passed_min))
    assert len(seen.stages) * 30 <= max(0, 60 * passed_min + AHEAD_S)


@given(seq=st.integers(-3, 90), length=st.integers(0, 120))
def test_a_block_lies_where_the_contract_of_webhooks_says(seq: int, length: int) -> None:
    """Analytics knows nothing of the vendor's interface, so the rule is written twice; here they are held together."""
    seen = night_so_far(START, [StageBlock(seq=seq, stages=bytes(length))], at=START + timedelta(days=2))
    known = [epoch for epoch, stage in enumerate(seen.epochs.tolist()) if stage == 0]
    assert known == list(block_epochs(seq, length) or ())
