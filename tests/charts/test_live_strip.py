"""The strip of a night under way: it draws what has arrived, where it belongs, and nothing else."""

import re
from datetime import datetime, timedelta
from itertools import pairwise
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest

from analytics.live_night import NightSoFar, StageBlock, night_so_far
from charts.live_strip import HEIGHT_PX, WIDTH_PX, live_strip, live_words
from charts.theme import ThemeName, theme

LIGHT = theme("light")
START = datetime(2026, 3, 10, 23, 0, tzinfo=ZoneInfo("Europe/Berlin"))
SVG = "{http://www.w3.org/2000/svg}"
LABELS_PX, END_PX = 42, 4


def night(*values: int, seq: int | None = None, after_min: float = 0) -> NightSoFar:
    """A night of one block, looked at so many minutes after the block's end."""
    block = StageBlock(
        seq=len(values) // 10 - 1 if seq is None else seq, stages=bytes(each % 256 for each in values)
    )
    at = START + timedelta(minutes=10 * (block.seq + 1) / 2 + after_min)
    return night_so_far(START, [block], at=at)


def found(svg: str, name: str, **attributes: str) -> list[ET.Element]:
    return [
        each
        for each in ET.fromstring(svg).iter(f"{SVG}{name}")  # noqa: S314  (our own drawing)
        if all(each.get(key) == value for key, value in attributes.items())
    ]


def boxes(svg: str, fill: str) -> list[tuple[float, float, float, float]]:
    """Left, top, width and height of every box of a colour."""
    return [
        (float(x), float(y), float(wide), float(high))
        for path in found(svg, "path", fill=fill)
        for x, y, wide, high in re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)v([\d.]+)h-", path.attrib["d"])
    ]


def test_the_rows_from_the_top_are_awake_rem_light_and_deep() -> None:
    svg = live_strip(night(*[0] * 10, *[3] * 10, *[1] * 10, *[2] * 10), LIGHT)
    tops = [boxes(svg, LIGHT.stages.of(name))[0][1] for name in ("awake", "rem", "light", "deep")]
    assert tops == sorted(tops)
    assert len(set(tops)) == 4
    labels = [text.text for text in found(svg, "text")][:4]
    assert labels == ["Awake", "REM", "Light", "Deep"]


def test_a_run_lies_where_its_time_is() -> None:
    svg = live_strip(night(*[1] * 60, *[2] * 60), LIGHT)
    (light,), (deep,) = boxes(svg, LIGHT.stages.light), boxes(svg, LIGHT.stages.deep)
    px_a_min = (WIDTH_PX[False] - LABELS_PX - END_PX) / 540
    assert light[0] == pytest.approx(LABELS_PX, abs=0.1)
    assert light[2] == pytest.approx(30 * px_a_min, abs=0.15)
    assert deep[0] == pytest.approx(LABELS_PX + 30 * px_a_min, abs=0.1)


def test_what_never_arrived_is_hatched_over_all_rows_and_no_stage_lies_in_it() -> None:
    svg = live_strip(night(*[1] * 10, seq=3), LIGHT)
    (gap,) = boxes(svg, "url(#gap)")
    (light,) = boxes(svg, LIGHT.stages.light)
    assert gap[0] + gap[2] == pytest.approx(light[0], abs=0.11)
    assert gap[3] == 52


def test_between_the_latest_block_and_now_nothing_is_drawn_but_that_it_is_to_come() -> None:
    svg = live_strip(night(*[1] * 120, after_min=60), LIGHT)
    (awaited,) = found(svg, "rect", **{"class": "awaited"})
    (now,) = found(svg, "path", **{"class": "now"})
    (light,) = boxes(svg, LIGHT.stages.light)
    assert float(awaited.attrib["x"]) == pytest.approx(light[0] + light[2], abs=0.11)
    ends = float(awaited.attrib["x"]) + float(awaited.attrib["width"])
    assert now_left(now) == pytest.approx(ends, abs=1e-6)


def now_left(line: ET.Element) -> float:
    """The left edge of the line of now."""
    return float(line.attrib["d"][1:].split()[0]) - float(line.attrib["stroke-width"]) / 2


@pytest.mark.parametrize("epochs", [10, 20, 30])
@pytest.mark.parametrize("hours_before", [0, 30])
def test_the_line_of_now_covers_nothing_that_is_known(epochs: int, hours_before: int) -> None:
    earlier = [1] * 120 * hours_before
    svg = live_strip(night(*earlier, *[0] * (epochs - 1), 2), LIGHT)
    (deep,) = boxes(svg, LIGHT.stages.deep)
    (now,) = found(svg, "path", **{"class": "now"})
    assert now_left(now) >= deep[0] + deep[2] - 1e-6


