"""What is submitted at once is written together, answered when it is on the disk, and never lost or answered twice."""

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from store.errors import StoreUnavailable
from store.group_commit import GroupCommit, Overloaded
from store.inbox import Accepted, Arrival, Inbox
from tests.store.arrivals import MINE, block


class Told:
    """What the writer has said, by ticket."""

    def __init__(self) -> None:
        self.batches: list[tuple[list[int], Accepted | Exception]] = []

    def __call__(self, tickets: Sequence[int], outcome: Accepted | Exception) -> None:
        self.batches.append((list(tickets), outcome))

    @property
    def tickets(self) -> list[int]:
        return [ticket for tickets, _ in self.batches for ticket in tickets]


class Gate:
    """Stands before the disk: nothing is written while it is shut."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self.open, self.reached = threading.Event(), threading.Event()
        self.sizes: list[int] = []

    def accept(self, arrivals: Sequence[Arrival]) -> Accepted:
        self.reached.set()
        assert self.open.wait(60)
        self.sizes.append(len(arrivals))
        return self._inbox.accept(arrivals)


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    made = Inbox(f"sqlite:///{tmp_path}/inbox.sqlite3")
    yield made
    made.close()


def test_what_comes_while_the_disk_is_busy_is_one_transaction(inbox: Inbox) -> None:
    gate, told = Gate(inbox), Told()
    writer = GroupCommit(gate.accept, told, at_most=40)
    writer.submit(block(0), 0)
    assert gate.reached.wait(60)
    for number in range(1, 101):
        writer.submit(block(number), number)
    assert told.batches == []
    gate.open.set()
    writer.close()
    assert gate.sizes == [1, 40, 40, 20]
    assert told.tickets == list(range(101)), "in the order of submission"
    assert [outcome for _, outcome in told.batches] == [Accepted(new=size) for size in gate.sizes]


def test_a_ticket_comes_back_when_the_event_is_there_for_everybody(inbox: Inbox, tmp_path: Path) -> None:
    other = Inbox(f"sqlite:///{tmp_path}/inbox.sqlite3")
    seen: list[int] = []
    writer = GroupCommit[int](inbox.accept, lambda _tickets, _outcome: seen.append(other.waiting(*MINE)))
    for number in range(20):
        writer.submit(block(number), number)
        while len(seen) <= number:
            time.sleep(0.001)
    writer.close()
    other.close()
    assert seen == list(range(1, 21))


def test_closing_under_load_writes_everything_that_was_taken_in_and_refuses_the_rest(inbox: Inbox) -> None:
    told = Told()
    writer = GroupCommit(inbox.accept, told, at_most=16)
    taken: list[int] = []
    begun = threading.Event()

    def send(first: int) -> None:
        for number in range(first, first + 100_000):
            try:
                writer.submit(block(number, session_id=f"s-{first}"), number)
            except Overloaded as refused:
                if "being closed" in str(refused):
                    return
                time.sleep(0.001)
                continue
            taken.append(number)
            begun.set()

    threads = [threading.Thread(target=send, args=(first * 1_000_000,)) for first in range(8)]
    for thread in threads:
        thread.start()
    assert begun.wait(60)
    time.sleep(0.1)
    writer.close()
    for thread in threads:
        thread.join(60)
    assert sorted(told.tickets) == sorted(taken), "each once"
    assert inbox.waiting(*MINE) == len(taken) > 16
    with pytest.raises(Overloaded, match="The inbox is being closed"):
        writer.submit(block(0), 0)
    writer.close()


def test_more_than_may_wait_are_refused_and_taken_again_when_there_is_room(inbox: Inbox) -> None:
    gate, told = Gate(inbox), Told()
    writer = GroupCommit(gate.accept, told, waiting_at_most=10)
    writer.submit(block(0), 0)
    assert gate.reached.wait(60)
    for number in range(1, 11):
        writer.submit(block(number), number)
    with pytest.raises(Overloaded, match="10 events wait to be written"):
        writer.submit(block(11), 11)
    assert issubclass(Overloaded, StoreUnavailable), "whoever answers 503 when the store is away does so here"
    gate.open.set()
    while len(told.tickets) < 11:
        time.sleep(0.001)
    writer.submit(block(11), 11)
    writer.close()
    assert told.tickets == list(range(12))


def test_a_batch_that_could_not_be_written_is_told_so_and_the_next_one_is_written(inbox: Inbox) -> None:
    away = [True]

    def accept(arrivals: Sequence[Arrival]) -> Accepted:
        if away[0]:
            raise StoreUnavailable("The disk of the database is full.")
        return inbox.accept(arrivals)

    told = Told()
    writer = GroupCommit(accept, told)
    writer.submit(block(0), 0)
    while not told.batches:
        time.sleep(0.001)
    away[0] = False
    writer.submit(block(0), 1)
    writer.close()
    (first, failure), (second, written) = told.batches
    assert (first, second, written) == ([0], [1], Accepted(new=1))
    assert isinstance(failure, StoreUnavailable)


def test_an_event_that_the_database_will_not_take_keeps_no_other_out(inbox: Inbox) -> None:
    gate, told = Gate(inbox), Told()
    writer = GroupCommit(gate.accept, told)
    writer.submit(block(0), 0)
    assert gate.reached.wait(60)
    for number in range(1, 5):
        writer.submit(
            block(number if number != 3 else 2**70), number
        )  # no database has a place for the third
    gate.open.set()
    writer.close()
    assert [tickets for tickets, _ in told.batches] == [[0], [1], [2], [3], [4]]
    assert isinstance(told.batches[3][1], OverflowError)
    assert [outcome for _, outcome in told.batches if isinstance(outcome, Accepted)] == [Accepted(new=1)] * 4
    assert inbox.waiting(*MINE) == 4


def test_who_cannot_be_told_keeps_nobody_else_from_it(inbox: Inbox, caplog: pytest.LogCaptureFixture) -> None:
    told: list[int] = []

    def tell(tickets: Sequence[int], _outcome: Accepted | Exception) -> None:
        if 0 in tickets:
            raise RuntimeError("the loop is closed")
        told.extend(tickets)

    writer = GroupCommit(inbox.accept, tell)
    writer.submit(block(0), 0)
    while "could not be told" not in caplog.text:
        time.sleep(0.001)
    writer.submit(block(1), 1)
    writer.close()
    assert told == [1]


def test_sixteen_senders_who_wait_for_their_answer_share_transactions(inbox: Inbox) -> None:
    sizes: list[int] = []

    def accept(arrivals: Sequence[Arrival]) -> Accepted:
        sizes.append(len(arrivals))
        return inbox.accept(arrivals)

    answered = [threading.Event() for _ in range(800)]

    def tell(tickets: Sequence[int], _outcome: Accepted | Exception) -> None:
        for ticket in tickets:
            answered[ticket].set()

    writer = GroupCommit(accept, tell)

    def send(first: int) -> None:
        for number in range(first, first + 50):
            writer.submit(block(number), number)
            assert answered[number].wait(60)

    threads = [threading.Thread(target=send, args=(first,)) for first in range(0, 800, 50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    writer.close()
    assert inbox.waiting(*MINE) == 800
    assert sum(sizes) == 800, "each is handed over once"
    assert len(sizes) < 400, "half as many transactions as events at the most"


def test_bodies_that_wait_take_so_much_memory_and_no_more(inbox: Inbox) -> None:
    gate, told = Gate(inbox), Told()
    writer = GroupCommit(gate.accept, told, waiting_bytes_at_most=1_000)
    writer.submit(block(0), 0)
    assert gate.reached.wait(60)
    for number in range(1, 5):
        writer.submit(block(number, body=b"x" * 250), number)
    with pytest.raises(Overloaded, match="1,000 bytes wait to be written"):
        writer.submit(block(5, body=b"x"), 5)
    gate.open.set()
    while len(told.tickets) < 5:
        time.sleep(0.001)
    writer.submit(block(5, body=b"x" * 1_000), 5)
    writer.close()
    assert told.tickets == list(range(6))


@pytest.mark.parametrize("refused", [(), (2,)])
def test_closing_waits_for_a_database_that_does_not_answer_once(refused: tuple[int, ...]) -> None:
    """And all who wait are told, also where one event is refused first, so that each is written alone."""
    reached, go_on = threading.Event(), threading.Event()
    calls: list[int] = []

    def accept(arrivals: Sequence[Arrival]) -> Accepted:
        reached.set()
        assert go_on.wait(60)
        calls.append(len(arrivals))
        if len(calls) in refused:
            raise OverflowError
        if len(calls) == 1:
            return Accepted(new=len(arrivals))
        raise StoreUnavailable("The database is in use.")

    told = Told()
    writer = GroupCommit(accept, told, at_most=4)
    writer.submit(block(0), 0)
    assert reached.wait(60)
    for number in range(1, 41):
        writer.submit(block(number), number)
    closing = threading.Thread(target=writer.close)
    closing.start()
    while not writer._closing:
        time.sleep(0.001)
    go_on.set()
    closing.join(60)
    assert calls == [1, 4, *([1] if refused else [])]
    assert told.tickets == list(range(41)), "each once, in order"
    assert isinstance(told.batches[-1][1], StoreUnavailable)
