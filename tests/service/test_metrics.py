"""What Prometheus reads: every event and every answer is counted once, and no label tells who."""

import re
import time
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from asleep.contract import example_bytes
from asleep.errors import AsleepError
from asleep.simulator.server import Running as Simulator
from asleep.simulator.server import serve
from asleep.simulator.world import simulated_world
from asleep.tally import OUTCOMES
from nocturne.application import Application, build
from nocturne.background import BackgroundSync
from nocturne.exposition import exposition
from nocturne.instruments import RoundOutcome
from service.receiver import Receiver
from settings import Settings
from store.inbox import Accepted, WorkerOutcome
from store.people import NewPerson
from tests.service.arrivals import arrival
from tests.service.running import KEY, Service, answer, answered, connected, head, post, running, sent
from tests.serving import ROOT

BLOCK = example_bytes("webhook_v3_inference_complete")
COMPLETE = example_bytes("webhook_v3_session_complete")
LIMIT_S = 20

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def read(text: str) -> Samples:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def of(application: Application) -> Samples:
    return read(exposition(application).decode())


def scraped(service: Service) -> Samples:
    time.sleep(1.1)  # an answer holds for a second
    answer = requests.get(service.at("/metrics"), timeout=LIMIT_S)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return read(answer.text)


def labelled(name: str, **labels: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    return name, tuple(sorted(labels.items()))


@pytest.fixture(scope="module")
def vendor() -> Iterator[Simulator]:
    with serve(simulated_world(people=2, nights=3)) as simulator:
        yield simulator


@pytest.fixture
def application(tmp_path: Path, vendor: Simulator) -> Iterator[Application]:
    made = build(
        Settings(
            asleep_api_key=SecretStr(vendor.api_key),
            asleep_base_url=vendor.address,
            nocturne_data_dir=tmp_path / "data",
            nocturne_rate_limit_per_second=1000,
            nocturne_sync_interval_minutes=0,
        )
    )
    yield made
    made.close()


def test_webhooks_are_counted_by_event_and_answer_and_the_inbox_is_asked(tmp_path: Path) -> None:
    with running(tmp_path / "data") as service:
        owner = "G-20260105081500-QmVubml0b1NsZWVwUVo"
        for body, headers in (
            (BLOCK, sent()),
            (BLOCK, sent()),
            (COMPLETE, sent(user=owner)),
            (
                b'{"event": "USER_WOKE_UP", "version": "V4", "user_id": "%s", "session_id": "s"}'
                % owner.encode(),
                sent(),
            ),
            (b"{", sent()),
            (BLOCK, sent(key="a-wrong-key-0123456789")),
        ):
            post(service.url, body, headers)
        found = scraped(service)
    assert found[labelled("nocturne_webhooks_total", event="inference_complete", status="200")] == 2
    assert found[labelled("nocturne_webhooks_total", event="session_complete", status="200")] == 1
    assert found[labelled("nocturne_webhooks_total", event="other", status="200")] == 1
    assert found[labelled("nocturne_webhooks_total", event="other", status="400")] == 1
    assert found[labelled("nocturne_webhooks_total", event="other", status="401")] == 1
    assert found[labelled("nocturne_webhook_seconds_count")] == 6
    assert found[labelled("nocturne_webhook_key_total", key="1")] == 5
    assert found[labelled("nocturne_arrivals_total", outcome="new")] == 2
    assert found[labelled("nocturne_arrivals_total", outcome="repeated")] == 1
    assert found[labelled("nocturne_arrivals_total", outcome="unhandled")] == 1
    assert found[labelled("nocturne_inbox_events", state="waiting")] == 2
    assert found[labelled("nocturne_inbox_events", state="unhandled")] == 1
    assert found[labelled("nocturne_inbox_readable")] == 1
    assert 0 < found[labelled("nocturne_inbox_oldest_seconds")] < 60
    assert found[labelled("nocturne_disk_free_bytes")] > 0
    assert found[labelled("process_resident_memory_bytes")] > 1e6


def test_every_answer_there_can_be_is_counted_from_0_on(application: Application) -> None:
    """Of a series that begins with its first count, Prometheus sees no increase."""
    source = (ROOT / "service" / "receiver.py").read_text()
    table = source.partition("| status | when |")[2].partition('"""')[0]
    statuses = re.findall(r"^\| (\d{3}) \|", table, re.MULTILINE)
    assert len(statuses) >= 9
    found = of(application)
    counted = [labelled("nocturne_webhooks_total", event="other", status=status) for status in statuses]
    counted += [
        labelled("nocturne_webhooks_total", event=event, status=status)
        for event in ("inference_complete", "session_complete")
        for status in ("200", "503")
    ]
    outcomes = {
        "nocturne_arrivals_total": [each.name for each in fields(Accepted)],
        "nocturne_worker_events_total": get_args(WorkerOutcome),
        "nocturne_sync_rounds_total": get_args(RoundOutcome),
    }
    counted += [labelled(name, outcome=each) for name, all_of in outcomes.items() for each in all_of]
    assert [found.get(each) for each in counted] == [0.0] * len(counted)
    kept = [name for name in found if name[0] == "nocturne_webhooks_total"]
    assert len(kept) == len(statuses) + 4, "a series that nothing can ever be counted in"


def test_what_still_comes_under_the_old_key_is_counted_by_its_place(tmp_path: Path) -> None:
    ring = f"{KEY}-new,{KEY}-old,{KEY}-older"
    with running(tmp_path / "data", NOCTURNE_WEBHOOK_KEYS=ring) as service:
        for name in ("-new", "-new", "-old", "-another"):
            post(service.url, BLOCK, sent(key=KEY + name))
        found = scraped(service)
        text = requests.get(service.at("/metrics"), timeout=LIMIT_S).text
    counted = [found[labelled("nocturne_webhook_key_total", key=place)] for place in "123"]
    assert counted == [2, 1, 0]
    assert KEY not in text


def test_how_long_a_sender_took_is_not_in_the_time_of_an_answer(tmp_path: Path) -> None:
    with running(tmp_path / "data") as service, connected(service.url) as line:
        line.sendall(head(service.url, sent(), length=len(BLOCK)) + BLOCK[:50])
        time.sleep(1.2)
        line.sendall(BLOCK[50:])
        assert answer(line).status == 200
        found = scraped(service)
    assert found[labelled("nocturne_webhook_seconds_count")] == 1
    assert found[labelled("nocturne_webhook_seconds_sum")] < 1.0


def test_answers_are_counted_before_it_opens_after_it_closes_and_while_webhooks_are_off(
    application: Application,
) -> None:
    receiver = Receiver()
    assert [answered(receiver, []) for _ in range(2)] == [503, 503]
    receiver.count_with(application.instruments)
    assert answered(receiver, []) == 503
    receiver.close(for_good=True)
    assert answered(receiver, []) == 404
    found = of(application)
    assert found[labelled("nocturne_webhooks_total", event="other", status="503")] == 3
    assert found[labelled("nocturne_webhooks_total", event="other", status="404")] == 1


def test_where_webhooks_are_off_their_refusals_are_counted(tmp_path: Path) -> None:
    with running(tmp_path / "data", NOCTURNE_WEBHOOKS="off") as service:
        assert post(service.url, BLOCK, sent()).status == 404
        found = scraped(service)
    assert found[labelled("nocturne_webhooks_total", event="other", status="404")] == 1


def test_calls_to_the_vendor_are_counted_and_the_breaker_is_told(
    application: Application, vendor: Simulator
) -> None:
    user_id = vendor.world.people[0].user_id
    application.asleep.get_user(user_id)
    get_user = "GET /ai/v1/users/{user_id}"
    found = of(application)
    assert found[labelled("nocturne_vendor_calls_total", operation=get_user, outcome="answered")] == 1
    assert found[labelled("nocturne_vendor_left_alone")] == 0
    with pytest.raises(AsleepError):
        application.asleep.get_user("G-20250101000000-nobodynobodynobody")
    vendor.fail_all("unavailable")
    try:
        for _ in range(6):
            application.asleep.get_user(user_id, fresh=True)  # a kept answer stands in
    finally:
        vendor.fail_all(None)
    found = of(application)
    assert found[labelled("nocturne_vendor_calls_total", operation=get_user, outcome="not_found")] == 1
    assert found[labelled("nocturne_vendor_calls_total", operation=get_user, outcome="fault")] >= 5
    assert found[labelled("nocturne_vendor_calls_total", operation=get_user, outcome="not_asked")] >= 1
    assert found[labelled("nocturne_vendor_left_alone")] == 1
    outcomes = {dict(labels)["outcome"] for name, labels in found if name == "nocturne_vendor_calls_total"}
    assert outcomes <= set(OUTCOMES)


def test_rounds_of_synchronisation_are_counted_with_their_age_and_what_they_brought(
    application: Application, vendor: Simulator
) -> None:
    assert labelled("nocturne_sync_age_seconds") not in of(application)
    for person in vendor.world.people:
        application.store.add_person(
            application.organisation,
            NewPerson(vendor_id=person.user_id, name=person.name, zone=person.zone, environment="live"),
        )
    background = BackgroundSync(application)
    background.start()
    until = time.monotonic() + LIMIT_S
    while not of(application)[labelled("nocturne_sync_rounds_total", outcome="complete")]:
        assert time.monotonic() < until
        time.sleep(0.05)
    background.stop()
    found = of(application)
    assert found[labelled("nocturne_sync_age_seconds")] < LIMIT_S
    assert found[labelled("nocturne_archive_nights")] > 0


def test_what_becomes_of_events_is_counted(application: Application) -> None:
    application.inbox.accept([arrival(application, seq) for seq in range(4)])
    for leased, do in zip(
        application.inbox.lease(application.organisation, "live", worker="w"),
        ("settle", "quarantine", "bury", "settle twice"),
        strict=True,
    ):
        if do == "bury":
            application.inbox.bury(leased, error="no")
        elif do == "quarantine":
            application.inbox.quarantine(leased)
        else:
            application.inbox.settle(leased)
        if do == "settle twice":
            assert not application.inbox.settle(leased)
    found = of(application)
    counted = {
        outcome: found[labelled("nocturne_worker_events_total", outcome=outcome)]
        for outcome in ("done", "quarantined", "dead", "lost", "put_off")
    }
    assert counted == {"done": 2, "quarantined": 1, "dead": 1, "lost": 1, "put_off": 0}


def test_a_database_that_cannot_be_read_leaves_the_rest_of_the_metrics(application: Application) -> None:
    application.inbox.close()
    (application.settings.folder / "inbox.sqlite3").write_bytes(b"no database" * 500)
    found = of(application)
    assert found[labelled("nocturne_inbox_readable")] == 0
    assert labelled("nocturne_inbox_events", state="waiting") not in found
    assert labelled("nocturne_disk_free_bytes") in found


def test_no_label_tells_who(application: Application, vendor: Simulator) -> None:
    person = vendor.world.people[0]
    application.asleep.get_user(person.user_id)
    text = exposition(application).decode()
    for secret in (person.user_id, person.name, vendor.api_key, str(application.settings.folder)):
        assert secret not in text
    assert not re.search(r"G-[0-9]{14}", text)


def test_two_applications_in_one_process_count_apart(application: Application, tmp_path: Path) -> None:
    other = build(application.settings.model_copy(update={"nocturne_data_dir": tmp_path / "other"}))
    other.instruments.webhook("SESSION_COMPLETE", 200, 0.01)
    name = labelled("nocturne_webhooks_total", event="session_complete", status="200")
    assert (of(other)[name], of(application)[name]) == (1, 0)
    other.close()
