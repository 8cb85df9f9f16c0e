"""A person out of every room: to the last byte, whenever the process dies, and never back by a synchronisation."""

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest

from asleep.errors import ServerFault, status_error
from asleep.models import SessionResult
from asleep.simulator.server import Running, serve
from asleep.simulator.world import simulated_world
from cache.archive import NightArchive
from cache.client import CachedAsleep
from nocturne.access import Actor, local_actor
from nocturne.application import Application
from nocturne.background import BackgroundSync
from nocturne.erasure import (
    FIRST_PAUSE,
    erase_person,
    erase_session,
    give_up,
    pending,
    settle,
    state_of,
    try_again,
    what_would_be_lost,
)
from nocturne.imports import plan_import
from nocturne.roster import add_person
from nocturne.roster_file import RosterError
from nocturne.sync import synchronise
from store.errors import UnknownPerson
from store.journal import NewNote
from store.people import NewPerson, Person
from tests.cache.samples import bytes_under
from tests.nocturne.conftest import roster_csv
from tests.nocturne.syncing import NOW, UNTIL, NotingClient, opened
from tests.serving import ROOT, clean_environment


class Killed(BaseException):
    """Stands for the end of the process at this line."""


@pytest.fixture
def vendor() -> Iterator[Running]:
    """Of each test its own: people are deleted here."""
    with serve(simulated_world(people=3, nights=8, seed=5, until=UNTIL, now=NOW)) as running:
        yield running


@pytest.fixture
def application(tmp_path: Path, vendor: Running) -> Iterator[Application]:
    with opened(tmp_path / "data", vendor) as application:
        actor = local_actor(application.organisation)
        synchronise(application, actor, application.people())
        yield application


@pytest.fixture
def actor(application: Application) -> Actor:
    return local_actor(application.organisation)


def at_vendor(vendor: Running, person: Person) -> bool:
    return vendor.account.person(person.vendor_id) is not None


def traces(application: Application, person: Person) -> list[str]:
    """The files below the data folder that still hold a name or an id of the person."""
    marks = [person.vendor_id.encode(), person.person_id.encode(), person.name.encode()]
    files = [path for path in application.settings.folder.rglob("*") if path.is_file()]
    return [
        path.name
        for path in files
        if any(mark in path.read_bytes() or mark.decode() in path.name for mark in marks)
    ]


def answered(monkeypatch: pytest.MonkeyPatch, status: int, detail: str) -> None:
    """What the vendor says to every deletion from now on."""

    def refuse(*_: object) -> None:
        raise status_error(status=status, detail=detail, operation="DELETE /ai/v1/users/{user_id}")

    monkeypatch.setattr(NotingClient, "delete_user", refuse)


def gone_here(application: Application, person: Person) -> bool:
    organisation = application.organisation
    return (
        person.person_id not in {each.person_id for each in application.people()}
        and application.archive.known(organisation, person.person_id) == {}
        and person.person_id not in set(application.archive.statistics(organisation)["person_id"])
    )


def test_what_would_be_lost_is_counted(application: Application, actor: Actor) -> None:
    person = application.people()[0]
    note = NewNote(person_id=person.person_id, text="A talk about bedtimes.")
    application.store.journal.add_note(application.organisation, note, by="Kim")
    loss = what_would_be_lost(application, actor, person.person_id)
    nights = application.archive.nights(application.organisation, person.person_id)
    assert loss.nights == (nights["kind"] == "main").sum() > 0
    assert loss.sessions == len(application.archive.sessions(application.organisation, person.person_id))
    assert loss.notes == 1
    assert loss.first is not None
    assert loss.first < loss.last  # type: ignore[operator]


def test_an_erased_person_is_in_no_file_and_not_at_the_vendor(
    application: Application, actor: Actor, vendor: Running
) -> None:
    person, other, _ = application.people()
    note = NewNote(person_id=person.person_id, text=f"{person.name} moved house.")
    application.store.journal.add_note(application.organisation, note, by="Kim")
    before = application.archive.sessions(application.organisation, other.person_id)
    assert traces(application, person)
    erased = erase_person(application, actor, person.person_id, at_vendor=True)
    assert (erased.name, erased.at_vendor, erased.reason) == (person.name, "done", "")
    assert gone_here(application, person)
    assert not at_vendor(vendor, person)
    assert not pending(application, actor)
    after = application.archive.sessions(application.organisation, other.person_id)
    assert after.frame.equals(before.frame)
    assert at_vendor(vendor, other)
    application.close()
    assert traces(application, person) == []


