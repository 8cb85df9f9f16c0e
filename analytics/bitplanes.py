"""Nights as bits: 64 epochs to the word, one column per night, so that one operation answers for all of them.

A plane is a uint64 array [words, nights]; bit k of word w of a column is epoch 64 * w + k of that night, and
it is set where the plane's question is answered yes ("asleep?"). Columns are nights, not rows, because every
operation then runs along contiguous memory and a neighbour epoch is a shift away, or in the next row's word.
"""

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Plane = NDArray[np.uint64]
Counts = NDArray[np.int64]

WORD = 64
NOT_FOUND = -1
_ALL = np.uint64(2**64 - 1)
_ONE = np.uint64(1)
# Stages are packed in pieces, so that what is made of a piece on the way stays in the cache.
_PIECE = 1 << 16
# Bits per word from which looking at every bit is cheaper than taking them out one by one (a night has about one).
_DENSE = 8


def pack(stages: NDArray[np.int8]) -> tuple[Words, Words, Words]:
    """The lowest bit, the second bit and the sign of every stage, in order, 64 to the word and one word to spare.

    These three tell five stages apart, which is two planes less to pack than one for each stage.
    """
    octets = np.zeros((3, (len(stages) // WORD + 2) * 8), dtype=np.uint8)
    bits = np.empty(min(_PIECE, len(stages)), dtype=np.int8)
    for begin in range(0, len(stages), _PIECE):
        piece = stages[begin : begin + _PIECE]
        made = bits[: len(piece)]
        at = slice(begin // 8, begin // 8 - (-len(piece) // 8))
        octets[0, at] = np.packbits(np.bitwise_and(piece, 1, out=made), bitorder="little")
        octets[1, at] = np.packbits(np.bitwise_and(piece, 2, out=made), bitorder="little")
        octets[2, at] = np.packbits(np.less(piece, 0, out=made.view(np.bool_)), bitorder="little")
    low, high, sign = octets.view("<u8")
    return low, high, sign


def columns(packed: tuple[Words, ...], starts: Counts, lengths: Counts) -> tuple[Plane, ...]:
    """The planes of the nights that begin at these epochs of the packed stages; unset beyond their end."""
    words = max(1, -(-int(lengths.max()) // WORD))
    at = starts // WORD + np.arange(words)[:, np.newaxis]
    bits = (starts % WORD).astype(np.uint64)
    # Words that no night's end reaches need no mask.
    whole = int(lengths.min()) // WORD
    inside = _before(lengths - whole * WORD, words - whole)
    planes = []
    for line in packed:
        plane = line.take(at, mode="clip")
        if bits.any():
            # A shift by 64 leaves no bit (numpy defines it): a night that begins with a word needs no second one.
            plane >>= bits
            plane |= line.take(at + 1, mode="clip") << (np.uint64(WORD) - bits)
        plane[whole:] &= inside
        planes.append(plane)
    return tuple(planes)


def _before(end: Counts, words: int) -> Plane:
    """The plane that is set before epoch `end` of each night."""
    rows = np.arange(0, words * WORD, WORD)[:, np.newaxis]
    plane: Plane = ~(_ALL << np.clip(end - rows, 0, WORD).astype(np.uint64))
    return plane


def positions(plane: Plane) -> Counts:
    """Every set bit as one number, night * epochs + epoch with epochs = 64 * words, ascending."""
    every = np.ascontiguousarray(plane.T).reshape(-1)
    # Booleans are searched several times faster than words.
    word = np.flatnonzero(every != 0)
    left = every[word]
    number = np.bitwise_count(left)
    after = np.cumsum(number, dtype=np.int64)
    total = int(after[-1]) if len(after) else 0
    if total > _DENSE * len(every):
        return np.flatnonzero(np.unpackbits(every.view(np.uint8), bitorder="little").view(np.bool_))
    found = np.empty(total, dtype=np.int64)
    slot, base = after - number, word * WORD
    # Each round takes the lowest bit of every word that still has one: work goes with the bits, not the epochs.
    while len(left):
        rest = left - _ONE
        found[slot] = base + np.bitwise_count(rest & ~left)
        left &= rest
        more = np.flatnonzero(left != 0)
        left, slot, base = left[more], slot[more] + 1, base[more]
    return found


def count(plane: Plane) -> Counts:
    """How many bits are set, per night."""
    # 32 bits hold any night's number of epochs, and half the width is half the work.
    counts: NDArray[np.uint32] = np.bitwise_count(plane).sum(axis=0, dtype=np.uint32)
    return counts.astype(np.int64)


def first(plane: Plane) -> Counts:
    """Index of the first set bit, per night; `NOT_FOUND` where there is none."""
    row = (plane != 0).argmax(axis=0)
    word = plane[row, np.arange(plane.shape[1])]
    return np.where(word == 0, NOT_FOUND, row * WORD + np.bitwise_count((word - _ONE) & ~word))


def at(plane: Plane, epochs: Counts) -> NDArray[np.bool_]:
    """Whether the bit of this epoch is set, per night; never outside the plane."""
    row = epochs // WORD
    word = plane[np.clip(row, 0, len(plane) - 1), np.arange(plane.shape[1])]
    bit = (word >> (epochs % WORD).astype(np.uint64)) & _ONE
    found: NDArray[np.bool_] = (bit != 0) & (row >= 0) & (row < len(plane))
    return found


def later(plane: Plane) -> Plane:
    """The plane whose bit i is the given plane's bit i + 1; unset beyond the end."""
    moved = plane >> _ONE
    moved[:-1] |= plane[1:] << np.uint64(WORD - 1)
    return moved


def edges(plane: Plane) -> Plane:
    """The plane that is set where a run of set bits begins and on the first epoch after it ended.

    It is one word longer than the given one, so that a run which lasts to the end has its end too.
    """
    found = np.empty((plane.shape[0] + 1, plane.shape[1]), dtype=np.uint64)
    np.left_shift(plane, _ONE, out=found[:-1])
    found[-1] = 0
    found[1:] |= plane >> np.uint64(WORD - 1)
    found[:-1] ^= plane
    return found
