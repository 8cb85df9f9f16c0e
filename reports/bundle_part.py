"""What a research bundle is written from: what it is about, and person after person what was recorded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.ledger import Ledger
from analytics.night_epochs import NightEpochs
from analytics.rules import ValidNight
from analytics.score import ScoreRules
from analytics.sleeper import Sleeper
from reports.file_names import safe


@dataclass(frozen=True, kw_only=True)
class BundleAbout:
    """What a bundle holds, for whoever opens it.

    Attributes:
        label: whose nights: the name of a cohort, "everyone" or "people".
        first, last: first and last night label, inclusive.
        made_at: when it was made, aware, in UTC; the same data and moment give the same bytes.
        pseudonyms: whether people and sessions go by pseudonyms.
        tags: whether the tags of people are in it.
        epochs: whether the stages are in it epoch by epoch.
        hypnograms: whether there is a text file for each sleep too; they are made of the epochs.
        score: how scores are made here.
        nights: the rules that the nights were made by.
        target_h: the organisation's own target of sleep in 24 h; None where ages decide.
        query: what was asked for, as it may be told.
        software: name, versions and digests of what made it.

    Raises:
        ValueError: hypnograms without epochs, or a period that ends before it begins.
    """

    label: str
    first: date
    last: date
    made_at: datetime
    pseudonyms: bool = False
    tags: bool = True
    epochs: bool = True
    hypnograms: bool = False
    score: ScoreRules
    nights: ValidNight
    target_h: float | None = None
    query: Mapping[str, Any] = field(default_factory=dict)
    software: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"the period ends on {self.last}, before it begins on {self.first}")
        if self.hypnograms and not self.epochs:
            raise ValueError("hypnograms are epochs; a bundle without epochs has none")

    @property
    def folder(self) -> str:
        """The one folder that everything in the bundle lies in."""
        return f"nocturne-bundle-{safe(self.label)}-{self.first}-{self.last}"


@dataclass(frozen=True, kw_only=True, eq=False)
class BundlePart:
    """What a bundle has of one person.

    Attributes:
        sleeper: who, by the id that is handed out.
        nights: every sleep of the period, `NIGHT_COLUMNS` in the types of the archive, by start, under that id.
        epochs: of those of them whose stages are known; None in a bundle without.
        transitions: of the same sleeps, [sleeps, 4, 4]; None likewise.
        ledger: what was recorded and what is valid in the period, with every exclusion.
    """

    sleeper: Sleeper
    nights: pd.DataFrame
    epochs: NightEpochs | None
    transitions: NDArray[np.int64] | None
    ledger: Ledger
