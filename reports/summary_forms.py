"""How the figures of a period are kept in the cells of a table: each in the unit of its kind, as it is printed."""

from typing import Final

from analytics import figures
from analytics.figures import Kind
from reports.tables import Column, Form, Measured

__all__ = ["TEXT", "column", "form_of_kind", "measured", "not_there"]

TEXT: Final = Form(kind="text")
_FORMS: Final[dict[Kind, Form]] = {
    "duration": Form(kind="duration"),
    "hours": Form(kind="hours"),
    "percent": Form(kind="percent", decimals=0),
    "clock": Form(kind="clock"),
    "points": Form(kind="number", decimals=None, unit="points"),
    "index": Form(kind="number", decimals=None),
    "count": Form(kind="count"),
}
_DIFFERENCES: Final[dict[Kind, Form]] = {
    "duration": Form(kind="number", decimals=0, signed=True, unit="min"),
    "hours": Form(kind="number", decimals=0, signed=True, unit="min"),
    "percent": Form(kind="number", decimals=0, signed=True, unit="points"),
    "points": Form(kind="number", decimals=None, signed=True, unit="points"),
    "index": Form(kind="number", decimals=None, signed=True),
}


def form_of_kind(kind: Kind, *, signed: bool = False) -> Form:
    """The form of a figure's kind; differences are plain numbers, because no spreadsheet shows a time below 0.

    Raises:
        KeyError: differences of this kind are not written.
    """
    return _DIFFERENCES[kind] if signed else _FORMS[kind]


def measured(kind: Kind, value: float, *, signed: bool = False) -> Measured:
    """A printed value as a cell with a form of its own; a difference in hours becomes one in minutes."""
    form = form_of_kind(kind, signed=signed)
    if signed and kind == "hours":
        return Measured(value=figures.rounded("duration", 60 * value), form=form)
    return Measured(value=value, form=form)


def column(name: str, form: Form = TEXT, *, wide: bool = False) -> Column:
    """A column of text, or of another form."""
    return Column(name=name, form=form, wide=wide)


def not_there(text: str) -> str | None:
    """A text for a cell; None for one that says nothing."""
    return text or None
