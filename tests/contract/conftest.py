"""A Redis of our own, where one is installed."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import free_port


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Redis on loopback that keeps nothing and ends with the tests."""
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("redis-server is not installed: one pace for several processes was not tested.")
    port, folder = free_port(), tmp_path_factory.mktemp("redis")
    command = [binary, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    with subprocess.Popen([*command, "--dir", str(folder)], stdout=subprocess.DEVNULL) as server:
        try:
            _await(port, server, folder)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()


def _await(port: int, server: "subprocess.Popen[bytes]", folder: Path) -> None:
    until_s = time.monotonic() + 10
    while time.monotonic() < until_s and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"redis-server did not start on port {port} in {folder}.")
