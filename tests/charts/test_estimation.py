"""The estimation plot and the overview of a comparison: everybody is there, nothing is too large, few are dots only."""

import math
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.comparison import Compared, two_groups, two_periods
from analytics.comparison_people import METRICS, GroupValues
from analytics.people_bins import people_bins
from analytics.person_values import PersonValues
from charts.estimation import MOST_DOTS, MOST_LINES, caption, estimation
from charts.forest import _sd_ticks, forest
from charts.forest import caption as forest_caption
from charts.labels import width_px
from charts.swarm import swarm
from charts.theme import theme
from charts.value_axis import ticks

LIGHT = theme("light")
NAME = "mean_tst_min"
HOSTILE = "*[x](y) <b>$a$"
MOST_BYTES = 1_500_000


def of(
    label: str, prefix: str, count: int, *, mean: float = 430.0, seed: int = 0, sd: float = 30.0
) -> GroupValues:
    draw = np.random.default_rng(seed)
    ids = pd.Index([f"{prefix}{n:04d}" for n in range(count)], dtype="str", name="person_id")
    spread = {"clock": (3.5, 0.7), "percent": (88.0, 4.0), "points": (80.0, 6.0), "index": (70.0, 8.0)}
    values = {}
    for name, metric in METRICS.items():
        centre, wide = spread.get(metric.kind, (mean, sd))
        values[name] = PersonValues(
            values=pd.Series(np.round(centre + wide * draw.standard_normal(count), 9), index=ids),
            nights=pd.Series(np.full(count, 20), index=ids),
            low_confidence=(),
            left_out=(),
        )
    return GroupValues(
        label=label,
        people=tuple(ids),
        first=date(2026, 1, 1),
        last=date(2026, 1, 28),
        values=values,
        estimators=pd.Series("sri", index=ids, dtype="object"),
        valid_nights=pd.Series(20, index=ids),
    )


def groups(one: int, other: int, **more: Any) -> Compared:
    return two_groups(of("Usual", "a", one, seed=1), of("Later", "b", other, seed=2, **more))


def periods(count: int) -> Compared:
    return two_periods(of("All", "p", count, seed=1), of("All", "p", count, mean=440, seed=2))


def dots(compared: Compared, **more: Any) -> list[Any]:
    figure = estimation(compared, NAME, LIGHT, **more).figure
    return [trace for trace in figure.data if trace.mode == "markers"]


@pytest.mark.parametrize("narrow", [False, True])
def test_everybody_is_a_dot_at_their_own_height(narrow: bool) -> None:
    compared = groups(21, 23)
    for trace, group in zip(
        dots(compared, narrow=narrow),
        (compared.metrics[NAME].contrast.a, compared.metrics[NAME].contrast.b),
        strict=True,
    ):
        assert list(trace.y) == group.values.tolist()


def test_a_name_is_written_letter_by_letter_with_the_value_and_its_nights() -> None:
    (first, _) = dots(groups(6, 6), names={"a0000": HOSTILE})
    said = first.hovertext
    assert said[0].startswith("*[x](y) &lt;b&gt;$a$: ")
    assert said[0].endswith("20\u00a0nights")
    assert "<b>" not in said[0]


def test_the_means_stand_where_the_means_are_and_the_difference_on_its_own_axis() -> None:
    compared = groups(21, 23, mean=460.0)
    found = compared.metrics[NAME]
    assert found.contrast.means is not None
    bars = [trace for trace in estimation(compared, NAME, LIGHT).figure.data if trace.mode == "lines+markers"]
    heights = [list(trace.y) for trace in bars]
    of_means = found.contrast.means.difference
    assert heights == [
        [found.mean_a.low, found.contrast.a.mean, found.mean_a.high],
        [found.mean_b.low, found.contrast.b.mean, found.mean_b.high],
        [of_means.low, of_means.value, of_means.high],
    ]
    assert [trace.yaxis for trace in bars] == [None, None, "y2"]