def test_of_a_silent_night_an_hour_is_tinted_and_the_axis_ends_with_it() -> None:
    whole = [1] * 120 * 10
    svg = live_strip(night(*whole, after_min=14 * 60), LIGHT, silent=True)
    (awaited,) = found(svg, "rect", **{"class": "awaited"})
    (light,) = boxes(svg, LIGHT.stages.light)
    assert float(awaited.attrib["width"]) == pytest.approx(light[2] / 10, abs=0.2)
    assert float(awaited.attrib["x"]) + float(awaited.attrib["width"]) == pytest.approx(
        WIDTH_PX[False] - END_PX, abs=0.2
    )
    assert not found(svg, "path", **{"class": "now"})
    words = live_words(night(*whole, after_min=14 * 60), silent=True).replace("\u00a0", " ")
    assert words.startswith("Recording since 23:00; stages until 09:00")
    assert "so far" not in words
    assert "still to come" not in words


def test_a_compact_strip_is_low_and_names_no_rows() -> None:
    svg = live_strip(night(*[0] * 60, *[2] * 60), LIGHT, compact=True)
    root = ET.fromstring(svg)  # noqa: S314  (our own drawing)
    assert root.get("height") == str(HEIGHT_PX[True])
    assert all(re.fullmatch(r"\d\d:\d\d", text.text or "") for text in found(svg, "text"))
    (awake,), (deep,) = boxes(svg, LIGHT.stages.awake), boxes(svg, LIGHT.stages.deep)
    assert awake[1] + awake[3] < deep[1]
    assert awake[0] < LABELS_PX


def test_a_night_grows_to_the_right_on_one_axis_until_it_is_longer_than_nine_hours() -> None:
    short, longer = (boxes(live_strip(night(*[1] * n), LIGHT), LIGHT.stages.light)[0][2] for n in (120, 240))
    assert longer == pytest.approx(2 * short, abs=0.2)
    (whole,) = boxes(live_strip(night(*[1] * 1440), LIGHT), LIGHT.stages.light)
    assert whole[0] + whole[2] <= WIDTH_PX[False] - END_PX + 0.1


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("hours", [1, 9, 12, 20, 30, 48])
def test_the_hours_never_stand_in_each_other(hours: int, narrow: bool) -> None:
    svg = live_strip(night_so_far(START, [], at=START + timedelta(hours=hours)), LIGHT, narrow=narrow)
    places = [float(text.attrib["x"]) for text in found(svg, "text")[4:]]
    assert len(places) >= 2
    assert all(after - before >= 36 for before, after in pairwise(places))


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("hours", [1, 9, 12, 20])
def test_every_mark_of_the_axis_has_its_hour(hours: int, narrow: bool) -> None:
    svg = live_strip(night_so_far(START, [], at=START + timedelta(hours=hours)), LIGHT, narrow=narrow)
    marks = [
        float(path.attrib["d"][1:].split()[0]) for path in found(svg, "path", stroke=LIGHT.border_strong)
    ]
    assert marks == [float(text.attrib["x"]) for text in found(svg, "text")[4:]]


def test_before_the_first_block_there_is_an_axis_and_no_stage() -> None:
    empty = night_so_far(START, [], at=START + timedelta(minutes=4))
    svg = live_strip(empty, LIGHT)
    assert not [
        box for name in ("awake", "rem", "light", "deep") for box in boxes(svg, LIGHT.stages.of(name))
    ]
    assert [text.text for text in found(svg, "text")][4] == "23:00"
    assert live_words(empty) == "Recording since 23:00, 4 min so far; no stages have arrived yet.".replace(
        "4 min", "4\u00a0min"
    )


def test_on_a_clock_change_night_the_axis_leaves_out_the_hour_that_was_not() -> None:
    start = datetime(2026, 3, 29, 0, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    svg = live_strip(night_so_far(start, [], at=start + timedelta(hours=4)), LIGHT)
    clocks = [text.text for text in found(svg, "text")][4:]
    assert clocks[:3] == ["01:00", "03:00", "04:00"]


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("name", ["light", "dark"])
def test_it_keeps_its_size_and_the_colours_of_its_theme(name: ThemeName, narrow: bool) -> None:
    svg = live_strip(night(*[-1] * 10, *[3] * 10, after_min=3), theme(name), narrow=narrow)
    root = ET.fromstring(svg)  # noqa: S314  (our own drawing)
    assert (root.get("width"), root.get("height")) == (str(WIDTH_PX[narrow]), str(HEIGHT_PX[False]))
    colours = set(re.findall(r"#[0-9a-f]{6}", svg))
    known = theme(name)
    assert colours <= {
        *(known.stages.rem, known.stages.unknown, known.grid, known.border, known.border_strong),
        *(known.text_secondary, known.accent, known.reference_band),
    }


def test_a_whole_night_of_short_runs_stays_small() -> None:
    assert len(live_strip(night(*[0, 1, 2, 1, 3] * 200), LIGHT)) < 60_000
    typical = [stage for stage in (0, 1, 2, 1, 3) for _ in range(12)] * 16
    assert len(live_strip(night(*typical), LIGHT)) < 8_000


def test_the_words_hold_the_numbers() -> None:
    said = live_words(night(*[0] * 10, *[1] * 20, *[-1] * 10, *[2] * 20, after_min=7)).replace("\u00a0", " ")
    assert said == (
        "Recording since 23:00, 37 min so far; stages until 23:30, 83 % of them known; Awake 5 min; REM 0 min; "
        "Light 10 min; Deep 10 min; not known 5 min; the last 7 min still to come."
    )
