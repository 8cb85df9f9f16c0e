"""The simulator announces what it records: in every form of the contract, in agreement with its own API."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from asleep.simulator.announcements import Announcement, Going, announcements
from asleep.simulator.server import Running, serve
from asleep.simulator.tonight import Tonight
from asleep.simulator.webhook_bodies import VERSIONS, Version
from asleep.simulator.webhooks import TRIES, Webhooks
from asleep.simulator.world import World, simulated_world
from tests.contract.calling import Caller, calling, validator
from tests.contract.receiving import Received, Receiver, receiving

UNTIL = date(2026, 4, 12)
NOW = datetime(2026, 4, 15, 12, tzinfo=UTC)
FAST = 4000.0  # a night in about seven seconds
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def world() -> World:
    return simulated_world(people=24, nights=20, until=UNTIL, now=NOW)


@contextmanager
def announcing(
    world: World, receiver: Receiver, going: Going, *, people: int = 1, speed: float = FAST
) -> Iterator[tuple[Running, Tonight, Webhooks]]:
    tonight = Tonight(world, speed=speed, people=people)
    with (
        serve(tonight.world) as server,
        Webhooks(tonight, server.account, url=receiver.url, going=going) as webhooks,
    ):
        yield server, tonight, webhooks


def more_than(count: int) -> Callable[[list[Received]], bool]:
    return lambda received: len(received) > count


def whole_night(world: World, going: Going, *, people: int = 1) -> list[Received]:
    with receiving() as receiver, announcing(world, receiver, going, people=people) as (_, tonight, webhooks):
        expected = sum(len(tonight.nights(person)) for person in tonight.people)
        receiver.wait_for(
            lambda received: sum(one.event == "SESSION_COMPLETE" for one in received) >= expected
        )
        time.sleep(1.0)  # what was moved behind the end
        assert webhooks.told["delivered"] == len(receiver.received)
        return list(receiver.received)


@pytest.fixture(scope="module")
def nights(world: World) -> list[Received]:
    """One whole night in each form."""
    return whole_night(world, Going(), people=len(VERSIONS))


def test_each_is_what_the_contract_describes(nights: list[Received]) -> None:
    for one in nights:
        schema = "InferenceCompleteEvent" if one.event == "INFERENCE_COMPLETE" else "SessionCompleteEvent"
        validator(schema).validate(one.body)


def test_each_has_the_keys_of_the_examples(nights: list[Received]) -> None:
    forms = {
        (one.event, frozenset(one.body), frozenset(one.payload), one.body.get("callback_version"))
        for one in nights
    }
    shown = set()
    for path in (ROOT / "asleep" / "contract" / "examples").glob("webhook_*.json"):
        body = json.loads(path.read_text())
        payload = body.get("data") or body.get("callback_data") or body
        event = body.get("event") or body["callback_event"]
        shown.add((event, frozenset(body), frozenset(payload), body.get("callback_version")))
    table_block = {form for form in forms if form[0] == "INFERENCE_COMPLETE" and form[3] == "V3"}
    assert len(table_block) == 1  # the English table's block has no example
    assert forms - table_block == shown


def test_each_carries_the_key_and_the_owner(nights: list[Received], world: World) -> None:
    assert {one.key for one in nights} == {world.api_key}
    assert all(one.user_id == one.payload["user_id"] for one in nights)


def test_the_blocks_of_a_night_are_its_stages(nights: list[Received]) -> None:
    for complete in (one for one in nights if one.event == "SESSION_COMPLETE"):
        payload = complete.payload
        stages = payload.get("sleep_data", payload)["session"]["sleep_stages"]
        blocks = [
            one for one in nights if one.session_id == complete.session_id and one.event != complete.event
        ]
        assert [one.seq for one in blocks] == list(range(len(stages) // 10))
        for one in blocks:
            assert one.seq is not None
            end = 10 * (one.seq + 1)
            assert one.stages == stages[end - len(one.stages) : end]
            assert one.payload["seq_num"] == end - 1


def test_versions_one_and_two_send_the_latest_forty_values(nights: list[Received]) -> None:
    lengths = {
        one.body.get("callback_version", one.body.get("version", "V1")): len(one.stages)
        for one in nights
        if one.event == "INFERENCE_COMPLETE" and one.seq and one.seq >= 4
    }
    assert lengths == {"V1": 40, "V2": 40, "V3": 10}


def test_some_contracts_have_longer_blocks() -> None:
    going = Going()
    steps = {
        (going.contract(place).version, going.contract(place).step, going.contract(place).epochs)
        for place in range(40)
    }
    assert steps == {
        *(("v3", 1, 10), ("v3", 8, 80), ("v3-flat", 1, 10), ("v3-flat", 8, 80)),
        *(
            ("v3-table", 1, 10),
            ("v3-table", 8, 80),
            ("v2", 1, 40),
            ("v2", 4, 40),
            ("v1", 1, 40),
            ("v1", 4, 40),
        ),
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_a_version_can_be_chosen(version: Version) -> None:
    assert {Going(versions=(version,)).contract(place).version for place in range(9)} == {version}


def test_the_interface_agrees_with_what_was_announced(world: World) -> None:
    """Asked at once after each webhook: nothing was announced that Get Session does not show."""
    states: list[str] = []
    with (
        receiving() as receiver,
        announcing(world, receiver, Going(versions=("v3",))) as (server, tonight, _),
        calling(server) as caller,
    ):
        (person,) = tonight.people
        (night,) = tonight.nights(person)
        seen = 0
        while not states or states[-1] != "COMPLETE":
            (*_, newest) = receiver.wait_for(more_than(seen))
            seen = len(receiver.received)
            result = shown(caller, person.user_id, night.id)
            stages = result["session"]["sleep_stages"]
            states.append(result["session"]["state"])
            if newest.event == "SESSION_COMPLETE":
                assert states[-1] == "COMPLETE"
                assert {"user_id": person.user_id, **result} == newest.payload
            else:
                assert newest.seq is not None
                assert stages[10 * newest.seq : 10 * newest.seq + 10] == newest.stages
            listed = caller.get("/data/v1/sessions", person.user_id, limit=1).json()["result"]
            assert listed["sleep_session_list"][0]["session_id"] == night.id
    assert states == sorted(states, key=["OPEN", "CLOSED", "COMPLETE"].index)
    assert states.count("OPEN") > 20


def shown(caller: Caller, user_id: str, session_id: str) -> dict[str, Any]:
    answer = caller.get(f"/data/v3/sessions/{session_id}", user_id)
    assert answer.status_code == 200
    result: dict[str, Any] = answer.json()["result"]
    validator("SessionResultCurrent").validate(result)
    return result


def test_speed_is_kept(world: World) -> None:
    with receiving() as receiver, announcing(world, receiver, Going(versions=("v3",)), speed=3000) as _:
        received = receiver.wait_for(lambda found: len(found) >= 21)
    took_s = received[20].at_s - received[0].at_s
    assert 0.8 * 20 * 300 / 3000 < took_s < 2 * 20 * 300 / 3000


def test_everything_dropped_is_silence_while_the_night_goes_by(world: World) -> None:
    with (
        receiving() as receiver,
        announcing(world, receiver, Going(drop=1.0), speed=30_000) as (server, tonight, _),
        calling(server) as caller,
    ):
        (person,) = tonight.people
        (night,) = tonight.nights(person)
        while shown(caller, person.user_id, night.id)["session"]["state"] != "COMPLETE":
            time.sleep(0.05)
        assert receiver.received == []


def of_night(world: World, going: Going) -> list[Announcement]:
    tonight = Tonight(world, speed=FAST, people=1)
    (night,) = tonight.nights(tonight.people[0])
    return announcements(night, going.contract(0), going, blocks=True, seed=world.seed)


def test_the_share_that_is_asked_for_is_dropped_and_the_rest_is_not(world: World) -> None:
    every, kept = of_night(world, Going()), of_night(world, Going(drop=0.3))
    assert set(kept) < set(every)
    assert 0.15 * len(every) < len(every) - len(kept) < 0.45 * len(every)


def test_the_share_that_is_asked_for_is_sent_twice(world: World) -> None:
    every, found = of_night(world, Going()), of_night(world, Going(duplicates=0.3))
    copies = Counter(one.seq for one in found)
    assert set(every) < set(found)
    assert set(copies.values()) == {1, 2}
    assert 0.15 * len(every) < len(found) - len(every) < 0.45 * len(every)


def test_the_share_that_is_asked_for_comes_after_later_ones(world: World) -> None:
    every, found = of_night(world, Going()), of_night(world, Going(reorder=0.3))
    assert Counter(one.seq for one in found) == Counter(one.seq for one in every)
    stayed = set(found) & set(every)
    assert 0.15 * len(every) < len(every) - len(stayed) < 0.45 * len(every)
    in_time = {one.seq: one.at_s for one in every}
    moved = [one for one in found if one not in stayed and one.seq is not None]
    assert all(one.at_s > in_time.get((one.seq or 0) + 1, 0) for one in moved)


def test_copies_have_the_bytes_of_the_first_and_may_come_behind_the_end(world: World) -> None:
    found = whole_night(world, Going(versions=("v3",), duplicates=0.5, reorder=0.5, drop=0.1))
    copies = Counter((one.seq, one.raw) for one in found)
    assert set(copies.values()) == {1, 2}
    assert len({seq for seq, _ in copies}) == len(copies)
    assert found[-1].event == "INFERENCE_COMPLETE"


def test_a_receiver_that_starts_later_gets_everything(world: World) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with announcing(world, Receiver(port=port), Going(versions=("v3",))) as (_, _tonight, webhooks):
        time.sleep(1.5)
        assert webhooks.told["retried"] > 0
        with receiving(port) as receiver:
            received = receiver.wait_for(lambda found: len(found) > 20)
    assert [one.seq for one in received[:20]] == list(range(20))


def test_a_failing_receiver_is_tried_again_and_a_refusing_one_is_not(world: World) -> None:
    with (
        receiving(statuses=(200, 503, 500, 400)) as receiver,
        announcing(world, receiver, Going(versions=("v3",))) as (_, _tonight, webhooks),
    ):
        received = receiver.wait_for(lambda found: len(found) > 6)
        assert [one.seq for one in received[:6]] == [0, 1, 1, 1, 2, 3]
        assert webhooks.told["refused"] == 1


def test_it_gives_up_in_the_end_and_goes_on_with_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asleep.simulator.webhooks._FIRST_PAUSE_S", 0.01)
    with (
        receiving(statuses=(200, *[503] * TRIES)) as receiver,
        announcing(world, receiver, Going(versions=("v3",))) as (_, _tonight, webhooks),
    ):
        received = receiver.wait_for(lambda found: len(found) > TRIES + 1)
        assert [one.seq for one in received[: TRIES + 2]] == [0, *[1] * TRIES, 2]
        assert webhooks.told["given up"] == 1


def test_whoever_was_deleted_is_not_announced_any_more(world: World) -> None:
    with receiving() as receiver, announcing(world, receiver, Going()) as (server, tonight, _):
        receiver.wait_for(lambda found: len(found) > 3)
        with calling(server) as caller:
            assert caller.delete(f"/ai/v1/users/{tonight.people[0].user_id}").status_code == 204
        time.sleep(0.3)
        known = len(receiver.received)
        time.sleep(0.7)
        assert len(receiver.received) == known


def test_a_receiver_that_never_answers_holds_nothing_up(world: World) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(1)
        receiver = Receiver(port=int(silent.getsockname()[1]))
        with announcing(world, receiver, Going()) as (server, tonight, _), calling(server) as caller:
            began = time.monotonic()
            for _ in range(50):
                assert caller.get(f"/ai/v1/users/{tonight.people[0].user_id}").status_code == 200
            assert time.monotonic() - began < 3


def test_the_command_records_announces_and_ends() -> None:
    with receiving() as receiver:
        command = [
            *(sys.executable, "-m", "asleep.simulator", "--people", "24", "--nights", "10"),
            *("--until", "2026-04-12", "--webhook", receiver.url, "--webhook-speed", "3000"),
            *("--webhook-people", "2", "--webhook-versions", "v1", "v3-flat"),
        ]
        with subprocess.Popen(
            command, cwd=ROOT, text=True, stdout=subprocess.PIPE, env=dict(os.environ)
        ) as process:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            received = receiver.wait_for(lambda found: len(found) > 10)
            process.send_signal(signal.SIGTERM)
            assert process.wait(2.5) == 0
    assert len(ready["recording"]) == 2
    told = {(one.user_id, one.session_id) for one in received}
    assert told == {(night["user_id"], night["session_id"]) for night in ready["recording"]}


def test_sessions_of_the_past_are_the_same_with_the_option(world: World) -> None:
    """Bytes of every session of everybody: only the nights that are recorded again differ, until they are complete."""
    later = [NOW.timestamp()]
    tonight = Tonight(world, speed=100, people=3, clock=lambda: later[0])
    recorded = {night.id for person in tonight.people for night in tonight.nights(person)}
    for person in world.people:
        before = world.diary.sessions(person)
        assert [
            session for session in tonight.world.diary.sessions(person) if session.id not in recorded
        ] == [session for session in before if session.id not in recorded]
    later[0] += 1000
    for person in tonight.people:
        complete = [session for session in world.diary.sessions(person) if session.state == "COMPLETE"]
        after = tonight.world.diary.sessions(person)
        assert set(complete) <= set(after)
        for session in complete:
            assert tonight.recording(person, session).stat == world.diary.recording(person, session).stat


@pytest.mark.parametrize("hour", range(0, 24, 4))
def test_at_every_hour_somebody_is_recording(hour: int) -> None:
    now = datetime(2026, 4, 13, hour, tzinfo=UTC)
    tonight = Tonight(
        simulated_world(nights=20, until=(now - timedelta(days=1)).date(), now=now), clock=now.timestamp
    )
    recording = [
        session
        for person in tonight.people
        for session in tonight.world.diary.sessions(person)
        if session.state == "OPEN" and now.timestamp() - session.start_s < 12 * 3600
    ]
    assert len(recording) >= 3


def test_what_is_live_today_is_history_tomorrow() -> None:
    """Of everybody whose story does not turn meanwhile, the same sessions with the same ids."""
    today = datetime(2026, 4, 13, 20, tzinfo=UTC)
    tomorrow = today + timedelta(days=1)
    moment = [today.timestamp()]
    tonight = Tonight(simulated_world(nights=20, until=UNTIL, now=today), clock=lambda: moment[0])
    later = simulated_world(nights=21, until=UNTIL + timedelta(days=1), now=tomorrow)
    moment[0] = tomorrow.timestamp()
    found = compared = 0
    for person in later.people:
        if person.story != "steady" or person.number in (7, 23):
            continue
        live = {session.id: session for session in tonight.world.diary.sessions(person)}
        for session in later.diary.sessions(person):
            compared += 1
            found += live.get(session.id) == session
    assert compared > 200
    assert found == compared
