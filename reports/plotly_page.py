"""How charts get into an HTML file that asks nothing of anybody: the library, the drawings and a policy for both.

A page holds plotly.js itself ("inside"), or names the file beside it ("beside"), so that many of one ZIP share it.
Its policy lets these scripts run and no other, and nothing be fetched: whatever a name holds, it stays text.
"""

import base64
import hashlib
import json
import zlib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal

from markupsafe import Markup

from charts.theme import CONFIG
from reports.plots import Plot

__all__ = ["PLOTLY_FILE", "Library", "data_block", "plotly_js", "policy", "scripts"]

Library = Literal["inside", "beside"]

PLOTLY_FILE: Final = "plotly.min.js"
"""What the library is called beside pages that share it."""

_DRAWING: Final = Path(__file__).parent / "templates" / "draw.js"


def scripts(plots: Iterable[Plot], library: Library) -> Markup:
    """The drawings as data, plotly.js and what draws them; nothing where a page has no chart.

    Args:
        plots: of the page.
        library: whether plotly.js is inside the page or beside it.
    """
    drawn = {each.name: each.drawing for each in plots}
    if not drawn:
        return Markup("")
    # Both scripts are ours and hold no text of people, so that they stand as they are.
    inside = Markup("<script>{}</script>").format(Markup(_library_text()))  # noqa: S704
    beside = Markup('<script src="{}"></script>').format(PLOTLY_FILE)
    drawing = Markup("<script>{}</script>").format(Markup(_drawing_text()))  # noqa: S704
    return Markup("\n").join(
        [
            data_block("plots", {"plots": drawn, "config": {**CONFIG, "responsive": True}}),
            inside if library == "inside" else beside,
            drawing,
        ]
    )


def policy(library: Library) -> str:
    """The Content-Security-Policy of a page: our two scripts by their checksums, styles and fonts inside."""
    allowed = [f"'sha256-{_checksum(_drawing_text())}'"]
    if library == "inside":
        allowed.append(f"'sha256-{_checksum(_library_text())}'")
    else:
        # A file opened from a folder has no origin that 'self' could mean.
        allowed += ["'self'", "file:"]
    return (
        f"default-src 'none'; script-src {' '.join(allowed)}; style-src 'unsafe-inline'; img-src data:; "
        "font-src data:; base-uri 'none'; form-action 'none'"
    )


def data_block(name: str, value: Any) -> Markup:
    """A value as JSON in a block that never runs: deflated, and in base64, which no text can get out of.

    Args:
        name: the id of the block; made by us.
        value: what JSON can hold, without NaN.

    Raises:
        ValueError: a number that JSON does not have.
    """
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    packed = base64.b64encode(zlib.compress(text.encode("ascii"))).decode("ascii")
    return Markup('<script type="application/octet-stream" id="{}">{}</script>').format(name, packed)


@cache
def plotly_js() -> bytes:
    """plotly.js as it came with the Python package: the file `PLOTLY_FILE` beside pages that share it."""
    return (files("plotly") / "package_data" / "plotly.min.js").read_bytes()


@cache
def _library_text() -> str:
    return plotly_js().decode("utf-8")


@cache
def _drawing_text() -> str:
    return _DRAWING.read_text(encoding="utf-8")


@cache
def _checksum(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
