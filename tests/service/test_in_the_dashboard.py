"""In the dashboard's process webhooks are answered as in the service's own: Streamlit's layers change nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from asleep.contract import example_bytes
from service.receiver import LARGEST_BODY
from tests.service.running import KEY, USER, kept, path_of, post, sent, settings
from tests.serving import Served, serve_script

BLOCK = example_bytes("webhook_v3_inference_complete")
LARGE = example_bytes("webhook_v3_session_complete")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dashboard") / "data"


@pytest.fixture(scope="module")
def dashboard(folder: Path) -> Iterator[Served]:
    environment = settings(folder, NOCTURNE_SYNC_INTERVAL_MINUTES="0")
    with serve_script("streamlit_app.py", output=folder.parent / "log", environment=environment) as served:
        yield served


def test_an_event_is_on_disk_when_it_is_acknowledged(dashboard: Served, folder: Path) -> None:
    found = post(dashboard.address + path_of(folder), BLOCK, sent())
    assert (found.status, found.json) == (200, {"status": "accepted"})
    assert USER in {user for user, _, _ in kept(folder)}


def test_neither_compression_nor_a_session_nor_a_token_against_forgery_comes_in_between(
    dashboard: Served, folder: Path
) -> None:
    """A sender has no cookies and no page that it came from, and wants none."""
    headers = {**sent(), "Accept-Encoding": "gzip", "Origin": "https://elsewhere.example"}
    found = post(dashboard.address + path_of(folder), LARGE, headers)
    assert (found.status, found.json) == (200, {"status": "accepted"})
    assert not {"set-cookie", "content-encoding"} & set(found.headers)


@pytest.mark.parametrize(
    ("headers", "body", "refusal"),
    [
        (sent(key=None), BLOCK, (401, "wrong_key")),
        (sent(key="a-wrong-key-0123456789"), BLOCK, (401, "wrong_key")),
        (sent(user="G-20260101000000-somebody"), BLOCK, (400, "foreign_user")),
        (sent(), b"[" * 200_000, (400, "unreadable")),
        (sent(), b" " * (LARGEST_BODY + 1), (413, "too_large")),
        (sent(kind="text/plain"), BLOCK, (415, "not_json")),
    ],
)
def test_what_is_refused_is_refused_in_the_same_shape(
    dashboard: Served, folder: Path, headers: dict[str, str], body: bytes, refusal: tuple[int, str]
) -> None:
    found = post(dashboard.address + path_of(folder), body, headers)
    assert (found.status, found.json["error"]) == refusal
    assert found.json["request_id"] == found.headers["x-request-id"]


def test_an_unknown_address_and_another_method_are_not_answered_by_a_page(
    dashboard: Served, folder: Path
) -> None:
    assert post(f"{dashboard.address}/webhooks/asleep/wrong", BLOCK, sent()).status == 404
    assert post(dashboard.address + path_of(folder), b"", {}, method="GET").status == 405


def test_neither_key_nor_token_nor_person_is_in_what_the_dashboard_says(
    dashboard: Served, folder: Path
) -> None:
    said = dashboard.output.read_text()
    for secret in (KEY, path_of(folder).rpartition("/")[2], USER):
        assert secret not in said