def test_on_one_ruler_the_difference_stands_beside_the_mean_it_leads_to() -> None:
    compared = groups(21, 23, mean=460.0)
    layout = estimation(compared, NAME, LIGHT).figure.layout
    found = compared.metrics[NAME]
    left, right = layout.yaxis.range, layout.yaxis2.range
    assert left[0] - right[0] == pytest.approx(found.contrast.a.mean)
    assert left[1] - left[0] == pytest.approx(right[1] - right[0])
    assert "scale of its own" not in caption(compared, NAME, shape=False)


def test_a_difference_too_narrow_for_the_people_s_ruler_has_its_own_and_says_so() -> None:
    compared = groups(290, 290, mean=433.0)
    layout = estimation(compared, NAME, LIGHT).figure.layout
    assert layout.yaxis2.range[1] - layout.yaxis2.range[0] < layout.yaxis.range[1] - layout.yaxis.range[0]
    assert layout.yaxis2.range[0] < 0 < layout.yaxis2.range[1]
    assert "on a scale of its own" in caption(compared, NAME, shape=False)


def test_the_shape_of_the_bootstrap_is_there_only_when_it_has_arrived() -> None:
    compared = groups(21, 23)
    shape = compared.metrics[NAME].contrast.shape()
    assert shape is not None
    without, with_it = (estimation(compared, NAME, LIGHT, shape=each).figure for each in (None, shape))
    assert len(with_it.data) == len(without.data) + 1
    assert [trace.fill for trace in with_it.data].count("toself") == 1
    low, high = with_it.layout.yaxis2.range
    assert low <= shape.at[0] < shape.at[-1] <= high
    assert "how its bootstrap spreads" in caption(compared, NAME, shape=True)


def test_two_periods_tie_each_person_s_dots_until_there_are_too_many() -> None:
    for count, tied in ((MOST_LINES, True), (MOST_LINES + 1, False)):
        figure = estimation(periods(count), NAME, LIGHT).figure
        lines = [trace for trace in figure.data if trace.mode == "lines"]
        assert bool(lines) is tied
        if tied:
            assert len(lines[0].y) == 3 * count
            assert all(
                trace.x == (0.0,) * count or trace.x == (1.0,) * count for trace in dots(periods(count))
            )


@pytest.mark.parametrize("count", [MOST_DOTS, MOST_DOTS + 1, 5000])
def test_however_many_people_it_is_small_enough_to_be_sent(count: int) -> None:
    compared = groups(count, count)
    chart = estimation(compared, NAME, LIGHT, names={f"a{n:04d}": "x" * 40 for n in range(count)})
    assert len(chart.figure.to_json()) + chart.table.memory_usage(deep=True).sum() < MOST_BYTES
    bars = [trace for trace in chart.figure.data if trace.type == "bar"]
    assert bool(bars) is (count > MOST_DOTS)
    if bars:
        assert "A bar is as long as there are people" in caption(compared, NAME, shape=False)
        assert len(chart.table) == 3


def test_below_five_there_are_dots_and_no_mean_no_difference_and_no_shape() -> None:
    compared = groups(3, 30)
    chart = estimation(compared, NAME, LIGHT)
    assert [trace.mode for trace in chart.figure.data] == ["markers", "markers"]
    assert "Too few people for a test or a mean" in caption(compared, NAME, shape=False)
    assert "Too few people for a test" in chart.alt


def around_the_clock(group: GroupValues, turn: float = 0.0) -> GroupValues:
    """The same people, whose mid-sleeps lie evenly all round the clock."""
    found = group.values["mean_midsleep_h"]
    times = (np.arange(len(found.values)) * 24 / len(found.values) + turn) % 24
    even = replace(found, values=pd.Series(times, index=found.values.index))
    return replace(group, values={**group.values, "mean_midsleep_h": even})


def test_without_a_typical_time_nobody_is_said_to_be_too_few() -> None:
    name = "mean_midsleep_h"
    compared = two_groups(around_the_clock(of("A", "a", 12)), of("B", "b", 12))
    assert math.isnan(compared.metrics[name].mean_b.value)
    for said in (caption(compared, name, shape=False), estimation(compared, name, LIGHT).alt):
        assert "there is no typical time to compare" in said
        assert "oo few" not in said


