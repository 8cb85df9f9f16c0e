"""Answers in the vendor's shapes: `current` as the official pages show, `reference` as the older files do."""

import math
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, Literal
from zoneinfo import ZoneInfo

from asleep.simulator.diary import Session
from asleep.simulator.moments import Writer, second_of_day, writer
from asleep.simulator.people import Person
from asleep.simulator.statistics import Stat
from asleep.simulator.world import Recording

Shape = Literal["current", "reference"]
Payload = dict[str, Any]

_DAY_S = 86_400
_UTC = writer(ZoneInfo("UTC"))
_NO_BREATHING = "NO_BREATHING_STABILITY"

# What the averages carry, in the order of the contract's example; the four times come first.
_MEAN_SECONDS = (
    "sleep_latency",
    "wakeup_latency",
    "time_in_bed",
    "time_in_sleep_period",
    "time_in_sleep",
    "time_in_wake",
    "time_in_light",
    "time_in_deep",
    "time_in_rem",
)
_RATIOS_OF_PERIOD = {
    "wake_ratio": "time_in_wake",
    "sleep_ratio": "time_in_sleep",
    "light_ratio": "time_in_light",
    "deep_ratio": "time_in_deep",
    "rem_ratio": "time_in_rem",
}
_BREATH_SECONDS = ("time_in_stable_breath", "time_in_unstable_breath")
_BREATH_RATIOS = ("stable_breath_ratio", "unstable_breath_ratio")
_SNORING_SECONDS = ("time_in_snoring", "time_in_no_snoring")
_COUNTS = ("waso_count", "sleep_cycle_count", "snoring_count")
_TIMES_OF_DAY = ("start_time", "end_time", "sleep_time", "wake_time")
_AVERAGED = (*_TIMES_OF_DAY, *_MEAN_SECONDS, *_SNORING_SECONDS, *_COUNTS, "longest_waso", "sleep_cycle")


def envelope(result: object, *, shape: Shape = "current", users: bool = False) -> Payload:
    """The body around a result; the texts differ between the two halves of the API."""
    return {"detail": "success" if users or shape == "reference" else "OK", "result": result}


def session_result(
    session: Session, recording: Recording, zone: ZoneInfo, shape: Shape = "current"
) -> Payload:
    """Result of Get Session with its times in `zone`."""
    written = writer(zone)
    described = {
        "id": session.id,
        "state": session.state,
        "start_time": written.text(session.start_s),
        "end_time": written.text_or_none(session.end_s),
    }
    stages = {"sleep_stages": _listed(recording.stages), "snoring_stages": _listed(recording.snoring)}
    if shape == "reference":
        return {
            "timezone": zone.key,
            "peculiarities": [label for label in recording.peculiarities if label != _NO_BREATHING],
            "missing_data_ratio": recording.missing_data_ratio,
            "session": described | stages,
            "stat": _reference_stat(recording.stat, written),
        }
    return {
        "timezone": zone.key,
        "peculiarities": list(recording.peculiarities),
        "missing_data_ratio": recording.missing_data_ratio,
        "session": described
        | {
            "unexpected_end_time": written.text_or_none(session.unexpected_end_s),
            "created_timezone": session.zone,
            "sleep_stages": stages["sleep_stages"],
            "breath_stages": None,
            "snoring_stages": stages["snoring_stages"],
        },
        "stat": _current_stat(recording.stat, written),
    }


def session_list(sessions: Sequence[Session], zone: ZoneInfo) -> Payload:
    """Result of List Sessions: one page, in the order given; the same in both shapes."""
    written = writer(zone)
    return {
        "timezone": zone.key,
        "sleep_session_list": [_list_item(session, written) for session in sessions],
    }


def user_result(person: Person, last: Session | None, shape: Shape = "current") -> Payload:
    """Result of Get User with the last session in brief."""
    info = None if last is None else _last_session_info(last, shape)
    return {
        "user_id": person.user_id,
        "to_be_deleted": False,
        "last_session_info": info,
        "metadata": person.metadata,
    }


