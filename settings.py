"""Everything an operator can set, read once from the environment; unsafe combinations are refused with a sentence."""

import logging
import math
import os
import re
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal, Self, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict
from redis import ConnectionPool, RedisError

log = logging.getLogger(__name__)

Environment = Literal["demo", "development", "production"]

VENDOR_ADDRESS = "https://api.asleep.ai"

_KEY = re.compile(r"[!#-&(-~]+")
"""What is visible in ASCII, without quotes: those were meant for a shell."""
_SHORTEST_KEY = 16
_FEWEST_LETTERS = 5
_PLACEHOLDERS = (
    *(
        "changeme",
        "changethis",
        "replaceme",
        "replacethis",
        "placeholder",
        "yourkey",
        "yourapikey",
        "yourasleep",
    ),
    *(
        "yoursecret",
        "keyhere",
        "secrethere",
        "insertkey",
        "enterkey",
        "pastekey",
        "examplekey",
        "exampleapikey",
    ),
    *(
        "dummykey",
        "apikeyapikey",
        "asleepapikey",
        "webhooksecret",
        "webhookkey",
        "secretsecret",
        "abcdefghijklmnop",
    ),
    *("1234567890123456", "0123456789abcdef", "password"),
)
"""What stands in samples where a key belongs, in small letters and digits alone."""


class SettingsError(ValueError):
    """The settings cannot be used; the message lists every reason and what to write instead."""