def test_a_change_without_a_typical_time_of_either_period_is_drawn_without_means() -> None:
    name = "mean_midsleep_h"
    compared = two_periods(
        around_the_clock(of("A", "p", 12)), around_the_clock(of("A", "p", 12, seed=2), turn=1.0)
    )
    found = compared.metrics[name]
    assert found.contrast.means is not None
    assert found.contrast.means.difference.value == pytest.approx(1)
    assert np.isnan([found.mean_a.value, found.mean_b.value, found.sd]).all()
    chart = estimation(compared, name, LIGHT)
    assert list(chart.table["Value"][:2]) == ["–", "–"]
    assert "Bar beside them" not in caption(compared, name, shape=False)
    assert forest(compared, LIGHT).table.set_index("Statistic").loc["Mid-sleep", "In SD"] == "–"


@pytest.mark.parametrize(("one", "other"), [(0, 0), (0, 6), (1, 0), (1, 1)])
def test_nobody_or_one_person_is_drawn_or_said(one: int, other: int) -> None:
    chart = estimation(groups(one, other), NAME, LIGHT)
    assert chart.alt
    if one + other == 0:
        assert "Nobody has a value of time asleep" in chart.alt
    else:
        low, high = chart.figure.layout.yaxis.range
        assert low < high


@pytest.mark.parametrize("name", list(METRICS))
@pytest.mark.parametrize("narrow", [False, True])
def test_every_statistic_has_ticks_in_words_and_an_alternative_text_with_numbers(
    name: str, narrow: bool
) -> None:
    chart = estimation(groups(12, 14), name, LIGHT, narrow=narrow)
    layout = chart.figure.layout
    assert 2 <= len(layout.yaxis.tickvals) <= 8
    assert len(set(layout.yaxis.ticktext)) == len(layout.yaxis.ticktext)
    for axis, room in ((layout.yaxis, layout.margin.l), (layout.yaxis2, layout.margin.r)):
        assert (
            max(width_px(text.strip(), "axis") for text in axis.ticktext) <= room < (110 if narrow else 130)
        )
    assert any(character.isdigit() for character in chart.alt)
    assert "95 % interval" in chart.alt


def test_a_hostile_group_is_written_letter_by_letter() -> None:
    chart = estimation(two_groups(of("<b>x</b>", "a", 6), of("B", "b", 6)), NAME, LIGHT)
    assert "<b>" not in chart.figure.layout.xaxis.ticktext[0]


