"""What pages have computed, shared by all sessions for as long as what it rests on stays as it is.

An answer belongs to an organisation and a question, which names who asks. It holds while the archive has the same
version, and while its other grounds (the people, when they were asked for) are the same, compared as values.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final, TypeVar

_Answer = TypeVar("_Answer")

LONGEST: Final = 64
"""So many questions have an answer kept; who was asked longest ago makes room."""


@dataclass(kw_only=True, eq=False)
class _Place:
    """Where the answer to one question is kept; who asks while it is being computed waits for it."""

    turn: Lock = field(default_factory=Lock)
    grounds: Any = None
    answer: Any = None
    filled: bool = False


class Kept:
    """Answers in memory, one to a question; those of an older version of the archive are let go of.

    Args:
        longest: how many answers are kept of each organisation.
    """

    def __init__(self, *, longest: int = LONGEST) -> None:
        self._longest = longest
        self._versions: dict[str, str] = {}
        self._places: dict[str, OrderedDict[Hashable, _Place]] = {}
        self._lock = Lock()

    def answer(
        self,
        organisation: str,
        version: str,
        question: Hashable,
        make: Callable[[], _Answer],
        *,
        grounds: object = None,
        lasting: Callable[[_Answer], bool] = lambda _: True,
    ) -> _Answer:
        """What `make` returns, or returned on the same grounds; shared and not to be written to.

        Args:
            organisation: whose nights it is about.
            version: of its archive.
            question: what is asked and by whom; two that differ share nothing.
            make: computes it; what it raises is the caller's, and nothing is kept.
            grounds: what else the answer rests on, for `==`.
            lasting: whether an answer is worth keeping.
        """
        place = self._place(organisation, version, question)
        with place.turn:
            if place.filled and place.grounds == grounds:
                found: _Answer = place.answer
                return found
            place.filled = False
            made = make()
            if lasting(made):
                place.answer, place.grounds, place.filled = made, grounds, True
            return made

    def _place(self, organisation: str, version: str, question: Hashable) -> _Place:
        with self._lock:
            if self._versions.get(organisation) != version:
                # Each holds on to the whole table of its version.
                self._versions[organisation] = version
                self._places[organisation] = OrderedDict()
            places = self._places[organisation]
            place = places.setdefault(question, _Place())
            places.move_to_end(question)
            if len(places) > self._longest:
                places.popitem(last=False)
            return place
