"""The vendor's webhooks, in every shape that is known, as one event.

Section 6 of the contract's README has the shapes side by side: V1 and V2, V3 as the official example has it, V3 by the
names of the English table, and V3 flat. What is read of a body is what placing it needs; a finished session is only
named here, because its result is asked of the API and not taken from a stranger's message.

Messages of what cannot be read name fields, never their values.
"""

from array import array
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import msgspec

from asleep.models import Stage

Kind = Literal["block", "complete", "other"]

EPOCHS_PER_STEP: Final = 10
"""`inference_seq_num` counts steps of so many epochs of 30 s."""

_KINDS: Final[dict[str, Kind]] = {"INFERENCE_COMPLETE": "block", "SESSION_COMPLETE": "complete"}
_LONGEST_BLOCK: Final = 2_880
"""Epochs of a day, which is the longest recording; the longest documented block has 80."""
_LONGEST_ID: Final = 200
_LONGEST_EVENT: Final = 64
_LONGEST_VERSION: Final = 16
_LARGEST_SEQ: Final = 2**31 - 1
_NONE: Final = -1


class WebhookUnreadable(ValueError):
    """The body is no event that can be kept; the message names the field and what is wrong with it."""


class ForeignUser(WebhookUnreadable):
    """Header and body name two different users, so it is not known whose event it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookEvent:
    """What a webhook says.

    Attributes:
        kind: a block of stages, the end of a session, or something that this program does not know.
        event: the vendor's name of it: `INFERENCE_COMPLETE`.
        version: `V1`, `V2`, `V3`; "" where none is given, as in V1.
        vendor_id: whose it is.
        session_id: "" only where `kind` is other.
        seq: `inference_seq_num` of a block, -1 where there is none.
        stages: of a block, one signed byte an epoch of 30 s; else b"".
    """

    kind: Kind
    event: str
    version: str
    vendor_id: str
    session_id: str
    seq: int
    stages: bytes


# JSON knows one kind of number: 35.0 is 35, and whoever writes it so means the same.
_Seq = (
    Annotated[int, msgspec.Meta(ge=0, le=_LARGEST_SEQ)]
    | Annotated[float, msgspec.Meta(ge=0, le=_LARGEST_SEQ)]
)
_Code = Stage | Annotated[float, msgspec.Meta(ge=-128, le=127)]
_Named = Annotated[str, msgspec.Meta(min_length=1)]
_Stages = Annotated[list[_Code], msgspec.Meta(max_length=_LONGEST_BLOCK)]


class _Session(msgspec.Struct, gc=False):
    id: str | None = None


class _Result(msgspec.Struct, gc=False):
    session: _Session | None = None


class _Payload(msgspec.Struct):
    user_id: _Named | msgspec.UnsetType = msgspec.UNSET
    session_id: str | None = None
    inference_seq_num: _Seq | None = None
    sleep_stages: _Stages | None = None
    stage_list: _Stages | None = None
    session: _Session | None = None
    sleep_data: _Result | None = None


class _Body(_Payload):
    event: str | None = None
    callback_event: str | None = None
    version: str | None = None
    callback_version: str | None = None
    data: _Payload | None = None
    callback_data: _Payload | None = None


_decode: Final = msgspec.json.Decoder(_Body).decode
_decode_fields: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_MOMENT: Final = b'"timestamp"'


def read_webhook(body: bytes, *, user_header: str | None) -> WebhookEvent:
    """The event of a webhook's body, whatever its version.

    An event of another name than the two that are documented is read as `other`, whatever else the body holds.

    Args:
        body: JSON in UTF-8.
        user_header: `x-user-id` as received; None when there was none, and the body then has to say whose it is.

    Raises:
        ForeignUser: header and body name two users.
        WebhookUnreadable: it is no JSON object, has no event, names nobody, or a field has another type or is longer
            than any is.
    """
    try:
        if not body.isascii():
            body.decode()  # what is skipped below is not looked at
        return _known(body, user_header) or _unknown(body, user_header)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise WebhookUnreadable("The body is not JSON in UTF-8.") from None
    except RecursionError:
        raise WebhookUnreadable("The body is nested too deeply.") from None


def without_moment(body: bytes) -> bytes:
    """What a body says but for when it was sent: who sends an event again names another moment and says the same.

    A body that names none, or that is no JSON object, is given back as it is.

    >>> without_moment(b'{"event": "SESSION_COMPLETE", "timestamp": "2026-02-10T05:45:31Z", "session_id": "s"}')
    b'{"event":"SESSION_COMPLETE","session_id":"s"}'
    """
    if _MOMENT not in body:
        return body
    try:
        said = _decode_fields(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return body
    if said.pop("timestamp", None) is None:
        return body
    return msgspec.json.encode(said)


def block_epochs(seq: int, length: int) -> range | None:
    """The epochs that a block covers, counted from the start of its session; None where it cannot be trusted.

    A block ends at epoch 10·(seq + 1) and begins as many before as it is long. Its length is a multiple of 10, and it
    does not begin before the session.

    >>> block_epochs(35, 40)
    range(320, 360)
    """
    end = EPOCHS_PER_STEP * (seq + 1)
    if length <= 0 or length % EPOCHS_PER_STEP or length > end:
        return None
    return range(end - length, end)


def _known(body: bytes, user_header: str | None) -> WebhookEvent | None:
    """The event where it is one of the two that are documented."""
    try:
        said = _decode(body)
    except msgspec.ValidationError as problem:
        return _unknown(body, user_header, problem)
    event = said.event or said.callback_event or ""
    kind = _KINDS.get(event)
    if kind is None:
        return None
    payload = said.data or said.callback_data or said
    return WebhookEvent(
        kind=kind,
        event=event,
        version=_text(said.version or said.callback_version or "", "version", _LONGEST_VERSION),
        vendor_id=_user(user_header, payload.user_id, said.user_id),
        session_id=_session_id(payload),
        seq=_seq(payload) if kind == "block" else _NONE,
        stages=_stages(payload) if kind == "block" else b"",
    )


def _seq(payload: _Payload) -> int:
    number = payload.inference_seq_num
    return _NONE if number is None else _whole(number, "inference_seq_num")


def _stages(payload: _Payload) -> bytes:
    """The stages by their name of V3, else by that of the others; both are looked at where both are there."""
    found = [_packed(codes) for codes in (payload.sleep_stages, payload.stage_list) if codes is not None]
    return found[0] if found else b""


def _packed(codes: list[int | float]) -> bytes:
    try:
        return array("b", codes).tobytes()
    except TypeError:
        return array("b", [_whole(code, "sleep_stages") for code in codes]).tobytes()


def _whole(number: float, field: str) -> int:
    if number != int(number):
        raise WebhookUnreadable(f"The field {field} holds a number that is not whole.")
    return int(number)


def _session_id(payload: _Payload) -> str:
    """The session's id wherever it stands; two that differ are refused, for which is meant nobody can say."""
    direct = payload.session_id
    if direct and payload.session is None and payload.sleep_data is None:
        return _text(direct, "session_id", _LONGEST_ID)
    result = payload.sleep_data or payload
    within = (direct, *(each.id for each in (payload.session, result.session) if each is not None))
    named = {each for each in within if each}
    if len(named) > 1:
        raise WebhookUnreadable("The body names two sessions.")
    if not named:
        raise WebhookUnreadable("The body names no session.")
    return _text(named.pop(), "session_id", _LONGEST_ID)


