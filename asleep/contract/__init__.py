"""The contract as files: `openapi.yaml` and one example payload per condition, which this loader reads."""

import json
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parent / "examples"


def example_names() -> tuple[str, ...]:
    """Every example's name, sorted, without `.json`."""
    return tuple(sorted(path.stem for path in EXAMPLES.glob("*.json")))


def example_bytes(name: str) -> bytes:
    """The example payload as it would travel.

    Raises:
        KeyError: no example has that name; the message lists those there are.
    """
    if name not in example_names():
        raise KeyError(f"There is no example {name!r}. There are: {', '.join(example_names())}.")
    return (EXAMPLES / f"{name}.json").read_bytes()


def example(name: str) -> Any:
    """The example payload, decoded afresh on each call, so that a caller may change it.

    Raises:
        KeyError: no example has that name.
    """
    return json.loads(example_bytes(name))
