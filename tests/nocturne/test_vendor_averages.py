"""The vendor's own means beside ours: of the same nights, in our units, and marked only where they truly differ."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import msgspec
import pandas as pd
import pytest

from analytics.beside_vendor import Beside
from analytics.wording import NBSP, duration
from asleep.errors import AsleepError
from asleep.models import AverageStats, NeverSlept
from asleep.simulator.server import Running, serve
from asleep.simulator.world import simulated_world
from nocturne.access import Actor, NotAllowed, local_actor
from nocturne.application import Application
from nocturne.roster import add_person
from nocturne.sync import synchronise
from nocturne.vendor_averages import LONGEST_DAYS, VendorAverages, vendor_averages
from nocturne.views import NothingRecorded
from store.people import NewPerson, Person
from tests.nocturne.conftest import NOW, UNTIL
from tests.nocturne.syncing import NotingClient, opened

WEEK = timedelta(days=6)
SUMS = {
    "Asleep": "time_in_sleep",
    "In bed": "time_in_bed",
    "Latency": "sleep_latency",
    "Awake after onset": "time_in_wake",
    "Light": "time_in_light",
    "Deep": "time_in_deep",
    "REM": "time_in_rem",
}
OURS = {"Asleep": "tst_min", "Latency": "sol_min", "Awake after onset": "waso_min", "Deep": "deep_min"}


@pytest.fixture(scope="module")
def simulator() -> Iterator[Running]:
    with serve(simulated_world(people=6, nights=30, seed=3, until=UNTIL, now=NOW)) as running:
        yield running
        running.fail_all(None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, simulator: Running) -> Path:
    """Everybody's nights; who is here only asks, so that one folder will do for all."""
    made = tmp_path_factory.mktemp("vendor") / "data"
    with opened(made, simulator) as application:
        synchronise(application, local_actor(application.organisation), application.people())
    return made


@pytest.fixture
def application(folder: Path, simulator: Running) -> Iterator[Application]:
    simulator.fail_all(None)
    with opened(folder, simulator) as application:
        application.asleep.forget_all()
        yield application
    simulator.fail_all(None)


@pytest.fixture
def actor(application: Application) -> Actor:
    return local_actor(application.organisation)


def served(simulator: Running, person: Person, *, first: date, last: date) -> dict[str, Any]:
    """What the vendor answers, as it travels."""
    address = f"{simulator.address}/data/v1/users/{person.vendor_id}/average-stats?start_date={first}&end_date={last}"
    request = Request(address, headers={"x-api-key": simulator.api_key, "timezone": "UTC"})
    with urlopen(request) as answer:
        result: dict[str, Any] = json.load(answer)["result"]
    return result


def valid_nights(application: Application, person: Person, *, first: date, last: date) -> pd.DataFrame:
    nights = application.archive.nights(application.organisation, person.person_id)
    inside = nights["night"].between(pd.Timestamp(first), pd.Timestamp(last))
    return nights[inside & nights["valid"] & (nights["kind"] == "main")]


@dataclass(frozen=True, kw_only=True)
class Week:
    """A week of somebody: our nights of it, the two columns, and what the vendor serves of the days they began on."""

    person: Person
    last: date
    nights: pd.DataFrame
    found: VendorAverages
    served: dict[str, Any]

    @property
    def where(self) -> tuple[str, date]:
        return self.person.zone, self.last

    @property
    def served_ids(self) -> set[str]:
        return {each["id"] for each in self.served["slept_sessions"]}


@pytest.fixture(scope="module")
def weeks(folder: Path, simulator: Running) -> list[Week]:
    """Three weeks of everybody, each with nights enough for a mean that needs no caution."""
    made = []
    with opened(folder, simulator) as application:
        actor = local_actor(application.organisation)
        for person in application.people():
            for last in (newest_of(application, person) - timedelta(days=back) for back in (3, 12, 18)):
                nights = valid_nights(application, person, first=last - WEEK, last=last)
                if len(nights) < 5:
                    continue
                first_day, last_day = days_of(nights)
                found = vendor_averages(application, actor, person.person_id, first=last - WEEK, last=last)
                answer = served(simulator, person, first=first_day, last=last_day)
                made.append(Week(person=person, last=last, nights=nights, found=found, served=answer))
    return made


