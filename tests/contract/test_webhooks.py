"""What the vendor sends is read in every shape that is known; what cannot be read is refused with a sentence."""

import doctest
import json
from typing import Any

import pytest

from asleep import webhooks
from asleep.contract import example, example_bytes, example_names
from asleep.webhooks import ForeignUser, WebhookEvent, WebhookUnreadable, block_epochs, read_webhook

USER = "G-20260105081500-QmVubml0b1NsZWVwUVo"
NIGHT, NAP, FULL = "20260214220530_m4t6b", "20260216120430_n0a5p", "20260209214107_k3p9x"
WEBHOOKS = [name for name in example_names() if name.startswith("webhook_")]


def block(stages: list[int], version: str) -> WebhookEvent:
    return WebhookEvent(
        kind="block",
        event="INFERENCE_COMPLETE",
        version=version,
        vendor_id=USER,
        session_id=NIGHT,
        seq=35,
        stages=bytes(stages),
    )


def complete(session_id: str, version: str) -> WebhookEvent:
    return WebhookEvent(
        kind="complete",
        event="SESSION_COMPLETE",
        version=version,
        vendor_id=USER,
        session_id=session_id,
        seq=-1,
        stages=b"",
    )


V1_BLOCK = [3] * 23 + [1] * 17
V3_LONG_BLOCK = [1] * 5 + [0] * 6 + [1] * 12 + [3] * 40 + [1] * 17


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("webhook_v1_inference_complete", block(V1_BLOCK, "")),
        ("webhook_v2_inference_complete", block(V1_BLOCK, "V2")),
        ("webhook_v3_inference_complete", block([1] * 10, "V3")),
        ("webhook_v3_inference_complete_40min", block(V3_LONG_BLOCK, "V3")),
        ("webhook_v3_inference_complete_flat", block([1] * 10, "V3")),
        ("webhook_v1_session_complete", complete(NAP, "")),
        ("webhook_v2_session_complete", complete(NAP, "V2")),
        ("webhook_v3_session_complete", complete(FULL, "V3")),
        ("webhook_v3_session_complete_flat", complete(FULL, "V3")),
        ("webhook_v3_session_complete_table_names", complete(NAP, "V3")),
    ],
)
def test_every_shape_is_read_as_one_event(name: str, event: WebhookEvent) -> None:
    assert read_webhook(example_bytes(name), user_header=USER) == event
    assert read_webhook(example_bytes(name), user_header=None) == event


def test_every_example_of_the_contract_is_among_them() -> None:
    assert len(WEBHOOKS) == 10


def test_a_block_by_the_names_of_the_english_table_is_read_like_the_others() -> None:
    body = example("webhook_v2_inference_complete") | {"callback_version": "V3"}
    body["callback_data"]["snoring_stages"] = body["callback_data"].pop("breath_stages")
    assert read_webhook(json.dumps(body).encode(), user_header=USER) == block(V1_BLOCK, "V3")


@pytest.mark.parametrize("name", WEBHOOKS)
def test_another_user_in_the_header_than_in_the_body_is_foreign(name: str) -> None:
    with pytest.raises(ForeignUser) as refusal:
        read_webhook(example_bytes(name), user_header="G-20260101000000-somebody")
    assert USER not in str(refusal.value)


def test_two_users_within_the_body_are_foreign_to_each_other() -> None:
    body = example("webhook_v3_inference_complete") | {"user_id": "G-20260101000000-somebody"}
    with pytest.raises(ForeignUser):
        read_webhook(json.dumps(body).encode(), user_header=USER)


def test_a_body_without_a_user_is_the_headers() -> None:
    body = example("webhook_v3_inference_complete")
    del body["data"]["user_id"]
    assert read_webhook(json.dumps(body).encode(), user_header=USER) == block([1] * 10, "V3")


@pytest.mark.parametrize(
    "body",
    [
        {"event": "SESSION_DELETED", "data": {"user_id": USER, "session_id": NIGHT}},
        {"event": "SESSION_DELETED", "user_id": USER, "session_id": NIGHT},
        {"callback_event": "SESSION_DELETED", "callback_data": {"session_id": NIGHT, "stage_list": "x"}},
        {"event": "SESSION_DELETED", "data": {"session_id": NIGHT, "inference_seq_num": {"a": []}}},
    ],
)  # fmt: skip
def test_an_unknown_event_is_read_whatever_else_it_holds(body: dict[str, Any]) -> None:
    event = read_webhook(json.dumps(body).encode(), user_header=USER)
    assert event == WebhookEvent(
        kind="other",
        event="SESSION_DELETED",
        version="",
        vendor_id=USER,
        session_id=NIGHT,
        seq=-1,
        stages=b"",
    )


def changed(name: str, **fields: object) -> bytes:
    body = example(name)
    body["data"] |= fields
    return json.dumps(body).encode()


