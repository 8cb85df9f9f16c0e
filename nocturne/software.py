"""Which Nocturne this is: its version, and a digest of the code that makes numbers, whatever the version says."""

import hashlib
import tomllib
from functools import cache
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parents[1]


@cache
def software() -> dict[str, str]:
    """`name`, `version` ("unknown" where it is not told) and `analytics_sha256` of every module that computes."""
    digest = hashlib.sha256()
    for path in sorted((_ROOT / "analytics").glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return {"name": "nocturne", "version": _version(), "analytics_sha256": digest.hexdigest()}


def _version() -> str:
    try:
        told = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    except OSError:
        return "unknown"
    return str(told.get("project", {}).get("version", "unknown"))
