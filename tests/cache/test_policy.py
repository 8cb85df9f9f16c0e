"""What may be kept, for how long, and that two questions never share a key."""

from dataclasses import FrozenInstanceError, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import IntEnum
from inspect import signature
from itertools import pairwise
from random import Random
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asleep.errors import SessionNotFound, UserNotFound
from asleep.models import AverageStats, SessionResult, SessionState, User
from cache.policy import Keep, Operation, cache_key, cache_tag, keep
from tests.contract.reading import READABLE, read

HOUR = 3600.0
DAY = 24 * HOUR


def session(state: SessionState) -> SessionResult:
    return SessionResult(session_id="s", state=state, start=datetime(2026, 1, 1, tzinfo=UTC))


AVERAGES = AverageStats(timezone="UTC", first=date(2026, 1, 1), last=date(2026, 1, 2), days=2)
ANSWERS: dict[str, object] = {
    "get_session": session("COMPLETE"),
    "list_sessions": (),
    "average_stats": AVERAGES,
    "get_user": User(user_id="u"),
}


@pytest.mark.parametrize(
    ("operation", "value", "kept"),
    [
        ("get_session", session("COMPLETE"), Keep(fresh_s=7 * DAY, stale_s=90 * DAY)),
        ("get_session", session("OPEN"), Keep(fresh_s=60, stale_s=60)),
        ("get_session", session("CLOSED"), Keep(fresh_s=60, stale_s=60)),
        ("list_sessions", (), Keep(fresh_s=60, stale_s=7 * DAY)),
        (
            "average_stats",
            AVERAGES,
            Keep(fresh_s=15 * 60, stale_s=7 * DAY),
        ),
        ("get_user", User(user_id="u"), Keep(fresh_s=5 * 60, stale_s=7 * DAY)),
        ("get_user", None, None),
        ("get_session", None, None),
        ("get_session", "not a session", None),
        ("list_sessions", None, None),
        ("average_stats", None, None),
        ("get_session", SessionNotFound(status=404, detail="", operation="getSession"), None),
        ("get_user", UserNotFound(status=404, detail="", operation="getUser"), None),
        ("list_sessions", [], None),
        ("get_user", (), None),
        ("create_user", "G-1", None),
        ("delete_session", session("COMPLETE"), None),
        ("something new", User(user_id="u"), None),
    ],
)
def test_what_may_be_kept_and_how_long(operation: str, value: object, kept: Keep | None) -> None:
    assert keep(operation, value) == kept


def test_nothing_is_fresh_longer_than_it_is_kept() -> None:
    for operation, value in ANSWERS.items():
        kept = keep(operation, value)
        assert kept is not None
        assert 0 < kept.fresh_s <= kept.stale_s


@pytest.mark.parametrize("state", get_args(SessionState))
def test_only_a_finished_session_is_kept_longer_than_a_minute(state: SessionState) -> None:
    kept = keep("get_session", session(state))
    assert kept is not None
    assert (kept.stale_s > 60) == (state == "COMPLETE")


def test_every_operation_that_is_kept_is_in_the_table_above() -> None:
    assert set(ANSWERS) == set(get_args(Operation))


parameter = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.dates())
question = st.fixed_dictionaries(
    {
        "organisation": st.text(max_size=4),
        "environment": st.sampled_from(["live", "test"]),
        "user_id": st.text(max_size=4),
        "operation": st.sampled_from(get_args(Operation)),
        "parameters": st.dictionaries(st.text(max_size=3), parameter, max_size=3),
        "schema": st.integers(1, 3),
    }
)


def exact(value: object) -> object:
    """Equal only when kind and value are: True is not 1 here."""
    if isinstance(value, dict):
        return {name: exact(each) for name, each in value.items()}
    return type(value).__name__, value


@given(one=question, other=question)
def test_two_questions_share_a_key_only_when_they_are_the_same(one: Any, other: Any) -> None:
    assert (cache_key(**one) == cache_key(**other)) == (exact(one) == exact(other))


@given(one=question, field=st.sampled_from(["organisation", "environment", "user_id", "operation", "schema"]))
def test_every_part_of_a_question_changes_the_key(one: Any, field: str) -> None:
    changed = one | {field: one[field] + 1 if field == "schema" else one[field] + "x"}
    assert cache_key(**changed) != cache_key(**one)


class Word(str):
    """A text of a kind of its own, as the member of an enumeration is."""

    __slots__ = ()

    def __str__(self) -> str:
        return "spelled differently"


class Number(IntEnum):
    ONE = 1


def respelled(value: object) -> object:
    """The same value in other clothes."""
    if isinstance(value, str):
        return Word(value)
    if type(value) is int and value == 1:
        return Number.ONE
    return value


@given(one=question, order=st.randoms())
def test_the_same_question_spelled_differently_has_one_key(one: Any, order: Random) -> None:
    names = list(one["parameters"])
    order.shuffle(names)
    other = one | {"parameters": {Word(name): respelled(one["parameters"][name]) for name in names}}
    assert cache_key(**other) == cache_key(**one)


def test_the_api_key_is_no_part_of_a_cache_key() -> None:
    parts = ["organisation", "environment", "user_id", "operation", "parameters", "schema"]
    assert list(signature(cache_key).parameters) == parts


@pytest.mark.parametrize("name", READABLE)
def test_a_caller_cannot_change_what_the_next_one_gets(name: str) -> None:
    value = read(name)
    hash(value)  # a list, a set, a mapping or a value that is not frozen, anywhere inside, would have none
    for one in value if isinstance(value, tuple) else (value,):
        for field in fields(one) if is_dataclass(one) else ():
            with pytest.raises(FrozenInstanceError):
                setattr(one, field.name, None)


def key_of(user_id: str = "u", **parameters: Any) -> str:
    return cache_key(
        organisation="north", environment="live", user_id=user_id, operation="get_user",
        parameters=parameters, schema=1,
    )  # fmt: skip


def test_the_order_of_parameters_does_not_matter_and_their_kind_does() -> None:
    assert key_of(a=1, b=2) == key_of(b=2, a=1)
    variants = [key_of(a=value) for value in (1, "1", True, None, "None", date(2026, 1, 1), "2026-01-01")]
    assert len(set(variants)) == len(variants)


@pytest.mark.parametrize("value", [1.5, b"x", [1], datetime(2026, 1, 1, tzinfo=UTC)])
def test_a_parameter_without_one_spelling_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="cannot be part of a cache key"):
        key_of(a=value)


def test_keys_and_tags_tell_nothing_of_the_user() -> None:
    key = key_of("G-SECRET")
    tag = cache_tag(organisation="north", environment="live", user_id="G-SECRET", operation="get_user")
    assert len(key) == 64
    assert "G-SECRET" not in key + tag
    assert tag.startswith("north/live/")


def test_a_drawer_begins_with_the_drawer_above_it() -> None:
    parts = {"organisation": "north", "environment": "live", "user_id": "u", "operation": "get_user"}
    names = list(parts)
    drawers = [cache_tag(**{name: parts[name] for name in names[:depth]}) for depth in range(1, 5)]
    for upper, lower in pairwise(drawers):
        assert lower.startswith(upper)
        assert upper.endswith("/")


@pytest.mark.parametrize(
    "parts",
    [
        {"organisation": ""},
        {"organisation": "a/b"},
        {"organisation": "north", "user_id": "u"},
        {"organisation": "north", "environment": "live", "operation": "get_user"},
    ],
)
def test_a_drawer_with_a_part_missing_or_slashed_is_refused(parts: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="Name the organisation"):
        cache_tag(**parts)
