"""A research bundle reproduces every statistic of the archive, and under pseudonyms tells nobody who it is about."""

import io
import json
import logging
import re
import resource
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from analytics.cohort_period import cohort_period
from analytics.score import period_score
from analytics.stages import STAGE_NAMES
from analytics.transitions import transition_counts
from nocturne import bundles
from nocturne.access import Actor, NotAllowed, local_actor
from nocturne.application import Application
from nocturne.bundles import BundleRefused, BundleRun, BundleStopped, BundleWanted, make_bundle
from nocturne.engines import engine
from nocturne.erasure import erase_person
from nocturne.views import sleeper
from reports import bundle_files
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
from tests.nocturne.conftest import NIGHTS, UNTIL
from tests.reports.test_bundle import described_rightly

FIRST, LAST = UNTIL - timedelta(days=NIGHTS + 5), UNTIL + timedelta(days=1)
ROOT = Path(__file__).resolve().parents[2]


def wanted(application: Application, **changes: Any) -> BundleWanted:
    plain = BundleWanted(people=application.people(), label="everyone", first=FIRST, last=LAST)
    return replace(plain, **changes)


def made(application: Application, path: Path, **changes: Any) -> tuple[BundleRun, Opened]:
    actor = local_actor(application.organisation)
    run = make_bundle(application, actor, wanted(application, **changes), path)
    return run, opened(path)


@pytest.fixture
def kept(filled: Application) -> pd.DataFrame:
    """What the archive has of the people and the period."""
    nights = filled.archive.statistics(filled.organisation)
    return nights[nights["night"].between(pd.Timestamp(FIRST), pd.Timestamp(LAST))].reset_index(drop=True)


def test_nights_read_back_from_parquet_and_from_csv_as_the_archive_has_them(
    filled: Application, kept: pd.DataFrame, tmp_path: Path
) -> None:
    _, bundle = made(filled, tmp_path / "all.zip")
    same_nights(nights_from_parquet(bundle), kept)
    same_nights(nights_from_csv(bundle), kept)


def test_every_statistic_follows_from_the_epochs_alone(
    filled: Application, kept: pd.DataFrame, tmp_path: Path
) -> None:
    _, bundle = made(filled, tmp_path / "all.zip")
    same_statistics(statistics_from_parquet(bundle), kept)
    same_statistics(statistics_from_csv(bundle), kept)


def test_scores_regularity_and_the_cohort_s_figures_follow_from_the_nights_alone(
    filled: Application, kept: pd.DataFrame, tmp_path: Path
) -> None:
    _, bundle = made(filled, tmp_path / "all.zip")
    loaded = nights_from_parquet(bundle)
    first, rules = UNTIL - timedelta(days=6), filled.score_rules
    for person in filled.people():
        scores = [
            period_score(
                nights[nights["person_id"] == person.person_id],
                age_years=40,
                first=first,
                last=UNTIL,
                rules=rules,
            )
            for nights in (kept, loaded)
        ]
        assert repr(scores[0]) == repr(scores[1])
        assert scores[0].nights
    people = [sleeper(person) for person in filled.people()]
    ours, theirs = (
        cohort_period("All", people, nights, synced={}, first=first, last=UNTIL) for nights in (kept, loaded)
    )
    assert repr(ours.figures) == repr(theirs.figures)
    pd.testing.assert_frame_equal(ours.people, theirs.people, check_exact=True)
    assert any(figure.mean > 0 for figure in ours.figures.values()), "nothing was compared"


