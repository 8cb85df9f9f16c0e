"""Which nights of some people are here, as a small value: a page that holds one can tell whether others have come."""

from collections.abc import Sequence
from dataclasses import dataclass

from nocturne.access import Actor
from nocturne.application import Application
from nocturne.grounds import kept, statistics
from store.people import Person


@dataclass(frozen=True, kw_only=True)
class NightsHere:
    """The nights of some people at one moment.

    Attributes:
        whose: names the people: a cohort, or one person's id.
        version: of the archive that they were read from.
        count: how many recordings.
        received: a digest of which were received when; another one after any of them has come, changed or gone.
    """

    whose: str
    version: str
    count: int
    received: int


def nights_here(
    application: Application, actor: Actor, people: Sequence[Person], *, whose: str
) -> NightsHere:
    """The nights of these people as they are in the archive now; computed once for each version of it.

    Args:
        application: whose archive.
        actor: who asks, and may see these people.
        people: whose nights.
        whose: names them, so that nobody has to go through thousands of people to see that they are the same.
    """
    version = application.archive.version(application.organisation)
    count, received = kept(
        application,
        ("nights here", actor, whose),
        lambda: _digest(application, people),
        # The same people are a list here and a tuple there.
        grounds=tuple(people),
    )
    return NightsHere(whose=whose, version=version, count=count, received=received)


def others_came(application: Application, actor: Actor, people: Sequence[Person], shown: NightsHere) -> bool:
    """Whether these people's nights are other ones than those that are shown.

    Costs a look at the version of the archive while nothing has come for anybody.
    """
    if application.archive.version(application.organisation) == shown.version:
        return False
    now = nights_here(application, actor, people, whose=shown.whose)
    return (now.count, now.received) != (shown.count, shown.received)


def _digest(application: Application, people: Sequence[Person]) -> tuple[int, int]:
    received = statistics(application, people)["received"].to_numpy(dtype="datetime64[us]")
    return len(received), hash(received.tobytes())
