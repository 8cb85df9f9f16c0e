"""Statistics that cannot be written are named, and cost nobody else theirs."""

import logging
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from analytics.nights import night_columns
from cache import arrivals
from cache.archive import Delivery, NightArchive, session_set
from cache.seal import PlainSeal
from nocturne.batches import Outcome
from nocturne.engines import InProcess
from nocturne.progress import Failure
from nocturne.sync_writer import StatisticsWriter
from tests.cache.samples import NOW, night

NORTH = "north"
BAD = "no-such-zone"


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NightArchive:
    """An archive that can make no night of the deliveries of one zone."""
    makes = night_columns

    def refuses(sessions: Any, *, zone: str, **more: Any) -> Any:
        if zone == BAD:
            raise ZeroDivisionError("no night can be made of this")
        return makes(sessions, zone=zone, **more)

    monkeypatch.setattr(arrivals, "night_columns", refuses)
    return NightArchive(tmp_path, PlainSeal())


def delivery(person_id: str, zone: str = "Europe/Berlin") -> Delivery:
    sessions = session_set([night(1, prefix=person_id)], received=NOW)
    return Delivery(person_id=person_id, zone=zone, sessions=sessions, synced_at=NOW)


THREE = [delivery("p_a"), delivery("p_bad", BAD), delivery("p_c")]


@pytest.mark.parametrize("at_hand", [True, False])
def test_a_delivery_that_makes_no_night_does_not_lose_the_others(
    archive: NightArchive, at_hand: bool
) -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        archive.put_many(NORTH, THREE if at_hand else iter(THREE))
    assert raised.value.__notes__ == ["1 of 3 deliveries were not kept: those of p_bad."]
    assert archive.statistics(NORTH)["person_id"].tolist() == ["p_a", "p_c"]


def test_the_writer_names_the_bad_one_and_goes_on(
    archive: NightArchive, caplog: pytest.LogCaptureFixture
) -> None:
    application: Any = SimpleNamespace(archive=archive, organisation=NORTH, engine=InProcess(NORTH, archive))
    writer = StatisticsWriter(application)
    with caplog.at_level(logging.WARNING):
        for each in THREE:
            writer.take(each)
        writer.close()
    assert archive.statistics(NORTH)["person_id"].tolist() == ["p_a", "p_c"]
    (said,) = caplog.messages
    assert said.startswith("The statistics of p_bad were not kept")
    writer.take(delivery("p_d"))
    writer.close()
    assert len(archive.statistics(NORTH)) == 3


def test_only_whoever_failed_in_a_process_is_written_again(
    archive: NightArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    application: Any = SimpleNamespace(archive=archive, organisation=NORTH, engine=InProcess(NORTH, archive))
    writer = StatisticsWriter(application)
    written: list[str] = []
    monkeypatch.setattr(writer, "_write", lambda them: written.extend(each.person_id for each in them))
    done = Future[Outcome]()
    done.set_result(Outcome(values=(1, 1), failures=(Failure(person_id="p_bad", reason="no night."),)))
    writer._writing.append((THREE, done))
    writer._finish()
    assert written == ["p_bad"]
