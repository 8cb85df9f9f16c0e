"""The people of a roster as values, and what makes such a value acceptable.

What the store refuses is in `store.errors`; what concerns people is offered here too.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Literal, get_args
from zoneinfo import available_timezones

from store.errors import (
    DuplicatePerson,
    Invalid,
    InvalidPerson,
    StoreError,
    StoreUnavailable,
    UnknownOrganisation,
    UnknownPerson,
    UnusableDatabase,
)

__all__ = [
    "SEXES",
    "DuplicatePerson",
    "Environment",
    "InvalidPerson",
    "NewPerson",
    "Organisation",
    "Outcome",
    "Person",
    "StoreError",
    "StoreUnavailable",
    "SyncOutcome",
    "SyncState",
    "UnknownOrganisation",
    "UnknownPerson",
    "UnusableDatabase",
    "checked_organisation_id",
    "checked_person",
    "checked_tags",
    "checked_text",
    "checked_zone",
]

Environment = Literal["live", "test"]
"""The vendor keeps two separate sets of data behind one host; an id of one means nothing in the other."""

SEXES = ("", "male", "female", "non_binary", "other", "prefer_not_to_say")
"""The contract's words; empty where nobody said."""

MAX_NAME = 200
MAX_VENDOR_ID = 200
_VISIBLE = re.compile(r"[!-~]+")
MAX_TAG = 60
MAX_TAGS = 50
FIRST_BIRTH_YEAR = 1900

_ORGANISATION_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
# Written backwards or nested, a name could imitate another one: U+202A-202E and U+2066-2069.
_DIRECTION_MARKS = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))


@dataclass(frozen=True, kw_only=True)
class Organisation:
    """A customer: the wall that no data crosses. `zone` is the clock its reports are dated by."""

    organisation_id: str
    name: str
    zone: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """Somebody to be added to a roster; the store gives them an opaque id."""

    vendor_id: str
    name: str
    zone: str
    birth_year: int | None = None
    sex: str = ""
    tags: tuple[str, ...] = ()
    environment: Environment = "live"


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody whose sleep is shown.

    Attributes:
        person_id: ours, and opaque.
        vendor_id: the API's user id.
        version: rises with every change; a change is refused where it is no longer the one that was read.
    """

    person_id: str
    vendor_id: str
    name: str
    zone: str
    birth_year: int | None
    sex: str
    tags: tuple[str, ...]
    created_at: datetime
    environment: Environment = "live"
    version: int = 1


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one row of an import: `person` when it was added or changed, else a sentence in `problem`.

    Attributes:
        row: place in the given sequence, from 0.
        vendor_id: as given.
    """

    row: int
    vendor_id: str
    person: Person | None
    problem: str


@dataclass(frozen=True, kw_only=True)
class SyncState:
    """The last synchronisation of a person.

    Attributes:
        attempted_at: when it was last tried (UTC).
        succeeded_at: when it last went through (UTC), kept through later failures; None when it never did.
        error: why the last try failed; empty when it did not.
        listed, fetched, failed: in the last try, sessions the vendor named, those received, those not to be
            had.
        asked_since: from when on sessions were asked for, in all tries that went through; None when none did.
        statistics_at: when statistics last arrived in a try that went through (UTC); None when they never did.
    """

    person_id: str
    attempted_at: datetime
    succeeded_at: datetime | None
    error: str
    listed: int
    fetched: int
    failed: int
    asked_since: datetime | None = None
    statistics_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class SyncOutcome:
    """How one synchronisation of a person ended.

    Attributes:
        attempted_at: when it began (UTC).
        error: a sentence why it did not go through; empty when it did.
        listed, fetched, failed: as in `SyncState`.
        asked_since: from when on sessions were asked for; None for all there are, or when it did not go through.
        statistics_at: when statistics were asked for; None where they were not, or did not arrive.
    """

    person_id: str
    attempted_at: datetime
    error: str = ""
    listed: int = 0
    fetched: int = 0
    failed: int = 0
    asked_since: datetime | None = None
    statistics_at: datetime | None = None


