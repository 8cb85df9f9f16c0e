"""Webhooks have an address that nobody guesses, and keys that only the settings know."""

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from nocturne.application import Application, build
from nocturne.webhook_access import PATH, address, key_ring
from settings import Settings

KEY = "a-key-of-the-tests-0123456789"


def application(folder: Path, **settings: object) -> Application:
    made = Settings(nocturne_data_dir=folder, asleep_base_url="http://127.0.0.1:9", **settings)  # type: ignore[arg-type]
    return build(made)


def test_the_address_is_made_once_for_an_installation_and_is_another_one_elsewhere(tmp_path: Path) -> None:
    paths = []
    for folder in ("here", "here", "elsewhere"):
        running = application(tmp_path / folder, asleep_api_key=SecretStr(KEY))
        paths.append(address(running).path)
        running.close()
    assert paths[0] == paths[1] != paths[2]
    assert re.fullmatch(re.escape(PATH) + r"[A-Za-z0-9_-]{32}", paths[0])


def test_neither_token_nor_key_is_in_a_representation(tmp_path: Path) -> None:
    running = application(tmp_path, asleep_api_key=SecretStr(KEY))
    found = address(running)
    assert found.token not in repr(found)
    assert KEY not in repr(running)
    running.close()


@pytest.mark.parametrize(
    ("settings", "ring"),
    [
        ({"asleep_api_key": SecretStr(KEY)}, (KEY,)),
        (
            {"asleep_api_key": SecretStr(KEY), "nocturne_webhook_keys": SecretStr(f"{KEY}-new,{KEY}-old")},
            (f"{KEY}-new", f"{KEY}-old"),
        ),
    ],
)
def test_the_ring_holds_the_keys_that_are_set(
    tmp_path: Path, settings: dict[str, object], ring: tuple[str, ...]
) -> None:
    running = application(tmp_path, **settings)
    assert key_ring(running) == tuple(key.encode() for key in ring)
    running.close()


def test_in_the_demo_the_ring_is_the_simulators_key(tmp_path: Path) -> None:
    settings = Settings(nocturne_data_dir=tmp_path, asleep_api_key=None)
    running = build(settings, base_url="http://127.0.0.1:9", api_key="simulated-key-1-000000")
    assert key_ring(running) == (b"simulated-key-1-000000",)
    running.close()
