"""A map over people: the same on every engine, in the order of the people, and nobody lost."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from analytics.summary import CohortPeriod, Sleeper, cohort_period
from asleep.simulator.server import Running
from cache.archive import NightArchive
from nocturne.access import local_actor
from nocturne.application import Application, build
from nocturne.batches import Batch, Place, outcome_of
from nocturne.documents import Wanted, documents
from nocturne.engines import ENGINES, Engine, EngineFailed, InProcess, Processes, engine
from nocturne.mapping import DIED, STOPPED, MapProgress, map_batches, map_people
from nocturne.places import Folder
from nocturne.runs import RunReport, people_reports, person_report
from nocturne.summaries import PartOf, summary
from nocturne.sync import synchronise
from nocturne.views import sleeper
from settings import Settings
from tests.nocturne.clusters import ROOT, cluster, scheduler
from tests.nocturne.conftest import NIGHTS, NOW, UNTIL, roster_csv
from tests.nocturne.importing import import_people
from tests.nocturne.mapped import AllOf, Asleep, Deadly, Pid, Year

WORKERS = 2


@pytest.fixture(scope="module")
def synced(simulator: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """An application whose archive a synchronisation over HTTP has filled."""
    settings = Settings(
        asleep_api_key=simulator.api_key,  # type: ignore[arg-type]
        asleep_base_url=simulator.address,
        nocturne_data_dir=tmp_path_factory.mktemp("mapping") / "data",
        nocturne_rate_limit_per_second=1000,
        nocturne_sync_days=NIGHTS,
    )
    application = build(settings, now=lambda: NOW)
    actor = local_actor(application.organisation)
    import_people(application, actor, roster_csv(simulator))
    assert not synchronise(application, actor, application.people()).failures
    yield application
    application.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with cluster(tmp_path_factory.mktemp("dask")) as found:
        yield found


@pytest.fixture(scope="module")
def processes(synced: Application) -> Iterator[Engine]:
    made = engine("processes", synced.organisation, synced.archive, workers=WORKERS)
    yield made
    made.close()


@pytest.fixture(scope="module")
def dask(synced: Application, address: str) -> Iterator[Engine]:
    made = engine("dask", synced.organisation, synced.archive, scheduler=address)
    yield made
    made.close()


@pytest.fixture
def in_process(synced: Application) -> Engine:
    return engine("in process", synced.organisation, synced.archive)


@pytest.fixture(params=ENGINES)
def each_engine(request: pytest.FixtureRequest) -> Engine:
    found: Engine = request.getfixturevalue(request.param.replace(" ", "_"))
    return found


def people_of(application: Application) -> list[Sleeper]:
    return [sleeper(person) for person in application.people()]


def test_everybody_s_nights_are_the_same_on_every_engine_and_in_the_order_of_the_people(
    synced: Application, each_engine: Engine
) -> None:
    people = people_of(synced)[::-1]
    assert len(people) == 6
    found = map_batches(Year(organisation=synced.organisation), people, each_engine, people_per_batch=2)
    assert (len(found.values), found.failures) == (3, ())
    nights = [synced.archive.nights(synced.organisation, person.person_id) for person in people]
    assert sum(map(len, nights)) > 5 * NIGHTS
    expected = pd.concat(nights, ignore_index=True)
    pd.testing.assert_frame_equal(pd.concat(found.values, ignore_index=True), expected, check_exact=True)


def test_a_cohort_s_period_is_the_same_on_every_engine_as_when_computed_at_once(
    synced: Application, each_engine: Engine
) -> None:
    people = people_of(synced)
    last = UNTIL
    asked = dict.fromkeys((person.person_id for person in people), NOW)
    part_of = PartOf(
        organisation=synced.organisation,
        first=last - timedelta(days=6),
        last=last,
        rules=synced.score_rules,
    )
    found = summary(
        "Everyone",
        people,
        part_of,
        archive=synced.archive,
        engine=each_engine,
        synced=asked,
        people_per_batch=2,
    )
    at_once = cohort_period(
        "Everyone",
        people,
        synced.archive.statistics(synced.organisation),
        first=part_of.first,
        last=last,
        synced=asked,
    )
    same(found, at_once)
    assert found.coverage.valid > 20


def same(one: CohortPeriod, other: CohortPeriod) -> None:
    pd.testing.assert_frame_equal(one.people, other.people, check_exact=True)
    # As text, because a figure that is withheld is NaN, which equals nothing.
    for name in ("figures", "title", "lead", "method", "attention", "coverage", "ledger", "size", "unserved"):
        assert repr(getattr(one, name)) == repr(getattr(other, name)), name


def test_reports_are_the_same_bytes_on_every_engine_as_on_the_page(
    synced: Application, each_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nocturne.runs._PEOPLE_PER_BATCH", 2)
    actor = local_actor(synced.organisation)
    wanted = Wanted(ending=UNTIL, formats=("pdf", "html", "xlsx", "csv"), plotly="beside")
    made = people_reports(
        replace(synced, engine=each_engine), actor, synced.people(), wanted, Folder(tmp_path)
    )
    assert not made.failures
    assert sorted(map(str, tmp_path.iterdir())) == sorted(made.files)
    assert (tmp_path / "plotly.min.js").is_file()
    for person in synced.people():
        report = person_report(synced, actor, person.person_id, wanted)
        for page in documents(report, wanted, generated_at=synced.now()):
            assert (tmp_path / page.name).read_bytes() == page.content, page.name


def test_who_raises_is_a_failure_with_the_reason_and_the_others_are_served(
    synced: Application, each_engine: Engine
) -> None:
    people = people_of(synced)
    silent, broken = people[1].person_id, people[4].person_id
    function = Asleep(
        organisation=synced.organisation, silent=frozenset({silent}), broken=frozenset({broken})
    )
    found = map_people(function, people, each_engine, people_per_batch=4)
    assert [value[0] for value in found.values] == [people[at].person_id for at in (0, 2, 3, 5)]
    assert all(nights > NIGHTS / 2 and minutes > 0 for _, nights, minutes in found.values)
    assert [failure.person_id for failure in found.failures] == [silent, broken]
    assert found.failures[0].reason == "Nothing was recorded."
    assert "ZeroDivisionError: no such luck" in found.failures[1].reason


def test_a_batch_that_raises_is_tried_again_person_by_person(
    synced: Application, each_engine: Engine
) -> None:
    people = people_of(synced)
    ids = [person.person_id for person in people]
    function = AllOf(broken=frozenset({ids[2]}))
    found = map_batches(function, people, each_engine, people_per_batch=2)
    assert found.values == ((ids[0], ids[1]), (ids[3],), (ids[4], ids[5]))
    assert [failure.person_id for failure in found.failures] == [ids[2]]


@pytest.mark.parametrize("name", ["processes", "dask"])
def test_who_ends_the_process_is_a_failure_and_the_others_are_served(
    synced: Application, name: str, request: pytest.FixtureRequest
) -> None:
    people = people_of(synced)
    ids = [person.person_id for person in people]
    function = Deadly(always=frozenset({ids[3]}))
    found = map_batches(function, people, request.getfixturevalue(name), people_per_batch=2)
    assert [who for value in found.values for who in value] == [*ids[:3], *ids[4:]]
    assert [(failure.person_id, failure.reason) for failure in found.failures] == [(ids[3], DIED)]


@pytest.mark.parametrize("name", ["processes", "dask"])
def test_a_process_that_ends_once_loses_nobody(
    synced: Application, name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    people = people_of(synced)
    ids = [person.person_id for person in people]
    function = Deadly(once=frozenset({ids[0]}), mark=tmp_path / "mark")
    found = map_batches(function, people, request.getfixturevalue(name), people_per_batch=2)
    assert [who for value in found.values for who in value] == ids
    assert not found.failures
    assert function.mark.exists()


@pytest.mark.parametrize("name", ["processes", "dask"])
def test_two_others_share_the_work(synced: Application, name: str, request: pytest.FixtureRequest) -> None:
    found = map_people(Pid(), people_of(synced), request.getfixturevalue(name), people_per_batch=1)
    assert len(set(found.values)) == WORKERS
    assert os.getpid() not in found.values


def test_it_says_how_far_it_is(synced: Application, each_engine: Engine) -> None:
    people = people_of(synced)
    heard: list[MapProgress] = []
    function = AllOf(broken=frozenset({people[0].person_id}))
    map_batches(function, people, each_engine, people_per_batch=4, tell=heard.append)
    assert sorted(progress.done for progress in heard) == [progress.done for progress in heard]
    assert (heard[-1].done, heard[-1].people, heard[-1].failed, heard[-1].share) == (6, 6, 1, 1.0)
    assert heard[-1].in_words == "6 of 6 people done, 1 of them could not be served."


def test_cancelled_it_begins_nothing_more_and_says_whose_turn_did_not_come(
    synced: Application, each_engine: Engine
) -> None:
    people = people_of(synced)
    ids = [person.person_id for person in people]
    cancel = threading.Event()
    found = map_people(
        Pid(), people, each_engine, people_per_batch=1, tell=lambda _: cancel.set(), cancel=cancel
    )
    # What was handed over by then is finished.
    served = ids[: len(found.values)]
    assert 1 <= len(served) < 6
    assert [failure.person_id for failure in found.failures] == ids[len(served) :]
    assert {failure.reason for failure in found.failures} == {STOPPED}


def test_nobody_is_mapped_to_nothing(synced: Application, each_engine: Engine) -> None:
    found = map_people(Pid(), [], each_engine)
    assert (found.values, found.failures) == ((), ())


def test_somebody_twice_is_refused(synced: Application, in_process: Engine) -> None:
    people = people_of(synced)
    with pytest.raises(ValueError, match="among these people twice"):
        map_people(Pid(), [*people, people[0]], in_process)


def test_a_function_of_the_main_script_is_refused(
    synced: Application, in_process: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pid, "__module__", "__main__")
    with pytest.raises(ValueError, match="Pid is of the main script"):
        map_people(Pid(), people_of(synced), in_process)


def a_function(_archive: NightArchive, person: Sleeper, /) -> str:
    return person.person_id


def test_functions_that_no_worker_finds_are_refused(
    synced: Application, in_process: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nested(_archive: NightArchive, person: Sleeper, /) -> str:
        return person.person_id

    people = people_of(synced)
    assert len(map_people(a_function, people, in_process).values) == len(people)
    for each in (nested, lambda _archive, person, /: person.person_id):
        with pytest.raises(ValueError, match="has no name in its module"):
            map_people(each, people, in_process)
    monkeypatch.setattr(a_function, "__module__", "__main__")
    with pytest.raises(ValueError, match="a_function is of the main script"):
        map_people(a_function, people, in_process)


def test_after_a_death_it_says_how_far_it_is_and_can_be_cancelled(
    synced: Application, processes: Engine
) -> None:
    people = people_of(synced)
    heard: list[MapProgress] = []
    cancel = threading.Event()

    def tell(progress: MapProgress) -> None:
        heard.append(progress)
        if progress.done == 3:
            cancel.set()

    function = Deadly(always=frozenset({people[0].person_id}))
    found = map_batches(function, people, processes, people_per_batch=6, tell=tell, cancel=cancel)
    assert [progress.done for progress in heard] == [1, 2, 3, 4, 5, 6]
    assert [failure.reason for failure in found.failures] == [DIED, STOPPED, STOPPED, STOPPED]


def test_when_everybody_ends_the_process_it_is_not_the_people(synced: Application, processes: Engine) -> None:
    people = people_of(synced)
    function = Deadly(always=frozenset(person.person_id for person in people))
    heard: list[MapProgress] = []
    with pytest.raises(EngineFailed, match="5 people after each other"):
        map_batches(function, people, processes, tell=heard.append)
    assert [progress.done for progress in heard] == [1, 2, 3, 4]


def test_an_outcome_that_does_not_get_here_is_the_error_of_whoever_waits(
    synced: Application, dask: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def torn(_self: object, *_: object, **__: object) -> None:
        raise OSError("the connection was torn")

    monkeypatch.setattr("distributed.Future.result", torn)
    people = tuple(people_of(synced))
    future = dask.submit(Batch(function=AllOf(), place=dask.place, people=people))
    with pytest.raises(OSError, match="torn"):
        future.result(20)


def test_an_unknown_engine_is_answered_with_those_there_are(synced: Application) -> None:
    with pytest.raises(ValueError, match="no engine 'threads'; write one of in process, processes, dask"):
        engine("threads", synced.organisation, synced.archive)


def test_a_scheduler_that_does_not_answer_is_named_with_what_to_do(
    synced: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nocturne.dask_cluster._CONNECT_LIMIT_S", 1.0)
    nobody = engine("dask", synced.organisation, synced.archive, scheduler="tcp://127.0.0.1:9")
    with pytest.raises(
        EngineFailed, match=r"No dask scheduler answers at tcp://127\.0\.0\.1:9 .*or unset it"
    ):
        map_people(Pid(), people_of(synced), nobody)
    nobody.close()


def test_a_scheduler_without_workers_is_named_with_what_to_do(synced: Application, tmp_path: Path) -> None:
    with scheduler(tmp_path) as address:
        idle = engine("dask", synced.organisation, synced.archive, scheduler=address)
        with pytest.raises(EngineFailed, match=r"has no worker\. Start one .*dask worker tcp://127"):
            map_people(Pid(), people_of(synced), idle)
        idle.close()


def test_without_dask_its_engine_says_how_to_install_it(
    synced: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "nocturne.dask_cluster", raising=False)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(EngineFailed, match=r"dask is not installed here\. Install it with"):
        engine("dask", synced.organisation, synced.archive, scheduler="tcp://127.0.0.1:9")


def test_a_worker_that_sees_no_archive_says_so_instead_of_finding_nobody_s_nights(
    synced: Application, tmp_path: Path
) -> None:
    elsewhere = Place(organisation=synced.organisation, folder=tmp_path / "elsewhere", filled=True)
    with pytest.raises(EngineFailed, match="finds no nights of main in"):
        outcome_of(Batch(function=AllOf(), place=elsewhere, people=tuple(people_of(synced))))
    assert not (tmp_path / "elsewhere").exists()


def test_ctrl_c_is_for_whoever_started_the_processes_and_not_for_them(synced: Application) -> None:
    """A terminal sends it to every process of a command, and each would print a traceback."""
    worker = Processes(synced.organisation, synced.archive, workers=1)
    worker.warm()
    try:
        assert worker._pool is not None
        pid = worker._pool.submit(os.getpid).result(30)
        os.kill(pid, signal.SIGINT)
        assert worker._pool.submit(os.getpid).result(30) == pid
    finally:
        worker.close()


def test_starting_processes_does_not_run_the_main_script_again(
    synced: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In the dashboard the main script is the page under way.
    script, mark = tmp_path / "router.py", tmp_path / "ran"
    script.write_text(f"open({str(mark)!r}, 'w').close()")
    page = ModuleType("__main__")
    page.__file__ = str(script)
    monkeypatch.setitem(sys.modules, "__main__", page)
    fresh = Processes(synced.organisation, synced.archive, workers=1)
    try:
        assert len(map_people(Pid(), people_of(synced)[:1], fresh).values) == 1
    finally:
        fresh.close()
    assert not mark.exists()
    assert sys.modules["__main__"] is page


_PARENT = """
import sys, time, multiprocessing
from pathlib import Path
from cache.archive import NightArchive
from cache.seal import PlainSeal
from nocturne.engines import Processes
engine = Processes("main", NightArchive(Path(sys.argv[1]), PlainSeal()), workers=2)
engine.warm()
print(*(child.pid for child in multiprocessing.active_children()), flush=True)
time.sleep(60)
"""


def test_processes_end_when_whoever_started_them_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(tmp_path / "archive")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        children = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(children) == WORKERS
        assert all(alive(pid) for pid in children)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        assert eventually(lambda: not any(alive(pid) for pid in children))


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def eventually(holds: Callable[[], bool], limit_s: float = 30.0) -> bool:
    until = time.monotonic() + limit_s
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def test_the_settings_choose_the_engine(tmp_path: Path) -> None:
    def chosen(**more: object) -> type[Engine]:
        application = build(Settings(nocturne_data_dir=tmp_path, **more), api_key="k")  # type: ignore[arg-type]
        application.close()
        return type(application.engine)

    assert chosen() is InProcess
    assert chosen(nocturne_workers=2) is Processes
    assert chosen(nocturne_workers=2, nocturne_dask_scheduler="tcp://h:1").__name__ == "DaskCluster"


def test_a_run_lists_who_could_not_be_served_and_delivers_the_others(
    synced: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = synced.people()[2].person_id
    true = type(synced.archive).nights
    monkeypatch.setattr(
        type(synced.archive),
        "nights",
        lambda self, organisation, who: true(self, organisation, who).iloc[: 0 if who == silent else None],
    )
    made: RunReport = people_reports(
        synced,
        local_actor(synced.organisation),
        synced.people(),
        Wanted(ending=UNTIL, formats=("pdf",)),
        Folder(tmp_path),
    )
    assert [failure.person_id for failure in made.failures] == [silent], made.failures
    assert len(made.files) == 5
    assert "has arrived yet" in made.failures[0].reason


def test_a_report_that_cannot_be_written_leaves_the_former_one_whole(
    synced: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run() -> RunReport:
        return people_reports(
            synced,
            local_actor(synced.organisation),
            synced.people()[:1],
            Wanted(ending=UNTIL, formats=("pdf",)),
            Folder(tmp_path),
        )

    path = Path(*run().files)
    before = path.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("nocturne.places.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        run()
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == before
