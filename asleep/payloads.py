"""The vendor's bytes to our models, in the current shape and in the older one of the reference files.

Where the two disagree, section 2 of the contract's README decides: an efficiency above 1 is a percentage, a
clock time where a moment should be is ignored and the moment derived, a list of cycles becomes their count,
mean and times, a moment without an offset is UTC, unknown labels are kept. What cannot be read raises
`MalformedAnswer`, whose sentence names the field and never its value.

Nothing is left out silently:

- A field that we do not know is kept with its text (`asleep.models`, `unknown`). Around a result (beside
  `result`, beside the list of a page) there is no model to keep it; the log says so once.
- One session that cannot be read makes its whole list unreadable, of a page as of an average, and the
  sentence says which entry of how many it was. A list without it would look complete: the synchronisation
  takes a session that is no longer listed for a deleted one, and a mean over fewer nights shows no gap. The
  other nights are not lost by it: what was kept of them stays and is shown with its age, and each can be
  read by itself with Get Session, where a session that is malformed concerns no other.
- A session that is listed twice is given twice; only whoever joins pages or periods counts it once.
- A session with two different ids (`id` and `session_id`) is refused, because a deletion needs the right one.
"""

from datetime import datetime
from typing import Any, Final

import msgspec

from asleep import models, wire
from asleep.decoding import Reader, each
from asleep.errors import MalformedAnswer
from asleep.figures import average_figures, says_nothing, session_stat
from asleep.moments import utc_or_none
from asleep.strangers import Strangers

_SESSION: Final = Reader[wire.Envelope[wire.SessionResult]](wire.Envelope[wire.SessionResult])
_SESSION_LIST: Final = Reader[wire.Envelope[wire.SessionList]](wire.Envelope[wire.SessionList])
_LISTED: Final = Reader[wire.ListedSession](wire.ListedSession)
_AVERAGES: Final = Reader[wire.Envelope[wire.AverageResult]](wire.Envelope[wire.AverageResult])
_SLEPT: Final = Reader[wire.Slept](wire.Slept)
_NEVER_SLEPT: Final = Reader[wire.AnalysedSession](wire.AnalysedSession)
_USER: Final = Reader[wire.Envelope[wire.User]](wire.Envelope[wire.User])
_CREATED_USER: Final = Reader[wire.Envelope[wire.CreatedUser]](wire.Envelope[wire.CreatedUser])
_RESULT: Final = "result"


def parse_session(payload: bytes) -> models.SessionResult:
    """One session with its stages and statistics, from the body of Get Session.

    Raises:
        MalformedAnswer: the body is not JSON, lacks an id, a start or a state, or a field has another type.
    """
    envelope, strangers = _SESSION.read(payload)
    strangers.mention_all_but(_RESULT)
    raw = envelope.result
    session, start, end = raw.session, _start(raw.session), _end(raw.session)
    stat = None if raw.stat is None else session_stat(raw.stat, start=start, end=end)
    if stat is not None and strangers.found:
        stat = msgspec.structs.replace(stat, unknown=strangers.within(_RESULT, "stat"))
    return models.SessionResult(
        session_id=_session_id(session),
        state=_state(session.state),
        start=start,
        end=end,
        unexpected_end=utc_or_none(session.unexpected_end_time, "unexpected_end_time"),
        created_timezone=session.created_timezone,
        peculiarities=raw.peculiarities or (),
        missing_data_ratio=raw.missing_data_ratio,
        sleep_stages=session.sleep_stages,
        snoring_stages=session.snoring_stages,
        breath_stages=session.breath_stages,
        stat=stat,
        unknown=strangers.within(_RESULT, but_not=("stat",)),
    )


def parse_session_list(payload: bytes) -> tuple[models.SessionListItem, ...]:
    """One page of sessions in the order received, from the body of List Sessions.

    Raises:
        MalformedAnswer: as for `parse_session`; one entry is enough.
    """
    envelope, strangers = _SESSION_LIST.read(payload)
    strangers.mention_all_but(_RESULT, "sleep_session_list")
    return each(envelope.result.sleep_session_list, "result.sleep_session_list", _listed)


def _listed(entry: msgspec.Raw) -> models.SessionListItem:
    raw, strangers = _LISTED.read(entry)
    return models.SessionListItem(
        session_id=_session_id(raw),
        state=_state(raw.state),
        start=_start(raw),
        end=_end(raw),
        created_timezone=raw.created_timezone,
        unexpected_end=utc_or_none(raw.unexpected_end_time, "unexpected_end_time"),
        last_received_seq_num=raw.last_received_seq_num,
        time_in_bed_s=raw.time_in_bed,
        unknown=strangers.within(),
    )


def parse_average_stats(payload: bytes) -> models.AverageStats:
    """The means of a period and the sessions behind them, from the body of Get Average Stats.

    Raises:
        MalformedAnswer: as for `parse_session`, or the period ends before it begins.
    """
    envelope, strangers = _AVERAGES.read(payload)
    strangers.mention_all_but(_RESULT)
    raw = envelope.result
    first, last = raw.period.start_date, raw.period.end_date
    if last < first:
        raise MalformedAnswer("result.period ends before it begins")
    average = None if raw.average_stats is None else average_figures(raw.average_stats)
    if average is not None and strangers.found:
        average = msgspec.structs.replace(average, unknown=strangers.within(_RESULT, "average_stats"))
    return models.AverageStats(
        timezone=raw.period.timezone,
        first=first,
        last=last,
        days=(last - first).days + 1,
        peculiarities=raw.peculiarities or (),
        average=average,
        slept=each(raw.slept_sessions or (), "result.slept_sessions", _slept),
        never_slept=each(raw.never_slept_sessions or (), "result.never_slept_sessions", _never_slept),
        unknown=strangers.within(_RESULT, but_not=("average_stats",)),
    )


