"""Fourteen mistakes of sample code for this API that is often copied (GOALS, section 5): ours makes none.

Items 1 to 14. Items 15 to 21 and 24, about webhooks and operation, are in test_sample_mistakes_of_the_service.py.
"""

import logging
import re
import threading
import time
import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.nights import night_table
from analytics.score import period_score
from analytics.sessions import SessionSet
from analytics.sleeper import Sleeper
from analytics.summary import person_period
from asleep import errors
from asleep.client import AsleepClient, Backoff, Breaker, Pacer, Timeouts
from asleep.contract import example_bytes
from asleep.payloads import parse_session
from asleep.simulator.server import Running, serve
from asleep.simulator.world import World
from cache.archive import NightArchive
from cache.client import CachedAsleep
from cache.disk import DiskCache
from cache.seal import PlainSeal
from nocturne import views
from nocturne.access import local_actor
from nocturne.application import build
from nocturne.sync import synchronise
from settings import Settings
from tests.cache.samples import night
from tests.contract.asking import KEY, SESSION, USER, example, talking_to
from tests.contract.hostile import answers, hostile, refuses
from tests.nocturne.conftest import roster_csv
from tests.nocturne.importing import import_people
from tests.reliability.conftest import NOW, MakeCached, MakeClient, sessions_of
from tests.serving import ROOT


def test_mistake_01_the_body_decides_what_a_403_means_not_the_text_of_an_exception(
    vendor: Running, make_client: MakeClient
) -> None:
    user_id, _ = sessions_of(vendor)
    vendor.plan_faults("rate-limit")
    make_client(timeouts=Timeouts(total_s=5)).get_user(user_id)
    assert vendor.requests["getUser"] == 2
    for words, kind in (
        ("Quota exceeded", errors.QuotaExceeded),
        ("Plan is expired", errors.PlanExpired),
        ("No permission", errors.Forbidden),
    ):
        with talking_to(refuses(403, words)) as (client, service), pytest.raises(kind):
            client.get_user(USER)
        assert len(service.seen) == 1


def test_mistake_02_nothing_below_repeats_by_itself_and_a_person_is_never_created_twice(
    vendor: Running, make_client: MakeClient
) -> None:
    vendor.plan_faults("internal")
    client = make_client(backoff=Backoff(tries=1))
    with pytest.raises(errors.ServerFault):
        client.get_user(sessions_of(vendor)[0])
    assert vendor.requests.total() == 1, "a repetition below would pass by pace, breaker and budget"
    for fault in ("internal", "reset", "rate-limit"):
        vendor.plan_faults(fault)
        with pytest.raises(errors.AsleepError):
            make_client().create_user()
    assert vendor.requests["createUser"] == 3


def test_mistake_03_a_slow_drip_does_not_outlast_the_deadline(
    vendor: Running, make_client: MakeClient
) -> None:
    client = make_client(timeouts=Timeouts(read_s=1, total_s=0.6))
    user_id, _ = sessions_of(vendor)
    for drip in ("drip", "drip-headers"):  # a byte every 0.2 s is never late for the read time-out
        vendor.fail_all(drip)
        began_s = time.monotonic()
        with pytest.raises(errors.DeadlineExceeded):
            client.get_user(user_id)
        assert time.monotonic() - began_s < 1.1


def test_mistake_04_a_204_is_a_success_and_a_403_without_json_a_refusal(
    vendor: Running, make_client: MakeClient
) -> None:
    user_id, sessions = sessions_of(vendor)
    client = make_client()
    client.delete_session(user_id, sessions[0])
    client.delete_user(user_id)
    assert vendor.account.person(user_id) is None
    with (
        talking_to(answers(403, b"<html>Forbidden</html>")) as (other, _),
        pytest.raises(errors.Forbidden, match="account's permissions"),
    ):
        other.get_user(USER)


@pytest.mark.parametrize("odd", ["../../../ai/v1/users/x", "abc?x=1", "a#b", "%2e%2e", "a/b", "a%2fb"])
def test_mistake_05_an_id_reaches_no_other_address(odd: str) -> None:
    with talking_to(example("session_complete")) as (client, service):
        client.get_session(USER, odd)
        [seen] = service.seen
        prefix, _, segment = seen.target.rpartition("/")
        assert prefix == "/data/v3/sessions"
        assert re.fullmatch(r"[A-Za-z0-9._~%-]+", segment)
    with talking_to(example("user")) as (client, service), pytest.raises(errors.UnusableIdentifier):
        client.get_user("..")
    assert service.seen == []


def test_mistake_06_the_key_follows_no_redirect_to_another_host() -> None:
    with hostile(example("user")) as thief:
        moved = answers(307, b"", Location=f"{thief.address}/ai/v1/users/{USER}")
        with talking_to(moved) as (client, service), pytest.raises(errors.Redirected):
            client.get_user(USER)
        assert service.seen[0].headers["x-api-key"] == KEY
        assert thief.seen == []


