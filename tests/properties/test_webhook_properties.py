"""A webhook is read the same in every shape, and whatever bytes come, the answer is an event or a sentence."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from asleep.contract import example_bytes, example_names
from asleep.webhooks import WebhookEvent, WebhookUnreadable, block_epochs, read_webhook, without_moment

IDS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=40)
CODES = st.lists(st.integers(-1, 3), max_size=120)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=10), inner, max_size=5),
    max_leaves=20,
)  # fmt: skip
FIELDS = st.sampled_from([
    "event", "callback_event", "version", "callback_version", "data", "callback_data", "user_id", "session_id",
    "inference_seq_num", "sleep_stages", "stage_list", "session", "sleep_data", "id",
])  # fmt: skip
EVENTS = st.sampled_from(["INFERENCE_COMPLETE", "SESSION_COMPLETE", "SESSION_STARTED"])


def shapes(user_id: str, session_id: str, seq: int, codes: list[int]) -> dict[str, dict[str, Any]]:
    ids: dict[str, Any] = {"user_id": user_id, "session_id": session_id, "inference_seq_num": seq}
    named = {"event": "INFERENCE_COMPLETE", "version": "V3"}
    back = {"callback_event": "INFERENCE_COMPLETE"}
    return {
        "V1": {**back, "callback_data": {**ids, "stage_list": codes, "osa_stage_list": codes}},
        "V2": {**back, "callback_version": "V2", "callback_data": {**ids, "stage_list": codes}},
        "V3": {**named, "data": {**ids, "sleep_stages": codes, "breath_stages": None}},
        "V3 table": {**back, "callback_version": "V3", "callback_data": {**ids, "stage_list": codes}},
        "V3 flat": {**named, **ids, "sleep_stages": codes, "timestamp": "2026-02-15T01:05:50Z"},
    }


@given(user_id=IDS, session_id=IDS, seq=st.integers(0, 2**31 - 1), codes=CODES)
def test_the_shapes_of_one_block_are_one_event(
    user_id: str, session_id: str, seq: int, codes: list[int]
) -> None:
    for name, body in shapes(user_id, session_id, seq, codes).items():
        event = read_webhook(json.dumps(body).encode(), user_header=user_id)
        assert event == WebhookEvent(
            kind="block",
            event="INFERENCE_COMPLETE",
            version="" if name == "V1" else name[:2],
            vendor_id=user_id,
            session_id=session_id,
            seq=seq,
            stages=bytes(code & 0xFF for code in codes),
        )


def answered(body: bytes, header: str | None) -> WebhookEvent | None:
    try:
        return read_webhook(body, user_header=header)
    except WebhookUnreadable as problem:
        refusal = str(problem)
    assert refusal.endswith(".")
    return None


@given(body=st.binary(max_size=200), header=st.none() | st.text(max_size=30))
def test_any_bytes_are_an_event_or_a_sentence(body: bytes, header: str | None) -> None:
    answered(body, header)


@given(
    body=st.dictionaries(
        FIELDS, ANY_JSON | EVENTS | st.dictionaries(FIELDS, ANY_JSON, max_size=6), max_size=8
    ),
    event=EVENTS | ANY_JSON,
    header=st.none() | IDS,
)
def test_any_fields_are_an_event_or_a_sentence(body: dict[str, Any], event: Any, header: str | None) -> None:
    read = answered(json.dumps({"event": event, **body}).encode(), header)
    if read is None:
        return
    assert read.vendor_id
    assert header is None or read.vendor_id == header
    assert read.session_id or read.kind == "other"
    assert all(
        text.isascii() and text.isprintable()
        for text in (read.event, read.version, read.vendor_id, read.session_id)
    )
    assert max(len(read.vendor_id), len(read.session_id)) <= 200


@given(
    name=st.sampled_from([name for name in example_names() if name.startswith("webhook_")]),
    place=st.floats(0, 1, exclude_max=True),
    byte=st.integers(0, 255),
)
def test_one_wrong_byte_is_an_event_or_a_sentence(name: str, place: float, byte: int) -> None:
    body = bytearray(example_bytes(name))
    body[int(place * len(body))] = byte
    answered(bytes(body), None)


@given(seq=st.integers(-5, 3_000), length=st.integers(-5, 3_000))
def test_a_trusted_block_lies_within_the_session_and_has_its_length(seq: int, length: int) -> None:
    epochs = block_epochs(seq, length)
    if epochs is not None:
        assert len(epochs) == length
        assert epochs.start >= 0
        assert epochs.stop == 10 * (seq + 1)


@given(
    said=st.dictionaries(st.text(max_size=10), ANY_JSON, max_size=5),
    moments=st.tuples(ANY_JSON, ANY_JSON),
    last=st.booleans(),
)
def test_two_bodies_say_the_same_where_all_but_their_moment_is_the_same(
    said: dict[str, Any], moments: tuple[Any, Any], *, last: bool
) -> None:
    said.pop("timestamp", None)
    early, late = ({"timestamp": each, **said} for each in moments)
    placed = {**said, "timestamp": moments[1]} if last else late
    found = without_moment(json.dumps(early).encode())
    assert found == without_moment(json.dumps(placed).encode())
    assert json.loads(found) == said
    other = {**early, "another": 1}
    assert without_moment(json.dumps(other).encode()) != found or said.get("another") == 1


@given(body=st.binary(max_size=80) | st.text(max_size=20).map(lambda text: f'{{"timestamp"{text}'.encode()))
def test_what_is_no_object_says_what_it_is(body: bytes) -> None:
    assert without_moment(body) == body or isinstance(json.loads(body), dict)
