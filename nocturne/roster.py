"""People in and out: the vendor has no list of users, so Nocturne keeps its own."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from asleep.models import UserMetadata
from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from nocturne.demo import DemoPerson
from store.errors import EditedMeanwhile
from store.people import InvalidPerson, NewPerson, Person, checked_person

HEADER = ("vendor_id", "name", "zone", "birth_year", "sex", "tags")
EVERYONE = "everyone"
REQUIRED = ("vendor_id", "name", "zone")


class RosterError(ValueError):
    """A person or a file that cannot be taken in; the message says what and why."""


@dataclass(frozen=True, kw_only=True)
class Refused:
    """One row of an import that was left out, with its line in the file."""

    line: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """What an import did with every row: added, changed, as the roster had it before, or refused with a reason."""

    added: tuple[Person, ...]
    changed: tuple[Person, ...]
    as_before: tuple[Person, ...]
    refused: tuple[Refused, ...]

    @property
    def in_words(self) -> str:
        """One sentence that accounts for every row."""
        return (
            f"{len(self.added)} added, {len(self.changed)} changed, {len(self.as_before)} as before, "
            f"{len(self.refused)} refused."
        )


def add_person(application: Application, actor: Actor, new: NewPerson) -> Person:
    """The person, now on the roster.

    Raises:
        NotAllowed, InvalidPerson, DuplicatePerson: each with a sentence.
    """
    authorize(actor, Permission.MANAGE_PEOPLE, application.organisation)
    return application.store.add_person(application.organisation, _here(application, new))


def create_person(
    application: Application, actor: Actor, *, name: str, zone: str, birth_year: int | None
) -> Person:
    """A new user at the vendor, on the roster under the id that the vendor issued.

    Raises:
        NotAllowed, InvalidPerson: before the vendor is asked.
        AsleepError: the vendor refused or did not answer; nothing was added.
    """
    authorize(actor, Permission.MANAGE_PEOPLE, application.organisation)
    draft = NewPerson(vendor_id="to-be-issued", name=name, zone=zone, birth_year=birth_year)
    checked = checked_person(draft, this_year=application.now().year)
    metadata = UserMetadata(birth_year=birth_year) if birth_year else None
    vendor_id = application.asleep.create_user(metadata)
    return application.store.add_person(
        application.organisation, _here(application, replace(checked, vendor_id=vendor_id))
    )


def import_people(application: Application, actor: Actor, text: str) -> ImportReport:
    """What became of every row of a CSV with the header vendor_id,name,zone,birth_year,sex,tags.

    A person who is on the roster already is brought up to date, so a file may be imported again. Good rows are taken
    even when others are bad.

    Raises:
        NotAllowed: the actor may not manage people.
        RosterError: the header lacks a required column, or there is no row.
    """
    authorize(actor, Permission.MANAGE_PEOPLE, application.organisation)
    known = {person.vendor_id: person for person in application.people()}
    fresh: list[tuple[int, NewPerson]] = []
    changed: list[Person] = []
    as_before: list[Person] = []
    refused: list[Refused] = []
    for line, row in _rows(text):
        try:
            new = _here(application, _person(row))
            before = known.get(new.vendor_id)
            if before is None:
                fresh.append((line, new))
                continue
            after = _update(application, before, new, by=actor.name)
            (as_before if after == before else changed).append(after)
            known[new.vendor_id] = after
        except (InvalidPerson, RosterError, EditedMeanwhile) as problem:
            refused.append(Refused(line=line, reason=str(problem)))
    outcomes = application.store.add_people(application.organisation, [new for _, new in fresh])
    for (line, _), outcome in zip(fresh, outcomes, strict=True):
        if outcome.person is None:
            refused.append(Refused(line=line, reason=outcome.problem))
    return ImportReport(
        added=tuple(outcome.person for outcome in outcomes if outcome.person is not None),
        changed=tuple(changed),
        as_before=tuple(as_before),
        refused=tuple(sorted(refused, key=lambda row: row.line)),
    )


def enrol(application: Application, people: Iterable[DemoPerson]) -> None:
    """Puts the demo's people on the roster, those already there left as they are."""
    known = {person.vendor_id for person in application.people()}
    application.store.add_people(
        application.organisation,
        [
            NewPerson(
                vendor_id=facts.user_id,
                name=facts.name,
                zone=facts.zone,
                birth_year=facts.birth_year,
                sex=facts.sex or "",
                tags=facts.tags,
                environment=application.settings.asleep_environment,
            )
            for facts in people
            if facts.user_id not in known
        ],
    )


def _here(application: Application, new: NewPerson) -> NewPerson:
    if EVERYONE in {tag.strip().lower() for tag in new.tags}:
        raise RosterError(f"The tag {EVERYONE} is taken: it names everybody. Choose another.")
    return replace(new, environment=application.settings.asleep_environment)


def _update(application: Application, known: Person, new: NewPerson, *, by: str) -> Person:
    # As the store would keep it: a row that says the same in another order is no change.
    as_kept = checked_person(new, this_year=application.now().year)
    changed = replace(
        known,
        name=as_kept.name,
        zone=as_kept.zone,
        birth_year=as_kept.birth_year,
        sex=as_kept.sex,
        tags=as_kept.tags,
    )
    if changed == known:
        return known
    updated = application.store.update_person(application.organisation, changed, by=by)
    if updated.zone != known.zone:
        # Nights whose session names no zone are dated by the roster's, so they are dated anew.
        application.archive.put(
            application.organisation,
            known.person_id,
            zone=updated.zone,
            results=(),
            received=application.now(),
            synced_at=None,
        )
    return updated


def _rows(text: str) -> Iterable[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    names = [(name or "").strip().lower() for name in reader.fieldnames or ()]
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise RosterError(
            f"The first line must name the columns {','.join(HEADER)}; missing: {', '.join(missing)}."
        )
    reader.fieldnames = names
    rows = []
    for row in _readable(reader):
        cells = {
            name: (value or "").strip()
            for name, value in row.items()
            if isinstance(name, str) and isinstance(value, str | None)
        }
        if None in row:
            cells["surplus"] = "yes"
        if any(cells.values()):
            rows.append((reader.line_num, cells))
    if not rows:
        raise RosterError("The file has a header but no person below it.")
    return rows


def _readable(reader: "csv.DictReader[str]") -> Iterable[dict[str, str]]:
    try:
        yield from reader
    except csv.Error as problem:
        raise RosterError(f"Line {reader.line_num + 1} cannot be read as CSV: {problem}.") from problem


def _person(row: Mapping[str, str]) -> NewPerson:
    if row.get("surplus"):
        raise RosterError(
            "The row has more cells than the header; put quotes around a cell that holds a comma."
        )
    year = row.get("birth_year", "")
    if year and not (year.isdecimal() and len(year) == len("1988")):
        raise RosterError(f"birth_year must be a year like 1988, not {year[:20]!r}.")
    return NewPerson(
        vendor_id=row["vendor_id"],
        name=row["name"],
        zone=row["zone"],
        birth_year=int(year) if year else None,
        sex=row.get("sex", ""),
        tags=tuple(tag.strip() for tag in row.get("tags", "").split(";") if tag.strip()),
    )
