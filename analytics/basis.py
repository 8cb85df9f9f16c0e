"""What the nights that are shown rest on: on their stages, or still on the vendor's statistics alone."""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from analytics.wording import of

READ: Final = ("night", "kind", "valid", "basis", "reasons")
"""The columns of nights that tell it."""


@dataclass(frozen=True, kw_only=True)
class Basis:
    """On how many of the nights that count the stages are here.

    Attributes:
        nights: how many there are.
        staged: those whose stages are here.
        unreadable: those whose stages could not be read, so that the vendor's statistics stay.
    """

    nights: int
    staged: int
    unreadable: int = 0

    @property
    def complete(self) -> bool:
        """Whether no stages are awaited."""
        return not self.awaited

    @property
    def awaited(self) -> int:
        """Nights that count by the vendor's statistics while their stages are awaited."""
        return self.nights - self.staged - self.unreadable

    @property
    def in_words(self) -> str:
        """`stages for 12 of 30 nights`; nothing when all are here that can be."""
        if self.complete:
            return ""
        return f"stages for {of(self.staged, self.nights)} {'night' if self.nights == 1 else 'nights'}"


def basis_of(nights: pd.DataFrame) -> Basis:
    """What the valid main sleeps among these rows of the nights table rest on."""
    nights = nights[[name for name in READ if name in nights]]  # before rows are moved, of which each has 78
    counted = nights[nights["valid"] & (nights["kind"] == "main")]
    by_vendor = counted[counted["basis"] == "vendor"]
    return Basis(
        nights=len(counted),
        staged=len(counted) - len(by_vendor),
        unreadable=int(by_vendor["reasons"].str.contains("STAGES_UNREADABLE", regex=False).sum()),
    )
