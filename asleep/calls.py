"""One question to the service and its answer, as values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from asleep.errors import NotFound, UnusableIdentifier

REPEATABLE: Final = frozenset({"GET", "DELETE"})
"""Methods whose repetition does no more than the first time. A second POST would make a second person."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One question to the service: `path` is a template, `ids` fill it, `user_id` goes into a header.

    `gone` is the refusal that means that a repeated deletion had already happened.
    """

    method: str
    path: str
    ids: Mapping[str, str] = field(default_factory=dict, repr=False)
    user_id: str | None = field(default=None, repr=False)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)
    gone: type[NotFound] | None = None

    def __post_init__(self) -> None:
        for name, value in self.ids.items():
            _refuse_unusable(name, value)
        if self.user_id is not None:
            _refuse_unusable("user_id", self.user_id)

    @property
    def operation(self) -> str:
        """Method and path template: what logs and errors may say of the call."""
        return f"{self.method} {self.path}"

    def filled_path(self) -> str:
        """The path with every id percent-encoded, none of its characters taken as safe."""
        return self.path.format(**{name: quote(value, safe="") for name, value in self.ids.items()})


def _refuse_unusable(name: str, value: str) -> None:
    # Dots survive quoting and would climb the path; anything outside visible ASCII has no place in a header.
    if value in {".", ".."} or not re.fullmatch(r"[!-~]{1,200}", value):
        raise UnusableIdentifier(
            f"{name} is empty, too long, made of dots or holds a character that no vendor id has. "
            "Nothing was sent. Add the person anew with the id that the vendor issued."
        )


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A status and a body; `retry_after_s` is what the service asked us to wait, where it asked."""

    status: int
    body: bytes = field(repr=False)
    retry_after_s: float | None = None
