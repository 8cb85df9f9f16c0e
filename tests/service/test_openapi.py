"""schemathesis holds the running service against its own OpenAPI document: every answer is as it says there.

Two things are told to the fuzzer in a copy of the document in memory, because no schema can say them: which token there
is, and that the body names the user of the header or nobody. So the header is always there and the same one; what other
headers are answered is in test_receiver.py.
"""

from collections.abc import Iterator
from typing import Any, get_args

import jsonschema
import pytest
import schemathesis
import yaml
from schemathesis.engine import from_schema

from asleep.contract import example, example_names
from service.answers import Word
from tests.contract.test_simulator_fuzz import ALL_PHASES, CHECKED, Report
from tests.service.running import KEY, USER, Service, running
from tests.serving import ROOT

DOCUMENT = ROOT / "service" / "openapi.yaml"
SUCCESSES = {
    ("POST /webhooks/asleep/{token}", 200),
    ("GET /live", 200),
    ("GET /ready", 200),
    ("GET /health", 200),
    ("GET /metrics", 200),
}
REFUSALS = {400, 401, 404, 405, 415}


def document(service: Service | None = None) -> dict[str, Any]:
    """The document; for a service with its token and one user, and without the header that names the user."""
    found: dict[str, Any] = yaml.safe_load(DOCUMENT.read_text())
    if service is not None:
        post = found["paths"]["/webhooks/asleep/{token}"]["post"]
        post["parameters"] = [each for each in post["parameters"] if each["name"] != "x-user-id"]
        post["parameters"][0]["schema"] = {"type": "string", "enum": [service.url.rpartition("/")[2]]}
        schemas = found["components"]["schemas"]
        schemas["UserId"] = {"type": "string", "enum": [USER]}
        for each in ("UnknownEvent", "UnknownCallback"):
            schemas[each]["properties"]["user_id"] = {"$ref": "#/components/schemas/UserId"}
    return found


def fuzzed(
    service: Service, described: dict[str, Any], *, examples: int, phases: tuple[str, ...] = ALL_PHASES
) -> Report:
    """What the fuzzer found."""
    report = Report()
    configuration = schemathesis.Config.from_dict(
        {
            "seed": 1,
            "base-url": service.at(""),
            "headers": {"x-api-key": KEY, "x-user-id": USER},
            "generation": {
                "deterministic": True,
                "max-examples": examples,
                "no-shrink": True,
                "database": "none",
            },
            "phases": {name: {"enabled": name in phases} for name in ALL_PHASES},
        }
    )
    schema = schemathesis.openapi.from_dict(described, config=configuration)
    for event in from_schema(schema).execute():
        report.read(event)
    return report


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("fuzzed") / "data") as started:
        yield started


def test_a_thousand_calls_and_more_are_answered_as_documented(service: Service) -> None:
    report = fuzzed(service, document(service), examples=800)
    assert report.failures == []
    assert report.answers.total() >= 1_000
    assert set(report.answers) >= SUCCESSES
    assert REFUSALS <= {status for _, status in report.answers} <= REFUSALS | {200}
    assert set(report.passed) >= CHECKED


def test_the_fuzzer_notices_a_service_that_answers_otherwise(service: Service) -> None:
    described = document(service)
    described["components"]["schemas"]["Error"] = {"type": "object", "required": ["detail"]}
    report = fuzzed(service, described, examples=30, phases=("fuzzing",))
    assert any(failure.startswith("response_schema_conformance") for failure in report.failures)


def schema(name: str) -> dict[str, Any]:
    found = document()
    return {"$ref": f"#/components/schemas/{name}", "components": found["components"]}


@pytest.mark.parametrize("name", [name for name in example_names() if name.startswith("webhook_")])
def test_every_example_of_the_vendors_contract_is_an_event_of_the_document(name: str) -> None:
    jsonschema.validate(example(name), schema("Event"))


def test_every_word_for_programs_that_the_service_uses_is_in_the_document() -> None:
    assert document()["components"]["schemas"]["Error"]["properties"]["error"]["enum"] == list(get_args(Word))
