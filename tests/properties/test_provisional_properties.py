"""Whatever figures the vendor sends, nights can be made of them, and none that cannot be true counts."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.nights import night_table
from analytics.sessions import VENDOR_FIGURES, SessionSet
from cache.summaries import summarised
from tests.cache.samples import NOW
from tests.cache.test_summaries import averages_of, overlapping

ANY = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True), st.sampled_from([0.0, -5.0, -60.0, 1e300, 28_800.0])
)


def changed(sessions: SessionSet, frame: pd.DataFrame) -> SessionSet:
    return SessionSet.of_frame(frame, sessions.stages, sessions.snoring)


@given(
    figures=st.lists(
        st.lists(ANY, min_size=len(VENDOR_FIGURES), max_size=len(VENDOR_FIGURES)), min_size=4, max_size=4
    )
)
@settings(max_examples=150, deadline=None)
def test_any_figures_make_nights_and_those_that_count_have_a_length_and_a_place(
    figures: list[list[float]],
) -> None:
    sessions = summarised(averages_of("average_stats"), received=NOW)
    columns = {
        f"vendor_{name}": values for name, values in zip(VENDOR_FIGURES, np.array(figures).T, strict=True)
    }
    nights = night_table(changed(sessions, sessions.frame.assign(**columns)), zone="UTC")
    counted = nights[nights["valid"]]
    assert np.isfinite(counted["tst_min"]).all()
    assert (counted["tst_min"] > 0).all()
    assert counted["onset"].notna().all()
    assert set(";".join(nights["session_ids"]).split(";")) == set(sessions.frame["session_id"])


@given(
    apart_h=st.floats(-3, 9),
    figures=st.lists(ANY, min_size=len(VENDOR_FIGURES), max_size=len(VENDOR_FIGURES)),
)
@settings(max_examples=60, deadline=None)
def test_two_sessions_of_a_night_with_any_figures_lose_nobody(apart_h: float, figures: list[float]) -> None:
    sessions: SessionSet = overlapping(apart_h)
    frame: pd.DataFrame = sessions.frame.copy()
    for name, value in zip(VENDOR_FIGURES, figures, strict=True):
        frame.loc[0, f"vendor_{name}"] = value
    nights = night_table(changed(sessions, frame), zone="UTC")
    assert nights["pieces"].sum() == 2
