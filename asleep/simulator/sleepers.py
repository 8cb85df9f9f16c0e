"""What shapes the inside of a person's nights, by age, sex and chance."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True, slots=True)
class Sleeper:
    """What shapes the inside of a person's night, as factors on the calibrated figures.

    `latency_median_min`: median minutes to fall asleep; `wake_factor`: awakenings and their length;
    `deep_factor`: odds and length of deep sleep; `rem_factor`: length of REM phases, and half as strongly the
    shortness of the non-REM phases between them; `snoring_ratio`: share of the sleep with snoring.
    """

    latency_median_min: float = 14.0
    wake_factor: float = 1.0
    deep_factor: float = 1.0
    rem_factor: float = 1.0
    snoring_ratio: float = 0.0


def sleeper(rng: np.random.Generator, *, age: int, sex: str) -> Sleeper:
    """Somebody of this age and sex.

    With each ten years there is more wake and less deep and REM sleep, as boas_human's
    slope_per_decade_first_night_per_person and cohorts have it (WASO 22, 41 and 62 min below 35, to 54 and from 55
    years; REM 18.7, 14.6 and 13.9 %). Its 19 men wake up 2.6 times more a night than its 28 women; half of that
    difference is kept, because so few people cannot tell it well.
    """
    decades = (age - 40) / 10
    snores = rng.random() < 0.35
    return Sleeper(
        latency_median_min=float(np.clip(math.exp(rng.normal(2.75, 0.4)), 5, 45)),
        wake_factor=math.exp(0.25 * decades + rng.normal(0, 0.15)) * (1.1 if sex == "male" else 0.9),
        deep_factor=math.exp(-0.16 * decades + rng.normal(0, 0.2)),
        rem_factor=math.exp(-0.13 * decades + rng.normal(0, 0.12)),
        snoring_ratio=float(rng.uniform(0.04, 0.35)) if snores else 0.0,
    )
