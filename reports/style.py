"""What makes the HTML stand alone: colours as CSS variables for screen and paper, and the font inside the file."""

import base64
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Final

from charts.theme import Theme, ThemeName, theme

_FONT = Path(__file__).parent.parent / "pages" / "static" / "inter-latin-tnum.woff2"


_THEMES: Final[tuple[ThemeName, ...]] = ("light", "dark", "print")


@cache
def palettes() -> dict[str, dict[str, str]]:
    """The CSS variables of the themes "light", "dark" and "print": token or stage -> colour as `#rrggbb`."""
    return {name: _variables(theme(name)) for name in _THEMES}


@cache
def font_base64() -> str:
    """The Latin font as base64, or nothing where it was not built: the reader's system font is used then."""
    return base64.b64encode(_FONT.read_bytes()).decode("ascii") if _FONT.is_file() else ""


def _variables(colours: Theme) -> dict[str, str]:
    tokens = {
        name: value for name, value in asdict(colours).items() if isinstance(value, str) and name != "name"
    }
    return tokens | asdict(colours.stages)
