"""The examples are what the contract says, and what the specification handed out."""

import filecmp
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema.exceptions import ValidationError

from asleep import contract, errors
from asleep.payloads import create_user_body, parse_detail, parse_session
from tests.contract.calling import validator
from tests.contract.reading import READABLE, assert_survives, read

SHARED = Path(__file__).parents[3] / "shared" / "asleep-api"
CONTRACT = Path(contract.__file__).parent

# As section 9 of the contract's README lists them; the envelope adds `detail` and `result`.
SCHEMAS = {
    "average_stats": "AverageStatsResultCurrent",
    "average_stats_no_sleep": "AverageStatsResultCurrent",
    "average_stats_reference_shape": "AverageStatsResult",
    "session_closed_analysing": "SessionResultCurrent",
    "session_complete": "SessionResultCurrent",
    "session_complete_reference_shape": "SessionResult",
    "session_complete_utc": "SessionResultCurrent",
    "session_dst_night": "SessionResultCurrent",
    "session_in_progress": "SessionResultCurrent",
    "session_in_progress_no_polling": "SessionResultCurrent",
    "session_list_empty": "SessionListResponse",
    "session_list_page": "SessionListResponse",
    "session_nap": "SessionResultCurrent",
    "session_never_slept": "SessionResultCurrent",
    "session_too_many_defects": "SessionResultCurrent",
    "session_too_short": "SessionResultCurrent",
    "session_with_gaps": "SessionResultCurrent",
    "user": "UserResponse",
    "user_create_request": "UserCreate",
    "user_created": "UserCreatedResponse",
    "user_reference_shape": "UserResponse",
    "user_tracking_now": "UserResponse",
    "user_without_sessions": "UserResponse",
}
REFUSALS: dict[str, type[errors.StatusError]] = {
    "error_400_period_too_long": errors.PeriodTooLong,
    "error_400_timezone": errors.UnknownTimezone,
    "error_401_api_key": errors.InvalidKey,
    "error_401_user_id": errors.InvalidUserId,
    "error_403_plan_expired": errors.PlanExpired,
    "error_403_quota": errors.QuotaExceeded,
    "error_403_rate_limit": errors.RateLimited,
    "error_404_average_user": errors.UserNotFound,
    "error_404_session": errors.SessionNotFound,
    "error_404_user": errors.UserNotFound,
    "error_422_validation": errors.InvalidParameter,
    "error_422_validation_text": errors.InvalidParameter,
}
# What of a notification is the result of Get Session; the notification itself has no parser yet.
TOLD_OF = {
    "webhook_v1_session_complete": "session_nap",
    "webhook_v2_session_complete": "session_nap",
    "webhook_v3_session_complete": "session_complete",
    "webhook_v3_session_complete_flat": "session_complete",
    "webhook_v3_session_complete_table_names": "session_nap",
}
BLOCKS = [name for name in contract.example_names() if "inference_complete" in name]


def schema_name(example: str) -> str:
    if example.startswith("webhook_v"):
        return "InferenceCompleteEvent" if "inference" in example else "SessionCompleteEvent"
    return "Error" if example.startswith("error_") else SCHEMAS[example]


def body_for(example: str) -> Any:
    payload = contract.example(example)
    return payload["result"] if "Result" in schema_name(example) else payload


@pytest.mark.parametrize("name", contract.example_names())
def test_every_example_is_what_the_contract_describes(name: str) -> None:
    validator(schema_name(name)).validate(body_for(name))


def test_the_contract_refuses_what_it_does_not_describe() -> None:
    body = body_for("session_complete")
    body["session"]["sleep_stages"][0] = 7
    with pytest.raises(ValidationError):
        validator("SessionResultCurrent").validate(body)


def test_the_older_shape_is_not_what_a_test_double_may_send() -> None:
    with pytest.raises(ValidationError):
        validator("SessionResultCurrent").validate(body_for("session_complete_reference_shape"))


