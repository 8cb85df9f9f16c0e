"""The cast: people with a place, a life and a story, each depending on the seed and their number only."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from asleep.simulator.lives import COMMUNITY, ROWING, Habits, Part, habits, part
from asleep.simulator.sleepers import Sleeper, sleeper
from asleep.simulator.stories import TRIPS, Story

_THIS_YEAR = 2026  # ages are those of this year, so that a cast does not change with the calendar

_NAMES = (
    "Noa", "Yusuf", "Imani", "Linh", "Mateo", "Freya", "Haruto", "Zanele", "Omar", "Ingrid", "Priya",
    "Tomás", "Aroha", "Kofi", "Mei", "Lucía", "Stefan", "Amara", "Jonas", "Leila", "Sofia", "Minjun",
    "Ewa", "Diego", "Hana", "Tariq", "Chloé", "Ravi", "Sina", "Otto", "Fatima", "Bruno", "Yara",
    "Nikolai", "Siobhán", "Emeka", "Elif", "Hugo", "Ananya", "Lars", "Camila", "Rui", "Nadia", "Kwame",
    "Maja", "Ali", "Thandi", "Felix", "Aiko", "Samir", "Greta", "Joaquín", "Wanjiru", "Pavel", "Rosa",
    "Idris", "Keiko", "Matti", "Salma", "Viktor", "Iris", "Tane", "Dalia", "Anton",
)  # fmt: skip
_ZONES = (
    "Europe/Berlin", "Europe/London", "America/New_York", "Asia/Seoul", "Europe/Madrid",
    "America/Los_Angeles", "Europe/Istanbul", "Australia/Sydney", "America/Sao_Paulo", "Asia/Kolkata",
    "Africa/Lagos", "Europe/Warsaw", "America/Mexico_City", "Asia/Tokyo", "Africa/Nairobi",
    "Pacific/Auckland", "America/Chicago", "Africa/Cairo",
)  # fmt: skip
_SEXES = ("female", "male", "female", "male", "male", "female", "non_binary", "female", "male", "female")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """One person of the simulated account: what the roster says, what the service knows, how they live."""

    number: int
    user_id: str
    name: str
    zone: str
    birth_year: int | None
    sex: str | None
    tags: tuple[str, ...]
    metadata: dict[str, Any] | None = field(hash=False)
    habits: Habits | None = None
    sleeper: Sleeper = field(default_factory=Sleeper)
    story: Story = "steady"
    trip_zone: str | None = None

    def roster_entry(self) -> dict[str, Any]:
        """The person as the ready line and the roster file name them."""
        return {
            "user_id": self.user_id,
            "name": self.name,
            "zone": self.zone,
            "birth_year": self.birth_year,
            "sex": self.sex,
            "tags": list(self.tags),
        }


def cast(*, people: int, seed: int) -> tuple[Person, ...]:
    """The first `people` persons of a seed; a larger cast begins with the smaller one."""
    return tuple(_person(number, seed) for number in range(people))


def issued_user_id(rng: np.random.Generator, moment: str = "20250901080000") -> str:
    """An identifier in the form the service issues: G, 14 digits of UTC time, 20 letters or digits."""
    return f"G-{moment}-{''.join(_ALPHABET[place] for place in rng.integers(0, len(_ALPHABET), 20))}"


def _person(number: int, seed: int) -> Person:
    rng = np.random.default_rng([seed, number])
    life = part(number)
    zone = _zone(rng, number, life)
    age = _age(rng, life)
    sex = _SEXES[int(rng.integers(len(_SEXES)))]
    month, day, hour, minute = rng.integers((1, 1, 6, 0), (13, 29, 21, 60)).tolist()
    return Person(
        number=number,
        user_id=issued_user_id(rng, f"2025{month:02d}{day:02d}{hour:02d}{minute:02d}00"),
        name=_name(number),
        zone=zone,
        birth_year=_THIS_YEAR - age,
        sex=sex,
        tags=life.tags,
        metadata=_metadata(rng, _THIS_YEAR - age, sex),
        habits=habits(rng, life, age=age),
        sleeper=sleeper(rng, age=age, sex=sex),
        story=life.story,
        trip_zone=TRIPS[zone] if life.story == "travels" else None,
    )


def _zone(rng: np.random.Generator, number: int, life: Part) -> str:
    drawn = int(rng.integers(len(_ZONES)))
    if life.story == "travels":
        return tuple(TRIPS)[number % len(TRIPS)]
    return _ZONES[drawn if number >= len(_ZONES) else number]


def _age(rng: np.random.Generator, life: Part) -> int:
    if ROWING in life.tags:
        return int(rng.integers(20, 31))
    # Adults of any age, more young ones than old: 41 in the mean.
    return int(20 + (61 if COMMUNITY in life.tags else 55) * rng.beta(1.25, 2.0))


def _name(number: int) -> str:
    given = _NAMES[number % len(_NAMES)]
    turn = number // len(_NAMES)
    # 7 and 26 share no factor, so the initials of one given name differ for 26 turns; then a second initial.
    initial = chr(ord("A") + (number * 7 + turn) % 26)
    second = "" if turn < 26 else f" {chr(ord('A') + (turn // 26) % 26)}."
    return f"{given} {initial}.{second}"


def _metadata(rng: np.random.Generator, birth_year: int, sex: str) -> dict[str, Any]:
    middle = {"male": 177.0, "female": 164.0}.get(sex, 170.0)
    height = round(float(rng.normal(middle, 7)), 1)
    return {
        "birth_year": birth_year,
        "birth_month": int(rng.integers(1, 13)),
        "birth_day": int(rng.integers(1, 29)),
        "gender": sex,
        "height": height,
        "weight": round(float(rng.normal(23.5, 2.6)) * (height / 100) ** 2, 1),
    }
