"""What the vendor adds to its answers is kept as received, wherever it stands, and costs nobody a night."""

import json
import logging
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asleep import contract, models, strangers
from asleep.averages import joined
from asleep.payloads import create_user_body, parse_average_stats, parse_session, parse_session_list
from cache.envelope import Codec
from tests.contract.generated import anything
from tests.contract.reading import PARSERS, READABLE, parser_of, places, read

WITH_MODELS = [name for name in READABLE if name != "user_created"]
NEWS = '{"b" : [1.50, "\\u00e9", null] }'
"""A value whose text shows whether it was kept or written anew."""


def changed(name: str, *, at: tuple[Any, ...], field: str, text: str) -> bytes:
    """The example with one more field in the object at that path, its value exactly this text."""
    body = contract.example(name)
    place = body
    for step in at:
        place = place[step]
    place[field] = "@@"
    return json.dumps(body).replace('"@@"', text).encode()


def objects(name: str) -> list[tuple[Any, ...]]:
    """Every path to an object of an example that is inside its result; of lists the first two entries."""
    body = contract.example(name)

    def at(path: tuple[Any, ...]) -> Any:
        value = body
        for step in path:
            value = value[step]
        return value

    return [path for path in places(body) if path[0] == "result" and isinstance(at(path), dict)]


def without_unknown(value: Any) -> Any:
    """The value and all in it with nothing unknown."""
    if isinstance(value, tuple):
        return tuple(without_unknown(one) for one in value)
    if not isinstance(value, msgspec.Struct):
        return value
    known = {name: without_unknown(getattr(value, name)) for name in value.__struct_fields__}
    return type(value)(**{**known, "unknown": ()} if "unknown" in known else known)


def unknown_in(value: Any) -> Iterator[tuple[str, str]]:
    """Every unknown field of the value and of all in it."""
    if isinstance(value, tuple):
        for one in value:
            yield from unknown_in(one)
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            if name == "unknown":
                yield from value.unknown  # type: ignore[attr-defined]
            else:
                yield from unknown_in(getattr(value, name))


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strangers, "_told", set())


PLACES = [(name, at) for name in WITH_MODELS for at in objects(name)]
KEPT = [(name, at) for name, at in PLACES if not (name.startswith("session_list") and at == ("result",))]


@pytest.mark.parametrize(
    ("name", "at"), KEPT, ids=[f"{name}:{'.'.join(str(step) for step in at)}" for name, at in KEPT]
)
def test_a_new_field_in_any_object_is_kept_and_changes_nothing_else(name: str, at: tuple[Any, ...]) -> None:
    value = parser_of(name)(changed(name, at=at, field="news", text=NEWS))
    [(found, text)] = unknown_in(value)
    assert found.endswith("news")
    assert text == NEWS
    assert without_unknown(value) == read(name)
    hash(value)


@pytest.mark.parametrize("name", WITH_MODELS)
def test_what_the_contract_describes_is_not_unknown(name: str) -> None:
    assert list(unknown_in(read(name))) == []


def test_fields_of_objects_without_a_model_have_a_path_before_their_name() -> None:
    body = contract.example("session_complete_reference_shape")
    result = body["result"]
    result["zeta"], result["session"]["alpha"], result["stat"]["beta"] = 1, "x", True
    result["stat"]["sleep_cycle"][1]["depth"] = 2.0
    night = parse_session(json.dumps(body).encode())
    assert night.unknown == (("session.alpha", '"x"'), ("zeta", "1"))
    assert night.stat is not None
    assert night.stat.unknown == (("beta", "true"), ("sleep_cycle[1].depth", "2.0"))


def test_names_that_collide_stay_two_fields() -> None:
    body = contract.example("session_complete")
    body["result"]["session.alpha"], body["result"]["session"]["alpha"] = 1, 2
    assert sorted(parse_session(json.dumps(body).encode()).unknown) == [
        ("session.alpha", "1"),
        ("session.alpha", "2"),
    ]


def test_an_unknown_field_survives_the_cache() -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    kinds: list[tuple[str, Any, Callable[[bytes], Any]]] = [
        ("session_complete", models.SessionResult, PARSERS["session"]),
        ("session_list_page", tuple[models.SessionListItem, ...], PARSERS["session_list"]),
        ("average_stats", models.AverageStats, PARSERS["average_stats"]),
        ("user", models.User, PARSERS["user"]),
    ]
    for name, kind, parse in kinds:
        body = contract.example(name)
        for path in objects(name):
            place = body
            for step in path:
                place = place[step]
            place["news"] = {"π": [None, 1e-7]}
        value = parse(json.dumps(body).encode())
        assert len(list(unknown_in(value))) >= 2
        codec = Codec[Any](kind)
        kept = codec.decode(codec.encode(value, fetched_at=at))
        assert kept is not None
        assert kept.value == value