def test_epochs_begin_when_they_began_and_their_transitions_are_counted(
    filled: Application, kept: pd.DataFrame, tmp_path: Path
) -> None:
    _, bundle = made(filled, tmp_path / "all.zip")
    epochs, digits = bundle.parquet("epochs"), bundle.csv("epochs", parse_dates=["start_utc"])
    begun = epochs.groupby("session_id", observed=True)["start_utc"].first()
    assert begun.to_dict() == digits.set_index("session_id")["start_utc"].to_dict()
    starts = kept.set_index("session_id")["start"]
    assert begun.to_dict() == starts[begun.index.astype("str")].to_dict()
    step = epochs.groupby("session_id", observed=True)["start_utc"].diff().dt.total_seconds()
    rises = epochs.groupby("session_id", observed=True)["segment"].diff()
    assert (step[rises == 0] - 30).abs().max() < 30, "without a new segment less than one epoch is missing"
    counts = bundle.parquet("transitions")
    words = ["person_id", "session_id", "from_stage", "to_stage"]
    pd.testing.assert_frame_equal(
        counts.astype(dict.fromkeys(words, "str")), bundle.csv("transitions"), check_dtype=False
    )
    whole = kept[(kept["pieces"] == 1) & (kept["kind"] == "main") & (kept["basis"] == "stages")].iloc[0]
    stages = epochs[epochs["session_id"] == whole["session_id"]]["stage"].to_numpy()
    expected = transition_counts(stages, [0, len(stages)])[0]
    of_night = counts[counts["session_id"] == whole["session_id"]]
    found = {
        (row.from_stage, row.to_stage): row.count_
        for row in of_night.rename(columns={"count": "count_"}).itertuples()
    }
    assert found == {
        (STAGE_NAMES[one], STAGE_NAMES[other]): expected[one, other] for one in range(4) for other in range(4)
    }


def test_people_and_exclusions_say_who_and_why(
    filled: Application, kept: pd.DataFrame, tmp_path: Path
) -> None:
    _, bundle = made(filled, tmp_path / "all.zip")
    people = bundle.csv("people", keep_default_na=False).set_index("person_id")
    assert list(people.index) == sorted(person.person_id for person in filled.people())
    for person in filled.people():
        row = people.loc[person.person_id]
        assert (row["home_zone"], row["sex"], row["tags"]) == (person.zone, person.sex, ";".join(person.tags))
        assert str(row["birth_year"]).removesuffix(".0") == str(person.birth_year or "")
    out = bundle.parquet("exclusions")
    left = kept[~kept["valid"]]
    assert out["session_id"].tolist() == left["session_id"].tolist()
    assert len(out), "nobody's night was left out, so nothing was compared"
    assert all(code in reasons.split(";") for code, reasons in zip(out["code"], left["reasons"], strict=True))
    assert out["sentence"].str.endswith(".").all()


def test_the_method_says_the_numbers_that_can_be_counted_in_the_tables(
    filled: Application, kept: pd.DataFrame, tmp_path: Path
) -> None:
    _, bundle = made(filled, tmp_path / "all.zip")
    said, counts = bundle.text("methods.md"), bundle.json("provenance.json")["counts"]
    mains = kept[kept["valid"] & (kept["kind"] == "main")]
    recorded = kept.groupby("person_id", observed=True)["night"].nunique().sum()
    assert f"{len(mains)} of {recorded} were valid" in " ".join(said.split())
    assert f"Sleep of {len(filled.people())}\u00a0people" in said
    assert (counts["nights_valid"], counts["nights_recorded"]) == (len(mains), recorded)
    left = [int(number) for number in re.findall(r"^- (\d+): ", said, flags=re.MULTILINE)]
    assert sum(left) == recorded - len(mains)
    assert filled.score_rules.version in said
    assert counts["rows"]["nights.csv"] == len(kept)


def test_the_package_describes_what_is_in_it(filled: Application, tmp_path: Path) -> None:
    described_rightly(made(filled, tmp_path / "all.zip", hypnograms=True)[1])


# Pseudonyms


def canaries(application: Application) -> set[str]:
    known: set[str] = set()
    for person in application.people():
        sessions = application.archive.sessions(application.organisation, person.person_id)
        known |= {person.name, person.person_id, person.vendor_id, *sessions.columns["session_id"]}
        known |= {*person.tags, *(part for part in person.name.split() if len(part) > 3)}
    return known


