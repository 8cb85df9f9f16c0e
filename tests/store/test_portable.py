"""The rows of the store as a file: the same again in another database, or a sentence and nothing."""

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from store.cohort_rules import CohortRule
from store.cohorts import NewCohort
from store.database import Store
from store.engine import open_engine
from store.errors import UnknownOrganisation, UnreadableBackup
from store.flag_actions import NewFlagAction
from store.journal import NewNote
from store.people import SyncOutcome
from store.phases import NewPhase
from store.portable import read_rows, write_rows
from store.tables import Base
from tests.store.samples import NOW, somebody

NIGHT = date(2026, 2, 28)


def filled(url: str) -> None:
    """Rows in every table, with values that are easily spoilt on the way."""
    store = Store(url, now=lambda: NOW + timedelta(microseconds=123_456))
    for organisation in ("north", "south"):
        store.ensure_organisation(organisation, 'Zoë\'s "Lab"', "UTC")
        new = somebody(name="Ann 時差", tags=("ü", 'q"\\'), birth_year=1980)
        person = store.add_person(organisation, new).person_id
        store.record_syncs(organisation, [SyncOutcome(person_id=person, attempted_at=NOW)])
        rule = CohortRule(any_tags=('q"\\',), youngest_years=20)
        store.cohorts.add(organisation, NewCohort(name="Rule", rule=rule), by="Kim")
        store.cohorts.add(organisation, NewCohort(name="Hand", person_ids=(person,)), by="Kim")
        store.phases.add(organisation, [person], NewPhase(kind="group", name="A", first=NIGHT), by="Kim")
        store.journal.add_note(
            organisation, NewNote(person_id=person, text="a\n\u2009b", night=NIGHT), by="Kim"
        )
        store.journal.tag_night(organisation, person, NIGHT, "ü", by="Kim")
        action = NewFlagAction(
            person_id=person, action="done", night=NIGHT, max_abs_z=0.1 + 0.2, levels=("x",)
        )
        store.flag_actions.record(organisation, action, by="Kim")
        store.preferences.set(organisation, "k", {"a": [1, None, "\x00"]}, version=0, by="Kim")
        store.preferences.set(organisation, "back", 1, version=0, by="Kim")
        store.preferences.reset(organisation, "back", version=1, by="Kim")
        store.deletions.add(organisation, "test", "G-9", by="Kim")
    store.close()


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def written(url: str, organisation: str | None = None) -> bytes:
    file = io.BytesIO()
    with opened(url) as engine:
        write_rows(engine, file, organisation)
    return file.getvalue()


def read(url: str, content: bytes) -> None:
    with opened(url) as engine:
        read_rows(engine, io.BytesIO(content))


def rows(content: bytes) -> list[Any]:
    """The rows of a file, in no order: two databases may sort letters differently."""
    return sorted((json.loads(line) for line in content.splitlines()[1:-1]), key=json.dumps)


def signed(lines: list[bytes]) -> bytes:
    """The lines with an end that vouches for them."""
    body = b"".join(line + b"\n" for line in lines)
    end = {"rows": len(lines) - 1, "sha256": hashlib.sha256(body).hexdigest()}
    return body + json.dumps(end).encode() + b"\n"


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    filled(f"sqlite:///{tmp_path}/written.db")
    return written(f"sqlite:///{tmp_path}/written.db")


def test_every_row_comes_back_exactly_from_any_kind_of_database_in_any_other(
    url: str, tmp_path: Path
) -> None:
    filled(url)
    first = written(url)
    read(f"sqlite:///{tmp_path}/second.db", first)
    assert rows(written(f"sqlite:///{tmp_path}/second.db")) == rows(first)
    old, new = Store(url), Store(f"sqlite:///{tmp_path}/second.db")
    for organisation in ("north", "south"):
        assert new.organisation(organisation) == old.organisation(organisation)
        assert new.people(organisation) == old.people(organisation)
        assert new.cohorts.all(organisation) == old.cohorts.all(organisation)
        assert new.flag_actions.latest(organisation) == old.flag_actions.latest(organisation)
        assert new.preferences.all(organisation) == old.preferences.all(organisation)
    old.close()
    new.close()


def test_a_file_of_sqlite_is_taken_in_by_either_database(url: str, content: bytes) -> None:
    read(url, content)
    assert rows(written(url)) == rows(content)
    assert json.loads(written(url).splitlines()[0]) == json.loads(content.splitlines()[0])


def test_a_file_has_every_table_and_says_how_many_rows(content: bytes) -> None:
    header = json.loads(content.splitlines()[0])
    assert (header["format"], header["revision"], header["organisation"]) == (1, "0004", None)
    assert set(header["counts"]) == set(Base.metadata.tables)
    assert all(header["counts"].values()), "a table without a row is not tried"
    assert (
        json.loads(content.splitlines()[-1])["rows"] == sum(header["counts"].values()) == len(rows(content))
    )


