"""From recorded to analysed: every session has one fate, every exclusion a code, a sentence and a count."""

import time
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.grades import REASONS
from analytics.ledger import NOT_ANALYSED, Exclusion, Ledger, added, exclusion_ledger, ledgers
from analytics.nights import night_table
from analytics.rules import ValidNight
from tests.analytics.recordings import Recording, at, session_set

FIRST = at("2026-02-01 23:00")


def night(n: int, **more: Any) -> Recording:
    return Recording(start=FIRST + timedelta(days=n), **more)


MONTH = [
    *(night(n) for n in range(5)),
    night(5, missing=0.5),
    night(6, labels=("NEVER_SLEPT",)),
    # Two pieces of one sleep, and a nap on the day after it.
    night(7, stages=((1, 400),)),
    Recording(start=FIRST + timedelta(days=7, hours=3.5), stages=((1, 400),)),
    Recording(start=FIRST + timedelta(days=7, hours=14), stages=((1, 100),)),
    # The same night twice.
    night(8),
    Recording(start=FIRST + timedelta(days=8, minutes=20)),
    night(9, problem="Not JSON.", stages=(), state=""),
]


def table(recordings: list[Recording], person: str | None = None) -> pd.DataFrame:
    nights = night_table(session_set(recordings), zone="UTC")
    return nights if person is None else nights.assign(person_id=person)


def told(ledger: Ledger) -> dict[str, tuple[str, int, int]]:
    return {each.code: (each.step, each.sessions, each.nights) for each in ledger.exclusions}


def test_every_session_of_a_month_has_its_fate() -> None:
    ledger = exclusion_ledger(table(MONTH))
    assert (ledger.received, ledger.recorded, ledger.valid, ledger.analysed) == (13, 13, 9, 8)
    assert (ledger.recorded_nights, ledger.valid_nights, ledger.analysed_nights) == (10, 7, 7)
    assert told(ledger) == {
        "UNREADABLE": ("valid", 1, 1),
        "NEVER_SLEPT": ("valid", 1, 1),
        "DUPLICATE": ("valid", 1, 0),
        "MOSTLY_MISSING": ("valid", 1, 1),
        "NAP": ("analysed", 1, 0),
    }


def test_each_exclusion_has_a_sentence_and_the_table_has_them_all() -> None:
    ledger = exclusion_ledger(table(MONTH))
    frame = ledger.frame()
    assert frame.columns.tolist() == ["step", "code", "reason", "sessions", "nights"]
    assert frame["reason"].tolist() == [
        (REASONS.get(code) or (NOT_ANALYSED.get(code),))[0] for code in frame["code"]
    ]
    assert frame["reason"].str.endswith(".").all()
    assert frame["sessions"].sum() == ledger.recorded - ledger.analysed
    assert exclusion_ledger(table([])).frame().dtypes.equals(frame.dtypes)


def test_an_older_version_of_a_session_is_received_and_not_recorded() -> None:
    again = [*MONTH, night(0, received=at("2026-02-03 12:00"))]
    ledger = exclusion_ledger(table(again), received=len(again))
    assert (ledger.received, ledger.recorded) == (14, 13)
    assert told(ledger)["SUPERSEDED"] == ("received", 1, 0)
    with pytest.raises(ValueError, match="12 sessions were received and 13 recorded"):
        exclusion_ledger(table(again), received=12)


def test_a_quantity_that_a_night_does_not_have_leaves_it_out() -> None:
    nights = table(MONTH)
    # No night has REM.
    assert told(exclusion_ledger(nights, measure="rem_latency_min"))["NO_VALUE"] == ("analysed", 8, 7)
    assert exclusion_ledger(nights, measure="tst_min") == exclusion_ledger(nights)


def test_consistency_leaves_out_the_nights_of_a_journey_and_nothing_else_does() -> None:
    nights = table(MONTH)
    journey = {1: "TRAVEL", 2: "AFTER_TRAVEL", 3: "PARTLY_MISSING;AFTER_TRAVEL"}
    nights["reasons"] = [journey.get(n, codes) for n, codes in enumerate(nights["reasons"])]
    ledger = exclusion_ledger(nights, consistency=True)
    assert told(ledger)["TRAVEL"] == ("analysed", 1, 1)
    assert told(ledger)["AFTER_TRAVEL"] == ("analysed", 2, 2)
    assert (ledger.valid, ledger.analysed, ledger.analysed_nights) == (9, 5, 4)
    assert exclusion_ledger(nights) == exclusion_ledger(table(MONTH))
    counted = exclusion_ledger(nights, consistency=True, rules=ValidNight(leave_out_travel=False))
    assert counted == exclusion_ledger(nights)


@pytest.mark.parametrize(("minimum", "left"), [(7, 7), (8, 0)])
def test_a_person_with_too_few_nights_is_left_out_whole(minimum: int, left: int) -> None:
    ledger = exclusion_ledger(table(MONTH), minimum_nights=minimum)
    assert ledger.analysed_nights == left
    assert ("TOO_FEW_NIGHTS" in told(ledger)) == (left == 0)


def test_people_are_listed_one_by_one_and_add_up() -> None:
    nights = pd.concat([table(MONTH, "ann"), table(MONTH[:6], "ben")], ignore_index=True)
    ann, ben, cid = ledgers(nights, person_ids=["ann", "ben", "cid"], received={"ann": 15})
    assert ann.exclusions[0].code == "SUPERSEDED"
    assert (ben.recorded, ben.valid, ben.analysed_nights) == (6, 5, 5)
    assert (cid.person_ids, cid.recorded, cid.exclusions) == (("cid",), 0, ())
    everybody = added([ann, ben, cid])
    assert everybody.person_ids == ("ann", "ben", "cid")
    assert (everybody.received, everybody.recorded, everybody.analysed) == (21, 19, 13)
    assert told(everybody)["MOSTLY_MISSING"] == ("valid", 2, 2)
    assert [each.person_ids for each in ledgers(nights)] == [("ann",), ("ben",)]


def test_nobody_is_counted_twice_and_people_are_not_taken_for_one() -> None:
    ann = exclusion_ledger(table(MONTH, "ann"))
    assert ann.person_ids == ("ann",)
    with pytest.raises(ValueError, match="in two of these ledgers"):
        added([ann, ann])
    with pytest.raises(ValueError, match="several people"):
        exclusion_ledger(pd.concat([table(MONTH, "ann"), table(MONTH, "ben")]))
    assert added([]).recorded == 0


def test_a_ledger_that_does_not_add_up_cannot_exist() -> None:
    lost = Exclusion(step="valid", code="NEVER_SLEPT", reason="No sleep.", sessions=2, nights=0)
    with pytest.raises(ValueError, match="of 3 sessions recorded 2 are left out, and 2 remain"):
        Ledger(
            person_ids=("ann",),
            received=3,
            recorded=3,
            valid=2,
            analysed=2,
            recorded_nights=2,
            valid_nights=2,
            analysed_nights=2,
            exclusions=(lost,),
        )


def test_five_hundred_people_with_a_year_take_a_fraction_of_a_second() -> None:
    one = table(MONTH)
    rows = np.tile(np.arange(len(one)), 365 * 500 // len(one) + 1)
    nights = one.take(rows).assign(
        person_id=np.repeat(np.arange(500), len(rows) // 500 + 1)[: len(rows)].astype(str)
    )
    begun = time.process_time()
    everybody = added(ledgers(nights))
    # Some 0.2 s; the bound leaves room for a machine ten times slower.
    assert time.process_time() - begun < 2
    assert everybody.recorded == nights["pieces"].sum()
