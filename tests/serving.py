"""Starts the dashboard as its users do, as a process of its own, and tells what it said when it fails."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_START_LIMIT_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Served:
    """A running dashboard: its address, the file its output goes to, and the number of its process."""

    address: str
    output: Path
    pid: int


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without settings of ours, plus `extra`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ASLEEP_", "NOCTURNE_", "STREAMLIT_"))
    }
    return {**kept, **extra}


@contextmanager
def serve_script(
    script: str,
    *,
    output: Path,
    environment: Mapping[str, str],
    runner: str = "streamlit",
    port: int | None = None,
) -> Iterator[Served]:
    """A Streamlit server for a script of the project, from ready to stopped.

    Args:
        script: what `streamlit run` is given, from the root of the project.
        output: the file that everything the server says goes to.
        environment: settings, instead of those of this process.
        runner: the module that is started; it takes Streamlit's arguments.
        port: where it listens, for whoever had to know before; any free one without.

    Raises:
        RuntimeError: it did not answer in time; the message holds what it printed.
    """
    port = port or free_port()
    command = [
        *(sys.executable, "-m", runner, "run", script, "--server.address", "127.0.0.1"),
        *("--server.port", str(port), "--server.headless", "true"),
    ]
    with output.open("wb") as sink:
        process = subprocess.Popen(
            command, cwd=ROOT, env=clean_environment(environment), stdout=sink, stderr=subprocess.STDOUT
        )
        try:
            _wait(process, f"http://127.0.0.1:{port}/_stcore/health", output)
            yield Served(address=f"http://127.0.0.1:{port}", output=output, pid=process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: "subprocess.Popen[bytes]", address: str, output: Path) -> None:
    deadline = time.monotonic() + _START_LIMIT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urlopen(address, timeout=1) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"The server did not answer. It said:\n{output.read_text(errors='replace')[-4000:]}")


def chromium() -> str | None:
    """Path of Debian's Chromium, or None when it is not installed."""
    return shutil.which("chromium")
