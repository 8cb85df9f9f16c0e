"""What can be set, what follows from it, and what is refused."""

import os
from pathlib import Path

import pytest

from settings import SettingsError, is_loopback, read_settings
from streamlit_app import refuse_open_address

KEY = "a-key-of-the-tests-0123456789"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("ASLEEP_", "NOCTURNE_")):
            monkeypatch.delenv(name)


def test_without_a_key_it_is_the_demo() -> None:
    settings = read_settings()
    assert (settings.environment, settings.organisation) == ("demo", "demo")
    assert settings.folder == Path("data/demo")
    assert settings.calls_per_second is None


def test_with_a_key_it_is_development_at_a_modest_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASLEEP_API_KEY", KEY)
    settings = read_settings()
    assert (settings.environment, settings.organisation) == ("development", "main")
    assert settings.calls_per_second == 5.0
    assert settings.database_url == "sqlite:///data/nocturne.sqlite3"


@pytest.mark.parametrize(
    ("store", "inbox"),
    [
        ("", "sqlite:///data/inbox.sqlite3"),
        ("sqlite:///people.db", "sqlite:///inbox.sqlite3"),
        ("sqlite:///some/where/people.db", "sqlite:///some/where/inbox.sqlite3"),
        ("sqlite:////var/lib/some/people.db?timeout=3", "sqlite:////var/lib/some/inbox.sqlite3"),
        ("postgresql+psycopg://u:p@127.0.0.1/name?x=1", "postgresql+psycopg://u:p@127.0.0.1/name?x=1"),
    ],
)
def test_the_inbox_lies_beside_the_file_of_the_store_or_in_its_database(
    monkeypatch: pytest.MonkeyPatch, store: str, inbox: str
) -> None:
    monkeypatch.setenv("ASLEEP_API_KEY", KEY)
    monkeypatch.setenv("NOCTURNE_DATABASE_URL", store)
    assert read_settings().inbox_url == inbox


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"ASLEEP_API_KEY": KEY, "NOCTURNE_ENVIRONMENT": "demo"}, "Unset one of the two"),
        ({"NOCTURNE_ENVIRONMENT": "production"}, "ASLEEP_API_KEY is not set"),
        ({"ASLEEP_API_KEY": f" {KEY}"}, "holds blanks"),
        ({"ASLEEP_API_KEY": "x y"}, "holds blanks"),
        ({"ASLEEP_API_KEY": f'"{KEY}"'}, "without quotes"),
        ({"ASLEEP_API_KEY": "fifteen-letters"}, "ASLEEP_API_KEY is shorter than 16 characters"),
        ({"ASLEEP_API_KEY": "your-asleep-api-key"}, "ASLEEP_API_KEY is a placeholder"),
        ({"ASLEEP_API_KEY": "<YOUR_API_KEY_HERE>"}, "ASLEEP_API_KEY is a placeholder"),
        ({"ASLEEP_API_KEY": "changeme-changeme-changeme"}, "ASLEEP_API_KEY is a placeholder"),
        ({"ASLEEP_API_KEY": "xxxxxxxxxxxxxxxxxxxxxxxx"}, "ASLEEP_API_KEY is a placeholder"),
        ({"ASLEEP_API_KEY": "0000-0000-0000-0000"}, "ASLEEP_API_KEY is a placeholder"),
        (
            {"ASLEEP_API_KEY": KEY, "NOCTURNE_WEBHOOK_KEYS": f"{KEY},short"},
            "Key 2 of NOCTURNE_WEBHOOK_KEYS is shorter",
        ),
        (
            {"ASLEEP_API_KEY": KEY, "NOCTURNE_WEBHOOK_KEYS": f"short,{KEY}"},
            "Key 1 of NOCTURNE_WEBHOOK_KEYS is shorter",
        ),
        ({"ASLEEP_API_KEY": KEY, "NOCTURNE_WEBHOOK_KEYS": "short"}, "NOCTURNE_WEBHOOK_KEYS is shorter"),
        ({"ASLEEP_API_KEY": KEY, "NOCTURNE_WEBHOOK_KEYS": " , "}, "WEBHOOK_KEYS names no key"),
        ({"ASLEEP_API_KEY": KEY, "NOCTURNE_WEBHOOK_KEYS": f"{KEY} {KEY}"}, "WEBHOOK_KEYS holds blanks"),
        ({"NOCTURNE_WEBHOOKS": "yes"}, "NOCTURNE_WEBHOOKS must be on or off."),
        ({"NOCTURNE_WEBHOOK_BACKLOG": "0"}, "NOCTURNE_WEBHOOK_BACKLOG must be a whole number from 1 to"),
        ({"ASLEEP_API_KEY": KEY, "ASLEEP_BASE_URL": "http://api.example.org"}, "must begin with https://"),
        ({"ASLEEP_API_KEY": KEY, "ASLEEP_BASE_URL": "api.example.org"}, "must be an address like"),
        ({"ASLEEP_API_KEY": KEY, "ASLEEP_BASE_URL": "https://u:p@api.example.org"}, "may hold no user"),
        (
            {
                "ASLEEP_API_KEY": KEY,
                "ASLEEP_BASE_URL": "http://127.0.0.1:1",
                "NOCTURNE_ENVIRONMENT": "production",
            },
            "in production",
        ),
        ({"ASLEEP_API_KEY": KEY, "NOCTURNE_ENVIRONMENT": "production"}, "absolute path"),
        (
            {"NOCTURNE_ENVIRONMENT": "staging"},
            "NOCTURNE_ENVIRONMENT must be demo, development or production.",
        ),
        ({"NOCTURNE_WORKERS": "0"}, "NOCTURNE_WORKERS must be a whole number from 1 to 64."),
        ({"NOCTURNE_DASK_SCHEDULER": "127.0.0.1:8786"}, "an address like tcp://127.0.0.1:8786"),
        ({"NOCTURNE_DASK_SCHEDULER": "tcp://127.0.0.1"}, "an address like tcp://127.0.0.1:8786"),
        ({"NOCTURNE_DASK_SCHEDULER": "tcp://127.0.0.1:many"}, "an address like tcp://127.0.0.1:8786"),
        ({"ASLEEP_ENVIRONMENT": "Live"}, "ASLEEP_ENVIRONMENT must be live or test."),
        ({"NOCTURNE_SCORE_PROFILE": "best"}, "NOCTURNE_SCORE_PROFILE must be evidence or vendor."),
        ({"NOCTURNE_SCORE_WEIGHT_EFFICIENCY": "2"}, "EFFICIENCY must be a number from 0 to 1."),
        ({"NOCTURNE_SCORE_WEIGHT_EFFICIENCY": "0.5"}, "are shares that make 1; these make 1.1."),
        ({"NOCTURNE_SYNC_DAYS": "0"}, "NOCTURNE_SYNC_DAYS must be a whole number from 1 to 3650."),
        ({"NOCTURNE_SYNC_DAYS": "many"}, "NOCTURNE_SYNC_DAYS must be a whole number from 1 to 3650."),
        ({"NOCTURNE_DEMO_SEED": "-1"}, "NOCTURNE_DEMO_SEED must be a whole number, 0 or more."),
        (
            {"NOCTURNE_RATE_LIMIT_PER_SECOND": "-1"},
            "NOCTURNE_RATE_LIMIT_PER_SECOND must be a number above 0 and up to 1000.",
        ),
        ({"NOCTURNE_RATE_LIMIT_PER_SECOND": "nan"}, "must be a number above 0"),
        ({"NOCTURNE_SYNC_INTERVAL_MINUTES": "-1"}, "must be a number from 0 to 1440."),
        ({"NOCTURNE_REDIS_URL": "redis:6379"}, "NOCTURNE_REDIS_URL must be an address like"),
        (
            {"NOCTURNE_REDIS_URL": "redis://h/0?socket_timeout=abc"},
            "NOCTURNE_REDIS_URL must be an address like",
        ),
        ({"NOCTURNE_REDIS_URL": "redis://h/0?unheard=of"}, "NOCTURNE_REDIS_URL must be an address like"),
        ({"NOCTURNE_REDIS_URL": "rediss://h?ssl_cert_reqs=x"}, "NOCTURNE_REDIS_URL must be an address like"),
        ({"NOCTURNE_REDIS_URL": f"http://:{KEY}@127.0.0.1"}, "NOCTURNE_REDIS_URL must be an address like"),
        (
            {"NOCTURNE_REDIS_URL": f"redis://:{KEY}@127.0.0.1:port"},
            "NOCTURNE_REDIS_URL must be an address like",
        ),
    ],
)
def test_unsafe_settings_are_refused_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], sentence: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refusal:
        read_settings()
    assert sentence in str(refusal.value)
    assert KEY not in str(refusal.value)


