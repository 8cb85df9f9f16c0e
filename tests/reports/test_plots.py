"""Drawings inside a page: nothing in them can become markup, and every theme gets what its own drawing would be."""

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charts.theme import ThemeName, theme
from reports import cohort_plots, person_plots, plots
from reports.cohort_seen import seen_by_night
from reports.person_plots import month_plots
from reports.plotly_page import PLOTLY_FILE, Library, data_block, plotly_js, policy, scripts
from reports.plots import Draw, Plot, told_apart
from tests.reports.months import cohort_month_of, person_month_of

THEMES: tuple[ThemeName, ...] = ("light", "dark", "print")
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=5), inside, max_size=4),
    max_leaves=20,
)


def unpacked(block: str) -> Any:
    packed = re.fullmatch(r'<script type="application/octet-stream" id="x">([A-Za-z0-9+/=]*)</script>', block)
    assert packed
    return json.loads(zlib.decompress(base64.b64decode(packed[1])))


@given(values)
def test_whatever_is_in_a_drawing_it_comes_back_and_its_block_holds_letters_and_digits_only(
    value: Any,
) -> None:
    assert unpacked(data_block("x", value)) == value


def test_half_a_surrogate_and_the_end_of_a_script_do_not_get_out() -> None:
    for text in ("</script><script>alert(1)</script>", "<!--", "\u2028\u2029", "\ud800"):
        assert unpacked(data_block("x", {"text": text})) == {"text": text}


def test_a_number_that_json_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        data_block("x", float("nan"))


def seen_by(value: Any, at: int, width: int) -> Any:
    """What templates/draw.js makes of a drawing."""
    if isinstance(value, list):
        return [seen_by(each, at, width) for each in value]
    if not isinstance(value, dict):
        return value
    if "$width" in value:
        return seen_by(value["$width"][width], at, width)
    if "$theme" in value:
        return value["$theme"][at]
    return {name: seen_by(each, at, width) for name, each in value.items()}


@given(values, values)
def test_what_is_told_apart_by_width_is_there_for_each(wide: Any, slim: Any) -> None:
    assert seen_by(told_apart(wide, slim), 0, 0) == wide
    assert seen_by(told_apart(wide, slim), 0, 1) == slim


def same_in_every_theme(made: Plot, draw: Draw) -> None:
    for at, name in enumerate(THEMES):
        for narrow in (False, True):
            own = plots._plain(draw(theme(name), narrow=narrow))
            assert seen_by(made.drawing, at, int(narrow)) == own, (made.name, name, narrow)


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Every chart that is made meanwhile, beside what each theme's own drawing is."""
    found: list[str] = []

    def watched(name: str, draw: Draw, **more: Any) -> Plot:
        made = plots.plot(name, draw, **more)
        found.append(name)
        same_in_every_theme(made, draw)
        return made

    for module in (person_plots, cohort_plots):
        monkeypatch.setattr(module, "plot", watched)
    return lambda: len(found)


def test_a_chart_of_a_person_looks_as_if_it_had_been_drawn_for_the_theme(compared: Callable[[], int]) -> None:
    month_plots(person_month_of())
    assert compared() == 7 + 28


def test_a_chart_of_a_cohort_looks_as_if_it_had_been_drawn_for_the_theme(
    compared: Callable[[], int],
) -> None:
    report = cohort_month_of([f"Person {n}" for n in range(12)])
    cohort_plots.cohort_plots(seen_by_night(report, cohort_plots.METRICS))
    assert compared() == 3 + 1


def test_no_id_of_a_session_is_in_a_drawing() -> None:
    report = person_month_of()
    drawn = json.dumps([each.drawing for each in month_plots(report).every])

    ids = set(report.period.nights["session_id"])
    assert len(ids) == 28
    assert not ids & set(re.findall(r'"([^"]*)"', drawn))


@pytest.mark.parametrize("library", ["inside", "beside"])
def test_the_policy_names_the_scripts_that_are_there_and_nothing_else(library: Library) -> None:
    page = scripts(month_plots(person_month_of(nights=3)).every, library)
    inline = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    sums = {base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in inline}
    assert set(re.findall(r"'sha256-([^']+)'", policy(library))) == sums
    assert (f'src="{PLOTLY_FILE}"' in page) == (library == "beside")
    assert len(inline) == (2 if library == "inside" else 1)
    for word in ("unsafe-eval", "http", "*"):
        assert word not in policy(library)


def test_the_library_can_stand_inside_a_page() -> None:
    text = plotly_js().decode()
    for end in ("</script", "<!--", "\r"):
        assert end not in text.lower()
    assert len(plotly_js()) < 5_000_000


def test_a_page_without_charts_has_no_script() -> None:
    assert scripts((), "inside") == ""
