"""Whoever takes longer than the limit is cut short; nobody else notices that there is one."""

import asyncio

import pytest

from service.patience import Patience
from tests.loops import run


async def waiting(patience: Patience, seconds: float) -> str:
    task = patience.begin()
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        if not patience.was_cut(task):
            raise
        return "cut"
    else:
        return "in time"
    finally:
        patience.end(task)


def test_the_slow_are_cut_and_the_quick_are_not() -> None:
    async def all_of_them() -> list[str]:
        patience = Patience(0.3)
        return await asyncio.gather(*(waiting(patience, seconds) for seconds in (0.0, 5.0, 0.1, 5.0)))

    assert run(all_of_them()) == ["in time", "cut", "in time", "cut"]


def test_who_was_cut_goes_on_as_if_nobody_had_cancelled() -> None:
    async def twice() -> tuple[str, int, str]:
        patience = Patience(0.1)
        first = await waiting(patience, 5.0)
        task = asyncio.current_task()
        assert task is not None
        return first, task.cancelling(), await waiting(patience, 0.0)

    assert run(twice()) == ("cut", 0, "in time")


def test_a_cancellation_from_elsewhere_is_one() -> None:
    async def cancelled() -> None:
        task = asyncio.create_task(waiting(Patience(5.0), 5.0))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(cancelled())
