"""Other rules for an organisation's nights: made by them beside everybody's work, and put in force at once.

To derive the nights of thousands of people takes a minute, for which nobody is made to wait: readers go on with the
nights by the rules in force, and the lock is taken only to write the table anew.
"""

from collections.abc import Callable, Iterable, Iterator

from analytics.rules import ValidNight
from cache.arrivals import take_in
from cache.columns import decode_person
from cache.derived import derived, fold
from cache.shelf import Shelf
from cache.table import NightTable, apart, empty_table, patched


def nights_by(shelf: Shelf, person_ids: Iterable[str], rules: ValidNight) -> NightTable:
    """The nights of these people as the rules would have them; nothing is changed.

    Whoever has no file is passed over. Raises what reading somebody's file raises.
    """
    changes: dict[str, NightTable | None] = {}
    for person_id in person_ids:
        path = shelf.person(person_id)
        try:
            stat = path.stat()
            person = decode_person(shelf.read(path))
        except FileNotFoundError:
            continue
        changes[person_id] = derived(shelf, person_id, person, rules=rules, stat=stat)
    return patched(empty_table(), changes)


def put_in_force(
    shelf: Shelf, rules: ValidNight, ready: Iterable[NightTable], *, wanted: Callable[[], ValidNight]
) -> bool:
    """Whether every night is made by these rules from now on: not when `wanted`, asked last, says others.

    `ready` are nights that `nights_by` has made by them; those of people who changed since are derived again, and of
    whom there are none.
    """
    with shelf.alone():
        if wanted() != rules:
            return False
        take_in(shelf)
        with shelf.changing():
            fold(shelf, fresh=_fitting(shelf, rules, ready), rules=rules)
    return True


def _fitting(shelf: Shelf, rules: ValidNight, ready: Iterable[NightTable]) -> Iterator[NightTable]:
    people = shelf.people()
    for table in (one for several in ready for one in apart(several)):
        (part,) = table.parts
        stat = people.get(part.person_id)
        if stat is None or (part.size, part.mtime_ns) != (stat.st_size, stat.st_mtime_ns):
            continue
        if part.rules == rules.tag:
            yield table
