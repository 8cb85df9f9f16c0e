"""How a score is computed: its profile, the weights of its parts and its options, and the tag that names them all.

Profile "evidence" is ours, "vendor" is the one of the vendor's sample code (SPEC 3.3). Scores with different tags must
not be compared.
"""

import math
from dataclasses import astuple, dataclass
from typing import Final, Literal

from analytics import wording

Profile = Literal["evidence", "vendor"]


@dataclass(frozen=True, kw_only=True)
class Weights:
    """The share of each part in the score; together they make 1.

    Raises:
        ValueError: one is negative or no number, or they do not make 1.
    """

    efficiency: float = 0.4
    consistency: float = 0.3
    duration: float = 0.3

    def __post_init__(self) -> None:
        shares = astuple(self)
        if not all(0 <= share <= 1 for share in shares) or not math.isclose(sum(shares), 1, abs_tol=1e-9):
            given = ", ".join(f"{share:g}" for share in shares)
            raise ValueError(
                f"the weights of efficiency, consistency and duration are shares that make 1; these are {given}"
            )


@dataclass(frozen=True, kw_only=True)
class ScoreRules:
    """What a score is made by.

    Attributes:
        profile: "evidence" judges each night by published norms for the age; "vendor" judges the averages of the period
            as the vendor's sample code does.
        weights: the share of each part.
        long_sleep_counts: whether sleep longer than recommended loses points in the duration part; the norm of the
            AASM for adults has no upper limit. Of the evidence profile only.
        naps_count: whether duration is all sleep of 24 h, naps included, instead of the main sleep. Of the evidence
            profile only.
        journeys_count: whether the nights of a change of time zone count in consistency too (`travel`); they are left
            out by default.
        placeholder: whether consistency is the vendor's constant 80 instead of our own. Of the vendor profile only,
            and what its code does.

    Raises:
        ValueError: a profile that is none, or an option that the profile does not have.
    """

    profile: Profile = "evidence"
    weights: Weights = Weights()
    long_sleep_counts: bool = True
    naps_count: bool = False
    journeys_count: bool = False
    placeholder: bool = False

    def __post_init__(self) -> None:
        if self.profile not in {"evidence", "vendor"}:
            raise ValueError(f'a profile is "evidence" or "vendor", not "{self.profile}"')
        if self.profile == "vendor" and (self.naps_count or not self.long_sleep_counts):
            raise ValueError(
                "the vendor's code has no choice of naps or long sleep; use the evidence profile for it"
            )
        if self.placeholder and self.journeys_count:
            raise ValueError("a constant consistency leaves out no nights; give one option or the other")
        if self.profile == "evidence" and self.placeholder:
            raise ValueError("a constant is no evidence of consistency; only the vendor profile has it")

    @property
    def version(self) -> str:
        """The tag of scores made so: "evidence-2", or with what differs, as in "evidence-2+24h+0.5/0.25/0.25"."""
        differs = (
            (not self.long_sleep_counts, "long-sleep-free"),
            (self.naps_count, "24h"),
            (self.journeys_count, "journeys"),
            (self.profile == "vendor" and not self.placeholder, "own-consistency"),
            (self.weights != Weights(), self._weights_tag),
        )
        return "+".join(
            [f"{self.profile}-{_EDITION[self.profile]}", *(tag for is_so, tag in differs if is_so)]
        )

    @property
    def _weights_tag(self) -> str:
        # In full, so that no two sets of weights share a tag; adding zero takes the sign off a negative one.
        return "/".join(repr(share + 0.0) for share in astuple(self.weights))

    @property
    def words(self) -> str:
        """How the score is made, as a reader should be told."""
        terms = (
            ("efficiency", self.weights.efficiency),
            ("consistency", self.weights.consistency),
            ("duration", self.weights.duration),
        )
        total = " + ".join(f"{wording.number(share, 3)} × {name}" for name, share in terms)
        notes = (
            (self.profile == "vendor", "as the vendor's sample code computes it, from averages"),
            (self.placeholder, "consistency is the vendor's constant 80 and measures nothing"),
            (not self.long_sleep_counts, "long sleep loses no points"),
            (self.naps_count, "duration is all sleep of 24 h, naps included"),
            (self.journeys_count, "the nights of a journey count in consistency"),
        )
        return "; ".join([total, *(note for is_so, note in notes if is_so)])


# Raised whenever the same nights would get another score under the same rules; what changed is told in
# docs/definitions.md.
_EDITION: Final = {"evidence": 2, "vendor": 2}

EVIDENCE: Final = ScoreRules()
"""Our own rules."""

VENDOR: Final = ScoreRules(profile="vendor", placeholder=True)
"""The rules of the vendor's sample code, with its constant for consistency."""
