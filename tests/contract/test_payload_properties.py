"""Whatever arrives is read into values that survive the cache, or refused as `MalformedAnswer`."""

import copy
import json
from collections.abc import Callable
from datetime import UTC
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from asleep import contract, models
from asleep.errors import MalformedAnswer
from asleep.payloads import (
    parse_detail,
)
from tests.contract.generated import anything
from tests.contract.reading import PARSERS, READABLE, assert_survives, parser_of, places

numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
moments = st.datetimes(timezones=st.just(UTC))
stages = st.none() | st.lists(st.integers(-128, 127)).map(tuple)
unknown = st.lists(st.tuples(st.text(), st.text()), max_size=3).map(tuple)
stats = st.builds(
    models.SessionStat,
    **dict.fromkeys(models.Figures.__struct_fields__, numbers),
    sleep_time=st.none() | moments,
    wake_time=st.none() | moments,
    sleep_cycle_times=st.lists(moments, max_size=6).map(tuple),
    breathing_pattern=st.none() | st.text(),
    sleep_efficiency_recomputed=st.booleans(),
    unknown=unknown,
)
sessions = st.builds(
    models.SessionResult,
    session_id=st.text(min_size=1),
    state=st.sampled_from(models.SESSION_STATES),
    start=moments,
    end=st.none() | moments,
    unexpected_end=st.none() | moments,
    created_timezone=st.none() | st.text(),
    peculiarities=st.lists(st.text()).map(tuple),
    missing_data_ratio=numbers,
    sleep_stages=stages,
    snoring_stages=stages,
    breath_stages=stages,
    stat=st.none() | stats,
    unknown=unknown,
)


@given(value=sessions)
def test_a_session_survives_encoding_and_decoding(value: models.SessionResult) -> None:
    assert msgspec.json.decode(msgspec.json.encode(value), type=models.SessionResult) == value


json_values = anything | st.sampled_from(
    ["2026-02-09T22:41:07+01:00", "0001-01-01T00:00:00+14:00", "07:18:30", "COMPLETE"]
)


def read_or_refuse(parse: Callable[[bytes], Any], body: bytes) -> None:
    try:
        value = parse(body)
    except MalformedAnswer:
        return
    assert_survives(value)


@settings(max_examples=300)
@given(data=st.data(), name=st.sampled_from(READABLE))
def test_a_payload_with_anything_anywhere_is_read_or_refused(data: st.DataObject, name: str) -> None:
    body = copy.deepcopy(contract.example(name))
    for *folders, key in data.draw(st.lists(st.sampled_from(places(body)), min_size=1, max_size=3)):
        place = body
        try:
            for folder in folders:
                place = place[folder]
            place[key] = data.draw(json_values)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change removed the place
    read_or_refuse(parser_of(name), json.dumps(body).encode())


@settings(max_examples=300)
@given(data=st.data(), name=st.sampled_from(READABLE))
def test_a_payload_with_damaged_bytes_is_read_or_refused(data: st.DataObject, name: str) -> None:
    body = bytearray(contract.example_bytes(name))
    for place in data.draw(st.lists(st.integers(0, len(body) - 1), max_size=4)):
        body[place] = data.draw(st.integers(0, 255))
    read_or_refuse(parser_of(name), bytes(body[: data.draw(st.integers(0, len(body)))]))


@given(body=st.binary(max_size=200), parse=st.sampled_from(list(PARSERS.values())))
def test_any_bytes_are_read_or_refused(body: bytes, parse: Callable[[bytes], Any]) -> None:
    read_or_refuse(parse, body)
    assert isinstance(parse_detail(body), str)
