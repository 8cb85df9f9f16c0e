"""How an answer lies on disk: compressed JSON, read back into the typed model or not at all."""

import logging
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec
import zstandard

SCHEMA = 2
"""Raised whenever the models change, so that what older versions kept is asked for again."""

_LEVEL = 3
_MAX_PLAIN_BYTES = 8 * 2**20
_ENCODER = msgspec.json.Encoder()

T = TypeVar("T")
log = logging.getLogger(__name__)


class Envelope(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A value with the moment it came and the version of the models it was written by."""

    schema: int
    fetched_at: datetime
    value: T


class Codec(Generic[T]):
    """Values of one type to bytes and back.

    Args:
        kind: the type, as msgspec knows it.
    """

    def __init__(self, kind: Any) -> None:
        self._decoder: msgspec.json.Decoder[Envelope[T]] = msgspec.json.Decoder(Envelope[kind])

    def encode(self, value: T, *, fetched_at: datetime) -> bytes:
        """The value in its envelope, compressed."""
        envelope = Envelope(schema=SCHEMA, fetched_at=fetched_at, value=value)
        # Made anew each time: a compressor may not be used by two threads at once.
        return zstandard.ZstdCompressor(level=_LEVEL).compress(_ENCODER.encode(envelope))

    def decode(self, data: bytes) -> Envelope[T] | None:
        """The envelope, or None when the bytes are not one of this type and version; the log says why."""
        try:
            if not 0 <= zstandard.frame_content_size(data) <= _MAX_PLAIN_BYTES:
                log.warning("A kept answer claims to be larger than any kept here and is asked for again.")
                return None
            envelope = self._decoder.decode(zstandard.ZstdDecompressor().decompress(data))
        except (zstandard.ZstdError, msgspec.DecodeError) as error:
            log.warning("A kept answer cannot be read and is asked for again: %s", error)
            return None
        return envelope if envelope.schema == SCHEMA and envelope.fetched_at.tzinfo is not None else None
