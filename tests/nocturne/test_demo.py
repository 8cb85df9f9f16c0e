"""The demo's folder: filled anew when its people changed, never under a process that uses it."""

from datetime import date
from pathlib import Path

import pytest

from nocturne.demo import DemoFolder
from settings import Settings

TODAY, TOMORROW = date(2026, 3, 10), date(2026, 3, 11)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(asleep_api_key=None, nocturne_data_dir=tmp_path / "data")


def kept(settings: Settings) -> Path:
    path = settings.folder / "kept"
    path.write_text("nights")
    return path


def test_the_same_people_keep_their_nights(settings: Settings) -> None:
    DemoFolder(settings, until=TODAY).release()
    path = kept(settings)
    DemoFolder(settings, until=TODAY).release()
    assert path.exists()


def test_other_people_get_an_empty_folder(settings: Settings) -> None:
    DemoFolder(settings, until=TODAY).release()
    path = kept(settings)
    DemoFolder(settings, until=TOMORROW).release()
    assert not path.exists()


def test_a_folder_in_use_is_left_alone(settings: Settings) -> None:
    using = DemoFolder(settings, until=TODAY)
    path = kept(settings)
    DemoFolder(settings, until=TOMORROW).release()
    assert path.exists()
    using.release()
    DemoFolder(settings, until=TOMORROW).release()
    assert not path.exists()
