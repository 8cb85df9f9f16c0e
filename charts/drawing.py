"""What a chart draws, as plain values: traces and layout in Plotly's own words, without Plotly's objects.

Plotly checks every property of a figure while the figure is made, which costs a page more than all else it does. So
charts are made of plain mappings, and the checking is left to whoever asks for it: `Drawing.checked`, as tests do of
every chart. What the browser is sent is the same either way.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.basedatatypes import BaseFigure

Trace = dict[str, Any]
Layout = dict[str, Any]

# What plotly.js calls the numbers of a typed array.
_TYPES: Final = {
    "int8": "i1",
    "uint8": "u1",
    "int16": "i2",
    "uint16": "u2",
    "int32": "i4",
    "uint32": "u4",
    "float32": "f4",
    "float64": "f8",
}


def bar(**properties: Any) -> Trace:
    """A trace of bars; properties are those of plotly.js, nested ones as mappings."""
    return {"type": "bar", **properties}


def scatter(**properties: Any) -> Trace:
    """A trace of dots and lines likewise."""
    return {"type": "scatter", **properties}


def heatmap(**properties: Any) -> Trace:
    """A trace of squares likewise."""
    return {"type": "heatmap", **properties}


def polar_bars(**properties: Any) -> Trace:
    """A trace of bars around a circle likewise."""
    return {"type": "barpolar", **properties}


def polar_dots(**properties: Any) -> Trace:
    """A trace of dots and lines around a circle likewise."""
    return {"type": "scatterpolar", **properties}


@dataclass(frozen=True, kw_only=True, eq=False)
class Drawing:
    """Traces and layout of a chart; neither is written to once it is made."""

    data: Sequence[Trace] = ()
    layout: Layout

    def checked(self) -> go.Figure:
        """The same as Plotly's own figure.

        Raises:
            ValueError: a trace or the layout has a property that Plotly does not know, or a value that it refuses.
        """
        return go.Figure(data=list(self.data), layout=self.layout)

    def for_browser(self) -> "Ready":
        """What `st.plotly_chart` takes and sends as it is."""
        return Ready({"data": _packed(list(self.data)), "layout": _packed(self.layout)})


class Ready(BaseFigure):  # type: ignore[misc]
    """A figure that is made already; Streamlit asks a figure for nothing but its mapping."""

    def __init__(self, made: dict[str, Any]) -> None:
        # Plotly's own would check everything that a drawing is spared.
        object.__setattr__(self, "_made", made)

    def to_dict(self) -> dict[str, Any]:
        """The mapping that plotly.js draws."""
        made: dict[str, Any] = object.__getattribute__(self, "_made")
        return made

    def __repr__(self) -> str:
        return f"Ready({len(self.to_dict()['data'])} traces)"


def _packed(value: Any) -> Any:
    """The same with arrays of numbers as bytes in base64, a sixth of what they are as text."""
    if isinstance(value, dict):
        return {name: _packed(each) for name, each in value.items()}
    if isinstance(value, np.ndarray):
        return _typed(value)
    if isinstance(value, list | tuple) and value and isinstance(value[0], dict):
        return [_packed(each) for each in value]
    return value


def _typed(values: NDArray[Any]) -> Any:
    kind = _TYPES.get(values.dtype.name)
    if kind is None or values.ndim > 2:
        return values
    packed = {
        "dtype": kind,
        "bdata": base64.b64encode(np.ascontiguousarray(values).tobytes()).decode("ascii"),
    }
    return packed if values.ndim == 1 else {**packed, "shape": ", ".join(map(str, values.shape))}
