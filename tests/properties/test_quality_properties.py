"""Whatever people record, expected nights go into states and reasons without a night lost or counted twice."""

from datetime import timedelta

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from analytics.analysed import Analysed
from analytics.quality import days_known, quality
from analytics.quality_flow import flow
from analytics.quality_people import REASON_COLUMNS
from analytics.quality_states import NO_RECORDING, NOT_SYNCED
from analytics.sleeper import Sleeper
from tests.properties.test_ledger_properties import BEGIN, people, quick, table

DAY = BEGIN.date()
days = st.integers(-3, 12)
analyses = st.builds(
    Analysed,
    measure=st.sampled_from(["tst_min", "rem_latency_min"]),
    consistency=st.booleans(),
    minimum_nights=st.integers(0, 3),
)


@quick
@given(st.lists(people, min_size=0, max_size=4), analyses, days, st.integers(0, 14), st.tuples(days, days))
def test_it_adds_up_for_everybody_and_each_person(
    everyone: list[list[object]], analysed: Analysed, begins: int, longer: int, asked: tuple[int, int]
) -> None:
    everybody = [Sleeper(person_id=f"p{n}", name="Ana", zone="Europe/Berlin") for n in range(len(everyone))]
    parts = [
        table(sessions).assign(person_id=who.person_id)  # type: ignore[arg-type]
        for who, sessions in zip(everybody, everyone, strict=True)
    ]
    nights = pd.concat(parts, ignore_index=True) if parts else table([]).assign(person_id="")
    first, last = DAY + timedelta(days=begins), DAY + timedelta(days=begins + longer)
    synced = {"p0": (DAY + timedelta(days=min(asked)), DAY + timedelta(days=max(asked)))}
    known = days_known(everybody, nights, synced)
    found = quality("All", everybody, nights, first=first, last=last, known=known, analysed=analysed)

    inside = nights[nights["night"].between(pd.Timestamp(first), pd.Timestamp(last))]
    dates = inside[["person_id", "night"]].drop_duplicates()
    mains = inside[inside["valid"] & (inside["kind"] == "main")]
    # The counts at the ends, by hand.
    assert found.expected == len(everybody) * (longer + 1)
    assert found.recorded == len(dates)
    assert found.valid == len(mains)
    by_reason = found.nights_by_reason
    assert found.expected - found.recorded == by_reason.get("NOT_SYNCED", 0) + by_reason.get(
        "NO_RECORDING", 0
    )
    assert found.expected - found.in_analysis == sum(by_reason.values())
    assert all(len(found.nights_of(code)) == count for code, count in by_reason.items())
    # Every square is recorded or not; every square that is not analysed has its reason.
    assert int((found.states > NO_RECORDING).sum()) == found.recorded
    assert int((found.reasons == 0).sum()) == found.in_analysis
    assert np.isin(found.states[found.reasons == 0], [NOT_SYNCED, NO_RECORDING]).sum() == 0
    # And so has each person, in the sheet.
    sheet = found.people
    grades = sheet["valid_a_nights"] + sheet["valid_b_nights"] + sheet["provisional_nights"]
    assert (grades == sheet["valid_nights"]).all()
    assert (sheet["recorded_nights"] == sheet["valid_nights"] + sheet["left_out_nights"]).all()
    silent = sheet["not_synced_nights"] + sheet["unrecorded_nights"]
    assert (sheet["expected_nights"] == silent + sheet["recorded_nights"]).all()
    kept_out = sheet[list(REASON_COLUMNS.values())].sum(axis=1)
    assert (sheet["recorded_nights"] == sheet["analysed_nights"] + kept_out).all()
    assert (sheet["longest_run_unrecorded_nights"] <= silent).all()
    assert int(sheet["valid_nights"].sum()) == found.valid
    # The flow says the same as the ledger, at each of its steps.
    steps = {row.code: (row.nights, row.sessions) for row in flow(found) if row.kind == "step"}
    assert steps["recorded"] == (found.ledger.recorded_nights, found.ledger.recorded)
    assert steps["analysed"] == (found.ledger.analysed_nights, found.ledger.analysed)
