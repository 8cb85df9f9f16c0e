"""Small drawings: what is broken stays broken, what is percent fills its width, and no text ever enters."""

import base64
import math
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charts.sparkline import coverage_strip, data_uri, part_bar, sparkline
from charts.theme import theme

LIGHT = theme("light")
NAN = float("nan")
NIGHTS = [7.0, 6.5, 7.2, 7.1, 6.8, 7.3, 7.0, 6.9, 6.2, 6.0, 6.1, 5.9, 6.4, 6.3]


def drawing(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314  (our own drawing)


def elements(svg: str, name: str) -> list[ET.Element]:
    return drawing(svg).findall(f"{{http://www.w3.org/2000/svg}}{name}")


def paths(svg: str, colour: str) -> list[str]:
    return [path.attrib["d"] for path in elements(svg, "path") if path.attrib["stroke"] == colour]


def test_the_last_seven_nights_are_in_accent_and_end_in_a_dot() -> None:
    svg = sparkline(NIGHTS, LIGHT)
    (recent,) = paths(svg, LIGHT.accent)
    assert len(recent.split("L")) == 7
    (dot,) = elements(svg, "circle")
    assert recent.endswith(f"{dot.attrib['cx']} {dot.attrib['cy']}")
    (before,) = paths(svg, LIGHT.text_tertiary)
    assert before.split("L")[-1] == recent[1:].split("L")[0], "the grey line meets the coloured one"


def test_a_night_without_a_recording_breaks_the_line() -> None:
    broken = [*NIGHTS[:3], NAN, *NIGHTS[4:10], NAN, NAN, NIGHTS[12], NAN]
    svg = sparkline(broken, LIGHT)
    assert len(paths(svg, LIGHT.text_tertiary)) == 2
    accent = paths(svg, LIGHT.accent)
    assert len(accent) == 2
    assert accent[-1].endswith("h0"), "a lone night is a dot, not nothing"
    assert float(elements(svg, "circle")[0].attrib["cx"]) == pytest.approx(5 + 12 * 150 / 13, abs=0.1)


def test_the_band_lies_where_it_is_told() -> None:
    (band,) = elements(sparkline([6.0, 8.0, 7.0], LIGHT, low=6.5, high=7.5), "rect")
    assert band.attrib["fill"] == LIGHT.reference_band
    # 6 h to 8 h fill the height within 5 px of its edges.
    assert float(band.attrib["y"]) == pytest.approx(44 - 5 - 0.75 * 34)
    assert float(band.attrib["height"]) == pytest.approx(0.5 * 34)


def test_a_band_wider_than_the_nights_is_drawn_whole() -> None:
    (band,) = elements(sparkline([6.0, 8.0, 7.0], LIGHT, low=5.0, high=9.0), "rect")
    assert (float(band.attrib["y"]), float(band.attrib["height"])) == (5, 34)


def test_there_is_no_band_without_edges() -> None:
    assert elements(sparkline(NIGHTS, LIGHT), "rect") == []
    assert elements(sparkline(NIGHTS, LIGHT, low=NAN, high=NAN), "rect") == []


def test_half_a_band_is_refused() -> None:
    with pytest.raises(ValueError, match="both low and high"):
        sparkline(NIGHTS, LIGHT, low=6)


def test_nothing_known_is_an_empty_drawing() -> None:
    for values in ([], [NAN] * 28):
        svg = sparkline(values, LIGHT)
        assert not list(drawing(svg))
        assert drawing(svg).attrib["width"] == "160"
        assert drawing(svg).attrib["height"] == "44"


@given(st.lists(st.floats(min_value=0, max_value=24) | st.just(NAN), max_size=60))
def test_every_mark_lies_inside_and_no_value_becomes_nan(values: list[float]) -> None:
    svg = sparkline(values, LIGHT)
    assert "nan" not in svg
    for path in elements(svg, "path"):
        numbers = [float(number) for number in re.findall(r"-?\d+\.\d+", path.attrib["d"])]
        assert all(0 <= x <= 160 for x in numbers[::2])
        assert all(0 <= y <= 44 for y in numbers[1::2])
    assert len(elements(svg, "circle")) == any(not math.isnan(value) for value in values)


def test_a_part_fills_its_share_and_is_amber_when_low() -> None:
    track, bar = elements(part_bar(89, LIGHT), "rect")
    assert track.attrib["width"] == "100%"
    assert bar.attrib["width"] == "89%"
    assert bar.attrib["fill"] == LIGHT.accent
    assert elements(part_bar(59.9, LIGHT), "rect")[1].attrib["fill"] == LIGHT.attention_fill
    assert elements(part_bar(60, LIGHT), "rect")[1].attrib["fill"] == LIGHT.accent
    assert len(elements(part_bar(0, LIGHT), "rect")) == 1
    assert drawing(part_bar(50, LIGHT, "120")).attrib["width"] == "120"


def test_a_part_that_does_not_exist_is_not_drawn_as_zero() -> None:
    (track,) = elements(part_bar(NAN, LIGHT), "rect")
    assert "stroke-dasharray" in track.attrib


def test_coverage_is_three_blocks_in_proportion() -> None:
    blocks = elements(coverage_strip(42, 3, 3, LIGHT), "rect")
    assert [block.attrib["width"] for block in blocks] == ["87.5%", "6.25%", "6.25%"]
    assert [block.attrib["x"] for block in blocks] == ["0%", "87.5%", "93.75%"]
    assert blocks[0].attrib["fill"] == LIGHT.accent
    assert "stroke-dasharray" in blocks[2].attrib
    assert len(elements(coverage_strip(48, 0, 0, LIGHT), "rect")) == 1
    assert len(elements(coverage_strip(0, 0, 0, LIGHT), "rect")) == 1


def test_a_data_uri_holds_the_drawing() -> None:
    svg = sparkline(NIGHTS, LIGHT)
    head, body = data_uri(svg).split(",")
    assert head == "data:image/svg+xml;base64"
    assert base64.b64decode(body).decode() == svg
