"""What kinds of reports there are, and as what they are handed out."""

from typing import Final, Literal, get_args

Kind = Literal["weekly", "monthly"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

Format = Literal["pdf", "html", "xlsx", "csv"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)

Ending = Literal["pdf", "html", "xlsx", "csv", "zip"]
"""What file names end in: that of a format, or of several documents in one file."""

Paper = Literal["a4", "letter"]
PAPERS: Final[tuple[Paper, ...]] = get_args(Paper)

MEDIA_TYPES: Final[dict[Format, str]] = {
    "pdf": "application/pdf",
    "html": "text/html",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}
