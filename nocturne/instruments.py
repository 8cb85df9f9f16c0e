"""What is counted while Nocturne runs: events, outcomes and rounds. No name, id, path or address is ever part of it.

`exposition` writes these counts together with what is asked at that moment; docs/operating.md says what each means.
"""

from collections.abc import Callable
from dataclasses import fields
from typing import Final, Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.process_collector import ProcessCollector

from asleep.tally import Condition
from store.inbox import Accepted, WorkerOutcome

RoundOutcome = Literal["complete", "partly", "refused", "broken_off"]
"""complete: everybody was asked. partly: some people failed. refused: the vendor refused everybody. broken_off: a fault
on this machine."""

# When a series began is of use to nobody here, and would double their number.
disable_created_metrics()  # type: ignore[no-untyped-call]

_EVENTS: Final = {"INFERENCE_COMPLETE": "inference_complete", "SESSION_COMPLETE": "session_complete"}
# What is refused before it is read has no name yet.
_ANSWERS: Final = {
    **dict.fromkeys(_EVENTS.values(), (200, 503)),
    "other": (200, 400, 401, 404, 405, 408, 413, 415, 503),
}
_BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)


def _untried() -> Condition:
    return Condition(
        calls={},
        is_left_alone=False,
        next_probe_s=0.0,
        is_held_back=False,
        answered_s_ago=None,
        failed_s_ago=None,
    )


class Instruments:
    """The counts of one process; safe between threads.

    Args:
        vendor: how the vendor is, from memory.

    Attributes:
        registry: what is counted; an application has its own, so that two in one process are apart.
    """

    def __init__(self, vendor: Callable[[], Condition] = _untried) -> None:
        self.vendor = vendor
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._webhooks = Counter(
            "nocturne_webhooks", "Webhooks answered.", ("event", "status"), registry=registry
        )
        self._keys = Counter(
            "nocturne_webhook_key",
            "Webhooks that carried a key of the ring, by the key's place in it.",
            ("key",),
            registry=registry,
        )
        self._webhook_s = Histogram(
            "nocturne_webhook_seconds",
            "From the end of a webhook's body to its answer.",
            buckets=_BUCKETS_S,
            registry=registry,
        )
        self._arrivals = Counter(
            "nocturne_arrivals", "Events that were written to the inbox.", ("outcome",), registry=registry
        )
        self._groups = Counter(
            "nocturne_arrival_groups",
            "Transactions that wrote events to the inbox; each waits for the disk once.",
            registry=registry,
        )
        self._worked = Counter(
            "nocturne_worker_events", "Events that a worker took up.", ("outcome",), registry=registry
        )
        self._rounds = Counter(
            "nocturne_sync_rounds", "Rounds of synchronisation.", ("outcome",), registry=registry
        )
        # From 0 on: of a series that begins with its first count, Prometheus sees no increase.
        self._of_webhook = {
            (event, status): self._webhooks.labels(event, str(status))
            for event, statuses in _ANSWERS.items()
            for status in statuses
        }
        for became in fields(Accepted):
            self._arrivals.labels(became.name)
        for outcome in get_args(WorkerOutcome):
            self._worked.labels(outcome)
        for outcome in get_args(RoundOutcome):
            self._rounds.labels(outcome)

    def webhook(self, event: str, status: int, took_s: float) -> None:
        """Counts a webhook's answer; an event of another name than the vendor's two, or none, is `other`."""
        name = _EVENTS.get(event, "other")
        counter = self._of_webhook.get((name, status))
        if counter is None:
            counter = self._of_webhook[name, status] = self._webhooks.labels(name, str(status))
        counter.inc()
        self._webhook_s.observe(took_s)

    def expect_keys(self, count: int) -> None:
        """So many keys let in: each has a count from now on, also one under which nothing comes."""
        for place in range(1, count + 1):
            self._keys.labels(str(place))

    def webhook_key(self, place: int) -> None:
        """Counts a webhook that carried the key at this place of the ring, from 1."""
        self._keys.labels(str(place)).inc()

    def arrived(self, accepted: Accepted) -> None:
        """Counts a batch of the inbox, and what became of it."""
        self._groups.inc()
        for became in fields(accepted):
            count = getattr(accepted, became.name)
            if count:
                self._arrivals.labels(became.name).inc(count)

    def worked(self, outcome: WorkerOutcome) -> None:
        """Counts an event that a worker took up."""
        self._worked.labels(outcome).inc()

    def synchronised(self, outcome: RoundOutcome) -> None:
        """Counts a round of synchronisation."""
        self._rounds.labels(outcome).inc()
