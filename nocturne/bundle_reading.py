"""What a research bundle has of somebody: nights and epochs of one moment, read from the archive under their ids."""

from dataclasses import dataclass
from datetime import date
from typing import Final, TypeAlias

import numpy as np
import pandas as pd

from analytics.ledger import ledgers
from analytics.night_epochs import NightEpochs, night_epochs
from analytics.nights import NIGHT_COLUMNS
from analytics.rules import ValidNight
from analytics.sleeper import Sleeper
from cache.archive import NightArchive
from nocturne.aliases import alias_of
from nocturne.mapping import Unserved
from reports.bundle import BundlePart

__all__ = ["Handed", "PartsOf"]

_COUNTED: Final = ["night", "kind", "valid", "reasons", "pieces", "start"]
"""The columns that a ledger looks at."""
_TRIES: Final = 3
_Read: TypeAlias = tuple[pd.DataFrame, NightEpochs | None]


@dataclass(frozen=True, kw_only=True)
class Handed:
    """A person, and as whom they are handed out."""

    person_id: str
    as_: Sleeper
    pseudonym: str = ""


@dataclass(frozen=True, kw_only=True)
class PartsOf:
    """The parts of a bundle of some people: what is computed where the nights are read."""

    organisation: str
    first: date
    last: date
    epochs: bool

    def __call__(self, archive: NightArchive, people: tuple[Handed, ...], /) -> tuple[BundlePart, ...]:
        """Their parts in their order.

        Raises:
            Unserved: somebody's nights and recordings did not fit each other, however often they were read.
        """
        zones, rules = archive.zones(self.organisation), archive.rules(self.organisation)
        read = [
            self._settled(archive, each, zones.get(each.person_id, each.as_.zone), rules) for each in people
        ]
        # Of all of them at once: counting those of one takes as long as counting those of ten.
        counted = pd.concat(
            [
                nights[_COUNTED].assign(person_id=each.as_.person_id)
                for each, (nights, _) in zip(people, read, strict=True)
            ],
            ignore_index=True,
        )
        found = ledgers(counted, person_ids=[each.as_.person_id for each in people])
        return tuple(
            BundlePart(
                sleeper=each.as_,
                nights=nights,
                epochs=epochs,
                transitions=None if epochs is None else epochs.transitions(),
                ledger=ledger,
            )
            for each, (nights, epochs), ledger in zip(people, read, found, strict=True)
        )

    def _settled(self, archive: NightArchive, handed: Handed, zone: str, rules: ValidNight) -> _Read:
        for _ in range(_TRIES):
            read = self._read(archive, handed, zone, rules)
            if read is not None:
                return read
        raise Unserved(
            "Nights and recordings do not fit each other: new ones are arriving, or a file is damaged. Ask again; if "
            "it stays so, `python -m nocturne verify` says more."
        )

    def _read(self, archive: NightArchive, handed: Handed, zone: str, rules: ValidNight) -> _Read | None:
        """The person's nights and epochs; None where nights and sessions are not of the same moment."""
        nights = self._nights(archive, handed.person_id)
        epochs: NightEpochs | None = None
        if self.epochs or handed.pseudonym:
            sessions = archive.sessions(self.organisation, handed.person_id)
        if self.epochs:
            known = (nights["kind"] != "unusable") & (nights["basis"] == "stages")
            staged = nights.loc[known, ["session_ids", "tib_min"]]
            epochs = night_epochs(sessions, zone=zone, rules=rules, only=staged["session_ids"].tolist())
            if not _agree(staged, epochs):
                return None
        if handed.pseudonym:
            alias = alias_of(handed.pseudonym, sessions)
            try:
                nights = alias.of_nights(nights)
            except KeyError:
                return None
            epochs = None if epochs is None else alias.of_epochs(epochs)
        return nights, epochs

    def _nights(self, archive: NightArchive, person_id: str) -> pd.DataFrame:
        nights = archive.statistics_of(self.organisation, [person_id], list(NIGHT_COLUMNS))
        inside = nights["night"].between(pd.Timestamp(self.first), pd.Timestamp(self.last))
        return (nights if inside.all() else nights[inside]).reset_index(drop=True)


def _agree(staged: pd.DataFrame, epochs: NightEpochs) -> bool:
    """Whether there are exactly the epochs that the statistics were made of, as far as their number tells."""
    if epochs.session_ids != tuple(staged["session_ids"]):
        return False
    in_bed_min = epochs.stages.lengths / 2
    return bool(np.array_equal(in_bed_min.astype(np.float32), staged["tib_min"].to_numpy(dtype=np.float32)))
