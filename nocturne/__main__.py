"""`python -m nocturne`: the command line, which ends in a sentence also where Ctrl+C ends it.

What a command needs is imported within, for that takes seconds in which somebody may think better of it.
"""

import os
import sys
from collections.abc import Sequence
from typing import Final

STOPPED: Final = 130
"""The exit status after Ctrl+C, as shells have it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status of one command, as `command_line` says; `STOPPED` where Ctrl+C ended it."""
    try:
        from nocturne import command_line  # noqa: PLC0415 - here Ctrl+C is a sentence

        return command_line.main(arguments)
    except KeyboardInterrupt as stopped:
        print(stopped.args[0] if stopped.args else "Stopped; what was done before is kept.", file=sys.stderr)
        return STOPPED


if __name__ == "__main__":
    status = main()
    if status == STOPPED:
        sys.stdout.flush()
        # Everything is closed, and a thread that still waits for an answer is of no use to anybody.
        os._exit(status)
    sys.exit(status)
