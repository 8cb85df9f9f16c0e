"""Other rules for an organisation's nights: everybody's are made by them at once, whatever happens meanwhile."""

import logging
from pathlib import Path

import pytest

from analytics.nights import night_table
from analytics.rules import DEFAULT_RULES, ValidNight
from cache import derived, files
from cache.archive import Delivery, NightArchive, session_set
from cache.arrivals import merged_in, prepared
from cache.columns import READ_ERRORS
from cache.derived import fold
from cache.seal import PlainSeal
from cache.shelf import Shelf
from tests.cache.samples import NOW, MirrorSeal, night

NORTH, ZONE = "north", "Europe/Berlin"
# The samples are in bed for 8 h: by these rules none of their nights counts.
STRICT = ValidNight(shortest_in_bed_min=600)
LOOSE = ValidNight(most_missing_share_b=0.5)


@pytest.fixture(params=[PlainSeal, MirrorSeal])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> NightArchive:
    return NightArchive(tmp_path / "archive", request.param())


def put(archive: NightArchive, person_id: str, days: range) -> None:
    results = [night(day, prefix=f"{person_id}-") for day in days]
    archive.put(NORTH, person_id, zone=ZONE, results=results, received=NOW, synced_at=NOW)


def delivery(person_id: str, days: range) -> Delivery:
    sessions = session_set([night(day, prefix=f"{person_id}-") for day in days], received=NOW)
    return Delivery(person_id=person_id, zone=ZONE, sessions=sessions, synced_at=NOW)


def made_by(archive: NightArchive, rules: ValidNight, *people: str) -> None:
    """Everybody's nights are those that the rules make of their sessions, and nothing is to be seen to."""
    for person_id in people:
        expected = night_table(archive.sessions(NORTH, person_id), zone=ZONE, rules=rules)
        found = archive.nights(NORTH, person_id)
        assert found["grade"].tolist() == expected["grade"].tolist()
        assert found["reasons"].tolist() == expected["reasons"].tolist()
        assert found["valid"].tolist() == expected["valid"].tolist()
    assert archive.verify(NORTH, roster=people) == ()


def test_the_rules_are_the_defaults_until_others_are_set(archive: NightArchive) -> None:
    assert archive.rules(NORTH) == DEFAULT_RULES
    archive.set_rules(NORTH, STRICT)
    assert archive.rules(NORTH) == STRICT
    assert NightArchive(archive.folder, archive._seal).rules(NORTH) == STRICT, "of every process"
    assert archive.rules("south") == DEFAULT_RULES, "of that organisation alone"
    archive.set_rules(NORTH, DEFAULT_RULES)
    assert archive.rules(NORTH) == DEFAULT_RULES


def test_every_night_is_made_by_them_and_so_is_what_comes_later(archive: NightArchive) -> None:
    put(archive, "ada", range(6))
    put(archive, "ben", range(3))
    archive.fold(NORTH)
    put(archive, "ben", range(5))  # laid over the table of everybody
    before = archive.version(NORTH)
    assert archive.statistics(NORTH)["valid"].all()
    archive.set_rules(NORTH, STRICT)
    assert archive.version(NORTH) != before
    assert not archive.statistics(NORTH)["valid"].any()
    made_by(archive, STRICT, "ada", "ben")
    put(archive, "ada", range(8))
    archive.put_many(NORTH, [delivery("cem", range(4)), delivery("ben", range(7))])
    made_by(archive, STRICT, "ada", "ben", "cem")
    archive.set_rules(NORTH, DEFAULT_RULES)
    made_by(archive, DEFAULT_RULES, "ada", "ben", "cem")


def test_to_ask_what_they_would_do_changes_nothing(archive: NightArchive) -> None:
    put(archive, "ada", range(4))
    before = archive.version(NORTH)
    table = archive.nights_by(NORTH, ["ada", "nobody"], STRICT)
    assert not table.frame["valid"].any()
    assert len(table.frame) == 4
    assert archive.version(NORTH) == before
    assert archive.statistics(NORTH)["valid"].all()


