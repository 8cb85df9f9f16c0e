"""The metrics of a process as Prometheus reads them: what was counted, and what is asked at that moment."""

import logging
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from prometheus_client import generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric

from nocturne import reconciliation
from nocturne.application import Application
from nocturne.software import software
from nocturne.webhook_health import done_lately
from store.errors import StoreError

log = logging.getLogger(__name__)

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


def exposition(application: Application) -> bytes:
    """Every metric in the text format. What cannot be read just now is left out, and its `..._readable` is 0."""
    return generate_latest(_Both(application))


def families(application: Application) -> Iterator[Metric]:
    """Every metric, of the counts first."""
    yield from application.instruments.registry.collect()
    yield InfoMetricFamily("nocturne_build", "Which Nocturne this is.", {"version": software()["version"]})
    for part in (_inbox, _vendor, _archive, _synchronisation, _disk):
        yield from part(application)


class _Both:
    """What `generate_latest` reads."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def collect(self) -> Iterator[Metric]:
        """Every metric."""
        return families(self._application)


def _inbox(application: Application) -> Iterator[Metric]:
    mine = application.organisation, application.settings.asleep_environment
    try:
        state = application.inbox.state(*mine)
        done = done_lately(application)
        gaps = reconciliation.gaps(application)
    except StoreError as problem:
        log.warning("The inbox could not be read for the metrics: %s", problem)
        yield _gauge("nocturne_inbox_readable", "Whether the inbox could be read.", 0)
        return
    yield _gauge("nocturne_inbox_readable", "Whether the inbox could be read.", 1)
    events = GaugeMetricFamily("nocturne_inbox_events", "Events in the inbox.", labels=["state"])
    for name in ("waiting", "quarantined", "unhandled", "dead"):
        events.add_metric([name], getattr(state, name))
    events.add_metric(["done"], done)
    yield events
    yield _gauge("nocturne_inbox_revised", "Other bodies under a key that was there.", state.revised)
    yield _gauge(
        "nocturne_inbox_oldest_seconds",
        "Age of the event that has waited longest.",
        _age_s(application.now, state.oldest_waiting_at) or 0.0,
    )
    yield _gauge("nocturne_reconciliation_gaps", "Recent complete sessions without a webhook.", gaps)
    newest_s = _age_s(application.now, state.last_received_at)
    if newest_s is not None:
        yield _gauge("nocturne_inbox_newest_seconds", "Since the newest event arrived.", newest_s)


def _vendor(application: Application) -> Iterator[Metric]:
    condition = application.instruments.vendor()
    calls = CounterMetricFamily(
        "nocturne_vendor_calls", "Calls to the vendor.", labels=["operation", "outcome"]
    )
    for (operation, outcome), count in sorted(condition.calls.items()):
        calls.add_metric([operation, outcome], count)
    yield calls
    yield _gauge("nocturne_vendor_left_alone", "Whether the breaker is open.", condition.is_left_alone)
    yield _gauge(
        "nocturne_vendor_held_back", "Whether the vendor asked for fewer calls.", condition.is_held_back
    )


def _archive(application: Application) -> Iterator[Metric]:
    try:
        nights = len(application.archive.statistics(application.organisation))
    except OSError as problem:
        log.warning("The archive could not be read for the metrics: %s", type(problem).__name__)
        yield _gauge("nocturne_archive_readable", "Whether the archive could be read.", 0)
        return
    yield _gauge("nocturne_archive_readable", "Whether the archive could be read.", 1)
    yield _gauge("nocturne_archive_nights", "Nights, naps and unusable sessions in the archive.", nights)


def _synchronisation(application: Application) -> Iterator[Metric]:
    age_s = sync_age_s(application)
    if age_s is not None:
        yield _gauge("nocturne_sync_age_seconds", "Since the newest synchronisation.", age_s)


def sync_age_s(application: Application) -> float | None:
    """Seconds since the newest round of this process ended, else since anybody's nights were asked for; None: never."""
    finished = application.board.progress.finished_at
    if finished is None:
        try:
            finished = max(application.archive.synced(application.organisation).values(), default=None)
        except OSError:
            return None
    return _age_s(application.now, finished)


def _disk(application: Application) -> Iterator[Metric]:
    try:
        disk = shutil.disk_usage(application.settings.folder)
    except OSError:
        return
    yield _gauge("nocturne_disk_free_bytes", "Free on the disk of the data folder.", disk.free)
    yield _gauge("nocturne_disk_free_ratio", "The same as a share of the disk.", disk.free / disk.total)


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=float(value))


def _age_s(now: Callable[[], datetime], then: datetime | None) -> float | None:
    return None if then is None else max((now() - then).total_seconds(), 0.0)
