"""The command line as an operator uses it: words on the right stream, and the three exit statuses."""

import asyncio
import json
import re
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import streamlit_app
from asleep.simulator.server import Running
from nocturne.__main__ import main
from tests.nocturne.conftest import roster_csv
from tests.serving import ROOT, clean_environment, free_port


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, simulator: Running) -> None:
    monkeypatch.setenv("ASLEEP_API_KEY", simulator.api_key)
    monkeypatch.setenv("ASLEEP_BASE_URL", simulator.address)
    monkeypatch.setenv("NOCTURNE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("NOCTURNE_RATE_LIMIT_PER_SECOND", "1000")


@pytest.fixture
def roster(tmp_path: Path, simulator: Running) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(roster_csv(simulator), encoding="utf-8")
    return path


def test_from_a_roster_to_reports(
    roster: Path, tmp_path: Path, simulator: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["people", "import", str(roster)]) == 0
    assert f"{len(simulator.world.people)} added" in capsys.readouterr().out
    assert main(["sync", "--days", "400"]) == 0
    assert (
        f"{len(simulator.world.people)} of {len(simulator.world.people)} people done"
        in capsys.readouterr().out
    )
    assert main(["status"]) == 0
    assert "valid nights" in capsys.readouterr().out
    out = tmp_path / "reports"
    assert main(["report", "weekly", "--people", "all", "--ending", "2026-03-11", "--out", str(out)]) == 0
    names = sorted(path.name for path in out.iterdir())
    assert len(names) == len(simulator.world.people)
    assert {Path(name).suffix for name in names} == {".pdf"}
    assert all(person.name.split()[0] not in name for person in simulator.world.people for name in names)
    assert capsys.readouterr().out.count(str(out)) == len(names)


def test_a_cohort_has_one_report_and_everybodys_come_as_one_zip(
    roster: Path, tmp_path: Path, simulator: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["people", "import", str(roster)])
    main(["sync", "--days", "400"])
    capsys.readouterr()
    out = tmp_path / "reports"
    asked = [
        "report",
        "monthly",
        "--cohort",
        "everyone",
        "--ending",
        "2026-03-10",
        "--format",
        "pdf,html,xlsx",
    ]
    assert main([*asked, "--out", str(out)]) == 0
    assert sorted(path.name for path in out.iterdir()) == [
        f"monthly-cohort-Everyone-2026-03-10.{ending}" for ending in ("html", "pdf", "xlsx")
    ]
    whole = tmp_path / "all.zip"
    assert (
        main(["report", "weekly", "--ending", "2026-03-10", "--format", "pdf,html", "--out", str(whole)]) == 0
    )
    with zipfile.ZipFile(whole) as found:
        assert found.testzip() is None
        names = found.namelist()
    assert len(names) == 2 * len(simulator.world.people) + 1
    assert "all/plotly.min.js" in names
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_pseudonyms_reach_names_of_files_and_all_that_is_in_them(
    roster: Path, tmp_path: Path, simulator: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["people", "import", str(roster)])
    main(["sync", "--days", "400"])
    capsys.readouterr()
    asked = ["--ending", "2026-03-10", "--format", "html,xlsx,csv", "--pseudonyms"]
    assert main(["report", "weekly", *asked, "--out", str(tmp_path / "each")]) == 0
    assert main(["report", "weekly", "--cohort", "everyone", *asked, "--out", str(tmp_path / "all")]) == 0
    assert main(["people", "list"]) == 0
    ids = re.findall(r"p_[a-z2-7]{12}", capsys.readouterr().out)
    assert len(ids) >= len(simulator.world.people)
    sessions = [
        each.id for person in simulator.world.people for each in simulator.world.diary.sessions(person)
    ]
    known = [*ids, *sessions]
    for person in simulator.world.people:
        known += [person.name, person.user_id]
    assert len(known) > 100
    for path in [*(tmp_path / "each").iterdir(), *(tmp_path / "all").iterdir()]:
        if path.name == "plotly.min.js":
            continue
        text = path.name + text_of(path)
        assert not [each for each in known if each in text], path.name


def text_of(path: Path) -> str:
    if path.suffix != ".xlsx":
        return path.read_text(encoding="utf-8")
    with zipfile.ZipFile(path) as found:
        return "".join(found.read(name).decode("utf-8") for name in found.namelist())


@pytest.mark.parametrize("out", ["file.txt/reports", "nowhere/all.zip"])
def test_a_place_that_cannot_be_written_is_said(
    roster: Path, tmp_path: Path, out: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["people", "import", str(roster)])
    (tmp_path / "file.txt").write_text("a file", encoding="utf-8")
    assert main(["report", "weekly", "--out", str(tmp_path / out)]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_the_archive_is_verified_harmed_repaired_and_brought_back(
    roster: Path, tmp_path: Path, simulator: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["people", "import", str(roster)])
    main(["sync", "--days", "400"])
    capsys.readouterr()
    count = len(simulator.world.people)
    assert main(["verify"]) == 0
    assert capsys.readouterr().out == f"All is well with what is kept of {count} people.\n"
    assert main(["status"]) == 0
    assert f"in archive    {count} people, " in capsys.readouterr().out
    people = tmp_path / "data" / "archive" / "main" / "people"
    harmed, copied, *_ = sorted(people.iterdir())
    harmed.write_bytes(b"rubbish")
    (people / "p_stranger.parquet").write_bytes(copied.read_bytes())
    assert main(["verify", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["all_well"], told["people"], told["done"]) == (False, count + 1, [])
    kinds = {(finding["kind"], finding["person_id"]) for finding in told["findings"]}
    assert kinds >= {("damaged", harmed.stem), ("not on the roster", "p_stranger")}
    assert main(["repair"]) == 1
    said = capsys.readouterr().out
    assert f"Set {harmed.name} aside" in said
    assert "2 to be seen to" in said
    (people / "p_stranger.parquet").unlink()
    main(["sync", "--days", "400"])
    capsys.readouterr()
    assert main(["repair", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["all_well"]
    assert told["done"][0].startswith(f"Deleted {harmed.name}.damaged")
    assert main(["verify"]) == 0


def test_a_long_synchronisation_says_how_far_it_is_and_a_short_one_does_not(
    roster: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["people", "import", str(roster)])
    assert main(["sync", "--days", "2"]) == 0
    assert not capsys.readouterr().err
    monkeypatch.setenv("NOCTURNE_RATE_LIMIT_PER_SECOND", "35")
    assert main(["sync", "--days", "400"]) == 0
    said = capsys.readouterr()
    assert re.search(r"^\d+ of \d+ sessions of 6 people brought\.$", said.err, flags=re.MULTILINE)
    assert len(said.out.splitlines()) == 1


def test_a_person_is_added_and_listed(capsys: pytest.CaptureFixture[str]) -> None:
    facts = ("--birth-year", "1988", "--sex", "female", "--tags", "A;B")
    assert main(["people", "add", "G-1", "--name", "Noa K.", "--zone", "Europe/Berlin", *facts]) == 0
    assert main(["people", "list"]) == 0
    assert "G-1\tNoa K.\tEurope/Berlin\t1988\tfemale\tA;B" in capsys.readouterr().out


def test_rows_that_are_refused_make_it_done_in_part(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "people.csv"
    path.write_text("vendor_id,name,zone\nG-1,Noa,UTC\nG-2,Yusuf,Nowhere\n")
    assert main(["people", "import", str(path)]) == 1
    said = capsys.readouterr()
    assert "Line 3" in said.err
    assert "1 added" in said.out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["people", "import", "no-such-file.csv"], "cannot be read"),
        (["sync"], "Nobody is on the roster"),
        (["report", "weekly", "--people", "p_nobody", "--out", "x"], "p_nobody"),
        (["report", "weekly", "--people", "cohort:Nobody", "--out", "x"], "no cohort 'Nobody'"),
        (["report", "weekly", "--people", ",", "--out", "x"], "takes ids separated by commas"),
        (["report", "monthly", "--cohort", "Nobody", "--out", "x"], "no cohort 'Nobody'"),
        (["report", "monthly", "--ending", "2099-01-31", "--out", "x"], "that is in the future"),
        (["people", "add", "G-1", "--name", "Noa", "--zone", "Mars/Olympus"], "Mars/Olympus"),
    ],
)
def test_what_is_asked_wrongly_is_answered_with_a_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "arguments",
    [
        ["report", "weekly", "--format", "docx", "--out", "x"],
        ["report", "weekly", "--format", "", "--out", "x"],
        ["report", "weekly", "--ending", "soon", "--out", "x"],
    ],
)
def test_an_unusable_argument_ends_with_status_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert "takes" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["report", "weekly", "--paper", "a5", "--out", "x"], "choose from"),
        (["report", "daily", "--out", "x"], "choose from"),
        (["report", "weekly", "--people", "all", "--cohort", "everyone", "--out", "x"], "not allowed with"),
        (["report", "weekly"], "required: --out"),
    ],
)
def test_a_report_that_there_is_not_ends_with_status_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_an_address_that_does_not_answer_is_done_in_part(
    roster: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["people", "import", str(roster)])
    monkeypatch.setenv("ASLEEP_BASE_URL", f"http://127.0.0.1:{free_port()}")
    assert main(["sync"]) == 1
    said = capsys.readouterr()
    assert "0 of " in said.out
    assert "Traceback" not in said.err


