"""Sleep cycles: NREM periods and the REM periods that follow them.

The criteria are those of Feinberg and Floyd (1979, doi 10.1111/j.1469-8986.1979.tb02991.x) in the form in which Blume
and Cajochen made them computable (2021, doi 10.1016/j.mex.2021.101318); SPEC section 1, "Cycles". The vendor counts
its cycles by another rule: its number stands beside ours and is never mixed with it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analytics.ragged import Values, as_int8
from analytics.wording import minutes

Counts = NDArray[np.int64]

EPOCH_MIN: Final = 0.5
NREM_AT_LEAST_MIN: Final = 15.0
REM_AT_LEAST_MIN: Final = 5.0
SKIPPED_REM_OVER_MIN: Final = 120.0
WITHOUT_DEEP_MIN: Final = 12.0
UNCERTAIN_GAP_OVER_MIN: Final = 5.0

_NREM_EPOCHS = round(NREM_AT_LEAST_MIN / EPOCH_MIN)
_REM_EPOCHS = round(REM_AT_LEAST_MIN / EPOCH_MIN)
_LIGHT, _DEEP, _REM = 1, 2, 3


@dataclass(frozen=True, kw_only=True, eq=False)
class NightCycles:
    """The cycles of a night with what a reader should know of them.

    Attributes:
        periods: rows of `find_cycles`.
        complete: cycles with NREM and REM.
        incomplete: 1 where the night ends in an NREM period without REM, else 0.
        mean_min: mean length of the complete cycles in minutes; NaN without any.
        skipped_rem: positions (in `periods`) of NREM periods over 120 min without their wake: a REM period, mostly the
            first of the night, may have been skipped. Nothing is split.
        split_epochs: for each of these where it would be split, the first deep epoch after at least 12 min without
            deep sleep; -1 where there is none.
        uncertain: signal was lost for more than 5 min at a stretch inside the sleep period.
        notes: sentences for people; empty for a plain night.
    """

    periods: pd.DataFrame
    complete: int
    incomplete: int
    mean_min: float
    skipped_rem: tuple[int, ...]
    split_epochs: tuple[int, ...]
    uncertain: bool
    notes: tuple[str, ...]


def find_cycles(stages: ArrayLike) -> pd.DataFrame:
    """The periods of a night in order: `start_epoch`, `end_epoch` (half-open), `kind`, `complete`.

    `kind` is "nrem" or "rem"; cycle k is the k-th NREM period with the REM period in the row after it, and both are
    `complete`. A last NREM period without REM is not, nor is REM before the first NREM period. A night without either
    has no rows. Epochs are 30 s.

    An NREM period begins with light or deep sleep where at least 15 min without REM follow (wake and unknown are
    neutral). A REM period begins with the first REM epoch of the night, however short, and then wherever 5 min of REM
    follow. A period lasts until the next begins; the last REM period ends with its last REM epoch, a last NREM period
    with the last epoch of sleep, and is none when it is shorter than 15 min.

    Args:
        stages: -1 unknown, 0 awake, 1 light, 2 deep, 3 REM.

    Raises:
        ValueError: a stage outside -1 to 3.

    Example:
        20 min of light sleep, 5 of REM and 20 of light sleep are one complete cycle of 50 epochs and an incomplete one.
    """
    starts, ends, rem = _periods(_checked(stages))
    complete = np.zeros(len(starts), dtype=np.bool_)
    complete[:-1] = ~rem[:-1] & rem[1:]
    complete[1:] |= complete[:-1]
    return pd.DataFrame(
        {
            "start_epoch": starts,
            "end_epoch": ends,
            "kind": pd.Series(np.where(rem, "rem", "nrem"), dtype="str"),
            "complete": complete,
        }
    )


def night_cycles(stages: ArrayLike) -> NightCycles:
    """The cycles of a night (`find_cycles`), how many are complete, and the flags with their sentences.

    Args:
        stages: -1 unknown, 0 awake, 1 light, 2 deep, 3 REM, one per 30 s.

    Raises:
        ValueError: a stage outside -1 to 3.
    """
    values = _checked(stages)
    periods = find_cycles(values)
    nrem = (periods["kind"] == "nrem").to_numpy()
    complete = periods["complete"].to_numpy()
    starts, ends = periods["start_epoch"].to_numpy(), periods["end_epoch"].to_numpy()
    asleep = np.concatenate([[0], np.cumsum(values > 0)])
    long = nrem & ((asleep[ends] - asleep[starts]) * EPOCH_MIN > SKIPPED_REM_OVER_MIN)
    skipped = tuple(np.flatnonzero(long).tolist())
    first = np.flatnonzero(nrem & complete)
    lengths_min = (ends[first + 1] - starts[first]) * EPOCH_MIN
    uncertain = _longest_gap(values) * EPOCH_MIN > UNCERTAIN_GAP_OVER_MIN
    return NightCycles(
        periods=periods,
        complete=len(first),
        incomplete=int(np.count_nonzero(nrem & ~complete)),
        mean_min=float(lengths_min.mean()) if len(first) else float("nan"),
        skipped_rem=skipped,
        split_epochs=tuple(_split_epoch(values, int(starts[at]), int(ends[at])) for at in skipped),
        uncertain=uncertain,
        notes=_notes(np.cumsum(nrem)[list(skipped)].tolist(), uncertain=uncertain),
    )


def _notes(skipped: list[int], *, uncertain: bool) -> tuple[str, ...]:
    """What to keep in mind; `skipped` are the numbers of the cycles whose NREM period is long."""
    notes = []
    if uncertain:
        notes.append(
            f"There was no signal for more than {minutes(UNCERTAIN_GAP_OVER_MIN)} inside the sleep: cycles may have "
            "been missed or joined."
        )
    long = f"more than {minutes(SKIPPED_REM_OVER_MIN)} of sleep"
    if len(skipped) == 1:
        notes.append(
            f"The NREM period of cycle {skipped[0]} holds {long}: a REM period may have been skipped. It is not split."
        )
    elif skipped:
        numbers = f"{', '.join(map(str, skipped[:-1]))} and {skipped[-1]}"
        notes.append(
            f"The NREM periods of cycles {numbers} hold {long} each: REM periods may have been skipped. "
            "They are not split."
        )
    return tuple(notes)


def _periods(values: Values) -> tuple[Counts, Counts, NDArray[np.bool_]]:
    """Beginning and end of each period, and whether it is REM."""
    nrem_starts, rem_starts = _nrem_starts(values), _rem_starts(values)
    starts = np.concatenate([nrem_starts, rem_starts])
    rem = np.concatenate([np.zeros(len(nrem_starts), np.bool_), np.ones(len(rem_starts), np.bool_)])
    order = np.argsort(starts)
    starts, rem = starts[order], rem[order]
    kept = np.ones(len(starts), dtype=np.bool_)
    kept[1:] = rem[1:] != rem[:-1]
    starts, rem = starts[kept], rem[kept]
    if len(starts) and not rem[-1]:
        last_sleep = int(np.flatnonzero(values > 0)[-1]) + 1
        if last_sleep - starts[-1] >= _NREM_EPOCHS:
            return starts, np.append(starts[1:], last_sleep), rem
        starts, rem = starts[:-1], rem[:-1]
    if not len(starts):
        return starts, starts, rem
    return starts, np.append(starts[1:], np.flatnonzero(values == _REM)[-1] + 1), rem


def _nrem_starts(values: Values) -> Counts:
    """Where light or deep sleep has 15 min without REM before it: the first of each stretch of such epochs."""
    at = np.flatnonzero((values == _LIGHT) | (values == _DEEP))
    rem = np.append(np.flatnonzero(values == _REM), len(values))
    candidates = at[rem[np.searchsorted(rem, at)] - at >= _NREM_EPOCHS]
    return _firsts(candidates)


def _rem_starts(values: Values) -> Counts:
    """The first REM epoch of the night, and the first of each stretch of epochs with 5 min of REM before them."""
    rem = np.flatnonzero(values == _REM)
    if not len(rem):
        return rem
    lasting = np.zeros(len(rem), dtype=np.bool_)
    reach = _REM_EPOCHS - 1
    lasting[: max(len(rem) - reach, 0)] = rem[reach:] - rem[: max(len(rem) - reach, 0)] == reach
    lasting[0] = True
    return _firsts(rem[lasting])


def _firsts(candidates: Counts) -> Counts:
    """The candidates that do not follow the one before at once."""
    kept = np.ones(len(candidates), dtype=np.bool_)
    kept[1:] = np.diff(candidates) > 1
    return candidates[kept]


def _split_epoch(values: Values, start: int, end: int) -> int:
    """Where a period would be split: its first deep epoch after at least 12 min without deep; -1 for nowhere."""
    deep = start + np.flatnonzero(values[start:end] == _DEEP)
    after = deep[1:][(np.diff(deep) - 1) * EPOCH_MIN >= WITHOUT_DEEP_MIN]
    return int(after[0]) if len(after) else -1


def _longest_gap(values: Values) -> int:
    """Epochs of the longest run without signal between the first and the last epoch of sleep."""
    asleep = np.flatnonzero(values > 0)
    if not len(asleep):
        return 0
    known = np.flatnonzero(values[asleep[0] : asleep[-1] + 1] >= 0)
    return int(np.diff(known).max(initial=1)) - 1


def _checked(stages: ArrayLike) -> Values:
    values = as_int8(stages)
    if values.size and (values.min() < -1 or values.max() > _REM):
        at = int(np.flatnonzero((values < -1) | (values > _REM))[0])
        raise ValueError(
            f"epoch {at} has the stage {values[at]}; stages are -1 unknown, 0 awake, 1 light, 2 deep, 3 REM"
        )
    return values
