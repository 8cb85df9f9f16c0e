"""Whatever a test of charts draws, the browser gets what Plotly's own checked figure would have sent."""

import json
from collections.abc import Iterator
from typing import Any

import plotly.io
import pytest

from charts.chart import Chart

_MOST = 3  # of a test's charts: a property test draws hundreds alike


def _sent(figure: dict[str, Any]) -> Any:
    told = json.loads(plotly.io.to_json(figure, validate=False))
    # Plotly writes what an empty template would be of, and leaves out lists of nothing; nothing comes of either.
    layout = {name: value for name, value in told["layout"].items() if value != [] and name != "template"}
    return {**told, "layout": layout}


@pytest.fixture(autouse=True)
def sent_as_plotly_would(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    drawn: list[Chart] = []
    made: Any = Chart.__init__

    def noted(chart: Chart, **fields: Any) -> None:
        made(chart, **fields)
        if len(drawn) < _MOST:
            drawn.append(chart)

    monkeypatch.setattr(Chart, "__init__", noted)
    yield
    for chart in drawn:
        assert _sent(chart.drawing.for_browser().to_dict()) == _sent(chart.figure.to_dict())
