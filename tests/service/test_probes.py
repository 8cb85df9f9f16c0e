"""What an operator's machines ask, of a real process: it lives, it could store an event now, how the vendor was."""

import asyncio
import json
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import requests
from pydantic import SecretStr
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Route

from asleep.contract import example_bytes
from asleep.errors import AsleepError
from asleep.simulator.server import Running as Simulator
from asleep.simulator.server import serve
from asleep.simulator.world import simulated_world
from nocturne.application import Application, build
from service import probes, room
from service.asked import AtMostOnce
from service.probes import OVERDUE, health, probe_routes, readiness
from settings import Settings
from tests.loops import run
from tests.service.arrivals import arrival
from tests.service.beside import served
from tests.service.running import Service, post, running, sent

LIMIT_S = 20
LIVE_WITHIN_S = 0.010


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 11, 18, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def vendor() -> Iterator[Simulator]:
    with serve(simulated_world(people=2, nights=3)) as simulator:
        yield simulator


@pytest.fixture
def application(tmp_path: Path, clock: Clock, vendor: Simulator) -> Iterator[Application]:
    made = build(
        Settings(
            asleep_api_key=SecretStr(vendor.api_key),
            asleep_base_url=vendor.address,
            nocturne_data_dir=tmp_path / "data",
            nocturne_webhook_backlog=3,
        ),
        now=clock,
    )
    yield made
    made.close()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("probes") / "data") as started:
        yield started


def test_live_says_that_the_process_answers(service: Service) -> None:
    answer = requests.get(service.at("/live"), timeout=LIMIT_S)
    assert (answer.status_code, answer.text) == (200, "alive\n")
    assert answer.headers["cache-control"] == "no-store"


def test_a_service_that_can_store_is_ready(service: Service) -> None:
    answer = requests.get(service.at("/ready"), timeout=LIMIT_S)
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


def test_health_tells_of_events_and_of_the_vendor_without_asking_it(service: Service) -> None:
    assert post(service.url, example_bytes("webhook_v3_inference_complete"), sent()).status == 200
    time.sleep(1.1)  # an answer holds for a second
    answer = requests.get(service.at("/health"), timeout=LIMIT_S)
    body = answer.json()
    assert answer.status_code == 200
    assert body["inbox"]["waiting"] == 1
    assert body["inbox"]["received_s_ago"] < 10
    assert body["vendor"] == {
        "state": "untried",
        "answered_s_ago": None,
        "failed_s_ago": None,
        "next_probe_s": 0,
        "held_back": False,
    }
    assert body["synchronised_s_ago"] is None


@pytest.mark.parametrize("path", ["/live", "/ready", "/health", "/metrics"])
def test_only_reading_is_possible(service: Service, path: str) -> None:
    assert requests.post(service.at(path), timeout=LIMIT_S).status_code == 405


def test_a_replaced_database_file_is_no_longer_ready(tmp_path: Path) -> None:
    with running(tmp_path / "data") as service:
        for name, words in (("inbox.sqlite3", "the inbox"), ("nocturne.sqlite3", "the store")):
            file, aside = service.folder / name, service.folder / f"{name}.aside"
            shutil.copy(file, aside)
            aside.replace(file)
            time.sleep(1.1)
            answer = requests.get(service.at("/ready"), timeout=LIMIT_S)
            assert answer.status_code == 503
            assert any(
                f"The file of {words} is not the one that was opened" in each for each in reasons(answer)
            )


def reasons(answer: requests.Response) -> list[str]:
    body = answer.json()
    assert set(body) == {"status", "reasons"}
    assert body["status"] == "not_ready"
    found: list[str] = body["reasons"]
    return found


