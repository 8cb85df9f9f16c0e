"""Values as cells of a spreadsheet: what a workbook keeps of each, and the XML of it.

A duration is a fraction of a day, a date a number of days; what a workbook cannot hold is made safe, and what is cut
says so.
"""

import math
import re
from datetime import date, datetime
from html import escape
from typing import Final

from analytics import wording
from reports.tables import Form, Measured, Value

__all__ = ["LONGEST_TEXT", "SHEET_UNITS", "cell_body", "clean", "fitting", "number_format", "serial"]

LONGEST_TEXT: Final = 32_767
"""Characters that a cell holds, those beyond U+FFFF counted twice, as spreadsheets count them."""
SHEET_UNITS: Final[dict[str, str]] = {
    "duration": "h:mm",
    "hours": "h:mm",
    "clock": "time of day",
    "percent": "%",
}
"""In what unit a workbook keeps a value of a kind; the others have none."""

# Days 1 to 60 of a spreadsheet's calendar are off by one: 1900 is a leap year there.
_DAY_0: Final = date(1899, 12, 30).toordinal()
_FIRST_DAY: Final = date(1900, 3, 1)
_FORBIDDEN: Final = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LIKE_AN_ESCAPE: Final = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_NOISE_S: Final = 0.05
_PER_DAY: Final = {"duration": 1440.0, "hours": 24.0, "clock": 24.0}


def serial(form: Form, value: float) -> float:
    """A length or a time of day as a fraction of a day; of any other form the number itself.

    Within 0.05 s of a whole second it is that second: an archive keeps 32 bits of it, and 23:04:59.995 is 23:05.
    """
    if form.kind not in _PER_DAY:
        return value
    seconds = value * 86_400 / _PER_DAY[form.kind]
    whole = math.floor(seconds + 0.5)
    kept = whole if abs(seconds - whole) < _NOISE_S else seconds
    return (kept % 86_400 if form.kind == "clock" else kept) / 86_400


def number_format(form: Form) -> str:
    """How a spreadsheet shows a form. A duration below 0, which it cannot show as a time, is shown in days."""
    if form.kind in {"number", "percent"}:
        digits = "." + "0" * form.decimals if form.decimals else ""
        places = "General" if form.decimals is None else f"0{digits}"
        plain = f'{places}" %"' if form.kind == "percent" else places
        return f"+{plain};-{plain};{plain}" if form.signed else plain
    seconds = ":ss" if form.seconds else ""
    return {
        "date": "yyyy-mm-dd",
        "moment": f"yyyy-mm-dd hh:mm{seconds}",
        "duration": f'[h]:mm{seconds};-0.00000" d"',
        "hours": f'[h]:mm{seconds};-0.00000" d"',
        "clock": f"hh:mm{seconds}",
        "count": "#,##0",
        "p_value": '[<0.001]"< 0.001";0.000',
        "boolean": "General",
    }.get(form.kind, "@")


def cell_body(style: int, form: Form, value: Value) -> str:
    """One cell but for its beginning, `<c r="B7`; "" for one without a value. Text is text, whatever it begins with.

    Args:
        style: index of its format in the workbook.
        form: of the column, or of the value where each has its own.
        value: what it holds.
    """
    if isinstance(value, float):
        return _number(style, form, value)
    if isinstance(value, Measured):
        return _number(style, value.form, value.value)
    if isinstance(value, Form):
        value = value.unit or SHEET_UNITS.get(value.kind, "")
    if value is None or isinstance(value, str):
        return _text(style, value) if value else ""
    if isinstance(value, date):
        return _dated(style, value)
    if isinstance(value, bool):
        return f'" s="{style}" t="b"><v>{int(value)}</v></c>'
    return _number(style, form, value)


def clean(text: str) -> str:
    """The text in characters that XML has: others become U+FFFD, ends of line one line feed."""
    return _FORBIDDEN.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def fitting(text: str) -> str:
    """A clean text as long as a cell may be; one that is cut ends with a sentence that says so."""
    length = len(text.encode("utf-16-le")) // 2
    if length <= LONGEST_TEXT:
        return text
    has, holds = wording.number(length, 0), wording.number(LONGEST_TEXT, 0)
    said = f" [Cut here: the text has {has} characters, a cell holds {holds}.]"
    room = LONGEST_TEXT - len(said)
    kept = text.encode("utf-16-le")[: 2 * room].decode("utf-16-le", errors="ignore")
    return kept + said


def _number(style: int, form: Form, value: float) -> str:
    # Made a plain float first: of a number of numpy the text would name its type.
    return f'" s="{style}"><v>{float(serial(form, value))!r}</v></c>' if math.isfinite(value) else ""


def _dated(style: int, value: date) -> str:
    """A date or the wall clock of a moment; as text where the calendar of spreadsheets does not reach."""
    if value.toordinal() < _FIRST_DAY.toordinal():
        return _text(style, value.isoformat())
    days: float = value.toordinal() - _DAY_0
    if isinstance(value, datetime):
        days += (3600 * value.hour + 60 * value.minute + value.second + value.microsecond / 1e6) / 86_400
    return f'" s="{style}"><v>{days!r}</v></c>'


def _text(style: int, text: str) -> str:
    # Spreadsheets read _x0041_ as the letter A; a text that holds it is kept as it is.
    kept = escape(_LIKE_AN_ESCAPE.sub("_x005F_", fitting(clean(text))), quote=False)
    return f'" s="{style}" t="inlineStr"><is><t xml:space="preserve">{kept}</t></is></c>'
