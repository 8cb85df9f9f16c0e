"""A bundle of made-up people: what is said of its files is so, and what they say is what was handed in."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.ledger import exclusion_ledger
from analytics.night_epochs import night_epochs
from analytics.nights import NIGHT_COLUMNS, night_table
from analytics.rules import DEFAULT_RULES
from analytics.score import EVIDENCE
from analytics.sleeper import Sleeper
from reports.bundle import BundleAbout, BundlePart, NothingToHandOver, write_bundle
from reports.bundle_columns import OF_EPOCHS, OF_NIGHTS
from reports.definitions import definition
from reports.hypnogram_text import hypnogram_text
from tests.analytics.recordings import Recording, at, session_set
from tests.nocturne.bundling import (
    Opened,
    nights_from_csv,
    nights_from_parquet,
    opened,
    same_nights,
    same_statistics,
    statistics_from_csv,
    statistics_from_parquet,
)

MOMENT = datetime(2026, 3, 11, 18, 0, tzinfo=UTC)
ABOUT = BundleAbout(
    label="Rowers",
    first=date(2026, 2, 1),
    last=date(2026, 2, 28),
    made_at=MOMENT,
    score=EVIDENCE,
    nights=DEFAULT_RULES,
    software={"name": "nocturne", "version": "0.1.0"},
)
TYPES: dict[str, Callable[[str], object]] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": {"true": True, "false": False}.__getitem__,
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
}


def part(
    number: int = 0, *recordings: Recording, tags: tuple[str, ...] = (), zone: str = "UTC"
) -> BundlePart:
    sleeper = Sleeper(person_id=f"p_{number}", name="Nobody", zone=zone, tags=tags)
    sessions = session_set(recordings)
    nights = night_table(sessions, zone=zone)
    narrow = {name: "float32" for name, dtype in NIGHT_COLUMNS.items() if dtype == "float64"}
    epochs = night_epochs(sessions, zone=zone)
    return BundlePart(
        sleeper=sleeper,
        nights=nights.astype(narrow),
        epochs=epochs,
        transitions=epochs.transitions(),
        ledger=exclusion_ledger(nights.assign(person_id=sleeper.person_id)),
    )


def night(day: int, **changes: Any) -> Recording:
    return Recording(start=at(f"2026-02-{day:02d} 23:00"), **changes)


def described_rightly(bundle: Opened) -> None:
    """The descriptor is a tabular data package (version 1), and every cell of the CSV files is of the type it says."""
    package = bundle.json("datapackage.json")
    assert package["profile"] == "tabular-data-package"
    assert set(package["name"]) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.")
    names = {resource["name"] for resource in package["resources"]}
    assert {"people", "nights", "exclusions"} <= names
    for resource in package["resources"]:
        assert resource["profile"] == "tabular-data-resource"
        assert resource["bytes"] == len(bundle.members[resource["path"]])
        schema = resource["schema"]
        rows = bundle.csv(resource["name"], dtype="str", keep_default_na=False)
        assert list(rows) == [field["name"] for field in schema["fields"]]
        assert not rows.duplicated(schema["primaryKey"]).any(), resource["name"]
        for field in schema["fields"]:
            assert field["description"] == definition(field["name"])
            cells = {cell for cell in rows[field["name"]] if cell not in schema["missingValues"]}
            for cell in cells:
                TYPES[field["type"]](cell)
        for key in schema.get("foreignKeys", []):
            assert key["reference"]["resource"] in names
            assert set(rows[key["fields"][0]]) <= set(bundle.csv("people")["person_id"])
    for listed in package["nocturne:parquet"]:
        columns = [field["name"] for field in listed["fields"]]
        assert columns == list(bundle.parquet(listed["path"].removesuffix(".parquet")))
    told = bundle.csv("dictionary")
    assert told["description"].str.len().min() > 8
    assert set(told["file"]) >= {f"{name}.csv" for name in names}


@pytest.mark.parametrize(
    "column", sorted({each.name for table in (*OF_NIGHTS, *OF_EPOCHS) for each in table.columns})
)
def test_every_column_has_its_sentence_in_the_definitions(column: str) -> None:
    assert definition(column).endswith(".")


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("tst_min", "minutes"),
        ("se_pct", "percent"),
        ("start_clock_h", "hours after midnight, local time"),
        ("sfi_per_h", "per hour"),
        ("missing_share", "share, 0 to 1"),
        ("awakenings", ""),
    ],
)
def test_a_unit_is_told_of_whatever_has_one(name: str, unit: str) -> None:
    (column,) = [each for each in OF_NIGHTS[1].columns if each.name == name]
    assert column.unit == unit


def test_hostile_words_stay_words(tmp_path: Path) -> None:
    tags = ("=1+1", 'a,"b"', "ü\u202e😀", "x" * 60)
    hostile = part(1, night(1, session_id="=cmd|' /C calc'!A0"), tags=tags, zone="Europe/Berlin")
    write_bundle(tmp_path / "a.zip", ABOUT, [hostile])
    bundle = opened(tmp_path / "a.zip")
    described_rightly(bundle)
    assert bundle.parquet("people")["tags"][0] == ";".join(tags)
    assert bundle.csv("people")["tags"][0] == "'" + ";".join(tags)
    assert bundle.csv("nights")["session_id"][0].startswith("'=")
    assert bundle.parquet("epochs")["session_id"].unique().tolist() == ["=cmd|' /C calc'!A0"]


def test_what_is_not_known_is_empty_and_never_zero(tmp_path: Path) -> None:
    never = part(1, night(1, stages=((0, 800),)), night(2))
    write_bundle(tmp_path / "a.zip", ABOUT, [never])
    bundle = opened(tmp_path / "a.zip")
    for nights in (bundle.csv("nights"), bundle.parquet("nights")):
        assert nights["tst_min"].isna().tolist() == [True, False]
        assert nights["onset"].isna().tolist() == [True, False]
    assert len(bundle.csv("epochs")) == 1
    assert bundle.csv("exclusions")["code"].tolist() == ["NEVER_SLEPT"]


def test_unknown_epochs_are_nines_in_the_digits_and_minus_one_in_the_rows(tmp_path: Path) -> None:
    lost = part(1, night(1, stages=((-1, 3), (0, 2), (1, 500), (2, 100), (3, 100))))
    write_bundle(tmp_path / "a.zip", replace(ABOUT, hypnograms=True), [lost])
    bundle = opened(tmp_path / "a.zip")
    (digits,) = bundle.csv("epochs", dtype={"stages": "str"})["stages"]
    assert digits == "999" + "00" + "1" * 500 + "2" * 100 + "3" * 100
    assert (
        bundle.parquet("epochs")["stage"].tolist() == [-1] * 3 + [0] * 2 + [1] * 500 + [2] * 100 + [3] * 100
    )
    (name,) = [each for each in bundle.members if each.startswith("hypnograms/")]
    lines = bundle.text(name).splitlines()
    assert lines == ["-2"] * 3 + ["0"] * 2 + ["2"] * 500 + ["3"] * 100 + ["4"] * 100
    assert bundle.json("provenance.json")["counts"]["hypnograms"] == 1


def test_statistics_of_a_sleep_of_several_recordings_follow_from_either_file(tmp_path: Path) -> None:
    pieces = (
        Recording(start=at("2026-02-10 23:00"), stages=((0, 10), (1, 6))),
        Recording(start=at("2026-02-10 23:30"), stages=((1, 12), (0, 1), (2, 700))),
        Recording(start=at("2026-02-11 05:40:20"), stages=((0, 3), (3, 90))),
    )
    broken = part(1, *pieces, night(12))
    assert broken.nights["pieces"].tolist() == [3, 1]
    write_bundle(tmp_path / "a.zip", ABOUT, [broken])
    bundle = opened(tmp_path / "a.zip")
    for nights in (nights_from_parquet(bundle), nights_from_csv(bundle)):
        same_nights(nights, broken.nights.assign(person_id="p_1"))
        same_statistics(statistics_from_parquet(bundle), nights)
        same_statistics(statistics_from_csv(bundle), nights)
    row = bundle.csv("epochs").iloc[0]
    assert row["piece_first_epochs"] == "0;16;729"
    assert row["piece_segments"] == "0;1;2"
    assert row["piece_starts_utc"] == "2026-02-10T23:00:00Z;2026-02-10T23:30:00Z;2026-02-11T05:40:20Z"


def test_a_hypnogram_of_nothing_is_nothing() -> None:
    assert hypnogram_text("") == b""


def test_somebody_without_a_night_is_among_the_people(tmp_path: Path) -> None:
    written = write_bundle(tmp_path / "a.zip", ABOUT, [part(1), part(2, night(1))])
    bundle = opened(tmp_path / "a.zip")
    assert bundle.csv("people")["person_id"].tolist() == ["p_1", "p_2"]
    assert (written.people, written.valid_nights, written.size) == (2, 1, (tmp_path / "a.zip").stat().st_size)
    assert "from 1 of 2 people" in " ".join(bundle.text("methods.md").split())


def test_of_nothing_no_bundle_is_written(tmp_path: Path) -> None:
    with pytest.raises(NothingToHandOver):
        write_bundle(tmp_path / "a.zip", ABOUT, [part(1)])
    assert list(tmp_path.iterdir()) == []


def test_a_fault_on_the_way_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Any:
        yield part(1, night(1))
        raise RuntimeError("the archive went away")

    with pytest.raises(RuntimeError, match="went away"):
        write_bundle(tmp_path / "a.zip", ABOUT, broken())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("year", [1970, 2150])
def test_a_clock_that_is_wrong_by_years_keeps_nobody_from_a_bundle(tmp_path: Path, year: int) -> None:
    write_bundle(tmp_path / "a.zip", replace(ABOUT, made_at=MOMENT.replace(year=year)), [part(1, night(1))])
    assert opened(tmp_path / "a.zip").json("provenance.json")["made_at"].startswith(str(year))


def test_what_contradicts_itself_is_no_bundle() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        replace(ABOUT, first=date(2026, 3, 1))
    with pytest.raises(ValueError, match="hypnograms are epochs"):
        replace(ABOUT, epochs=False, hypnograms=True)


def test_readme_and_methods_speak_of_this_bundle(tmp_path: Path) -> None:
    short = night(2, stages=((1, 200),))
    write_bundle(tmp_path / "a.zip", ABOUT, [part(1, night(1), short)], unserved=lambda: ("p_9", "p_8"))
    bundle = opened(tmp_path / "a.zip")
    read_me, said = bundle.text("README.md"), " ".join(bundle.text("methods.md").split())
    assert "1 person, 2 sleeps." in read_me.replace("\u00a0", " ")
    assert "The nights of 2\u00a0more people could not be read" in read_me
    assert "1 of 2 were valid, from 1 of 1 people" in said
    assert "1 night was left out" in said.replace("\u00a0", " ")
    assert "- 1: The recording is too short to stand for a night. (`TIME_IN_BED_SHORT`)" in bundle.text(
        "methods.md"
    )
    assert "0.1.0" in said
    assert "hypnograms/" not in read_me
    for text in (read_me, bundle.text("methods.md")):
        assert not {"{{", "{%", "}}", "%}"} & set(text.split())
        assert "nan" not in text.split()


def test_python_lines_of_the_readme_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_bundle(tmp_path / "a.zip", ABOUT, [part(1, night(1)), part(2, night(1), night(2))])
    bundle = opened(tmp_path / "a.zip")
    for name, data in bundle.members.items():
        (tmp_path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    code = bundle.text("README.md").split("```python\n")[1].split("```")[0]
    found: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), found)  # noqa: S102 - our own lines, which strangers will run
    assert len(found["counted"]) == 3
    assert found["one"]["person_id"].unique().tolist() == ["p_1"]
    assert isinstance(found["nights"]["night"].dtype, np.dtype)
    assert pd.api.types.is_datetime64_dtype(found["nights"]["night"])
