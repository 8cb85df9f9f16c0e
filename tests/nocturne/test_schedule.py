"""Reports that are made by themselves: when they are due, that each run is made once, and where its files are."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asleep.simulator.server import Running
from nocturne.access import Actor, NotAllowed, local_actor
from nocturne.application import Application
from nocturne.erasure import erase_person
from nocturne.roster import EVERYONE
from nocturne.schedule import (
    SCHEDULE,
    Schedule,
    UnusableSchedule,
    due,
    schedule_of,
    set_schedule,
    unset_schedule,
    version_of,
)
from nocturne.scheduled import LastRun, ScheduledReports, last_run, make_what_is_due
from nocturne.sync import synchronise
from store.errors import EditedMeanwhile
from store.preferences import DEFAULT
from tests.nocturne.conftest import NOW, roster_csv
from tests.nocturne.importing import import_people

MONDAY = Schedule(weekday=0, hour=7, cohort=EVERYONE)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ZONES = ("Europe/Berlin", "America/Los_Angeles", "Asia/Seoul", "Pacific/Kiritimati", "UTC")


def moment(text: str, zone: str = "Europe/Berlin") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def test_monday_at_seven_is_about_monday_to_sunday() -> None:
    slot = due(MONDAY, "Europe/Berlin", done=LONG_AGO, now=moment("2026-03-09 07:00"))
    assert slot is not None
    assert slot.at == moment("2026-03-09 07:00")
    assert (slot.wanted.first, slot.wanted.ending) == (date(2026, 3, 2), date(2026, 3, 8))


def test_a_minute_before_it_the_week_before_is_the_newest() -> None:
    now = moment("2026-03-09 06:59")
    slot = due(MONDAY, "Europe/Berlin", done=LONG_AGO, now=now)
    assert slot is not None
    assert slot.at == moment("2026-03-02 07:00")
    assert due(MONDAY, "Europe/Berlin", done=slot.at, now=now) is None


def test_the_month_before_is_made_on_its_first_such_day() -> None:
    monthly = replace(MONDAY, kind="monthly")
    slot = due(monthly, "Europe/Berlin", done=LONG_AGO, now=moment("2026-03-05 12:00"))
    assert slot is not None
    assert slot.at == moment("2026-03-02 07:00")
    assert (slot.wanted.first, slot.wanted.ending) == (date(2026, 2, 1), date(2026, 2, 28))
    assert due(monthly, "Europe/Berlin", done=slot.at, now=moment("2026-03-16 12:00")) is None


def test_what_was_missed_for_more_than_a_week_is_not_made_up_for() -> None:
    monthly = replace(MONDAY, kind="monthly")
    assert due(monthly, "Europe/Berlin", done=LONG_AGO, now=moment("2026-03-20 12:00")) is None


def test_an_hour_that_does_not_exist_that_day_is_an_hour_later() -> None:
    at_two = Schedule(weekday=6, hour=2, cohort=EVERYONE)
    slot = due(at_two, "Europe/Berlin", done=LONG_AGO, now=moment("2026-03-29 12:00"))
    assert slot is not None
    assert slot.at.astimezone(ZoneInfo("Europe/Berlin")).hour == 3
    assert slot.wanted.ending == date(2026, 3, 28)


@given(
    weekday=st.integers(0, 6),
    hour=st.integers(0, 23),
    zone=st.sampled_from(ZONES),
    days=st.floats(0, 1000),
    steps_h=st.lists(st.floats(0.05, 30), min_size=1, max_size=60),
)
def test_whoever_looks_often_enough_makes_every_week_once(
    weekday: int, hour: int, zone: str, days: float, steps_h: list[float]
) -> None:
    schedule = Schedule(weekday=weekday, hour=hour, cohort=EVERYONE)
    now = done = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=days)
    made: list[datetime] = []
    for step in steps_h:
        now += timedelta(hours=step)
        slot = due(schedule, zone, done=done, now=now)
        if slot is not None:
            made.append(slot.at)
            done = slot.at
            assert slot.at <= now
            assert slot.at.astimezone(ZoneInfo(zone)).weekday() == weekday
    assert len(made) == len(set(made))
    assert made == sorted(made)
    gaps = [(after - before) for before, after in pairwise(made)]
    assert all(timedelta(days=6, hours=22) <= gap <= timedelta(days=7, hours=2) for gap in gaps)
    assert now - done <= timedelta(days=7, hours=2), "nothing that was due has been left"


@pytest.mark.parametrize(
    "wrong",
    [
        {"weekday": 7},
        {"hour": 24},
        {"formats": ()},
        {"formats": ("docx",)},
        {"cohort": ""},
        {"kind": "daily"},
    ],
)
def test_what_cannot_be_a_schedule_is_refused_with_what_to_choose(wrong: dict[str, object]) -> None:
    with pytest.raises(UnusableSchedule, match="Choose"):
        replace(MONDAY, **wrong)  # type: ignore[arg-type]


@pytest.fixture
def filled(application: Application, actor: Actor, simulator: Running) -> Application:
    import_people(application, actor, roster_csv(simulator))
    synchronise(application, actor, application.people())
    return application


def at(application: Application, moment: datetime) -> Application:
    return replace(application, now=lambda: moment)


def scheduled(application: Application, actor: Actor, schedule: Schedule) -> None:
    stored = application.store.preferences.all(application.organisation)
    set_schedule(application.store, application.organisation, actor, schedule, version=version_of(stored))


TUESDAY = Schedule(weekday=(NOW + timedelta(days=6)).weekday(), hour=7, cohort=EVERYONE, formats=("csv",))
THEN = NOW + timedelta(days=6)


def test_a_run_writes_a_report_of_each_and_one_of_all(filled: Application, actor: Actor) -> None:
    scheduled(filled, actor, replace(TUESDAY, weekday=NOW.weekday(), hour=NOW.hour + 2))
    assert make_what_is_due(filled) is None, "it was set after the hour of the week before"
    later = at(filled, NOW + timedelta(hours=2))
    run = make_what_is_due(later)
    assert run is not None
    assert run.ended, run.said
    folder = filled.settings.reports_folder / "weekly-2026-03-10"
    assert run.folder == str(folder)
    names = {path.name for path in folder.iterdir()}
    for person in filled.people():
        assert f"weekly-{person.person_id}-2026-03-10.csv" in names
    assert "weekly-cohort-Everyone-2026-03-10.csv" in names
    assert f"{len(names)}\u00a0files" in run.said
    assert last_run(later) == run
    assert make_what_is_due(later) is None


def test_two_processes_make_a_run_once(filled: Application, actor: Actor) -> None:
    scheduled(filled, actor, replace(TUESDAY, weekday=NOW.weekday(), hour=NOW.hour + 2))
    later = at(filled, NOW + timedelta(hours=2))
    together = Barrier(4)

    def look(_: int) -> LastRun | None:
        together.wait()
        return make_what_is_due(later)

    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(look, range(4)))
    assert sum(run is not None for run in runs) == 1


def test_a_run_that_was_cut_off_is_made_again(filled: Application, actor: Actor) -> None:
    scheduled(filled, actor, replace(TUESDAY, weekday=NOW.weekday(), hour=NOW.hour + 2))
    later = at(filled, NOW + timedelta(hours=2))
    stopping = ScheduledReports(later)
    stopping._stop.set()
    begun = make_what_is_due(later, cancel=stopping._stop)
    assert begun is not None
    assert not begun.ended
    assert last_run(filled) is None, "the server was stopped, and nothing goes on"
    again = make_what_is_due(at(filled, NOW + timedelta(hours=3)))
    assert again is not None
    assert again.ended
    assert again.slot == begun.slot


def test_a_folder_that_cannot_be_written_is_said(filled: Application, actor: Actor) -> None:
    filled.settings.reports_folder.write_text("a file", encoding="utf-8")
    scheduled(filled, actor, replace(TUESDAY, weekday=NOW.weekday(), hour=NOW.hour + 2))
    run = make_what_is_due(at(filled, NOW + timedelta(hours=2)))
    assert run is not None
    assert "cannot be written" in run.said


def test_a_cohort_that_is_gone_is_said(filled: Application, actor: Actor) -> None:
    scheduled(filled, actor, replace(TUESDAY, weekday=NOW.weekday(), hour=NOW.hour + 2, cohort="c_gone"))
    run = make_what_is_due(at(filled, NOW + timedelta(hours=2)))
    assert run is not None
    assert "does not exist any more" in run.said


def test_a_schedule_is_set_changed_and_switched_off(filled: Application, actor: Actor) -> None:
    scheduled(filled, actor, MONDAY)
    stored = filled.store.preferences.all(filled.organisation)
    assert schedule_of(stored) == MONDAY
    with pytest.raises(EditedMeanwhile):
        set_schedule(filled.store, filled.organisation, actor, TUESDAY, version=DEFAULT)
    unset_schedule(filled.store, filled.organisation, actor, version=version_of(stored))
    assert schedule_of(filled.store.preferences.all(filled.organisation)) is None
    stranger = local_actor("somewhere else")
    with pytest.raises(NotAllowed):
        set_schedule(filled.store, filled.organisation, stranger, MONDAY, version=DEFAULT)


def test_a_stored_schedule_that_nobody_can_keep_to_makes_nothing(
    filled: Application, actor: Actor, caplog: pytest.LogCaptureFixture
) -> None:
    filled.store.preferences.set(
        filled.organisation, SCHEDULE, {"weekday": 9, "formats": []}, version=DEFAULT, by=actor.name
    )
    assert make_what_is_due(filled) is None
    assert "cannot be used" in caplog.text


def test_who_is_erased_is_in_no_report_of_the_schedule_any_more(filled: Application, actor: Actor) -> None:
    scheduled(filled, actor, replace(TUESDAY, weekday=NOW.weekday(), hour=NOW.hour + 2))
    make_what_is_due(at(filled, NOW + timedelta(hours=2)))
    gone, *others = filled.people()
    run = last_run(filled)
    assert run is not None
    part = Path(run.folder) / f".weekly-{gone.person_id}-2026-03-10.csv.abcd1234.part"
    part.write_bytes(b"half, of a process that was killed")
    making = filled.settings.folder / ".bundle-xyz"
    making.mkdir()
    erase_person(filled, actor, gone.person_id, at_vendor=False)
    assert not part.exists()
    assert not making.exists()
    left = [path for path in filled.settings.reports_folder.rglob("*") if path.is_file()]
    assert all(any(other.person_id in path.name for path in left) for other in others)
    assert not any(holds(path, gone.person_id, gone.name) for path in left)


def holds(path: Path, *texts: str) -> bool:
    return any(text in path.name or text.encode() in path.read_bytes() for text in texts)
