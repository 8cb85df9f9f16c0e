"""Pages while only the vendor's statistics are here: they show every night, and say what the nights rest on."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest

from asleep.simulator.server import Running
from nocturne.access import local_actor
from nocturne.application import Application
from nocturne.documents import Wanted, documents
from nocturne.progress import SyncProgress
from nocturne.runs import person_report
from nocturne.sync import synchronise
from tests.nocturne.conftest import NOW, make_application, roster_csv, simulator  # noqa: F401
from tests.nocturne.importing import import_people
from tests.pages.test_pages import PAGES, empty, plain, run, words  # noqa: F401


def stopped_when(application: Application, reached: Callable[[SyncProgress], bool]) -> None:
    """A synchronisation that is stopped as soon as its progress is there."""
    stop, show = Event(), application.board.show

    def watched(progress: SyncProgress) -> None:
        show(progress)
        if reached(progress):
            stop.set()

    application.board.show = watched  # type: ignore[method-assign]
    synchronise(application, local_actor(application.organisation), application.people(), stop=stop)
    application.board.show = show  # type: ignore[method-assign]


@pytest.fixture
def statistics_only(empty: Application, simulator: Running) -> Application:  # noqa: F811
    import_people(empty, local_actor(empty.organisation), roster_csv(simulator))
    before = simulator.requests["getSession"]
    stopped_when(empty, lambda progress: progress.state == "listing")
    assert simulator.requests["getSession"] == before, "no stages were asked for"
    return empty


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_the_nights_and_says_that_no_stages_are_here(
    statistics_only: Application, page: str
) -> None:
    nights = statistics_only.archive.statistics(statistics_only.organisation)
    assert (nights["basis"] == "vendor").all()
    app = run(page, person=statistics_only.people()[0].person_id)
    assert not app.exception
    said = plain(words(app)).replace("\\", "").lower()
    if page == "night.py":
        assert "this night rests on the vendor's own statistics" in said
        assert "the stages have not arrived yet" in said
        assert "of sleep" in said, "how long each stage lasted is known"
        assert "provisional" in said
        assert "slept" in app.title[0].value.lower()
    else:
        assert "stages for 0 of " in said


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_nothing_of_it_when_all_stages_are_here(statistics_only: Application, page: str) -> None:
    synchronise(statistics_only, local_actor(statistics_only.organisation), statistics_only.people())
    said = plain(words(run(page, person=statistics_only.people()[0].person_id))).replace("\\", "").lower()
    assert "stages for " not in said
    assert "vendor's own statistics" not in said


def test_reports_are_made_of_it_and_say_so(statistics_only: Application) -> None:
    actor = local_actor(statistics_only.organisation)
    wanted = Wanted(ending=NOW.date() - timedelta(days=1), formats=("html", "csv"))
    report = person_report(statistics_only, actor, statistics_only.people()[0].person_id, wanted)
    html, nights, *_ = (made.content.decode() for made in documents(report, wanted, generated_at=NOW))
    assert "stages for 0 of " in html.replace("\u00a0", " ")
    assert "provisional" in nights


def test_a_pause_is_said_with_its_reason_and_its_end(statistics_only: Application) -> None:
    board = statistics_only.board
    board.show(
        replace(
            board.progress,
            state="done",
            halted="The quota is used up.",
            resumes_at=NOW + timedelta(minutes=5),
        )
    )
    said = plain(words(run("person.py"))).replace("\\", "")
    assert "synchronisation paused" in said
    assert "The quota is used up. It goes on by itself at" in said
    assert "18:05" in said
    board.show(replace(board.progress, halted="", resumes_at=None))
    assert "paused" not in words(run("person.py"))
