"""Status, text and method decide what is raised and what is tried again."""

import pytest

from asleep import errors
from asleep.client import AsleepClient
from tests.contract.asking import (
    ANSWERED,
    EVERY,
    KEY,
    QUICK,
    READS,
    SESSION,
    USER,
    Ask,
    create_user,
    delete_session,
    delete_user,
    get_session,
    talking_to,
)
from tests.contract.hostile import (
    Reply,
    answers,
    breaks_off,
    hangs_up,
    hostile,
    refuses,
    resets,
)

REFUSALS: list[tuple[int, bytes | str, type[errors.StatusError], bool]] = [
    (400, "The invalid timezone is provided", errors.UnknownTimezone, False),
    (400, "Invalid timezone format", errors.UnknownTimezone, False),
    (400, "The period should be less than or equal to 100 days", errors.PeriodTooLong, False),
    (400, "Something else", errors.BadRequest, False),
    (401, "Unauthorized", errors.InvalidKey, False),
    (401, b"", errors.InvalidKey, False),
    (401, "x-user-id is invalid", errors.InvalidUserId, False),
    (401, "invalid user id", errors.InvalidUserId, False),
    (401, "user_id is invalid", errors.InvalidUserId, False),
    (403, "Rate limit exceeded", errors.RateLimited, True),
    (403, "you ran into the RATE LIMIT", errors.RateLimited, True),
    (403, "Quota exceeded", errors.QuotaExceeded, False),
    (403, "Plan is expired", errors.PlanExpired, False),
    (403, "No permission", errors.Forbidden, False),
    (403, b"<html>Rate limit exceeded</html>", errors.Forbidden, False),
    (404, "user does not exist", errors.UserNotFound, False),
    (404, f"Unable to find the user of id {USER}", errors.UserNotFound, False),
    (404, "session does not exist", errors.SessionNotFound, False),
    (404, "Session not found", errors.SessionNotFound, False),
    (404, b"<html>404</html>", errors.NotFound, False),
    (405, "Method not allowed", errors.StatusError, False),
    (422, "Invalid parameter", errors.InvalidParameter, False),
    (429, "slow down", errors.RateLimited, True),
    (500, b"<html>Internal Server Error</html>", errors.ServerFault, True),
    (501, "not here", errors.ServerFault, False),
    (502, b"", errors.ServerFault, True),
    (503, "later", errors.ServerFault, True),
    (504, b"\xff\xfe", errors.ServerFault, True),
]


@pytest.mark.parametrize(("status", "detail", "kind", "again"), REFUSALS)
@pytest.mark.parametrize("ask", [get_session, delete_session, create_user])
def test_status_text_and_method_decide(
    ask: Ask, status: int, detail: bytes | str, kind: type[errors.StatusError], again: bool
) -> None:
    reply = answers(status, detail) if isinstance(detail, bytes) else refuses(status, detail)
    with talking_to(reply) as (client, service), pytest.raises(errors.StatusError) as caught:
        ask(client)
    assert type(caught.value) is kind
    assert caught.value.status == status
    assert len(service.seen) == (3 if again and ask is not create_user else 1)
    assert len({seen.method for seen in service.seen}) == 1
    assert caught.value.operation in str(caught.value)
    assert len(caught.value.request_id) == 32
    if ask is not create_user:  # which names nobody
        assert USER not in str(caught.value)
        assert USER not in caught.value.detail


@pytest.mark.parametrize("ask", READS)
@pytest.mark.parametrize(
    "trouble",
    [resets, hangs_up, breaks_off, refuses(403, "Rate limit exceeded"), refuses(429, "x"), refuses(503, "x")],
)
def test_a_read_gets_over_two_troubles(ask: Ask, trouble: Reply) -> None:
    with talking_to(trouble, trouble, ANSWERED[ask]) as (client, service):
        assert ask(client) is not None
    assert len(service.seen) == 3


@pytest.mark.parametrize("trouble", [resets, hangs_up, breaks_off])
@pytest.mark.parametrize("ask", EVERY)
def test_a_broken_connection_is_told_apart_from_a_refusal(ask: Ask, trouble: Reply) -> None:
    with talking_to(trouble) as (client, service), pytest.raises(errors.TransportError) as caught:
        ask(client)
    assert not isinstance(caught.value, errors.DeadlineExceeded)
    assert len(service.seen) == (1 if ask is create_user else 3)
    if ask is create_user:
        assert "Whether it took effect is unknown" in str(caught.value)


def test_nobody_listening_is_a_transport_error() -> None:
    with hostile(answers(200)) as service:
        address = service.address
    with (
        AsleepClient(base_url=address, api_key=KEY, backoff=QUICK) as client,
        pytest.raises(errors.Unreachable, match=r"could not be reached\. Nothing was sent"),
    ):
        client.get_user(USER)


@pytest.mark.parametrize("first", [refuses(503, "later"), resets])
@pytest.mark.parametrize(
    ("ask", "gone"), [(delete_user, "user does not exist"), (delete_session, "session does not exist")]
)
def test_a_deletion_that_finds_nothing_the_second_time_is_done(ask: Ask, gone: str, first: Reply) -> None:
    with talking_to(first, refuses(404, gone)) as (client, service):
        ask(client)
    assert len(service.seen) == 2


def test_a_deletion_that_finds_nothing_after_a_mere_rate_limit_says_so() -> None:
    with (
        talking_to(refuses(429, "x"), refuses(404, "session does not exist")) as (client, _),
        pytest.raises(errors.SessionNotFound),
    ):
        client.delete_session(USER, SESSION)


def test_a_person_missing_when_a_session_is_deleted_is_never_taken_for_done() -> None:
    with (
        talking_to(refuses(503, "x"), refuses(404, "user does not exist")) as (client, _),
        pytest.raises(errors.UserNotFound),
    ):
        client.delete_session(USER, SESSION)


def test_a_404_in_unknown_words_is_what_was_looked_for() -> None:
    with talking_to(refuses(404, "nothing here")) as (client, _):
        with pytest.raises(errors.SessionNotFound):
            client.get_session(USER, SESSION)
        with pytest.raises(errors.UserNotFound):
            client.get_user(USER)
