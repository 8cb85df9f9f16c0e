"""schemathesis holds the simulator against openapi.yaml: thousands of calls, each answered as it is documented there.

Four things are told to the fuzzer that the document leaves open, all in a copy of it in memory:

- which identifiers and zones exist, as formats, or nearly every call would end at 404;
- that answers are in the current form (`...Current`), where the current shape is served;
- that a refused method is no undocumented answer: section 7 of the contract's README lists conditions of the
  operations, and 405 is what HTTP says of a method that a path does not have (checked as such);
- that a well-formed question may be refused in two operations: openapi.yaml says only in words that a birthday
  exists and a measure has one decimal, and that a period is two dates in order of at most 100 days. So "valid data
  is accepted" is checked for the other five.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest
import schemathesis
import yaml
from hypothesis import strategies as st
from schemathesis.engine import events, from_schema

from asleep.simulator.faults import FaultKind
from asleep.simulator.payloads import Shape
from asleep.simulator.server import Running, serve
from asleep.simulator.world import World, simulated_world
from tests.contract.calling import NOBODY, OPENAPI

ZONES = ("UTC", "Asia/Seoul", "Europe/Berlin", "America/Los_Angeles", "Australia/Lord_Howe")
ALL_PHASES = ("examples", "coverage", "fuzzing", "stateful")


@pytest.fixture(scope="module")
def world() -> World:
    return simulated_world(
        people=400, nights=120, until=date(2026, 4, 12), now=datetime(2026, 4, 15, 12, tzinfo=UTC)
    )


@dataclass
class Report:
    """What a run of the fuzzer found: answers by operation and status, checks that passed, failures in words."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def read(self, event: events.EngineEvent) -> None:
        if isinstance(event, events.ScenarioFinished):
            self._read_scenario(event)
        elif isinstance(event, events.NonFatalError):
            self.failures.append(f"{event.label}: {event.info.format()}")
        elif isinstance(event, events.FatalError):
            raise event.exception

    def _read_scenario(self, event: events.ScenarioFinished) -> None:
        recorder = event.recorder
        for case, interaction in recorder.interactions.items():
            operation = recorder.cases[case].value.operation.label
            status = 0 if interaction.response is None else interaction.response.status_code
            self.answers[operation, status] += 1
        for checks in recorder.checks.values():
            for check in checks:
                if check.failure_info is None:
                    self.passed[check.name] += 1
                else:
                    found = check.failure_info
                    self.failures.append(
                        f"{check.name}: {found.failure.title}\n{found.failure.message}\n{found.code_sample}"
                    )


def fuzzed(
    server: Running, *, shape: Shape = "current", examples: int, phases: tuple[str, ...] = ALL_PHASES
) -> Report:
    report = Report()
    schema = schemathesis.openapi.from_dict(
        document(server.world, shape), config=configuration(server, examples=examples, phases=phases)
    )
    for event in from_schema(schema).execute():
        report.read(event)
    return report


def configuration(server: Running, *, examples: int, phases: tuple[str, ...]) -> schemathesis.Config:
    return schemathesis.Config.from_dict(
        {
            "seed": 1,
            "base-url": server.address,
            "headers": {"x-api-key": server.api_key},
            "generation": {
                "deterministic": True,
                "max-examples": examples,
                "no-shrink": True,
                "database": "none",
            },
            "phases": {name: {"enabled": name in phases} for name in ALL_PHASES},
            "operations": [
                {
                    "include-operation-id": ["createUser", "getAverageStats"],
                    "checks": {"positive_data_acceptance": {"enabled": False}},
                }
            ],
        }
    )


def document(world: World, shape: Shape) -> dict[str, Any]:
    """The contract with the identifiers that this world knows."""
    found: dict[str, Any] = yaml.safe_load(OPENAPI.read_text(encoding="utf-8"))
    owner, *others = world.people
    known = {
        "UserIdPath": [NOBODY, *(person.user_id for person in others)],
        "UserIdHeader": [owner.user_id, owner.user_id, NOBODY],
        "SessionIdPath": ["20260101000000", *(session.id for session in world.diary.sessions(owner))],
        "TimezoneHeader": list(ZONES),
    }
    for parameter, values in known.items():
        schemathesis.openapi.format(f"known-{parameter}", st.sampled_from(values))
        found["components"]["parameters"][parameter]["schema"] = {
            "type": "string",
            "minLength": 1,
            "format": f"known-{parameter}",
        }
    if shape == "current":
        for answer, result in (
            ("SessionResponse", "SessionResultCurrent"),
            ("AverageStatsResponse", "AverageStatsResultCurrent"),
        ):
            properties = found["components"]["schemas"][answer]["properties"]
            properties["result"] = {"$ref": f"#/components/schemas/{result}"}
    return found


@pytest.fixture
def server(world: World) -> Iterator[Running]:
    with serve(world) as running:
        yield running


CHECKED = {
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
    "use_after_free",
    "ensure_resource_availability",
}
SUCCESSES = {
    ("POST /ai/v1/users", 201),
    ("GET /ai/v1/users/{user_id}", 200),
    ("DELETE /ai/v1/users/{user_id}", 204),
    ("GET /data/v1/sessions", 200),
    ("GET /data/v3/sessions/{session_id}", 200),
    ("DELETE /ai/v1/sessions/{session_id}", 204),
    ("GET /data/v1/users/{user_id}/average-stats", 200),
}


def test_two_thousand_calls_and_more_are_answered_as_documented(server: Running) -> None:
    report = fuzzed(server, examples=400)
    assert report.failures == []
    assert report.answers.total() >= 2_000
    assert set(report.answers) >= SUCCESSES
    assert {status for _, status in report.answers} == {200, 201, 204, 400, 401, 404, 405, 422}
    assert set(report.passed) >= CHECKED


def test_the_reference_shape_is_within_the_contract_as_well(world: World) -> None:
    with serve(world, shape="reference") as server:
        report = fuzzed(server, shape="reference", examples=30)
    assert report.failures == []
    assert report.answers.total() >= 400
    assert set(report.answers) >= SUCCESSES


@pytest.mark.parametrize(
    ("kind", "check"),
    [
        ("wrong-types", "response_schema_conformance"),
        ("malformed", "response_schema_conformance"),
        ("internal", "not_a_server_error"),
        ("redirect", "status_code_conformance"),
    ],
)
def test_the_fuzzer_notices_a_service_that_breaks_the_contract(
    server: Running, kind: FaultKind, check: str
) -> None:
    server.fail_all(kind)
    report = fuzzed(server, examples=3, phases=("fuzzing",))
    assert any(failure.startswith(check) for failure in report.failures)
