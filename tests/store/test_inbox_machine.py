"""Whatever order of sending, repeating, working, crashing, replaying and erasing: the inbox does as a model of it (W2).

The model keeps what each event is worth in plain dictionaries. A crash is an end of the process: what was acknowledged
is there when the inbox is opened again, and who had something on lease comes back never, late, or after the lease has
run out.
"""

import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from store.inbox import Accepted, BlockPlaced, Completed, Effect, Inbox, Leased, Opened
from tests.store.arrivals import MINE, NOW, Clock, block, complete

PEOPLE = ("G-1", "G-2")
LEASE_S = 60.0

Key = tuple[str, str, int]
Session = tuple[str, str]


@dataclass
class Modelled:
    """An event as the model has it; `holder` has it on lease until `until_s`."""

    state: str = "waiting"
    attempts: int = 0
    bodies: set[str] = field(default_factory=set)
    holder: int | None = None
    due_s: float = 0.0


people = st.sampled_from(PEOPLE)
sessions = st.sampled_from(["a", "b"])
# Two of them differ in the moment of sending alone.
SAID = {
    b'{"said": 1, "timestamp": "2026-03-01T23:00:00Z"}': "one",
    b'{"timestamp": "2026-03-01T23:00:09Z", "said": 1}': "one",
    b'{"said": 2, "timestamp": "2026-03-01T23:00:00Z"}': "two",
    b"no object": "three",
}
sent = st.tuples(people, sessions, st.integers(-1, 3), st.sampled_from(list(SAID)))


