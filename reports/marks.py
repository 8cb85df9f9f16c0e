"""Small SVG pieces made of numbers and class names only; every colour is a CSS variable of the document.

The pieces are stretched to the width of the page (`preserveAspectRatio="none"`), so nothing here carries text: labels
are HTML beside the picture and keep their size on a phone and on paper. Strokes keep their width the same way.
"""

from collections.abc import Iterable

from markupsafe import Markup

Box = tuple[float, float, float, float]  # x, y, width, height


def coordinate(value: float) -> str:
    """A number for an SVG attribute: at most two decimals, no trailing zero, no negative zero."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def picture(view: Box, title: str, pieces: Iterable[Markup], *, name: str, stretch: bool = True) -> Markup:
    """An inline SVG with its numbers as its title, which is what a screen reader says and a pointer shows.

    Args:
        view: the coordinates it shows.
        title: the sentence that says what the picture says; escaped here.
        pieces: from `boxes`, `lines`, `dots`, `diamond`.
        name: the CSS class that sizes it.
        stretch: fill the given size instead of keeping the proportions.
    """
    return Markup(
        '<svg class="{}" role="img" viewBox="{}" preserveAspectRatio="{}" focusable="false">'
        "<title>{}</title>{}</svg>"
    ).format(
        name,
        " ".join(coordinate(part) for part in view),
        "none" if stretch else "xMidYMid meet",
        title,
        Markup("").join(pieces),
    )


def boxes(name: str, areas: Iterable[Box]) -> Markup:
    """Filled rectangles of one class as a single path; nothing when there are none."""
    return _path(
        name,
        (
            f"M{coordinate(x)} {coordinate(y)}h{coordinate(width)}v{coordinate(height)}h{coordinate(-width)}z"
            for x, y, width, height in areas
        ),
    )


def lines(name: str, ends: Iterable[tuple[float, float, float, float]]) -> Markup:
    """Straight lines (x1, y1, x2, y2) of one class as a single path; nothing when there are none."""
    return _path(
        name,
        (f"M{coordinate(a)} {coordinate(b)}L{coordinate(c)} {coordinate(d)}" for a, b, c, d in ends),
    )


def broken_line(name: str, heights: Iterable[float]) -> Markup:
    """A line through heights one unit of x apart, as one path; NaN breaks it, and what stands alone becomes a dot."""
    steps, pen, alone = [], False, False
    for x, y in enumerate(heights):
        if y != y:  # noqa: PLR0124  NaN
            steps.append("h0" if alone else "")
            pen, alone = False, False
            continue
        steps.append(f"{'L' if pen else 'M'}{x} {coordinate(y)}")
        pen, alone = True, not pen
    steps.append("h0" if alone else "")
    return _path(name, steps)


def dots(name: str, centres: Iterable[tuple[float, float]]) -> Markup:
    """Round dots of one class: lines of no length with round ends stay round when the picture is stretched."""
    return _path(name, (f"M{coordinate(x)} {coordinate(y)}h0" for x, y in centres))


def diamond(name: str, x: float, y: float, radius: float) -> Markup:
    """A diamond around a point; only for pictures that keep their proportions."""
    r = coordinate(radius)
    return _path(name, [f"M{coordinate(x - radius)} {coordinate(y)}l{r} -{r}l{r} {r}l-{r} {r}z"])


def hatch(name: str, area: Box, *, step: float, lean: float) -> Markup:
    """Slanted lines filling a rectangle, cut at its edges: unknown is neither a stage nor nothing.

    Args:
        name: CSS class of the lines.
        area: the rectangle.
        step: distance between two lines, measured along x.
        lean: how far a line moves in x over the full height.
    """
    x, y, width, height = area
    ends = []
    foot = x - lean + step / 2
    while foot < x + width:
        # The line runs from (foot, bottom) to (foot + lean, top); keep the part between the left and right edge.
        enter = max(0.0, (x - foot) / lean)
        leave = min(1.0, (x + width - foot) / lean)
        if leave > enter:
            bottom = y + height
            ends.append(
                (foot + enter * lean, bottom - enter * height, foot + leave * lean, bottom - leave * height)
            )
        foot += step
    return lines(name, ends)


def _path(name: str, steps: Iterable[str]) -> Markup:
    drawn = "".join(steps)
    return Markup('<path class="{}" d="{}"/>').format(name, drawn) if drawn else Markup("")
