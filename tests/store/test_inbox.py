"""The inbox: each event kept once and worked off once, whoever sends or works how often; on both kinds of database."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, event, inspect, text

from store import inbox_upkeep
from store.database import Store
from store.engine import migration_config
from store.errors import UnusableDatabase
from store.inbox import Accepted, BlockPlaced, Completed, Inbox, Leased, Opened, Purged
from store.inbox_arrivals import REVISIONS_KEPT, REVISIONS_KNOWN
from store.inbox_database import INBOX
from store.inbox_tables import Base
from tests.store.arrivals import ENVIRONMENT, MINE, NOW, ORGANISATION, Clock, block, complete


def lease(inbox: Inbox, worker: str = "w", **options: Any) -> tuple[Leased, ...]:
    return inbox.lease(ORGANISATION, ENVIRONMENT, worker=worker, **options)


def test_what_was_accepted_is_leased_as_it_came_and_oldest_first(inbox: Inbox, clock: Clock) -> None:
    assert inbox.accept([block(0), block(1)]) == Accepted(new=2)
    clock.pass_s(1)
    assert inbox.accept([complete()]) == Accepted(new=1)
    first, second, third = lease(inbox)
    assert (first.seq, second.seq, third.seq) == (0, 1, -1)
    sent = block(1)
    assert second == Leased(
        event_id=second.event_id, organisation=ORGANISATION, environment="live", kind="block",
        event="INFERENCE_COMPLETE", vendor_id="G-1", session_id="s-1", seq=1, stages=sent.stages, received_at=NOW,
        since=clock.now, attempts=0, worker="w", request_id="request-1",
    )  # fmt: skip


@pytest.mark.parametrize("again", ["joined", "replayed", "revised"])
def test_since_when_an_event_is_tried_begins_anew_whenever_it_is_made_due(
    inbox: Inbox, clock: Clock, again: str
) -> None:
    inbox.accept([complete()])
    clock.pass_s(3 * 86_400)  # nobody was there to lease it
    first = clock.now
    for _ in range(3):
        (leased,) = lease(inbox)
        assert (leased.received_at, leased.since) == (NOW, first)
        inbox.put_off(leased, error="no", next_at=clock.now)
        clock.pass_s(3600)
    (leased,) = lease(inbox)
    assert leased.since == first
    if again == "joined":
        inbox.quarantine(leased)
        inbox.join(*MINE, {leased.vendor_id})
    elif again == "replayed":
        inbox.bury(leased, error="no")
        inbox.replay(*MINE)
    else:
        inbox.accept([complete(body=b"revised")])
    clock.pass_s(60)
    (leased,) = lease(inbox)
    assert leased.since == clock.now


def test_an_event_that_comes_again_is_kept_once(inbox: Inbox) -> None:
    assert inbox.accept([block(0)]) == Accepted(new=1)
    assert inbox.accept([block(0), block(1), block(1)]) == Accepted(new=1, repeated=2)
    assert inbox.accept([block(0), block(1)]) == Accepted(repeated=2)
    assert [each.seq for each in lease(inbox)] == [0, 1]


def test_an_event_that_was_worked_off_and_comes_again_is_not_worked_off_again(inbox: Inbox) -> None:
    inbox.accept([block(0), complete()])
    for each in lease(inbox):
        assert inbox.settle(each)
    assert inbox.accept([block(0), complete()]) == Accepted(repeated=2)
    assert lease(inbox) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"organisation": "south"}, {"environment": "test"}, {"vendor_id": "G-2"}, {"session_id": "s-2"},
        {"event": "ANOTHER"}, {"seq": 1}, {"stages": b"\1" * 20},
    ],
)  # fmt: skip
def test_whatever_is_in_the_key_makes_another_event(inbox: Inbox, changes: dict[str, Any]) -> None:
    inbox.accept([block(0)])
    assert inbox.accept([block(**{"seq": 0, **changes})]) == Accepted(new=1)


def test_neither_request_nor_version_nor_moment_makes_another_event(inbox: Inbox, clock: Clock) -> None:
    inbox.accept([block(0)])
    clock.pass_s(3600)
    assert inbox.accept([block(0, request_id="another", version="V2")]) == Accepted(repeated=1)


def test_an_event_that_differs_in_the_moment_of_its_sending_alone_is_a_repetition(inbox: Inbox) -> None:
    first, again, other = (
        b'{"session_id": "s-1", "timestamp": "2026-03-01T23:00:0%d", "stat": {"timestamp": %d}}' % each
        for each in ((0, 1), (9, 1), (0, 2))
    )
    for make in (block, complete):
        assert inbox.accept([make(body=first), make(body=again)]) == Accepted(new=1, repeated=1)
        assert inbox.accept([make(body=again)]) == Accepted(repeated=1)
        assert inbox.accept([make(body=other)]) == Accepted(revised=1)
        assert inbox.accept([make(body=other.replace(b":00:00", b":00:07"))]) == Accepted(repeated=1)
    told = [block(-1, kind="other", event="NEW", stages=b"", body=body) for body in (first, again)]
    assert inbox.accept(told) == Accepted(unhandled=2), "what its moment means nobody knows"


def test_another_body_under_the_same_key_is_kept_as_a_revision_and_counted_once(inbox: Inbox) -> None:
    inbox.accept([block(0)])
    revised = block(0, body=b"other")
    assert inbox.accept([revised, block(0), revised]) == Accepted(revised=1, repeated=2)
    assert inbox.accept([revised]) == Accepted(repeated=1)
    assert inbox.state(*MINE).revised == 1
    assert len(lease(inbox)) == 1


def test_two_bodies_of_one_new_event_in_a_batch_are_one_event_and_a_revision(inbox: Inbox) -> None:
    assert inbox.accept([block(0), block(0, body=b"other")]) == Accepted(new=1, revised=1)


def bodies_kept(inbox: Inbox) -> int:
    """Of how many revisions more than the digest is kept."""
    with inbox._database.reading() as connection:
        kept = "SELECT count(*) FROM inbox_revisions WHERE length(body) > 0"
        return int(connection.exec_driver_sql(kept).scalar_one())


def test_revisions_cannot_fill_the_disk_and_are_known_when_they_come_again(inbox: Inbox) -> None:
    inbox.accept([block(0)])
    bodies = [block(0, body=b"%d" % number) for number in range(3 * REVISIONS_KEPT)]
    assert inbox.accept(bodies) == Accepted(revised=len(bodies))
    assert inbox.accept(bodies) == Accepted(repeated=len(bodies))
    assert inbox.state(*MINE).revised == len(bodies)
    assert bodies_kept(inbox) == REVISIONS_KEPT


def test_bodies_of_a_completed_session_that_came_before_never_ask_the_vendor_again(inbox: Inbox) -> None:
    bodies = [complete(body=b"%d" % number) for number in range(REVISIONS_KNOWN + 20)]
    inbox.accept(bodies)
    for each in lease(inbox):
        assert inbox.settle(each)
    assert inbox.accept(bodies[: REVISIONS_KNOWN + 1]) == Accepted(repeated=REVISIONS_KNOWN + 1)
    assert inbox.accept(bodies[REVISIONS_KNOWN + 1 :]) == Accepted(revised=19), "nobody can tell any more"
    assert lease(inbox) == ()
    assert inbox.state(*MINE).revised == REVISIONS_KNOWN


def test_what_was_worked_off_keeps_no_body_of_any_revision(inbox: Inbox) -> None:
    inbox.accept([block(0), block(0, body=b"other"), block(1), block(1, body=b"other")])
    first, second = lease(inbox)
    assert inbox.settle(first)
    assert bodies_kept(inbox) == 1
    assert inbox.settle(second)
    assert bodies_kept(inbox) == 0
    assert inbox.accept([block(0, body=b"other"), block(0, body=b"late")]) == Accepted(repeated=1, revised=1)
    assert bodies_kept(inbox) == 0
    assert inbox.state(*MINE).revised == 3


def test_a_revised_session_and_its_first_body_in_one_batch_are_told_apart(inbox: Inbox) -> None:
    inbox.accept([complete()])
    assert inbox.accept([complete(body=b"revised"), complete()]) == Accepted(revised=1, repeated=1)


def test_a_completed_session_that_is_revised_is_worked_off_anew_even_while_it_is_on_lease(
    inbox: Inbox,
) -> None:
    inbox.accept([complete()])
    (early,) = lease(inbox)
    assert inbox.accept([complete(body=b"revised")]) == Accepted(revised=1)
    assert not inbox.settle(early), "what it read from the API may be older than the revision"
    (late,) = lease(inbox)
    assert inbox.settle(late)
    assert inbox.accept([complete(body=b"revised again")]) == Accepted(revised=1)
    assert len(lease(inbox)) == 1


def test_a_block_that_is_revised_is_not_worked_off_again(inbox: Inbox) -> None:
    inbox.accept([block(0)])
    inbox.settle(lease(inbox)[0])
    inbox.accept([block(0, body=b"revised")])
    assert lease(inbox) == ()


def test_an_event_of_no_known_kind_is_kept_and_handed_to_nobody(inbox: Inbox) -> None:
    unknown = block(0, kind="other", event="PARTY_COMPLETE")
    assert inbox.accept([unknown, block(0)]) == Accepted(new=1, unhandled=1)
    assert inbox.accept([unknown]) == Accepted(repeated=1)
    assert [each.event for each in lease(inbox)] == ["INFERENCE_COMPLETE"]
    assert inbox.state(*MINE).unhandled == 1


def test_every_body_of_an_unknown_kind_is_an_event_of_its_own(inbox: Inbox) -> None:
    unknown: dict[str, Any] = {
        "kind": "other",
        "event": "PARTY_COMPLETE",
        "session_id": "",
        "seq": -1,
        "stages": b"",
    }
    parties = [block(body=b"party %d" % number, **unknown) for number in range(3 * REVISIONS_KEPT)]
    assert inbox.accept(parties[:1]) == Accepted(unhandled=1)
    assert inbox.accept(parties) == Accepted(unhandled=len(parties) - 1, repeated=1)
    assert inbox.accept(parties) == Accepted(repeated=len(parties))
    state = inbox.state(*MINE)
    assert (state.unhandled, state.revised) == (len(parties), 0)


def test_an_empty_batch_is_nothing(inbox: Inbox) -> None:
    assert inbox.accept([]) == Accepted()


def test_what_is_leased_is_nobody_elses_until_the_lease_runs_out(inbox: Inbox, clock: Clock) -> None:
    inbox.accept([block(seq) for seq in range(5)])
    first = lease(inbox, "one", limit=3, lease_s=60)
    assert [each.seq for each in first] == [0, 1, 2]
    assert [each.seq for each in lease(inbox, "two", lease_s=600)] == [3, 4]
    clock.pass_s(59)
    assert lease(inbox, "two") == ()
    clock.pass_s(2)
    again = lease(inbox, "two")
    assert [each.seq for each in again] == [0, 1, 2]
    assert not any(inbox.settle(each) for each in first)
    assert all(inbox.settle(each) for each in again)
    assert not any(inbox.settle(each) for each in again), "an event ends once"


def test_a_worker_that_is_late_may_settle_what_nobody_has_taken_meanwhile(inbox: Inbox, clock: Clock) -> None:
    inbox.accept([block(0)])
    (leased,) = lease(inbox, lease_s=1)
    clock.pass_s(100)
    assert inbox.settle(leased)


def test_a_worker_gives_back_what_it_has(inbox: Inbox) -> None:
    inbox.accept([block(seq) for seq in range(4)])
    mine, other = lease(inbox, "one", limit=2), lease(inbox, "two")
    assert inbox.give_back("one") == 2
    assert [each.seq for each in lease(inbox, "three")] == [0, 1]
    assert not inbox.settle(mine[0])
    assert inbox.settle(other[0])


def test_what_is_given_back_comes_after_what_has_been_due_longer(inbox: Inbox, clock: Clock) -> None:
    inbox.accept([block(0)])
    (first,) = lease(inbox)
    inbox.put_off(first, error="It broke.", next_at=clock.now + timedelta(seconds=30))
    clock.pass_s(10)
    inbox.accept([block(1)])
    clock.pass_s(30)
    assert [each.seq for each in lease(inbox, "one", limit=2)] == [1, 0]
    inbox.accept([block(2)])
    clock.pass_s(10)
    assert inbox.give_back("one") == 2
    assert inbox.due_since(*MINE) == clock.now - timedelta(seconds=10)
    assert [each.seq for each in lease(inbox, "two")] == [2, 0, 1]


def test_what_was_put_off_delays_nobody_and_comes_again(inbox: Inbox, clock: Clock) -> None:
    inbox.accept([block(0), block(1)])
    poison, good = lease(inbox)
    assert inbox.put_off(poison, error="It broke.", next_at=NOW + timedelta(seconds=30))
    assert inbox.settle(good)
    assert not inbox.settle(poison), "it is not on lease any more"
    assert not inbox.put_off(poison, error="It broke.", next_at=NOW)
    assert lease(inbox) == ()
    assert inbox.state(*MINE).waiting == 1
    clock.pass_s(31)
    (again,) = lease(inbox)
    assert (again.event_id, again.attempts) == (poison.event_id, 1)


def test_a_lease_of_before_it_was_put_off_holds_no_more_even_for_the_same_worker(
    inbox: Inbox, clock: Clock
) -> None:
    inbox.accept([block(0)])
    (before,) = lease(inbox)
    inbox.put_off(before, error="It broke.", next_at=clock.now)
    (after,) = lease(inbox)
    assert not inbox.bury(before, error="late")
    assert inbox.settle(after)


def test_dead_letters_are_listed_and_replayed(inbox: Inbox, clock: Clock) -> None:
    inbox.accept([block(0), block(1), complete(organisation="south")])
    clock.pass_s(60)
    for each in lease(inbox):
        assert inbox.bury(each, error="The vendor does not know the session. " * 50)
    assert lease(inbox) == ()
    first, second = inbox.dead_letters(*MINE)
    assert (first.seq, first.attempts, first.received_at, first.died_at) == (0, 1, NOW, clock.now)
    assert first.error.startswith("The vendor does not")
    assert len(first.error) <= 500
    assert inbox.replay("south", "live") == 0
    assert inbox.replay(*MINE, [second.event_id, 10**9]) == 1
    assert [(each.seq, each.attempts) for each in lease(inbox)] == [(1, 0)]
    assert inbox.replay(*MINE) == 1
    assert inbox.dead_letters(*MINE) == ()


def test_events_of_unknown_people_wait_for_them(inbox: Inbox) -> None:
    inbox.accept([block(0), block(1), block(0, vendor_id="G-2")])
    leased = lease(inbox)
    assert all(inbox.quarantine(each) for each in leased)
    assert not inbox.quarantine(leased[0])
    assert lease(inbox) == ()
    assert inbox.quarantined(*MINE) == {"G-1", "G-2"}
    assert inbox.quarantined("south", "live") == frozenset()
    assert inbox.join(*MINE, ["G-1", *(f"G-{number}" for number in range(100, 2_500))]) == 2
    assert inbox.quarantined(*MINE) == {"G-2"}
    assert [each.seq for each in lease(inbox)] == [0, 1]


def test_the_state_is_counted_from_the_rows(inbox: Inbox, clock: Clock) -> None:
    empty = inbox.state(*MINE)
    assert (empty.waiting, inbox.done(*MINE), empty.oldest_waiting_at, empty.last_received_at) == (
        0,
        0,
        None,
        None,
    )
    inbox.accept([block(seq) for seq in range(4)] + [block(9, kind="other")])
    quarantined, dead, done, waiting = lease(inbox)
    inbox.quarantine(quarantined)
    inbox.bury(dead, error="no")
    inbox.settle(done)
    inbox.put_off(waiting, error="later", next_at=NOW + timedelta(days=1))
    clock.pass_s(2 * 3600)  # past midnight
    for _ in range(3):
        inbox.accept([block(5), block(5, body=b"revised")])
    state = inbox.state(*MINE)
    assert (state.waiting, state.quarantined, state.unhandled, state.dead) == (2, 1, 1, 1)
    assert inbox.done(*MINE) == 1
    assert (state.revised, state.received_since_midnight) == (1, 1)
    assert (state.oldest_waiting_at, state.last_received_at) == (NOW, clock.now)
    assert inbox.waiting(*MINE) == 2
    assert inbox.state("south", "live") == inbox.state(ORGANISATION, "test") == empty


def test_what_nobody_needs_any_more_is_let_go_of(
    inbox: Inbox, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    inbox.accept([block(0), block(1), block(2), block(3), block(4, kind="other")])
    inbox.accept([block(0, body=b"revised")])
    quarantined, dead, done, _waiting = lease(inbox, lease_s=1)
    inbox.quarantine(quarantined)
    inbox.bury(dead, error="no")
    inbox.settle(done)
    clock.pass_s(7 * 86_400 - 1)
    assert inbox.purge(*MINE) == Purged(quarantined=0, unhandled=0, dead=0, done=0, nights=0)
    clock.pass_s(2)
    assert inbox.purge("south", "live") == Purged(quarantined=0, unhandled=0, dead=0, done=0, nights=0)
    assert inbox.purge(*MINE) == Purged(quarantined=1, unhandled=0, dead=0, done=0, nights=0)
    assert inbox.state(*MINE).revised == 0, "revisions go with their event"
    clock.pass_s(23 * 86_400)
    assert inbox.purge(*MINE) == Purged(quarantined=0, unhandled=1, dead=1, done=1, nights=0)
    left = inbox.state(*MINE)
    assert (left.waiting, left.dead) == (1, 0), "what is still to be worked off is never let go of by itself"
    assert (
        "2 events that were never worked off were let go of: 0 of people nobody knows, 1 of unknown"
        in caplog.text
    )
    assert inbox.accept([block(2)]) == Accepted(new=1)


def test_of_what_waits_for_nobody_the_newest_are_kept(
    inbox: Inbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_upkeep, "OPEN_AT_MOST", 3)
    inbox.accept([block(seq) for seq in range(10)])
    for each in lease(inbox):
        assert inbox.quarantine(each) if each.seq < 5 else inbox.bury(each, error="no")
    inbox.accept([block(seq, kind="other", body=b"%d" % seq) for seq in range(20, 23)])
    inbox.accept([block(seq) for seq in range(30, 40)])
    inbox.accept([block(seq, organisation="south") for seq in range(4)])
    assert inbox.purge(*MINE) == Purged(quarantined=2, unhandled=0, dead=2, done=0, nights=0)
    assert [each.seq for each in inbox.dead_letters(*MINE)] == [7, 8, 9]
    assert len(lease(inbox)) == 10, "what is to be worked off stays"
    assert inbox.purge(*MINE) == Purged(quarantined=0, unhandled=0, dead=0, done=0, nights=0)


def test_more_than_are_deleted_at_once_are_purged(inbox: Inbox, clock: Clock) -> None:
    inbox.accept([block(seq, kind="other") for seq in range(4_500)])
    clock.pass_s(31 * 86_400)
    assert inbox.purge(*MINE).unhandled == 4_500


def test_no_organisation_or_environment_is_handed_the_events_of_another(inbox: Inbox) -> None:
    inbox.accept([block(0), block(1, organisation="south"), block(2, environment="test")])
    assert [each.seq for each in inbox.lease("south", "live", worker="w")] == [1]
    assert [each.seq for each in inbox.lease(ORGANISATION, "test", worker="w")] == [2]
    assert [each.seq for each in lease(inbox)] == [0]


def test_sixteen_threads_with_the_same_event_make_one_row_and_one_effect(inbox: Inbox, url: str) -> None:
    counts: Counter[str] = Counter()
    ready, lock = threading.Barrier(16), threading.Lock()

    def send() -> None:
        ready.wait()
        for seq in range(20):
            accepted = inbox.accept([block(seq), block(seq + 1000, session_id="s-2")])
            with lock:
                counts.update(new=accepted.new, repeated=accepted.repeated, revised=accepted.revised)

    run_all([send] * 16)
    assert counts == {"new": 40, "repeated": 16 * 40 - 40, "revised": 0}
    engine = create_engine(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM inbox_events")).scalar_one() == 40
    engine.dispose()

    settled: list[int] = []
    start = threading.Barrier(16)

    def work(name: str) -> None:
        start.wait()
        while leased := lease(inbox, name, limit=3):
            settled.extend(
                each.event_id
                for each in leased
                if inbox.settle(
                    each,
                    Opened(vendor_id="G-1", session_id=each.session_id, start=NOW, zone="UTC"),
                    BlockPlaced(
                        vendor_id="G-1", session_id=each.session_id, seq=each.seq, stages=each.stages
                    ),
                )
            )

    run_all([partial(work, f"w-{number}") for number in range(16)])
    assert len(settled) == len(set(settled)) == 40
    nights = inbox.live.nights(*MINE, since=NOW)
    assert [len(night.blocks) for night in nights] == [20, 20]
    assert inbox.done(*MINE) == 40


def test_one_lease_settled_by_sixteen_threads_has_one_effect(inbox: Inbox) -> None:
    inbox.accept([block(0)])
    (leased,) = lease(inbox)
    won: list[bool] = []
    ready = threading.Barrier(16)

    def settle() -> None:
        ready.wait()
        won.append(
            inbox.settle(leased, BlockPlaced(vendor_id="G-1", session_id="s-1", seq=0, stages=b"\1" * 10))
        )

    run_all([settle] * 16)
    assert sorted(won) == [False] * 15 + [True]
    assert inbox.live.version(*MINE) == 1


def run_all(jobs: Sequence[Callable[[], object]]) -> None:
    failures: list[BaseException] = []

    def guarded(job: Callable[[], object]) -> None:
        try:
            job()
        except BaseException as error:  # noqa: BLE001 - raised by the test
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failures == []


def test_an_effect_that_fails_leaves_the_event_on_lease(inbox: Inbox) -> None:
    inbox.accept([block(0)])
    (leased,) = lease(inbox)
    opened = Opened(vendor_id="G-1", session_id="s-1", start=NOW, zone="UTC")
    without_zone = Opened(vendor_id="G-1", session_id="s-2", start=NOW.replace(tzinfo=None), zone="UTC")
    with pytest.raises(ValueError, match="has no time zone"):
        inbox.settle(leased, opened, without_zone)
    assert inbox.live.nights(*MINE, since=NOW) == (), "all effects, or none"
    assert inbox.done(*MINE) == 0
    assert inbox.settle(leased, opened)


def test_a_batch_is_one_statement_in_one_transaction(inbox: Inbox) -> None:
    statements: list[str] = []
    engine = inbox._database.engine

    @event.listens_for(engine, "checkout")
    def listen(connection: Any, *_: object) -> None:
        if inbox._database.is_sqlite:  # whose driver is spoken to directly, and tells of every row
            connection.set_trace_callback(lambda statement: statements.append(statement.split()[0]))

    event.listen(
        engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_: statements.append(statement.split()[0]),
    )
    inbox.accept([block(seq) for seq in range(256)])
    # Beside it PostgreSQL locks erasures out.
    rows = ["INSERT"] * 256
    assert statements == (["BEGIN", *rows, "COMMIT"] if inbox._database.is_sqlite else ["SELECT", "INSERT"])


def test_the_models_and_the_migrations_make_the_same_tables(inbox: Inbox, url: str) -> None:
    engine = create_engine(url)
    with engine.connect() as connection:
        options = {"compare_type": True, "version_table": "inbox_version"}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
        assert set(inspect(connection).get_table_names()) == {*Base.metadata.tables, "inbox_version"}
    engine.dispose()


def test_the_way_back_takes_every_table_away(inbox: Inbox) -> None:
    config = migration_config(INBOX)
    with inbox._database.writing() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    with inbox._database.reading() as connection:
        assert inspect(connection).get_table_names() == ["inbox_version"]


def test_inbox_and_store_may_share_a_database(url: str) -> None:
    store, inbox = Store(url), Inbox(url)
    store.ensure_organisation(ORGANISATION, "North", "UTC")
    inbox.accept([block(0)])
    store.close()
    inbox.close()
    store, inbox = Store(url), Inbox(url)
    assert store.organisation(ORGANISATION).name == "North"
    assert inbox.state(*MINE).waiting == 1
    store.close()
    inbox.close()


def test_tables_of_a_newer_nocturne_are_left_alone(url: str) -> None:
    Inbox(url).close()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE inbox_version SET version_num = '9999'"))
    with pytest.raises(UnusableDatabase, match="The tables of the inbox have revision '9999', which a newer"):
        Inbox(url)
    engine.dispose()


def test_what_the_event_could_not_help_is_no_attempt(inbox: Inbox, clock: Clock) -> None:
    inbox.accept([block(0)])
    (leased,) = lease(inbox)
    assert inbox.put_off(leased, error="The vendor is down.", next_at=clock.now, counts=False)
    assert [each.attempts for each in lease(inbox)] == [0]


def test_one_session_is_forgotten_and_heard_of_again(inbox: Inbox) -> None:
    inbox.accept([block(0), complete(), block(0, session_id="s-2")])
    inbox.live.apply(
        *MINE, Opened(vendor_id="G-1", session_id="s-1", start=NOW, zone="UTC"), mark=b"mark of G-1"
    )
    version = inbox.live.version(*MINE)
    assert inbox.forget_session(*MINE, "G-1", "s-1") == 3
    assert inbox.live.nights(*MINE, since=NOW) == ()
    assert inbox.live.version(*MINE) > version
    assert [each.session_id for each in lease(inbox)] == ["s-2"]
    assert inbox.accept([block(0)]) == Accepted(new=1)


def test_completed_nights_that_no_event_announced_are_counted_once_webhooks_are_in_use(
    inbox: Inbox, clock: Clock
) -> None:
    def unannounced() -> int:
        return inbox.unannounced(*MINE, completed_before=clock.now - timedelta(minutes=15))

    def found_complete(session_id: str, end: datetime) -> None:
        completed = Completed(vendor_id="G-1", session_id=session_id, start=NOW - timedelta(days=1), end=end)
        inbox.live.apply(*MINE, completed, mark=b"mark of G-1")

    found_complete("before webhooks were in use", NOW - timedelta(hours=1))
    clock.pass_s(3600)
    assert unannounced() == 0
    inbox.accept([complete(session_id="announced")])
    found_complete("announced", clock.now + timedelta(seconds=1))
    found_complete("silent", clock.now + timedelta(seconds=1))
    assert unannounced() == 0
    clock.pass_s(15 * 60)
    assert unannounced() == 1
    assert inbox.unannounced("south", "live", completed_before=clock.now) == 0
    inbox.accept([complete(session_id="silent")])
    assert unannounced() == 0


def test_sessions_revised_and_settled_at_once_in_every_order_wait_for_nobody_for_ever(inbox: Inbox) -> None:
    names = [f"s-{number}" for number in range(12)]
    inbox.accept([complete(session_id=name) for name in names])
    sent = [threading.Event(), threading.Event()]

    def revise(first: int) -> None:
        order = names if first == 0 else names[::-1]
        try:
            for number in range(25):
                body = b"%d of %d" % (number, first)
                inbox.accept([complete(session_id=name, body=body) for name in order])
        finally:
            sent[first].set()

    def work(name: str, step: int) -> None:
        while not all(each.is_set() for each in sent):
            inbox.settle_all([(each, ()) for each in lease(inbox, name, limit=8)[::step]])
            inbox.purge(*MINE)

    run_all([partial(revise, 0), partial(revise, 1), partial(work, "on", 1), partial(work, "back", -1)])
    assert inbox.state(*MINE).revised == 12 * 50
