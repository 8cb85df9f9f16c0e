"""A list of people onto the roster: first what every line would do, then, when that is accepted, done."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from nocturne.roster import admitted, update_person
from nocturne.roster_file import RosterError, RosterRow, read_roster
from store.errors import EditedMeanwhile, InvalidPerson, UnknownPerson
from store.people import NewPerson, Person, checked_person

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
        cells: as written.
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

    A person who is on the roster already would be brought up to date, so a file may be imported again. A line that
    repeats the id of an earlier one is refused.

    Raises:
        NotAllowed: the actor may not manage people.
        RosterError: the file cannot be read as a list of people.
    """
    authorize(actor, Permission.MANAGE_PEOPLE, application.organisation)
    file = read_roster(data)
    known = {person.vendor_id: person for person in application.people()}
    first_lines: dict[str, int] = {}
    rows = tuple(_planned(application, row, known, first_lines) for row in file.rows)
    return ImportPlan(rows=rows, remarks=file.remarks)


def accept_import(application: Application, actor: Actor, plan: ImportPlan) -> ImportReport:
    """Does what the plan says; good lines are taken even when others are refused.

    Whoever came onto the roster since the plan was made, or was changed by somebody else, is refused with the reason.

    Raises:
        NotAllowed: the actor may not manage people.
    """
    authorize(actor, Permission.MANAGE_PEOPLE, application.organisation)
    refused = [Refused(line=row.line, reason=row.words) for row in plan.of("refuse")]
    changed: list[Person] = []
    for row in plan.of("change"):
        try:
            changed.append(update_person(application, actor, _changed(row)))
        except (InvalidPerson, UnknownPerson, EditedMeanwhile) as problem:
            refused.append(Refused(line=row.line, reason=str(problem)))
    fresh = plan.of("add")
    outcomes = application.store.add_people(
        application.organisation, [row.new for row in fresh if row.new is not None]
    )
    for row, outcome in zip(fresh, outcomes, strict=True):
        if outcome.person is None:
            refused.append(Refused(line=row.line, reason=outcome.problem))
    return ImportReport(
        added=tuple(outcome.person for outcome in outcomes if outcome.person is not None),
        changed=tuple(changed),
        as_before=tuple(row.known for row in plan.of("as before") if row.known is not None),
        refused=tuple(sorted(refused, key=lambda row: row.line)),
    )


def _planned(
    application: Application, row: RosterRow, known: Mapping[str, Person], first_lines: dict[str, int]
) -> Planned:
    try:
        draft = _person(row)
        _check_first(draft.vendor_id, first_lines)
        new = checked_person(admitted(application, draft), this_year=application.now().year)
    except (InvalidPerson, RosterError) as problem:
        return Planned(line=row.line, action="refuse", words=str(problem), cells=row.cells)
    first_lines[new.vendor_id] = row.line
    before = known.get(new.vendor_id)
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


def _person(row: RosterRow) -> NewPerson:
    if row.surplus:
        raise RosterError(
            "The row has more cells than the header; put quotes around a cell that holds what parts the cells."
        )
    cells = row.cells
    sex = re.sub(r"[\s-]+", "_", cells["sex"].lower())
    return NewPerson(
        vendor_id=cells["vendor_id"],
        name=cells["name"],
        zone=cells["zone"],
        birth_year=_year(cells["birth_year"]),
        sex=_SEXES.get(sex, sex),
        tags=tuple(tag.strip() for tag in cells["tags"].split(";") if tag.strip()),
    )


def _year(text: str) -> int | None:
    """The year of a cell that holds a year or a whole date as spreadsheets write it."""
    if not text:
        return None
    found = _YEAR.fullmatch(text) or _DATE.fullmatch(text)
    if found is None:
        raise RosterError(f"birth_year must be a year like 1988, not {text[:20]!r}.")
    return int(next(group for group in found.groups() if group))
