"""The cycles of one sleep in minutes since it began, ready to be drawn and said."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analytics.cycles import night_cycles
from analytics.night_drawing import EPOCH_MIN, Floats, Piece, Stages
from analytics.stages import UNKNOWN
from analytics.wording import spelled


@dataclass(frozen=True, kw_only=True)
class Cycle:
    """One cycle.

    Attributes:
        number: from 1.
        start_min: when its NREM period begins, since the sleep began.
        end_min: when its REM period ends; its NREM period where there is none.
        complete: a REM period follows its NREM period.
    """

    number: int
    start_min: float
    end_min: float
    complete: bool

    @property
    def minutes(self) -> float:
        """How long it lasts, awakenings and gaps included."""
        return self.end_min - self.start_min


@dataclass(frozen=True, kw_only=True)
class SleepCycles:
    """The cycles of one sleep.

    Attributes:
        each: the cycles in order of time; only the last may be incomplete.
        complete: how many are complete.
        mean_min: their mean length; NaN without any.
        uncertain: more than 5 min without signal lie inside the sleep.
        words: how many are complete ("Four complete cycles"); "" where cycles are not looked for.
        notes: sentences on what to keep in mind; empty for a plain night.
    """

    each: tuple[Cycle, ...]
    complete: int
    mean_min: float
    uncertain: bool
    words: str
    notes: tuple[str, ...]


def sleep_cycles(pieces: tuple[Piece, ...]) -> SleepCycles:
    """The cycles of a sleep as `analytics.cycles` finds them, in minutes since the sleep began.

    The time between two pieces is time without signal and counts as unknown epochs, one begun as a whole one. So it
    neither begins nor ends a period, just as wake, and more than 5 min of it make the cycles uncertain. Its minutes
    belong to the cycle around it, as those of an awakening do.

    Args:
        pieces: the sessions of the sleep in order.
    """
    stages, edges_min = _timeline(pieces)
    found = night_cycles(stages)
    each = tuple(_cycles(found.periods, edges_min))
    return SleepCycles(
        each=each,
        complete=found.complete,
        mean_min=_mean([cycle.minutes for cycle in each if cycle.complete]),
        uncertain=found.uncertain,
        words=spelled(found.complete, "complete cycle"),
        notes=found.notes,
    )


def no_cycles() -> SleepCycles:
    """What a recording without a usable sleep has: no cycles, and no words about them."""
    return replace(sleep_cycles(()), words="")


def _cycles(periods: pd.DataFrame, edges_min: Floats) -> Iterator[Cycle]:
    nrem = np.flatnonzero(periods["kind"] == "nrem")
    complete = periods["complete"].to_numpy(dtype=np.bool_)[nrem]
    starts = periods["start_epoch"].to_numpy()[nrem]
    # A complete cycle ends where the REM period after its NREM period does.
    ends = periods["end_epoch"].to_numpy()[nrem + complete]
    for at, (start, end, whole) in enumerate(zip(starts, ends, complete, strict=True)):
        yield Cycle(
            number=at + 1,
            start_min=float(edges_min[start]),
            end_min=float(edges_min[end]),
            complete=bool(whole),
        )


def _mean(lengths: list[float]) -> float:
    return math.fsum(lengths) / len(lengths) if lengths else math.nan


def _timeline(pieces: tuple[Piece, ...]) -> tuple[Stages, Floats]:
    """The stages with the gaps between pieces as unknown epochs, and where each epoch begins and the last ends."""
    stages: list[Stages] = [np.empty(0, dtype=np.int8)]
    starts_min: list[Floats] = [np.empty(0)]
    reach = 0.0
    for begin, part in _parts(pieces):
        stages.append(part)
        starts_min.append(begin + EPOCH_MIN * np.arange(len(part)))
        reach = begin + EPOCH_MIN * len(part)
    return np.concatenate(stages), np.append(np.concatenate(starts_min), reach)


def _parts(pieces: tuple[Piece, ...]) -> Iterator[tuple[float, Stages]]:
    """The stages of each piece and of each gap before it, with the minute where they begin."""
    recorded = [piece for piece in pieces if len(piece.stages)]
    for at, piece in enumerate(recorded):
        if at:
            before = recorded[at - 1]
            reach = before.start_min + EPOCH_MIN * len(before.stages)
            # Rounded first: minutes come from microseconds, and a gap of whole epochs must stay one.
            epochs = math.ceil(round((piece.start_min - reach) / EPOCH_MIN, 6))
            yield reach, np.full(max(epochs, 0), UNKNOWN, dtype=np.int8)
        yield piece.start_min, piece.stages
