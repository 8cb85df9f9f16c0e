"""Where documents go: whole or not at all, in a folder or in one ZIP, and work that a page waits for."""

import io
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import IO

import pytest

from nocturne.documents import Document
from nocturne.jobs import Job
from nocturne.mapping import MapProgress
from nocturne.places import Folder, Zip, whole_file
from nocturne.progress import Failure
from tests.cache.test_full_disk import remount, small_disk  # noqa: F401
from tests.nocturne.conftest import NOW

PDF = Document(name="weekly-p_1-2026-03-10.pdf", media_type="application/pdf", content=b"%PDF" * 1000)
CSV = Document(name="weekly-p_1-2026-03-10.csv", media_type="text/csv", content=b"a,b\r\n" * 1000)


def zipped(*made: Document) -> bytes:
    file = io.BytesIO()
    with Zip(file, folder="weekly", made_at=NOW) as place:
        assert [place.take(each) for each in made] == [f"weekly/{each.name}" for each in made]
        assert not place.drop(f"weekly/{made[0].name}"), "what is in a ZIP stays there"
    return file.getvalue()


def test_a_zip_holds_every_document_whole_and_is_the_same_file_each_time() -> None:
    content = zipped(PDF, CSV)
    assert content == zipped(PDF, CSV)
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        assert found.testzip() is None
        assert {entry.filename: found.read(entry) for entry in found.infolist()} == {
            f"weekly/{each.name}": each.content for each in (PDF, CSV)
        }
        packed = {entry.filename: entry.compress_type for entry in found.infolist()}
    assert packed[f"weekly/{PDF.name}"] == zipfile.ZIP_STORED
    assert packed[f"weekly/{CSV.name}"] == zipfile.ZIP_DEFLATED


def test_a_folder_is_made_and_a_file_in_it_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assert Folder(folder).take(PDF) == str(folder / PDF.name)
    newer = Document(name=PDF.name, media_type=PDF.media_type, content=b"newer")
    Folder(folder).take(newer)
    assert [path.read_bytes() for path in folder.iterdir()] == [b"newer"]


def test_a_file_that_breaks_off_leaves_the_former_one_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "out.zip"
    path.write_bytes(b"former")
    with pytest.raises(ZeroDivisionError), whole_file(path) as file:
        file.write(b"half" * (1 // 0))
    assert [each.name for each in tmp_path.iterdir()] == ["out.zip"]
    assert path.read_bytes() == b"former"


def job(
    tmp_path: Path, work: Callable[[IO[bytes], Callable[[MapProgress], None], Event], tuple[Failure, ...]]
) -> Job:
    return Job(work, folder=tmp_path, people=3)


def test_a_job_tells_how_far_it_is_and_ends_with_a_file(tmp_path: Path) -> None:
    go_on = Event()

    def work(file: IO[bytes], tell: Callable[[MapProgress], None], _: Event) -> tuple[Failure, ...]:
        tell(MapProgress(done=1, people=3, failed=1))
        go_on.wait(10)
        file.write(b"content")
        return (Failure(person_id="p_1", reason="Nothing was recorded."),)

    made = job(tmp_path, work)
    while made.now.progress.done == 0:
        time.sleep(0.01)
    assert made.now.state == "running"
    with pytest.raises(LookupError, match="not done"):
        made.content()
    go_on.set()
    ended = made.wait(10)
    assert (ended.state, [each.person_id for each in ended.failures]) == ("done", ["p_1"])
    assert made.content() == made.content() == b"content"
    assert not list(tmp_path.iterdir()), "the file has no name on the disk"


def test_a_job_that_is_cancelled_keeps_nothing(tmp_path: Path) -> None:
    def work(file: IO[bytes], _: Callable[[MapProgress], None], cancel: Event) -> tuple[Failure, ...]:
        assert cancel.wait(10)
        file.write(b"half")
        return ()

    made = job(tmp_path, work)
    made.cancel()
    assert made.wait(10).state == "cancelled"
    with pytest.raises(LookupError):
        made.content()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (OSError(28, "No space left on device"), "could not be written: No space left on device"),
        (ValueError("The week is in the future."), "The week is in the future."),
        (RuntimeError("secret detail"), "broke off (RuntimeError); the log of the server says why"),
    ],
)
def test_a_job_that_fails_says_why(tmp_path: Path, fault: Exception, said: str) -> None:
    def work(*_: object) -> tuple[Failure, ...]:
        raise fault

    ended = job(tmp_path, work).wait(10)
    assert ended.state == "failed"
    assert said in ended.problem
    assert "secret" not in ended.problem


def test_a_full_disk_leaves_what_was_there_before(small_disk: Path) -> None:  # noqa: F811
    folder = Folder(small_disk)
    folder.take(PDF)
    with pytest.raises(OSError, match="No space left on device"):
        folder.take(Document(name=PDF.name, media_type=PDF.media_type, content=b"y" * 10_000_000))
    assert [(path.name, path.read_bytes()) for path in small_disk.iterdir()] == [(PDF.name, PDF.content)]


def test_a_read_only_folder_is_refused_before_anything_is_written(small_disk: Path) -> None:  # noqa: F811
    remount(small_disk, "ro")
    with pytest.raises(OSError, match="Read-only file system"):
        Folder(small_disk).take(PDF)
