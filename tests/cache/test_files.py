"""Files come to be whole or not at all, private, and in one way only."""

import ast
import multiprocessing
import os
import stat
import threading
from pathlib import Path

import pytest

from cache import files
from cache.files import (
    exclusively,
    exclusively_if_free,
    overwrite,
    private_folder,
    safe_id,
    set_aside,
    write_atomically,
)
from cache.seal import PlainSeal, SealBroken, Sealed
from tests.cache.samples import MirrorSeal

CACHE = Path(files.__file__).parent
WRITERS = {
    "write_bytes",
    "write_text",
    "write_table",
    "write_feather",
    "new_file",
    "ParquetWriter",
    "fdopen",
    "mkstemp",
    "open_file_writer",
}


def calls_of(tree: ast.AST) -> list[tuple[str, ast.Call]]:
    named = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            named.append((name, node))
    return named


def writes(name: str, call: ast.Call) -> bool:
    constants = [
        a.value for a in (*call.args, *(k.value for k in call.keywords)) if isinstance(a, ast.Constant)
    ]
    opens_to_write = name == "open" and any(
        isinstance(value, str) and set(value) <= set("rwxab+t") and set(value) & set("wxa+")
        for value in constants
    )
    # Arrow's writers may also write into memory; what is called a sink is memory, which the next test holds them to.
    into_memory = any(isinstance(argument, ast.Name) and argument.id == "sink" for argument in call.args)
    return (name in WRITERS and not into_memory) or opens_to_write


def test_only_the_functions_of_files_write_files() -> None:
    found = set()
    for module in CACHE.glob("*.py"):
        tree = ast.parse(module.read_text())
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef) and any(writes(*call) for call in calls_of(function)):
                found.add((module.name, function.name))
    assert found == {("files.py", "write_atomically"), ("files.py", "overwrite")}


def test_what_is_called_a_sink_is_memory() -> None:
    made_of = set()
    for module in CACHE.glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Assign) and any(ast.unparse(target) == "sink" for target in node.targets):
                made_of.add(ast.unparse(node.value))
    assert made_of == {"pa.BufferOutputStream()"}


@pytest.mark.parametrize(
    "source",
    ["open(p, 'wb')", "p.open('a')", "p.write_text('x')", "pq.write_table(t, p)", "io.open(p, mode='x')"],
)
def test_the_search_for_writers_finds_one(source: str) -> None:
    assert any(writes(*call) for call in calls_of(ast.parse(source)))


def test_a_written_file_is_private_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "nights"
    write_atomically(path, Sealed(b"first"))
    write_atomically(path, Sealed(b"second"))
    assert path.read_bytes() == b"second"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_the_bytes_are_on_the_disk_before_the_name_and_the_name_before_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, events = tmp_path / "nights", list[str]()
    fsync = os.fsync

    def noted(handle: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "bytes"
        events.append(f"{kind}, named: {path.exists()}")
        fsync(handle)

    monkeypatch.setattr("os.fsync", noted)
    write_atomically(path, Sealed(b"nights"))
    assert events == ["bytes, named: False", "folder, named: True"]


def test_a_write_that_fails_leaves_the_former_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "nights"
    write_atomically(path, Sealed(b"former"))

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, Sealed(b"later"))
    assert path.read_bytes() == b"former"
    assert list(tmp_path.iterdir()) == [path]


def test_readers_never_see_a_part_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "nights"
    versions = [bytes([number]) * 200_000 for number in range(20)]
    write_atomically(path, Sealed(versions[0]))
    done = threading.Event()

    def write() -> None:
        for _ in range(5):
            for version in versions:
                write_atomically(path, Sealed(version))
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    while not done.is_set():
        data = path.read_bytes()
        assert len(data) == 200_000
        seen.add(data[0])
        assert data.count(data[:1]) == 200_000
    writer.join()
    assert seen <= set(range(20))


def test_bytes_are_overwritten_where_they_lie(tmp_path: Path) -> None:
    path = tmp_path / "nights"
    write_atomically(path, Sealed(b"0123456789"))
    inode = path.stat().st_ino
    overwrite(path, [(2, Sealed(b"--")), (9, Sealed(b"-"))])
    assert path.read_bytes() == b"01--45678-"
    assert path.stat().st_ino == inode


@pytest.mark.parametrize(
    "identifier",
    ["", ".", "..", "../x", "a/b", "a\\b", "a.b", "-a", "_a", "a b", "a\n", "ä", "a" * 101, "\x00"],
)
def test_an_id_that_could_lead_elsewhere_is_no_file_name(identifier: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name of a file"):
        safe_id(identifier)


def test_an_opaque_id_is_a_file_name() -> None:
    assert safe_id("p_47kntysm4wxp") == "p_47kntysm4wxp"


def test_a_folder_is_open_to_its_owner_only(tmp_path: Path) -> None:
    wide = tmp_path / "wide"
    wide.mkdir(mode=0o755)
    wide.chmod(0o755)
    assert stat.S_IMODE(private_folder(wide).stat().st_mode) == 0o700
    assert stat.S_IMODE(private_folder(tmp_path / "a" / "b").stat().st_mode) == 0o700


def test_a_damaged_file_is_moved_aside_with_a_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "p_a.parquet"
    path.write_bytes(b"?")
    set_aside(path, because="no magic bytes")
    assert [file.name for file in tmp_path.iterdir()] == ["p_a.parquet.damaged"]
    assert "p_a.parquet could not be read and was moved aside: no magic bytes" in caplog.text
    set_aside(path, because="gone already")
    assert "gone already" not in caplog.text


def test_a_lock_holds_between_threads(tmp_path: Path) -> None:
    lock = tmp_path / ".lock"
    inside = 0
    most = 0

    def enter() -> None:
        nonlocal inside, most
        for _ in range(50):
            with exclusively(lock):
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def hold_lock(
    lock: Path, held: "multiprocessing.synchronize.Event", go: "multiprocessing.synchronize.Event"
) -> None:
    with exclusively(lock):
        held.set()
        go.wait(60)


def test_a_lock_holds_between_processes_and_goes_with_its_process(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    held, go = spawn.Event(), spawn.Event()
    lock = tmp_path / ".lock"
    holder = spawn.Process(target=hold_lock, args=(lock, held, go))
    holder.start()
    assert held.wait(60)
    with exclusively_if_free(lock) as free:
        assert not free
    holder.kill()
    holder.join(60)
    with exclusively_if_free(lock) as free:
        assert free


@pytest.mark.parametrize("seal", [PlainSeal(), MirrorSeal()])
def test_what_was_sealed_opens_and_maps_as_it_was(seal: PlainSeal | MirrorSeal, tmp_path: Path) -> None:
    path = tmp_path / "table"
    for data in (b"", b"night" * 1000):
        write_atomically(path, seal.seal(data, label="north/table"))
        assert seal.open(path.read_bytes(), label="north/table") == data
        assert bytes(seal.map(path, label="north/table")) == data


def test_a_mapped_file_outlives_its_replacement_and_cannot_be_changed(tmp_path: Path) -> None:
    path = tmp_path / "table"
    write_atomically(path, Sealed(b"former"))
    view = PlainSeal().map(path, label="north/table")
    write_atomically(path, Sealed(b"later!"))
    path.unlink()
    assert bytes(view) == b"former"
    assert view.readonly


def test_sealed_bytes_do_not_open_under_another_label() -> None:
    sealed = MirrorSeal().seal(b"night", label="north/people/p_a")
    with pytest.raises(SealBroken, match="north/people/p_b"):
        MirrorSeal().open(sealed, label="north/people/p_b")
