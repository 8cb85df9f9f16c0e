"""Writes `.streamlit/config.toml` from the design's tokens, so that the app and its charts share one set of colours."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TOKENS = ROOT / "charts" / "tokens.json"
CONFIG = ROOT / ".streamlit" / "config.toml"

_HEADER = (
    "# Written by scripts/write_theme.py from charts/tokens.json: change it there, then run the script.\n"
)
# What the tokens do not say because it is not about looks. A fault is shown without its details, which stay in
# the log; links from an error to search engines stay away; a bare expression in a page prints nothing;
# no full collection of garbage ends each run, which would hold everybody's pages up for 0.2 s on a large archive.
_ADDED: dict[str, dict[str, Any]] = {
    "client": {"showErrorDetails": "none", "showErrorLinks": False},
    "runner": {"magicEnabled": False, "postScriptGC": False},
}


def config_toml(tokens: dict[str, Any]) -> str:
    """The whole text of the configuration file."""
    sections: dict[str, Any] = {name: dict(values) for name, values in tokens["streamlit_config"].items()}
    for name, values in _ADDED.items():
        sections[name] = {**sections.get(name, {}), **values}
    return _HEADER + "".join(line for name in sorted(sections) for line in _section(name, sections[name]))


def _section(name: str, values: dict[str, Any]) -> Iterator[str]:
    """The lines of a section: its own values, then lists of tables, then the sections inside it."""
    plain = {key: value for key, value in values.items() if not _holds_tables(value)}
    if plain:
        yield f"\n[{name}]\n"
        yield from (f"{key} = {_value(value)}\n" for key, value in plain.items())
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _section(f"{name}.{key}", value)
        elif _holds_tables(value):
            for table in value:
                yield f"\n[[{name}.{key}]]\n"
                yield from (f"{inner} = {_value(found)}\n" for inner, found in table.items())


def _holds_tables(value: Any) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(one, dict) for one in value)
    )


def _value(value: Any) -> str:
    # Strings, numbers, booleans and lists of them read the same in JSON and TOML.
    return json.dumps(value)


def main() -> int:
    """Writes the file; 0."""
    CONFIG.parent.mkdir(exist_ok=True)
    CONFIG.write_text(config_toml(json.loads(TOKENS.read_text(encoding="utf-8"))), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
