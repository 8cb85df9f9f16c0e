"""Events of webhooks that were given up: which, why, and trying them again."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application


@dataclass(frozen=True, kw_only=True)
class GivenUp:
    """An event that was given up.

    Attributes:
        event_id: by which it is tried again.
        event: the vendor's name of it.
        name: of the person; "" where nobody on the roster is meant.
        error: why, in a sentence.
        received_at, died_at: when it came and when it was given up (UTC).
        attempts: how often it was tried.
    """

    event_id: int
    event: str
    name: str
    error: str
    received_at: datetime
    died_at: datetime
    attempts: int


def given_up(application: Application, actor: Actor) -> tuple[GivenUp, ...]:
    """The events that were given up, the oldest first.

    Raises:
        NotAllowed: the actor may not synchronise here.
        StoreError: the inbox cannot be read.
    """
    authorize(actor, Permission.SYNCHRONISE, application.organisation)
    names = {person.vendor_id: person.name for person in application.people()}
    return tuple(
        GivenUp(
            event_id=letter.event_id,
            event=letter.event,
            name=names.get(letter.vendor_id, ""),
            error=letter.error,
            received_at=letter.received_at,
            died_at=letter.died_at,
            attempts=letter.attempts,
        )
        for letter in application.inbox.dead_letters(
            application.organisation, application.settings.asleep_environment
        )
    )


def try_again(application: Application, actor: Actor, event_ids: Collection[int] | None = None) -> int:
    """How many of these events, or of all that were given up, are tried again from the beginning.

    Raises:
        NotAllowed, StoreError.
    """
    authorize(actor, Permission.SYNCHRONISE, application.organisation)
    return application.inbox.replay(
        application.organisation, application.settings.asleep_environment, event_ids
    )


def unknown_people(application: Application, actor: Actor) -> int:
    """How many people events wait for who are not on the roster; who they are nobody is told.

    Raises:
        NotAllowed, StoreError.
    """
    authorize(actor, Permission.SYNCHRONISE, application.organisation)
    return len(
        application.inbox.quarantined(application.organisation, application.settings.asleep_environment)
    )