class InboxMachine(RuleBasedStateMachine):
    """The inbox and its model, side by side."""

    @initialize()
    def begin(self) -> None:
        """An empty inbox of its own."""
        self.folder = tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None)  # noqa: S108
        self.clock = Clock()
        self.opened()
        self.events: dict[Key, Modelled] = {}
        self.blocks: dict[Session, set[int]] = {}
        self.known: dict[Session, str] = {}
        self.erased: set[str] = set()
        self.leases: list[tuple[Key, Leased, int]] = []
        self.turn = 0

    def opened(self) -> None:
        """The inbox, as after a start."""
        self.inbox = Inbox(f"sqlite:///{self.folder.name}/inbox.sqlite3", now=self.clock)

    def teardown(self) -> None:
        """Nothing is left behind."""
        if hasattr(self, "inbox"):
            self.inbox.close()
            self.folder.cleanup()

    @property
    def passed_s(self) -> float:
        """Seconds since the beginning."""
        return (self.clock.now - NOW).total_seconds()

    @rule(batch=st.lists(sent, min_size=1, max_size=6))
    def send(self, batch: list[tuple[str, str, int, bytes]]) -> None:
        """Events arrive, new or again, with the first body or another."""
        counts = dict.fromkeys(("new", "repeated", "revised", "forgotten", "unhandled"), 0)
        arrivals = []
        for vendor_id, session_id, seq, body in batch:
            make = complete if seq == -1 else block
            arrivals.append(
                make(vendor_id=vendor_id, session_id=session_id, seq=seq, body=body, mark=vendor_id.encode())
            )
            counts[self._expected(vendor_id, session_id, seq, body)] += 1
        assert self.inbox.accept(arrivals) == Accepted(**counts)

    def _expected(self, vendor_id: str, session_id: str, seq: int, body: bytes) -> str:
        if vendor_id in self.erased:
            return "forgotten"
        key, said = (vendor_id, session_id, seq), SAID[body]
        event = self.events.get(key)
        if event is None:
            self.events[key] = Modelled(bodies={said}, due_s=self.passed_s)
            return "new"
        if said in event.bodies:
            return "repeated"
        event.bodies.add(said)
        if seq == -1 and event.state in ("waiting", "dead", "done"):
            event.state, event.attempts, event.holder, event.due_s = "waiting", 0, None, self.passed_s
        return "revised"

    @rule(limit=st.integers(1, 6))
    def lease(self, limit: int) -> None:
        """A worker of its own each time takes what is due."""
        self.turn += 1
        leased = self.inbox.lease(*MINE, worker=f"w-{self.turn}", limit=limit, lease_s=LEASE_S)
        due = {
            key
            for key, event in self.events.items()
            if event.state == "waiting" and event.due_s <= self.passed_s
        }
        assert len(leased) == min(limit, len(due))
        for each in leased:
            key = (each.vendor_id, each.session_id, each.seq)
            assert key in due
            due.remove(key)
            event = self.events[key]
            assert each.attempts == event.attempts
            event.holder, event.due_s = self.turn, self.passed_s + LEASE_S
            self.leases.append((key, each, self.turn))

    def _take(self, which: int) -> tuple[Modelled | None, Leased, bool]:
        """One of the leases ever given, and whether it still holds."""
        key, leased, turn = self.leases.pop(which % len(self.leases))
        event = self.events.get(key)
        held = event is not None and event.state == "waiting" and event.holder == turn
        return event, leased, held

    @rule(
        which=st.integers(0, 100), end=st.sampled_from(["settle", "settle", "put off", "bury", "quarantine"])
    )
    def end(self, which: int, end: str) -> None:
        """What becomes of an event that somebody has, or once had, on lease."""
        if not self.leases:
            self.lease(3)
        elif end == "settle":
            self._settle(*self._take(which))
        else:
            self._fail(*self._take(which), end)

    def _settle(self, event: Modelled | None, leased: Leased, held: bool) -> None:
        """The event ends with its effects, or the lease was lost and nothing happens."""
        of_night = {"vendor_id": leased.vendor_id, "session_id": leased.session_id}
        effects: tuple[Effect, ...] = (
            Opened(**of_night, start=NOW, zone="UTC"),
            BlockPlaced(**of_night, seq=leased.seq, stages=leased.stages),
        )
        if leased.kind == "complete":
            effects = (Completed(**of_night, start=NOW, end=NOW, zone="UTC"),)
        assert self.inbox.settle(leased, *effects) == held
        if not held or event is None:
            return
        event.state, event.holder = "done", None
        session = (leased.vendor_id, leased.session_id)
        if leased.kind == "complete":
            self.known[session] = "complete"
            self.blocks.pop(session, None)
        elif self.known.setdefault(session, "recording") == "recording":
            self.blocks.setdefault(session, set()).add(leased.seq)

    def _fail(self, event: Modelled | None, leased: Leased, held: bool, end: str) -> None:
        """It cannot be worked off now, or never, or nobody knows the person."""
        if end == "put off":
            assert (
                self.inbox.put_off(leased, error="x", next_at=self.clock.now + timedelta(seconds=30)) == held
            )
        elif end == "bury":
            assert self.inbox.bury(leased, error="x") == held
        else:
            assert self.inbox.quarantine(leased) == held
        if held and event is not None:
            event.holder, event.due_s = None, self.passed_s + 30
            event.attempts += end != "quarantine"
            event.state = {"put off": "waiting", "bury": "dead", "quarantine": "quarantined"}[end]

    @rule(what=st.sampled_from(["replay", "join", "give back", "crash", "erase", "welcome"]), who=people)
    def happen(self, what: str, who: str) -> None:
        """What is rare: one rule for all, so that events are sent and worked off most of the time."""
        match what:
            case "replay":
                assert self.inbox.replay(*MINE) == self._again("dead", PEOPLE)
            case "join":
                assert self.inbox.join(*MINE, [who]) == self._again("quarantined", (who,))
            case "give back":
                self._give_back()
            case "crash":  # workers of before may still hold what they had
                self.inbox.close()
                self.opened()
            case "erase":
                self._erase(PEOPLE[-1])
            case _:
                self.inbox.remember(*MINE, who.encode())
                self.erased.discard(who)

    def _again(self, state: str, who: tuple[str, ...]) -> int:
        found = [event for key, event in self.events.items() if event.state == state and key[0] in who]
        for event in found:
            event.state, event.attempts, event.holder, event.due_s = "waiting", 0, None, self.passed_s
        return len(found)

    def _give_back(self) -> None:
        """The newest worker stops in good order."""
        mine = [
            event for event in self.events.values() if event.state == "waiting" and event.holder == self.turn
        ]
        assert self.inbox.give_back(f"w-{self.turn}") == len(mine)
        for event in mine:
            event.holder, event.due_s = None, self.passed_s

    @rule(seconds=st.sampled_from([1.0, 31.0, 61.0]))
    def time_passes(self, seconds: float) -> None:
        """Leases run out, and what was put off is due."""
        self.clock.pass_s(seconds)

    def _erase(self, vendor_id: str) -> None:
        self.inbox.forget(*MINE, vendor_id, vendor_id.encode())
        self.erased.add(vendor_id)
        self.events = {key: event for key, event in self.events.items() if key[0] != vendor_id}
        self.known = {session: state for session, state in self.known.items() if session[0] != vendor_id}
        self.blocks = {session: seqs for session, seqs in self.blocks.items() if session[0] != vendor_id}

    @invariant()
    def agrees(self) -> None:
        """Counts and nights are those of the model."""
        if not hasattr(self, "inbox"):
            return
        state = self.inbox.state(*MINE)
        found = [event.state for event in self.events.values()]
        counted = (state.waiting, state.dead, state.quarantined, self.inbox.done(*MINE))
        assert counted == tuple(map(found.count, ("waiting", "dead", "quarantined", "done")))
        assert state.revised == sum(len(event.bodies) - 1 for event in self.events.values())
        nights = self.inbox.live.nights(*MINE, since=NOW)
        assert {(each.vendor_id, each.session_id): each.state for each in nights} == self.known
        assert {
            (each.vendor_id, each.session_id): {found.seq for found in each.blocks}
            for each in nights
            if each.blocks
        } == self.blocks


# Without making a failure smaller, which would take minutes of opening files.
InboxMachine.TestCase.settings = settings(
    max_examples=50,
    stateful_step_count=40,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
TestInboxMachine = InboxMachine.TestCase
