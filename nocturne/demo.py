"""The demo: the simulator as a child process, so that the true client speaks true HTTP without a key."""

import fcntl
import json
import logging
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from threading import Event, Lock, Thread, Timer
from typing import Self
from urllib.parse import urlsplit

import msgspec

from settings import Settings

log = logging.getLogger(__name__)

_START_LIMIT_S = 60.0
_STOP_LIMIT_S = 5.0
_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 60.0
# A simulator that answered for so long did not end for a reason that lasts.
_STAYED_S = 60.0
_ROOT = Path(__file__).resolve().parent.parent


class DemoFailed(RuntimeError):
    """The simulator did not start; the message repeats what it said."""


class DemoPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody the simulator knows, as its ready line tells."""

    user_id: str
    name: str
    zone: str
    birth_year: int | None = None
    sex: str | None = None
    tags: tuple[str, ...] = ()


class _Ready(msgspec.Struct, frozen=True, kw_only=True):
    address: str
    api_key: str
    people: tuple[DemoPerson, ...]


class DemoSimulator:
    """A running simulator of this process: where it answers, its key and whom it knows.

    One that ends without being told to is started again with the same options on the same port, so that it answers
    the same bytes to the same key. What was created or deleted on it since is gone.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._stopping = Event()
        self._lock = Lock()
        self._webhooks: str | None = None
        self.process = _spawn(command)
        try:
            ready = _ready(self.process)
        except BaseException:
            _end(self.process)
            raise
        self.address, self.api_key, self.people = ready.address, ready.api_key, ready.people
        self._watch = Thread(target=self._keep_alive, name="demo-simulator", daemon=True)
        self._watch.start()

    @classmethod
    def start(cls, settings: Settings, *, until: date) -> Self:
        """A simulator that answers on a free loopback port and ends with this process, however that ends.

        Its standard input is a pipe from here: the simulator watches it and the number of its parent.

        Raises:
            DemoFailed: it ended, or did not say that it is ready within a minute.
        """
        return cls(
            [
                *(sys.executable, "-m", "asleep.simulator", "--exit-with-parent"),
                *("--people", str(settings.nocturne_demo_people)),
                *("--nights", str(settings.nocturne_demo_nights)),
                *("--seed", str(settings.nocturne_demo_seed), "--until", until.isoformat()),
                *(("--webhook", "-") if settings.nocturne_webhooks == "on" else ()),
            ]
        )

    def announce_to(self, url: str) -> None:
        """Lets the simulator send its webhooks there from now on, and whenever it is started again.

        Only one that was started with webhooks on has any. The address holds a token, so it is said to the simulator
        and does not stand in its command, which every user of the machine may read.
        """
        with self._lock:
            self._webhooks = url
            self._say_address()

    def _say_address(self) -> None:
        if self._webhooks is None or self.process.stdin is None:
            return
        try:
            self.process.stdin.write(f"{self._webhooks}\n")
            self.process.stdin.flush()
        except OSError as problem:  # it has just ended; whoever starts it again says it again
            log.info("The demo's simulator could not be told where to send webhooks: %s", problem)

    def stop(self) -> None:
        """Ends the simulator for good; safe to call twice."""
        with self._lock:
            self._stopping.set()
            self.process.terminate()
        self._watch.join(_STOP_LIMIT_S)
        _end(self.process)

    def _keep_alive(self) -> None:
        """Starts the simulator again whenever it has ended, after a pause that grows while it does not stay."""
        pause_s = _PAUSE_S
        while True:
            began = time.monotonic()
            status = self.process.wait()
            if time.monotonic() - began > _STAYED_S:
                pause_s = _PAUSE_S
            if self._stopping.is_set():
                return
            log.warning(
                "The demo's simulator has ended (exit status %d). It is started again in %g s.",
                status,
                pause_s,
            )
            if self._stopping.wait(pause_s) or not self._start_again():
                return
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _start_again(self) -> bool:
        """Whether a new simulator was started: not when it was stopped meanwhile. It may yet fail to become ready."""
        try:
            with self._lock:
                if self._stopping.is_set():
                    return False
                _end(self.process)
                self.process = _spawn([*self._command, "--port", str(urlsplit(self.address).port)])
            _ready(self.process)
            with self._lock:
                self._say_address()
        except (DemoFailed, OSError) as problem:
            self.process.kill()
            if not self._stopping.is_set():
                log.warning("%s Nights that are here already are still shown.", problem)
        else:
            log.warning("The demo's simulator answers again at %s.", self.address)
        return True


def _spawn(command: Sequence[str]) -> "subprocess.Popen[str]":
    # In a session of its own: Ctrl-C in the terminal is for this process, which then ends the simulator in its turn.
    return subprocess.Popen(  # noqa: S603 - our own module with numbers and a date as arguments
        command,
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _ready(process: "subprocess.Popen[str]") -> _Ready:
    impatience = Timer(_START_LIMIT_S, process.kill)
    impatience.start()
    try:
        line = process.stdout.readline() if process.stdout else ""
    finally:
        impatience.cancel()
    if not line:
        code = process.wait()
        raise DemoFailed(
            f"The demo's simulator ended at its start (exit status {code}); see its lines above."
        )
    try:
        return msgspec.json.decode(line, type=_Ready)
    except msgspec.DecodeError as error:
        raise DemoFailed(
            f"The demo's simulator said something else than that it is ready: {error}."
        ) from error


def _end(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.wait(_STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


class DemoFolder:
    """The demo's folder, held while a process uses it.

    The demo's people are made anew for every day, so yesterday's copies of them would only contradict today's: the
    folder is filled anew when they changed. A folder that another process holds is left as it is.
    """

    def __init__(self, settings: Settings, *, until: date) -> None:
        settings.nocturne_data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = (settings.nocturne_data_dir / "demo.lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.info("Another process uses the demo's folder, so it stays as it is.")
        else:
            _empty_when_changed(settings, until=until)
        fcntl.flock(self._lock, fcntl.LOCK_SH)

    def release(self) -> None:
        """Lets others fill the folder anew."""
        self._lock.close()


def _empty_when_changed(settings: Settings, *, until: date) -> None:
    folder = settings.folder
    stamp = folder / "demo.json"
    made_of = json.dumps(
        {
            "people": settings.nocturne_demo_people,
            "nights": settings.nocturne_demo_nights,
            "seed": settings.nocturne_demo_seed,
            "until": until.isoformat(),
        }
    )
    if stamp.exists() and stamp.read_text() == made_of:
        return
    if folder.exists():
        log.info("The demo's people changed; its folder is filled anew.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, mode=0o700)
    stamp.write_text(made_of)
