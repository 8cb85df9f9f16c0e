"""The cast: people with a place, a life and a story, each depending on the seed and their number only."""

import math
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from asleep.simulator.nights import Sleeper

Rhythm = Literal["days", "nights", "rotating"]
Story = Literal["steady", "improves", "declines", "stopped", "travels"]

INTERVENTION, CONTROL, NIGHT_SHIFT, ROWING, COMMUNITY = (
    "Intervention",
    "Control",
    "Night shift",
    "Rowing squad",
    "Community",
)

# Who comes when: any 24 people in a row hold both arms of the study and every other group.
_GROUPS = (
    *(INTERVENTION, CONTROL, COMMUNITY, ROWING, INTERVENTION, CONTROL, NIGHT_SHIFT, COMMUNITY),
    *(ROWING, INTERVENTION, CONTROL, COMMUNITY, NIGHT_SHIFT, INTERVENTION, CONTROL, ROWING),
    *(COMMUNITY, INTERVENTION, CONTROL, NIGHT_SHIFT, ROWING, INTERVENTION, CONTROL, COMMUNITY),
)
# Stories by place in each 48: chosen outside the two arms, so that the study stays readable.
_STORIES: dict[int, Story] = {
    2: "declines",
    11: "travels",
    15: "stopped",
    27: "declines",
    31: "travels",
    35: "declines",
    40: "stopped",
}
_TRIP_ZONES = {
    "Asia": "Europe/Paris",
    "Europe": "Asia/Tokyo",
    "Australia": "Europe/London",
    "America": "Asia/Seoul",
}

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
class Habits:
    """How a person's days go.

    `bed_h`: usual bedtime in hours after the midnight that begins the evening's date (23.5, or 24.5 for half
    past midnight); `in_bed_h`: usual time in bed; `bed_sd_min`, `rise_sd_min`: spread of bedtime and rising;
    `weekend_later_min`: how much later on the evenings of Friday and Saturday; `nap_ratio`, `missing_ratio`:
    share of days with a nap and of evenings without a recording.
    """

    rhythm: Rhythm
    bed_h: float
    in_bed_h: float
    bed_sd_min: float
    rise_sd_min: float
    weekend_later_min: float
    nap_ratio: float
    missing_ratio: float


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
    group = _GROUPS[number % len(_GROUPS)]
    story: Story = "improves" if group == INTERVENTION else _STORIES.get(number % 48, "steady")
    zone = _ZONES[int(rng.integers(len(_ZONES)))] if number >= len(_ZONES) else _ZONES[number]
    birth_year = _birth_year(rng, group)
    sex = _SEXES[int(rng.integers(len(_SEXES)))]
    month, day, hour, minute = rng.integers((1, 1, 6, 0), (13, 29, 21, 60)).tolist()
    return Person(
        number=number,
        user_id=issued_user_id(rng, f"2025{month:02d}{day:02d}{hour:02d}{minute:02d}00"),
        name=_name(number),
        zone=zone,
        birth_year=birth_year,
        sex=sex,
        tags=(group,),
        metadata=_metadata(rng, birth_year, sex),
        habits=_habits(rng, group),
        sleeper=_sleeper(rng, group, age=2026 - birth_year),
        story=story,
        trip_zone=_TRIP_ZONES.get(zone.partition("/")[0], "Asia/Tokyo") if story == "travels" else None,
    )


def _name(number: int) -> str:
    given = _NAMES[number % len(_NAMES)]
    turn = number // len(_NAMES)
    # 7 and 26 share no factor, so the initials of one given name differ for 26 turns; then a second initial.
    initial = chr(ord("A") + (number * 7 + turn) % 26)
    second = "" if turn < 26 else f" {chr(ord('A') + (turn // 26) % 26)}."
    return f"{given} {initial}.{second}"


def _birth_year(rng: np.random.Generator, group: str) -> int:
    low, high = {ROWING: (1996, 2006), NIGHT_SHIFT: (1968, 2001), COMMUNITY: (1945, 2006)}.get(
        group, (1952, 1999)
    )
    return int(rng.integers(low, high + 1))


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


def _habits(rng: np.random.Generator, group: str) -> Habits:
    # Within-person spread of total sleep of 45 to 95 min, between persons about 40 min (lifesnaps_daily).
    irregular = group != ROWING and rng.random() < 0.25
    spread = float(rng.uniform(1.3, 1.7) if irregular else rng.uniform(0.8, 1.2))
    rhythm: Rhythm = "days" if group != NIGHT_SHIFT else ("nights" if rng.random() < 0.5 else "rotating")
    bed_h = {ROWING: 22.2, INTERVENTION: 23.9, CONTROL: 23.9}.get(group, 23.3) + float(rng.normal(0, 0.5))
    in_bed_h = {ROWING: 8.5, INTERVENTION: 7.3, CONTROL: 7.3, NIGHT_SHIFT: 7.0}.get(group, 7.9)
    return Habits(
        rhythm=rhythm,
        bed_h=bed_h + (0.7 if irregular else 0.0),
        in_bed_h=in_bed_h + float(rng.normal(0, 0.45)),
        bed_sd_min=spread * (34 if group == ROWING else 50),
        rise_sd_min=spread * (36 if group == ROWING else 48),
        weekend_later_min=float(rng.uniform(10, 80)),
        nap_ratio=0.22 if group == ROWING else float(rng.choice([0.0, 0.03, 0.12])),
        missing_ratio=float(rng.uniform(0.02, 0.13)),
    )


def _sleeper(rng: np.random.Generator, group: str, *, age: int) -> Sleeper:
    # With age: more wake, less deep and REM sleep (slope_per_decade_first_night_per_person, eased).
    decades = (age - 40) / 10
    poor = group in (INTERVENTION, CONTROL)
    snores = rng.random() < 0.35
    return Sleeper(
        latency_median_min=float(np.clip(math.exp(rng.normal(2.5, 0.4)), 5, 40)) * (1.35 if poor else 1.0),
        wake_factor=math.exp(0.1 * decades + rng.normal(0, 0.15)) * (1.3 if poor else 0.9),
        deep_factor=math.exp(-0.16 * decades + rng.normal(0, 0.25)),
        rem_factor=math.exp(-0.03 * decades + rng.normal(0, 0.12)),
        snoring_ratio=float(rng.uniform(0.04, 0.35)) if snores else 0.0,
    )
