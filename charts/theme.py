"""The look of every chart: colours of a theme, measures of the charts, and the base layout of a figure.

All values come from `tokens.json`, our copy of the design's tokens; nothing is restated here.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:  # printed reports read colours here, and draw nothing with Plotly
    from charts.drawing import Layout

ThemeName = Literal["light", "dark", "print"]
TOKENS: Final[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "tokens.json").read_text(encoding="utf-8")
)

# What `st.plotly_chart(config=)` takes: no mode bar and no zoom, so that a finger scrolls the page.
CONFIG: Final[dict[str, Any]] = {
    "displayModeBar": False,
    "displaylogo": False,
    "doubleClick": False,
    "scrollZoom": False,
    "showTips": False,
}
TRANSPARENT: Final = "rgba(0,0,0,0)"


@dataclass(frozen=True, kw_only=True)
class StageColours:
    """The colour of each stage as `#rrggbb`; `unknown` is the line of the hatch."""

    awake: str
    rem: str
    light: str
    deep: str
    unknown: str

    def of(self, what: str) -> str:
        """The colour of a stage by its name ("awake", "rem", "light", "deep", "unknown").

        Raises:
            ValueError: another name.
        """
        if what not in self.__dataclass_fields__:
            raise ValueError(f"a stage is one of {', '.join(self.__dataclass_fields__)}, not {what!r}")
        return str(getattr(self, what))


@dataclass(frozen=True, kw_only=True)
class Theme:
    """The colours of a theme as `#rrggbb`; what each is for says its name, as in the design's tokens."""

    name: ThemeName
    background: str
    surface: str
    sunken: str
    border: str
    border_strong: str
    grid: str
    text: str
    text_secondary: str
    text_tertiary: str
    accent: str
    accent_soft: str
    positive: str
    negative: str
    attention: str
    attention_fill: str
    positive_soft: str
    negative_soft: str
    attention_soft: str
    reference_band: str
    reference_band_text: str
    primary_button: str
    stages: StageColours
    categorical: tuple[str, ...]
    sequential: tuple[str, ...]
    diverging: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Margin:
    """Room around a plot in px: left, right, top, bottom."""

    l: int  # noqa: E741  (Plotly's own names)
    r: int
    t: int
    b: int


@cache
def theme(name: ThemeName) -> Theme:
    """The theme "light", "dark" or "print".

    Raises:
        ValueError: another name.
    """
    themes = TOKENS["themes"]
    if name not in themes:
        raise ValueError(f"a theme is one of {', '.join(themes)}, not {name!r}")
    values: dict[str, Any] = dict(themes[name])
    stages = dict(values.pop("stages"))
    hatch = stages.pop("unknown_hatch")
    palettes: dict[str, Any] = {
        key: tuple(values.pop(key)) for key in ("categorical", "sequential", "diverging")
    }
    return Theme(name=name, stages=StageColours(unknown=hatch["line"], **stages), **palettes, **values)


def measure(chart: str) -> dict[str, Any]:
    """The measures of a chart as the tokens give them, by name with the unit (`height_px`, `bar_width`)."""
    measures: dict[str, Any] = TOKENS["chart"][chart]
    return measures


def font_px(role: str) -> float:
    """The size of type for a role of the scale: "axis", "annotation", "caption", "table", "body"."""
    return float(TOKENS["typography"]["scale_px"][role])


def font_family() -> str:
    """The CSS font family of all text in charts, with what stands in for it where it cannot be loaded."""
    typography = TOKENS["typography"]
    return f"'{typography['family']}', {typography['fallback']}"


def faded(colour: str, opacity: float) -> str:
    """A colour `#rrggbb` as CSS `rgba()` with an opacity of 0 to 1."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def plotly_layout(theme: Theme, *, height_px: int, margin: Margin, **more: Any) -> "Layout":
    """The layout every figure starts from: our font, transparent ground, plain hover labels, no template.

    The card below the figure gives the ground. Axes start bare; a chart adds what its reader needs.

    Args:
        theme: whose colours.
        height_px: height of the whole figure.
        margin: stated, because Plotly cuts tick labels at margins it has guessed.
        **more: further layout properties; they win.
    """
    hover = TOKENS["chart"]["hover"]
    text = {"family": font_family(), "size": font_px("axis"), "color": theme.text_secondary}
    base: dict[str, Any] = {
        "template": {},
        "height": height_px,
        "margin": {"l": margin.l, "r": margin.r, "t": margin.t, "b": margin.b, "pad": 0, "autoexpand": False},
        "font": text,
        "paper_bgcolor": TRANSPARENT,
        "plot_bgcolor": TRANSPARENT,
        "showlegend": False,
        "dragmode": False,
        "hovermode": "closest",
        "barmode": "overlay",
        "hoverlabel": {
            "bgcolor": getattr(theme, hover["background"]),
            "bordercolor": getattr(theme, hover["border"]),
            "font": {"family": font_family(), "size": hover["font_px"], "color": theme.text},
            "align": "left",
            "namelength": 0,
        },
        "separators": ".,",
    }
    return {**base, **more}


def bare_axis(**more: Any) -> dict[str, Any]:
    """An axis without line, grid or zoom; `more` adds to it or replaces."""
    base = {"fixedrange": True, "showgrid": False, "zeroline": False, "showline": False, "ticks": ""}
    return {**base, **more}
