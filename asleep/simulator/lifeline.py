"""When to stop: on a signal, and with the process that started this one, however it ended."""

import os
import signal
import sys
import threading
from collections.abc import Callable

_LOOK_S = 0.5


def end_of_service(*, with_parent: bool, heard: Callable[[str], None] | None = None) -> threading.Event:
    """Set on SIGTERM or SIGINT and, if asked, within a second of the parent's end.

    `heard` is told the first line of standard input, where that is watched; what follows it is passed over.

    A parent that ends closes our standard input, which tells at once, also after SIGKILL; but a process that
    the parent forked may still hold the other end. So the parent's number is looked at as well: it changes
    when somebody else has to adopt this process. PR_SET_PDEATHSIG would do neither: it follows the thread
    that started us, and Streamlit's threads come and go while their process lives.

    Raises:
        ValueError: the parent's end should be noticed and there is no standard input.
    """
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    if with_parent:
        if sys.stdin is None:
            raise ValueError("--exit-with-parent needs a standard input. Give it a pipe that stays open.")
        watches = ((_await_end_of_input, (over, heard)), (_await_adoption, (over, os.getppid())))
        for watch, arguments in watches:
            threading.Thread(target=watch, args=arguments, daemon=True).start()
    return over


def _await_end_of_input(over: threading.Event, heard: Callable[[str], None] | None) -> None:
    said = b""
    while chunk := os.read(sys.stdin.fileno(), 4096):
        if heard is None:
            continue
        said += chunk
        line, ended, _ = said.partition(b"\n")
        if ended:
            heard(line.decode(errors="replace").strip())
            heard = None
    over.set()


def _await_adoption(over: threading.Event, parent: int) -> None:
    while os.getppid() == parent:
        if over.wait(_LOOK_S):
            return
    over.set()
