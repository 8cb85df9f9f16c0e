"""What is in a bundle, counted while it is written: the numbers of its methods paragraph and of its provenance."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from analytics.ledger import Ledger, added
from reports.bundle_part import BundlePart


@dataclass(kw_only=True)
class Tally:
    """Counts of the people who are in the bundle.

    Attributes:
        ledgers: what became of everything that was recorded, a ledger a person.
        people_with_nights: how many have a valid night.
        naps: how many naps count.
        vendor_nights: how many valid main sleeps rest on the vendor's statistics alone.
        sleeps: how many rows of nights there are.
        rows: rows of each file, by its name.
        unserved: who could not be read, by the id that is handed out.
    """

    ledgers: list[Ledger] = field(default_factory=list)
    people_with_nights: int = 0
    naps: int = 0
    vendor_nights: int = 0
    sleeps: int = 0
    rows: Mapping[str, int] = field(default_factory=dict)
    unserved: tuple[str, ...] = ()

    def count(self, part: BundlePart) -> None:
        """Counts one more person."""
        nights = part.nights
        valid = nights["valid"].astype(bool)
        mains = valid & (nights["kind"] == "main")
        self.ledgers.append(part.ledger)
        self.people_with_nights += int(mains.any())
        self.naps += _number(valid & (nights["kind"] == "nap"))
        self.vendor_nights += _number(mains & (nights["basis"] == "vendor"))
        self.sleeps += len(nights)

    @property
    def people(self) -> int:
        """How many people are in the bundle."""
        return len(self.ledgers)

    @property
    def ledger(self) -> Ledger:
        """The ledger of all of them."""
        return added(self.ledgers)


def _number(rows: "pd.Series[bool]") -> int:
    return int(rows.sum())
