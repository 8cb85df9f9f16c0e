"""What must not stand in a log is taken out of every line: keys, tokens, e-mail addresses and the ids of people.

An id becomes a short mark, the same for the same person, so that lines about one person can be found together by
whoever has one of them. The mark is an HMAC under a secret: nobody can try ids until one fits.
"""

import hmac
import re
import secrets
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Final

_SHORTEST_SECRET: Final = 8
_MARK_LENGTH: Final = 10

_VENDOR_ID: Final = re.compile(r"\bG-[0-9]{14}-[A-Za-z0-9]{10,40}\b")
_SESSION_ID: Final = re.compile(r"(?<![A-Za-z0-9])[0-9]{14}_[A-Za-z0-9]{3,16}\b")
_PERSON_ID: Final = re.compile(r"\bp_[a-z2-7]{12}\b")
_PATTERNS: Final = (
    (re.compile(r"(/webhooks/asleep/)[^\s\"'?#]+"), r"\1[token]"),
    (re.compile(r"(?i)(x-api-key[\"']?\s*[:=]\s*[\"']?)[^\s\"',}\]]+"), r"\1[key]"),
    (re.compile(r"(?i)\b(bearer\s+)[A-Za-z0-9._~+/=-]+"), r"\1[token]"),
    (re.compile(r"(://)[^\s/@:]*:[^\s/@]*@"), r"\1[password]@"),
    # No longer than a mailbox's name may be: a text without an @ would take the square of its length.
    (re.compile(r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"), "[e-mail]"),
)


class Censor:
    """Takes out of a text what must not be told.

    Args:
        known: keys and passwords of this installation, taken out wherever they stand.
        mark: by an id, what it is called instead; without one it is a mark of this process alone.
    """

    def __init__(self, known: Iterable[str] = (), *, mark: Callable[[str], str] | None = None) -> None:
        self._known = sorted({each for each in known if len(each) >= _SHORTEST_SECRET}, key=len, reverse=True)
        self._mark = mark or _marks_of_this_process()

    def __call__(self, text: str) -> str:
        """The text without them."""
        for secret in self._known:
            text = text.replace(secret, "[key]")
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
        text = _VENDOR_ID.sub(lambda found: f"[user {self._mark(found.group())}]", text)
        text = _PERSON_ID.sub(lambda found: f"[person {self._mark(found.group())}]", text)
        return _SESSION_ID.sub(lambda found: f"[session {self._mark(found.group())}]", text)


def _marks_of_this_process() -> Callable[[str], str]:
    secret = secrets.token_bytes(32)
    return lambda given: hmac.new(secret, given.encode(), sha256).hexdigest()[:_MARK_LENGTH]
