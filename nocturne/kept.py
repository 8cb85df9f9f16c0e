"""What pages have computed, shared by all sessions for as long as what it rests on stays as it is.

An answer belongs to a question, which names the organisation and who asks. It holds while its grounds, compared as
values (the version of the archive, the people, when they were asked for), are the same; other grounds replace it.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final, TypeVar

_Answer = TypeVar("_Answer")

LONGEST: Final = 32
"""So many questions have an answer kept; who was asked longest ago makes room."""


@dataclass(kw_only=True, eq=False)
class _Place:
    """Where the answer to one question is kept; who asks while it is being computed waits for it."""

    turn: Lock = field(default_factory=Lock)
    grounds: Any = None
    answer: Any = None
    filled: bool = False


class Kept:
    """Answers in memory, one to a question."""

    def __init__(self, *, longest: int = LONGEST) -> None:
        self._longest = longest
        self._places: OrderedDict[Hashable, _Place] = OrderedDict()
        self._lock = Lock()

    def answer(self, question: Hashable, grounds: object, make: Callable[[], _Answer]) -> _Answer:
        """What `make` returns, or returned on the same grounds; shared and not to be written to.

        Args:
            question: what is asked, of which organisation and by whom; two that differ share nothing.
            grounds: what the answer rests on, for `==`.
            make: computes it; what it raises is the caller's, and nothing is kept.
        """
        place = self._place(question)
        with place.turn:
            if not (place.filled and place.grounds == grounds):
                place.answer, place.grounds, place.filled = make(), grounds, True
            found: _Answer = place.answer
            return found

    def _place(self, question: Hashable) -> _Place:
        with self._lock:
            place = self._places.setdefault(question, _Place())
            self._places.move_to_end(question)
            if len(self._places) > self._longest:
                self._places.popitem(last=False)
            return place
