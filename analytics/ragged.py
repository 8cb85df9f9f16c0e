"""Rows of different lengths in two arrays: the form in which many nights travel together."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.int8]
Offsets = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Ragged:
    """Rows of different lengths, one after the other: row i is `values[offsets[i]:offsets[i + 1]]`.

    Attributes:
        values: int8, 1-D, read-only.
        offsets: int64, one more than there are rows, from 0 to `len(values)`, never falling; read-only.

    Raises:
        ValueError: the two do not describe rows.
    """

    values: Values
    offsets: Offsets

    def __post_init__(self) -> None:
        values = as_int8(self.values)
        offsets = as_offsets(self.offsets, len(values))
        object.__setattr__(self, "values", _read_only(values))
        object.__setattr__(self, "offsets", _read_only(offsets))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> Values:
        if not -len(self) <= index < len(self):
            raise IndexError(f"there is no row {index}; there are {len(self)}")
        row = index % len(self)
        return self.values[self.offsets[row] : self.offsets[row + 1]]

    def __iter__(self) -> Iterator[Values]:
        return (self[row] for row in range(len(self)))

    @property
    def lengths(self) -> Offsets:
        """Number of values per row."""
        return np.diff(self.offsets)

    @classmethod
    def from_arrays(cls, rows: Iterable[ArrayLike]) -> "Ragged":
        """The given rows one after the other; each is a 1-D array or list of integers, possibly empty."""
        arrays = [as_int8(row) for row in rows]
        offsets = np.zeros(len(arrays) + 1, dtype=np.int64)
        np.cumsum([len(row) for row in arrays], out=offsets[1:])
        return cls(np.concatenate(arrays) if arrays else np.empty(0, np.int8), offsets)

    def take(self, indices: ArrayLike) -> "Ragged":
        """The rows with these indices (or where a boolean mask is true), in the order given."""
        rows = np.arange(len(self))[np.asarray(indices, dtype=None if np.size(indices) else np.int64)]
        offsets = np.zeros(len(rows) + 1, dtype=np.int64)
        if not len(self.values):
            return Ragged(self.values, offsets)
        lengths = self.lengths[rows]
        np.cumsum(lengths, out=offsets[1:])
        source = np.repeat(self.offsets[:-1][rows] - offsets[:-1], lengths) + np.arange(offsets[-1])
        return Ragged(self.values[source], offsets)


def as_int8(values: ArrayLike) -> Values:
    """The values as 1-D int8, copied only where needed; ValueError where they are not integers of 8 bits."""
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"values must be 1-D; these have {array.ndim} dimensions")
    if array.dtype == np.int8:
        return array
    if array.size and array.dtype.kind not in "iub":
        raise ValueError(f"values must be integers; these are {array.dtype}")
    if array.size and (array.min() < -128 or array.max() > 127):
        raise ValueError(f"values must fit 8 bits; these go from {array.min()} to {array.max()}")
    return array.astype(np.int8)


def as_offsets(offsets: ArrayLike, number: int) -> Offsets:
    """The offsets as int64; ValueError where they do not divide `number` values into rows."""
    array = np.asarray(offsets)
    if array.ndim != 1 or not len(array) or array.dtype.kind not in "iu":
        raise ValueError("offsets must be a 1-D array of integers with one entry more than there are rows")
    bounds = array.astype(np.int64, copy=False)
    if bounds[0] != 0 or bounds[-1] != number or (np.diff(bounds) < 0).any():
        raise ValueError(
            f"offsets must rise from 0 to the number of values, {number}, without falling; "
            f"they go from {bounds[0]} to {bounds[-1]}"
        )
    return bounds


def _read_only(array: NDArray[np.generic]) -> NDArray[np.generic]:
    view = array.view()
    view.flags.writeable = False
    return view