BLOCK = "webhook_v3_inference_complete"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b'{"event": "SESSION_COMPLETE"', "not JSON"),
        (b'{"event": "SESSION_COMPLETE", "x": "\xff"}', "not JSON"),
        (b'{"event": NaN}', "not JSON"),
        (b"null", "no JSON object"),
        (b"[]", "no JSON object"),
        (b'"SESSION_COMPLETE"', "no JSON object"),
        (b"{}", "no event"),
        (b'{"event": null}', "no event"),
        (b'{"event": 7}', "event is no text"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"event": "NEW", "x": ' + b"[" * 200_000, "nested too deeply"),
        (b'{"event": "SESSION_COMPLETE", "x": ' + b'{"a":' * 40_000, "nested too deeply"),
        (b'{"event": "SESSION_COMPLETE", "data": []}', "another type"),
        (b'{"event": "SESSION_COMPLETE", "session_id": "s"}', "says whose event it is"),
        (b'{"event": "NEW"}', "says whose event it is"),
        (json.dumps({"event": "SESSION_COMPLETE", "user_id": USER}).encode(), "names no session"),
        (changed("webhook_v3_session_complete", session_id="another"), "names two sessions"),
        (changed(BLOCK, session_id=7), "another type"),
        (changed(BLOCK, session_id="s" * 201), "longer than 200"),
        (changed(BLOCK, session_id="s\u0000t"), "a character that none has"),
        (changed(BLOCK, session_id="s\nt"), "a character that none has"),
        (changed(BLOCK, session_id="sé"), "a character that none has"),
        (changed(BLOCK, user_id="u" * 201), "longer than 200"),
        (changed(BLOCK, user_id="u\r\nx-api-key: k"), "a character that none has"),
        (changed(BLOCK, inference_seq_num=-1), "another type or size"),
        (changed(BLOCK, inference_seq_num=2**31), "another type or size"),
        (changed(BLOCK, inference_seq_num="35"), "another type"),
        (changed(BLOCK, inference_seq_num=10**4000), "another type"),
        (changed(BLOCK, inference_seq_num=35.5), "not whole"),
        (changed(BLOCK, inference_seq_num=1e300), "another type or size"),
        (changed(BLOCK, sleep_stages=[1.5] * 10), "not whole"),
        (changed(BLOCK, sleep_stages=["1"] * 10), "another type"),
        (changed(BLOCK, sleep_stages=[127.5] * 10), "another type or size"),
        (b'{"event": "NEW", "user_id": 7}', "user_id is no text"),
        (b'{"event": "NEW", "user_id": null}', "user_id is no text"),
        (b'{"event": "NEW", "user_id": ""}', "user_id is no text"),
        (changed(BLOCK, user_id=None), "another type"),
        (changed(BLOCK, user_id=""), "another type or size"),
        (changed(BLOCK, sleep_stages=[128] * 10), "another type or size"),
        (changed(BLOCK, sleep_stages=[1] * 2881), "another type or size"),
        (json.dumps({"event": "E" * 65, "user_id": USER}).encode(), "longer than 64"),
        (json.dumps({"event": "A\tB", "user_id": USER}).encode(), "a character that none has"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(body: bytes, sentence: str) -> None:
    with pytest.raises(WebhookUnreadable, match=sentence) as refusal:
        read_webhook(body, user_header=None)
    assert len(str(refusal.value)) < 200


def test_a_whole_number_is_one_however_it_is_written() -> None:
    body = changed(BLOCK, inference_seq_num=35.0, sleep_stages=[1.0, 1] * 5)
    assert read_webhook(body, user_header=USER) == block([1] * 10, "V3")


def test_a_long_header_is_refused_like_a_long_field() -> None:
    with pytest.raises(WebhookUnreadable, match="longer than 200"):
        read_webhook(b'{"event": "SESSION_COMPLETE", "session_id": "s"}', user_header="u" * 201)


def test_an_empty_header_names_nobody_and_is_not_taken_for_none() -> None:
    with pytest.raises(WebhookUnreadable, match="is empty"):
        read_webhook(example_bytes(BLOCK), user_header="")


@pytest.mark.parametrize(
    ("seq", "length", "epochs"),
    [
        (0, 10, range(10)),
        (3, 40, range(40)),
        (6, 40, range(30, 70)),
        (12, 5, None),  # the reference files' own example fits no rule
        (0, 20, None),
        (3, 0, None),
        (-1, 10, None),
    ],
)
def test_a_block_ends_where_its_number_says_or_is_not_trusted(
    seq: int, length: int, epochs: range | None
) -> None:
    assert block_epochs(seq, length) == epochs


def test_a_block_without_a_number_is_kept_and_has_no_place() -> None:
    body = example(BLOCK)
    del body["data"]["inference_seq_num"]
    event = read_webhook(json.dumps(body).encode(), user_header=USER)
    assert (event.kind, event.seq) == ("block", -1)
    assert block_epochs(event.seq, len(event.stages)) is None


def test_the_examples_in_the_documentation_are_true() -> None:
    found = doctest.testmod(webhooks)
    assert (found.failed, found.attempted) == (0, 2)
