"""A caller with its key on one connection to a running simulator, and the schemas to hold its answers against."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import requests
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from asleep import contract
from asleep.simulator.server import Running

NOBODY = "G-20260101000000-aaaaaaaaaaaaaaaaaaaa"
OPENAPI = Path(contract.__file__).parent / "openapi.yaml"
LIMIT_S = 30


class Caller:
    """One connection to a server, with its key."""

    def __init__(self, server: Running) -> None:
        self.address = server.address
        self.session = requests.Session()
        self.session.headers["x-api-key"] = server.api_key

    def get(
        self, path: str, user: str | None = None, zone: str | None = None, **query: Any
    ) -> requests.Response:
        headers = {
            name: value for name, value in (("x-user-id", user), ("timezone", zone)) if value is not None
        }
        return self.session.get(self.address + path, headers=headers, params=query, timeout=LIMIT_S)

    def delete(self, path: str, user: str | None = None) -> requests.Response:
        headers = {} if user is None else {"x-user-id": user}
        return self.session.delete(self.address + path, headers=headers, timeout=LIMIT_S)

    def post(self, path: str, body: Any = None) -> requests.Response:
        return self.session.post(self.address + path, json=body, timeout=LIMIT_S)

    def every_session(self, user: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            page = self.get("/data/v1/sessions", user, limit=100, offset=len(found)).json()["result"]
            found += page["sleep_session_list"]
            if len(page["sleep_session_list"]) < 100:
                return found


@contextmanager
def calling(server: Running) -> Iterator[Caller]:
    """A caller whose connection is closed in the end."""
    caller = Caller(server)
    with caller.session:
        yield caller


@cache
def validator(schema: str) -> Draft202012Validator:
    """Holds a value against a schema of the contract."""
    document = yaml.safe_load(OPENAPI.read_text(encoding="utf-8"))
    registry: Registry[Any] = Registry()
    registry = registry.with_resource("urn:contract", DRAFT202012.create_resource(document))
    return Draft202012Validator({"$ref": f"urn:contract#/components/schemas/{schema}"}, registry=registry)
