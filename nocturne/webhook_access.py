"""Who may send webhooks here: the address that nobody guesses, and the keys one of which has to come along.

The address ends in a token that is made once for each organisation and lies among its settings. The vendor signs
nothing, so the token keeps strangers away who know a key, and the key those who have seen the address.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Final

from nocturne.application import Application
from nocturne.organisation_secrets import organisation_secret

PATH: Final = "/webhooks/asleep/"
"""What the path of every address begins with; the organisation's token follows."""

_SECRET: Final = "webhook_token"  # noqa: S105 - the name of a setting
_TOKEN_BYTES: Final = 24


@dataclass(frozen=True, kw_only=True)
class WebhookAddress:
    """Where the vendor sends the webhooks of an organisation.

    Attributes:
        token: 32 letters, digits, `-` and `_`; kept out of logs.
        path: what follows scheme and host.
    """

    token: str = field(repr=False)
    path: str = field(repr=False)


def address(application: Application) -> WebhookAddress:
    """The address of the application's organisation, the same for ever; its token is made when there is none.

    Raises:
        StoreError: the store cannot be read, or not be written the first time.
    """
    secret = organisation_secret(application.store, application.organisation, _SECRET)
    token = urlsafe_b64encode(secret[:_TOKEN_BYTES]).decode()
    return WebhookAddress(token=token, path=PATH + token)


def key_ring(application: Application) -> tuple[bytes, ...]:
    """The keys one of which a webhook has to carry; none where none was set, and then nobody is let in."""
    return tuple(each.get_secret_value().encode() for each in application.webhook_keys)