def test_a_person_may_stay_at_the_vendor(application: Application, actor: Actor, vendor: Running) -> None:
    person = application.people()[0]
    assert erase_person(application, actor, person.person_id, at_vendor=False).at_vendor == "not asked"
    assert gone_here(application, person)
    assert at_vendor(vendor, person)
    assert not pending(application, actor)


def test_whom_the_vendor_does_not_know_counts_as_deleted(
    application: Application, actor: Actor, vendor: Running
) -> None:
    person = application.people()[0]
    vendor.account.delete_user(person.vendor_id)
    assert erase_person(application, actor, person.person_id, at_vendor=True).at_vendor == "done"
    assert not pending(application, actor)


def test_while_the_vendor_is_down_the_deletion_waits_and_pauses_double(
    application: Application, actor: Actor, vendor: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = application.people()[0]
    answered(monkeypatch, 500, "Internal error")
    erased = erase_person(application, actor, person.person_id, at_vendor=True)
    assert erased.at_vendor == "waiting"
    assert "500" in erased.reason
    assert gone_here(application, person)
    moment = NOW
    for attempt in range(1, 5):
        (waiting,) = pending(application, actor)
        assert (waiting.attempts, state_of(waiting)) == (attempt, "waiting")
        assert waiting.next_try_at == moment + FIRST_PAUSE * 2 ** (attempt - 1)
        early = replace(application, now=lambda at=waiting.next_try_at: at - timedelta(seconds=1))  # type: ignore[misc]
        assert settle(early) == (waiting,), "nobody is asked before it is time"
        moment = waiting.next_try_at
        settle(replace(application, now=lambda at=moment: at))  # type: ignore[misc]
    monkeypatch.undo()
    assert settle(replace(application, now=lambda: moment + timedelta(days=2))) == ()
    assert not at_vendor(vendor, person)


@pytest.mark.parametrize(
    ("kind", "state"), [("quota", "waiting"), ("plan", "waiting"), ("redirect", "waiting")]
)
def test_what_may_pass_is_asked_again(
    application: Application, actor: Actor, vendor: Running, kind: str, state: str
) -> None:
    vendor.plan_faults(kind)  # type: ignore[arg-type]
    assert (
        erase_person(application, actor, application.people()[0].person_id, at_vendor=True).at_vendor == state
    )
    (waiting,) = pending(application, actor)
    assert try_again(application, actor, waiting) is None
    assert not pending(application, actor)


def test_what_the_vendor_refuses_for_good_stays_with_its_reason_until_somebody_gives_up(
    application: Application, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(monkeypatch, 403, "This account may not delete.")
    person = application.people()[0]
    erased = erase_person(application, actor, person.person_id, at_vendor=True)
    assert erased.at_vendor == "refused"
    assert "may not delete" in erased.reason
    (refused,) = pending(application, actor)
    assert state_of(refused) == "refused"
    far = replace(application, now=lambda: NOW + timedelta(days=3650))
    assert settle(far) == (refused,), "it is not asked again by itself"
    give_up(application, actor, refused)
    assert not pending(application, actor)


def test_whoever_is_being_deleted_at_the_vendor_is_not_added_again(
    application: Application, actor: Actor, vendor: Running
) -> None:
    person = application.people()[0]
    vendor.plan_faults("quota")
    erase_person(application, actor, person.person_id, at_vendor=True)
    with pytest.raises(RosterError, match="still has to delete"):
        add_person(application, actor, NewPerson(vendor_id=person.vendor_id, name="Noa", zone="UTC"))
    plan = plan_import(application, actor, roster_csv(vendor))
    assert [row.cells["vendor_id"] for row in plan.of("refuse")] == [person.vendor_id]
    give_up(application, actor, pending(application, actor)[0])
    again = add_person(application, actor, NewPerson(vendor_id=person.vendor_id, name="Noa", zone="UTC"))
    assert again.person_id != person.person_id
    assert not synchronise(application, actor, [again]).failures
    assert application.archive.known(application.organisation, again.person_id)


STEPS = {
    "before the archive": ("cache.archive.NightArchive.erase", False),
    "within the archive": ("cache.archive.erase_person", False),
    "after the archive": ("cache.archive.NightArchive.erase", True),
    "before the answers": ("cache.client.CachedAsleep.forget", False),
    "before the roster": ("store.database.Store.remove_person", False),
    "after the roster": ("store.database.Store.remove_person", True),
    "before the vendor": ("cache.client.CachedAsleep.delete_user", False),
    "after the vendor": ("cache.client.CachedAsleep.delete_user", True),
}


@pytest.mark.parametrize("cut", [(step, with_vendor) for step in STEPS for with_vendor in (True, False)])
def test_an_erasure_that_was_cut_off_is_finished(
    application: Application, actor: Actor, vendor: Running, monkeypatch: pytest.MonkeyPatch,
    cut: tuple[str, bool],
) -> None:  # fmt: skip
    step, with_vendor = cut
    person = application.people()[0]
    target, after = STEPS[step]
    module, _, name = target.rpartition(".")
    owner, _, kind = module.rpartition(".")
    place = sys.modules[module] if module in sys.modules else getattr(sys.modules[owner], kind)
    true = getattr(place, name)

    def killed(*arguments: object, **named: object) -> object:
        if after:
            true(*arguments, **named)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(place, name, killed)
        if not with_vendor and "vendor" in step:
            erase_person(application, actor, person.person_id, at_vendor=False)
        else:
            with pytest.raises(Killed):
                erase_person(application, actor, person.person_id, at_vendor=with_vendor)
    begun = with_vendor or step != "before the archive"
    settle(application)
    assert gone_here(application, person) == begun, "what had not begun is still there, to be asked for again"
    assert at_vendor(vendor, person) == (not with_vendor)
    assert not pending(application, actor)
    if begun:
        application.archive.fold(application.organisation)
        application.close()
        assert traces(application, person) == []


def test_a_process_killed_while_it_waits_for_the_vendor_leaves_the_deletion_to_the_next(
    tmp_path: Path, application: Application, actor: Actor, vendor: Running
) -> None:
    person = application.people()[0]
    vendor.fail_all("hang")
    folder = application.settings.folder
    environment = clean_environment(
        {
            "ASLEEP_API_KEY": vendor.api_key,
            "ASLEEP_BASE_URL": vendor.address,
            "NOCTURNE_DATA_DIR": str(folder),
        }
    )
    command = (
        "from nocturne.application import build; from settings import read_settings; "
        "from nocturne.access import local_actor; from nocturne.erasure import erase_person; "
        f"erase_person(build(read_settings()), local_actor('main'), {person.person_id!r}, at_vendor=True)"
    )
    with subprocess.Popen([sys.executable, "-c", command], cwd=ROOT, env=environment) as process:
        deadline = time.monotonic() + 60
        while not vendor.requests["deleteUser"] and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    vendor.fail_all(None)
    assert gone_here(application, person)
    (waiting,) = pending(application, actor)
    assert waiting.vendor_id == person.vendor_id
    assert settle(replace(application, now=lambda: NOW + timedelta(days=400))) == ()
    assert not at_vendor(vendor, person)


def test_a_late_delivery_for_somebody_erased_is_refused(application: Application, actor: Actor) -> None:
    person = application.people()[0]
    sessions = application.archive.sessions(application.organisation, person.person_id)
    erase_person(application, actor, person.person_id, at_vendor=False)
    late = NightArchive(application.archive.folder, application.archive._seal)  # as another process has it
    report = late.put(
        application.organisation, person.person_id, zone="UTC", results=(), summaries=sessions,
        received=NOW, synced_at=NOW,
    )  # fmt: skip
    assert report.refused
    assert gone_here(application, person)
    assert not application.archive.verify(
        application.organisation, roster=[each.person_id for each in application.people()]
    )


@pytest.mark.parametrize("asked", ["average_stats", "get_session"])
def test_nobody_comes_back_by_a_synchronisation_under_way(
    tmp_path: Path, vendor: Running, asked: str
) -> None:
    client = NotingClient(vendor)
    with opened(tmp_path / "other", vendor, client=client) as application:
        actor = local_actor(application.organisation)
        person = application.people()[0]
        reached, go_on = Event(), Event()

        def hold(_: object = None) -> None:
            reached.set()
            assert go_on.wait(30)

        if asked == "get_session":
            client.before_session = hold
        else:
            client.altered_averages = lambda averages: (hold(), averages)[1]  # type: ignore[func-returns-value]
        outcome = []
        thread = Thread(target=lambda: outcome.append(synchronise(application, actor, application.people())))
        thread.start()
        assert reached.wait(30)
        erase_person(application, actor, person.person_id, at_vendor=False)
        go_on.set()
        thread.join(60)
        (progress,) = outcome
        assert gone_here(application, person)
        assert not progress.failures
        assert len(application.people()) == 2
        application.close()
        assert traces(application, person) == []


def test_the_background_asks_again_and_finishes(
    application: Application, actor: Actor, vendor: Running
) -> None:
    person = application.people()[0]
    vendor.plan_faults("quota")
    erase_person(application, actor, person.person_id, at_vendor=True)
    later = replace(application, now=lambda: NOW + timedelta(hours=1))
    background = BackgroundSync(later)
    background.start()
    deadline = time.monotonic() + 30
    while pending(application, actor):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    background.stop()
    assert not at_vendor(vendor, person)


def test_what_somebody_was_reading_when_a_person_was_erased_goes_with_a_later_round(
    application: Application, actor: Actor
) -> None:
    person = application.people()[0]
    text = f"{person.name} moved house to Canary Wharf."
    note = NewNote(person_id=person.person_id, text=text)
    application.store.journal.add_note(application.organisation, note, by="Kim")
    (database,) = application.settings.folder.glob("nocturne.sqlite3")

    def held() -> list[str]:
        files = database.parent.glob(f"{database.name}*")
        marks = (person.name.encode(), person.vendor_id.encode(), b"Canary Wharf")
        return [path.name for path in files if any(mark in path.read_bytes() for mark in marks)]

    with closing(sqlite3.connect(database, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM people").fetchone()
        began = time.monotonic()
        erase_person(application, actor, person.person_id, at_vendor=True)
        assert time.monotonic() - began < 5, "nobody waits for whoever reads"
        settle(application)
        assert held(), "as long as somebody reads it, it cannot go"
        reader.execute("COMMIT")
        settle(application)
        assert held() == []


def refusing(monkeypatch: pytest.MonkeyPatch, *person_ids: str) -> None:
    """The files of these people cannot be deleted from now on."""
    true = NightArchive.erase

    def erase(archive: NightArchive, organisation: str, person_id: str, *, for_good: bool = False) -> bool:
        if person_id in person_ids:
            raise PermissionError(13, "Permission denied", f"{person_id}.parquet")
        return true(archive, organisation, person_id, for_good=for_good)

    monkeypatch.setattr(NightArchive, "erase", erase)


def test_an_erasure_that_fails_keeps_nobody_else_from_being_erased(
    application: Application,
    actor: Actor,
    vendor: Running,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    stuck, too, other = application.people()
    organisation = application.organisation
    with monkeypatch.context() as patch:
        refusing(patch, stuck.person_id, too.person_id, other.person_id)
        for person in (stuck, too, other):
            with pytest.raises(PermissionError):
                erase_person(application, actor, person.person_id, at_vendor=True)
    half = application.store.add_person(organisation, NewPerson(vendor_id="G-half", name="Ada", zone="UTC"))
    sessions = application.archive.sessions(organisation, other.person_id)
    application.archive.put(
        organisation, half.person_id, zone="UTC", results=(), summaries=sessions, received=NOW, synced_at=NOW
    )
    application.store.remove_person(organisation, half.person_id)
    with monkeypatch.context() as patch:
        patch.setattr("cache.archive.erase_person", lambda *_: False)
        application.archive.erase(organisation, half.person_id, for_good=True)
    assert application.archive.half_erased(organisation) == (half.person_id,)
    with monkeypatch.context() as patch:
        refusing(patch, stuck.person_id, too.person_id)
        with pytest.raises(PermissionError, match=stuck.person_id):
            settle(application)
    assert too.person_id in caplog.text, "every failure is told"
    assert gone_here(application, other)
    assert not at_vendor(vendor, other)
    assert application.archive.half_erased(organisation) == ()
    waiting = {each.vendor_id for each in pending(application, actor)}
    assert waiting == {stuck.vendor_id, too.vendor_id}, "from the note the next round goes on"
    assert at_vendor(vendor, stuck), "the vendor is asked when everything here is gone"
    assert settle(application) == ()
    for person in (stuck, too):
        assert gone_here(application, person)
        assert not at_vendor(vendor, person)
    application.close()
    assert [traces(application, person) for person in (stuck, too, other)] == [[], [], []]


def test_an_erasure_that_was_cut_off_is_finished_whatever_environment_is_in_force(
    application: Application, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = replace(
        application,
        settings=application.settings.model_copy(update={"asleep_environment": "test"}),
        asleep=CachedAsleep(
            application.asleep._client,
            application.asleep._disk,
            organisation=application.organisation,
            environment="test",
            now=application.now,
        ),
    )
    vendor_id = application.people()[0].vendor_id
    new = NewPerson(vendor_id=vendor_id, name="Canary", zone="UTC", environment="test")
    person = application.store.add_person(application.organisation, new)
    same = application.people()[0]
    assert not synchronise(elsewhere, actor, [person]).failures
    answers = (
        elsewhere.asleep._questions.tag(vendor_id, "list_sessions"),
        application.asleep._questions.tag(vendor_id, "list_sessions"),
    )

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(CachedAsleep, "forget", killed)
        with pytest.raises(Killed):
            erase_person(elsewhere, actor, person.person_id, at_vendor=False)
    assert person in elsewhere.people()
    settle(application)
    assert elsewhere.people() == ()
    assert same in application.people()
    held = bytes_under(application.settings.folder)
    assert [answer.encode() in held for answer in answers] == [False, True]
    assert b"Canary" not in held
    assert person.person_id.encode() not in held


def test_one_session_goes_at_the_vendor_and_here(
    application: Application, actor: Actor, vendor: Running
) -> None:
    person = application.people()[0]
    known = application.archive.known(application.organisation, person.person_id)
    session_id = min(known)
    erase_session(application, actor, person.person_id, session_id)
    assert session_id not in application.archive.known(application.organisation, person.person_id)
    listed = application.asleep.list_sessions(person.vendor_id, fresh=True).value
    assert session_id not in {each.session_id for each in listed}
    synchronise(application, actor, application.people())
    assert session_id not in application.archive.known(application.organisation, person.person_id)
    assert len(application.archive.known(application.organisation, person.person_id)) == len(known) - 1


def test_a_session_does_not_come_back_by_a_synchronisation_under_way(tmp_path: Path, vendor: Running) -> None:
    client = NotingClient(vendor)
    with opened(tmp_path / "other", vendor, client=client) as application:
        actor = local_actor(application.organisation)
        person, *_ = application.people()
        in_hand: list[str] = []
        reached, go_on = Event(), Event()

        def hold(session: SessionResult) -> SessionResult:
            if not in_hand:
                in_hand.append(session.session_id)
                reached.set()
                assert go_on.wait(30)
            return session

        client.altered_session = hold
        thread = Thread(target=lambda: synchronise(application, actor, [person]))
        thread.start()
        assert reached.wait(30)
        known = application.archive.known(application.organisation, person.person_id)
        assert in_hand[0] in known
        erase_session(application, actor, person.person_id, in_hand[0])
        go_on.set()
        thread.join(60)
        left = application.archive.known(application.organisation, person.person_id)
        assert set(left) == set(known) - {*in_hand}
        assert all(each.whole for each in left.values())
        synchronise(application, actor, [person])
        assert set(application.archive.known(application.organisation, person.person_id)) == set(left)


def test_a_session_stays_when_the_vendor_does_not_delete_it(
    application: Application, actor: Actor, vendor: Running
) -> None:
    person = application.people()[0]
    session_id = min(application.archive.known(application.organisation, person.person_id))
    vendor.fail_all("internal")
    with pytest.raises(ServerFault):
        erase_session(application, actor, person.person_id, session_id)
    assert session_id in application.archive.known(application.organisation, person.person_id)


def test_nobody_is_erased_twice(application: Application, actor: Actor) -> None:
    person = application.people()[0]
    erase_person(application, actor, person.person_id, at_vendor=False)
    for act in (what_would_be_lost, lambda *who: erase_person(*who, at_vendor=True)):
        with pytest.raises(UnknownPerson):
            act(application, actor, person.person_id)
    assert not pending(application, actor)
