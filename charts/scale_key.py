"""What the colours of a map's scale mean: its swatches between the words of both ends, above the plot at the right."""

from dataclasses import dataclass

from charts.theme import Theme, font_px

Part = dict[str, object]

_HEIGHT_PX = 10
_BEFORE_PX, _AFTER_PX = 6, 4


@dataclass(frozen=True, kw_only=True)
class ScaleKey:
    """The key of a sequential scale, measured in px from the right upper corner of the plot.

    Attributes:
        low, high: the ends of the scale in words; they are ours, never a user's.
        end_px: where the swatches end, to the right of the corner; negative, to leave room for `high`.
        y_px: foot of the swatches above the corner.
        swatch_px: how wide one is, with the px that parts it from the next.
    """

    low: str
    high: str
    end_px: int
    y_px: int
    swatch_px: int

    def swatches(self, theme: Theme) -> list[Part]:
        """Its shapes: every colour of the scale, the lowest first."""
        begun = self._begun(theme)
        return [
            {
                "type": "rect",
                "xref": "paper",
                "yref": "paper",
                "xsizemode": "pixel",
                "ysizemode": "pixel",
                "xanchor": 1,
                "yanchor": 1,
                "x0": begun + n * self.swatch_px,
                "x1": begun + (n + 1) * self.swatch_px - 1,
                "y0": self.y_px,
                "y1": self.y_px + _HEIGHT_PX,
                "fillcolor": colour,
                "line": {"width": 0},
            }
            for n, colour in enumerate(theme.sequential)
        ]

    def words(self, theme: Theme) -> list[Part]:
        """Its annotations: both ends."""
        return [
            self._word(self.low, self._begun(theme) - _BEFORE_PX, "right", theme),
            self._word(self.high, self.end_px + _AFTER_PX, "left", theme),
        ]

    def _begun(self, theme: Theme) -> int:
        return self.end_px - len(theme.sequential) * self.swatch_px

    def _word(self, text: str, shift_px: int, anchor: str, theme: Theme) -> Part:
        return {
            "text": text,
            "xref": "paper",
            "yref": "paper",
            "x": 1,
            "y": 1,
            "xshift": shift_px,
            "yshift": self.y_px + _HEIGHT_PX // 2,
            "xanchor": anchor,
            "yanchor": "middle",
            "showarrow": False,
            "font": {"size": font_px("axis"), "color": theme.text_secondary},
        }
