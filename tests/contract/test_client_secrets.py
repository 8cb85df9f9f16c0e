"""The key stays where it belongs, and an id where it was put."""

import logging
import traceback
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asleep import errors
from asleep.client import AsleepClient, Timeouts
from tests.contract.asking import DELETIONS, EVERY, KEY, LONG, USER, Ask, example, talking_to
from tests.contract.hostile import (
    Reply,
    answers,
    breaks_off,
    floods,
    hangs,
    refuses,
    resets,
)

# Ids


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    one=st.one_of(
        st.sampled_from(
            ["", ".", "..", "?", "#", "%2f", "%2e%2e", "/", "../../../ai/v1/users/x", "a?x=1", "a#b"]
        ),
        st.text(max_size=12),
        st.text(alphabet="./%?#&;\\ \r\n2fea", max_size=8),
    )
)
def test_an_id_reaches_its_place_whole_or_is_refused(one: str) -> None:
    with talking_to(example("session_complete")) as (client, service):
        try:
            client.get_session(one, one)
        except errors.UnusableIdentifier:
            assert service.seen == []
            return
    [seen] = service.seen
    prefix, _, segment = seen.target.rpartition("/")
    assert prefix == "/data/v3/sessions"
    assert not {"?", "#", ".."} & {segment, *segment}
    assert bytes_of(segment) == one.encode()
    assert seen.headers["x-user-id"] == one


def bytes_of(segment: str) -> bytes:
    """One level of percent-encoding undone by hand, independent of what the client uses."""
    plain, place = bytearray(), 0
    while place < len(segment):
        if segment[place] == "%":
            plain.append(int(segment[place + 1 : place + 3], 16))
            place += 3
        else:
            plain.append(ord(segment[place]))
            place += 1
    return bytes(plain)


@pytest.mark.parametrize("bad", ["", ".", "..", "a b", "a\r\nx-evil: 1", "ü", "x" * 201])
@pytest.mark.parametrize("ask", ["get_user", "delete_user", "list_sessions"])
def test_an_id_with_no_place_in_an_address_is_never_sent(ask: str, bad: str) -> None:
    with (
        talking_to(answers(200)) as (client, service),
        pytest.raises(errors.UnusableIdentifier, match="Add the person anew"),
    ):
        getattr(client, ask)(bad)
    assert service.seen == []


# The key

TROUBLES: list[Reply] = [
    hangs,
    resets,
    breaks_off,
    answers(200, b"nothing"),
    answers(302, b"", Location="http://127.0.0.1:9/"),
    answers(200, b"x", **{"Content-Encoding": "gzip"}),
    refuses(401, f"the key {KEY} is unknown"),
    refuses(403, "quota"),
    refuses(500, KEY),
    floods(LONG),
]


@pytest.mark.parametrize("ask", EVERY)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_the_key_and_the_person_show_in_no_error(
    ask: Ask, trouble: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="asleep")
    limits = Timeouts(connect_s=0.3, read_s=0.3, total_s=0.3)
    with talking_to(trouble, timeouts=limits) as (client, _):
        error = failure_of(ask, client)
        if error is None:
            assert ask in DELETIONS  # whatever a 200 to a deletion holds, it is done
            return
        said = str(error) + repr(error) + repr(vars(error)) + repr(client)
    logged = "".join(record.getMessage() for record in caplog.records)
    assert error.request_id in logged
    frames = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "asleep.errors." in frames
    assert "deadline = Deadline(" in frames
    assert KEY not in said + logged + frames
    assert USER not in said + logged


def failure_of(ask: Ask, client: AsleepClient) -> errors.AsleepError | None:
    try:
        ask(client)
    except errors.AsleepError as error:
        return error
    return None


@pytest.mark.parametrize("before", [0, 150, 195, 400])
def test_a_long_refusal_is_cut_after_it_was_cleaned(before: int) -> None:
    with (
        talking_to(refuses(422, "x" * before + KEY + "y" * 5000)) as (client, _),
        pytest.raises(errors.InvalidParameter) as caught,
    ):
        client.get_user(USER)
    assert len(caught.value.detail) == 200


