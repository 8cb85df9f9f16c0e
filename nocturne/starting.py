"""The application for a process that serves without the dashboard, from its settings to its end."""

from collections.abc import Iterator
from contextlib import contextmanager

from nocturne.application import Application, build
from nocturne.engines import EngineFailed
from settings import SettingsError, read_settings
from store.people import StoreError

# In the demo the simulator belongs to the dashboard; whoever serves beside it asks the vendor nothing.
_NOBODY = "http://127.0.0.1:9"


class CannotStart(RuntimeError):
    """There is no application to be had; the message is a sentence with a way out."""


@contextmanager
def started() -> Iterator[Application]:
    """The application of the process's settings, for the length of the block.

    Raises:
        CannotStart: a setting is unsafe, or the database or the data folder cannot be used.
    """
    try:
        settings = read_settings()
        application = build(settings, base_url=_NOBODY if settings.environment == "demo" else None)
    except (SettingsError, EngineFailed, StoreError, OSError) as problem:
        raise CannotStart(str(problem)) from problem
    try:
        yield application
    finally:
        application.close()