def _user(header: str | None, *within: str | msgspec.UnsetType) -> str:
    """Whose event it is: whom header and body name, who have to agree."""
    if header == "":
        raise WebhookUnreadable("The header x-user-id is empty.")
    found = header or ""
    for each in within:
        if each and each != found:
            if found:
                raise ForeignUser("The header x-user-id and the body name two different users.")
            found = each
    if not found:
        raise WebhookUnreadable("Neither the header x-user-id nor the body says whose event it is.")
    return _text(found, "user_id", _LONGEST_ID)


def _text(text: str, field: str, longest: int) -> str:
    if len(text) > longest:
        raise WebhookUnreadable(f"The field {field} is longer than {longest} characters.")
    if not (text.isascii() and text.isprintable()):
        raise WebhookUnreadable(
            f"The field {field} holds a character that none has: only visible ASCII and blanks."
        )
    return text


def _unknown(
    body: bytes, user_header: str | None, problem: msgspec.ValidationError | None = None
) -> WebhookEvent:
    """An event of a name that is not known, of which nothing has to have the types that are.

    Raises:
        WebhookUnreadable: its name is known after all, so `problem` is what is wrong with it; or it has none.
    """
    said: Any = msgspec.json.decode(body)
    if not isinstance(said, dict):
        raise WebhookUnreadable("The body is no JSON object.")
    event = said.get("event") or said.get("callback_event")
    if event is None or event == "":
        raise WebhookUnreadable("The body has no event.")
    if not isinstance(event, str):
        raise WebhookUnreadable("The field event is no text.")
    if event in _KINDS:
        raise WebhookUnreadable(f"A field has another type or size: {problem}.")
    payload = said.get("data") or said.get("callback_data")
    within = payload if isinstance(payload, dict) else said
    return WebhookEvent(
        kind="other",
        event=_text(event, "event", _LONGEST_EVENT),
        version=_text(_said(said, "version") or _said(said, "callback_version"), "version", _LONGEST_VERSION),
        vendor_id=_user(user_header, _user_said(within), _user_said(said)),
        session_id=_text(_said(within, "session_id"), "session_id", _LONGEST_ID),
        seq=_NONE,
        stages=b"",
    )


def _said(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _user_said(fields: dict[str, Any]) -> str:
    """Whom an unknown event names; it need not name anybody, but then has no such field."""
    user = fields.get("user_id", "")
    if not isinstance(user, str) or ("user_id" in fields and not user):
        raise WebhookUnreadable("The field user_id is no text.")
    return user
