"""Up to a year of recordings as one picture: a row a day on the person's own clock, a byte for every five minutes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics import wording
from analytics.daily_slots import ASLEEP as SLOT_ASLEEP
from analytics.daily_slots import AWAKE as SLOT_AWAKE
from analytics.daily_slots import SLOT_US, UNKNOWN, slots_of
from analytics.dating import day_index
from analytics.night_drawing import legal_stages
from analytics.rules import DEFAULT_RULES
from analytics.sessions import NO_INSTANT, SessionSet
from analytics.zones import DAY_US, HOUR_US, MINUTE_US, clock_changes, offsets_us

__all__ = [
    "ASLEEP",
    "AWAKE",
    "NOTHING",
    "NO_SIGNAL",
    "OUTSIDE",
    "SLOTS",
    "SLOT_MIN",
    "ClockMark",
    "Raster",
    "raster",
]

Codes = NDArray[np.uint8]
Counts = NDArray[np.int64]

SLOT_MIN: Final = 5
"""Minutes of a slot: a year of them is 105 kB [P]."""
SLOTS: Final = 24 * 60 // SLOT_MIN

NOTHING, OUTSIDE, NO_SIGNAL, AWAKE, ASLEEP = 0, 1, 2, 3, 4
"""Nothing recorded all day; not recording at that time of a recorded day; recorded without a signal; in bed awake;
asleep."""

_CODES: Final = ((SLOT_ASLEEP, ASLEEP), (SLOT_AWAKE, AWAKE), (UNKNOWN, NO_SIGNAL))
# A sleep of eight hours about the middle of the sleep day ends 16 h after the day began.
_USUAL_END_H: Final = 16
# How far beside the period what is drawn in it may begin, end or be labelled.
_ROOM_DAYS: Final = 2


@dataclass(frozen=True, kw_only=True)
class ClockMark:
    """A day from which the clock on the wall runs otherwise.

    Attributes:
        day: label of the row.
        text: short, for the margin of a picture: `Tokyo`, `clocks +1 h`.
        words: in a sentence: `from Asia/Tokyo`, `the clocks went forward by 1 h`.
    """

    day: date
    text: str
    words: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Raster:
    """What was recorded when, a row a day.

    Attributes:
        anchor_h: hour of the clock at which every row begins: the person's own, 12 h from their usual mid-sleep, at a
            full five minutes.
        codes: uint8 [days, `SLOTS`], one of the five codes of this module.
        days: one row a day by its label, in order:

            | column | meaning |
            |---|---|
            | recorded | whether anything was recorded on the day |
            | asleep_min | time asleep of the day's main sleep; NaN without one |
            | start_clock_h, end_clock_h | when its recording began and ended; NaN likewise |
            | session_id | its first session; "" without one |

        marks: where the zone or the clocks changed, in order.
    """

    anchor_h: float
    codes: Codes
    days: pd.DataFrame
    marks: tuple[ClockMark, ...]

    @property
    def recorded(self) -> int:
        """How many days have a recording."""
        return int(self.days["recorded"].sum())


@dataclass(frozen=True, kw_only=True, eq=False)
class _Stretch:
    """One recording: when it began, where, and its epochs (awake, unknown or asleep)."""

    start_us: int
    zone: str
    slots: Codes


def raster(sessions: SessionSet, nights: pd.DataFrame, *, first: date, last: date) -> Raster:
    """What a person's recordings of a period say of every five minutes, by sleep day and wall clock.

    Of the epochs that fall into five minutes the most frequent state counts; of equally many, asleep before awake
    before no signal. A sleep whose stages have not arrived is asleep from its onset to its final wake by the vendor's
    figures. Rows are the person's own sleep days, named by the date on which they usually wake up. Every recording is
    drawn, also of nights that do not count. Where the clocks go forward an hour of the wall does not exist and stays
    empty; where they go back the two hours of one name share their slots.

    Args:
        sessions: all of the person.
        nights: `night_table` of them.
        first: first label.
        last: last one, inclusive.

    Raises:
        ValueError: the period ends before it begins.
    """
    if last < first:
        raise ValueError(f"a raster cannot end on {last}, before it begins on {first}")
    anchor_h = _anchor(nights)
    offset = _label_offset(nights, anchor_h)
    origin = _number(first) - offset
    days = (last - first).days + 1
    near = _near(nights, first, last)
    counts = np.zeros(days * SLOTS * 3, dtype=np.int64)
    for zone, stretches in _by_zone(_stretches(sessions, near, _reach_us(first, last))).items():
        counts += _counted(zone, stretches, anchor_h, origin, days)
    return Raster(
        anchor_h=anchor_h,
        codes=_coded(counts.reshape(days, SLOTS, 3)),
        days=_days(near, counts.reshape(days, -1).sum(axis=1) > 0, first, last),
        marks=tuple(_marks(near, first, last)),
    )


def _anchor(nights: pd.DataFrame) -> float:
    """The person's anchor, moved to where a slot begins: slots are those of the clock."""
    known = nights["anchor_clock_h"].dropna()
    hour = float(known.iloc[-1]) if len(known) else DEFAULT_RULES.default_anchor_h
    return int(hour * 60 // SLOT_MIN) * SLOT_MIN / 60


def _number(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def _label_offset(nights: pd.DataFrame, anchor_h: float) -> int:
    """How many days the label of a sleep day lies after the date on which it begins, as most of the person's do."""
    mains = nights[(nights["kind"] == "main") & nights["valid"].astype(bool)]
    if mains.empty:
        return int((anchor_h + _USUAL_END_H) // 24)
    labels = (mains["night"] - pd.Timestamp(0)).dt.days.to_numpy(dtype=np.int64)
    steps, counts = np.unique(labels - mains["day_index"].to_numpy(dtype=np.int64), return_counts=True)
    return int(steps[counts.argmax()])


def _near(nights: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    """The rows that may reach into the period: a label can lie a day or two beside the row it is drawn in."""
    room = pd.Timedelta(days=_ROOM_DAYS)
    inside = nights["night"].between(pd.Timestamp(first) - room, pd.Timestamp(last) + room)
    return nights[inside & nights["start"].notna()].sort_values("start", kind="stable")


def _reach_us(first: date, last: date) -> tuple[int, int]:
    """The instants between which anything of the period lies, whatever the zone and the anchor."""
    return (_number(first) - _ROOM_DAYS) * DAY_US, (_number(last) + 1 + _ROOM_DAYS) * DAY_US


def _stretches(sessions: SessionSet, nights: pd.DataFrame, reach_us: tuple[int, int]) -> Iterator[_Stretch]:
    current = sessions.latest()
    place = {session_id: at for at, session_id in enumerate(current.columns["session_id"].tolist())}
    begins = current.columns["start"]
    for row in nights.to_dict("records"):
        staged = [place[each] for each in str(row["session_ids"]).split(";") if each in place]
        staged = [at for at in staged if len(current.stages[at]) and begins[at] != NO_INSTANT]
        if not staged:
            yield from _without_stages(row, reach_us)
        for at in staged:
            slots = slots_of(legal_stages(current.stages[at]))
            yield _Stretch(start_us=int(begins[at]), zone=str(row["zone"]), slots=slots)


def _without_stages(row: "dict[Any, Any]", reach_us: tuple[int, int]) -> Iterator[_Stretch]:
    """A recording by its edges alone: asleep between onset and final wake where these are known, else no signal.

    Only what lies within `reach_us`: an end that is wrong by a century must not take a century's room.
    """
    if pd.isna(row["end"]):
        return
    start, end, onset, wake = (_us(row[name]) for name in ("start", "end", "onset", "final_wake"))
    start += max(reach_us[0] - start, 0) // SLOT_US * SLOT_US
    end = min(end, reach_us[1])
    slots = np.full(max(end - start, 0) // SLOT_US, UNKNOWN, dtype=np.uint8)
    if NO_INSTANT not in {onset, wake}:
        slots[:] = SLOT_AWAKE
        slots[max(onset - start, 0) // SLOT_US : max(wake - start, 0) // SLOT_US] = SLOT_ASLEEP
    yield _Stretch(start_us=start, zone=str(row["zone"]), slots=slots)


def _us(moment: Any) -> int:
    return NO_INSTANT if pd.isna(moment) else pd.Timestamp(moment).value // 1000


def _by_zone(stretches: Iterator[_Stretch]) -> dict[str, list[_Stretch]]:
    found: dict[str, list[_Stretch]] = {}
    for stretch in stretches:
        found.setdefault(stretch.zone, []).append(stretch)
    return found


def _counted(zone: str, stretches: list[_Stretch], anchor_h: float, origin: int, days: int) -> Counts:
    """How many epochs of each state fall into each slot."""
    instants = np.concatenate([each.start_us + np.arange(len(each.slots)) * SLOT_US for each in stretches])
    states = np.concatenate([each.slots for each in stretches])
    wall = instants + offsets_us(zone, instants)
    row = day_index(wall, anchor_h) - origin
    since_anchor = np.mod(wall - round(anchor_h * 60) * MINUTE_US, DAY_US)
    cell = (row * SLOTS + since_anchor // (SLOT_MIN * MINUTE_US)) * 3 + states
    inside = (row >= 0) & (row < days)
    return np.bincount(cell[inside], minlength=days * SLOTS * 3)


def _coded(counts: Counts) -> Codes:
    order = [state for state, _ in _CODES]
    # The first of the largest: the order decides where epochs are equally many.
    code: Codes = np.array([code for _, code in _CODES], dtype=np.uint8)[counts[:, :, order].argmax(axis=2)]
    code[counts.sum(axis=2) == 0] = OUTSIDE
    code[counts.sum(axis=(1, 2)) == 0] = NOTHING
    return code


def _days(nights: pd.DataFrame, recorded: NDArray[np.bool_], first: date, last: date) -> pd.DataFrame:
    labels = pd.date_range(first, last, freq="D", unit="us")
    mains = nights[nights["kind"] == "main"].drop_duplicates("night", keep="last").set_index("night")
    columns = mains[["tst_min", "start_clock_h", "end_clock_h"]].astype("float64").reindex(labels)
    return columns.rename(columns={"tst_min": "asleep_min"}).assign(
        recorded=recorded, session_id=mains["session_id"].reindex(labels).fillna("")
    )


def _marks(nights: pd.DataFrame, first: date, last: date) -> Iterator[ClockMark]:
    """Changes of the zone from one main sleep to the next, and of a zone's clocks while the person was in it."""
    mains = nights[nights["kind"] == "main"]
    rows = list(zip(mains["night"].dt.date, mains["zone"], mains["start"], strict=True))
    for (_, before, begun), (day, zone, until) in pairwise(rows):
        found = _clock_mark(before, begun, until, day) if before == zone else _zone_mark(zone, day)
        if found is not None and first <= found.day <= last:
            yield found


def _zone_mark(zone: str, day: date) -> ClockMark:
    return ClockMark(day=day, text=zone.rsplit("/", 1)[-1].replace("_", " "), words=f"from then on in {zone}")


def _clock_mark(zone: str, begun: pd.Timestamp, until: pd.Timestamp, day: date) -> ClockMark | None:
    """The change between the starts of two nights; it is marked on the day of its own date."""
    changes = clock_changes(zone, _us(begun), _us(until))
    if not changes:
        return None
    moved_h = (changes[0].after_us - changes[0].before_us) / HOUR_US
    date_of = date(1970, 1, 1) + timedelta(days=(changes[0].at_us + changes[0].after_us) // DAY_US)
    by = wording.signed_duration(60 * moved_h)
    way = "forward" if moved_h > 0 else "back"
    return ClockMark(
        day=min(date_of, day),
        text=f"clocks {by}",
        words=f"the clocks went {way} by {wording.duration(abs(60 * moved_h))}",
    )
