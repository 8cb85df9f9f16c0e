"""A list of people onto the roster: first what every line would do, then, when that is accepted, done."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from nocturne.roster import admitted, date_anew, leaving, require_staying, still_leaving
from nocturne.roster_file import RosterError, RosterRow, read_roster
from nocturne.tombstones import welcome
from store.errors import InvalidPerson, StoreError
from store.people import NewPerson, Outcome, Person, checked_person

Action = Literal["add", "change", "as before", "refuse"]

_CHANGEABLE: Final = {
    "name": "name",
    "zone": "zone",
    "birth_year": "birth year",
    "sex": "sex",
    "tags": "tags",
}
_SEXES: Final = {
    **dict.fromkeys(("m", "man"), "male"),
    **dict.fromkeys(("f", "w", "woman"), "female"),
    **dict.fromkeys(("nonbinary", "nb", "x", "d"), "non_binary"),
}
# A date with its year in four digits, written any way round; its year is what we want of it.
_DATE: Final = re.compile(
    r"((?:19|20)\d\d)[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ].*)?|\d{1,2}[-/. ][\w]{1,9}[-/. ]((?:19|20)\d\d)",
    re.ASCII,
)
_YEAR: Final = re.compile(r"(\d{4})(?:\.0+)?", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What one line of a list would do.

    Attributes:
        line: where it is in the file.
        action: add somebody, change somebody, leave somebody as before, or refuse the line.
        new: the person as the line describes them; None where it is refused.
        known: the person on the roster whom it would change or leave.
        words: why it is refused, or what it would change; "" where there is nothing to say.
        cells: as written, by the columns that the list has.
    """

    line: int
    action: Action
    new: NewPerson | None = None
    known: Person | None = None
    words: str = ""
    cells: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class ImportPlan:
    """What a list would do, line by line; nothing is done yet. `remarks` are sentences on how it was read."""

    rows: tuple[Planned, ...]
    remarks: tuple[str, ...]

    def of(self, *actions: Action) -> tuple[Planned, ...]:
        """The lines with these actions."""
        return tuple(row for row in self.rows if row.action in actions)

    @property
    def in_words(self) -> str:
        """One sentence that accounts for every line."""
        counts = Counter(row.action for row in self.rows)
        return (
            f"{counts['add']} to add, {counts['change']} to change, {counts['as before']} as before, "
            f"{counts['refuse']} refused."
        )


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


def plan_import(application: Application, actor: Actor, data: bytes | str) -> ImportPlan:
    """What every line of a CSV (`roster_file.read_roster`) would do to the roster; nothing is changed.

    A person who is on the roster already would be brought up to date in the columns that the list has, so a file may be
    imported again. A line that repeats the id of an earlier one is refused.

    Raises:
        NotAllowed: the actor may not manage people.
        RosterError: the file cannot be read as a list of people.
    """
    authorize(actor, Permission.MANAGE_PEOPLE, application.organisation)
    file = read_roster(data)
    known = {person.vendor_id: person for person in application.people()}
    gone, this_year = leaving(application), application.now().year

    def admit(draft: NewPerson) -> NewPerson:
        require_staying(draft.vendor_id, gone)
        return checked_person(admitted(application, draft), this_year=this_year)

    first_lines: dict[str, int] = {}
    rows = tuple(_planned(row, known, first_lines, admit=admit) for row in file.rows)
    return ImportPlan(rows=rows, remarks=file.remarks)


def accept_import(application: Application, actor: Actor, plan: ImportPlan) -> ImportReport:
    """Does what the plan says; good lines are taken even when others are refused, or cannot be written.

    Whoever came onto the roster since the plan was made, was changed by somebody else, or has been erased and has still
    to be deleted by the vendor, is refused with the reason.

    Raises:
        NotAllowed: the actor may not manage people.
        StoreError: the database did not answer before anything was done.
    """
    authorize(actor, Permission.MANAGE_PEOPLE, application.organisation)
    gone = leaving(application)
    refused = {row.line: row.words for row in plan.of("refuse")}
    for row in plan.of("add", "change"):
        if row.cells["vendor_id"] in gone:
            refused[row.line] = still_leaving(row.cells["vendor_id"])
    added, not_added = _add(application, [row for row in plan.of("add") if row.line not in refused])
    changed, not_changed = _change(
        application, actor, [row for row in plan.of("change") if row.line not in refused]
    )
    reasons = {**refused, **not_added, **not_changed}
    return ImportReport(
        added=tuple(added.values()),
        changed=tuple(changed.values()),
        as_before=tuple(row.known for row in plan.of("as before") if row.known is not None),
        refused=tuple(Refused(line=line, reason=reasons[line]) for line in sorted(reasons)),
    )


# By line of the list: whom the roster has now as the line says, and why not of the others.
_Outcomes = tuple[dict[int, Person], dict[int, str]]