@settings(max_examples=150)
@given(
    place=st.sampled_from(KEPT),
    fields=st.dictionaries(st.text(max_size=8).map(lambda text: f"x-{text}"), anything, max_size=5),
)
def test_any_new_fields_are_kept_under_their_names(
    place: tuple[str, tuple[Any, ...]], fields: dict[str, Any]
) -> None:
    name, at = place
    body = contract.example(name)
    target = body
    for step in at:
        target = target[step]
    target |= fields
    value = parser_of(name)(json.dumps(body, ensure_ascii=False).encode())
    found = list(unknown_in(value))
    assert [json.loads(text) for _, text in found] == [fields[field] for field in sorted(fields)]
    assert all(full.endswith(field) for (full, _), field in zip(found, sorted(fields), strict=True))
    assert without_unknown(value) == read(name)


# What surrounds a result


@pytest.mark.parametrize(
    ("name", "at"),
    [(name, ()) for name in READABLE] + [("session_list_page", ("result",)), ("user_created", ("result",))],
)
def test_what_stands_around_a_result_is_told_once_and_costs_nothing(
    name: str, at: tuple[Any, ...], caplog: pytest.LogCaptureFixture
) -> None:
    body = changed(name, at=at, field="next_page", text='"canary"')
    for _ in range(3):
        assert parser_of(name)(body) == read(name)
    [told] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "keeps none of" in told.getMessage()
    assert "canary" not in told.getMessage()
    assert "next_page" not in told.getMessage()


# Bounds


def test_a_hostile_number_of_fields_is_cut_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    body = contract.example("session_complete")
    body["result"]["session"] |= {f"field-{place:06}": place for place in range(100_000)}
    payload = json.dumps(body).encode()
    began_s = time.perf_counter()
    night = parse_session(payload)
    assert time.perf_counter() - began_s < 5
    assert night.unknown == tuple((f"session.field-{place:06}", f"{place}") for place in range(64))
    assert without_unknown(night) == read("session_complete")
    parse_session(payload)
    [told] = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert "99936 of them were left out" in told


def test_a_huge_field_is_left_out_and_small_ones_are_kept(caplog: pytest.LogCaptureFixture) -> None:
    body = contract.example("session_complete")
    body["result"] |= {"a": "x" * 3000, "b": "x" * 3000, "c": "x" * 1_000_000, "d": 1}
    night = parse_session(json.dumps(body).encode())
    assert [name for name, _ in night.unknown] == ["a", "d"]
    assert "2 of them were left out" in caplog.text


def test_each_night_of_an_average_keeps_its_own_fields() -> None:
    body = contract.example("average_stats")
    for place, one in enumerate(body["result"]["slept_sessions"]):
        one |= {f"f{number:02}": place for number in range(64)}
    found = parse_average_stats(json.dumps(body).encode())
    assert [len(one.unknown) for one in found.slept] == [64, 64, 64]
    assert [one.unknown[0] for one in found.slept] == [("f00", "0"), ("f00", "1"), ("f00", "2")]


def test_text_that_is_not_utf_8_costs_no_night() -> None:
    payload = contract.example_bytes("session_complete").replace(
        b'"result": {', b'"result": {"news": "\xff",', 1
    )
    assert parse_session(payload).unknown == (("news", '"\\xff"'),)


# Where values are made of values


def test_joined_periods_keep_what_is_unknown_in_each() -> None:
    pieces = []
    for season in ("spring", "summer"):
        body = contract.example("average_stats")
        body["result"]["period"]["season"] = season
        body["result"]["average_stats"]["dreams"] = len(season)
        pieces.append(parse_average_stats(json.dumps(body).encode()))
    whole = joined(pieces)
    assert whole.unknown == (("period.season", '"spring"'), ("period.season", '"summer"'))
    assert whole.average is not None
    assert whole.average.unknown == (("dreams", "6"),)


def test_a_list_of_sessions_keeps_each_entrys_fields() -> None:
    body = contract.example("session_list_page")
    body["result"]["sleep_session_list"][2]["mood"] = "good"
    items = parse_session_list(json.dumps(body).encode())
    assert [item.unknown for item in items] == [(), (), (("mood", '"good"'),), (), (), ()]


def test_what_is_unknown_of_a_person_is_not_sent_back() -> None:
    metadata = models.UserMetadata(birth_year=1988, unknown=(("shoe_size", "42"),))
    assert json.loads(create_user_body(metadata)) == {"metadata": {"birth_year": 1988}}
