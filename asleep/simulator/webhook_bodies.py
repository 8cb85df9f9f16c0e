"""What a webhook says, in each of the forms that the vendor's pages show."""

from typing import Any, Final, Literal, get_args
from zoneinfo import ZoneInfo

from asleep.simulator.diary import EPOCH_S, Session
from asleep.simulator.moments import writer
from asleep.simulator.payloads import Payload, session_result
from asleep.simulator.recordings import EPOCHS_PER_BLOCK, Recording
from asleep.simulator.statistics import Stages

Version = Literal["v3", "v3-flat", "v2", "v1", "v3-table"]
"""V3 as the official example has it, flat as in the reference files, the older ones, and V3 by the English table."""
VERSIONS: Final[tuple[Version, ...]] = get_args(Version)

_UTC = ZoneInfo("UTC")
_MOMENTS = writer(_UTC)
# What Get Session of the vendor's second version had of a night, which V1 still sends.
_LEGACY_STAT = (
    *("sleep_time", "wake_time", "sleep_latency", "wakeup_latency", "time_in_bed", "time_in_sleep_period"),
    *("time_in_sleep", "time_in_wake", "time_in_light", "time_in_deep", "time_in_rem"),
    *("sleep_efficiency", "sleep_ratio", "wake_ratio", "light_ratio", "deep_ratio", "rem_ratio"),
    *("time_in_stable_breath", "time_in_unstable_breath", "stable_breath_ratio", "unstable_breath_ratio"),
    "breathing_pattern",
)
_NO_BREATHING = "NO_BREATHING_STABILITY"


def block_body(
    version: Version,
    *,
    user_id: str,
    session: Session,
    recording: Recording,
    seq: int,
    epochs: int,
    at_s: int,
) -> Payload:
    """INFERENCE_COMPLETE of the block `seq`: the latest `epochs` entries up to its end, fewer where there are fewer.

    `at_s` is when it is sent, in seconds since 1970; only the flat form tells.
    """
    end = EPOCHS_PER_BLOCK * (seq + 1)
    begin = max(end - epochs, 0)
    stages, snoring = _cut(recording.stages, begin, end), _cut(recording.snoring, begin, end)
    block: Payload = {
        "user_id": user_id,
        "session_id": session.id,
        "seq_num": end - 1,
        "inference_seq_num": seq,
    }
    if version in ("v1", "v2"):
        breath = "osa_stage_list" if version == "v1" else "breath_stages"
        return _callback(
            "INFERENCE_COMPLETE", version, block | {"stage_list": stages, breath: [0] * len(stages)}
        )
    if version == "v3-table":
        return _callback(
            "INFERENCE_COMPLETE", version, block | {"stage_list": stages, "snoring_stages": snoring}
        )
    block |= {"sleep_stages": stages, "breath_stages": None, "snoring_stages": snoring}
    if version == "v3":
        return {"event": "INFERENCE_COMPLETE", "version": "V3", "data": block}
    window = {
        "start": _zulu(session.start_s + EPOCH_S * begin),
        "end": _zulu(session.start_s + EPOCH_S * end),
    }
    told = {"event": "INFERENCE_COMPLETE", "version": "V3", "timestamp": _zulu(at_s)}
    return told | block | {"time_window": window}


def complete_body(version: Version, *, user_id: str, session: Session, recording: Recording) -> Payload:
    """SESSION_COMPLETE with the result of Get Session in UTC."""
    if version == "v3-flat":
        return _flat_complete(user_id, session, recording)
    result = session_result(session, recording, _UTC)
    if version == "v3":
        return {"event": "SESSION_COMPLETE", "version": "V3", "data": {"user_id": user_id, **result}}
    if version == "v3-table":
        return _callback("SESSION_COMPLETE", version, {"user_id": user_id, **result})
    data = _legacy(result) if version == "v1" else result
    owner = {"user_id": user_id, "session_id": session.id}
    return _callback("SESSION_COMPLETE", version, {**owner, "sleep_data": data})


def _callback(event: str, version: Version, data: Payload) -> Payload:
    named: Payload = {"callback_event": event}
    if version != "v1":
        named["callback_version"] = version[:2].upper()
    return named | {"callback_data": data}


def _flat_complete(user_id: str, session: Session, recording: Recording) -> Payload:
    result = session_result(session, recording, _UTC, "reference")
    return {
        "event": "SESSION_COMPLETE",
        "version": "V3",
        "timestamp": _zulu(session.complete_s or session.start_s),
        "user_id": user_id,
        "session_id": session.id,
        "session": result["session"] | {"timezone": result["timezone"]},
        "stat": result["stat"],
        "peculiarities": result["peculiarities"],
    }


def _legacy(result: Payload) -> Payload:
    labels = [label for label in result["peculiarities"] if label != _NO_BREATHING]
    session, stat = result["session"], result["stat"]
    names = ("id", "state", "start_time", "end_time", "sleep_stages")
    return {
        "timezone": result["timezone"],
        "validity": f"INVALID_{labels[0]}" if labels else "VALID",
        "session": {name: session[name] for name in names} | {"osa_stages": None},
        "stat": None
        if stat is None
        else {name: stat[name] for name in _LEGACY_STAT} | {"estimated_ahi": None},
    }


def _cut(values: Stages | None, begin: int, end: int) -> list[Any]:
    return [] if values is None else values[begin:end].tolist()


def _zulu(seconds: int) -> str:
    return f"{_MOMENTS.text(seconds)[:19]}Z"
