"""The dashboard as its users start it, at the moment of the pictures, on a data folder of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.serving import ROOT, Served, serve_script


@contextmanager
def dashboard(folder: Path, settings: Mapping[str, str]) -> Iterator[Served]:
    """A running dashboard, from ready to stopped; its data and what it says lie in `folder`."""
    environment = {
        **settings,
        "TZ": "UTC",
        "NOCTURNE_DATA_DIR": str((folder / "data").relative_to(ROOT)),
        # A file that is edited meanwhile would have the pages say so.
        "STREAMLIT_SERVER_FILE_WATCHER_TYPE": "none",
    }
    with serve_script(
        "streamlit_app.py",
        output=folder / "output.txt",
        environment=environment,
        runner="pictures.at_a_moment",
    ) as served:
        yield served
