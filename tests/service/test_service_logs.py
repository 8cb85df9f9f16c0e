"""Nobody's key and nobody's id stand in the log of a service, whatever it is sent and whatever fails in it (S14)."""

import json
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests

from asleep.contract import example, example_bytes
from asleep.simulator.server import Running as Simulator
from asleep.simulator.server import serve
from asleep.simulator.world import simulated_world
from tests.service.running import KEY, Service, post, running, sent, settings
from tests.serving import ROOT, clean_environment

CANARY_ID = "G-20260105081500-CanaryCanaryCanary00"
CANARY_NIGHT = "20260214220530_canry"
CANARY_NAME = "Canary Nightingale"
CANARY_MAIL = "canary.nightingale@example.org"
CANARIES = (CANARY_ID, CANARY_NIGHT, "Nightingale", CANARY_MAIL, KEY, "a-wrong-key-0123456789")
FORGED = "\nERROR nocturne: all is lost\r\n\x1b[2J"


def block(**changed: object) -> bytes:
    body = example("webhook_v3_inference_complete")
    body["data"] |= {
        "user_id": CANARY_ID,
        "session_id": CANARY_NIGHT,
        "name": CANARY_NAME,
        "mail": CANARY_MAIL,
    }
    body["data"] |= changed
    return json.dumps(body).encode()


def everything_sent(service: Service) -> dict[str, int]:
    """Good, repeated, bad, forged and failing requests; the status of each."""
    mine = sent(user=CANARY_ID)
    unknown = {"event": "NEW", "user_id": CANARY_ID, "session_id": CANARY_NIGHT, "name": CANARY_NAME}
    forged = unknown | {"event": f"NEW{FORGED}"}
    found = {
        "good": post(service.url, block(), mine).status,
        "repeated": post(service.url, block(), mine).status,
        "unknown": post(service.url, json.dumps(unknown).encode(), mine).status,
        "forged": post(service.url, json.dumps(forged).encode(), mine).status,
        "foreign": post(service.url, block(user_id=CANARY_ID[:-1] + "1"), mine).status,
        "injected": post(service.url, block(session_id=CANARY_NIGHT + FORGED), mine).status,
        "broken": post(service.url, block()[:-9], mine).status,
        "no event": post(service.url, json.dumps([CANARY_ID, CANARY_MAIL]).encode(), mine).status,
        "wrong key": post(service.url, block(), sent(key="a-wrong-key-0123456789", user=CANARY_ID)).status,
        "wrong token": post(service.url[:-3] + "abc", block(), mine).status,
        "large": post(service.url, block() + b" " * 300_000, mine).status,
        "ready": requests.get(service.at("/ready"), timeout=20).status_code,
        "metrics": requests.get(service.at("/metrics"), timeout=20).status_code,
        "odd path": post(
            service.url, b"", mine, method="GET", path=f"/{CANARY_ID}/{CANARY_MAIL}?x={KEY}"
        ).status,
    }
    with closing(sqlite3.connect(service.folder / "inbox.sqlite3")) as inbox:
        inbox.execute("ALTER TABLE inbox_events RENAME TO elsewhere")
    return found | {
        "failing": post(service.url, block(inference_seq_num=36), mine).status,
        "not ready": requests.get(service.at("/health"), timeout=20).status_code,
    }


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_log_of_a_service_names_nobody(tmp_path: Path, form: str) -> None:
    with running(tmp_path / "data", NOCTURNE_LOG_FORMAT=form) as service:
        token = service.url.rpartition("/")[2]
        found = everything_sent(service)
    assert found == {
        "good": 200,
        "repeated": 200,
        "unknown": 200,
        "forged": 400,
        "foreign": 400,
        "injected": 400,
        "broken": 400,
        "no event": 400,
        "wrong key": 401,
        "wrong token": 404,
        "large": 413,
        "ready": 200,
        "metrics": 200,
        "odd path": 404,
        "failing": 503,
        "not ready": 200,
    }
    log = service.log
    for canary in (*CANARIES, token):
        assert canary not in log
    assert "Security: a webhook names two users" in log
    assert "could not be stored" in log
    for line in log.splitlines():
        if form == "json":
            assert {"timestamp", "level", "logger", "message"} <= json.loads(line).keys()
        else:
            assert re.match(r"(INFO|WARNING|ERROR) [a-z][\w.]*: |    ", line), line
    assert not re.search(r"(?m)^ERROR nocturne: all is lost", log)
    assert "\x1b" not in log


def test_the_example_of_the_contract_leaves_no_trace_of_its_person(tmp_path: Path) -> None:
    with running(tmp_path / "data") as service:
        assert post(service.url, example_bytes("webhook_v1_inference_complete"), sent()).status == 200
    assert "QmVubml0b1NsZWVwUVo" not in service.log


@pytest.fixture
def vendor() -> Iterator[Simulator]:
    with serve(simulated_world(people=2, nights=3)) as simulator:
        yield simulator


def wait_until(it_holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not it_holds():
        assert time.monotonic() < until
        time.sleep(0.1)


def test_the_log_of_a_worker_names_nobody_whatever_the_vendor_does(tmp_path: Path, vendor: Simulator) -> None:
    """Blocks of a night that there is, and of none, while the vendor fails in several ways and answers again."""
    folder = tmp_path / "data"
    person = vendor.world.people[0]
    night = vendor.world.diary.sessions(person)[-1]
    vendor_of = {"ASLEEP_API_KEY": vendor.api_key, "ASLEEP_BASE_URL": vendor.address}
    mine = sent(key=vendor.api_key, user=person.user_id)
    with running(folder, **vendor_of) as service:
        roster = f'vendor_id,name,zone\n{person.user_id},"{person.name}",{person.zone}\n'
        (tmp_path / "people.csv").write_text(roster, encoding="utf-8")
        environment = clean_environment({**settings(folder), **vendor_of, "NOCTURNE_LOG_FORMAT": "json"})
        command = [sys.executable, "-m", "nocturne"]
        subprocess.run(
            [*command, "people", "import", str(tmp_path / "people.csv")],
            cwd=ROOT, env=environment, check=True, capture_output=True,
        )  # fmt: skip
        for session_id, seq in ((night.id, 3), (night.id, 4), (CANARY_NIGHT, 5)):
            body = block(user_id=person.user_id, session_id=session_id, inference_seq_num=seq)
            assert post(service.url, body, mine).status == 200
        vendor.fail_all("plan")
        log = tmp_path / "worker.log"
        with (
            log.open("wb") as sink,
            subprocess.Popen(
                [*command, "worker"], cwd=ROOT, env=environment, stdout=sink, stderr=subprocess.STDOUT
            ) as worker,
        ):
            wait_until(lambda: vendor.refused["plan"] > 0)
            vendor.plan_faults("malformed", "internal", "wrong-types", "reset", "redirect", "empty")
            vendor.fail_all(None)
            wait_until(lambda: len(vendor.refused) >= 4)
            worker.terminate()
            assert worker.wait(20) == 0
    said = log.read_text() + service.log
    assert "Nobody is asked about for" in said
    for canary in (person.user_id, person.name, night.id, CANARY_NIGHT, "Nightingale", vendor.api_key):
        assert canary not in said
    assert not re.search(r"\bp_[a-z2-7]{12}\b", said)
