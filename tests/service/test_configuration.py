"""The service does not start where anybody could send it webhooks, or where nobody would hear of it."""

import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from asleep.contract import example_bytes
from nocturne.application import build
from nocturne.webhook_access import address
from settings import Settings
from tests.service.running import KEY, NO_VENDOR, USER, kept, path_of, post, running, sent, settings
from tests.serving import ROOT, clean_environment

BLOCK = example_bytes("webhook_v3_inference_complete")


def refused(environment: dict[str, str], *arguments: str) -> str:
    """What a service says that does not start."""
    done = subprocess.run(
        [sys.executable, "-m", "service", "--port", "0", *arguments],
        cwd=ROOT,
        env=clean_environment(environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"ASLEEP_API_KEY": "", "NOCTURNE_ENVIRONMENT": "development"}, "ASLEEP_API_KEY is not set"),
        ({"ASLEEP_API_KEY": "fifteen-letters"}, "shorter than 16 characters"),
        ({"ASLEEP_API_KEY": "your-api-key-here"}, "is a placeholder"),
        ({"NOCTURNE_WEBHOOK_KEYS": "changeme-changeme"}, "NOCTURNE_WEBHOOK_KEYS is a placeholder"),
        (
            {"ASLEEP_API_KEY": ""},
            "no key that webhooks could be let in by",
        ),  # the demo, without its simulator
        (
            {"NOCTURNE_DATA_DIR": "/proc/nocturne"},
            "The data folder /proc/nocturne cannot be used: No such file or directory. Let the user",
        ),
        ({"NOCTURNE_DATABASE_URL": "sqlite:////proc/nowhere/store.sqlite3"}, "cannot start"),
    ],
)
def test_unsafe_settings_are_a_sentence_and_exit_status_2(
    tmp_path: Path, change: dict[str, str], sentence: str
) -> None:
    said = refused({**settings(tmp_path / "data"), **change})
    assert sentence in said
    assert "Nocturne's service cannot start. " in said
    assert KEY not in said


def test_a_port_that_is_taken_is_a_sentence_and_exit_status_2(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        assert f"port {port}: Address already in use" in refused(settings(tmp_path), "--port", port)


def test_what_is_no_port_is_a_sentence_and_exit_status_2(tmp_path: Path) -> None:
    said = refused(settings(tmp_path), "--port", "99999")
    assert "port 99999: a port is a number from 0 to 65535. Name another --port or --host." in said


def test_a_store_that_takes_no_secret_of_erased_people_is_a_sentence_and_exit_status_2(
    tmp_path: Path,
) -> None:
    """The lock of another program, which comes when the service has read the store and before it serves."""
    folder = tmp_path / "data"
    path_of(folder)  # the token is there already
    done = subprocess.run(
        [sys.executable, "-c", LOCKED_LATE, str(folder / "nocturne.sqlite3")],
        cwd=ROOT,
        env=clean_environment(settings(folder)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "Nocturne's service cannot start. " in done.stderr
    assert "Traceback" not in done.stderr


LOCKED_LATE = """
import sqlite3, sys
from service import __main__ as service

true = service.address

def address(application):
    found = true(application)
    other = sqlite3.connect(sys.argv[1], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    held.append(other)
    return found

held = []
service.address = address
sys.exit(service.main(["--port", "0"]))
"""

ASKED_TO_STOP_EARLY = """
import os, signal
from service import serving

class Late(serving._Server):
    def run(self, sockets=None):
        os.kill(os.getpid(), signal.SIGTERM)  # the handlers of uvicorn are not there yet
        super().run(sockets)

async def nothing(scope, receive, send):
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})

serving._Server = Late
with serving.listening("127.0.0.1", 0) as at:
    serving.serve(nothing, at)
"""


def test_who_is_asked_to_stop_before_it_serves_stops() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASKED_TO_STOP_EARLY],
        cwd=ROOT,
        env=clean_environment({}),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_it_listens_on_this_machine_only(tmp_path: Path) -> None:
    with running(tmp_path / "data") as service:
        assert service.url.startswith("http://127.0.0.1:")
        sockets = Path(f"/proc/{service.process.pid}/net/tcp").read_text()
        port = int(service.url.split(":")[2].partition("/")[0])
        assert f"0100007F:{port:04X} 00000000:0000 0A" in sockets
        assert f"00000000:{port:04X} 00000000:0000 0A" not in sockets


def demo_path(folder: Path) -> str:
    """The path of the webhooks' address of the demo in that folder."""
    settings = Settings(asleep_api_key=None, nocturne_data_dir=folder)
    application = build(settings, base_url=NO_VENDOR, api_key=KEY)
    try:
        return address(application).path
    finally:
        application.close()


def test_the_previous_key_lets_in_beside_the_new_one_and_no_other_does(tmp_path: Path) -> None:
    ring = f"{KEY}-new,{KEY}-old"
    with running(tmp_path / "data", NOCTURNE_WEBHOOK_KEYS=ring) as service:
        answers = {
            name: post(service.url, BLOCK, sent(key=KEY + name)).status for name in ("-new", "-old", "")
        }
    assert answers == {"-new": 200, "-old": 200, "": 401}


def test_a_demo_with_keys_of_its_own_takes_webhooks_in(tmp_path: Path) -> None:
    with running(tmp_path / "data", ASLEEP_API_KEY="", NOCTURNE_WEBHOOK_KEYS=KEY) as service:
        folder = tmp_path / "data" / "demo"  # the demo keeps apart
        before = kept(folder)
        assert post(service.url, BLOCK, sent(), path=demo_path(tmp_path / "data")).status == 200
        assert {user for user, _, _ in kept(folder) - before} == {USER}
