"""What was forgotten stays forgotten, also by an answer that was asked for before and arrives after."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Forgetting:
    """Orders keeping and forgetting among the threads of a process.

    Whoever asks takes `moment` before; when the answer is there, `keeping` says whether it may still be kept. It may
    not if anything was forgotten meanwhile: which answers that concerned is not worth finding out.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def moment(self) -> int:
        """Now, as `keeping` understands it."""
        return self._count

    @contextmanager
    def keeping(self, since: int) -> Iterator[bool]:
        """Within it nothing is forgotten; True if nothing was since that moment."""
        with self._lock:
            yield since == self._count

    @contextmanager
    def forgetting(self) -> Iterator[None]:
        """Within it nothing is kept."""
        with self._lock:
            self._count += 1
            yield
