"""Payloads that `openapi.yaml` allows, as hypothesis strategies made by walking its schemas.

What the file says is read from the file: no name of a field stands here. Keywords that the answers' schemas
do not use are refused, so that a new one cannot be overlooked.
"""

import json
import re
from datetime import timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

from asleep import contract

Schema = dict[str, Any]
Payloads = st.SearchStrategy[Any]

KEYWORDS = {
    *("$ref", "type", "enum", "properties", "required", "items", "oneOf", "anyOf", "allOf"),
    *("minimum", "maximum", "exclusiveMinimum", "minLength", "maxItems", "pattern", "format"),
    *("description", "examples", "title"),
}
LONGEST = 5
"""Entries of a list and extra fields of an object, at most."""

_OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
# By an example of each: the texts that people would send where a pattern allows that example.
SENSIBLE: dict[str, st.SearchStrategy[str]] = {
    "2026-02-09T21:41:07+01:00": st.builds(
        lambda moment, offset: moment.replace(tzinfo=offset, microsecond=0).isoformat(),
        st.datetimes(),
        _OFFSETS,
    ),
    "2026-02-09T21:41:07": st.datetimes().map(lambda moment: moment.replace(microsecond=0).isoformat()),
    "21:41:07": st.times().map(lambda clock: clock.replace(microsecond=0).isoformat()),
    "2026-02-09": st.dates().map(str),
}
anything: Payloads = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@cache
def document() -> Schema:
    """The contract, decoded."""
    text = (Path(contract.__file__).parent / "openapi.yaml").read_text(encoding="utf-8")
    loaded: Schema = yaml.safe_load(text)
    return loaded


@cache
def _every_name() -> tuple[str, ...]:
    """Every name that a field has anywhere in the contract."""

    def names(value: Any) -> set[str]:
        if isinstance(value, list):
            return {name for one in value for name in names(one)}
        if not isinstance(value, dict):
            return set()
        own = set(value.get("properties", {})) if isinstance(value.get("properties"), dict) else set()
        return own | {name for one in value.values() for name in names(one)}

    return tuple(sorted(names(document()["components"]["schemas"])))


@cache
def payloads(name: str, *, sensible: bool) -> Payloads:
    """Values that the named schema allows.

    With `sensible`, moments are in the calendar and extra fields have names that the contract does not know.
    Without, texts are whatever the patterns allow, and an extra field may have any name of the contract.
    """
    return _Walk(sensible=sensible).of({"$ref": f"#/components/schemas/{name}"})


def encoded(value: Any) -> st.SearchStrategy[bytes]:
    """The value as bytes of JSON, with or without spaces and escapes."""
    return st.builds(
        lambda ascii_only, indent: json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode(),
        st.booleans(),
        st.sampled_from([None, 2]),
    )


class _Walk:
    def __init__(self, *, sensible: bool) -> None:
        self._sensible = sensible

    def of(self, schema: Schema) -> Payloads:
        """What one schema allows."""
        if unread := schema.keys() - KEYWORDS:
            raise NotImplementedError(f"The contract uses {sorted(unread)}; teach this module what it means.")
        if "$ref" in schema:
            return self.of(_resolved(schema))
        if "allOf" in schema:
            return self.of(_merged([*schema["allOf"], {k: v for k, v in schema.items() if k != "allOf"}]))
        if "oneOf" in schema:
            return st.one_of([self.of(one) for one in schema["oneOf"]])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return st.one_of([getattr(self, f"_{kind}")(schema) for kind in kinds])

    def _null(self, _: Schema) -> Payloads:
        return st.none()

    def _boolean(self, _: Schema) -> Payloads:
        return st.booleans()

    def _integer(self, schema: Schema) -> Payloads:
        whole = st.integers(schema.get("minimum"), schema.get("maximum"))
        # To JSON Schema 30.0 is an integer as well.
        return whole | whole.filter(lambda number: abs(number) < 2**53).map(float)

    def _number(self, schema: Schema) -> Payloads:
        least = schema.get("minimum", schema.get("exclusiveMinimum"))
        return st.floats(
            least,
            schema.get("maximum"),
            exclude_min="exclusiveMinimum" in schema,
            allow_nan=False,
            allow_infinity=False,
        )

    def _string(self, schema: Schema) -> Payloads:
        if "pattern" not in schema:
            return st.text(min_size=schema.get("minLength", 0))
        # \Z and ASCII, because the contract's patterns are ECMA's: $ is the end and \d is 0 to 9.
        pattern = re.compile(schema["pattern"].removesuffix("$") + r"\Z", re.ASCII)
        sensible = [texts for example, texts in SENSIBLE.items() if pattern.match(example)]
        anyhow = [] if self._sensible else [st.from_regex(pattern)]
        return st.one_of([*sensible, *anyhow])

    def _array(self, schema: Schema) -> Payloads:
        return st.lists(self.of(schema["items"]), max_size=min(LONGEST, schema.get("maxItems", LONGEST)))

    def _object(self, schema: Schema) -> Payloads:
        fields = {name: self.of(one) for name, one in schema.get("properties", {}).items()}
        required = set(schema.get("required", ()))
        choices = [set(choice["required"]) for choice in schema.get("anyOf", [{"required": []}])]
        known = st.one_of(
            [
                st.fixed_dictionaries(
                    {name: one for name, one in fields.items() if name in required | choice},
                    optional={name: one for name, one in fields.items() if name not in required | choice},
                )
                for choice in choices
            ]
        )
        others = sorted(set(_every_name()) - fields.keys())
        names = st.text(max_size=6).map(lambda text: f"x-{text}")
        if not self._sensible:
            names |= st.sampled_from(others)
        extra: Payloads = st.just({}) | st.dictionaries(names, anything, max_size=LONGEST)
        return st.builds(lambda told, more: {**more, **told}, known, extra)


def _resolved(schema: Schema) -> Schema:
    found: Any = document()
    for step in schema["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return {**found, **{key: value for key, value in schema.items() if key != "$ref"}}


def _merged(parts: list[Schema]) -> Schema:
    """One object schema that asks what all parts ask; the same field in two parts has to fit both."""
    whole: Schema = {"type": "object", "properties": {}, "required": []}
    for part in parts:
        one = _resolved(part) if "$ref" in part else part
        one = _merged(one["allOf"]) if "allOf" in one else one
        for name, field in one.get("properties", {}).items():
            if name in whole["properties"]:
                raise NotImplementedError(
                    f"Two parts of an allOf describe {name}; teach this module to join them."
                )
            whole["properties"][name] = field
        whole["required"] = [*whole["required"], *one.get("required", [])]
        whole |= {key: value for key, value in one.items() if key not in {"properties", "required"}}
    return whole