@pytest.mark.parametrize(
    "address",
    ["redis://127.0.0.1", "rediss://:secret@h:6380/1?socket_timeout=2", "unix:///run/redis.sock?db=1"],
)
def test_an_address_of_a_redis_is_taken(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("NOCTURNE_REDIS_URL", address)
    found = read_settings().nocturne_redis_url
    assert found is not None
    assert found.get_secret_value() == address


def test_webhooks_are_let_in_by_the_key_of_the_api_or_by_those_that_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def keys() -> list[str]:
        return [each.get_secret_value() for each in read_settings().webhook_keys]

    assert keys() == []
    monkeypatch.setenv("ASLEEP_API_KEY", KEY)
    assert keys() == [KEY]
    monkeypatch.setenv("NOCTURNE_WEBHOOK_KEYS", f"{KEY}-new, {KEY}-old,")
    assert keys() == [f"{KEY}-new", f"{KEY}-old"]


def test_without_webhooks_a_short_key_lets_nobody_in_and_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASLEEP_API_KEY", "short")
    monkeypatch.setenv("NOCTURNE_WEBHOOKS", "off")
    assert read_settings().environment == "development"


def test_a_misspelt_setting_is_warned_of_with_the_nearest_name(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("NOCTURNE_SYNC_DAY", "ASLEEP_KEY", "NOCTURNE_TEST_EXAMPLES", "OTHER_SYNC_DAYS"):
        monkeypatch.setenv(name, KEY)
    monkeypatch.setenv("NOCTURNE_SYNC_DAYS", "30")
    read_settings()
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 2
    assert lines[0].startswith(
        "ASLEEP_KEY is not a setting and changes nothing; did you mean ASLEEP_API_KEY?"
    )
    assert "did you mean NOCTURNE_SYNC_DAYS?" in lines[1]
    assert KEY not in "".join(lines)


def test_the_key_is_in_no_representation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASLEEP_API_KEY", KEY)
    settings = read_settings()
    assert KEY not in repr(settings)
    assert KEY not in settings.model_dump_json()


@pytest.mark.parametrize("address", [None, "", "0.0.0.0", "192.168.1.4", "example.org"])  # noqa: S104
def test_a_dashboard_for_others_is_refused_until_sign_in_exists(address: str | None) -> None:
    with pytest.raises(SettingsError, match="this machine only"):
        refuse_open_address(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "::1"])
def test_loopback_is_welcome(address: str) -> None:
    refuse_open_address(address)
    assert is_loopback(address)
