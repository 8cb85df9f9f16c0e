"""The vendor's bytes to our models, in the current shape and in the older one of the reference files.

Where the two disagree, section 2 of the contract's README decides: an efficiency above 1 is a percentage, a
clock time where a moment should be is ignored and the moment derived, a list of cycles becomes their count,
mean and times, a moment without an offset is UTC, unknown labels are kept. What cannot be read raises
`MalformedAnswer`, whose sentence names the field and never its value.
"""

from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec

from asleep import models, wire
from asleep.errors import MalformedAnswer
from asleep.figures import average_figures, session_stat
from asleep.moments import utc_or_none

Read = TypeVar("Read")

_SESSION: Final = msgspec.json.Decoder(wire.Envelope[wire.SessionResult])
_SESSION_LIST: Final = msgspec.json.Decoder(wire.Envelope[wire.SessionList])
_AVERAGES: Final = msgspec.json.Decoder(wire.Envelope[wire.AverageResult])
_USER: Final = msgspec.json.Decoder(wire.Envelope[wire.User])
_SLEPT: Final = msgspec.json.Decoder(wire.Session)
_SLEPT_STAT: Final = msgspec.json.Decoder(wire.Stat)


def parse_session(payload: bytes) -> models.SessionResult:
    """One session with its stages and statistics, from the body of Get Session.

    Raises:
        MalformedAnswer: the body is not JSON, lacks an id, a start or a state, or a field has another type.
    """
    raw = _decode(_SESSION, payload).result
    start, end = _start(raw.session), _end(raw.session)
    return models.SessionResult(
        session_id=_session_id(raw.session),
        state=_state(raw.session),
        start=start,
        end=end,
        unexpected_end=utc_or_none(raw.session.unexpected_end_time, "unexpected_end_time"),
        created_timezone=raw.session.created_timezone,
        peculiarities=raw.peculiarities or (),
        missing_data_ratio=raw.missing_data_ratio,
        sleep_stages=raw.session.sleep_stages,
        snoring_stages=raw.session.snoring_stages,
        breath_stages=raw.session.breath_stages,
        stat=None if raw.stat is None else session_stat(raw.stat, start=start, end=end),
    )


def parse_session_list(payload: bytes) -> tuple[models.SessionListItem, ...]:
    """One page of sessions in the order received, from the body of List Sessions.

    Raises:
        MalformedAnswer: as for `parse_session`.
    """
    return tuple(
        models.SessionListItem(
            session_id=_session_id(raw),
            state=_state(raw),
            start=_start(raw),
            end=_end(raw),
            created_timezone=raw.created_timezone,
            unexpected_end=utc_or_none(raw.unexpected_end_time, "unexpected_end_time"),
            last_received_seq_num=raw.last_received_seq_num,
            time_in_bed_s=raw.time_in_bed,
        )
        for raw in _decode(_SESSION_LIST, payload).result.sleep_session_list
    )


def parse_average_stats(payload: bytes) -> models.AverageStats:
    """The means of a period and the sessions behind them, from the body of Get Average Stats.

    Raises:
        MalformedAnswer: as for `parse_session`, or the period ends before it begins.
    """
    raw = _decode(_AVERAGES, payload).result
    first, last = raw.period.start_date, raw.period.end_date
    if last < first:
        raise MalformedAnswer("result.period ends before it begins")
    return models.AverageStats(
        timezone=raw.period.timezone,
        first=first,
        last=last,
        days=(last - first).days + 1,
        peculiarities=raw.peculiarities or (),
        average=None if raw.average_stats is None else average_figures(raw.average_stats),
        slept=tuple(_slept(one) for one in raw.slept_sessions or ()),
        never_slept=tuple(_never_slept(one) for one in raw.never_slept_sessions or ()),
    )


def parse_user(payload: bytes) -> models.User:
    """A person as the vendor knows them, from the body of Get User.

    Raises:
        MalformedAnswer: as for `parse_session`; the last session needs an id, a start and a state as well.
    """
    raw = _decode(_USER, payload).result
    return models.User(
        user_id=_present(raw.user_id, "result.user_id"),
        to_be_deleted=raw.to_be_deleted,
        last_session=None if raw.last_session_info is None else _last_session(raw.last_session_info),
        metadata=None if raw.metadata is None else _metadata(raw.metadata),
    )


