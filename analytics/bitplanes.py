"""Nights as bits: 64 epochs to the word, one column per night, so that one operation answers for all of them.

A plane is a uint64 array [words, nights]; bit k of word w of a column is epoch 64 * w + k of that night, and
it is set where the plane's question is answered yes ("asleep?"). Columns are nights, not rows, because every
operation then runs along contiguous memory and a neighbour epoch is a shift away, or in the next row's word.
"""

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint64]
Counts = NDArray[np.int64]

WORD = 64
NOT_FOUND = -1
_ALL = np.uint64(2**64 - 1)


def pack(block: NDArray[np.int8] | NDArray[np.bool_]) -> Plane:
    """The plane that is set where `block` is not zero.

    Args:
        block: [nights, epochs], contiguous, the number of epochs a multiple of 64.
    """
    nights, epochs = block.shape
    octets = np.packbits(block.reshape(-1), bitorder="little")
    words = octets.view("<u8").reshape(nights, epochs // WORD)
    return np.ascontiguousarray(words.T)


def positions(plane: Plane) -> Counts:
    """Every set bit as one number, night * epochs + epoch with epochs = 64 * words, ascending."""
    octets = np.ascontiguousarray(plane.T).view(np.uint8)
    return np.flatnonzero(np.unpackbits(octets.reshape(-1), bitorder="little").view(np.bool_))


def count(plane: Plane) -> Counts:
    """How many bits are set, per night."""
    # 32 bits hold any night's number of epochs, and half the width is half the work.
    counts: NDArray[np.uint32] = np.bitwise_count(plane).sum(axis=0, dtype=np.uint32)
    return counts.astype(np.int64)


def first(plane: Plane) -> Counts:
    """Index of the first set bit, per night; `NOT_FOUND` where there is none."""
    row = (plane != 0).argmax(axis=0)
    word = plane[row, np.arange(plane.shape[1])]
    below = (word & (~word + np.uint64(1))) - np.uint64(1)
    return np.where(word == 0, NOT_FOUND, row * WORD + np.bitwise_count(below))


def last(plane: Plane) -> Counts:
    """Index of the last set bit, per night; `NOT_FOUND` where there is none."""
    row = plane.shape[0] - 1 - (plane[::-1] != 0).argmax(axis=0)
    word = plane[row, np.arange(plane.shape[1])]
    for step in (1, 2, 4, 8, 16, 32):
        word = word | (word >> np.uint64(step))
    return np.where(word == 0, NOT_FOUND, row * WORD + np.bitwise_count(word).astype(np.int64) - 1)


def since(start: Counts, words: int) -> Plane:
    """The plane that is set from epoch `start` of each night to its end."""
    rows = np.arange(0, words * WORD, WORD)[:, np.newaxis]
    # A shift by 64 leaves no bit (numpy defines it), which is the word that lies wholly before the start.
    plane: Plane = _ALL << np.clip(start - rows, 0, WORD).astype(np.uint64)
    return plane


def later(plane: Plane, epochs: int) -> Plane:
    """The plane whose bit i is the given plane's bit i + `epochs`; unset beyond the end."""
    rows, bits = divmod(epochs, WORD)
    words = plane.shape[0]
    moved = np.zeros_like(plane)
    if rows < words:
        np.right_shift(plane[rows:], np.uint64(bits), out=moved[: words - rows])
    if bits and rows + 1 < words:
        moved[: words - rows - 1] |= plane[rows + 1 :] << np.uint64(WORD - bits)
    return moved


def edges(plane: Plane) -> Plane:
    """The plane that is set where a run of set bits begins and on the first epoch after it ended."""
    before = plane << np.uint64(1)
    before[1:] |= plane[:-1] >> np.uint64(WORD - 1)
    return plane ^ before


def run_starts(plane: Plane, length: int) -> Plane:
    """The plane that is set where at least `length` set bits in a row begin."""
    reach = 1
    while reach < length:
        step = min(reach, length - reach)
        plane = plane & later(plane, step)
        reach += step
    return plane