def test_what_was_made_ready_is_used(archive: NightArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    put(archive, "ada", range(4))
    put(archive, "ben", range(4))
    ready = archive.nights_by(NORTH, ["ada", "ben"], STRICT)
    monkeypatch.setattr("cache.derived.night_columns", None)  # nothing can be derived any more
    archive.set_rules(NORTH, STRICT, [ready])
    assert not archive.statistics(NORTH)["valid"].any()
    assert len(archive.statistics(NORTH)) == 8


def test_what_was_made_ready_too_early_or_by_other_rules_is_made_again(archive: NightArchive) -> None:
    for person_id in ("ada", "ben", "cem"):
        put(archive, person_id, range(4))
    ready = [archive.nights_by(NORTH, ["ada", "ben"], STRICT), archive.nights_by(NORTH, ["cem"], LOOSE)]
    put(archive, "ada", range(6))
    archive.erase(NORTH, "ben")
    archive.set_rules(NORTH, STRICT, ready)
    made_by(archive, STRICT, "ada", "cem")
    assert set(archive.statistics(NORTH)["person_id"]) == {"ada", "cem"}, "whoever is gone does not come back"
    assert len(archive.nights(NORTH, "ada")) == 6


def test_a_writer_who_began_by_the_former_rules_leaves_nothing_of_them(archive: NightArchive) -> None:
    shelf = archive._shelf(NORTH)
    put(archive, "ada", range(2))
    begun = delivery("ben", range(4))
    ready = prepared(shelf, begun)
    archive.set_rules(NORTH, STRICT)
    with shelf.alone():
        _, table = merged_in(shelf, begun, ready)
        assert table.parts[0].rules == STRICT.tag
        fold(shelf, fresh=[table], stale=False)
        assert not archive.statistics(NORTH)["valid"].any(), "nobody could have mended it meanwhile"
    made_by(archive, STRICT, "ada", "ben")


@pytest.mark.parametrize("change", ["rules", "session"])
def test_who_reads_former_overlays_over_the_new_table_reads_again(
    archive: NightArchive, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    put(archive, "ada", range(4))
    archive.fold(NORTH)
    put(archive, "ada", range(5))
    reader, remove = NightArchive(archive.folder, archive._seal), files.remove

    def read_first(*paths: Path) -> bool:
        reader.statistics(NORTH)
        return remove(*paths)

    with monkeypatch.context() as patch:
        patch.setattr(derived, "remove", read_first)
        if change == "rules":
            archive.set_rules(NORTH, STRICT)
        else:
            archive.remove_session(NORTH, "ada", "ada-2")
    found = reader.statistics(NORTH)
    if change == "rules":
        assert not found["valid"].any()
    else:
        assert found["session_id"].tolist() == ["ada-0", "ada-1", "ada-3", "ada-4"]


def test_words_never_run_ahead_of_the_nights(archive: NightArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    put(archive, "ada", range(4))
    reader, write = NightArchive(archive.folder, archive._seal), Shelf.write
    seen = []

    def noted(shelf: Shelf, path: Path, data: bytes) -> None:
        seen.append((reader.rules(NORTH), bool(reader.statistics(NORTH)["valid"].any())))
        write(shelf, path, data)

    with monkeypatch.context() as patch:
        patch.setattr(Shelf, "write", noted)
        archive.set_rules(NORTH, STRICT)
    assert set(seen) == {(DEFAULT_RULES, True), (STRICT, False)}


def test_an_end_between_the_nights_and_the_rules_heals(
    archive: NightArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(archive, "ada", range(4))

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(derived, "write_rules", dies)
        with pytest.raises(KeyboardInterrupt):
            archive.set_rules(NORTH, STRICT)
    made_by(NightArchive(archive.folder, archive._seal), DEFAULT_RULES, "ada")
    made_by(archive, DEFAULT_RULES, "ada")
    archive.set_rules(NORTH, STRICT)
    made_by(archive, STRICT, "ada")


def test_whoever_was_asked_last_decides(archive: NightArchive) -> None:
    put(archive, "ada", range(4))
    assert not archive.set_rules(NORTH, STRICT, wanted=lambda: LOOSE)
    made_by(archive, DEFAULT_RULES, "ada")
    assert archive.set_rules(NORTH, STRICT, wanted=lambda: STRICT)
    made_by(archive, STRICT, "ada")


def test_who_cannot_be_read_is_not_passed_over(tmp_path: Path) -> None:
    archive = NightArchive(tmp_path / "archive", PlainSeal())
    put(archive, "ada", range(4))
    path = archive.folder / NORTH / "people" / "ada.parquet"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(READ_ERRORS):
        archive.nights_by(NORTH, ["ada"], STRICT)


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"no_such_limit": 1}', '{"longest_in_bed_min": 0}', '{"bridge_min": "x"}']
)
def test_rules_that_cannot_be_used_are_the_defaults_and_it_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    archive = NightArchive(tmp_path / "archive", PlainSeal())
    put(archive, "ada", range(2))
    (archive.folder / NORTH / "rules.json").write_text(text)
    with caplog.at_level(logging.WARNING):
        assert archive.rules(NORTH) == DEFAULT_RULES
    assert "rules.json" in caplog.text
    archive.fold(NORTH)
    assert archive.statistics(NORTH)["valid"].all()


def test_tables_of_before_there_were_other_rules_are_of_the_defaults(tmp_path: Path) -> None:
    archive = NightArchive(tmp_path / "archive", PlainSeal())
    put(archive, "ada", range(2))
    archive.fold(NORTH)
    assert b'"rules"' not in (archive.folder / NORTH / "statistics.arrow").read_bytes()


def test_limits_have_one_tag_each() -> None:
    rules = [DEFAULT_RULES, STRICT, LOOSE, ValidNight(leave_out_travel=False), ValidNight(bridge_min=61)]
    assert len({each.tag for each in rules}) == len(rules)
    assert DEFAULT_RULES.tag == ""
    assert ValidNight(shortest_in_bed_min=600).tag == ValidNight(shortest_in_bed_min=600.0).tag
    for each in rules:
        assert ValidNight(**each.changed) == each  # type: ignore[arg-type]
