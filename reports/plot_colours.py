"""One drawing for every theme: it is made in colours that stand for tokens, which are then told apart by theme."""

import re
from dataclasses import fields, replace
from functools import cache
from typing import Any, Final

from charts.theme import Theme, ThemeName, faded, theme

__all__ = ["in_every_theme", "stand_in"]

_THEMES: Final[tuple[ThemeName, ...]] = ("light", "dark", "print")
# No theme has a colour of these two first parts; the third is the number of the token.
_RED, _GREEN = 13, 94
_PLAIN: Final = re.compile(f"#{_RED:02x}{_GREEN:02x}([0-9a-f]{{2}})")
_FADED: Final = re.compile(rf"rgba\({_RED},{_GREEN},([0-9]{{1,3}}),([0-9.]+)\)")


@cache
def stand_in() -> Theme:
    """A theme in whose every place stands the number of a token instead of a colour."""
    return _filled([f"#{_RED:02x}{_GREEN:02x}{number:02x}" for number in range(len(_tokens(theme("light"))))])


def in_every_theme(value: Any) -> Any:
    """A drawing made in `stand_in`, each of its colours as `{"$theme": [light, dark, print]}`."""
    if isinstance(value, dict):
        return {name: in_every_theme(each) for name, each in value.items()}
    if isinstance(value, list):
        return [in_every_theme(each) for each in value]
    if not isinstance(value, str) or not value.startswith(("#", "rgba(")):
        return value
    if found := _PLAIN.fullmatch(value):
        return _told_apart([colours[int(found[1], 16)] for colours in _colours()])
    if found := _FADED.fullmatch(value):
        opacity = float(found[2])
        return _told_apart([faded(colours[int(found[1])], opacity) for colours in _colours()])
    return value


def _told_apart(colours: list[str]) -> Any:
    return colours[0] if len(set(colours)) == 1 else {"$theme": colours}


@cache
def _colours() -> tuple[tuple[str, ...], ...]:
    return tuple(_tokens(theme(name)) for name in _THEMES)


def _tokens(of: Theme) -> tuple[str, ...]:
    """Every colour of a theme in the order of its fields."""
    found: list[str] = []
    for field in fields(of):
        value = getattr(of, field.name)
        if field.name == "stages":
            found += [getattr(value, stage.name) for stage in fields(value)]
        elif field.name != "name":
            found += [value] if isinstance(value, str) else value
    return tuple(found)


def _filled(colours: list[str]) -> Theme:
    """The light theme with these colours in the order of `_tokens`."""
    made, left = theme("light"), iter(colours)
    changed: dict[str, Any] = {}
    for field in fields(made):
        value = getattr(made, field.name)
        if field.name == "stages":
            changed["stages"] = replace(value, **{stage.name: next(left) for stage in fields(value)})
        elif field.name != "name":
            changed[field.name] = next(left) if isinstance(value, str) else tuple(next(left) for _ in value)
    return replace(made, **changed)
