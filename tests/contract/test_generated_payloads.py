"""No payload that the contract allows, and none that was damaged, crashes a parser or loses a session silently."""

import copy
import json
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asleep.errors import MalformedAnswer, status_error
from asleep.payloads import (
    parse_average_stats,
    parse_created_user,
    parse_detail,
    parse_session,
    parse_session_list,
    parse_user,
)
from tests.contract.calling import validator
from tests.contract.generated import anything, encoded, payloads
from tests.contract.reading import assert_survives, places

EXAMPLES = int(os.environ.get("NOCTURNE_TEST_PAYLOADS", "60"))
"""Payloads of each kind and test; a thorough run sets some thousands."""

profile = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A kind of answer: its schema, whether that is the body or its result, its parser, and its sessions.

    `told` are the entries of a decoded result that are sessions; `held` are the ids in the model.
    """

    schema: str
    whole: bool
    parse: Callable[[bytes], Any]
    told: Callable[[Any], list[Any]]
    held: Callable[[Any], list[str]]

    def bodies(self, *, sensible: bool) -> st.SearchStrategy[Any]:
        """Decoded bodies."""
        found = payloads(self.schema, sensible=sensible)
        return found if self.whole else st.builds(lambda result: {"detail": "OK", "result": result}, found)


def listed(result: Any, *names: str) -> list[Any]:
    return [entry for name in names for entry in result.get(name) or []]


ANSWERS = {
    "session": Answer(
        schema="SessionResult",
        whole=False,
        parse=parse_session,
        told=lambda result: [result["session"]],
        held=lambda night: [night.session_id],
    ),
    "session list": Answer(
        schema="SessionListResponse",
        whole=True,
        parse=parse_session_list,
        told=lambda result: listed(result, "sleep_session_list"),
        held=lambda items: [item.session_id for item in items],
    ),
    "averages": Answer(
        schema="AverageStatsResult",
        whole=False,
        parse=parse_average_stats,
        told=lambda result: listed(result, "slept_sessions", "never_slept_sessions"),
        held=lambda stats: [one.session_id for one in (*stats.slept, *stats.never_slept)],
    ),
    "user": Answer(
        schema="UserResponse",
        whole=True,
        parse=parse_user,
        told=lambda result: [one for one in [result.get("last_session_info")] if one is not None],
        held=lambda user: [] if user.last_session is None else [user.last_session.session_id],
    ),
    "created user": Answer(
        schema="UserCreatedResponse",
        whole=True,
        parse=parse_created_user,
        told=lambda result: [{"id": result["user_id"]}],
        held=lambda user_id: [user_id],
    ),
}
each_answer = pytest.mark.parametrize("answer", list(ANSWERS.values()), ids=list(ANSWERS))


def outcome(answer: Answer, payload: bytes) -> tuple[Any, str]:
    """What was read, or None and the sentence of the refusal; any other exception rises."""
    try:
        return answer.parse(payload), ""
    except MalformedAnswer as refusal:
        return None, refusal.problem


def refusal_or_every_session(answer: Answer, payload: bytes, body: Any) -> str:
    """The sentence of the refusal; empty where the model holds each session as often as the body does."""
    value, refusal = outcome(answer, payload)
    if value is None:
        assert refusal.strip()
        assert refusal.isprintable()
        return refusal
    told = [entry.get("id") or entry.get("session_id") for entry in answer.told(body["result"])]
    assert Counter(answer.held(value)) == Counter(told)
    assert_survives(value)
    return ""


@each_answer
@profile
@given(data=st.data())
def test_what_the_contract_allows_is_read_with_every_session(answer: Answer, data: st.DataObject) -> None:
    body = data.draw(answer.bodies(sensible=True))
    refusal = refusal_or_every_session(answer, data.draw(encoded(body)), body)
    # Two things that a schema cannot say, and one that no calendar holds.
    reasons = ("contradict each other", "ends before it begins", "outside the calendar")
    assert not refusal or refusal.endswith(reasons)


@each_answer
@profile
@given(data=st.data())
def test_what_the_contracts_patterns_allow_is_read_or_refused_aloud(
    answer: Answer, data: st.DataObject
) -> None:
    body = data.draw(answer.bodies(sensible=False))
    refusal_or_every_session(answer, data.draw(encoded(body)), body)


def damaged(body: Any, data: st.DataObject) -> Any:
    """The body with up to three fields dropped, nulled or of another type, or doubled entries of a list."""
    body = copy.deepcopy(body)
    for _ in range(data.draw(st.integers(1, 3))):
        if not body:
            return body
        *folders, last = data.draw(st.sampled_from(places(body)))
        place = body
        for folder in folders:
            place = place[folder]
        kind = data.draw(st.sampled_from(["drop", "null", "swap", "double"]))
        if kind == "drop":
            del place[last]
        elif kind == "double" and isinstance(place, list):
            place.insert(last, copy.deepcopy(place[last]))
        else:
            place[last] = None if kind == "null" else data.draw(anything)
    return body


@each_answer
@profile
@given(data=st.data())
def test_a_damaged_answer_is_read_with_every_session_or_refused_aloud(
    answer: Answer, data: st.DataObject
) -> None:
    body = damaged(data.draw(answer.bodies(sensible=True)), data)
    refusal_or_every_session(answer, data.draw(encoded(body)), body)


@each_answer
@profile
@given(data=st.data())
def test_an_answer_that_was_cut_off_is_refused(answer: Answer, data: st.DataObject) -> None:
    payload = data.draw(answer.bodies(sensible=True).flatmap(encoded))
    cut = payload[: data.draw(st.integers(0, len(payload) - 1))]
    with pytest.raises(MalformedAnswer):
        answer.parse(cut)


@each_answer
@profile
@given(data=st.data())
def test_an_answer_with_other_bytes_in_it_is_read_or_refused(answer: Answer, data: st.DataObject) -> None:
    payload = bytearray(data.draw(answer.bodies(sensible=True).flatmap(encoded)))
    for place in data.draw(st.lists(st.integers(0, len(payload) - 1), min_size=1, max_size=4)):
        payload[place] = data.draw(st.integers(0, 255))
    try:
        body = json.loads(bytes(payload))
    except ValueError:
        assert outcome(answer, bytes(payload)) != (None, "")
        return
    refusal_or_every_session(answer, bytes(payload), body)


@profile
@given(body=payloads("Error", sensible=False), status=st.integers(300, 599), data=st.data())
def test_every_refusal_becomes_an_error_with_a_sentence(body: Any, status: int, data: st.DataObject) -> None:
    detail = parse_detail(data.draw(encoded(body)))
    assert len(detail) <= 200
    error = status_error(status=status, detail=detail, operation="GET /x")
    assert str(status) in str(error)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), sensible=st.booleans())
def test_the_generated_payloads_are_what_the_contract_allows(data: st.DataObject, sensible: bool) -> None:
    for answer in ANSWERS.values():
        validator(answer.schema).validate(data.draw(payloads(answer.schema, sensible=sensible)))
