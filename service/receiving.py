"""The receiver at work: events written in groups, room looked at, from the start of a server to its end."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

from nocturne.application import Application
from nocturne.tombstones import mark
from nocturne.webhook_access import address, key_ring
from service.receiver import Door, Receiver, Ticket, settle
from service.room import Room, limits_of
from store.group_commit import GroupCommit
from store.inbox import Accepted


@contextmanager
def receiving(
    receiver: Receiver, application: Application, *, written: Callable[[], None] | None = None
) -> Iterator[None]:
    """Events are let in for the length of the block; what was let in is on disk when it ends.

    Enter it in the running loop of the server.

    Args:
        receiver: the route.
        application: whose inbox takes the events.
        written: called in the writer's thread after each group that was written, so that the worker looks at once.

    Raises:
        StoreError: the organisation's token cannot be read or made.
    """
    receiver.count_with(application.instruments)
    if application.settings.nocturne_webhooks == "off":
        receiver.close(for_good=True)
        yield
        return
    with ExitStack() as held:
        receiver.open(_door(application, held, written))
        held.callback(receiver.close)
        yield


def _door(application: Application, held: ExitStack, written: Callable[[], None] | None) -> Door:
    loop, inbox = asyncio.get_running_loop(), application.inbox

    def tell(tickets: Sequence[Ticket], outcome: Accepted | BaseException) -> None:
        loop.call_soon_threadsafe(settle, tickets, outcome)
        if isinstance(outcome, BaseException):
            return
        application.instruments.arrived(outcome)
        if written is not None:
            written()

    writer = GroupCommit(inbox.accept, on_written=tell)
    held.callback(writer.close)
    settings = application.settings
    room = Room(limits_of(application), problems=inbox.standing.problems)
    room.start()
    held.callback(room.stop)
    mark(application, "")  # the secret is read now, and not within the first event
    keys = key_ring(application)
    application.instruments.expect_keys(len(keys))
    return Door(
        organisation=application.organisation,
        environment=settings.asleep_environment,
        token=address(application).token.encode(),
        keys=keys,
        mark=partial(mark, application),
        full=room.full,
        submit=writer.submit,
    )
