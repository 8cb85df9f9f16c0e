"""`bundle` on the command line: a file for a statistician, or a sentence that says what to write instead."""

import stat
from pathlib import Path

import pytest

from asleep.simulator.server import Running
from nocturne.__main__ import main
from nocturne.application import Application
from tests.nocturne.bundling import opened

PERIOD = ["--from", "2026-02-01", "--to", "2026-03-10"]


@pytest.fixture
def installation(
    filled: Application, simulator: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Application:
    """People with nights, found by the command line."""
    monkeypatch.setenv("ASLEEP_API_KEY", simulator.api_key)
    monkeypatch.setenv("ASLEEP_BASE_URL", simulator.address)
    monkeypatch.setenv("NOCTURNE_DATA_DIR", str(tmp_path / "data"))
    return filled


def test_everybody_s_nights_are_one_file(
    installation: Application, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "all.zip"
    assert main(["bundle", "--people", "all", *PERIOD, "--out", str(out)]) == 0
    said = capsys.readouterr()
    people = len(installation.people())
    assert said.out.startswith(f"Wrote {out}: {people} people, ")
    assert "\u00a0" not in said.out
    bundle = opened(out)
    assert bundle.folder == "nocturne-bundle-everyone-2026-02-01-2026-03-10"
    assert len(bundle.csv("people")) == people
    assert "epochs.parquet" in bundle.members


def test_a_cohort_under_pseudonyms_without_epochs(
    installation: Application, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, *_ = (person.person_id for person in installation.people())
    assert main(["cohorts", "add", "Night owls", "--people", f"{first},{second}"]) == 0
    out = tmp_path / "owls.zip"
    wanted = ["--people", "cohort:Night owls", "--pseudonyms", "--without-epochs"]
    assert main(["bundle", *wanted, *PERIOD, "--out", str(out)]) == 0
    bundle = opened(out)
    assert bundle.folder.startswith("nocturne-bundle-Night-owls-")
    assert bundle.csv("people")["person_id"].str.startswith("P-").tolist() == [True, True]
    assert not [name for name in bundle.members if "epochs" in name]
    query = bundle.json("provenance.json")["query"]
    assert (query["who"], query["people_asked_for"], query["tags"]) == ("Night owls", 2, False)
    assert main(["bundle", *wanted, "--with-tags", *PERIOD, "--out", str(out)]) == 0
    assert opened(out).json("provenance.json")["query"]["tags"] is True


def test_one_person_by_id_with_hypnograms(installation: Application, tmp_path: Path) -> None:
    out = tmp_path / "one.zip"
    person_id = installation.people()[0].person_id
    assert main(["bundle", "--people", person_id, "--hypnograms", *PERIOD, "--out", str(out)]) == 0
    bundle = opened(out)
    assert bundle.folder.startswith("nocturne-bundle-people-")
    hypnograms = [name for name in bundle.members if name.startswith("hypnograms/")]
    assert len(hypnograms) == len(bundle.csv("epochs"))


def test_who_cannot_be_read_is_named_and_the_status_says_so(
    installation: Application, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    person = installation.people()[0]
    folder = installation.archive.folder / installation.organisation / "people"
    (folder / f"{person.person_id}.parquet").write_bytes(b"torn")
    assert main(["bundle", *PERIOD, "--out", str(tmp_path / "all.zip")]) in {0, 1}
    said = capsys.readouterr()
    bundle = opened(tmp_path / "all.zip")
    assert (person.name in said.err) == (person.person_id not in set(bundle.csv("people")["person_id"]))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--from", "2026-03-10", "--to", "2026-02-01"], "swap the two dates"),
        (["--from", "2026-03-10", "--to", "2099-02-01"], "a bundle is of nights that have been"),
        (["--from", "2010-01-01", "--to", "2010-02-01"], "there is nothing to hand over"),
        (["--people", "p_nobody", *PERIOD], "p_nobody"),
        (["--people", "cohort:Nobody", *PERIOD], "no cohort 'Nobody'"),
        (["--people", ",", *PERIOD], "takes ids separated by commas"),
        (["--without-epochs", "--hypnograms", *PERIOD], "ask for both, or for neither"),
        (["--out", "/nowhere/at/all.zip", *PERIOD], "There is no folder /nowhere/at"),
        (["--out", "/proc/all.zip", *PERIOD], "/proc/all.zip cannot be written"),
        (["--out", "/", *PERIOD], "/ is a folder"),
    ],
)
def test_what_is_asked_wrongly_is_a_sentence_and_leaves_nothing(
    installation: Application,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    sentence: str,
) -> None:
    out = [] if "--out" in arguments else ["--out", str(tmp_path / "a.zip")]
    assert main(["bundle", *arguments, *out]) == 2
    said = capsys.readouterr()
    assert sentence in said.err
    assert "Traceback" not in said.err
    assert not said.out
    assert [each.name for each in tmp_path.iterdir()] == ["data"]


def test_nobody_on_the_roster_is_told_how_somebody_comes_there(
    application: Application,
    simulator: Running,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ASLEEP_API_KEY", simulator.api_key)
    monkeypatch.setenv("ASLEEP_BASE_URL", simulator.address)
    monkeypatch.setenv("NOCTURNE_DATA_DIR", str(application.settings.folder))
    assert main(["bundle", *PERIOD, "--out", str(tmp_path / "a.zip")]) == 2
    assert "Nobody is on the roster yet" in capsys.readouterr().err


def test_dates_that_are_none_are_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["bundle", "--from", "yesterday", "--to", "2026-03-10", "--out", "a.zip"])
    assert ended.value.code == 2
    assert "takes a date like 2026-02-11" in capsys.readouterr().err


def test_a_file_that_was_there_is_replaced_and_private(installation: Application, tmp_path: Path) -> None:
    out = tmp_path / "all.zip"
    out.write_bytes(b"old")
    out.chmod(0o644)
    assert main(["bundle", *PERIOD, "--without-epochs", "--out", str(out)]) == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
