"""A cache hit: one session of 8 hours from disk to a typed value, beside what its parts cost alone."""

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import diskcache
import msgspec
import zstandard

from asleep.client import AsleepClient
from asleep.models import SessionResult
from asleep.simulator.server import serve
from asleep.simulator.world import simulated_world
from bench.results import Figure
from cache.client import CachedAsleep
from cache.disk import DiskCache
from cache.envelope import Codec, Envelope
from cache.seal import PlainSeal

_HITS = 3_000
_EPOCHS = 960


def figures() -> list[Figure]:
    """Hits on one warm entry, as a page or a synchronisation meets them, each paired with one of the yardstick."""
    with (
        tempfile.TemporaryDirectory(prefix="nocturne-bench-") as folder,
        serve(simulated_world(people=1, nights=30)) as simulator,
        AsleepClient(base_url=simulator.address, api_key=simulator.api_key) as client,
    ):
        disk = DiskCache(Path(folder) / "cache", PlainSeal())
        cached = CachedAsleep(client, disk, organisation="bench", environment="live")
        user = simulator.world.people[0].user_id
        session, value = _full_night(cached, user)
        asked = simulator.requests["getSession"]
        plain = diskcache.Cache(str(Path(folder) / "plain"))
        hits, reads = _paired(lambda: cached.get_session(user, session), _yardstick(plain, value))
        if simulator.requests["getSession"] != asked:
            raise RuntimeError("A hit asked the vendor, so it was none.")
        disk.close()
        plain.close()
    hit, read = statistics.median(hits), statistics.median(reads)
    return [
        Figure(name="cache hit, median", value=hit * 1000, unit="ms", bound=1.0),
        Figure(name="cache hit, 99th percentile", value=sorted(hits)[int(0.99 * _HITS)] * 1000, unit="ms"),
        Figure(name="the same bytes: diskcache, zstd and decoding alone", value=read * 1000, unit="ms"),
        Figure(name="cache hit beside its parts alone", value=hit / read, unit="ratio", bound=1.5),
    ]


def _full_night(cached: CachedAsleep, user: str) -> tuple[str, SessionResult]:
    """The id and the value of the first kept night of 8 hours and more."""
    for item in cached.list_sessions(user).value:
        value = cached.get_session(user, item.session_id).value
        if value.state == "COMPLETE" and len(value.sleep_stages or ()) >= _EPOCHS:
            return item.session_id, value
    raise RuntimeError("The first simulated person has no full night in a month; ask for more nights.")


def _yardstick(plain: diskcache.Cache, value: SessionResult) -> Callable[[], Envelope[SessionResult]]:
    """Read, decompress and decode the same answer, with nothing of ours around it."""
    key = "k" * 64
    plain.set(key, Codec[SessionResult](SessionResult).encode(value, fetched_at=datetime.now(UTC)))
    decoder = msgspec.json.Decoder(Envelope[SessionResult])
    return lambda: decoder.decode(zstandard.ZstdDecompressor().decompress(plain.get(key)))


def _paired(one: Callable[[], object], other: Callable[[], object]) -> tuple[list[float], list[float]]:
    """Seconds of each, taken in turn: what the machine does besides meets both alike."""
    spent: tuple[list[float], list[float]] = ([], [])
    for act in (one, other) * 50:
        act()
    for _ in range(_HITS):
        for act, seconds in zip((one, other), spent, strict=True):
            start = time.perf_counter()
            act()
            seconds.append(time.perf_counter() - start)
    return spent
