"""An archive mended: what can be derived is derived anew, what cannot be read makes way for a synchronisation.

Whoever mends is alone throughout: readers go on with what they have, writers wait.
"""

from cache.arrivals import take_in
from cache.columns import BEYOND_US, SCHEMA, encode_person, schema_of
from cache.derived import derived, fold, read_person
from cache.files import remove
from cache.rules_file import rules_of
from cache.shelf import Shelf
from cache.table import NightTable


def repair(shelf: Shelf) -> tuple[str, ...]:
    """What was done, in sentences; afterwards `inspection.verify` finds only what has to be brought back or looked at.

    Unfinished files go, files that cannot be read are set aside, files of an older format are written anew, and the
    statistics are derived from nothing but the people's files.
    """
    with shelf.alone():
        deeds = [_deleted(shelf)] if shelf.unfinished() else []
        deeds += [f"Took in what had been received of {person_id}." for person_id in shelf.arrivals()]
        take_in(shelf)
        tables = list[NightTable]()
        for person_id in sorted(shelf.names()):
            deed, table = _mended(shelf, person_id)
            deeds += [deed] if deed else []
            tables += [table] if table else []
        deeds += _made_way(shelf)
        fold(shelf, fresh=tables)
        remove(shelf.marker)
    return (*deeds, f"Derived the statistics anew from the files of {len(tables):,} people.")


def _deleted(shelf: Shelf) -> str:
    count = len(shelf.unfinished())
    shelf.remove_unfinished()
    return f"Deleted {count} {'file that was' if count == 1 else 'files that were'} never finished."


def _mended(shelf: Shelf, person_id: str) -> tuple[str, NightTable | None]:
    """What had to be done about a person's file, and their nights; None where it cannot be read."""
    path = shelf.person(person_id)
    try:
        person = read_person(shelf, person_id)
    except BEYOND_US as error:
        return f"Left {path.name} as it is. {error}", None
    if person is None:
        return (
            f"Set {path.name} aside, which cannot be read; a synchronisation brings {person_id} back.",
            None,
        )
    deed, schema = "", schema_of(shelf.read(path))
    if schema < SCHEMA:
        shelf.write(path, encode_person(person))
        deed = f"Wrote {path.name} anew in format {SCHEMA}; it had format {schema}."
    return deed, derived(shelf, person_id, person, rules=rules_of(shelf))


def _made_way(shelf: Shelf) -> list[str]:
    """Files that were set aside and whose people have been brought back since."""
    names, deeds = shelf.names(), list[str]()
    for path, person_id in shelf.damaged().items():
        if person_id in names:
            remove(path)
            deeds.append(f"Deleted {path.name}: {person_id} has been brought back since.")
    return deeds
