"""Pseudonyms: a stable name for each person of an organisation, from which nobody without its secret comes back.

A pseudonym is computed and kept nowhere: of somebody who was erased nothing stays that links. The secret is made once
for each organisation and lies among its settings, so that a back-up keeps the pseudonyms as they are; it is in no log,
on no page and in no report.
"""

import hashlib
import hmac
from collections.abc import Iterable
from typing import Final

import numpy as np

from nocturne.application import Application
from nocturne.organisation_secrets import organisation_secret

__all__ = ["pseudonym", "pseudonyms"]

_SECRET: Final = "pseudonym_secret"  # noqa: S105 - the name of a setting
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, which are misread or make words."""
_LENGTH: Final = 10
"""Characters of 5 bits each: of 5,000 people two have the same in one of a hundred million organisations."""


def pseudonyms(application: Application, person_ids: Iterable[str]) -> dict[str, str]:
    """The pseudonym of each of these people, by person id; the organisation's secret is made when there is none.

    It depends on the person alone and not on who else is there, so it stays the same for ever.

    Raises:
        StoreError: the store cannot be read, or not be written the first time.
    """
    organisation = application.organisation
    secret = organisation_secret(application.store, organisation, _SECRET)
    return {each: pseudonym(secret, organisation, each) for each in person_ids}


def pseudonym(secret: bytes, organisation: str, person_id: str) -> str:
    """The pseudonym of a person by the secret of an organisation, like `P-7F3K9QX2VD`."""
    return f"P-{_letters(secret, organisation, person_id)[:_LENGTH]}"


def _letters(secret: bytes, organisation: str, person_id: str) -> str:
    """The keyed digest of a person in letters and digits."""
    digest = hmac.new(secret, f"{organisation}\0{person_id}".encode(), hashlib.sha256).digest()
    bits = np.unpackbits(np.frombuffer(digest, dtype=np.uint8))
    fives = np.append(bits, np.zeros(-len(bits) % 5, dtype=np.uint8)).reshape(-1, 5)
    return "".join(_ALPHABET[place] for place in (fives @ np.array([16, 8, 4, 2, 1])).tolist())
