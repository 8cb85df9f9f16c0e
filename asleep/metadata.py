"""What the vendor takes of a new person, checked before it is sent: every field within the contract's ranges."""

import math
from collections.abc import Iterator
from datetime import date
from typing import Final

from asleep.errors import UnusableMetadata
from asleep.models import UserMetadata

GENDERS: Final = ("male", "female", "non_binary", "other", "prefer_not_to_say")
FIRST_BIRTH_YEAR: Final = 1900
TALLEST_CM: Final = 300
HEAVIEST_KG: Final = 1000

# Where the year is not told, 29 February exists.
_LEAP_YEAR = 2024


def checked_metadata(metadata: UserMetadata, *, today: date) -> UserMetadata:
    """The metadata itself, when the contract allows every field of it (openapi.yaml, UserMetadata).

    Raises:
        UnusableMetadata: with a sentence for each field that cannot be sent.
    """
    problems = [*_birthday(metadata, today), *_measures(metadata)]
    if metadata.gender is not None and metadata.gender not in GENDERS:
        problems.append(f"Gender {metadata.gender[:40]!r} is not one of {', '.join(GENDERS)}.")
    if problems:
        raise UnusableMetadata(" ".join(problems))
    return metadata


def _birthday(metadata: UserMetadata, today: date) -> Iterator[str]:
    year, month, day = metadata.birth_year, metadata.birth_month, metadata.birth_day
    if year is not None and not FIRST_BIRTH_YEAR <= year <= today.year:
        yield f"Birth year {year} is not between {FIRST_BIRTH_YEAR} and {today.year}."
        return
    if month is not None and not 1 <= month <= 12:
        yield f"Birth month {month} is not between 1 and 12."
        return
    if day is not None and not 1 <= day <= 31:
        yield f"Birth day {day} is not between 1 and 31."
    elif day is not None and month is not None and not _exists(year or _LEAP_YEAR, month, day):
        when = f"{month:02d}/{year}" if year else f"month {month}"
        yield f"There is no day {day} in {when}."


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _measures(metadata: UserMetadata) -> Iterator[str]:
    for name, value, most, unit in (
        ("Height", metadata.height_cm, TALLEST_CM, "cm"),
        ("Weight", metadata.weight_kg, HEAVIEST_KG, "kg"),
    ):
        if value is None:
            continue
        if not (math.isfinite(value) and 0 <= value <= most):
            yield f"{name} {value:g} is not between 0 and {most} {unit}."
        elif round(value, 1) != value:
            yield f"{name} {value:g} {unit} has more than one decimal."
