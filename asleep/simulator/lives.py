"""How people live: the groups they belong to, their story, and the habits of their days and nights.

Parts are dealt out by place in each 48 people, so that every 48 hold the whole cast; what varies within a part is
drawn. Spreads are those of the shared calibration file: total sleep varies by about 70 min within a person
(lifesnaps_daily within_person_sd_min 69, oura_a tst_h 1.37 h) and by 40 min between persons (between_person_sd_min).
Chronotypes are an assumption, for the file holds no bedtimes of many people: a spread of 55 min between persons,
half an hour earlier for 40 years more of age.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from asleep.simulator.stories import Story

Rhythm = Literal["days", "nights", "rotating", "split"]

INTERVENTION, CONTROL, NIGHT_SHIFT, ROWING, COMMUNITY = (
    "Intervention",
    "Control",
    "Night shift",
    "Rowing squad",
    "Community",
)
CAST_SIZE = 48

# The arms of the study by place in each 12, a dot for somebody outside it: 20 and 20 in each 48.
_ARMS = "IC.ICICI.CIC"


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What a place in the cast decides: tags, rhythm and story, naps and a second device.

    `nap_ratio` and `second_device_ratio` are shares of days; a nap ratio of None is drawn. `diligent` people
    record every evening without trouble: theirs are the sessions that are still open or analysed.
    """

    tags: tuple[str, ...]
    rhythm: Rhythm = "days"
    story: Story = "steady"
    nap_ratio: float | None = None
    second_device_ratio: float = 0.0
    diligent: bool = False


# Whose last session is still analysed or recorded.
STILL_ANALYSED, STILL_RECORDED = 7, 23

_PARTS = {
    # Outside the study.
    2: Part(tags=(COMMUNITY,), story="declines"),
    8: Part(tags=(NIGHT_SHIFT,), rhythm="nights"),
    14: Part(tags=(ROWING,), story="travels"),
    20: Part(tags=(NIGHT_SHIFT,), rhythm="rotating"),
    26: Part(tags=(ROWING,), story="stopped"),
    32: Part(tags=(COMMUNITY,), story="declines", nap_ratio=0.3),
    38: Part(tags=(NIGHT_SHIFT,), rhythm="rotating"),
    44: Part(tags=(COMMUNITY,), rhythm="split", nap_ratio=0.0),
    # In the study. Stories other than its own are in the Control arm: all late, short or few, so that it stays level.
    11: Part(tags=(CONTROL,), story="travels"),
    35: Part(tags=(CONTROL,), story="declines"),
    40: Part(tags=(CONTROL,), story="stopped"),
    STILL_ANALYSED: Part(tags=(INTERVENTION, COMMUNITY), story="improves", nap_ratio=0.0, diligent=True),
    STILL_RECORDED: Part(tags=(CONTROL,), nap_ratio=0.0, diligent=True),
    1: Part(tags=(CONTROL, COMMUNITY)),
    31: Part(tags=(INTERVENTION, COMMUNITY), story="improves"),
    33: Part(tags=(CONTROL, COMMUNITY)),
    9: Part(tags=(CONTROL, NIGHT_SHIFT), rhythm="nights"),
    43: Part(tags=(INTERVENTION, NIGHT_SHIFT), story="improves", rhythm="nights"),
    10: Part(tags=(INTERVENTION, ROWING), story="improves"),
    25: Part(tags=(CONTROL, ROWING)),
    46: Part(tags=(INTERVENTION, ROWING), story="improves"),
    13: Part(tags=(CONTROL,), nap_ratio=0.35),
    17: Part(tags=(INTERVENTION,), story="improves", second_device_ratio=0.05),
    37: Part(tags=(CONTROL,), second_device_ratio=0.05),
}


def part(number: int) -> Part:
    """The part of the person with this number."""
    place = number % CAST_SIZE
    if place in _PARTS:
        return _PARTS[place]
    in_intervention = _ARMS[place % len(_ARMS)] == "I"
    return Part(
        tags=(INTERVENTION if in_intervention else CONTROL,),
        story="improves" if in_intervention else "steady",
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Habits:
    """How a person's days go.

    `bed_h`: usual bedtime in hours after the midnight that begins the evening's date (23.5, or 24.5 for half
    past midnight); `in_bed_h`: usual time in bed; `bed_sd_min`, `rise_sd_min`: spread of bedtime and rising;
    `weekend_later_min`: how much later on the evenings of Friday and Saturday; `nap_ratio`, `missing_ratio`:
    share of days with a nap and of evenings without a recording; `trouble_ratio`: how often a recording goes
    wrong, 1 for as often as usual; `second_device_ratio`: share of nights recorded twice.
    """

    rhythm: Rhythm
    bed_h: float
    in_bed_h: float
    bed_sd_min: float
    rise_sd_min: float
    weekend_later_min: float
    nap_ratio: float
    missing_ratio: float
    trouble_ratio: float = 1.0
    second_device_ratio: float = 0.0


def habits(rng: np.random.Generator, life: Part, *, age: int) -> Habits:
    """The habits of somebody with this part; rowers go to bed early, rise early and keep their hours."""
    rows = ROWING in life.tags
    irregular = not rows and rng.random() < 0.25
    spread = float(rng.uniform(1.2, 1.45) if irregular else rng.uniform(0.75, 1.15))
    late_type = float(rng.normal(0, 0.4 if rows else 0.9)) - (age - 40) / 80
    in_bed_h = 8.5 if rows else 7.2 if life.rhythm == "nights" else 7.85
    missing = 0.0 if life.diligent else min(0.105 * float(np.exp(rng.normal(0, 0.7))), 0.4)
    naps = float(rng.choice([0.0, 0.03, 0.12]))
    return Habits(
        rhythm=life.rhythm,
        bed_h=(22.2 if rows else 23.5) + late_type + (0.5 if irregular else 0.0),
        in_bed_h=in_bed_h + float(rng.normal(0, 0.45)),
        bed_sd_min=spread * (40 if rows else 62),
        rise_sd_min=spread * (40 if rows else 56),
        weekend_later_min=max(45 + 25 * late_type + float(rng.normal(0, 15)), 0.0),
        nap_ratio=0.22 if rows else naps if life.nap_ratio is None else life.nap_ratio,
        missing_ratio=missing,
        trouble_ratio=0.0 if life.diligent else 1.0,
        second_device_ratio=life.second_device_ratio,
    )
