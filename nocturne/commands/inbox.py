"""`worker` and `inbox`: webhooks worked through in a process of their own, how it stands, and dead letters."""

import argparse
import signal
import sys
from threading import Event
from types import FrameType

from analytics.wording import NBSP, number, plural
from nocturne import logs, reconciliation
from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from nocturne.commands.asked import DONE, IN_PART, Usage
from nocturne.inbox_worker import InboxWorker
from nocturne.webhook_access import address

_LOOK_S = 0.5
_OFF = "Webhooks are switched off by NOCTURNE_WEBHOOKS: none are let in"
_LONGEST_ID = 18  # digits: no event's number ever has so many, and a database takes them


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `worker` and `inbox` to the command line."""
    worker = commands.add_parser("worker", help="work through webhooks until it is stopped (SIGTERM)")
    worker.set_defaults(run=_work, needs_vendor=True)
    inbox = commands.add_parser("inbox", help="how it stands with the webhooks that have arrived")
    inbox.set_defaults(run=_state, needs_vendor=False)
    actions = inbox.add_subparsers(metavar="ACTION")
    actions.add_parser("dead", help="events that nothing could be made of, and why").set_defaults(
        run=_dead, needs_vendor=False
    )
    actions.add_parser("address", help="the path of the address that webhooks are sent to").set_defaults(
        run=_address, needs_vendor=False
    )
    replay = actions.add_parser("replay", help="try dead letters again")
    replay.add_argument("events", metavar="ID", nargs="+", help="as `inbox dead` lists them; or all")
    replay.set_defaults(run=_replay, needs_vendor=False)


def _work(application: Application, actor: Actor, _chosen: argparse.Namespace) -> int:
    authorize(actor, Permission.SYNCHRONISE, application.organisation)
    logs.set_up(application.settings)  # a process that stays logs as the dashboard does
    stop = Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {each: signal.signal(each, end) for each in (signal.SIGTERM, signal.SIGINT)}
    worker = InboxWorker(application, name="worker")
    worker.start()
    print("The inbox is worked through. SIGTERM or Ctrl+C ends it.", flush=True)
    if application.settings.nocturne_webhooks == "off":
        print(f"{_OFF}, so only what waits already is worked through.", file=sys.stderr)
    try:
        while not stop.wait(_LOOK_S):
            pass
    finally:
        worker.stop()
        for each, handler in before.items():
            signal.signal(each, handler)
    print("Ended; what was not done yet is done by the next worker.", flush=True)
    return DONE


def _state(application: Application, actor: Actor, _chosen: argparse.Namespace) -> int:
    authorize(actor, Permission.SYNCHRONISE, application.organisation)
    state = application.inbox.state(application.organisation, application.settings.asleep_environment)
    received = "never" if state.last_received_at is None else f"{state.last_received_at:%Y-%m-%d %H:%M} UTC"
    waiting = number(state.waiting)
    if state.oldest_waiting_at is not None:
        waiting += f", the oldest since {state.oldest_waiting_at:%Y-%m-%d %H:%M} UTC"
    done = application.inbox.done(application.organisation, application.settings.asleep_environment)
    gaps = reconciliation.gaps(application)
    print(f"last webhook  {received}")
    print(f"waiting       {waiting}")
    if why := application.inbox.why_waiting(
        application.organisation, application.settings.asleep_environment
    ):
        print(f"              that one was tried in vain: {why}")
    print(
        f"quarantined   {number(state.quarantined)} about people who are not on the roster; kept for 7 days"
    )
    print(f"unhandled     {number(state.unhandled)} of a kind that nothing is done about")
    print(
        f"dead letters  {number(state.dead)}"
        + (": `python -m nocturne inbox dead` says why" if state.dead else "")
    )
    print(f"done          {number(done)} in the last 30 days")
    print(f"revised       {number(state.revised)} sent twice with another content; the API decides")
    print(
        f"gaps          {_counted(gaps, 'session', 'sessions')} of the last 3 days without a webhook, "
        "counted from the first webhook on"
    )
    return DONE


def _dead(application: Application, actor: Actor, _chosen: argparse.Namespace) -> int:
    authorize(actor, Permission.SYNCHRONISE, application.organisation)
    letters = application.inbox.dead_letters(
        application.organisation, application.settings.asleep_environment
    )
    for letter in letters:
        print(
            f"{letter.event_id}\t{letter.received_at:%Y-%m-%d %H:%M} UTC\t{letter.event}\t"
            f"{_counted(letter.attempts, 'try', 'tries')}\t{letter.error}"
        )
    if not letters:
        print("There are no dead letters.")
    return DONE


def _address(application: Application, actor: Actor, _chosen: argparse.Namespace) -> int:
    for permission in (Permission.MANAGE_PEOPLE, Permission.SYNCHRONISE):  # as Admin, Webhooks asks for
        authorize(actor, permission, application.organisation)
    print(address(application).path)
    if application.settings.nocturne_webhooks == "off":
        print(f"{_OFF}.", file=sys.stderr)
    return DONE


def _replay(application: Application, actor: Actor, chosen: argparse.Namespace) -> int:
    authorize(actor, Permission.SYNCHRONISE, application.organisation)
    mine = application.organisation, application.settings.asleep_environment
    wanted = None if chosen.events == ["all"] else _ids(chosen.events)
    others = (
        []
        if wanted is None
        else sorted(wanted - {each.event_id for each in application.inbox.dead_letters(*mine)})
    )
    replayed = application.inbox.replay(*mine, wanted)
    if replayed or not others:
        print(f"{_counted(replayed, 'event is', 'events are')} tried again by the worker.")
    for each in others:
        print(f"{each} is no dead letter.", file=sys.stderr)
    return IN_PART if others else DONE


def _ids(words: list[str]) -> frozenset[int]:
    """The numbers of events.

    Raises:
        Usage: a word is none, or one that no event can have.
    """
    if not all(word.isdecimal() and len(word) <= _LONGEST_ID for word in words):
        raise Usage("`inbox replay` takes numbers as `inbox dead` lists them, or all.")
    return frozenset(int(word) for word in words)


def _counted(count: int, one: str, many: str) -> str:
    """`3 tries`, with a blank that a terminal's search finds."""
    return plural(count, one, many).replace(NBSP, " ")
