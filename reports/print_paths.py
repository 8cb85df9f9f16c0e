"""Shapes as the paths of a printed drawing, in the numbers of SVG: fractions of the picture's width and height.

A picture of many bars is one drawing for typst, which sets a bar as carefully as a paragraph. Blanks part the steps of
a path, so that nobody takes it for a long word that may be broken.
"""

from collections.abc import Iterable

__all__ = ["Box", "bars", "levels", "uprights"]

Box = tuple[float, float, float, float]  # x, y, width, height


def bars(boxes: Iterable[Box]) -> str:
    """Rectangles (x, y, width, height) as one path; "" where there are none."""
    return " ".join(
        f"M{x:.4f} {y:.4f} h{width:.4f} v{height:.4f} h{-width:.4f}z" for x, y, width, height in boxes
    )


def uprights(places: Iterable[float]) -> str:
    """Lines from the top to the bottom, at fractions of the width."""
    return " ".join(f"M{x:.4f} 0v1" for x in places)


def levels(places: Iterable[float]) -> str:
    """Lines from the left to the right, at fractions of the height."""
    return " ".join(f"M0 {y:.4f}h1" for y in places)
