"""docs/operating.md names every metric and every answer there is, and quotes lines that the log really has."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from prometheus_client.metrics_core import Metric
from pydantic import SecretStr

from asleep.tally import OUTCOMES
from nocturne.application import Application, build
from nocturne.exposition import families
from nocturne.progress import SyncProgress
from service.__main__ import _parser
from settings import Settings
from tests.service.arrivals import arrival

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
_SUFFIX = {"counter": "_total", "info": "_info"}


@pytest.fixture
def application(tmp_path: Path) -> Iterator[Application]:
    made = build(
        Settings(
            asleep_api_key=SecretStr("a-key-of-the-tests-0123456789"), nocturne_data_dir=tmp_path / "data"
        )
    )
    made.inbox.accept([arrival(made, 0)])
    made.instruments.expect_keys(2)
    made.board.show(SyncProgress(state="done", finished_at=made.now()))
    yield made
    made.close()


def rows(section: str) -> dict[str, list[str]]:
    """The rows of a section's tables by what stands in the first column."""
    rest = PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    cells = [line.strip("| ").split(" | ") for line in rest.splitlines() if line.startswith("| ")]
    return {row[0].strip("`"): row for row in cells if not row[0].startswith("---")}


def called(family: Metric) -> str:
    return family.name + _SUFFIX.get(family.type, "")


def test_every_metric_has_a_row_and_no_other_has(application: Application) -> None:
    found = {called(family) for family in families(application)}
    assert len(found) > 20
    assert {name for name in rows("Metrics") if "_" in name} == found


def test_every_label_is_named_with_its_values(application: Application) -> None:
    told = rows("Metrics")
    for family in families(application):
        for sample in family.samples:
            for label, value in sample.labels.items():
                row = " ".join(told[called(family)])
                if label != "le":
                    assert f"`{label}`" in row, f"{called(family)} has a label {label}"
                if label in ("state", "outcome", "event", "key"):
                    assert re.search(rf"\b{value}\b", row), f"{called(family)} has the value {value}"
    outcomes = rows("Metrics")["nocturne_vendor_calls_total"]
    assert all(re.search(rf"\b{word}\b", " ".join(outcomes)) for word in OUTCOMES)


def test_every_metric_that_is_named_anywhere_is_one(application: Application) -> None:
    found = {called(family) for family in families(application)}
    named = set(re.findall(r"`(nocturne_[a-z_]+)[`{]", PAGE))
    assert len(named) > 15
    assert named <= found


def test_every_metric_has_words_of_its_own(application: Application) -> None:
    words = [family.documentation for family in families(application)]
    assert all(len(each) > 10 for each in words)
    assert len(set(words)) == len(words)


def test_every_answer_of_the_receiver_has_a_row() -> None:
    source = (ROOT / "service" / "receiver.py").read_text()
    table = source.partition("| status | when |")[2].partition('"""')[0]
    answered = set(re.findall(r"^\| (\d{3}) \|", table, re.MULTILINE))
    assert len(answered) >= 9
    assert {name for name in rows("Setting up webhooks") if name.isdigit()} == answered


def test_every_line_that_is_quoted_is_in_the_source() -> None:
    folders = ("asleep", "cache", "nocturne", "service", "store")
    source = "\n".join(path.read_text() for folder in folders for path in (ROOT / folder).rglob("*.py"))
    source += (ROOT / "settings.py").read_text()
    source = re.sub(r'"\n\s*"', "", source)  # sentences that are broken over lines
    quoted = [name for name in rows("The log") if name != "line"]
    assert len(quoted) >= 8
    for line in quoted:
        assert line in source, line


def test_every_setting_that_is_named_is_one() -> None:
    named = set(re.findall(r"\b((?:NOCTURNE|ASLEEP)_[A-Z_]+)\b", PAGE))
    assert named <= {name.upper() for name in Settings.model_fields}


def test_the_service_has_one_port_and_no_dashboard_is_told_to_take_it() -> None:
    port = _parser().get_default("port")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    described = yaml.safe_load((ROOT / "service" / "openapi.yaml").read_text())["servers"][0]["url"]
    assert described.endswith(f":{port}")
    for text in (PAGE, readme):
        assert set(re.findall(r"-m service --port (\d+)", text)) == {str(port)}
    assert set(re.findall(r"127\.0\.0\.1:(\d+)|port: (\d+)", PAGE)) >= {(str(port), ""), ("", str(port))}
    dashboards = set(re.findall(r"PORT=(\d+)", readme + PAGE)) | {"8501"}
    assert str(port) not in dashboards


def alerts() -> list[dict[str, str]]:
    (group,) = yaml.safe_load((ROOT / "deploy" / "alerts.yaml").read_text())["groups"]
    rules: list[dict[str, str]] = group["rules"]
    assert len(rules) >= 8
    return rules


def test_alerts_ask_for_metrics_that_there_are(application: Application) -> None:
    found = {called(family) for family in families(application)} | {"up"}
    for rule in alerts():
        asked = set(re.findall(r"\b(nocturne_\w+|up)\b(?!\")", rule["expr"])) - {"nocturne"}
        assert asked, rule
        assert asked <= found, rule


def test_every_alert_has_a_row_and_no_other_has() -> None:
    assert set(rows("Alerts")) - {"alert"} == {rule["alert"] for rule in alerts()}


def test_each_alert_fires_and_clears() -> None:
    file = ROOT / "deploy" / "alerts_test.yaml"
    cases = [case for test in yaml.safe_load(file.read_text())["tests"] for case in test["alert_rule_test"]]
    quiet = [case["alertname"] for case in cases if not case.get("exp_alerts")]
    for rule in alerts():
        assert quiet.count(rule["alert"]) >= 2, "before and after"
        assert any(case["alertname"] == rule["alert"] and case.get("exp_alerts") for case in cases)
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not here: apt-get install prometheus")
    done = subprocess.run(
        [promtool, "test", "rules", str(file)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_units_of_systemd_are_ones_and_do_not_start_again_what_cannot_start(tmp_path: Path) -> None:
    units = sorted((ROOT / "deploy").glob("*.service"))
    assert len(units) == 3
    for unit in units:
        assert f"`{unit.name}`" in PAGE
        text = unit.read_text()
        for line in (
            "After=network-online.target",
            "User=nocturne",
            "RestartPreventExitStatus=2",
            "WantedBy=",
        ):
            assert f"\n{line}" in text, unit.name
        (tmp_path / unit.name).write_text(re.sub(r"(?<=ExecStart=)\S+", sys.executable, text))
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not here: apt-get install systemd")
    done = subprocess.run(
        [analyze, "verify", *(str(tmp_path / unit.name) for unit in units)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
