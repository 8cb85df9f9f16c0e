"""Streamlit with a clock that stands still: `python -m pictures.at_a_moment run streamlit_app.py …`.

A picture shows dates, ages of data and last night. Under a clock that stands, tomorrow's picture of an unchanged screen
has the same bytes as today's. Only the wall clock stands: time-outs and pauses are measured by the monotonic one. Ids,
which decide between equals, are numbered instead of drawn.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import count
from typing import Final

import time_machine
from streamlit.web import cli

from store import rows

LAST_EVENING: Final = date(2026, 5, 12)
"""The demo's last evening, a Tuesday: what the launcher takes for yesterday."""
MOMENT: Final = datetime(2026, 5, 13, 18, 0, tzinfo=UTC)


_numbers: Iterator[int] = count(1)


def _numbered_id(kind: str) -> str:
    return f"{kind}_{next(_numbers):012d}"


def main() -> None:
    """Runs Streamlit's own command line at `MOMENT`, until it is told to stop."""
    # Before any other module of the project takes it from there.
    rows.opaque_id = _numbered_id
    with time_machine.travel(MOMENT, tick=False):
        cli.main()


if __name__ == "__main__":
    main()
