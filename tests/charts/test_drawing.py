"""A drawing is plain values: checked by Plotly when a test asks, and sent without Plotly's own objects."""

import base64
from typing import Any

import numpy as np
import plotly.io
import pytest
from plotly.tools import return_figure_from_figure_or_data
from streamlit.testing.v1 import AppTest

from charts.drawing import Drawing, Trace, bar, heatmap, scatter

LAYOUT = {"template": {}, "height": 100}


def of(*traces: Trace) -> Drawing:
    return Drawing(data=traces, layout=LAYOUT)


def sent(drawing: Drawing) -> dict[str, Any]:
    return drawing.for_browser().to_dict()


def test_a_property_that_plotly_does_not_know_is_refused_when_it_is_checked() -> None:
    assert of(scatter(x=[1], y=[2])).checked().data[0].type == "scatter"
    with pytest.raises(ValueError, match="colour"):
        of(scatter(x=[1], y=[2], marker={"colour": "red"})).checked()
    with pytest.raises(ValueError, match="orientation"):
        of(bar(x=[1], y=[2], orientation="sideways")).checked()


@pytest.mark.parametrize(
    ("values", "kind", "shape"),
    [
        (np.array([[0, 255], [1, 2]], dtype=np.uint8), "u1", "2, 2"),
        (np.array([0.5, np.nan]), "f8", None),
        (np.arange(6, dtype=np.int16)[::2], "i2", None),
    ],
)
def test_arrays_of_numbers_travel_as_their_bytes(values: Any, kind: str, shape: str | None) -> None:
    found = sent(of(heatmap(z=values)))["data"][0]["z"]
    assert base64.b64decode(found["bdata"]) == values.tobytes()
    assert found["dtype"] == kind
    assert found.get("shape") == shape


def test_words_and_lists_travel_as_they_are() -> None:
    found = sent(of(scatter(x=["2026-02-11"], y=[None], text=np.array(["a"], dtype=object))))["data"][0]
    assert found["x"] == ["2026-02-11"]
    assert found["y"] == [None]
    assert "bdata" not in plotly.io.to_json(found, validate=False)


def test_streamlit_takes_it_as_a_figure_that_needs_no_checking() -> None:
    ready = of(scatter(x=[1, 2], y=[3, 4])).for_browser()
    assert return_figure_from_figure_or_data(ready, validate_figure=True) is ready.to_dict()


def page() -> None:
    import streamlit as st  # noqa: PLC0415 - the script runs apart from this module

    from charts.drawing import Drawing, scatter  # noqa: PLC0415

    drawing = Drawing(data=[scatter(x=[1, 2], y=[3, 4])], layout={"template": {}, "height": 100})
    st.plotly_chart(drawing.for_browser(), theme=None, key="chart", height=100)


def test_streamlit_shows_it() -> None:
    app = AppTest.from_function(page).run()
    assert not app.exception
    assert '"y":[3,4]' in app.get("plotly_chart")[0].proto.spec.replace(" ", "")