@pytest.mark.parametrize("folder", [".", "examples"])
def test_our_copy_of_the_contract_is_the_one_handed_out(folder: str) -> None:
    if not SHARED.is_dir():
        pytest.skip("the specification folder ../shared/asleep-api is not here to compare with")
    names = [path.name for path in (SHARED / folder).iterdir() if path.suffix in {".json", ".yaml"}]
    assert names
    same, different, missing = filecmp.cmpfiles(SHARED / folder, CONTRACT / folder, names, shallow=False)
    assert (sorted(same), different, missing) == (sorted(names), [], [])


def test_an_example_may_be_changed_by_who_loads_it() -> None:
    contract.example("user")["result"].clear()
    assert contract.example("user")["result"]["user_id"]


def test_an_unknown_example_is_refused_with_those_there_are() -> None:
    with pytest.raises(KeyError, match="session_complete"):
        contract.example("session_of_my_dreams")


# Every example is read


def test_every_one_of_the_45_examples_is_read_below() -> None:
    kinds = [READABLE, list(REFUSALS), list(TOLD_OF), BLOCKS, ["user_create_request"]]
    assert sorted(name for names in kinds for name in names) == list(contract.example_names())
    assert len(contract.example_names()) == 45


@pytest.mark.parametrize("name", READABLE)
def test_every_answer_is_read_and_survives_the_cache(name: str) -> None:
    assert_survives(read(name))


@pytest.mark.parametrize(("name", "kind"), REFUSALS.items())
def test_every_refusal_is_the_error_of_its_condition(name: str, kind: type[errors.StatusError]) -> None:
    detail = parse_detail(contract.example_bytes(name))
    assert detail
    error = errors.status_error(status=int(name.split("_")[1]), detail=detail, operation="GET /x")
    assert type(error) is kind
    assert detail in str(error)


def test_the_request_is_what_is_sent_of_the_same_person() -> None:
    known = read("user").metadata
    assert json.loads(create_user_body(known)) == contract.example("user_create_request")


def result_in(name: str) -> Any:
    """The result of Get Session in a notification (contract README, section 6)."""
    body = contract.example(name)
    payload = body.get("data") or body.get("callback_data") or body
    return payload.get("sleep_data") or payload


@pytest.mark.parametrize(("name", "told_of"), TOLD_OF.items())
def test_the_night_in_a_notification_is_the_night_of_get_session(name: str, told_of: str) -> None:
    told = parse_session(json.dumps({"result": result_in(name)}).encode())
    night = read(told_of)
    for field in ("session_id", "state", "start", "end", "sleep_stages"):
        assert getattr(told, field) == getattr(night, field)
    for field in ("time_in_bed_s", "time_in_sleep_s", "sleep_latency_s", "sleep_time", "rem_latency_s"):
        assert getattr(told.stat, field) in {getattr(night.stat, field), None}
    assert told.stat is not None
    assert told.stat.time_in_sleep_s == night.stat.time_in_sleep_s


def test_the_older_names_in_a_notification_of_version_1_are_kept() -> None:
    told = parse_session(json.dumps({"result": result_in("webhook_v1_session_complete")}).encode())
    assert told.unknown == (("session.osa_stages", "null"), ("validity", '"VALID"'))
    assert told.stat is not None
    assert told.stat.unknown == (("estimated_ahi", "null"),)


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_of_stages_is_never_taken_for_a_session(name: str) -> None:
    body = contract.example(name)
    for result in (body, body.get("data"), body.get("callback_data")):
        with pytest.raises(errors.MalformedAnswer):
            parse_session(json.dumps({"result": result}).encode())


# Section 3: one entry is 30 seconds


@pytest.mark.parametrize(
    "name", [name for name in READABLE if name.startswith("session_") and "list" not in name]
)
def test_a_complete_night_has_an_entry_for_each_whole_epoch(name: str) -> None:
    night = read(name)
    for stages in (night.sleep_stages, night.snoring_stages):
        if night.state == "COMPLETE" and stages is not None:
            assert len(stages) == (night.end - night.start).total_seconds() // 30
    if night.state != "COMPLETE" and night.sleep_stages is not None:
        assert len(night.sleep_stages) % 10 == 0
