"""The application for a process that serves without the dashboard, from its settings to its end."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from typing import Final

from nocturne.application import Application, build
from nocturne.demo import DemoFolder
from nocturne.engines import EngineFailed
from settings import Settings, SettingsError, read_settings
from store.people import StoreError

# In the demo the simulator belongs to the dashboard; whoever serves beside it asks the vendor nothing.
_NOBODY = ("http://127.0.0.1:9", "no-vendor-needed")


TURN_S: Final = 0.0005
"""How long a thread of a serving process keeps the interpreter from another that wants it: a tenth of what is usual.

A page asks for it back a thousand times a run, whenever it has read a row of the database or sent an element, and the
thread that writes events whenever it comes back from the disk.
"""


class CannotStart(RuntimeError):
    """There is no application to be had; the message is a sentence with a way out."""


@contextmanager
def started() -> Iterator[Application]:
    """The application of the process's settings, for the length of the block.

    Raises:
        CannotStart: a setting is unsafe, or the database or the data folder cannot be used.
    """
    with ExitStack() as held:
        try:
            settings = read_settings()
            with beginning(settings):
                application = _built(settings, held)
        except (SettingsError, EngineFailed, StoreError) as problem:
            raise CannotStart(str(problem)) from problem
        held.callback(application.close)
        yield application


@contextmanager
def beginning(settings: Settings) -> Iterator[None]:
    """A data folder in which no application can be built within the block is a sentence.

    Raises:
        CannotStart: the folder cannot be made, read or written.
    """
    try:
        yield
    except OSError as problem:
        raise CannotStart(_unusable(settings, problem)) from problem


def _unusable(settings: Settings, problem: OSError) -> str:
    in_the_way = isinstance(problem, (FileExistsError, NotADirectoryError))
    reason = "a file has its place" if in_the_way else problem.strerror or str(problem)
    named = settings.nocturne_data_dir
    within = f" ({problem.filename})" if problem.filename not in (None, str(named)) else ""
    return (
        f"The data folder {named} cannot be used: {reason}{within}. Let the user that Nocturne runs as write there and "
        "see that it has room, or name another folder with NOCTURNE_DATA_DIR."
    )


def _built(settings: Settings, held: ExitStack) -> Application:
    if settings.environment != "demo":
        return build(settings)
    until = date.today() - timedelta(days=1)  # noqa: DTZ011 - the simulator's own default, in its own words
    held.callback(DemoFolder(settings, until=until).release)
    return build(settings, base_url=_NOBODY[0], api_key=_NOBODY[1])
