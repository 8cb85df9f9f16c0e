"""Every worked example of the specification is run by a test that names it."""

import json
import subprocess
import sys

from tests.serving import ROOT

FOLDER = ROOT / "tests" / "analytics"


def test_all_63_examples_of_the_oracle_are_run_by_name() -> None:
    oracle = json.loads((ROOT / "tests" / "data" / "oracle.json").read_text(encoding="utf-8"))
    names = [example["name"] for example in oracle["examples"]]
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", str(FOLDER)]
    collected = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    written = "".join(
        module.read_text() for module in FOLDER.glob("test_*.py") if module.name != "test_oracle_complete.py"
    )
    assert len(names) == 63
    assert [name for name in names if f"[{name}]" not in collected and f'"{name}"' not in written] == []