def test_a_database_that_is_locked_is_not_ready_and_nobody_waits_for_it(tmp_path: Path) -> None:
    with running(tmp_path / "data") as service:
        with closing(sqlite3.connect(service.folder / "inbox.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            threads = [
                threading.Thread(
                    target=requests.get, args=(service.at("/ready"),), kwargs={"timeout": LIMIT_S}
                )
                for _ in range(30)
            ]
            for thread in threads:
                thread.start()
            time.sleep(0.3)
            assert requests.get(service.at("/live"), timeout=LIMIT_S).elapsed.total_seconds() < 0.1
            answer = requests.get(service.at("/ready"), timeout=LIMIT_S)
            assert answer.status_code == 503
            assert "has not answered in time" in reasons(answer)[0]
            assert time.monotonic() - began < 6
            for thread in threads:
                thread.join()
        time.sleep(7)  # the look that waited for the lock has come to its end
        assert requests.get(service.at("/ready"), timeout=LIMIT_S).status_code == 200


def test_a_database_that_cannot_be_written_is_not_ready(application: Application) -> None:
    assert readiness(application)[0] == 200
    with closing(sqlite3.connect(application.settings.folder / "inbox.sqlite3")) as other:
        other.execute("DROP TABLE inbox_upkeep")
    status, body = readiness(application)
    assert (status, body["reasons"]) == (503, ["The inbox cannot be written. The log says why."])


def test_tables_of_another_program_are_not_ready(application: Application) -> None:
    with closing(sqlite3.connect(application.settings.folder / "nocturne.sqlite3")) as other:
        other.execute("UPDATE alembic_version SET version_num = 'r9999'")
        other.commit()
    status, body = readiness(application)
    assert status == 503
    assert "another Nocturne changed them" in body["reasons"][0]


def test_being_asked_makes_nobody_forget_what_is_kept_of_the_store(application: Application) -> None:
    before = application.people()
    readiness(application)
    assert application.people() is before


def test_a_disk_that_is_nearly_full_is_not_ready(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "DISK_FLOOR_BYTES", 2**62)
    monkeypatch.setattr(room, "DISK_FLOOR_SHARE", 1.0)
    status, body = readiness(application)
    assert (status, body["reasons"]) == (503, ["The disk is nearly full: no more webhooks are taken in."])


def test_the_disk_is_the_one_that_the_inbox_lies_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = tmp_path / "elsewhere" / "store.sqlite3"
    database.parent.mkdir()
    settings = Settings(
        asleep_api_key=SecretStr("a-key-of-the-tests-0123456789"),
        nocturne_data_dir=tmp_path / "data",
        nocturne_database_url=SecretStr(f"sqlite:///{database}"),
    )
    measured: list[Path] = []
    true = shutil.disk_usage

    def noted(folder: Path) -> Any:
        measured.append(folder)
        return true(folder)

    monkeypatch.setattr(shutil, "disk_usage", noted)
    application = build(settings)
    assert readiness(application)[0] == 200
    application.close()
    assert measured == [database.parent]


def test_a_backlog_at_its_limit_is_not_ready(application: Application) -> None:
    application.inbox.accept([arrival(application, seq) for seq in range(3)])
    status, body = readiness(application)
    assert status == 503
    assert "no more are taken in" in body["reasons"][0]


def test_events_that_nobody_takes_up_are_not_ready_and_those_put_off_are(
    application: Application, clock: Clock
) -> None:
    application.inbox.accept([arrival(application, 0)])
    clock.now += OVERDUE + timedelta(minutes=1)
    status, body = readiness(application)
    assert status == 503
    assert "is a worker running?" in body["reasons"][0]
    # An outage of the vendor for hours: the worker looks at it again and again.
    (leased,) = application.inbox.lease(application.organisation, "live", worker="w")
    application.inbox.put_off(leased, error="down", next_at=clock.now + timedelta(minutes=5), counts=False)
    clock.now += timedelta(minutes=6)
    assert readiness(application)[0] == 200


def test_a_vendor_that_is_down_leaves_it_ready_and_is_told_from_memory(
    application: Application, vendor: Simulator
) -> None:
    user_id = vendor.world.people[0].user_id
    vendor.fail_all("unavailable")
    try:
        for _ in range(5):
            with pytest.raises(AsleepError):
                application.asleep.in_background().get_user(user_id)
    finally:
        vendor.fail_all(None)
    asked = sum(vendor.requests.values())
    status, body = health(application)
    assert (status, body["vendor"]["state"]) == (200, "left_alone")
    assert body["vendor"]["failed_s_ago"] <= 60
    assert readiness(application)[0] == 200
    assert sum(vendor.requests.values()) == asked


def test_nothing_of_a_person_or_an_exception_is_in_any_answer(application: Application) -> None:
    application.inbox.accept([arrival(application, 0)])
    (application.settings.folder / "inbox.sqlite3").unlink()
    said = json.dumps([readiness(application), health(application)])
    for secret in (
        "QmVubml0b1NsZWVwUVo",
        "20260214220530",
        "sqlite3",
        str(application.settings.folder),
        "Error",
    ):
        assert secret not in said


# Beside the pages


def beside_pages(application: Callable[[], Application | None]) -> list[BaseRoute]:
    async def page(_request: object) -> PlainTextResponse:
        return PlainTextResponse("the page")

    return [*probe_routes(application, beside_pages=True), Route("/{path:path}", page)]


def get(address: str, accept: str) -> requests.Response:
    return requests.get(address, headers={"accept": accept}, timeout=LIMIT_S)


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "the page"),
        ("*/*", "alive\n"),
        ("text/plain", "alive\n"),
    ],
)
def test_live_is_a_page_for_browsers_and_a_probe_for_the_rest(accept: str, answered: str) -> None:
    with served(beside_pages(lambda: None)) as address:
        assert get(f"{address}/live", accept).text == answered
        assert get(f"{address}/ready", accept).status_code == 503


