"""The command line's options: each says what it does, what holds without it, and how it is written."""

import argparse
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from asleep.simulator.faults import FAULT_KINDS, Fault
from asleep.simulator.webhook_bodies import VERSIONS

DONE, ASKED_WRONGLY = 0, 2

FROM_INPUT: Final = "-"
_FASTEST: Final = 5000

_WHAT = """\
A service that answers as the Asleep API does, over real HTTP on 127.0.0.1, with people who do not exist.
Everything follows from the options: the same ones, with --until, give the same bytes.
"""

_MORE = f"""\
ready line:
  When the service answers, one line of JSON is written to standard output: address, api_key (the one key it
  accepts), user_ids and people (user_id, name, zone, birth_year, sex, tags of each); with --replay also
  sessions (the session id of every night_id of the file), with --webhook-speed above 1 recording (user_id and
  session_id of each night that is recorded). Nothing else is ever written there; warnings go
  to standard error.

signals:
  SIGTERM or SIGINT (Ctrl-C) stop it within two seconds, also while calls are held by a fault.

exit status:
  {DONE}  stopped by a signal or, with --exit-with-parent, because the process that started it has ended
  {ASKED_WRONGLY}  it did not start: an option, a file or the port; the reason is on standard error

kinds of fault:
  {", ".join(FAULT_KINDS[:9])},
  {", ".join(FAULT_KINDS[9:])}
  docs/simulator.md says what each does. A call meets one fault at most, so the shares may add up to 1 at most.

examples:
  python -m asleep.simulator --port 8899
  python -m asleep.simulator --people 5000 --nights 365 --until 2026-04-12
  python -m asleep.simulator --latency-ms 50 --rate-limit 50 --fault unavailable:0.02 reset:0.01
  python -m asleep.simulator --webhook http://127.0.0.1:8501/webhooks/asleep/TOKEN --webhook-speed 200
"""


def parser() -> argparse.ArgumentParser:
    """The parser of `python -m asleep.simulator`."""
    found = argparse.ArgumentParser(
        prog="python -m asleep.simulator",
        description=_WHAT,
        epilog=_MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_people(found.add_argument_group("who there is"))
    _add_answers(found.add_argument_group("how it answers"))
    _add_webhooks(found.add_argument_group("what it announces"))
    _add_process(found.add_argument_group("where it runs"))
    return found


def _add_people(group: Any) -> None:
    add = group.add_argument
    add(
        "--people",
        type=_between(1, 1_000_000),
        default=48,
        metavar="N",
        help="how many people, as 5000 (default: %(default)s); a larger cast begins with the smaller one",
    )
    add(
        "--nights",
        type=_between(1, 3650),
        default=90,
        metavar="N",
        help="how many evenings of their lives, as 365, at most 3650 (default: %(default)s)",
    )
    add(
        "--seed",
        type=_between(0, 2**31),
        default=1,
        metavar="N",
        help="what people, nights and faults follow from, as 7 (default: %(default)s)",
    )
    add(
        "--until",
        type=_date,
        metavar="DATE",
        help="date of the last evening, as 2026-04-12 (default: yesterday in UTC)",
    )
    add(
        "--replay",
        type=Path,
        metavar="FILE",
        help="serve the nights of this file of JSON lines, as nights.jsonl.gz (default: simulated ones)",
    )


def _add_answers(group: Any) -> None:
    add = group.add_argument
    add(
        "--shape",
        choices=("current", "reference"),
        default="current",
        help="form of the answers: as the official pages show, or as older files do (default: %(default)s)",
    )
    add(
        "--rate-limit",
        type=_positive,
        metavar="R",
        help="calls allowed per second, as 50 or 0.5; the rest get 403 'Rate limit exceeded' (default: all)",
    )
    add(
        "--latency-ms",
        type=_between(0, 600_000),
        default=0,
        metavar="MS",
        help="delay of every answer, as 50 (default: %(default)s)",
    )
    add(
        "--fault",
        type=_fault,
        nargs="+",
        action="extend",
        default=[],
        metavar="KIND:SHARE",
        help="what goes wrong and for which share of the calls, as slow:0.1 (default: nothing); any number",
    )


def _add_webhooks(group: Any) -> None:
    add = group.add_argument
    add(
        "--webhook",
        type=_address,
        metavar="URL",
        help="let people record while the simulator runs and announce it here (default: nobody records); with - and "
        "--exit-with-parent the address is the first line of standard input, and stands in no list of processes",
    )
    add(
        "--webhook-speed",
        type=_speed,
        default=1,
        metavar="X",
        help="how much faster than a clock, as 200 (default: %(default)s, tonight's nights); above 1, a few people "
        "record a night of the past once more",
    )
    add(
        "--webhook-people",
        type=_between(1, 1_000_000),
        metavar="N",
        help="at most so many people record, as 1 (default: everybody whose night it is; with speed-up, 3)",
    )
    add(
        "--webhook-versions",
        choices=VERSIONS,
        nargs="+",
        default=list(VERSIONS),
        metavar="VERSION",
        help=f"forms of the webhooks, in rotation: {', '.join(VERSIONS)} (default: all of them)",
    )
    add(
        "--webhook-duplicates",
        type=_share,
        default=0,
        metavar="SHARE",
        help="share of the webhooks that are sent twice, as 0.1 (default: %(default)s)",
    )
    add(
        "--webhook-reorder",
        type=_share,
        default=0,
        metavar="SHARE",
        help="share that is sent after later ones, as 0.1 (default: %(default)s)",
    )
    add(
        "--webhook-drop",
        type=_share,
        default=0,
        metavar="SHARE",
        help="share that is never sent, as 0.1 (default: %(default)s)",
    )


def _add_process(group: Any) -> None:
    add = group.add_argument
    add(
        "--port",
        type=_between(0, 65535),
        default=0,
        metavar="N",
        help="port on 127.0.0.1, as 8899 (default: 0, a free one; the ready line names it)",
    )
    add(
        "--roster",
        type=Path,
        metavar="FILE",
        help="also write the people to this CSV, as people.csv, in the form that the dashboard imports",
    )
    add(
        "--env",
        type=Path,
        metavar="FILE",
        help="also write address and key to this file, as vendor.env, for a shell to take in with: . ./vendor.env",
    )
    add(
        "--exit-with-parent",
        action="store_true",
        help="stop when standard input ends or the process that started this one is gone",
    )


def _between(low: int, high: int) -> Any:
    def number(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low} to {high}")
        return int(text)

    return number


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def _speed(text: str) -> float:
    value = _positive(text)
    if not 1 <= value <= _FASTEST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {_FASTEST}")
    return value


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share from 0 to 1")
    return value


def _address(text: str) -> str:
    if text == FROM_INPUT or is_address(text):
        return text
    raise argparse.ArgumentTypeError("it must be an address like http://127.0.0.1:8501/webhooks/asleep/TOKEN")


def is_address(text: str) -> bool:
    """Whether webhooks can be sent there."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        return False


def _date(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date written YYYY-MM-DD") from None


def _fault(text: str) -> Fault:
    try:
        return Fault.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