def test_mistake_07_what_is_kept_expires_belongs_to_one_organisation_and_can_be_forgotten(
    vendor: Running, make_client: MakeClient, tmp_path: Path
) -> None:
    moment, client = [NOW], make_client()
    disk = DiskCache(tmp_path / "answers", PlainSeal())
    north, south = (
        CachedAsleep(client, disk, organisation=name, environment="live", now=lambda: moment[0])
        for name in ("north", "south")
    )
    user_id, sessions = sessions_of(vendor)
    first = north.get_session(user_id, sessions[-1]).value
    south.get_session(user_id, sessions[-1])
    assert vendor.requests["getSession"] == 2, "the other organisation asks for itself"
    with pytest.raises((AttributeError, TypeError)):
        first.sleep_stages[0] = 3  # type: ignore[index]
    assert north.get_session(user_id, sessions[-1]).value == first
    assert north.forget(user_id) == 1
    north.get_session(user_id, sessions[-1])
    assert vendor.requests["getSession"] == 3
    moment[0] += timedelta(days=30)
    north.get_session(user_id, sessions[-1])
    assert vendor.requests["getSession"] == 4
    disk.close()
    # Times are always asked for in UTC, so no zone can be missing from a key.
    with talking_to(example("session_complete")) as (other, service):
        other.get_session(USER, SESSION)
        assert service.seen[0].headers["timezone"] == "UTC"


def test_mistake_07_an_unfinished_session_is_not_kept_for_ever(make_cached: MakeCached) -> None:
    moment = [NOW]
    with talking_to(example("session_in_progress"), example("session_complete")) as (client, service):
        cached = make_cached(now=lambda: moment[0])
        cached._client = client
        assert cached.get_session(USER, SESSION).value.state == "OPEN"
        moment[0] += timedelta(seconds=61)
        assert cached.get_session(USER, SESSION).value.state == "COMPLETE"
        moment[0] += timedelta(days=6)
        assert cached.get_session(USER, SESSION).value.state == "COMPLETE"
        assert len(service.seen) == 2


