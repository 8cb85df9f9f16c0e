"""The log of a process on standard error: a line a record, as text for people or as JSON for machines.

Every record passes here, of whatever library: secrets and people's ids are taken out (`log_secrets`), and control
characters are written as escapes, so that nothing that was received can look like a line of its own. What `bound` says
of the work under way (a request's id) stands in each of its lines.

    {"timestamp": "2026-03-11T18:00:00.123456Z", "level": "warning", "logger": "service.receiver", "message": "...",
     "request_id": "0a1b2c3d-17"}
"""

import logging
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from nocturne.log_secrets import Censor
from settings import Settings

Format = Literal["text", "json", "plain"]
"""text: level, logger and message. plain: the message alone, as a command tells it to who typed it."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ADOPTED: Final = ("streamlit", "uvicorn")
# A line for every request tells nothing that the metrics do not, and every migration is told by our own line.
_QUIET: Final = ("uvicorn.access", "alembic.runtime.migration")
_LONGEST: Final = 20_000


def begin(form: Format | None = None, *, level: int = logging.INFO) -> None:
    """Sets up the log before the settings are read, with the format that the environment's variables name."""
    named = os.environ.get("NOCTURNE_LOG_FORMAT", "").lower()
    if named not in ("text", "json"):
        named = "json" if os.environ.get("NOCTURNE_ENVIRONMENT", "").lower() == "production" else ""
    chosen: Format = "json" if named == "json" else form or "text"
    _set_up(chosen, level=level, censor=Censor(_secrets_of(os.environ)))


def set_up(
    settings: Settings, form: Format | None = None, *, level: int = logging.INFO, known: Iterable[str] = ()
) -> None:
    """Sets up the log by the settings.

    Args:
        settings: the format, and the keys that are taken out of every line.
        form: what stands in the place of `text`.
        level: records below it are not written.
        known: further secrets, as the key of the demo's simulator.
    """
    secrets = (settings.asleep_api_key, settings.nocturne_webhook_keys, *settings.webhook_keys)
    values = [each.get_secret_value() for each in secrets if each is not None]
    chosen: Format = "json" if settings.log_format == "json" else form or "text"
    _set_up(chosen, level=level, censor=Censor([*values, *known]))


@contextmanager
def bound(**facts: str) -> Iterator[None]:
    """These facts, as `request_id`, stand in every line that is written within the block, in this task or thread."""
    with structlog.contextvars.bound_contextvars(**facts):
        yield


def _set_up(form: Format, *, level: int, censor: Censor) -> None:
    root = logging.getLogger()
    if any(not isinstance(each, _Handler) for each in root.handlers):
        return  # whoever runs this has a log of their own, as a test run does
    handler = _Handler(sys.stderr)
    handler.setFormatter(formatter(form, censor))
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.captureWarnings(capture=True)
    _adopt()


class _Handler(logging.StreamHandler[TextIO]):
    """Ours, which a later call replaces."""


def formatter(form: Format, censor: Censor) -> logging.Formatter:
    """What makes lines of records, in this format."""
    render: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if form != "json":
        render = _Text(with_origin=form == "text")
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.EventRenamer("message"),
            _Clean(censor),
            _in_order,
            render,
        ],
    )


class _Clean:
    """Takes secrets out of every value and control characters out of the message; lines of a traceback stay lines.

    What is too long is cut afterwards: of a secret that was cut through nobody would know that it is one.
    """

    def __init__(self, censor: Censor) -> None:
        self._censor = censor

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """The event, cleaned."""
        return {
            name: self._traceback(str(value)) if name == "exception" else self._line(str(value))
            for name, value in event.items()
            if value is not None
        }

    def _line(self, text: str) -> str:
        return _CONTROL.sub(_escaped, self._censor(text)[:_LONGEST])

    def _traceback(self, text: str) -> str:
        return "\n".join(_CONTROL.sub(_escaped, line) for line in self._censor(text)[-_LONGEST:].split("\n"))


class _Text:
    """A line for people; those of a traceback follow, set in, so that none of them begins as a record does."""

    def __init__(self, *, with_origin: bool) -> None:
        self._with_origin = with_origin

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> str:
        """The line."""
        facts = " ".join(f"{name}={value}" for name, value in event.items() if name not in _FIRST)
        said = f"{event['message']} [{facts}]" if facts else str(event["message"])
        line = f"{event['level'].upper()} {event['logger']}: {said}" if self._with_origin else said
        traceback = str(event.get("exception", ""))
        return "\n".join([line, *(f"    {each}" for each in traceback.split("\n") if traceback)])


_FIRST: Final = ("timestamp", "level", "logger", "message", "exception")


def _in_order(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    rest = [name for name in event if name not in _FIRST]
    return {name: event[name] for name in (*_FIRST[:4], *rest, _FIRST[4]) if name in event}


def _escaped(found: re.Match[str]) -> str:
    return found.group().encode("unicode_escape").decode()


def _adopt() -> None:
    """The servers' own loggers write through ours: they have handlers of their own, which know no secrets."""
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if name.split(".")[0] in _ADOPTED and isinstance(logger, logging.Logger):
            logger.handlers.clear()
            logger.propagate = True
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _secrets_of(environment: Mapping[str, str]) -> list[str]:
    """Keys that are set, before anybody has looked whether they may be."""
    named = [environment.get(name, "") for name in ("ASLEEP_API_KEY", "NOCTURNE_WEBHOOK_KEYS")]
    return [each.strip() for value in named for each in (value, *value.split(",")) if each.strip()]
