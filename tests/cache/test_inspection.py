"""Looking finds what is wrong and nothing else; mending leaves nothing but what has to be brought back."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from analytics.rules import DEFAULT_RULES
from cache.archive import NightArchive
from cache.columns import SCHEMA, schema_of
from cache.derived import derived, lay_over
from cache.files import exclusively
from cache.inspection import Finding
from cache.seal import PlainSeal
from cache.table import NightTable
from tests.cache.samples import MirrorSeal, bytes_under
from tests.cache.test_archive import NORTH, another, assert_agrees, put

DATA = Path(__file__).parent.parent / "data"
ROSTER = ("p_a", "p_b", "p_c")


@pytest.fixture(params=[PlainSeal, MirrorSeal])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> NightArchive:
    archive = NightArchive(tmp_path, request.param())
    for person_id in ROSTER:
        put(archive, person_id, range(4))
    archive.fold(NORTH)
    put(archive, "p_c", [7])
    return archive


def found(archive: NightArchive, *, roster: tuple[str, ...] = ROSTER) -> set[tuple[str, str | None]]:
    findings: tuple[Finding, ...] = archive.verify(NORTH, roster=roster)
    for finding in findings:
        assert finding.sentence.startswith(finding.file)
        assert finding.sentence.endswith(".")
    return {(finding.kind, finding.person_id) for finding in findings}


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def forged(archive: NightArchive) -> None:
    """Statistics that claim to be of the file and are not: what a fault in deriving them would leave."""
    shelf = archive._shelf(NORTH)
    person = archive._person(shelf, "p_b")
    assert person is not None
    right = derived(shelf, "p_b", person, rules=DEFAULT_RULES)
    place = right.rows.column_names.index("tst_min")
    wrong = right.rows.set_column(place, "tst_min", right.rows["sol_min"])
    lay_over(shelf, NightTable(parts=right.parts, rows=wrong))


def in_north(change: Callable[[Path], object], name: str) -> Callable[[NightArchive], object]:
    return lambda archive: change(archive._folder / NORTH / name)


HARMS: dict[str, tuple[Callable[[NightArchive], object], set[tuple[str, str | None]]]] = {
    "a person's file cut": (in_north(cut, "people/p_b.parquet"), {("damaged", "p_b")}),
    "a person's file taken away": (in_north(Path.unlink, "people/p_b.parquet"), {("left over", "p_b")}),
    "the table gone": (
        in_north(Path.unlink, "statistics.arrow"),
        {("out of date", "p_a"), ("out of date", "p_b")},
    ),
    "an overlay gone": (in_north(Path.unlink, "overlay/p_c.arrow"), {("out of date", "p_c")}),
    "an overlay cut": (in_north(cut, "overlay/p_c.arrow"), {("damaged", None), ("out of date", "p_c")}),
    "a write cut off": (in_north(Path.touch, "people/.abc.part"), {("unfinished", None)}),
    "a copy by hand": (in_north(Path.touch, "people/p_a (2).parquet"), {("stranger", None)}),
    "statistics that are not the person's": (forged, {("disagreeing", "p_b")}),
}


def test_all_is_well_when_it_is(archive: NightArchive) -> None:
    before = bytes_under(archive._folder)
    assert found(archive) == set()
    assert bytes_under(archive._folder) == before
    assert NightArchive(archive._folder, archive._seal).verify("nobodys", roster=()) == ()


@pytest.mark.parametrize("harm", HARMS)
def test_each_harm_is_found_and_changes_nothing(archive: NightArchive, harm: str) -> None:
    act, wanted = HARMS[harm]
    act(archive)
    before = bytes_under(archive._folder)
    assert found(archive) == wanted
    assert bytes_under(archive._folder) == before


@pytest.mark.parametrize("harm", HARMS)
def test_each_harm_is_mended_or_named_until_it_is_brought_back(archive: NightArchive, harm: str) -> None:
    HARMS[harm][0](archive)
    deeds = archive.repair(NORTH)
    assert deeds[-1].startswith("Derived the statistics anew")
    left = {
        "a person's file cut": {("set aside", "p_b")},
        "a copy by hand": {("stranger", None)},
    }.get(harm, set())
    assert found(archive) == left
    for path in archive._shelf(NORTH).strangers():
        path.unlink()
    assert_agrees(another(archive))
    put(archive, "p_b", range(4))
    archive.repair(NORTH)
    assert found(archive) == set()


def test_a_copy_by_hand_hurts_no_reader(archive: NightArchive) -> None:
    HARMS["a copy by hand"][0](archive)
    put(archive, "p_a", [9])
    assert set(another(archive).statistics(NORTH)["person_id"]) == set(ROSTER)


def test_whoever_is_not_on_the_roster_is_named(archive: NightArchive) -> None:
    assert found(archive, roster=("p_a", "p_c")) == {("not on the roster", "p_b")}


@pytest.mark.parametrize("older", range(1, SCHEMA))
def test_files_of_an_older_format_are_found_and_written_anew(tmp_path: Path, older: int) -> None:
    archive = NightArchive(tmp_path, PlainSeal())
    people = tmp_path / NORTH / "people"
    shutil.copytree(DATA / f"archive-v{older}" / NORTH / "people", people)
    names = tuple(sorted(path.stem for path in people.iterdir()))
    before = {name: archive.sessions(NORTH, name).frame for name in names}
    statistics = archive.statistics(NORTH)
    assert found(archive, roster=names) == {("older format", name) for name in names}
    deeds = archive.repair(NORTH)
    assert sum(f"in format {SCHEMA}; it had format {older}" in deed for deed in deeds) == len(names) > 0
    assert found(archive, roster=names) == set()
    for name in names:
        assert schema_of((people / f"{name}.parquet").read_bytes()) == SCHEMA
        assert archive.sessions(NORTH, name).frame.equals(before[name])
    assert archive.statistics(NORTH).equals(statistics)


def test_what_a_writer_is_writing_is_no_finding(
    archive: NightArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = archive._folder / NORTH / "people" / ".being-written.part"
    part.touch()
    alone = exclusively

    def ends_first(lock: Path) -> object:
        part.unlink(missing_ok=True)  # the writer whose turn it was is done when ours comes
        return alone(lock)

    monkeypatch.setattr("cache.shelf.exclusively", ends_first)
    assert found(archive) == set()


def test_what_is_held_is_counted_and_measured(archive: NightArchive) -> None:
    held = archive.holdings(NORTH)
    folder = archive._folder / NORTH
    assert (held.people, held.nights, held.overlays) == (3, 13, 1)
    assert held.people_bytes == len(bytes_under(folder / "people"))
    assert held.table_bytes == (folder / "statistics.arrow").stat().st_size
    assert held.overlay_bytes == len(bytes_under(folder / "overlay"))
    assert held.version == archive.version(NORTH) != ""
    assert held.format == SCHEMA
    empty = archive.holdings("nobodys")
    assert (empty.people, empty.nights, empty.table_bytes, empty.version) == (0, 0, 0, "")
