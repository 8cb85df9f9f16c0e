"""What a cohort's period says in words: the finding as a title, the numbers behind it, and how they were made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from analytics import wording
from analytics.cohort_figures import CohortFigure
from analytics.cohorts import MINIMUM_PEOPLE
from analytics.ledger import Ledger
from analytics.period_words import valid_night_words
from analytics.rules import ValidNight
from analytics.trends import PRACTICAL
from analytics.usual import REFERENCE_NIGHTS

_ASLEEP: Final = "mean_tst_min"


@dataclass(frozen=True, kw_only=True)
class CohortFacts:
    """What the words about a cohort's period rest on.

    Attributes:
        name: of the cohort.
        size: how many people it has.
        days: calendar days of the period.
        attention: how many need attention on its last day.
        figures: by id.
        ledger: of everybody.
        version: of the score.
    """

    name: str
    size: int
    days: int
    attention: int
    figures: Mapping[str, CohortFigure]
    ledger: Ledger
    version: str

    @property
    def asleep(self) -> CohortFigure:
        """Time asleep."""
        return self.figures[_ASLEEP]


def title(facts: CohortFacts) -> str:
    """How long people slept, and whether that moved against their weeks before; or that there is nothing to tell."""
    asleep = facts.asleep
    if not facts.size:
        return f"{facts.name}: nobody is in this cohort"
    if not facts.ledger.recorded_nights:
        return f"{facts.name}: nothing was recorded in this period"
    if asleep.people < MINIMUM_PEOPLE:
        counted = wording.plural(asleep.people, "person", "people")
        return f"{facts.name}: {counted} with nights enough, too few for a mean of the group"
    return f"{facts.name}: {asleep.text} asleep a night on average, {_moved(asleep)}"


def lead(facts: CohortFacts) -> str:
    """The numbers behind the title, each with what it rests on."""
    asleep, ledger = facts.asleep, facts.ledger
    expected = facts.days * facts.size
    sentences = [f"{wording.of(ledger.valid_nights, expected)} nights valid."]
    if asleep.spread:
        people = f"{wording.of(asleep.people, asleep.of)} people"
        sentences.append(f"Time asleep of {people}: mean {asleep.text}, {asleep.spread}.")
    if asleep.change is not None:
        sentences.append(
            f"Change against the {REFERENCE_NIGHTS} days before: {asleep.change.text}, "
            f"{wording.plural(asleep.change.people, 'person', 'people')} with both."
        )
        if asleep.change.note:
            sentences[-1] = f"{sentences[-1][:-1]} ({asleep.change.note})."
    verb = "needs" if facts.attention == 1 else "need"
    sentences.append(f"{wording.of(facts.attention, facts.size)} people {verb} attention.")
    return " ".join(sentences)


def method(facts: CohortFacts, rules: ValidNight) -> str:
    """How everything was computed; `rules` are those the nights were made by."""
    sentences = (
        "A person is the unit: each person's nights become one value first, whatever their number.",
        f"Below {MINIMUM_PEOPLE} people there is no mean of the group.",
        valid_night_words(rules),
        f"Changes are within people, against their own {REFERENCE_NIGHTS} days before; intervals are 95 % (Student).",
        "A spread is compared with that of equally long windows, a score with scores of the same estimator.",
        "Adjusted p: Holm for time asleep, efficiency and spread of mid-sleep, which were chosen beforehand;",
        "Benjamini and Hochberg for the others, which are exploratory. A change is told from an adjusted p of 0.05.",
        f"Score {facts.version}.",
        "Computed from recorded sessions; not a diagnosis.",
    )
    return " ".join(sentences)


def _moved(asleep: CohortFigure) -> str:
    change = asleep.change
    before = f"the {REFERENCE_NIGHTS} days before"
    if change is None:
        return f"too few people with {before} for a comparison"
    if change.direction == "unclear":
        return f"no clear change against {before}"
    if abs(change.difference) < PRACTICAL["tst_min"]:
        return f"much as in {before}"
    way = "less" if change.difference < 0 else "more"
    return f"{wording.duration(abs(change.difference))} {way} than in {before}"
