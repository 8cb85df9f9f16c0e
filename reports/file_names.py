"""Names of files that any file system takes, whatever the people and cohorts of a report are called."""

import hashlib
import re
from datetime import date
from typing import Final

_LONGEST: Final = 48


def named(kind: str, what: str, last: date, ending: str) -> str:
    """`weekly-p_abc-2026-02-11.html`: the kind of a report, what it is about, its last date and the format."""
    return f"{kind}-{safe(what)}-{last.isoformat()}.{ending}"


def safe(what: str) -> str:
    """An id as part of a file name.

    One with other characters than letters, digits, `-` and `_`, or a very long one, is shortened and gets a checksum,
    so that no two share a name.
    """
    kept = re.sub(r"[^A-Za-z0-9_-]", "-", what)[:_LONGEST]
    if kept == what and kept:
        return kept
    whole = what.encode(errors="surrogatepass")
    return f"{kept}-{hashlib.blake2s(whole, digest_size=4).hexdigest()}"
