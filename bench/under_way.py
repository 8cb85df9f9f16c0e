"""Nights of people on the bench's roster that are being recorded, and the webhooks that their blocks come in."""

from datetime import timedelta
from typing import Final

from bench.archives import ORGANISATION, RECEIVED, ZONE
from nocturne.application import Application
from nocturne.tombstones import mark
from store.inbox import Opened

NIGHTS: Final = 100
"""So many are under way, of the first people of the roster."""

KEY: Final = "a-key-that-opens-nothing"
"""What `bench.home.opened` lets webhooks in by."""

_STEPS: Final = 60
_LONG_AGO: Final = timedelta(hours=5)


def open_nights(application: Application) -> None:
    """The nights are known, so that their blocks need no question to a vendor whom there is not."""
    environment = application.settings.asleep_environment
    for number in range(NIGHTS):
        opened = Opened(
            vendor_id=_vendor_id(number),
            session_id=_session_id(number),
            start=RECEIVED - _LONG_AGO,
            zone=ZONE,
        )
        application.inbox.live.apply(
            ORGANISATION, environment, opened, mark=mark(application, opened.vendor_id)
        )


def request(path: str, number: int) -> tuple[str, bytes, dict[str, str]]:
    """Path, body and headers of the webhook of a block: of each night its next one in turn, up to a whole night."""
    sleeper, step = number % NIGHTS, number // NIGHTS % _STEPS
    stages = ", ".join([str(step % 4)] * 10)
    body = (
        f'{{"event": "INFERENCE_COMPLETE", "version": "V3", "data": {{"user_id": "{_vendor_id(sleeper)}", '
        f'"session_id": "{_session_id(sleeper)}", "seq_num": {10 * step + 9}, "inference_seq_num": {step}, '
        f'"sleep_stages": [{stages}], "breath_stages": null, "snoring_stages": null}}}}'
    ).encode()
    headers = {"x-api-key": KEY, "x-user-id": _vendor_id(sleeper), "Content-Type": "application/json"}
    return path, body, headers


def _vendor_id(number: int) -> str:
    return f"G-{number}"


def _session_id(number: int) -> str:
    return f"20260214220530_{number:05d}"