class TestForest:
    def test_every_metric_is_a_dot_at_its_standard_deviations(self) -> None:
        compared = groups(21, 23, mean=460.0)
        chart = forest(compared, LIGHT)
        placed = {x for trace in chart.figure.data if trace.mode == "markers" for x in trace.x}
        assert placed == {each.in_sd.value for each in compared.tested}
        assert len(chart.table) == len(METRICS)

    def test_hollow_is_what_holds_zero(self) -> None:
        compared = groups(21, 23, mean=460.0)
        for trace in forest(compared, LIGHT).figure.data:
            if trace.mode != "markers" or not len(trace.x):
                continue
            hollow = trace.marker.color == LIGHT.surface
            for x in trace.x:
                (each,) = [one for one in compared.tested if one.in_sd.value == x]
                assert (each.in_sd.low <= 0 <= each.in_sd.high) == hollow

    def test_the_values_stand_at_the_right_and_have_room(self) -> None:
        compared = groups(21, 23, mean=460.0)
        layout = forest(compared, LIGHT).figure.layout
        for text in layout.yaxis2.ticktext:
            bare = text.replace("<b>", "").replace("</b>", "")
            assert width_px(bare, "caption") <= layout.margin.r + 20
        assert " to " in layout.yaxis2.ticktext[0]

    def test_the_band_is_what_is_too_small_to_matter(self) -> None:
        (band, _) = forest(groups(12, 12), LIGHT).figure.layout.shapes
        assert (band.x0, band.x1) == (-0.2, 0.2)

    def test_the_caption_says_how_wide_the_intervals_are(self) -> None:
        compared = groups(12, 12)
        said = forest_caption(compared)
        assert "98.3\u00a0%" in said
        assert "widened for 10\u00a0statistics" in said

    def test_where_everything_is_clear_nothing_is_said_to_be_widened(self) -> None:
        a, b = of("Usual", "a", 12, seed=1), of("Later", "b", 12, seed=1)
        far = {
            name: replace(each, values=each.values + 10 * float(each.values.std()))
            for name, each in b.values.items()
            if not METRICS[name].circular
        }
        far["mean_midsleep_h"] = replace(
            b.values["mean_midsleep_h"], values=b.values["mean_midsleep_h"].values + 5
        )
        compared = two_groups(a, replace(b, values=far))
        assert all(each.way == "more" for each in compared.tested)
        said = forest_caption(compared)
        assert "widened" not in said
        assert "95 % intervals, which adjusting for 10\u00a0statistics does not widen" in said

    @pytest.mark.parametrize("reach", [0.53, 0.8, 3.2, 29.0, 31.0, 7.8e7, 4e15])
    def test_however_far_the_differences_reach_the_ticks_are_few_and_round(self, reach: float) -> None:
        ticks_ = _sd_ticks(reach)
        step = ticks_[-1] / (len(ticks_) // 2)
        assert 3 <= len(ticks_) <= 7
        assert max(ticks_) <= reach
        assert step / 10 ** math.floor(math.log10(step) + 1e-9) == pytest.approx(
            round(step / 10 ** math.floor(math.log10(step) + 1e-9))
        )
        assert ticks_[len(ticks_) // 2] == 0

    def test_without_a_test_there_is_a_sentence(self) -> None:
        assert forest(groups(3, 3), LIGHT).alt == "No statistic has people enough for a test."

    @pytest.mark.parametrize("narrow", [False, True])
    def test_it_is_as_tall_as_it_has_rows(self, narrow: bool) -> None:
        chart = forest(groups(12, 12), LIGHT, narrow=narrow)
        assert chart.height_px > len(METRICS) * (60 if narrow else 39)


def test_dots_of_one_row_stand_apart_and_around_the_middle() -> None:
    offsets = swarm([10.0, 10.1, 10.2, 50.0], tall=1.0, wide=0.1, most=0.3)
    assert offsets[3] == 0
    assert sorted(offsets[:3]) == pytest.approx([-0.1, 0, 0.1])
    assert sum(swarm([10.0, 10.1], tall=1.0, wide=0.1, most=0.3)) == pytest.approx(0)


def test_many_dots_of_one_row_stay_within_their_room() -> None:
    offsets = swarm([5.0] * 200, tall=1.0, wide=0.1, most=0.25)
    assert max(abs(each) for each in offsets) <= 0.25
    assert len(set(offsets)) > 150


def test_bins_hold_everybody_once() -> None:
    values = np.random.default_rng(1).normal(430, 30, 4000)
    found = people_bins(values, low=values.min(), high=values.max())
    assert sum(found.counts) == 4000
    assert len(found.edges) == len(found.counts) + 1


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        ("duration", 317, 521),
        ("clock", 25.1, 27.9),
        ("hours", -2.2, 1.7),
        ("points", -0.04, 0.05),
        ("percent", 71, 99),
    ],
)
def test_ticks_are_round_inside_and_few(kind: str, low: float, high: float) -> None:
    found = ticks(kind, low, high)  # type: ignore[arg-type]
    assert 2 <= len(found) <= 8
    assert low <= found[0] < found[-1] <= high + 1e-9
    steps = {round(after - before, 9) for before, after in pairwise(found)}
    assert len(steps) == 1
    scale = 60 if kind in {"clock", "hours"} else 1
    assert not any(math.isnan(at * scale) for at in found)
