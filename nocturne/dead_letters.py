"""Events of webhooks that were given up: which, why, and trying them again."""

from collections import defaultdict
from collections.abc import Collection, Sequence
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
        person_id, name: of the person; "" where nobody on the roster is meant.
        error: why, in a sentence.
        received_at, died_at: when it came and when it was given up (UTC).
        attempts: how often it was tried.
    """

    event_id: int
    event: str
    person_id: str
    name: str
    error: str
    received_at: datetime
    died_at: datetime
    attempts: int


@dataclass(frozen=True, kw_only=True)
class Cause:
    """A reason for which events were given up.

    Attributes:
        error: the reason, in a sentence.
        letters: the events, the oldest first; at least one.
    """

    error: str
    letters: tuple[GivenUp, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Whose events they are, a name for each person; nobody for events of people who are not on the roster."""
        people = {letter.person_id: letter.name for letter in self.letters if letter.person_id}
        return tuple(sorted(people.values()))

    @property
    def of_nobody(self) -> int:
        """How many of the events are of people who are not on the roster."""
        return sum(not letter.person_id for letter in self.letters)

    @property
    def oldest_at(self) -> datetime:
        """When the first of them came (UTC)."""
        return min(letter.received_at for letter in self.letters)

    @property
    def last_at(self) -> datetime:
        """When one of them was last given up (UTC)."""
        return max(letter.died_at for letter in self.letters)


def causes(letters: Sequence[GivenUp]) -> tuple[Cause, ...]:
    """The reasons, that of the most events first."""
    found: defaultdict[str, list[GivenUp]] = defaultdict(list)
    for letter in letters:
        found[letter.error].append(letter)
    by_reason = [Cause(error=error, letters=tuple(some)) for error, some in found.items()]
    return tuple(sorted(by_reason, key=lambda cause: (-len(cause.letters), cause.error)))


def given_up(application: Application, actor: Actor) -> tuple[GivenUp, ...]:
    """The events that were given up, the oldest first.

    Raises:
        NotAllowed: the actor may not synchronise here.
        StoreError: the inbox cannot be read.
    """
    authorize(actor, Permission.SYNCHRONISE, application.organisation)
    people = {person.vendor_id: (person.person_id, person.name) for person in application.people()}
    nobody = ("", "")
    return tuple(
        GivenUp(
            event_id=letter.event_id,
            event=letter.event,
            person_id=people.get(letter.vendor_id, nobody)[0],
            name=people.get(letter.vendor_id, nobody)[1],
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
