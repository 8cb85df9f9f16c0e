"""The examples are what the contract says, and what the specification handed out."""

import filecmp
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from asleep import contract

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


def schema_name(example: str) -> str:
    if example.startswith("webhook_v"):
        return "InferenceCompleteEvent" if "inference" in example else "SessionCompleteEvent"
    return "Error" if example.startswith("error_") else SCHEMAS[example]


@pytest.fixture(scope="module")
def registry() -> Registry[Any]:
    document = yaml.safe_load((CONTRACT / "openapi.yaml").read_text(encoding="utf-8"))
    empty: Registry[Any] = Registry()
    filled: Registry[Any] = empty.with_resource("urn:contract", DRAFT202012.create_resource(document))
    return filled


def validator(registry: Registry[Any], schema: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"urn:contract#/components/schemas/{schema}"}, registry=registry)


def body_for(example: str) -> Any:
    payload = contract.example(example)
    return payload["result"] if "Result" in schema_name(example) else payload


@pytest.mark.parametrize("name", contract.example_names())
def test_every_example_is_what_the_contract_describes(name: str, registry: Registry[Any]) -> None:
    validator(registry, schema_name(name)).validate(body_for(name))


def test_the_contract_refuses_what_it_does_not_describe(registry: Registry[Any]) -> None:
    body = body_for("session_complete")
    body["session"]["sleep_stages"][0] = 7
    with pytest.raises(ValidationError):
        validator(registry, "SessionResultCurrent").validate(body)


def test_the_older_shape_is_not_what_a_test_double_may_send(registry: Registry[Any]) -> None:
    with pytest.raises(ValidationError):
        validator(registry, "SessionResultCurrent").validate(body_for("session_complete_reference_shape"))


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
