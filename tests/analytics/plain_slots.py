"""The rules of the daily slots once more, slot by slot and instant by instant, so that one can read them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from tests.analytics.recordings import Recording, epochs

AWAKE, UNKNOWN, ASLEEP = "awake", "unknown", "asleep"
SLOT = timedelta(seconds=30)
DAY_S = 86_400


def plain_counts(
    recordings: Sequence[Recording], nights: pd.DataFrame, zone: str
) -> dict[int, tuple[int, int]]:
    """Slots that agree with the day before and slots known on both, by `day_index`, for sleeps of one zone."""
    place = ZoneInfo(zone)
    mains = nights[(nights["kind"] == "main") & nights["valid"]]
    anchor_s = round(float(nights["anchor_clock_h"].iloc[0]) * 3600)
    said = _said(recordings, place, anchor_s)
    days = {int(day): _day(int(day), said, place, anchor_s) for day in mains["day_index"]}
    counts = {}
    for day, slots in days.items():
        before = days.get(day - 1)
        pairs = [] if before is None else list(zip(slots, before, strict=True))
        known = [(now, then) for now, then in pairs if UNKNOWN not in {now, then}]
        counts[day] = (sum(now == then for now, then in known), len(known))
    return counts


def _said(recordings: Sequence[Recording], place: ZoneInfo, anchor_s: int) -> dict[tuple[int, int], str]:
    """What was recorded in each slot since 1970, first and second time of a repeated hour apart."""
    said: dict[tuple[int, int], str] = {}
    weight = [AWAKE, UNKNOWN, ASLEEP]
    for each in recordings:
        for n, stage in enumerate(epochs(each.stages).tolist()):
            moment = (each.start.astimezone(UTC) + n * SLOT + SLOT / 2).astimezone(place)
            wall_s = (moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
            key = (int((wall_s - anchor_s) // 30), moment.fold)
            state = ASLEEP if stage > 0 else UNKNOWN if stage < 0 else AWAKE
            said[key] = max(said.get(key, AWAKE), state, key=weight.index)
    return said


def _day(day: int, said: dict[tuple[int, int], str], place: ZoneInfo, anchor_s: int) -> list[str]:
    slots = []
    for n in range(day * DAY_S // 30, (day + 1) * DAY_S // 30):
        wall = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None) + timedelta(seconds=30 * n + anchor_s)
        times = [said.get((n, fold), AWAKE) for fold in _folds(wall, place)]
        slots.append(times[0] if times and len(set(times)) == 1 else UNKNOWN)
    return slots


def _folds(wall: datetime, place: ZoneInfo) -> list[int]:
    """How often this wall clock is shown: never, once or twice."""
    shown: list[int] = []
    for fold in range(2):
        moment = wall.replace(tzinfo=place, fold=fold).astimezone(UTC)
        back = moment.astimezone(place)
        if back.replace(tzinfo=None, fold=0) == wall and back.fold == fold:
            shown.append(fold)
    return shown
