"""What the inbox knows of people who were erased: a mark that nobody can go back from, and how it is taken away again.

A mark is HMAC-SHA256 of the vendor's id under a secret of the organisation. The inbox compares the mark of whoever an
event is about with those of the people who were erased, and keeps nothing of theirs. Somebody who is added again under
the same vendor id is welcome: the mark goes, and what was waiting for them is joined.
"""

import hmac
import logging
from collections.abc import Iterable
from typing import Final
from weakref import WeakKeyDictionary

from nocturne.application import Application
from nocturne.organisation_secrets import organisation_secret
from store.database import Store
from store.errors import StoreError

log = logging.getLogger(__name__)

_SECRET: Final = "tombstone_secret"  # noqa: S105 - the name of a setting
# The receiver makes a mark of every event, and the secret never changes.
_read: WeakKeyDictionary[Store, dict[str, bytes]] = WeakKeyDictionary()


def mark(application: Application, vendor_id: str) -> bytes:
    """The mark of a vendor's id, 32 bytes, the same for ever.

    Raises:
        StoreError: the secret cannot be read, or not be made the first time.
    """
    known = _read.setdefault(application.store, {})
    secret = known.get(application.organisation)
    if secret is None:
        secret = organisation_secret(application.store, application.organisation, _SECRET)
        known[application.organisation] = secret
    return hmac.digest(secret, vendor_id.encode(), "sha256")


def welcome(application: Application, vendor_ids: Iterable[str]) -> None:
    """Lets the inbox take in events about these people, who are on the roster now, and joins what waited for them.

    Where the inbox cannot be written, the people are on the roster all the same: the worker looks again.
    """
    ids = tuple(vendor_ids)
    if not ids:
        return
    organisation, environment = application.organisation, application.settings.asleep_environment
    try:
        for each in _marked(application) & {mark(application, vendor_id) for vendor_id in ids}:
            application.inbox.remember(organisation, environment, each)
        application.inbox.join(organisation, environment, ids)
    except StoreError as problem:
        log.warning(
            "What had arrived for %d people who were added is joined another time: %s", len(ids), problem
        )


def welcome_the_roster(application: Application) -> int:
    """How many marks were taken away that somebody had whom the roster has and nobody has erased.

    Who was added while the inbox could not be written would otherwise never be heard of again.
    """
    organisation, environment = application.organisation, application.settings.asleep_environment
    people = {mark(application, each.vendor_id): each for each in application.people()}
    marks = people.keys() & _marked(application)
    # Looked at after the marks: whose erasure is under way was noted in the archive before the mark was made.
    welcomed = [
        people[each]
        for each in marks
        if not application.archive.is_erased(organisation, people[each].person_id)
    ]
    for person in welcomed:
        application.inbox.remember(organisation, environment, mark(application, person.vendor_id))
    return len(welcomed)


def _marked(application: Application) -> frozenset[bytes]:
    """Every mark that the inbox has in the vendor environment in force."""
    environment = application.settings.asleep_environment
    kept = application.inbox.marks(application.organisation)
    return frozenset(each.mark for each in kept if each.environment == environment)