class Settings(BaseSettings):
    """The settings of one Nocturne, frozen. `docs/settings.md` is tested to describe each of them."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    asleep_api_key: SecretStr | None = Field(
        default=None, description="Key of the Asleep API. Without one, Nocturne runs on demo data."
    )
    asleep_base_url: str = Field(
        default=VENDOR_ADDRESS, description="Address of the Asleep API or of a simulator."
    )
    asleep_environment: Literal["live", "test"] = Field(
        default="live", description="The vendor's data set the key opens; kept apart in cache and roster."
    )
    nocturne_environment: Environment | None = Field(
        default=None,
        description="Which rules hold. Default: demo without a key, development with one.",
    )
    nocturne_data_dir: Path = Field(
        default=Path("data"), description="Folder for the database, the archive of nights and the cache."
    )
    nocturne_database_url: SecretStr | None = Field(
        default=None, description="SQLAlchemy URL of the store. Default: an SQLite file in the data folder."
    )
    nocturne_redis_url: SecretStr | None = Field(
        default=None,
        description="Address of a Redis through which several processes keep one pace towards the API.",
    )
    nocturne_workers: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Processes that compute large cohorts, report runs and a synchronisation's statistics; "
        "1: the one that asks.",
    )
    nocturne_dask_scheduler: str | None = Field(
        default=None,
        description="Address of a dask scheduler whose workers compute large cohorts and report runs instead.",
    )
    nocturne_rate_limit_per_second: float | None = Field(
        default=None,
        gt=0,
        le=1000,
        description="Calls per second to the API. Default: 5; unlimited in the demo.",
    )
    nocturne_deadline_s: float = Field(
        default=10.0,
        gt=0,
        le=120,
        description="Longest time one call to the API may take, in seconds; a minute for work in the background.",
    )
    nocturne_sync_days: int = Field(
        default=90, ge=1, le=3650, description="How many days back a synchronisation brings nights."
    )
    nocturne_sync_interval_minutes: float = Field(
        default=15.0,
        ge=0,
        le=1440,
        description="Pause between synchronisations while the dashboard runs; 0: never.",
    )
    nocturne_inbox_worker: Literal["inside", "apart"] = Field(
        default="inside",
        description="Where webhooks are worked through: in the dashboard, or in `python -m nocturne worker`.",
    )
    nocturne_score_profile: Literal["evidence", "vendor"] = Field(
        default="evidence",
        description="How scores are made: by published norms, or from averages as the vendor's sample code does.",
    )
    nocturne_score_weight_efficiency: float = Field(
        default=0.4, ge=0, le=1, description="Share of efficiency in the score; the three shares make 1."
    )
    nocturne_score_weight_consistency: float = Field(
        default=0.3, ge=0, le=1, description="Share of consistency in the score."
    )
    nocturne_score_weight_duration: float = Field(
        default=0.3, ge=0, le=1, description="Share of duration in the score."
    )
    nocturne_reports_dir: Path | None = Field(
        default=None,
        description="Folder for the reports of the schedule. Default: `reports` in the data folder.",
    )
    nocturne_log_format: Literal["text", "json"] | None = Field(
        default=None,
        description="How the log is written: as text for people, or a JSON object a line. Default: json in production, "
        "else text.",
    )
    nocturne_webhooks: Literal["on", "off"] = Field(
        default="on", description="Whether the vendor's webhooks are received."
    )
    nocturne_webhook_keys: SecretStr | None = Field(
        default=None,
        description="Keys that a webhook may carry, separated by commas: while keys are changed, the new one and the "
        "one before. Default: the key of the Asleep API.",
    )
    nocturne_webhook_backlog: int = Field(
        default=100_000,
        ge=1,
        le=10_000_000,
        description="Webhooks that may wait for their effect; more are turned away until some are done.",
    )
    nocturne_demo_people: int = Field(default=48, ge=1, le=5000, description="People in the demo.")
    nocturne_demo_nights: int = Field(
        default=90, ge=1, le=730, description="Nights of each person in the demo."
    )
    nocturne_demo_seed: int = Field(
        default=1, ge=0, description="Seed of the demo: the same seed, the same people."
    )

    @property
    def environment(self) -> Environment:
        """The environment in force: what was set, else demo without a key and development with one."""
        if self.nocturne_environment is not None:
            return self.nocturne_environment
        return "demo" if self.asleep_api_key is None else "development"

    @property
    def log_format(self) -> Literal["text", "json"]:
        """How the log is written."""
        return self.nocturne_log_format or ("json" if self.environment == "production" else "text")

    @property
    def organisation(self) -> str:
        """The organisation of this installation: `demo` or `main`."""
        return "demo" if self.environment == "demo" else "main"

    @property
    def folder(self) -> Path:
        """Where this organisation's files live; the demo keeps apart, so that it may be thrown away."""
        return self.nocturne_data_dir / "demo" if self.environment == "demo" else self.nocturne_data_dir

    @property
    def reports_folder(self) -> Path:
        """Where the schedule writes reports, one folder in it for each run; organisations keep apart."""
        if self.nocturne_reports_dir is None:
            return self.folder / "reports"
        return self.nocturne_reports_dir / f"{self.organisation}-{self.asleep_environment}"

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL of the store."""
        if self.nocturne_database_url is not None:
            return self.nocturne_database_url.get_secret_value()
        return f"sqlite:///{self.folder / 'nocturne.sqlite3'}"

    @property
    def inbox_url(self) -> str:
        """SQLAlchemy URL of the inbox of webhooks: a file of its own beside an SQLite store, else the store's database.

        Events that come many a second would keep the lock of the store's file, and every answer kept of it would be
        asked for anew.
        """
        if not self.database_url.startswith("sqlite"):
            return self.database_url
        beside, _, _ = self.database_url.partition("?")[0].rpartition("/")
        return f"{beside}/inbox.sqlite3"

    @property
    def webhook_keys(self) -> tuple[SecretStr, ...]:
        """The keys that a webhook may carry, by the settings alone; none in a demo that was given none."""
        if self.nocturne_webhook_keys is not None:
            named = self.nocturne_webhook_keys.get_secret_value().split(",")
            return tuple(SecretStr(each.strip()) for each in named if each.strip())
        return () if self.asleep_api_key is None else (self.asleep_api_key,)

    @property
    def calls_per_second(self) -> float | None:
        """The pace of calls; None for the demo's own simulator, which has no limit."""
        if self.nocturne_rate_limit_per_second is not None:
            return self.nocturne_rate_limit_per_second
        return None if self.environment == "demo" else 5.0

    @model_validator(mode="after")
    def _refuse_unsafe(self) -> Self:
        problems = [
            *self._key_problems(),
            *self._webhook_problems(),
            *self._address_problems(),
            *self._redis_problems(),
            *self._scheduler_problems(),
            *self._score_problems(),
        ]
        if self.environment == "production" and not self.nocturne_data_dir.is_absolute():
            problems.append(
                "NOCTURNE_DATA_DIR must be an absolute path in production, e.g. /var/lib/nocturne."
            )
        if problems:
            raise ValueError(" ".join(problems))
        return self

    def _key_problems(self) -> list[str]:
        key = self.asleep_api_key.get_secret_value() if self.asleep_api_key is not None else None
        if key is None:
            if self.environment == "demo":
                return []
            return [f"ASLEEP_API_KEY is not set, and the environment {self.environment} needs it."]
        if self.environment == "demo":
            return ["ASLEEP_API_KEY is set, but NOCTURNE_ENVIRONMENT is demo. Unset one of the two."]
        if not _KEY.fullmatch(key):
            return [
                "ASLEEP_API_KEY holds blanks or characters that no key has. Copy it again, without quotes."
            ]
        return []

    def _webhook_problems(self) -> list[str]:
        """A key that anybody could guess would let anybody send webhooks, so with such a one there are none."""
        if self.nocturne_webhooks == "off":
            return []
        setting = "ASLEEP_API_KEY" if self.nocturne_webhook_keys is None else "NOCTURNE_WEBHOOK_KEYS"
        keys = [each.get_secret_value() for each in self.webhook_keys]
        if not keys and self.nocturne_webhook_keys is not None:
            return ["NOCTURNE_WEBHOOK_KEYS names no key. Name one, or unset it."]
        called = (
            [f"Key {place} of {setting}" for place in range(1, len(keys) + 1)]
            if keys[1:]
            else [setting] * len(keys)
        )
        return [
            f"{name} {problem}, and webhooks are let in by it. Copy the key again, or set NOCTURNE_WEBHOOKS=off."
            for name, key in zip(called, keys, strict=True)
            if (problem := key_problem(key))
        ]

    def _address_problems(self) -> list[str]:
        parts = urlsplit(self.asleep_base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            return [f"ASLEEP_BASE_URL must be an address like {VENDOR_ADDRESS}."]
        if parts.username or parts.query or parts.fragment:
            return ["ASLEEP_BASE_URL may hold no user, query or fragment: only scheme, host, port and path."]
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            return ["ASLEEP_BASE_URL must begin with https://: over http the key could be read on the way."]
        if self.environment == "production" and parts.scheme == "http":
            return ["ASLEEP_BASE_URL must begin with https:// in production."]
        return []

    def _redis_problems(self) -> list[str]:
        url = "" if self.nocturne_redis_url is None else self.nocturne_redis_url.get_secret_value()
        if not url or _is_redis_address(url):
            return []
        return [
            "NOCTURNE_REDIS_URL must be an address like redis://127.0.0.1:6379/0 (or rediss://, unix://)."
        ]

    def _scheduler_problems(self) -> list[str]:
        if self.nocturne_dask_scheduler is None or _is_scheduler_address(self.nocturne_dask_scheduler):
            return []
        return ["NOCTURNE_DASK_SCHEDULER must be an address like tcp://127.0.0.1:8786 (or tls://)."]

    def _score_problems(self) -> list[str]:
        total = (
            self.nocturne_score_weight_efficiency
            + self.nocturne_score_weight_consistency
            + self.nocturne_score_weight_duration
        )
        if math.isclose(total, 1, abs_tol=1e-9):
            return []
        return [
            f"The three NOCTURNE_SCORE_WEIGHT_* are shares that make 1; these make {total:g}. Set all three of them."
        ]


def key_problem(key: str) -> str:
    """Why nobody should be let in by this key, after its name: `is shorter than 16 characters`; "" for a fit one."""
    if not _KEY.fullmatch(key):
        return "holds blanks or characters that no key has"
    if len(key) < _SHORTEST_KEY:
        return f"is shorter than {_SHORTEST_KEY} characters"
    letters = re.sub(r"[^a-z0-9]", "", key.casefold())
    if len(set(letters)) < _FEWEST_LETTERS or any(each in letters for each in _PLACEHOLDERS):
        return "is a placeholder"
    return ""


def _is_redis_address(url: str) -> bool:
    """Whether a connection could be made of the address; none is opened."""
    if not url.startswith(("redis://", "rediss://", "unix://")):
        return False
    try:
        ConnectionPool.from_url(url).make_connection()
        return urlsplit(url).port != 0
    except (ValueError, TypeError, RedisError):
        return False


def _is_scheduler_address(address: str) -> bool:
    parts = urlsplit(address)
    try:
        return parts.scheme in {"tcp", "tls"} and bool(parts.hostname) and bool(parts.port) and not parts.path
    except ValueError:  # a port that is no number
        return False


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def allowed(field: FieldInfo) -> str:
    """What a setting may be, in words: `live or test`, `a whole number from 1 to 3650`; empty where anything may be."""
    optional = get_origin(field.annotation) is not Literal and get_args(field.annotation)
    kind: Any = optional[0] if optional else field.annotation
    if get_origin(kind) is Literal:
        *first, last = get_args(kind)
        return f"{', '.join(first)} or {last}"
    if kind not in (int, float):
        return ""
    number = "a whole number" if kind is int else "a number"
    bounds = {
        name: getattr(rule, name)
        for rule in field.metadata
        for name in ("gt", "ge", "le")
        if hasattr(rule, name)
    }
    if "le" not in bounds:
        return f"{number}, {bounds['ge']} or more"
    if "ge" in bounds:
        return f"{number} from {bounds['ge']} to {bounds['le']}"
    return f"{number} above {bounds['gt']} and up to {bounds['le']}"


def read_settings() -> Settings:
    """The settings of the process environment; a variable that looks like one of ours and is none is warned of.

    Raises:
        SettingsError: with one sentence per setting that cannot be used; values are never repeated.
    """
    _warn_of_unknown()
    try:
        return Settings()
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False)
        raise SettingsError(" ".join(_sentence(problem) for problem in problems)) from None


def _sentence(problem: Any) -> str:
    if not problem["loc"]:
        return str(problem["msg"]).removeprefix("Value error, ")
    name = str(problem["loc"][0])
    return f"{name.upper()} must be {allowed(Settings.model_fields[name])}."


def _warn_of_unknown() -> None:
    known = {name.upper() for name in Settings.model_fields}
    for name in sorted(os.environ):
        ours = name.upper().startswith(("ASLEEP_", "NOCTURNE_")) and not name.startswith("NOCTURNE_TEST_")
        if not ours or name.upper() in known:
            continue
        nearest = get_close_matches(name.upper(), known, n=1, cutoff=0.0)[0]
        log.warning(
            "%s is not a setting and changes nothing; did you mean %s? See docs/settings.md.", name, nearest
        )
