"""A process that accepts events into an inbox and says which it has acknowledged, until it is killed.

    python -m tests.reliability.accepting sqlite:///path/to/inbox.sqlite3 FULL

The second argument is SQLite's `synchronous`, to show what anything but the inbox's own would lose.
"""

import sys
from itertools import count

from sqlalchemy import event

from store.inbox import Inbox
from tests.store.arrivals import block

BATCHES = (1, 16, 3, 16, 7, 16)


def accept(url: str, synchronous: str) -> None:
    """Print the places of each batch in a line once it is acknowledged."""
    inbox = Inbox(url)
    if synchronous != "FULL":
        pragma = f"PRAGMA synchronous = {synchronous}"
        event.listen(
            inbox._database.engine, "connect", lambda connection, _record: connection.execute(pragma)
        )
        inbox._database.engine.dispose()  # the next connection is made so
    first = 0
    for turn in count():
        size = BATCHES[turn % len(BATCHES)]
        batch = [block(seq, body=b"%d " % seq * 60) for seq in range(first, first + size)]
        accepted = inbox.accept(batch)
        if accepted.new != size:
            raise RuntimeError(f"{accepted} of {size}")
        print(*range(first, first + size), flush=True)
        first += size


if __name__ == "__main__":
    accept(sys.argv[1], sys.argv[2])