def parse_created_user(payload: bytes) -> str:
    """The id issued to a new person, from the body of Create User.

    Raises:
        MalformedAnswer: the body is not JSON or holds no id.
    """
    return _present(_decode(_USER, payload).result.user_id, "result.user_id")


def create_user_body(metadata: models.UserMetadata | None) -> bytes:
    """The body of Create User: what is known of the person, under the vendor's names."""
    if metadata is None:
        return b"{}"
    known = {name: value for name, value in msgspec.structs.asdict(metadata).items() if value is not None}
    vendor_names = {"height_cm": "height", "weight_kg": "weight"}
    told = {vendor_names.get(name, name): value for name, value in known.items()}
    return msgspec.json.encode({"metadata": told})


def parse_detail(payload: bytes) -> str:
    """The sentence in the body of a refusal: one line, at most 200 characters; "" where the body has none.

    The list form names the places and messages only, because such lists may repeat what was sent.
    """
    try:
        detail = msgspec.json.decode(payload, type=dict[str, Any]).get("detail")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    if isinstance(detail, list):
        detail = "; ".join(_complaint(item) for item in detail if isinstance(item, dict))
    return " ".join(detail.split())[:200] if isinstance(detail, str) else ""


def _complaint(item: dict[str, Any]) -> str:
    place = item.get("loc")
    named = ".".join(str(part) for part in place) if isinstance(place, list) else "a parameter"
    return f"{named}: {item.get('msg', 'is not accepted')}"


def _decode(decoder: msgspec.json.Decoder[Read], payload: bytes | msgspec.Raw) -> Read:
    try:
        return decoder.decode(payload)
    except UnicodeDecodeError:
        problem = "a text in it is not UTF-8"
    except RecursionError:
        problem = "it is nested too deeply to be read"
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at ")
        problem = f"the field {path.strip('`').removeprefix('$.') or 'at the top'} is not readable: {what}"
    except msgspec.DecodeError as error:
        problem = f"it is not JSON ({error})"
    # Raised here and not above, so that no error hangs on it that still holds the body.
    raise MalformedAnswer(problem)


def _present(text: str | None, field: str) -> str:
    if not text:
        raise MalformedAnswer(f"the field {field} is missing or empty")
    return text


def _session_id(raw: wire.Session) -> str:
    return _present(raw.id or raw.session_id, "id (or session_id) of a session")


def _state(raw: wire.Session) -> models.SessionState:
    for state in models.SESSION_STATES:
        if raw.state == state:
            return state
    raise MalformedAnswer(f"the field state of a session is none of {', '.join(models.SESSION_STATES)}")


def _start(raw: wire.Session) -> datetime:
    start = _start_or_none(raw)
    if start is None:
        raise MalformedAnswer("the field start_time (or session_start_time) of a session is missing")
    return start


def _start_or_none(raw: wire.Session) -> datetime | None:
    return utc_or_none(raw.start_time or raw.session_start_time, "start_time")


def _end(raw: wire.Session) -> datetime | None:
    return utc_or_none(raw.end_time or raw.session_end_time, "end_time")


def _completed(raw: wire.Session) -> datetime | None:
    return utc_or_none(raw.completed_time or raw.complete_time, "completed_time")


def _slept(one: msgspec.Raw) -> models.SleptSession:
    raw, stat = _decode(_SLEPT, one), _decode(_SLEPT_STAT, one)
    start, end = _start_or_none(raw), _end(raw)
    return models.SleptSession(
        session_id=_session_id(raw),
        start=start,
        end=end,
        completed=_completed(raw),
        created_timezone=raw.created_timezone,
        stat=None if stat == wire.Stat() else session_stat(stat, start=start, end=end),
    )


def _never_slept(raw: wire.Session) -> models.NeverSlept:
    return models.NeverSlept(
        session_id=_session_id(raw),
        start=_start_or_none(raw),
        end=_end(raw),
        completed=_completed(raw),
    )


def _last_session(raw: wire.Session) -> models.LastSession:
    return models.LastSession(
        session_id=_session_id(raw),
        state=_state(raw),
        start=_start(raw),
        end=_end(raw),
        completed=_completed(raw),
        inference_type=raw.inference_type,
        service=raw.service,
    )


def _metadata(raw: wire.Metadata) -> models.UserMetadata:
    return models.UserMetadata(
        birth_year=raw.birth_year,
        birth_month=raw.birth_month,
        birth_day=raw.birth_day,
        gender=raw.gender,
        height_cm=raw.height,
        weight_kg=raw.weight,
    )
