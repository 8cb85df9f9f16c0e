"""A night that is still under way: the stages so far from the blocks that have arrived, in whatever order.

A block is an inference of the vendor: a number in sequence and the stages of its last epochs. It ends at epoch
`10 * (seq + 1)` and begins as many epochs earlier as it has stages. Nothing here is a score or a statistic of a night:
those are made of the session as the vendor serves it once it is complete.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.stages import AWAKE, DEEP, EPOCH_S, LIGHT, REM, UNKNOWN, run_bounds
from analytics.wording import NBSP, clock_of, duration, percent, plural

EPOCHS_A_STEP: Final = 10
"""Every inference goes on by so many epochs, so a block whose length is no multiple of them cannot be placed."""
LONGEST_EPOCHS: Final = 2 * 24 * 120
"""Two days: what claims to lie later is untrustworthy, and must not take the memory of years."""
AHEAD_S: Final = 15 * 60
"""So far two clocks may differ; stages of a later moment nobody can have recorded yet."""
PROVISIONAL: Final = (
    "provisional: stages may change until a night is complete; only then is it counted and scored"
)

_NOW: Final = {
    AWAKE: "Awake",
    LIGHT: "In light sleep",
    DEEP: "In deep sleep",
    REM: "In REM sleep",
    UNKNOWN: "No signal",
}
# As bytes: a night is made of a hundred blocks, and of many people at once.
_UNKNOWN: Final = np.int8(UNKNOWN).tobytes()
_KNOWN: Final = np.array([UNKNOWN, AWAKE, LIGHT, DEEP, REM], dtype=np.int8).tobytes()
_PARTS: Final = (("deep", DEEP), ("REM", REM), ("light", LIGHT))


@dataclass(frozen=True, kw_only=True, slots=True)
class StageBlock:
    """Stages of one inference: its number in the sequence, and an int8 of each epoch as one byte."""

    seq: int
    stages: bytes


@dataclass(frozen=True, kw_only=True)
class NightSoFar:
    """What is known of a night under way.

    Attributes:
        start: when the recording began, in the zone of the place.
        at: the moment that it is looked at.
        stages: one int8 per epoch from the start to the end of the latest block, -1 where nothing is known.
        untrustworthy: how many blocks were left out because they have no place up to now or hold no stages.
    """

    start: datetime
    at: datetime
    stages: bytes
    untrustworthy: int = 0

    @property
    def epochs(self) -> NDArray[np.int8]:
        """`stages` as numbers; not to be written to."""
        return np.frombuffer(self.stages, dtype=np.int8)

    @property
    def known_until_min(self) -> float:
        """Minutes from the start to the end of the latest block."""
        return len(self.stages) * EPOCH_S / 60

    @property
    def elapsed_min(self) -> float:
        """Minutes since the start; never less than what has arrived, whatever two clocks say of each other."""
        passed_s = (self.at.astimezone(UTC) - self.start.astimezone(UTC)).total_seconds()
        return max(passed_s / 60, self.known_until_min)

    @property
    def known_share(self) -> float:
        """The share of the epochs up to the latest block that are known, 0 to 1; NaN before the first block."""
        return float(np.mean(self.epochs != UNKNOWN)) if self.stages else float("nan")

    @property
    def gaps(self) -> tuple[tuple[int, int], ...]:
        """First and end epoch (half-open) of each stretch before the latest block of which nothing is known."""
        found = run_bounds(self.epochs)
        unknown = found.stage == UNKNOWN
        return tuple(zip(found.start_epoch[unknown].tolist(), found.end_epoch[unknown].tolist(), strict=True))

    @property
    def latest(self) -> int | None:
        """The stage of the latest epoch that has arrived; None before the first block."""
        if not self.stages:
            return None
        return UNKNOWN if self.stages[-1:] == _UNKNOWN else self.stages[-1]

    @property
    def asleep(self) -> bool:
        """Whether the latest epoch that has arrived is one of sleep."""
        return self.latest in {LIGHT, DEEP, REM}

    def minutes(self, stage: int) -> float:
        """Minutes of one stage so far."""
        return float(np.count_nonzero(self.epochs == stage)) * EPOCH_S / 60

    @property
    def asleep_min(self) -> float:
        """Minutes of light, deep and REM sleep so far."""
        return self.minutes(LIGHT) + self.minutes(DEEP) + self.minutes(REM)

    @property
    def now_words(self) -> str:
        """What the latest epoch says, and of when it is: `In deep sleep at 02:14`."""
        if self.latest is None:
            return "No stages yet"
        return f"{_NOW[self.latest]} at {self.until}"

    @property
    def until(self) -> str:
        """The clock of the place at the end of the latest block; before the first one, at the start."""
        return clock_of(self.moment(len(self.stages)))

    @property
    def words(self) -> str:
        """What has arrived in one sentence without its full stop, with no judgement of it."""
        if not self.stages:
            return "The first stages come some minutes after the start"
        return self._told("so far", "Not asleep yet")

    @property
    def words_until(self) -> str:
        """The same of a night that nothing is heard of any more, which may go on or not."""
        if not self.stages:
            return "No stages have come"
        until = f"until{NBSP}{self.until}"
        return self._told(until, f"Not asleep {until}")

    def _told(self, up_to: str, sleepless: str) -> str:
        awake = f"awake{NBSP}{duration(self.minutes(AWAKE))}"
        if not self.asleep_min:
            return f"{sleepless}, {awake}" if self.minutes(AWAKE) else f"No signal {up_to}"
        parts = [
            f"{name}{NBSP}{duration(self.minutes(stage))}" for name, stage in _PARTS if self.minutes(stage)
        ]
        return f"Asleep {duration(self.asleep_min)} {up_to}: {', '.join(parts)}; {awake}"

    @property
    def gap_words(self) -> str:
        """How much is not known before the latest block, and what was left out; "" when nothing is missing."""
        said = []
        if gaps := self.gaps:
            missing_min = self.minutes(UNKNOWN)
            share = percent(100 * missing_min / self.known_until_min)
            said.append(f"{duration(missing_min)} not known, in {plural(len(gaps), 'gap')} ({share})")
        if self.untrustworthy:
            said.append(
                f"{plural(self.untrustworthy, 'block')} left out because its place in the night cannot be right"
            )
        return "; ".join(said)

    def moment(self, epoch: int) -> datetime:
        """When an epoch begins, by the clock of the place."""
        seconds = epoch * EPOCH_S
        return datetime.fromtimestamp(self.start.timestamp() + seconds, tz=self.start.tzinfo)


def night_so_far(start: datetime, blocks: Iterable[StageBlock], *, at: datetime) -> NightSoFar:
    """The night up to its latest block; the same for every order in which the blocks have arrived.

    Where blocks overlap the later inference holds, because it has heard more; of one inference the longer block. A
    block that cannot be placed (its length is no multiple of 10 epochs, it begins before the night, it is empty or ends
    after two days), that ends more than 15 minutes after `at`, or that holds what is no stage, is left out and counted.

    Args:
        start: aware, in the zone of the place.
        blocks: as they were received.
        at: the moment that the night is looked at.
    """
    told = list(blocks)
    passed_s = (at.astimezone(UTC) - start.astimezone(UTC)).total_seconds()
    latest = min(LONGEST_EPOCHS, (passed_s + AHEAD_S) / EPOCH_S)
    placed = sorted(
        (block for block in told if _trustworthy(block, latest)),
        key=lambda block: (block.seq, len(block.stages), block.stages),
    )
    stages = bytearray(_UNKNOWN * max((_end(block) for block in placed), default=0))
    for block in placed:
        end = _end(block)
        stages[end - len(block.stages) : end] = block.stages
    return NightSoFar(start=start, at=at, stages=bytes(stages), untrustworthy=len(told) - len(placed))


def later(night: NightSoFar, at: datetime) -> NightSoFar | None:
    """The same blocks at a later moment, without them; None where their places may be others than they were.

    Blocks that were left out because they lay ahead have their place by now; an earlier moment has fewer of them.
    """
    return None if night.untrustworthy or at < night.at else replace(night, at=at)


def _end(block: StageBlock) -> int:
    return EPOCHS_A_STEP * (block.seq + 1)


def _trustworthy(block: StageBlock, latest: float) -> bool:
    length, end = len(block.stages), _end(block)
    if not length or length % EPOCHS_A_STEP or length > end or end > latest:
        return False
    return not block.stages.translate(None, _KNOWN)