def test_before_there_is_an_application_it_lives_and_is_not_ready() -> None:
    with served(beside_pages(lambda: None)) as address:
        assert get(f"{address}/live", "*/*").status_code == 200
        assert reasons(get(f"{address}/ready", "*/*")) == ["Nocturne is starting or stopping."]


# Mistake 21: a blocking call in the loop, and /live answered after 1.98 s


def test_live_answers_at_once_while_a_slow_question_is_under_way(application: Application) -> None:
    async def measured() -> float:
        begun, answered = threading.Event(), threading.Event()

        def slow(_application: Application) -> tuple[int, dict[str, Any]]:
            begun.set()
            answered.wait(1.0)
            return 200, {}

        ask = probes._asking(lambda: application, slow)
        began = time.perf_counter()
        waiting = asyncio.create_task(ask(None))  # type: ignore[arg-type]
        while not begun.is_set():
            await asyncio.sleep(0.001)
        await probes._live(None)  # type: ignore[arg-type]
        took = time.perf_counter() - began
        assert not waiting.done()
        answered.set()
        await waiting
        return took

    # The best of some: what others do on this machine is not what is measured. In the loop each would take a second.
    assert min(run(measured()) for _ in range(5)) < LIVE_WITHIN_S


def test_live_answers_within_ten_milliseconds_while_the_vendor_is_slow(tmp_path: Path) -> None:
    with serve(simulated_world(people=2, nights=3), latency_ms=3000) as vendor:
        application = build(
            Settings(
                asleep_api_key=SecretStr(vendor.api_key),
                asleep_base_url=vendor.address,
                nocturne_data_dir=tmp_path / "data",
            )
        )
        with served(beside_pages(lambda: application)) as address, requests.Session() as client:
            asking = threading.Thread(
                target=application.asleep.get_user, args=(vendor.world.people[0].user_id,), daemon=True
            )
            asking.start()
            time.sleep(0.2)
            took = []
            for _ in range(20):
                began = time.perf_counter()
                assert client.get(f"{address}/live", timeout=LIMIT_S).status_code == 200
                took.append(time.perf_counter() - began)
            assert asking.is_alive()
            asking.join()
        application.close()
    # The best of many: what others do on this machine is not what is measured.
    assert min(took) < LIVE_WITHIN_S


# One question at a time

ASKERS: Final = 20


def test_however_many_ask_one_thread_is_at_it() -> None:
    at_once, most, asked = 0, 0, 0

    def ask() -> int:
        nonlocal at_once, most, asked
        at_once += 1
        most, asked = max(most, at_once), asked + 1
        time.sleep(0.05)
        at_once -= 1
        return asked

    async def all_of_them() -> list[int]:
        kept: AtMostOnce[int] = AtMostOnce(holds_s=0.2)
        first = await asyncio.gather(*(kept.answer(ask) for _ in range(ASKERS)))
        await asyncio.sleep(0.25)
        return [*first, await kept.answer(ask)]

    assert run(all_of_them()) == [1] * ASKERS + [2]
    assert most == 1


def test_what_fails_is_told_and_asked_again() -> None:
    asked = 0

    def ask() -> int:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise ValueError("no")
        return 7

    async def twice() -> int:
        kept: AtMostOnce[int] = AtMostOnce(holds_s=0.0)
        with pytest.raises(ValueError, match="no"):
            await kept.answer(ask)
        await asyncio.sleep(0.01)
        return await kept.answer(ask)

    assert run(twice()) == 7