def newest_of(application: Application, person: Person) -> date:
    newest: date = (
        application.archive.nights(application.organisation, person.person_id)["night"].max().date()
    )
    return newest


@pytest.fixture
def one(application: Application) -> tuple[Person, date]:
    """Somebody with the label of their newest night."""
    person = application.people()[0]
    return person, newest_of(application, person)


def rows(found: VendorAverages) -> dict[str, Beside]:
    return {row.label: row for row in found.rows}


def days_of(nights: pd.DataFrame) -> tuple[date, date]:
    """From which to which day in UTC they began."""
    days = sorted({start.tz_convert("UTC").date() for start in nights["start"]})
    return days[0], days[-1]


def test_both_columns_are_what_the_vendor_serves_and_what_the_nights_say(weeks: list[Week]) -> None:
    assert len(weeks) > 10
    for week in weeks:
        means, shown = week.served["average_stats"], rows(week.found)
        for label, name in SUMS.items():
            assert shown[label].vendor == duration(math.floor(means[name] / 60 + 0.5)), (week.where, label)
        assert shown["Awakenings"].vendor == str(means["waso_count"])
        assert shown["Efficiency"].vendor == f"{math.floor(100 * means['sleep_efficiency'] + 0.5)}{NBSP}%"
        for label, column in OURS.items():
            mean = week.nights[column].mean()
            assert shown[label].ours == duration(math.floor(mean + 0.5)), (week.where, label)
        assert (week.found.nights, week.found.slept) == (len(week.nights), len(week.served_ids))


def test_of_the_same_nights_both_agree_and_of_more_they_differ(weeks: list[Week]) -> None:
    agreeing, differing = set(), 0
    for week in weeks:
        marked = {row.label for row in week.found.rows if row.differs}
        if week.served_ids == set(week.nights["session_id"]):
            agreeing.add(week.person.zone)
            # In bed they count the last seconds of a recording, and a share of sums is no mean of shares.
            assert marked <= {"In bed", "Efficiency"}, week.where
        elif week.served_ids > set(week.nights["session_id"]):
            differing += 1
            assert {"Asleep", "In bed"} <= marked, week.where
    assert differing > 3
    assert {"America/Los_Angeles", "America/New_York", "Asia/Seoul", "Europe/Berlin"} <= agreeing


def test_what_is_marked_is_printed_differently_and_what_is_not_is_printed_alike(weeks: list[Week]) -> None:
    counted = []
    for row in (row for week in weeks for row in week.found.rows):
        if row.label == "Awakenings":
            counted.append((row.differs, abs(float(row.ours) - float(row.vendor))))
        else:
            assert row.differs == (row.ours != row.vendor), row
    # The vendor serves a whole number of them: up to half a one is its rounding.
    assert all(differs == (away > 0.5) for differs, away in counted)
    assert any(0 < away <= 0.5 for _, away in counted)
    assert any(away > 0.5 for _, away in counted)


def test_awakenings_with_a_decimal_are_compared_as_printed_and_sleepless_sessions_counted(
    folder: Path, simulator: Running, weeks: list[Week]
) -> None:
    near = next(week for week in weeks if abs(awakenings_apart(week.found)) <= 0.1)
    client = NotingClient(simulator)
    client.altered_averages = with_decimal
    with opened(folder, simulator, client=client) as application:
        application.asleep.forget_all()
        actor = local_actor(application.organisation)
        found = vendor_averages(
            application, actor, near.person.person_id, first=near.last - WEEK, last=near.last
        )
    assert 0.1 < awakenings_apart(found) < 0.5
    assert rows(found)["Awakenings"].differs
    assert not rows(near.found)["Awakenings"].differs
    assert (near.found.never_slept, found.never_slept) == (0, 2)


