"""Random numbers by person, purpose and evening: those of any evening are there without drawing the ones before.

Each person has one stream for each purpose, and each evening a row of fixed width in it, found by advancing the
generator. So a night is the same whether it is asked for alone, in a year or in any order. All numbers are 16 bits
wide; what is made of them goes through tables and plain products, which give one value the same result alone and
in an array.
"""

import math
from statistics import NormalDist
from typing import Final

import numpy as np
import numpy.typing as npt

Draws = npt.NDArray[np.uint16]
Reals = npt.NDArray[np.float64]

LEVELS: Final = 1 << 16
_DRAWS_PER_WORD = 4
TABLE_BITS = 12

# Purposes, each with a stream of its own; recordings add the slot of the session to theirs.
LIFE, RECORDING, SNORING = 1, 16, 32


def rows(*, seed: int, number: int, purpose: int, first: int, count: int, width: int) -> Draws:
    """Rows `first` to `first + count` of a person's stream, [count, width]; `width` is a multiple of 4."""
    words = width // _DRAWS_PER_WORD
    generator = np.random.PCG64([seed, number, purpose]).advance(first * words)
    drawn = generator.random_raw(count * words).astype("<u8", copy=False)
    return drawn.view("<u2").reshape(count, width)


def _quantiles() -> Reals:
    normal = NormalDist()
    shares = 1 << TABLE_BITS
    return np.array([normal.inv_cdf((place + 0.5) / shares) for place in range(shares)])


# Standard normal quantiles in the middle of equal shares.
_NORMAL: Final = _quantiles()


def uniform(draws: Draws) -> Reals:
    """Numbers above 0 and below 1."""
    return (draws + 0.5) / LEVELS


def happens(draws: Draws, probability: float) -> npt.NDArray[np.bool_]:
    """Whether `uniform` is below the probability, asked of the whole numbers themselves."""
    found: npt.NDArray[np.bool_] = draws < math.ceil(probability * LEVELS - 0.5)
    return found


def shares(draws: Draws) -> Draws:
    """The place of each draw in a table of equal shares."""
    return (draws >> (16 - TABLE_BITS)).astype(np.uint16, copy=False)


def normal(draws: Draws) -> Reals:
    """Standard normal numbers, between -3.7 and 3.7."""
    found: Reals = _NORMAL[shares(draws)]
    return found


def lognormal_table(sd: float) -> Reals:
    """exp(sd * normal), factors around 1 by equal shares: exp of one number may differ from exp of many."""
    return np.array([math.exp(sd * value) for value in _NORMAL.tolist()])