def parquet_words(data: bytes) -> str:
    """Everything that is said in a Parquet file: its values, statistics, schema and what its writer noted."""
    file = pq.ParquetFile(io.BytesIO(data))
    groups = [file.metadata.row_group(n) for n in range(file.metadata.num_row_groups)]
    columns = [str(group.column(n).to_dict()) for group in groups for n in range(group.num_columns)]
    return " ".join(
        [str(file.metadata.metadata), str(file.schema_arrow), *columns, file.read().to_pandas().to_csv()]
    )


@pytest.mark.parametrize("label", ["everyone", "Canary's squad"])
def test_under_pseudonyms_no_name_and_no_id_is_anywhere(
    filled: Application, tmp_path: Path, label: str
) -> None:
    path = tmp_path / "hidden.zip"
    _, bundle = made(filled, path, pseudonyms=True, hypnograms=True, label=label)
    secret = filled.store.preferences.all(filled.organisation)["pseudonym_secret"].value
    said = {name: data.decode("latin-1") for name, data in bundle.members.items()}
    said |= {
        f"{name} read": parquet_words(data)
        for name, data in bundle.members.items()
        if name.endswith("parquet")
    }
    said["names"] = f"{bundle.folder} {list(bundle.members)}"
    said["the file itself"] = path.read_bytes().decode("latin-1")
    for canary in (*canaries(filled), secret):
        assert [name for name, text in said.items() if canary in text] == [], canary
    assert bundle.csv("people")["person_id"].is_monotonic_increasing, (
        "the order of names would tell something"
    )


def test_a_cohort_that_is_called_like_somebody_is_not_called_so_in_the_bundle(
    filled: Application, tmp_path: Path
) -> None:
    name = filled.people()[0].name
    _, bundle = made(filled, tmp_path / "a.zip", pseudonyms=True, label=f"{name.upper()}'s friends")
    assert bundle.folder.startswith("nocturne-bundle-cohort-")
    assert name.casefold() not in json.dumps(bundle.json("provenance.json")).casefold()
    _, bundle = made(filled, tmp_path / "b.zip", label="../Früh \u202e=1")
    assert re.fullmatch(r"nocturne-bundle-[A-Za-z0-9_-]+", bundle.folder)


def test_pseudonyms_change_nothing_but_ids_and_are_the_same_in_each_bundle(
    filled: Application, kept: pd.DataFrame, tmp_path: Path
) -> None:
    _, bundle = made(filled, tmp_path / "hidden.zip", pseudonyms=True)
    hidden = nights_from_parquet(bundle)
    ids = ["person_id", "session_id", "session_ids"]
    order = ["start", "tst_min"]
    pd.testing.assert_frame_equal(
        hidden.drop(columns=ids).sort_values(order, ignore_index=True),
        kept.drop(columns=ids).sort_values(order, ignore_index=True),
        check_dtype=False,
    )
    same_statistics(statistics_from_parquet(bundle), hidden)
    numbers = hidden["session_id"].str.extract(r"^(P-\w+)-(\d+)$")
    assert (numbers[0] == hidden["person_id"]).all()
    known = hidden["start"].notna()
    rising = numbers[1].astype(int)[known].groupby(hidden["person_id"][known]).is_monotonic_increasing
    assert rising.all()
    one = filled.people()[:1]
    _, later = made(
        filled, tmp_path / "one.zip", pseudonyms=True, people=one, first=UNTIL - timedelta(days=6)
    )
    part = nights_from_parquet(later)
    assert set(part["session_id"]) < set(hidden["session_id"]), "numbers are those of the whole archive"