def awakenings_apart(found: VendorAverages) -> float:
    row = rows(found)["Awakenings"]
    return float(row.vendor) - float(row.ours)


def with_decimal(averages: AverageStats) -> AverageStats:
    """As the older shape has it, with two sessions without sleep besides."""
    assert averages.average is not None
    mean = msgspec.structs.replace(averages.average, waso_count=(averages.average.waso_count or 0) + 0.3)
    sleepless = tuple(NeverSlept(session_id=each.session_id) for each in averages.slept[:2])
    return msgspec.structs.replace(averages, average=mean, never_slept=sleepless)


def test_without_sleep_in_the_period_there_are_no_means(
    application: Application, actor: Actor, one: tuple[Person, date]
) -> None:
    person, _ = one
    found = vendor_averages(
        application, actor, person.person_id, first=date(2025, 6, 1), last=date(2025, 6, 7)
    )
    assert (found.rows, found.slept, found.never_slept, found.nights) == ((), 0, 0, 0)


def test_of_a_long_period_the_newest_hundred_days_are_compared(
    application: Application, actor: Actor, one: tuple[Person, date]
) -> None:
    person, last = one
    first = last - timedelta(days=LONGEST_DAYS)
    found = vendor_averages(application, actor, person.person_id, first=first, last=last)
    assert found.cut
    assert (found.first, found.last) == (first + timedelta(days=1), last)
    assert found.rows
    just = vendor_averages(application, actor, person.person_id, first=found.first, last=last)
    assert not just.cut
    assert just.rows == found.rows


def test_somebody_without_nights_has_nothing_to_compare_and_the_vendor_is_not_asked(
    application: Application, actor: Actor, simulator: Running
) -> None:
    silent = add_person(application, actor, NewPerson(vendor_id="G-none", name="Noa", zone="UTC"))
    before = simulator.requests["getAverageStats"]
    with pytest.raises(NothingRecorded):
        vendor_averages(application, actor, silent.person_id, first=UNTIL - WEEK, last=UNTIL)
    assert simulator.requests["getAverageStats"] == before
    application.store.remove_person(application.organisation, silent.person_id)


def test_who_may_not_see_people_is_refused_before_the_vendor_is_asked(
    application: Application, simulator: Running, one: tuple[Person, date]
) -> None:
    person, last = one
    before = simulator.requests["getAverageStats"]
    for stranger in (
        Actor(name="Kim", role="visitor", organisations=frozenset({application.organisation})),
        Actor(name="Kim", role="local", organisations=frozenset({"elsewhere"})),
    ):
        with pytest.raises(NotAllowed):
            vendor_averages(application, stranger, person.person_id, first=last - WEEK, last=last)
    assert simulator.requests["getAverageStats"] == before


def test_while_the_vendor_is_down_what_was_kept_stands_in_and_says_so(
    application: Application, actor: Actor, folder: Path, simulator: Running, one: tuple[Person, date]
) -> None:
    person, last = one
    fresh = vendor_averages(application, actor, person.person_id, first=last - WEEK, last=last)
    assert (fresh.stale, fresh.reason) == (False, "")
    simulator.fail_all("unavailable")
    with opened(folder, simulator, now=NOW + timedelta(hours=1)) as later:
        found = vendor_averages(later, actor, person.person_id, first=last - WEEK, last=last)
        assert found.stale
        assert found.reason
        assert found.rows == fresh.rows
        assert found.fetched_at == fresh.fetched_at == NOW
        later.asleep.forget_all()
        with pytest.raises(AsleepError):
            vendor_averages(later, actor, person.person_id, first=last - WEEK, last=last)