def test_mistake_08_five_not_found_among_good_answers_leave_the_breaker_closed(
    vendor: Running, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client(breaker=Breaker(failures=3, rest_s=60), backoff=Backoff(tries=1))
    user_id, _ = sessions_of(vendor)
    for _ in range(12):
        with pytest.raises(errors.SessionNotFound):
            client.get_session(user_id, "20260101000000_none0")
    for _ in range(3):  # two failures and a success, again and again: a success resets the count
        vendor.plan_faults("internal", "internal")
        for _ in range(2):
            with pytest.raises(errors.ServerFault):
                client.get_user(user_id)
        client.get_user(user_id)
    vendor.plan_faults("internal", "internal", "internal")
    for _ in range(3):
        with pytest.raises(errors.ServerFault):
            client.get_user(user_id)
    monkeypatch.setattr("time.time", lambda: 4e9)
    with pytest.raises(errors.NotAsked):
        client.get_user(user_id)


def test_mistake_09_nobody_sleeps_with_the_lock_of_the_limiter_or_by_the_wall_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pacer = Pacer(2)
    pacer.wait()
    sleepers = [threading.Thread(target=pacer.wait) for _ in range(3)]
    for sleeper in sleepers:
        sleeper.start()
    time.sleep(0.05)
    began_s = time.monotonic()
    assert not pacer.wait(within_s=0.1), "a queue of three is longer than that"
    assert time.monotonic() - began_s < 0.1, "and is known at once, while three others sleep"
    monkeypatch.setattr("time.time", lambda: 4e9)
    for sleeper in sleepers:
        sleeper.join()
    assert 1.0 < time.monotonic() - began_s < 2.5


def test_mistake_10_the_log_tells_the_true_status_and_no_id(
    vendor: Running, make_client: MakeClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = make_client(backoff=Backoff(tries=1))
    user_id, sessions = sessions_of(vendor)
    client.get_session(user_id, sessions[0])
    vendor.plan_faults("quota", "unavailable", "reset")
    for _ in range(3):
        with pytest.raises(errors.AsleepError):
            client.get_session(user_id, sessions[0])
    ours = [record.getMessage() for record in caplog.records if record.name == "asleep.transport"]
    said = [re.sub(r"^\w{32} | in \d+ ms$", "", message) for message in ours]
    path = "GET /data/v3/sessions/{session_id}: "
    assert said == [path + "200", path + "403", path + "503", path + "TransportError"]
    every = [record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn")]
    assert all(user_id not in one and sessions[0] not in one for one in every), "uvicorn is the vendor here"


def test_mistake_11_a_failure_is_no_empty_list_and_nobody_counts_who_added_nothing(
    world: World, tmp_path: Path
) -> None:
    with serve(world) as vendor:
        settings = Settings(
            asleep_api_key=vendor.api_key,  # type: ignore[arg-type]
            asleep_base_url=vendor.address,
            nocturne_data_dir=tmp_path / "data",
            nocturne_rate_limit_per_second=1000,
        )
        application = build(settings, now=lambda: NOW)
        actor = local_actor(application.organisation)
        try:
            import_people(application, actor, roster_csv(vendor))
            lost = world.people[0]
            vendor.account.delete_user(lost.user_id)
            progress = synchronise(application, actor, application.people())
            [failure] = progress.failures
            assert "Unable to find the user" in failure.reason, "what average-stats says of somebody unknown"
            assert progress.people_complete == len(world.people) - 1
            rows = views.statistics(application, application.people())
            assert rows["person_id"].nunique() == len(world.people) - 1
            assert failure.person_id not in set(rows["person_id"])
            # More than one default page of 20, and every one of them.
            other = next(one for one in application.people() if one.person_id != failure.person_id)
            frame = application.archive.sessions(application.organisation, other.person_id).frame
            theirs = next(one for one in world.people if one.user_id == other.vendor_id)
            assert len(frame) == len(world.diary.sessions(theirs)) > 20
        finally:
            application.close()


def test_mistake_12_a_session_belongs_to_its_person_and_moments_are_compared_as_moments(
    tmp_path: Path,
) -> None:
    archive = NightArchive(tmp_path / "archive", PlainSeal())
    for person_id, epochs in (("ada", 900), ("bo", 700)):
        mine = night(1, stages=(1,) * epochs)
        archive.put("north", person_id, zone="UTC", results=[mine], received=NOW, synced_at=NOW)
    lengths = {
        person: np.diff(archive.sessions("north", person).stages.offsets).tolist() for person in ("ada", "bo")
    }
    assert lengths == {"ada": [900], "bo": [700]}, "the same session id at two people is two sessions"
    early, late = "2026-03-01T23:30:00+09:00", "2026-03-01T16:00:00+00:00"  # as text in the other order
    starts = [
        parse_session(
            b'{"result": {"session": {"id": "x", "state": "OPEN", "start_time": "%s"}}}' % text.encode()
        ).start
        for text in (early, late)
    ]
    assert early > late
    assert starts == sorted(starts)
    assert all(start.tzinfo is UTC for start in starts)
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]["select"]
    assert "DTZ" in rules, "the linter refuses a naive now()"


def test_mistake_13_efficiency_is_a_ratio_and_the_time_of_falling_asleep_no_duration() -> None:
    for name in ("session_complete", "session_complete_reference_shape"):
        stat = parse_session(example_bytes(name)).stat
        assert stat is not None
        assert stat.sleep_efficiency_ratio is not None
        assert 0 < stat.sleep_efficiency_ratio <= 1
        assert isinstance(stat.sleep_time, datetime)


def test_mistake_13_consistency_follows_from_the_nights() -> None:
    count = 28

    def consistency(agree: float) -> float:
        frame = pd.DataFrame(
            {
                "person_id": "ada",
                "night": pd.date_range("2026-02-01", periods=count),
                "day_index": np.arange(count) + 100,
                "kind": "main",
                "valid": True,
                "se_pct": 90.0,
                "se_known_pct": 90.0,
                "unknown_share": 0.0,
                "tst_min": 450.0,
                "midsleep_clock_h": 3.5,
                "sri_agree": agree * 2880,
                "sri_known": 2880,
            }
        )
        score = period_score(frame, age_years=40, first=date(2026, 2, 1), last=date(2026, 2, 28))
        return score.consistency.value

    assert consistency(0.95) > consistency(0.8) > consistency(0.6)


def test_mistake_13_a_month_is_the_days_of_the_calendar() -> None:
    sleeper = Sleeper(person_id="ada", name="Ada", zone="UTC", birth_year=1990)
    nothing = night_table(SessionSet.empty(), zone="UTC")
    for month, days in ((1, 31), (2, 28), (4, 30)):
        first = date(2026, month, 1)
        last = date(2026, month + 1, 1) - timedelta(days=1)
        assert person_period(sleeper, nothing, first=first, last=last).days == days


def test_mistake_14_one_client_is_cached_paced_pooled_and_breaks(
    vendor: Running, make_cached: MakeCached
) -> None:
    others = [kind.__module__ for kind in AsleepClient.__subclasses__()]
    assert [module for module in others if not module.startswith("tests.")] == [], "one client"
    cached = make_cached(pacer=Pacer(20), breaker=Breaker(failures=2, rest_s=60), pool=4)
    user_id, sessions = sessions_of(vendor)
    began_s = time.monotonic()
    for session_id in sessions[-8:] * 2:
        cached.get_session(user_id, session_id)
    assert vendor.requests.total() == 8, "cached"
    assert time.monotonic() - began_s >= 6 / 19.6, "paced"
    vendor.fail_all("internal")
    for _ in range(4):
        assert cached.get_session(user_id, sessions[-1], fresh=True).stale
    assert vendor.requests.total() == 10, "broken off, and what is kept stands in"


def test_every_item_has_its_test() -> None:
    named = {int(number) for number in re.findall(r"def test_mistake_(\d\d)_", Path(__file__).read_text())}
    assert named == set(range(1, 15))