def _slept(entry: msgspec.Raw) -> models.SleptSession:
    raw, strangers = _SLEPT.read(entry)
    start, end = _start_or_none(raw), _end(raw)
    return models.SleptSession(
        session_id=_session_id(raw),
        start=start,
        end=end,
        completed=_completed(raw),
        created_timezone=raw.created_timezone,
        stat=None if says_nothing(raw) else session_stat(raw, start=start, end=end),
        unknown=strangers.within(),
    )


def _never_slept(entry: msgspec.Raw) -> models.NeverSlept:
    raw, strangers = _NEVER_SLEPT.read(entry)
    return models.NeverSlept(
        session_id=_session_id(raw),
        start=_start_or_none(raw),
        end=_end(raw),
        completed=_completed(raw),
        unknown=strangers.within(),
    )


def parse_user(payload: bytes) -> models.User:
    """A person as the vendor knows them, from the body of Get User.

    Raises:
        MalformedAnswer: as for `parse_session`; the last session needs an id, a start and a state as well.
    """
    envelope, strangers = _USER.read(payload)
    strangers.mention_all_but(_RESULT)
    raw = envelope.result
    last, metadata = raw.last_session_info, raw.metadata
    return models.User(
        user_id=_present(raw.user_id, "result.user_id"),
        to_be_deleted=raw.to_be_deleted,
        last_session=None if last is None else _last_session(last, strangers),
        metadata=None if metadata is None else _metadata(metadata, strangers),
        unknown=strangers.within(_RESULT, but_not=("last_session_info", "metadata")),
    )


def parse_created_user(payload: bytes) -> str:
    """The id issued to a new person, from the body of Create User.

    Raises:
        MalformedAnswer: the body is not JSON or holds no id.
    """
    envelope, strangers = _CREATED_USER.read(payload)
    strangers.mention_all_but(_RESULT, "user_id")
    return _present(envelope.result.user_id, "result.user_id")


def create_user_body(metadata: models.UserMetadata | None) -> bytes:
    """The body of Create User: what is known of the person, under the vendor's names."""
    if metadata is None:
        return b"{}"
    told = {name: value for name, value in msgspec.structs.asdict(metadata).items() if name != "unknown"}
    vendor_names = {"height_cm": "height", "weight_kg": "weight"}
    told = {vendor_names.get(name, name): value for name, value in told.items() if value is not None}
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
    return " ".join(detail.split()) if isinstance(detail, str) else ""


def _complaint(item: dict[str, Any]) -> str:
    place = item.get("loc")
    named = ".".join(str(part) for part in place) if isinstance(place, list) else "a parameter"
    return f"{named}: {item.get('msg', 'is not accepted')}"


def _present(text: str | None, field: str) -> str:
    if not text:
        raise MalformedAnswer(f"the field {field} is missing or empty")
    return text


def _session_id(raw: wire.Session | wire.Slept) -> str:
    if raw.id and raw.session_id and raw.id != raw.session_id:
        raise MalformedAnswer("the fields id and session_id of a session contradict each other")
    return _present(raw.id or raw.session_id, "id (or session_id) of a session")


def _state(served: str | None) -> models.SessionState:
    for state in models.SESSION_STATES:
        if served == state:
            return state
    raise MalformedAnswer(f"the field state of a session is none of {', '.join(models.SESSION_STATES)}")


def _start(raw: wire.Session | wire.Slept) -> datetime:
    start = _start_or_none(raw)
    if start is None:
        raise MalformedAnswer("the field start_time (or session_start_time) of a session is missing")
    return start


def _start_or_none(raw: wire.Session | wire.Slept) -> datetime | None:
    return utc_or_none(raw.start_time or raw.session_start_time, "start_time")


def _end(raw: wire.Session | wire.Slept) -> datetime | None:
    return utc_or_none(raw.end_time or raw.session_end_time, "end_time")


def _completed(raw: wire.AnalysedSession | wire.Slept) -> datetime | None:
    return utc_or_none(raw.completed_time or raw.complete_time, "completed_time")


def _last_session(raw: wire.LastSession, strangers: Strangers) -> models.LastSession:
    return models.LastSession(
        session_id=_session_id(raw),
        state=_state(raw.state),
        start=_start(raw),
        end=_end(raw),
        completed=_completed(raw),
        inference_type=raw.inference_type,
        service=raw.service,
        unknown=strangers.within(_RESULT, "last_session_info"),
    )


def _metadata(raw: wire.Metadata, strangers: Strangers) -> models.UserMetadata:
    return models.UserMetadata(
        birth_year=raw.birth_year,
        birth_month=raw.birth_month,
        birth_day=raw.birth_day,
        gender=raw.gender,
        height_cm=raw.height,
        weight_kg=raw.weight,
        unknown=strangers.within(_RESULT, "metadata"),
    )