def test_a_wrong_key_says_what_to_do_and_never_the_key(
    roster: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["people", "import", str(roster)])
    monkeypatch.setenv("ASLEEP_API_KEY", "a-wrong-key-0123456789")
    assert main(["sync"]) == 1
    said = capsys.readouterr()
    assert "ASLEEP_API_KEY" in said.err
    assert "a-wrong-key" not in said.err + said.out


def test_settings_that_contradict_each_other_end_with_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NOCTURNE_ENVIRONMENT", "demo")
    assert main(["status"]) == 2
    assert "Unset one of the two" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("foo", "NOCTURNE_DATABASE_URL cannot be read."),
        ("mysql://someone:secret@host/name", "NOCTURNE_DATABASE_URL names mysql"),
        ("sqlite://", "in memory would be lost"),
        ("postgresql+nosuch://someone:secret@host/name", "NOCTURNE_DATABASE_URL cannot be read."),
    ],
)
def test_a_database_of_no_known_kind_is_asked_wrongly(
    address: str, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NOCTURNE_DATABASE_URL", address)
    assert main(["status"]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert "sqlite:///path/to/file.db" in said
    assert "secret" not in said


def test_a_misspelt_variable_is_named_once(
    tmp_path: Path,
) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "nocturne", "status"],
        cwd=ROOT,
        env=clean_environment({"NOCTURNE_SYNC_DAY": "4", "NOCTURNE_DATA_DIR": str(tmp_path)}),
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = found.stderr.splitlines()
    assert line.startswith("NOCTURNE_SYNC_DAY is not a setting")
    assert "did you mean NOCTURNE_SYNC_DAYS?" in line


def test_the_demo_needs_no_key(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ASLEEP_API_KEY")
    monkeypatch.delenv("ASLEEP_BASE_URL")
    monkeypatch.setenv("NOCTURNE_DEMO_PEOPLE", "3")
    monkeypatch.setenv("NOCTURNE_DEMO_NIGHTS", "5")
    assert main(["sync"]) == 0
    assert "3 of 3 people done" in capsys.readouterr().out
    assert (tmp_path / "data" / "demo").is_dir()
    assert main(["people", "list"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert len(listed) == 3
    assert main(["erase", listed[0].split("\t")[0], "--yes"]) == 0
    assert "come back with the next command" in capsys.readouterr().out
    (tmp_path / "taken").touch()
    assert main(["report", "weekly", "--out", str(tmp_path / "taken")]) == 2
    assert "is a file; name a folder" in capsys.readouterr().err


def test_whoever_reads_the_first_lines_only_is_no_fault(roster: Path) -> None:
    main(["people", "import", str(roster)])
    command = [sys.executable, "-m", "nocturne", "people", "list"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 0


def test_a_real_person_does_not_end_in_the_demo(
    monkeypatch: pytest.MonkeyPatch, roster: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ASLEEP_API_KEY")
    monkeypatch.delenv("ASLEEP_BASE_URL")
    assert main(["people", "import", str(roster)]) == 2
    assert main(["people", "add", "G-1", "--name", "Noa", "--zone", "UTC"]) == 2
    assert "Set ASLEEP_API_KEY" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["status"], ["sync"], ["worker"], ["inbox", "dead"]])
@pytest.mark.parametrize("key", [True, False])
def test_a_data_folder_that_cannot_be_used_is_a_sentence_that_names_the_setting(
    command: list[str], *, key: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if not key:
        monkeypatch.delenv("ASLEEP_API_KEY")
        monkeypatch.delenv("ASLEEP_BASE_URL")
    monkeypatch.setenv("NOCTURNE_DATA_DIR", "/proc/nocturne")
    assert main(command) == 2
    said = capsys.readouterr().err
    assert said.startswith("The data folder /proc/nocturne cannot be used: No such file or directory")
    assert "NOCTURNE_DATA_DIR" in said


def test_a_file_in_the_place_of_the_data_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").write_text("a letter")
    monkeypatch.setenv("NOCTURNE_DATA_DIR", str(tmp_path / "taken"))
    assert main(["status"]) == 2
    assert f"{tmp_path / 'taken'} cannot be used: a file has its place. " in capsys.readouterr().err


def test_the_same_complaint_is_made_once_for_all(
    roster: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["people", "import", str(roster)])
    capsys.readouterr()
    monkeypatch.setenv("ASLEEP_BASE_URL", f"http://127.0.0.1:{free_port()}")
    assert main(["sync"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    monkeypatch.setenv("NOCTURNE_DATABASE_URL", f"sqlite:///{roster}/nocturne.sqlite3")
    assert main(["status"]) == 1
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert said.strip()


def test_dask_that_is_not_installed_is_asked_wrongly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NOCTURNE_DASK_SCHEDULER", "tcp://127.0.0.1:8786")
    monkeypatch.delitem(sys.modules, "nocturne.dask_cluster", raising=False)
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["status"]) == 2
    assert capsys.readouterr().err.startswith(
        "NOCTURNE_DASK_SCHEDULER is set, but dask is not installed here."
    )


def dashboard_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The dashboard's launcher ends with status 2 before it serves."""

    def ends(status: int) -> None:
        raise SystemExit(status)

    async def started() -> None:
        async with streamlit_app.lifespan(streamlit_app.app):
            pass

    monkeypatch.setattr(streamlit_app, "refuse_open_address", lambda _: None)
    monkeypatch.setattr("os._exit", ends)
    # In a thread of its own: the browser of other tests keeps an event loop in this one.
    with ThreadPoolExecutor(1) as thread, pytest.raises(SystemExit) as ended:
        thread.submit(asyncio.run, started()).result()
    assert ended.value.code == 2


def test_the_dashboard_ends_with_a_sentence_where_dask_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NOCTURNE_DASK_SCHEDULER", "tcp://127.0.0.1:8786")
    monkeypatch.delitem(sys.modules, "nocturne.dask_cluster", raising=False)
    monkeypatch.setitem(sys.modules, "distributed", None)
    dashboard_refused(monkeypatch)
    said = capsys.readouterr().err
    assert "Nocturne cannot start. NOCTURNE_DASK_SCHEDULER is set, but dask is not installed here." in said


def test_the_dashboard_ends_with_a_sentence_where_its_data_folder_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NOCTURNE_DATA_DIR", "/proc/nocturne")
    dashboard_refused(monkeypatch)
    said = capsys.readouterr().err
    assert "Nocturne cannot start. The data folder /proc/nocturne cannot be used: No such file" in said
