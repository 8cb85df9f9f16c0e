"""Streamlit with a clock that stands still: `python -m pictures.at_a_moment run streamlit_app.py …`.

A picture shows dates, ages of data and last night. Under a clock that stands, tomorrow's picture of an unchanged screen
has the same bytes as today's. Only the wall clock stands: time-outs and pauses are measured by the monotonic one.
"""

from datetime import UTC, date, datetime
from typing import Final

import time_machine
from streamlit.web import cli

LAST_EVENING: Final = date(2026, 5, 12)
"""The demo's last evening, a Tuesday: what the launcher takes for yesterday."""
MOMENT: Final = datetime(2026, 5, 13, 18, 0, tzinfo=UTC)


def main() -> None:
    """Runs Streamlit's own command line at `MOMENT`, until it is told to stop."""
    with time_machine.travel(MOMENT, tick=False):
        cli.main()


if __name__ == "__main__":
    main()
