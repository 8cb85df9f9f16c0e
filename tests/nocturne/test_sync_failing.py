"""A vendor that fails now and then, or refuses everybody: nobody is lost, nothing is counted that was not read."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from starlette.requests import Request
from starlette.responses import Response

from analytics.summary import cohort_overview, cohort_period
from asleep.client import AsleepClient, Backoff, Pacer, Timeouts
from asleep.simulator.faults import Fault, FaultKind
from asleep.simulator.operations import Operations
from asleep.simulator.parameters import RefusalError
from asleep.simulator.server import Running, serve
from asleep.simulator.world import World, simulated_world
from nocturne.access import local_actor
from nocturne.application import Application
from nocturne.progress import SyncProgress
from nocturne.roster import EVERYONE
from nocturne.sync import synchronise
from nocturne.views import cohort_summary, cohorts, overview, sleeper
from tests.nocturne.syncing import (
    NOW,
    UNTIL,
    NotingClient,
    by_sessions_alone,
    kept_sessions,
    nights_of,
    opened,
    synchronised_all,
)

PEOPLE, NIGHTS = 8, 14
TEN_PERCENT = tuple(Fault.parse(text) for text in ("server-error:0.05", "reset:0.03", "malformed:0.02"))
FIRST = UNTIL - timedelta(days=NIGHTS - 1)


@pytest.fixture(scope="module")
def world() -> World:
    return simulated_world(people=PEOPLE, nights=NIGHTS, seed=11, until=UNTIL, now=NOW)


def impatient(running: Running) -> AsleepClient:
    """A client that tries once: what fails at the vendor fails here."""
    return AsleepClient(
        base_url=running.address,
        api_key=running.api_key,
        timeouts=Timeouts(connect_s=1, read_s=1, total_s=2, background_s=3),
        backoff=Backoff(tries=1),
        pacer=Pacer(None),
    )


def everybody_ended(application: Application, progress: SyncProgress) -> set[str]:
    """Who failed: each with a sentence, the same in the progress and in the store; all others went through."""
    people = {person.person_id for person in application.people()}
    states = application.store.sync_states(application.organisation)
    failed = {failure.person_id: failure.reason for failure in progress.failures}
    assert len(failed) == len(progress.failures)
    assert progress.state == "done"
    assert progress.people == len(people)
    assert progress.people_complete + len(failed) == len(people)
    assert set(states) == people
    for person_id, state in states.items():
        reason = failed.get(person_id, "")
        assert state.error == reason[:500]
        assert (state.succeeded_at is None) == (person_id in failed)
        if person_id in failed:
            assert reason.endswith(".")
            assert " " in reason
            assert "\n" not in reason
            assert "simulated-key" not in reason
    return set(failed)


def means_are_of_those_who_were_read(application: Application) -> None:
    """What is said of everyone is what would be said without those of whom nothing arrived."""
    actor = local_actor(application.organisation)
    nights = application.archive.statistics(application.organisation)
    read = set(nights["person_id"])
    people = application.people()
    assert 0 < len(read) < len(people)
    sleepers = [sleeper(person) for person in people if person.person_id in read]
    synced = {
        person_id: (FIRST - timedelta(days=60), NOW.date())
        for person_id, state in application.store.sync_states(application.organisation).items()
        if state.succeeded_at is not None
    }
    everyone = next(one for one in cohorts(application, actor) if one.name == EVERYONE)
    said = cohort_summary(application, actor, everyone, first=FIRST, last=UNTIL)
    true = cohort_period(
        "Everyone", sleepers, nights, first=FIRST, last=UNTIL, synced=synced, rules=application.score_rules
    )
    averaged = 0
    for name, figure in said.figures.items():
        wanted = true.figures[name]
        for part in ("people", "nights", "mean", "sd", "median", "q1", "q3", "text", "spread"):
            assert np.array_equal(
                [getattr(figure, part)],
                [getattr(wanted, part)],
                equal_nan=part in {"mean", "sd", "median", "q1", "q3"},
            ), (name, part)
        assert figure.people <= len(read) < figure.of == len(people)
        assert figure.counted.startswith(f"{figure.people} of {len(people)} people")
        averaged += not np.isnan(figure.mean)
    assert averaged, "somebody was averaged"
    here = overview(application, actor, EVERYONE, night=UNTIL, days=NIGHTS)
    alone = cohort_overview(
        sleepers, nights, night=UNTIL, days=NIGHTS, synced=synced, rules=application.score_rules
    )
    pd.testing.assert_frame_equal(here.map_values.loc[alone.map_values.index], alone.map_values)
    unread = here.people.drop(index=alone.people.index)
    assert unread["last_tst_min"].isna().all()
    assert set(unread["last_state"]) == {"no data"}
    assert here.map_values.loc[unread.index].isna().all(axis=None)
    assert here.map_range == alone.map_range
    assert here.valid == alone.valid


def test_ten_calls_in_a_hundred_fail_and_everybody_ends_as_done_or_failed_with_a_reason(
    tmp_path: Path, world: World
) -> None:
    with serve(world, faults=TEN_PERCENT) as vendor:
        stranger = world.people[2]
        vendor.account.delete_user(stranger.user_id)
        with opened(tmp_path, vendor, client=impatient(vendor)) as application:
            progress = synchronised_all(application)
            assert vendor.refused.total() > 4
            failed = everybody_ended(application, progress)
            by_vendor = {person.vendor_id: person.person_id for person in application.people()}
            assert by_vendor[stranger.user_id] in failed
            assert len(failed) > 1, "some met a fault"
            means_are_of_those_who_were_read(application)
    with serve(world) as vendor, opened(tmp_path, vendor) as application:
        progress = synchronised_all(application)
        assert progress.people_complete == PEOPLE
        assert everybody_ended(application, progress) == set()
        for person, (vendor_id, sessions) in zip(
            application.people(), kept_sessions(application).items(), strict=True
        ):
            assert person.vendor_id == vendor_id
            known = application.archive.known("main", person.person_id)
            there = vendor.account.sessions(next(one for one in world.people if one.user_id == vendor_id))
            assert set(sessions.frame["session_id"]) == {session.id for session in there}
            assert {one for one in known if not known[one].whole} == {
                session.id for session in there if session.state != "COMPLETE"
            }


def test_the_usual_patience_outlasts_ten_failures_in_a_hundred(tmp_path: Path, world: World) -> None:
    with serve(world, faults=TEN_PERCENT) as vendor, opened(tmp_path, vendor) as application:
        progress = synchronised_all(application)
        assert vendor.refused["server-error"]
        failed = everybody_ended(application, progress)
        # Only what is malformed is not asked for again; it keeps somebody from being done where it was the list.
        assert len(failed) <= 2
        assert all("list" in failure.reason or "sessions" in failure.reason for failure in progress.failures)


@pytest.fixture
def small() -> Iterator[Running]:
    world = simulated_world(people=3, nights=10, seed=11, until=UNTIL, now=NOW)
    with serve(world) as running:
        yield running


def test_a_rate_that_is_exceeded_costs_time_and_nobody(tmp_path: Path, small: Running) -> None:
    client = NotingClient(small)
    came: list[str] = []

    def refuse_two(session_id: str) -> None:
        came.append(session_id)
        if len(came) == 12:
            small.plan_faults("rate-limit", "rate-limit")

    client.before_session = refuse_two
    with opened(tmp_path, small, client=client) as application:
        progress = synchronised_all(application)
        assert small.refused["rate-limit"] == 2
        assert everybody_ended(application, progress) == set()
        assert progress.nights == progress.nights_done


@pytest.mark.parametrize("kind", ["quota", "plan"])
def test_a_refusal_for_the_account_stops_everybody_with_one_sentence_and_keeps_what_had_arrived(
    tmp_path: Path, small: Running, kind: FaultKind
) -> None:
    client = NotingClient(small)
    came: list[str] = []

    def refuse_after_some(session_id: str) -> None:
        came.append(session_id)
        if len(came) == 12:
            small.fail_all(kind)

    client.before_session = refuse_after_some
    with opened(tmp_path, small, client=client) as application:
        progress = synchronised_all(application)
        stopped_with_one_reason(application, progress)
        assert kind in progress.halted.lower()
        assert 0 < progress.nights_done < progress.nights
        kept = nights_of(application)
        assert set(kept["person_id"]) == {person.user_id for person in small.world.people}
        assert set(kept["basis"]) == {"stages", "vendor"}
        arrived = {
            known.session_id
            for person in application.people()
            for known in application.archive.known("main", person.person_id).values()
            if known.whole
        }
        assert len(arrived) == progress.nights_done
    small.fail_all(None)
    client = NotingClient(small)
    with opened(tmp_path, small, now=NOW + timedelta(minutes=15), client=client) as application:
        progress = synchronised_all(application)
        assert progress.people_complete == len(application.people())
        assert not progress.halted
        assert not set(client.sessions_asked) & arrived, "it goes on where it was"
        everything = {
            session.id for person in small.world.people for session in small.account.sessions(person)
        }
        assert set(client.sessions_asked) | arrived == everything
        pd.testing.assert_frame_equal(
            nights_of(application), by_sessions_alone(tmp_path / "alone", small, application)
        )


def stopped_with_one_reason(application: Application, progress: SyncProgress) -> None:
    """Everybody who was not done failed for the reason that is named once, and the store repeats it."""
    assert progress.halted
    assert "\n" not in progress.halted
    assert progress.halted.endswith(".")
    assert {failure.reason for failure in progress.failures} == {progress.halted}
    assert progress.people_complete + len(progress.failures) == progress.people
    states = application.store.sync_states(application.organisation)
    assert {failure.person_id for failure in progress.failures} == {
        person_id for person_id, state in states.items() if state.error
    }
    assert all(state.error in {"", progress.halted[:500]} for state in states.values())
    assert set(states) == {person.person_id for person in application.people()}


@pytest.mark.parametrize("phase", ["statistics", "listing"])
def test_a_refusal_before_any_session_was_asked_for_ends_everybody_too(
    tmp_path: Path, small: Running, phase: str
) -> None:
    with opened(tmp_path, small) as application:
        show = application.board.show

        def refuse(progress: SyncProgress) -> None:
            if progress.state == phase:
                small.fail_all("quota")
            show(progress)

        application.board.show = refuse  # type: ignore[method-assign]
        progress = synchronised_all(application)
        stopped_with_one_reason(application, progress)
        assert len(progress.failures) == progress.people
        assert not small.requests["getSession"]
        nights = nights_of(application)
        assert (set(nights["basis"]) == {"vendor"}) == (phase == "listing"), "what had arrived stays"
        application.board.show = show  # type: ignore[method-assign]
        small.fail_all(None)
        assert synchronised_all(application).people_complete == progress.people


def test_whoever_was_done_before_the_refusal_stays_done(tmp_path: Path, small: Running) -> None:
    with opened(tmp_path, small) as application:
        actor = local_actor(application.organisation)
        first, *_ = application.people()
        assert not synchronise(application, actor, [first]).failures
        before = application.store.sync_states(application.organisation)[first.person_id]
        small.fail_all("quota")
        stopped_with_one_reason(application, synchronised_all(application))
        after = application.store.sync_states(application.organisation)[first.person_id]
        assert after.succeeded_at == before.succeeded_at
        assert after.error
        assert len(application.archive.nights(application.organisation, first.person_id))


def test_a_vendor_whose_statistics_alone_are_down_still_brings_lists_and_sessions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(_operations: Operations, _request: Request) -> Response:
        raise RefusalError(500, "Internal Server Error")

    monkeypatch.setattr(Operations, "_average_stats", down)
    world = simulated_world(people=6, nights=1, seed=11, until=UNTIL, now=NOW)
    with serve(world) as vendor, opened(tmp_path, vendor) as application:
        progress = synchronised_all(application)
        assert progress.people_complete == 6
