"""A cohort cut into parts and put together is the cohort computed at once, whatever the cut."""

import random
from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from analytics.cohort_part import READ, CohortPart, cohort_part
from analytics.cohort_period import CohortPeriod, cohort_of_parts, cohort_period
from analytics.score import EVIDENCE, VENDOR
from analytics.score_rules import ScoreRules
from analytics.sleeper import Sleeper
from analytics.travel import LEFT_OUT_OF_CONSISTENCY
from tests.analytics.lives import LAST, Minutes, life, person, scattered

DAYS = 45
FIRST = LAST - timedelta(days=6)
# In an order that is not that of the ids, as a roster by name is; the last has no night at all.
SQUAD = [person(n, tags=("squad",)) for n in range(17)]
random.Random(3).shuffle(SQUAD)
SILENT = person(17)
SYNCED = {sleeper.person_id: (LAST - timedelta(days=DAYS), LAST) for sleeper in [*SQUAD[2:], SILENT]}


def lived() -> pd.DataFrame:
    """Nights of everybody, some of which are missing, journeys or not valid, in no order of people."""
    nights = pd.concat(
        [
            life(
                sleeper,
                days=DAYS,
                asleep_min=minutes(n),
                later_min=scattered(50 + n, 20 + 9 * n),
            )
            for n, sleeper in enumerate(SQUAD)
        ],
        ignore_index=True,
    )
    rng = np.random.default_rng(5)
    nights = nights[rng.random(len(nights)) > 0.08]
    invalid = rng.random(len(nights)) < 0.03
    return nights.assign(
        valid=nights["valid"] & ~invalid,
        reasons=np.where(rng.random(len(nights)) < 0.03, LEFT_OUT_OF_CONSISTENCY[0], nights["reasons"]),
    )


def minutes(number: int) -> Minutes:
    noise = scattered(number, 60)
    return lambda day: 400 + noise(day)


NIGHTS = lived()


def parts(people: Sequence[Sleeper], size: int, rules: ScoreRules = EVIDENCE) -> list[CohortPart]:
    batches = [people[at : at + size] for at in range(0, len(people), size)]
    return [
        cohort_part(batch, rows_of(batch), first=FIRST, last=LAST, synced=SYNCED, rules=rules)
        for batch in batches
    ]


def rows_of(people: Sequence[Sleeper]) -> pd.DataFrame:
    return NIGHTS.loc[NIGHTS["person_id"].isin([sleeper.person_id for sleeper in people])]


def same(one: CohortPeriod, other: CohortPeriod) -> None:
    pd.testing.assert_frame_equal(one.people, other.people, check_exact=True)
    for name in (set(vars(one)) | set(vars(other))) - {"people"}:
        # As text, because a figure that is withheld is NaN, which equals nothing.
        assert repr(getattr(one, name)) == repr(getattr(other, name)), name


@pytest.mark.parametrize("rules", [EVIDENCE, VENDOR], ids=["evidence", "vendor"])
@pytest.mark.parametrize("size", [1, 2, 5, 18])
def test_the_cut_changes_not_one_bit(size: int, rules: ScoreRules) -> None:
    people = [*SQUAD, SILENT]
    at_once = cohort_period("Squad", people, NIGHTS, first=FIRST, last=LAST, synced=SYNCED, rules=rules)
    cut = cohort_of_parts("Squad", people, parts(people, size, rules), first=FIRST, last=LAST, rules=rules)
    same(cut, at_once)
    assert at_once.attention
    assert at_once.figures["score"].people > 5
    assert at_once.figures["score"].change is not None


def test_a_part_reads_the_columns_it_names_and_no_others() -> None:
    spoiled = NIGHTS.drop(columns=[name for name in NIGHTS if name not in READ])
    assert len(spoiled.columns) < len(NIGHTS.columns)
    at_once = cohort_period("Squad", SQUAD, NIGHTS, first=FIRST, last=LAST, synced=SYNCED)
    same(cohort_period("Squad", SQUAD, spoiled, first=FIRST, last=LAST, synced=SYNCED), at_once)


def test_who_could_not_be_computed_is_named_and_counted_nowhere() -> None:
    missing = SQUAD[4].person_id
    rest = [sleeper for sleeper in SQUAD if sleeper.person_id != missing]
    found = cohort_of_parts(
        "Squad", SQUAD, parts(rest, 5), first=FIRST, last=LAST, unserved={missing: "No luck."}
    )
    assert found.unserved == {missing: "No luck."}
    assert (found.size, missing in found.people.index) == (16, False)
    without = cohort_period("Squad", rest, NIGHTS, first=FIRST, last=LAST, synced=SYNCED)
    assert repr(found.figures) == repr(without.figures)
    assert found.lead == without.lead


def test_parts_of_other_people_are_refused() -> None:
    with pytest.raises(ValueError, match="not those of its people, in their order"):
        cohort_of_parts("Squad", SQUAD, parts(SQUAD[::-1], 5), first=FIRST, last=LAST)


def test_somebody_in_two_parts_is_refused() -> None:
    with pytest.raises(ValueError, match="somebody is in two of these ledgers"):
        cohort_of_parts("Squad", SQUAD, parts([*SQUAD, SQUAD[0]], 9), first=FIRST, last=LAST)
