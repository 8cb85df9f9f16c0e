"""A cache hit: one session of 960 epochs from disk to a typed value."""

import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from asleep.client import AsleepClient
from asleep.simulator.server import serve
from asleep.simulator.world import simulated_world
from bench.results import Figure
from cache.client import CachedAsleep
from cache.disk import DiskCache
from cache.seal import PlainSeal

_HITS = 2_000


def figures() -> list[Figure]:
    """Median and 99th percentile of 2,000 hits on one warm entry, as a page or a synchronisation meets them."""
    with (
        tempfile.TemporaryDirectory(prefix="nocturne-bench-") as folder,
        serve(simulated_world(people=1, nights=3)) as simulator,
        AsleepClient(base_url=simulator.address, api_key=simulator.api_key) as client,
    ):
        disk = DiskCache(Path(folder) / "cache", PlainSeal())
        cached = CachedAsleep(
            client, disk, organisation="bench", environment="live", now=lambda: datetime.now(UTC)
        )
        user = simulator.world.people[0].user_id
        session = next(item for item in cached.list_sessions(user).value if item.state == "COMPLETE")
        cached.get_session(user, session.session_id)
        asked = simulator.requests["getSession"]
        spent = []
        for _ in range(_HITS):
            start = time.perf_counter()
            cached.get_session(user, session.session_id)
            spent.append(time.perf_counter() - start)
        if simulator.requests["getSession"] != asked:
            raise RuntimeError("A hit asked the vendor, so it was none.")
        disk.close()
    spent.sort()
    return [
        Figure(name="cache hit, median", value=statistics.median(spent) * 1000, unit="ms", bound=1.0),
        Figure(name="cache hit, 99th percentile", value=spent[int(0.99 * _HITS)] * 1000, unit="ms"),
    ]
