"""History that arrives newest first, oldest first or in any other order makes the same archive."""

import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pandas as pd
from hypothesis import example, given, settings
from hypothesis import strategies as st

from asleep.models import SessionResult
from cache.answers import Unreadable
from cache.archive import NightArchive
from cache.seal import PlainSeal
from tests.cache.samples import NOW, night

NORTH, PEOPLE = "north", ("p_a", "p_b")
BROKEN = Unreadable(session_id="s8", start=night(8).start, end=None, reason="stat is a list.")
DELIVERIES: list[tuple[int, str, list[SessionResult], list[Unreadable]]] = [
    (0, "p_a", [night(1), night(2)], []),
    (1, "p_a", [night(5, state="OPEN")], []),
    (2, "p_a", [night(3), night(5)], [BROKEN]),
    (3, "p_b", [night(4)], []),
    (4, "p_a", [night(5, state="OPEN"), night(7)], []),
    (5, "p_b", [night(2), night(9)], []),
    (6, "p_a", [night(8)], []),
]
"""When they were received, in minutes; one session goes from open to complete, one becomes readable."""


def archive_of(folder: str, order: Sequence[int]) -> NightArchive:
    archive = NightArchive(Path(folder), PlainSeal(), fold_after=3)
    for number in order:
        minutes, person_id, results, problems = DELIVERIES[number]
        archive.put(
            NORTH,
            person_id,
            zone="Europe/Berlin",
            results=results,
            problems=problems,
            received=NOW + timedelta(minutes=minutes),
            synced_at=NOW,
        )
    return archive


OLDEST_FIRST = list(range(len(DELIVERIES)))


@settings(deadline=None, max_examples=6)
@given(order=st.permutations(OLDEST_FIRST))
@example(order=OLDEST_FIRST[::-1])
def test_the_order_of_arrival_leaves_no_trace(order: list[int]) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        wanted, found = archive_of(one, OLDEST_FIRST), archive_of(other, order)
        pd.testing.assert_frame_equal(found.statistics(NORTH), wanted.statistics(NORTH))
        assert found.synced(NORTH) == wanted.synced(NORTH)
        for person_id in PEOPLE:
            mine, theirs = found.sessions(NORTH, person_id), wanted.sessions(NORTH, person_id)
            pd.testing.assert_frame_equal(mine.frame, theirs.frame)
            assert mine.stages.values.tobytes() == theirs.stages.values.tobytes()
            assert mine.stages.offsets.tolist() == theirs.stages.offsets.tolist()
            assert mine.snoring.values.tobytes() == theirs.snoring.values.tobytes()
