"""Readers beside a writer: none fails, none waits, none sees half of anybody."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cache.archive import NightArchive
from cache.seal import PlainSeal
from tests.cache.test_archive import NORTH, put

NIGHTS = 5
STAYING, COMING_AND_GOING = {"p_0", "p_1", "p_2"}, "p_3"


def everybody(archive: NightArchive) -> str:
    """What is wrong with the statistics; empty when nothing is."""
    frame = archive.statistics(NORTH)
    counts = frame["person_id"].value_counts()
    if set(counts) != {NIGHTS} or not set(counts.index) >= STAYING:
        return str(counts.to_dict())
    staying = frame[frame["person_id"] != COMING_AND_GOING]
    return "" if staying["tst_min"].gt(0).all() and staying["valid"].all() else "somebody's row is torn"


def one_of_them(archive: NightArchive) -> str:
    """What is wrong with the sessions of a person; empty when nothing is."""
    always, sometimes = (len(archive.sessions(NORTH, name)) for name in ("p_1", COMING_AND_GOING))
    return "" if always == NIGHTS and sometimes in {0, NIGHTS} else f"{always} and {sometimes} sessions"


@contextmanager
def reading(*looks: Callable[[NightArchive], str], archive: NightArchive) -> Iterator[list[str]]:
    """Each look again and again in a thread of its own; what they saw that was wrong."""
    done, problems = threading.Event(), list[str]()

    def read(look: Callable[[NightArchive], str]) -> None:
        while not done.is_set():
            try:
                problem = look(archive)
            except Exception as error:  # noqa: BLE001 - whatever a reader raises is what must not be
                problem = repr(error)
            if problem:
                problems.append(problem)

    threads = [threading.Thread(target=read, args=(look,)) for look in looks]
    for thread in threads:
        thread.start()
    yield problems
    done.set()
    for thread in threads:
        thread.join()


def test_readers_among_puts_folds_and_erasures_see_whole_people_only(tmp_path: Path) -> None:
    writer, reader = (NightArchive(tmp_path, PlainSeal(), fold_after=2) for _ in range(2))
    for name in (*sorted(STAYING), COMING_AND_GOING):
        put(writer, name, range(NIGHTS))
    with reading(everybody, one_of_them, archive=reader) as problems:
        for _ in range(6):
            writer.erase(NORTH, COMING_AND_GOING)
            put(writer, COMING_AND_GOING, range(NIGHTS))
            put(writer, "p_1", range(NIGHTS), minutes=1)
            writer.fold(NORTH)
    assert problems == []
