"""Whatever the series: the trend turns with it, and a mean is the mean of what the window holds."""

import math

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.trends import rolling_mean, trend

START = pd.Timestamp("2026-01-05")
series = st.lists(
    st.tuples(st.integers(0, 80), st.floats(200, 600)), max_size=40, unique_by=lambda pair: pair[0]
).map(sorted)


def split(pairs: list[tuple[int, float]]) -> tuple[pd.DatetimeIndex, np.ndarray]:
    days = pd.DatetimeIndex([START + pd.Timedelta(days=day) for day, _ in pairs], dtype="datetime64[us]")
    return days, np.array([value for _, value in pairs], dtype=float)


@settings(max_examples=100, deadline=None)
@given(pairs=series)
def test_a_series_upside_down_has_the_opposite_trend(pairs: list[tuple[int, float]]) -> None:
    days, values = split(pairs)
    up, down = trend(days, values, practical=15), trend(days, -values, practical=15)
    opposite = {"rising": "falling", "falling": "rising", "none": "none", "too few": "too few"}
    assert down.verdict == opposite[up.verdict]
    np.testing.assert_allclose(down.slope_per_week, -up.slope_per_week, atol=1e-9)
    np.testing.assert_allclose(
        [down.low_per_week, down.high_per_week], [-up.high_per_week, -up.low_per_week], atol=1e-9
    )
    np.testing.assert_allclose(down.p, up.p)


@settings(max_examples=100, deadline=None)
@given(pairs=series, practical=st.floats(0, 100))
def test_a_trend_is_only_named_through_its_gates(pairs: list[tuple[int, float]], practical: float) -> None:
    days, values = split(pairs)
    found = trend(days, values, practical=practical)
    assert found.nights == len(pairs)
    if found.verdict in {"rising", "falling"}:
        assert found.nights >= 14
        assert found.span_days >= 21
        assert found.p < 0.05
        assert abs(found.slope_per_week / 7 * found.span_days) >= practical
        assert found.span_days < 56 or found.p_weekly < 0.05
        assert (found.slope_per_week > 0) == (found.verdict == "rising") == (found.tau > 0)


@settings(max_examples=100, deadline=None)
@given(pairs=series, window=st.integers(1, 10), minimum=st.integers(1, 10))
def test_a_rolling_mean_is_the_mean_of_its_window(
    pairs: list[tuple[int, float]], window: int, minimum: int
) -> None:
    minimum = min(minimum, window)
    found = rolling_mean(*split(pairs), window_days=window, minimum=minimum)
    known = dict(pairs)
    for label, mean in found.items():
        day = (pd.Timestamp(str(label)) - START).days
        held = [known[d] for d in range(day - window + 1, day + 1) if d in known]
        expected = sum(held) / len(held) if len(held) >= minimum else math.nan
        np.testing.assert_allclose(mean, expected, rtol=1e-9)