@settings(max_examples=60, deadline=None)
@given(before=st.integers(0, 230))
def test_not_even_a_part_of_the_key_or_an_id_shows(before: int) -> None:
    for secret in (KEY, USER):
        with (
            talking_to(refuses(422, "x" * before + secret)) as (client, _),
            pytest.raises(errors.InvalidParameter) as caught,
        ):
            client.get_user(USER)
        assert secret[:8] not in str(caught.value)


@settings(max_examples=40, deadline=None)
@given(
    said=st.one_of(
        st.text(st.characters(min_codepoint=32, max_codepoint=126)),
        st.sampled_from(
            [
                "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
                "Mon, 01 Jan 2026 00:00:00 +99999999999999999999",
                "1e400",
                "999999999999",
            ]
        ),
    )
)
def test_whatever_retry_after_says_the_error_is_ours(said: str) -> None:
    with (
        talking_to(refuses(501, "no", **{"Retry-After": said})) as (client, _),
        pytest.raises(errors.ServerFault) as caught,
    ):
        client.get_user(USER)
    assert caught.value.retry_after_s is None or 0 <= caught.value.retry_after_s < float("inf")


def test_no_error_of_a_library_hangs_on_ours() -> None:
    for trouble in TROUBLES:
        with talking_to(trouble, timeouts=Timeouts(total_s=0.3)) as (client, _):
            with pytest.raises(errors.AsleepError) as caught:
                client.get_user(USER)
            assert caught.value.__context__ is None
            assert caught.value.__cause__ is None


@pytest.mark.parametrize("key", ["", " ", "two words", "line\nbreak", "schlüssel"])
def test_a_key_no_header_can_carry_is_refused_unshown(key: str) -> None:
    with pytest.raises(ValueError, match="Copy it again") as caught:
        AsleepClient(base_url="https://api.asleep.ai", api_key=key)
    if key.strip():
        assert key not in "".join(traceback.format_exception(caught.value))


def test_a_refused_address_does_not_show_the_key_in_any_frame_of_ours() -> None:
    with pytest.raises(ValueError, match="Write it like") as caught:
        AsleepClient(base_url="ftp://api.asleep.ai", api_key=KEY)
    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [frame for frame in report.stack if "asleep/" in frame.filename.replace("tests/", "")]
    assert ours
    assert all(KEY not in str(frame.locals) for frame in ours)


# The address and the time-outs


@pytest.mark.parametrize(
    "address",
    [
        "https://api.asleep.ai",
        "https://api.asleep.ai/",
        "https://proxy.example:8443/asleep",
        "http://127.0.0.1:8080",
        "http://127.8.9.1",
        "http://localhost:1",
        "http://[::1]:8080",
    ],
)
def test_an_address_that_keeps_the_key_safe_is_taken(address: str) -> None:
    with AsleepClient(base_url=address, api_key=KEY) as client:
        assert client.base_url == address.rstrip("/")


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("", "is empty"),
        ("api.asleep.ai", "does not begin with https"),
        ("ftp://api.asleep.ai", "does not begin with https"),
        ("http://api.asleep.ai", "uses http to another machine"),
        ("http://127.0.0.1.evil.example", "uses http to another machine"),
        ("http://localhost.evil.example", "uses http to another machine"),
        ("https://me:secret@api.asleep.ai", "carries a user name"),
        ("http://127.0.0.1@evil.example", "carries a user name"),
        ("https://api.asleep.ai?x=1", "carries a query"),
        ("https://api.asleep.ai#x", "carries a query or a fragment"),
        ("https://", "names no host"),
        ("https://api.asleep.ai:port", "no readable host and port"),
        ("https://[::1", "no readable host and port"),
        ("http://127.0.0.1\\@evil.example", "a backslash"),
        ("https://api.asleep.ai\r\nx: y", "a space"),
    ],
)
def test_an_address_that_does_not_is_refused_with_what_to_write(address: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        AsleepClient(base_url=address, api_key=KEY)
    assert "https://api.asleep.ai" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["connect_s", "read_s", "total_s"])
@pytest.mark.parametrize("value", [0, -1, None, True, "10", float("nan"), float("inf")])
def test_a_time_out_that_is_none_is_refused_with_what_to_write(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{name}=10"):
        Timeouts(**{name: value})