def test_tags_are_in_a_pseudonymous_bundle_only_when_asked_for(filled: Application, tmp_path: Path) -> None:
    assert any(person.tags for person in filled.people())
    _, without = made(filled, tmp_path / "a.zip", pseudonyms=True)
    _, asked = made(filled, tmp_path / "b.zip", pseudonyms=True, tags=True)
    assert without.csv("people")["tags"].isna().all()
    assert asked.csv("people")["tags"].notna().any()
    assert "Tags** were left out" in without.text("README.md")


# Shapes


def test_without_epochs_there_are_nights_only(
    filled: Application, kept: pd.DataFrame, tmp_path: Path
) -> None:
    _, bundle = made(filled, tmp_path / "small.zip", epochs=False)
    assert not [name for name in bundle.members if "epochs" in name or "transitions" in name]
    same_nights(nights_from_parquet(bundle), kept)
    described_rightly(bundle)


def test_the_same_data_and_moment_give_the_same_bytes_on_every_engine(
    filled: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(filled, tmp_path / "one.zip", pseudonyms=True, hypnograms=True)
    processes = engine("processes", filled.organisation, filled.archive, workers=2)
    monkeypatch.setattr(bundles, "_PEOPLE_PER_BATCH", 2)
    try:
        made(replace(filled, engine=processes), tmp_path / "two.zip", pseudonyms=True, hypnograms=True)
    finally:
        processes.close()
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_row_groups_hold_whole_people(
    filled: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle_files, "_BYTES_AT_ONCE", 1)
    _, bundle = made(filled, tmp_path / "a.zip")
    file = pq.ParquetFile(io.BytesIO(bundle.members["epochs.parquet"]))
    groups = [
        file.read_row_group(n, ["person_id"])["person_id"].unique().to_pylist()
        for n in range(file.num_row_groups)
    ]
    assert [who for group in groups for who in group] == sorted(
        person.person_id for person in filled.people()
    )
    assert all(len(group) == 1 for group in groups)


def test_a_bundle_is_its_owner_s_alone_and_replaces_a_former_one(filled: Application, tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    path.write_bytes(b"old")
    made(filled, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir() if each.name != "data"] == ["all.zip"]


def test_who_cannot_be_read_is_named_and_the_others_are_in_it(filled: Application, tmp_path: Path) -> None:
    person = filled.people()[0]
    folder = filled.archive.folder / filled.organisation / "people"
    (folder / f"{person.person_id}.parquet").unlink()
    run, bundle = made(filled, tmp_path / "all.zip", pseudonyms=True)
    assert [failure.person_id for failure in run.failures] == [person.person_id]
    assert "`python -m nocturne verify` says more" in run.failures[0].reason
    assert len(bundle.csv("people")) == len(filled.people()) - 1
    (left,) = bundle.json("provenance.json")["unserved"]
    assert left.startswith("P-")
    assert "1\u00a0more person could not be read" in bundle.text("README.md")


# Bad input


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"people": ()}, "Nobody is in it"),
        ({"first": LAST, "last": FIRST}, "swap the two dates"),
        ({"last": LAST + timedelta(days=30)}, "a bundle is of nights that have been"),
        ({"first": date(2999, 1, 1), "last": date(2999, 1, 31)}, "a bundle is of nights that have been"),
        (
            {"first": date(2020, 1, 1), "last": date(2020, 1, 31)},
            "Nothing was recorded from 2020-01-01 to 2020-01-31",
        ),
        ({"epochs": False, "hypnograms": True}, "Hypnograms are made of the epochs"),
    ],
)
def test_what_cannot_be_made_is_refused_with_a_sentence_and_leaves_nothing(
    filled: Application, actor: Actor, tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(BundleRefused, match=sentence):
        make_bundle(filled, actor, wanted(filled, **changes), tmp_path / "a.zip")
    assert [each.name for each in tmp_path.iterdir()] == ["data"]


def test_who_is_erased_meanwhile_is_not_handed_out(filled: Application, actor: Actor, tmp_path: Path) -> None:
    people = filled.people()
    erase_person(filled, actor, people[0].person_id, at_vendor=False)
    with pytest.raises(BundleRefused, match="Somebody was erased while the bundle was being written"):
        make_bundle(filled, actor, wanted(filled, people=people), tmp_path / "a.zip")
    assert [each.name for each in tmp_path.iterdir()] == ["data"]


def test_a_place_that_is_none_is_refused(filled: Application, actor: Actor, tmp_path: Path) -> None:
    with pytest.raises(BundleRefused, match="is a folder; name a file in it"):
        make_bundle(filled, actor, wanted(filled), tmp_path)
    with pytest.raises(BundleRefused, match="There is no folder"):
        make_bundle(filled, actor, wanted(filled), tmp_path / "nowhere" / "a.zip")


def test_a_folder_that_cannot_be_written_is_left_as_it_was(filled: Application, actor: Actor) -> None:
    with pytest.raises(OSError, match="/proc"):
        make_bundle(filled, actor, wanted(filled), Path("/proc/bundle.zip"))


@pytest.mark.parametrize("room", [100, 3_000, 60_000, 150_000])
def test_a_disk_without_room_on_the_way_leaves_nothing(
    filled: Application, actor: Actor, tmp_path: Path, room: int
) -> None:
    path = tmp_path / "all.zip"
    path.write_bytes(b"old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))  # no file may grow larger
    try:
        with pytest.raises(OSError, match="File too large"):
            make_bundle(filled, actor, wanted(filled), path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["all.zip", "data"]
    assert path.read_bytes() == b"old"


def test_a_bundle_that_is_stopped_is_none(filled: Application, actor: Actor, tmp_path: Path) -> None:
    stop = Event()
    stop.set()
    with pytest.raises(BundleStopped):
        make_bundle(filled, actor, wanted(filled), tmp_path / "a.zip", cancel=stop)
    assert [each.name for each in tmp_path.iterdir()] == ["data"]


def test_who_may_not_make_reports_gets_no_bundle(filled: Application, tmp_path: Path) -> None:
    stranger = Actor(name="stranger", role="local", organisations=frozenset({"another"}))
    with pytest.raises(NotAllowed):
        make_bundle(filled, stranger, wanted(filled), tmp_path / "a.zip")


def test_it_is_logged_who_made_one_without_anybody_s_name(
    filled: Application, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="nocturne.bundles")
    made(filled, tmp_path / "a.zip")
    (record,) = [each for each in caplog.records if each.name == "nocturne.bundles"]
    said = record.getMessage()
    assert said == f"local made a bundle of {len(filled.people())} people from {FIRST} to {LAST}."


# Others read it


def test_yasa_reads_the_hypnograms_and_finds_the_same(filled: Application, tmp_path: Path) -> None:
    yasa = ROOT / ".venv-bench" / "bin" / "python"
    if not yasa.exists():
        pytest.skip("yasa is not installed here: `make bench` makes the environment that has it")
    _, bundle = made(filled, tmp_path / "a.zip", hypnograms=True)
    nights = bundle.parquet("nights")
    single = nights[(nights["pieces"] == 1) & (nights["basis"] == "stages") & (nights["kind"] == "main")]
    for session_id in single["session_id"]:
        (tmp_path / f"{session_id}.txt").write_bytes(bundle.members[f"hypnograms/{session_id}.txt"])
    read = (
        "import sys, json, pathlib, numpy as np, yasa\n"
        "print(json.dumps({p.stem: yasa.Hypnogram.from_integers(np.loadtxt(p, dtype=int), freq='30s')"
        ".sleep_statistics()['TST'] for p in pathlib.Path(sys.argv[1]).glob('*.txt')}))"
    )
    answer = subprocess.run([yasa, "-W", "ignore", "-c", read, tmp_path], check=True, capture_output=True)
    assert json.loads(answer.stdout) == single.set_index("session_id")["tst_min"].astype(float).to_dict()
    assert sys.version_info[:2] == (3, 11)