def checked_person(person: NewPerson, *, this_year: int) -> NewPerson:
    """The same person with the name in one Unicode form and the tags sorted, once each.

    Raises:
        InvalidPerson: a field cannot be accepted; the sentence names it and says what to write.
    """
    _check_vendor_id(person.vendor_id)
    _check_birth_year(person.birth_year, this_year=this_year)
    if person.sex not in SEXES:
        legal = ", ".join(sex for sex in SEXES if sex)
        raise InvalidPerson(f"Sex {person.sex!r} is not one of {legal}; leave it empty when it is not known.")
    if person.environment not in get_args(Environment):
        raise InvalidPerson(f"Environment {person.environment!r} is neither live nor test.")
    return replace(
        person,
        name=checked_text(person.name, field="The name", longest=MAX_NAME),
        zone=checked_zone(person.zone),
        tags=checked_tags(person.tags),
    )


def checked_organisation_id(organisation_id: str) -> str:
    """The id itself, when it can stand in a path and a key: 1 to 63 of a-z, 0-9, `-` and `_`."""
    if not _ORGANISATION_ID.fullmatch(organisation_id):
        raise InvalidPerson(
            f"Organisation id {organisation_id[:80]!r} cannot be used; write 1 to 63 small letters, digits, "
            "- or _, beginning with a letter or a digit."
        )
    return organisation_id


def checked_zone(zone: str) -> str:
    """The zone itself, when it is an IANA name that this computer knows."""
    if zone not in _zones():
        raise InvalidPerson(
            f"Time zone {zone[:80]!r} is not an IANA name; write one like Europe/Berlin or UTC."
        )
    return zone


def checked_text(
    text: str, *, field: str, longest: int, lines: bool = False, refusal: type[Invalid] = InvalidPerson
) -> str:
    """The text without outer blanks, in Unicode form C.

    Args:
        text: as somebody wrote it.
        field: how the sentence calls it.
        longest: how many characters it may have.
        lines: whether it may have several lines, which then end with a line feed, and tabs.
        refusal: what is raised.

    Raises:
        Invalid: as `refusal` says; it is empty, too long, or holds characters that are not seen.
    """
    clean = unicodedata.normalize("NFC", text.strip())
    if lines:
        clean = clean.replace("\r\n", "\n").replace("\r", "\n")
    if not clean:
        raise refusal(f"{field} is empty; write at least one character.")
    if len(clean) > longest:
        raise refusal(f"{field} has {len(clean)} characters; the most is {longest}.")
    allowed = "\n\t" if lines else ""
    if any(_is_hidden(character) for character in clean if character not in allowed):
        what = "a control character" if lines else "a control character (a line break, a tab, ...)"
        raise refusal(f"{field} holds {what}; take it out.")
    return clean


def checked_tags(tags: Iterable[str], *, refusal: type[Invalid] = InvalidPerson) -> tuple[str, ...]:
    """The tags sorted, each once. A semicolon is refused because it separates tags in files.

    Raises:
        Invalid: as `refusal` says.
    """
    clean = sorted({checked_text(tag, field="A tag", longest=MAX_TAG, refusal=refusal) for tag in tags})
    if len(clean) > MAX_TAGS:
        raise refusal(f"{len(clean)} tags are too many; the most is {MAX_TAGS}.")
    if joined := next((tag for tag in clean if ";" in tag), None):
        raise refusal(f"Tag {joined!r} holds a semicolon, which separates tags; write two tags instead.")
    return tuple(clean)


def _check_vendor_id(vendor_id: str) -> None:
    clean = checked_text(vendor_id, field="The vendor's user id", longest=MAX_VENDOR_ID)
    if clean != vendor_id:
        raise InvalidPerson("The vendor's user id has blanks around it or unusual accents; copy it exactly.")
    if not _VISIBLE.fullmatch(vendor_id):
        raise InvalidPerson(
            f"The vendor's user id {vendor_id!r} holds a blank or a letter that no such id has; copy it exactly."
        )
    if vendor_id in {".", ".."}:
        raise InvalidPerson(
            f"{vendor_id!r} cannot be a vendor's user id; copy it from the vendor's dashboard."
        )


def _check_birth_year(birth_year: int | None, *, this_year: int) -> None:
    if birth_year is not None and not FIRST_BIRTH_YEAR <= birth_year <= this_year:
        raise InvalidPerson(
            f"Birth year {birth_year} is not between {FIRST_BIRTH_YEAR} and {this_year}; "
            "leave it empty when it is not known."
        )


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} or character in _DIRECTION_MARKS


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