def average_stats(
    nights: Iterable[tuple[Session, Stat | None]],
    *,
    zone: ZoneInfo,
    start: date,
    end: date,
    shape: Shape = "current",
) -> Payload:
    """Result of Average Stats over the complete sessions of a period with their statistics, oldest first.

    Sessions without statistics are in neither list. Means as in `mean_statistics`.
    """
    written = writer(zone)
    analysed = [(session, stat) for session, stat in nights if stat is not None]
    slept = [_slept_session(session, stat, written) for session, stat in analysed if stat["time_in_sleep"]]
    never = [_times(session, written) for session, stat in analysed if not stat["time_in_sleep"]]
    means = mean_statistics(slept, whole=shape == "current")
    period: Payload = {"start_date": start.isoformat(), "end_date": end.isoformat()}
    if shape == "reference":
        period["days"] = (end - start).days + 1
        return _reference_averages(period, means, slept=slept, never=never)
    return {
        "period": {"timezone": zone.key, **period},
        "peculiarities": [_NO_BREATHING],
        "average_stats": means,
        "never_slept_sessions": never,
        "slept_sessions": slept,
    }


def mean_statistics(slept: Sequence[Payload], *, whole: bool = True) -> Payload | None:
    """Means over entries of `slept_sessions`, None for no entry.

    Seconds are plain means, shares come from sums of seconds with three decimals, the four times of day are
    circular means; counts are whole, or with one decimal if not `whole`. What no night has is None.
    Source: ../shared/asleep-api/README.md, section 9; the vendor's own method is not documented.
    """
    if not slept:
        return None
    known = {name: [value for night in slept if (value := night[name]) is not None] for name in _AVERAGED}
    sums = {name: sum(known[name]) for name in (*_MEAN_SECONDS, *_SNORING_SECONDS)}
    period_s = sums["time_in_sleep_period"]
    heard_s = sum(sums[name] for name in _SNORING_SECONDS)
    snoring = round(sums["time_in_snoring"] / heard_s, 3) if heard_s else None
    counts = {name: _mean(known[name], 0 if whole else 1) for name in _COUNTS}
    return {
        **{name: _mean_time_of_day(known[name]) for name in _TIMES_OF_DAY},
        **{name: round(sums[name] / len(slept)) for name in _MEAN_SECONDS},
        **dict.fromkeys(_BREATH_SECONDS),
        **{name: _mean(known[name], 0) for name in _SNORING_SECONDS},
        "sleep_efficiency": round(sums["time_in_sleep"] / sums["time_in_bed"], 3),
        **{name: round(sums[seconds] / period_s, 3) for name, seconds in _RATIOS_OF_PERIOD.items()},
        **dict.fromkeys(_BREATH_RATIOS),
        "snoring_ratio": snoring,
        "no_snoring_ratio": None if snoring is None else round(1 - snoring, 3),
        "breathing_index": None,
        "waso_count": counts["waso_count"],
        "longest_waso": _mean(known["longest_waso"], 0),
        "sleep_cycle_count": counts["sleep_cycle_count"],
        "sleep_cycle": _mean(known["sleep_cycle"], 0),
        "snoring_count": counts["snoring_count"],
    }


def _mean(values: Sequence[float], decimals: int) -> float | int | None:
    if not values:
        return None
    mean = sum(values) / len(values)
    return round(mean, decimals) if decimals else round(mean)


def _mean_time_of_day(moments: Sequence[str]) -> str:
    angles = [second_of_day(moment) / _DAY_S * math.tau for moment in moments]
    angle = math.atan2(sum(map(math.sin, angles)), sum(map(math.cos, angles)))
    seconds = round(angle / math.tau * _DAY_S) % _DAY_S
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _listed(stages: Any) -> list[int] | None:
    return None if stages is None else stages.tolist()


