"""What the nights that are shown rest on: on their stages, or still on the vendor's statistics alone."""

from dataclasses import dataclass

import pandas as pd

from analytics.wording import of


@dataclass(frozen=True, kw_only=True)
class Basis:
    """Of so many nights that count, on how many the stages are here."""

    staged: int
    nights: int

    @property
    def complete(self) -> bool:
        """Whether no stages are awaited."""
        return self.staged == self.nights

    @property
    def awaited(self) -> int:
        """Nights that count by the vendor's statistics while their stages are awaited."""
        return self.nights - self.staged

    @property
    def in_words(self) -> str:
        """`stages for 12 of 30 nights`; nothing when all are here."""
        return "" if self.complete else f"stages for {of(self.staged, self.nights)} nights"


def basis_of(nights: pd.DataFrame) -> Basis:
    """What the valid main sleeps among these rows of the nights table rest on."""
    counted = nights[nights["valid"] & (nights["kind"] == "main")]
    return Basis(staged=int((counted["basis"] == "stages").sum()), nights=len(counted))
