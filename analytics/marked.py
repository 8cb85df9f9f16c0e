"""What a person's calendar has beside their nights: phases and groups with a beginning, notes on a day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from analytics.wording import day, span

__all__ = ["Marked", "alternative", "in_words", "seen"]

_KINDS: Final = ("phase", "group", "note")
_TOLD: Final = {"phase": ("Phase", "Phases"), "group": ("Group", "Groups"), "note": ("Note", "Notes")}


@dataclass(frozen=True, kw_only=True)
class Marked:
    """A phase, a time in a group, or a note; dates are labels of nights.

    Attributes:
        first: the first night of it; a note's own.
        last: the last night, inclusive; None for what goes on, and for a note.
        label: its name, or the text of the note, as somebody wrote it: never markup.
        kind: "phase" (camp, medication, exams), "group" (membership in a group) or "note".
    """

    first: date
    last: date | None
    label: str
    kind: Literal["phase", "group", "note"]

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise ValueError(f"kind is one of {', '.join(_KINDS)}, not {self.kind!r}")
        if self.last is not None and self.last < self.first:
            raise ValueError(f"{self.label!r} ends on {self.last}, before it begins on {self.first}")

    @property
    def text(self) -> str:
        """The label in one line, without the blanks that keep no words apart."""
        return " ".join(self.label.split())

    def touches(self, first: date, last: date) -> bool:
        """Whether any night of it lies in a period."""
        return self.first <= last and self._end(last) >= first

    def within(self, first: date, last: date) -> tuple[date, date]:
        """The part of it that lies in a period that it touches."""
        return max(self.first, first), min(self._end(last), last)

    def _end(self, last: date) -> date:
        if self.kind == "note":
            return self.first
        return max(last, self.first) if self.last is None else self.last


def seen(events: Iterable[Marked], first: date, last: date) -> list[Marked]:
    """Those that touch a period, by date; phases before groups before notes of a day."""
    return sorted(
        (event for event in events if event.touches(first, last)),
        key=lambda event: (event.first, _KINDS.index(event.kind), event.text),
    )


def in_words(event: Marked) -> str:
    """An event with its dates: `Camp, 2 to 20 December 2025`, `Camp, since 2 December 2025`; plain text."""
    if event.kind == "note":
        return f"{day(event.first, weekday=False)}: {event.text}"
    if event.last is None:
        return f"{event.text}, since {day(event.first, weekday=False)}"
    return f"{event.text}, {span(event.first, event.last)}"


def alternative(events: Sequence[Marked]) -> str:
    """All of them in a sentence for each kind, for an alternative text; "" for none. Plain text, not HTML."""
    sentences = []
    for kind in _KINDS:
        told = [in_words(event) for event in events if event.kind == kind]
        if told:
            sentences.append(f"{_TOLD[kind][len(told) > 1]}: {'; '.join(told).rstrip('.')}.")
    return " ".join(sentences)