def _current_stat(stat: Stat | None, written: Writer) -> Payload | None:
    if stat is None:
        return None
    return stat | {
        "sleep_time": written.text_or_none(stat["sleep_time"]),
        "wake_time": written.text_or_none(stat["wake_time"]),
        "sleep_cycle_time": [written.text(moment) for moment in stat["sleep_cycle_time"]],
    }


def _reference_stat(stat: Stat | None, written: Writer) -> Payload | None:
    if stat is None:
        return None
    slept_s = stat["time_in_sleep"]
    index = stat["sleep_index"]
    names = ("time_in_bed", "time_in_sleep", "time_in_light", "time_in_deep", "time_in_rem")
    moments = [written.text(moment) for moment in stat["sleep_cycle_time"]]
    return {
        "sleep_time": f"{slept_s // 3600:02d}:{slept_s // 60 % 60:02d}:{slept_s % 60:02d}",
        "sleep_index": None if index is None else float(index),
        "sleep_latency": stat["sleep_latency"],
        **{name: stat[name] for name in names},
        "sleep_efficiency": round(100 * slept_s / stat["time_in_bed"], 2),
        "waso_count": stat["waso_count"],
        "longest_waso": stat["longest_waso"],
        "sleep_cycle": [
            {"order": order, "start_time": start, "end_time": end}
            for order, (start, end) in enumerate(pairwise(moments), start=1)
        ],
    }


def _list_item(session: Session, written: Writer) -> Payload:
    return {
        "session_id": session.id,
        "state": session.state,
        "session_start_time": written.text(session.start_s),
        "session_end_time": written.text_or_none(session.end_s),
        "created_timezone": session.zone,
        "unexpected_end_time": written.text_or_none(session.unexpected_end_s),
        "last_received_seq_num": session.epochs - 1 if session.epochs else None,
        "time_in_bed": None if session.end_s is None else session.end_s - session.start_s,
    }


def _last_session_info(session: Session, shape: Shape) -> Payload:
    if shape == "reference":
        return {
            "session_id": session.id,
            "state": session.state,
            "session_start_time": _UTC.text(session.start_s),
            "session_end_time": _UTC.text_or_none(session.end_s),
        }
    return {
        "session_id": session.id,
        "inference_type": "MELSPECTROGRAM",
        "service": "NOSERVICE",
        "start_time": _without_offset(session.start_s),
        "end_time": _without_offset(session.end_s),
        "state": session.state,
        "complete_time": _without_offset(session.complete_s),
    }


def _without_offset(seconds: int | None) -> str | None:
    return None if seconds is None else _UTC.text(seconds)[:19]


def _times(session: Session, written: Writer) -> Payload:
    return {
        "id": session.id,
        "start_time": written.text(session.start_s),
        "end_time": written.text_or_none(session.end_s),
        "completed_time": written.text_or_none(session.complete_s),
    }


def _slept_session(session: Session, stat: Stat, written: Writer) -> Payload:
    entry = {
        "id": session.id,
        "created_timezone": session.zone,
        "start_time": written.text(session.start_s),
        "end_time": written.text_or_none(session.end_s),
        "completed_time": written.text_or_none(session.complete_s),
        **stat,
    }
    entry["sleep_time"] = written.text(stat["sleep_time"])
    entry["wake_time"] = written.text(stat["wake_time"])
    del entry["sleep_cycle_time"]  # not among the statistics of a listed session
    return entry


def _reference_averages(
    period: Payload, means: Payload | None, *, slept: list[Payload], never: list[Payload]
) -> Payload:
    if means is not None:
        means = {name: value for name, value in means.items() if "breath" not in name}
        means["sleep_efficiency"] = round(100 * means["sleep_efficiency"], 1)
    return {
        "period": period,
        "peculiarities": [],
        "average_stats": means,
        "never_slept_sessions": [_brief(session) for session in never],
        "slept_sessions": [_brief(session) for session in slept],
    }


def _brief(session: Payload) -> Payload:
    return {"session_id": session["id"], "session_start_time": session["start_time"]}