def _add(application: Application, rows: Sequence[Planned]) -> _Outcomes:
    new = [row.new for row in rows if row.new is not None]
    added, refused = _outcomes(rows, lambda: application.store.add_people(application.organisation, new))
    welcome(application, [person.vendor_id for person in added.values()])
    return added, refused


def _change(application: Application, actor: Actor, rows: Sequence[Planned]) -> _Outcomes:
    """What became of each line; somebody whose nights could not be dated anew is told with the reason."""
    people = [_changed(row) for row in rows]
    changed, refused = _outcomes(
        rows, lambda: application.store.update_people(application.organisation, people, by=actor.name)
    )
    moved = {
        row.line: changed[row.line]
        for row in rows
        if row.line in changed and row.known is not None and row.known.zone != changed[row.line].zone
    }
    undated = date_anew(application, moved.values())
    for line, person in moved.items():
        if person.person_id in undated:
            del changed[line]
            refused[line] = (
                f"Changed on the roster, but the nights are not dated by the zone {person.zone} before the next of "
                f"them arrives: {undated[person.person_id]}"
            )
    return changed, refused


def _outcomes(rows: Sequence[Planned], ask: Callable[[], Sequence[Outcome]]) -> _Outcomes:
    """What `ask` says of each line, where there are any; where the store cannot be written, that of every line."""
    if not rows:
        return {}, {}
    try:
        outcomes = dict(zip((row.line for row in rows), ask(), strict=True))
    except (OSError, StoreError) as problem:
        return {}, {row.line: str(problem) for row in rows}
    taken = {line: each.person for line, each in outcomes.items() if each.person is not None}
    return taken, {line: each.problem for line, each in outcomes.items() if line not in taken}


def _planned(
    row: RosterRow,
    known: Mapping[str, Person],
    first_lines: dict[str, int],
    *,
    admit: Callable[[NewPerson], NewPerson],
) -> Planned:
    before = known.get(row.cells["vendor_id"])
    try:
        draft = _person(row, before)
        _check_first(draft.vendor_id, first_lines)
        new = admit(draft)
    except (InvalidPerson, RosterError) as problem:
        return Planned(line=row.line, action="refuse", words=str(problem), cells=row.cells)
    first_lines[new.vendor_id] = row.line
    if before is None:
        return Planned(line=row.line, action="add", new=new, cells=row.cells)
    changes = "; ".join(_changes(before, new))
    action: Action = "change" if changes else "as before"
    return Planned(line=row.line, action=action, new=new, known=before, words=changes, cells=row.cells)


def _check_first(vendor_id: str, first_lines: Mapping[str, int]) -> None:
    if vendor_id in first_lines:
        raise RosterError(
            f"The vendor id {vendor_id!r} is already on line {first_lines[vendor_id]}; one line a person."
        )


def _changes(before: Person, new: NewPerson) -> Iterator[str]:
    for field, words in _CHANGEABLE.items():
        old, now = getattr(before, field), getattr(new, field)
        if old != now:
            yield f"{words}: {_spoken(old)} → {_spoken(now)}"


def _spoken(value: object) -> str:
    return ";".join(value) or "none" if isinstance(value, tuple) else str(value or "none")


def _changed(row: Planned) -> Person:
    if row.known is None or row.new is None:
        raise ValueError("A line that changes nobody cannot be taken for a change.")
    new = row.new
    return replace(
        row.known, name=new.name, zone=new.zone, birth_year=new.birth_year, sex=new.sex, tags=new.tags
    )


def _person(row: RosterRow, before: Person | None) -> NewPerson:
    """The person as the line has them; what it has no column for is as it was."""
    if row.problem:
        raise RosterError(row.problem)
    cells = row.cells
    new = NewPerson(vendor_id=_vendor_id(cells["vendor_id"]), name=cells["name"], zone=cells["zone"])
    if before is not None:
        new = replace(new, birth_year=before.birth_year, sex=before.sex, tags=before.tags)
    if "birth_year" in cells:
        new = replace(new, birth_year=_year(cells["birth_year"]))
    if "sex" in cells:
        sex = re.sub(r"[\s-]+", "_", cells["sex"].lower())
        new = replace(new, sex=_SEXES.get(sex, sex))
    if "tags" in cells:
        new = replace(new, tags=tuple(tag.strip() for tag in cells["tags"].split(";") if tag.strip()))
    return new


def _vendor_id(cell: str) -> str:
    if cell.startswith("="):
        raise RosterError(
            f"The vendor id {cell[:40]!r} is a formula of a spreadsheet; write the id itself and save the list again."
        )
    return cell


def _year(text: str) -> int | None:
    """The year of a cell that holds a year or a whole date as spreadsheets write it."""
    if not text:
        return None
    found = _YEAR.fullmatch(text) or _DATE.fullmatch(text)
    if found is None:
        raise RosterError(f"birth_year must be a year like 1988, not {text[:20]!r}.")
    return int(next(group for group in found.groups() if group))
