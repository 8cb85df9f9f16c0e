"""Cohort: the card of everyone at a glance prints what people's own averages are, counted by hand."""

import math
import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from analytics.wording import duration
from asleep.simulator.server import Running, serve
from asleep.simulator.world import simulated_world
from nocturne import application as applications
from nocturne import cohorts as of
from nocturne.access import local_actor
from nocturne.application import Application
from nocturne.roster import add_person
from nocturne.sync import synchronise
from store.people import NewPerson
from tests.nocturne.conftest import NOW, UNTIL, make_application, roster_csv, simulator  # noqa: F401
from tests.nocturne.importing import import_people
from tests.pages.test_pages import empty, filled, plain, run, unfolded, words  # noqa: F401

DOTS = "A dot a person with nights enough"


def opened(**params: str) -> AppTest:
    """The page with its section of averages open."""
    app = run("cohort.py", **params)
    app.session_state["cohort_summary"] = True
    return app.run()


def said(app: AppTest) -> str:
    return plain(words(app)).replace("\\", "")


def headings(app: AppTest) -> list[str]:
    return [plain(each.value).replace("\\", "") for each in app.header]


def glance_row(app: AppTest, statistic: str) -> dict[str, str]:
    """A line of the card as its table has it: the one table with an interval for each statistic."""
    unfolded(app, "glance")
    (found,) = [each.value for each in app.dataframe if "95 % interval" in each.value.columns]
    row = found.set_index("Statistic").loc[statistic]
    return {str(column): plain(str(value)) for column, value in row.items()}


def valid_of(application: Application) -> pd.DataFrame:
    """The valid main sleeps: naps are in no average."""
    nights = application.archive.statistics(application.organisation)
    return nights[nights["valid"] & (nights["kind"] == "main")]


def own_means(valid: pd.DataFrame, *, days: int) -> list[float]:
    """By hand: each person's mean time asleep as printed, of those with five nights of the newest days."""
    after = valid["night"].max() - timedelta(days=days)
    minutes: dict[str, list[float]] = {}
    for row in valid[valid["night"] > after].itertuples():
        minutes.setdefault(row.person_id, []).append(row.tst_min)
    return sorted(math.floor(sum(each) / len(each) + 0.5) for each in minutes.values() if len(each) >= 5)


def test_the_card_counts_people_and_prints_the_mean_of_their_means(filled: Application) -> None:  # noqa: F811
    app = opened()
    assert not app.exception
    valid = valid_of(filled)
    means = own_means(valid, days=42)
    row = glance_row(app, "Asleep")
    assert row["People"] == str(len(means)) == "6"
    assert row["Lowest"] == plain(duration(means[0]))
    assert row["Highest"] == plain(duration(means[-1]))
    mean = re.fullmatch(r"(\d+) h (\d+) min", row["Mean"])
    assert mean is not None
    # The mean is of people's means before they are rounded, so it may be half a minute away from this one.
    assert abs(60 * int(mean[1]) + int(mean[2]) - sum(means) / 6) <= 1
    assert f"6 of 6 people have a valid night; people sleep {plain(row['Mean'])} on average" in headings(app)


def test_the_coverage_is_that_of_the_archive(filled: Application) -> None:  # noqa: F811
    silent = add_person(
        filled, local_actor(filled.organisation), NewPerson(vendor_id="G-new", name="Noa", zone="UTC")
    )
    app = opened()
    assert not app.exception
    valid = valid_of(filled)
    assert silent.person_id not in set(valid["person_id"])
    for days in (7, 28):
        recent = valid[valid["night"] > valid["night"].max() - timedelta(days=days)]
        people, nights = recent["person_id"].nunique(), len(recent)
        share = math.floor(100 * nights / (7 * days) + 0.5)
        assert (
            f"Last {days} nights: **{people} of 7** people with a valid one, **{nights} of {7 * days}** "
            f"nights ({share} %)"
        ) in said(app)
    assert any(each.startswith("6 of 7 people have a valid night") for each in headings(app))


def test_a_cohort_of_some_has_no_such_card(filled: Application) -> None:  # noqa: F811
    saved = of.save_cohort(
        filled,
        local_actor(filled.organisation),
        "Squad",
        person_ids=[each.person_id for each in filled.people()],
    )
    assert DOTS in said(opened())
    app = opened(cohort=saved.cohort_id)
    assert not app.exception
    assert DOTS not in said(app)


def test_where_nobody_has_a_night_the_card_says_so(empty: Application) -> None:  # noqa: F811
    for name in ("Noa", "Kim"):
        add_person(
            empty, local_actor(empty.organisation), NewPerson(vendor_id=f"G-{name}", name=name, zone="UTC")
        )
    app = opened()
    assert not app.exception
    assert "0 of 2 people have a valid night: too few with enough for an average" in headings(app)
    assert "**0 of 2** people with a valid one, **0 of 14** nights (0 %)" in said(app)


class TestTooFew:
    @pytest.fixture
    def simulator(self) -> Iterator[Running]:
        """Four people: one fewer than a mean takes."""
        with serve(simulated_world(people=4, nights=14, seed=3, until=UNTIL, now=NOW)) as running:
            yield running

    @pytest.fixture
    def four(
        self,
        make_application: Callable[..., Application],  # noqa: F811
        simulator: Running,  # noqa: F811
    ) -> Iterator[Application]:
        application = make_application()
        applications.register(application, request_sync=lambda: None)
        actor = local_actor(application.organisation)
        import_people(application, actor, roster_csv(simulator))
        synchronise(application, actor, application.people())
        yield application
        applications.forget()

    def test_four_people_have_dots_and_no_average(self, four: Application) -> None:
        app = opened()
        assert not app.exception
        assert "4 of 4 people have a valid night: too few with enough for an average" in headings(app)
        row = glance_row(app, "Asleep")
        means = own_means(valid_of(four), days=42)
        assert row["People"] == str(len(means)) == "4"
        assert row["Lowest"] == plain(duration(means[0]))
        assert row["Mean"] == row["95 % interval"] == "–"