def test_a_file_of_one_organisation_has_nothing_of_another(url: str, tmp_path: Path) -> None:
    filled(url)
    mine = written(url, "south")
    assert {row.get("organisation_id", row.get("id")) for _, row in rows(mine)} == {"south"}
    assert len(rows(mine)) * 2 == len(rows(written(url)))
    read(f"sqlite:///{tmp_path}/second.db", mine)
    assert rows(written(f"sqlite:///{tmp_path}/second.db")) == rows(mine)
    with pytest.raises(UnknownOrganisation, match="no organisation 'east'"):
        written(url, "east")


def test_a_database_that_holds_rows_is_left_alone(url: str, content: bytes) -> None:
    store = Store(url)
    store.ensure_organisation("main", "Main", "UTC")
    with pytest.raises(
        UnreadableBackup, match=r"already holds rows \(1 in organisations\)\. Nothing was restored"
    ):
        read(url, content)
    assert store.organisation("main").name == "Main"
    store.close()


def cut(content: bytes, line: int, **changes: Any) -> bytes:
    """The file with other values in one line, and an end that vouches for it."""
    lines = content.splitlines()[:-1]
    lines[line] = json.dumps({**json.loads(lines[line]), **changes}).encode()
    return signed(lines)


def without_a_line(content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join(lines[:5] + lines[6:])


SPOILT: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "nothing": (lambda _whole: b"", "cut off"),
    "cut within a line": (lambda whole: whole[: len(whole) // 2], "cut off"),
    "cut after a line": (lambda whole: b"".join(whole.splitlines(keepends=True)[:9]), "cut off"),
    "without its end": (lambda whole: b"".join(whole.splitlines(keepends=True)[:-1]), "cut off"),
    "the last byte gone": (lambda whole: whole[:-1], "cut off"),
    "a letter changed": (lambda whole: whole.replace(b"Ann", b"Eve", 1), "digest"),
    "a line left out": (without_a_line, "The back-up is damaged"),
    "followed by more": (lambda whole: whole + b"{}\n", "something follows"),
    "other numbers": (lambda whole: signed(whole.splitlines()[:-3]), "other numbers of rows"),
    "no header": (lambda whole: signed(whole.splitlines()[1:-1]), "does not begin"),
    "no JSON": (lambda _whole: b"PK\x03\x04 a zip\n", "a line cannot be read"),
    "another table": (
        lambda whole: cut(whole, 0, counts={"people": 1, "secrets": 2}), "names a table that is not known"
    ),
    "a newer format": (lambda whole: cut(whole, 0, format=2), "has format 2 .*or a newer one"),
    "a newer revision": (lambda whole: cut(whole, 0, revision="0099"), "revision 0099; .*or a newer one"),
    "no row": (lambda whole: signed([*whole.splitlines()[:-1], b'"people"']), "no row of a table"),
    "another column": (
        lambda whole: signed([*whole.splitlines()[:-1], b'["people",{"shoe":1}]']), "no row of a table"
    ),
    "no date": (
        lambda whole: signed([*whole.splitlines()[:-1], b'["night_tags",{"night":"soon"}]']), "no row of a table"
    ),
    "a row of nobody": (
        lambda whole: signed(
            [*whole.splitlines()[:-1], b'["tags",{"organisation_id":"north","tag":"x","person_id":"p_x"}]']
        ),
        "does not fit",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILT)
def test_a_file_that_is_not_whole_is_refused_and_nothing_of_it_stays(
    url: str, content: bytes, name: str
) -> None:
    spoil, sentence = SPOILT[name]
    with pytest.raises(UnreadableBackup, match=sentence) as refused:
        read(url, spoil(content))
    assert "Nothing was restored; " in str(refused.value)
    assert rows(written(url)) == []
    read(url, content)


def test_a_file_of_an_earlier_revision_gets_what_new_rows_have(url: str, content: bytes) -> None:
    lines = content.splitlines()[:-1]
    header = {**json.loads(lines[0]), "revision": "0003"}
    kept = []
    for line in lines[1:]:
        table, row = json.loads(line)
        if table in {"organisations", "people", "tags", "sync_states"}:
            later = {"version", "changed_by", "changed_at"}
            kept.append([table, {name: cell for name, cell in row.items() if name not in later}])
    header["counts"] = {
        name: header["counts"][name] for name in ("organisations", "people", "tags", "sync_states")
    }
    read(url, signed([json.dumps(value).encode() for value in (header, *kept)]))
    store = Store(url)
    (person,) = store.people("north")
    assert (person.name, person.version) == ("Ann 時差", 1)
    store.close()


def test_a_file_is_of_one_moment_even_while_others_write(url: str) -> None:
    filled(url)
    store = Store(url, now=lambda: NOW)

    class Busy(io.BytesIO):
        """Between its first lines somebody adds a person with a tag."""

        done = False

        def write(self, line: Any) -> int:
            if not self.done and bytes(line).startswith(b'["organisations"'):
                self.done = True
                store.add_person("north", somebody("G-late", tags=("late",)))
            return super().write(line)

    file = Busy()
    with opened(url) as engine:
        counts = write_rows(engine, file)
    assert counts["people"] == 2
    assert len(rows(file.getvalue())) == sum(counts.values())
    assert "late" in store.tags("north")
    store.close()
