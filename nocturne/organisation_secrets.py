"""Secrets that an organisation has of itself: made once, by whoever asks first, and kept among its settings.

A back-up takes them along, so that what was made with them stays what it is. They are in no log, and one is on a page:
Admin shows the webhooks' address, which ends in a token made of it.
"""

import secrets
from contextlib import suppress
from typing import Final

from store.database import Store
from store.errors import EditedMeanwhile
from store.preferences import DEFAULT

_BYTES: Final = 32


def organisation_secret(store: Store, organisation: str, name: str) -> bytes:
    """The organisation's secret of that name, 32 bytes.

    Raises:
        StoreError: the store cannot be read, or not be written the first time.
    """
    kept = store.preferences.all(organisation).get(name)
    if kept is None:
        made = secrets.token_hex(_BYTES)
        with suppress(EditedMeanwhile):  # another process was first; its secret is the one
            store.preferences.set(organisation, name, made, version=DEFAULT, by="nocturne")
        kept = store.preferences.all(organisation)[name]
    return bytes.fromhex(kept.value)
