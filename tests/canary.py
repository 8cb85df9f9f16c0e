"""The API key must not sing: every log record, warning, output and file of a test run is searched for our keys.

A pytest plugin, begun by conftest.py with `watch`. The keys of simulators and of tests are made to be recognised;
where one turns up outside the places named in `ALLOWED`, the run fails and the place is named.
"""

import logging
import mmap
import re
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

KEYS: Final = (
    "simulated-key-",  # of every simulator; its seed and six digits follow
    "canary-7f3d91-key",
    "a-key-of-the-tests-0123456789",
    "a-wrong-key-0123456789",
)
"""How every key begins that a test hands to the product."""

_KEY = re.compile("|".join(map(re.escape, KEYS)))
_EXCERPT = 60
_PLUGIN = "canary"
_STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({})))


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """A place where a key may stand: `where` is searched for in its name."""

    where: str
    because: str


ALLOWED: Final = (
    Allowed(
        where=r"^file test_a_shell_takes_address_and\d+/vendor\.env$",
        because="the simulator writes its own key there for a shell: that is its interface, as its ready line is",
    ),
)


class Canary:
    """Watches one run from its configuration to its end.

    Attributes:
        folder: under it lie the files that tests write.
    """

    def __init__(self, allowed: Iterable[Allowed] = ALLOWED) -> None:
        self._allowed = [re.compile(each.where) for each in allowed]
        self._found: dict[str, str] = {}
        self.folder: Path | None = None
        self._enabled, self._handle = logging.Logger.isEnabledFor, logging.Logger.handle

    def look(self, text: str, *, where: str) -> None:
        """Remember the place if a key stands in the text."""
        match = _KEY.search(text)
        if match is None or where in self._found or any(place.search(where) for place in self._allowed):
            return
        before = text[max(0, match.start() - _EXCERPT) : match.start()]
        self._found[where] = f"{before}{match.group()[:8]}…".replace("\n", " ")

    # Logs

    def pytest_configure(self) -> None:
        """Have every record from DEBUG up made and looked at; what handlers and `caplog` see stays as it was."""
        canary = self

        def enabled(logger: logging.Logger, level: int) -> bool:
            return level >= logging.DEBUG or canary._enabled(logger, level)

        def handle(logger: logging.Logger, record: logging.LogRecord) -> None:
            canary.look(_said(record), where=f"log {record.name}, {record.filename}:{record.lineno}")
            if canary._enabled(logger, record.levelno):
                canary._handle(logger, record)

        logging.Logger.isEnabledFor = enabled  # type: ignore[method-assign,assignment]
        logging.Logger.handle = handle  # type: ignore[method-assign,assignment]

    def pytest_unconfigure(self) -> None:
        """Let go of the loggers."""
        logging.Logger.isEnabledFor = self._enabled  # type: ignore[method-assign]
        logging.Logger.handle = self._handle  # type: ignore[method-assign]

    # Warnings and output

    def pytest_warning_recorded(self, warning_message: Any, nodeid: str) -> None:
        """Look at what was warned of."""
        self.look(str(warning_message.message), where=f"warning in {nodeid or 'the run'}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Look at what a test and the product in it wrote to standard output and standard error."""
        for name, text in report.sections:
            if not name.startswith("Captured log"):  # looked at record by record
                self.look(text, where=f"{name} of {report.nodeid}")

    # Files

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Look at every file that tests left in their folders, and fail the run if a key stands anywhere."""
        if self.folder is not None:
            for path in _files(self.folder):
                data = _first_key(path)
                self.look(data, where=f"file {path.relative_to(self.folder)}")
        if self._found and session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name the places."""
        if not self._found:
            return
        terminalreporter.section("An API key turned up", red=True, bold=True)
        for where, excerpt in self._found.items():
            terminalreporter.line(f"{where}: {excerpt}", red=True)
        terminalreporter.line(
            "Keep the key out of these places, or name one in tests/canary.py with its reason."
        )


def watch(config: pytest.Config, allowed: Iterable[Allowed] = ALLOWED) -> None:
    """Watch the run that is being configured."""
    config.pluginmanager.register(Canary(allowed), _PLUGIN)
    config.pluginmanager.register(sys.modules[__name__], f"{_PLUGIN}-folder")


@pytest.fixture(scope="session", autouse=True)
def _folder_of_the_run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> None:
    request.config.pluginmanager.getplugin(_PLUGIN).folder = tmp_path_factory.getbasetemp()


def _said(record: logging.LogRecord) -> str:
    """All that a handler could write of a record."""
    try:
        parts = [record.getMessage()]
    except Exception:  # noqa: BLE001 - a wrong format is for the handler to complain of
        parts = [f"{record.msg!r} {record.args!r}"]
    if record.exc_info:
        parts += traceback.format_exception(*record.exc_info)
    if record.stack_info:
        parts.append(record.stack_info)
    extras = vars(record).keys() - _STANDARD_FIELDS
    return "\n".join([*parts, *(str(vars(record)[name]) for name in extras)])


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield path


def _first_key(path: Path) -> str:
    """The first place of the file where a key stands, with what is before it; nothing when there is none."""
    with suppress(OSError), path.open("rb") as file:
        if not path.stat().st_size:
            return ""
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            for key in KEYS:
                start = data.find(key.encode())
                if start >= 0:
                    return data[max(0, start - _EXCERPT) : start + len(key)].decode(errors="replace")
    return ""
