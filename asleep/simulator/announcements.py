"""What is announced of a night and when: its blocks and its end, with what goes wrong on purpose."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from asleep.simulator.diary import EPOCH_S, Session
from asleep.simulator.recordings import EPOCHS_PER_BLOCK
from asleep.simulator.webhook_bodies import VERSIONS, Version

BLOCK_S = EPOCHS_PER_BLOCK * EPOCH_S
_LATEST_OF_OLD = 40  # V1 and V2 always send the latest 40 values
# Every fourth round of the versions is of a contract with longer blocks: 20 minutes of the old ones, 40 of V3.
_LONG_EVERY, _LONG_OLD, _LONG = 4, 4, 8
_LATEST_COPY_S = 2 * BLOCK_S
_FARTHEST_MOVED = 3


@dataclass(frozen=True, kw_only=True)
class Going:
    """How announcements go: which versions people's contracts have, in rotation, and what goes wrong.

    `duplicates`, `reorder` and `drop` are shares of the announcements: sent twice, sent after one to three later
    blocks, never sent.
    """

    versions: tuple[Version, ...] = VERSIONS
    duplicates: float = 0.0
    reorder: float = 0.0
    drop: float = 0.0

    def contract(self, place: int) -> "Contract":
        """The contract of the person at this place in the order of those who record."""
        turn, which = divmod(place, len(self.versions))
        version = self.versions[which]
        old, long = version in ("v1", "v2"), turn % _LONG_EVERY == _LONG_EVERY - 1
        step = (_LONG_OLD if old else _LONG) if long else 1
        return Contract(version=version, step=step, epochs=_LATEST_OF_OLD if old else EPOCHS_PER_BLOCK * step)


@dataclass(frozen=True, kw_only=True, slots=True)
class Contract:
    """How one person's nights are announced: after every `step` blocks of 5 minutes, the latest `epochs` entries."""

    version: Version
    step: int
    epochs: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Announcement:
    """One webhook: the block `seq` of a session, or with None its end; `at_s` is a moment of the night."""

    at_s: float
    session: Session
    seq: int | None
    contract: Contract


def announcements(
    session: Session, contract: Contract, going: Going, *, blocks: bool, seed: int
) -> list[Announcement]:
    """All that is announced of a session, by moment; of one that stays open its blocks, without `blocks` its end.

    What goes wrong follows from the seed and the session alone, not from the moment or from what else is recorded.
    """
    found: list[Announcement] = []
    for announcement in _in_order(session, contract, blocks=blocks):
        rng = random.Random(f"webhooks of {seed}, {session.id}, {announcement.seq}")
        dropped, doubled, moved = (rng.random() for _ in range(3))
        if dropped < going.drop:
            continue
        steps = rng.randint(1, _FARTHEST_MOVED)
        later_s = BLOCK_S * contract.step * steps + 1 if moved < going.reorder else 0
        found.append(replace(announcement, at_s=announcement.at_s + later_s))
        if doubled < going.duplicates:
            copy_s = later_s + rng.uniform(1, _LATEST_COPY_S)
            found.append(replace(announcement, at_s=announcement.at_s + copy_s))
    return sorted(found, key=lambda announcement: announcement.at_s)


def _in_order(session: Session, contract: Contract, *, blocks: bool) -> Iterator[Announcement]:
    whole_blocks = session.epochs // EPOCHS_PER_BLOCK if blocks else 0
    for seq in range(contract.step - 1, whole_blocks, contract.step):
        at_s = session.start_s + BLOCK_S * (seq + 1)
        yield Announcement(at_s=at_s, session=session, seq=seq, contract=contract)
    if session.complete_s is not None:
        yield Announcement(at_s=session.complete_s, session=session, seq=None, contract=contract)
