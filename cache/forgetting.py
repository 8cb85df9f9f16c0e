"""What was forgotten stays forgotten, also by an answer that was asked for before and arrives after."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Forgetting:
    """Orders keeping and forgetting among the threads of a process.

    Whoever asks takes `moment` before; when the answer is there, `keeping` says whether it may still be kept. It may
    not if forgetting began meanwhile: which answers that concerned is not worth finding out. An answer that was kept
    before forgetting began is on disk by then, so that it is found and erased.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def moment(self) -> int:
        """Now, as `keeping` understands it."""
        return self._count

    @contextmanager
    def keeping(self, since: int) -> Iterator[bool]:
        """Within it no forgetting begins; True if none began since that moment."""
        with self._lock:
            yield since == self._count

    def begin(self) -> None:
        """From now on nothing is kept that was asked for before; what was kept may be erased."""
        with self._lock:
            self._count += 1
