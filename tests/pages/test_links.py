"""Whatever a link says, a page is shown: what it names where it can be meant, else the default with a remark."""

import json
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from nocturne import cohorts as of
from nocturne import views
from nocturne.access import local_actor
from nocturne.application import Application
from nocturne.journal import NewNote, add_note
from store.errors import StoreUnavailable
from tests.nocturne.conftest import UNTIL, make_application, simulator  # noqa: F401
from tests.pages.test_pages import PAGES, empty, filled, plain, run, words  # noqa: F401

NAMES = (
    *("person", "cohort", "session", "period", "from", "to", "ending", "tag", "phase", "metric", "step"),
    *("reason", "measure", "consistency", "minimum", "part", "longest_gap_min", "most_missing_share_b"),
)
GARBAGE = (
    "",
    "nobody",
    "<img src=x onerror=alert(1)>",
    '=HYPERLINK("http://x")',
    "שלום",
    "👩‍🚀",
    "x" * 5000,
    "\x00\n",
    "c_aaaaaaaaaaaa",
    "p_aaaaaaaaaaaa",
    "-1",
    "NaN",
    "2026-13-45",
    "0001-01-01",
    "9999-12-31",
    "../../etc/passwd",
    "' OR 1=1 --",
)


def remarks(app: AppTest) -> list[str]:
    return [plain(each.value).replace("\\", "") for each in app.info]


def shown(app: AppTest) -> None:
    assert not app.exception
    assert len(app.title) == 1
    assert app.title[0].value


@pytest.mark.parametrize("page", PAGES)
def test_garbage_in_every_parameter_at_once_shows_the_page(filled: Application, page: str) -> None:  # noqa: F811
    for at in range(len(GARBAGE)):
        app = run(page, **{name: GARBAGE[(at + n) % len(GARBAGE)] for n, name in enumerate(NAMES)})
        shown(app)
        assert "<img" not in words(app)


@pytest.mark.parametrize(
    ("page", "params", "remark"),
    [
        ("person.py", {"person": "p_nobody"}, "a person who is not on the roster; "),
        ("night.py", {"person": "p_nobody"}, "a person who is not on the roster; "),
        ("report.py", {"person": "p_nobody"}, "a person who is not on the roster; "),
        ("night.py", {"session": "20200101000000_aaaaa"}, "that has not arrived; the newest is shown."),
        ("cohort.py", {"cohort": "nobody"}, "a cohort that does not exist"),
        ("home.py", {"cohort": "nobody"}, "a cohort that does not exist"),
        ("person.py", {"period": "decade"}, "a period that does not exist; the newest 4 weeks are shown."),
        ("cohort.py", {"period": "decade"}, "a period that does not exist; the newest 6 weeks are shown."),
        ("person.py", {"from": "yesterday"}, "is not a date"),
        ("person.py", {"from": "2026-03-02", "to": "2026-03-01"}, "ends before it begins"),
        ("cohort.py", {"from": "2020-03-02", "to": "2026-03-01"}, "is longer than a year"),
        (
            "person.py",
            {"from": "1999-01-01", "to": "2099-01-01"},
            "2000 to 2099 only. The 4 weeks up to 2099-01-01 are shown.",
        ),
        (
            "quality.py",
            {"from": "abc", "to": "2026-03-01", "period": "3-months"},
            "2026-02-11. The 3 months up to 2026-03-01 are shown.",
        ),
        (
            "cohort.py",
            {"from": "2026-03-01", "to": "abc"},
            "The dates from 2026-03-01 to the newest night are shown.",
        ),
        ("cohort.py", {"from": "2050-03-01", "to": "abc"}, "2026-02-11. The newest 6 weeks are shown."),
        (
            "cohort.py",
            {"from": "2026-02-01", "to": "2026-03-01", "period": "decade"},
            "does not exist; the dates from 2026-02-01 to 2026-03-01 are shown.",
        ),
        ("quality.py", {"reason": "zz"}, "The link names a reason that no night here has; all are shown."),
        ("report.py", {"ending": "tomorrow"}, "is not a date"),
        (
            "report.py",
            {"ending": "1999-01-01"},
            "is 1999-01-01, and there are nights of the years 2000 to 2099 only",
        ),
        ("admin.py", {"section": "nonsense"}, "a section that does not exist; People is shown."),
        ("admin.py", {"person": "foo"}, "a person who is not on the roster; nobody is chosen."),
    ],
)
def test_what_a_link_got_wrong_is_said_above_the_default(
    filled: Application,  # noqa: F811
    page: str,
    params: dict[str, str],
    remark: str,
) -> None:
    app = run(page, **params)
    shown(app)
    assert any(remark in each for each in remarks(app)), remarks(app)
    assert not remarks(run(page))


def test_what_comes_from_the_page_before_is_no_link_that_got_something_wrong(
    filled: Application,  # noqa: F811
) -> None:
    gone, *others = filled.people()
    app = run("person.py", person=gone.person_id)
    filled.store.remove_person(filled.organisation, gone.person_id)
    go(app, "night.py")
    shown(app)
    assert not remarks(app)
    assert app.session_state["view"]["person"] in {person.person_id for person in others}


def test_the_address_of_a_page_that_ends_early_is_completed_too(filled: Application) -> None:  # noqa: F811
    dates = {"from": "2020-01-01", "to": "2020-01-20"}
    app = run("person.py", **dates)
    assert "No night in this period" in words(app)
    told = next(
        json.loads(each.proto.json)
        for each in app.get("bidi_component")
        if each.proto.component_name.endswith("nocturne_address")
    )
    assert parse_qs(told["query"]) == {
        "person": [filled.people()[0].person_id],
        **{name: [value] for name, value in dates.items()},
    }


def test_a_right_link_is_followed_without_a_remark(filled: Application) -> None:  # noqa: F811
    person = filled.people()[-1]
    nights = filled.archive.nights(filled.organisation, person.person_id)
    session = str(nights["session_id"].iloc[3])
    saved = of.save_cohort(filled, local_actor(filled.organisation), "Two", person_ids=[person.person_id])
    dates = {"from": (UNTIL - timedelta(days=9)).isoformat(), "to": UNTIL.isoformat()}
    for page, params in (
        ("home.py", {"cohort": saved.cohort_id}),
        ("night.py", {"person": person.person_id, "session": session}),
        ("person.py", {"person": person.person_id, **dates}),
        ("person.py", {"person": person.person_id, "period": "3-months"}),
        ("cohort.py", {"cohort": saved.cohort_id, **dates}),
        ("report.py", {"person": person.person_id, "ending": UNTIL.isoformat()}),
    ):
        app = run(page, **params)
        shown(app)
        assert not remarks(app)
        view = app.session_state["view"]
        assert {name: view.get(name) for name in params} == params, page


def test_person_cohort_and_period_go_from_page_to_page(filled: Application) -> None:  # noqa: F811
    person = filled.people()[-1].person_id
    app = run("person.py", person=person, period="3-months")
    app.query_params.clear()
    for page, wanted in (
        ("night.py", {"person": person}),
        ("cohort.py", {"period": "3-months"}),
        ("report.py", {"person": person}),
        ("person.py", {"person": person, "period": "3-months"}),
    ):
        app.switch_page(f"{page}").run()
        shown(app)
        view = app.session_state["view"]
        assert {name: view.get(name) for name in wanted} == wanted, page


def test_a_person_is_taken_along_from_a_page_that_was_not_completed(
    filled: Application,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_args: object, **_kwargs: object) -> object:
        raise StoreUnavailable("The database cannot be reached.")

    person = filled.people()[-1].person_id
    monkeypatch.setattr(views, "heading", fail)
    app = run("person.py", person=person)
    assert "cannot be reached" in words(app)
    go(app, "night.py")
    assert app.session_state["view"]["person"] == person


def test_a_remark_stays_while_its_view_is_shown_and_goes_with_it(filled: Application) -> None:  # noqa: F811
    people = filled.people()
    app = run("person.py", person="p_nobody")
    assert remarks(app)
    app.query_params.clear()
    app.query_params["person"] = people[0].person_id  # what the address was completed to
    app.run()
    assert remarks(app)
    app.query_params["person"] = people[1].person_id
    app.run()
    assert not remarks(app)


Opened = Callable[[Application, AppTest], str]


def _deleting(application: Application, app: AppTest) -> str:
    app.button(key="night_delete").click().run()
    return "night_delete_do"


def _erasing(application: Application, app: AppTest) -> str:
    app.button(key="erase_open").click().run()
    return "erase_do"


def _acting(application: Application, app: AppTest) -> str:
    next(button for button in app.button if button.label == "Act").click().run()
    return "acting_done_Done"


def _editing(application: Application, app: AppTest) -> str:
    next(button for button in app.button if str(button.key).startswith("note_edit_")).click().run()
    return next(str(button.key) for button in app.button if button.label == "Leave as it was")


def keys(app: AppTest) -> set[str]:
    assert not app.exception
    return {str(button.key) for button in app.button}


def go(app: AppTest, page: str, **params: str) -> None:
    """To another address, as by Back and Forward."""
    app.query_params.clear()
    for name, value in params.items():
        app.query_params[name] = value
    app.switch_page(page).run()


@pytest.mark.parametrize(
    ("page", "opened"),
    [("night.py", _deleting), ("admin.py", _erasing), ("home.py", _acting), ("night.py", _editing)],
)
def test_what_was_open_about_somebody_is_closed_after_back_and_forward(
    filled: Application,  # noqa: F811
    page: str,
    opened: Opened,
) -> None:
    actor, one, other = local_actor(filled.organisation), *filled.people()[:2]
    nights = filled.archive.nights(filled.organisation, one.person_id)
    newest = nights[nights["valid"] & (nights["kind"] == "main")]["night"].max().date()
    add_note(filled, actor, NewNote(person_id=one.person_id, text="First", night=newest))
    here = {} if page == "home.py" else {"person": one.person_id}
    for away in (
        ("cohort.py", {}),
        (page, {"cohort": one.tags[0]} if not here else {"person": other.person_id}),
    ):
        app = run()
        go(app, page, **here)
        key = opened(filled, app)
        assert key in keys(app)
        app.run()
        assert key in keys(app), "it stays open while the page below it is run again"
        go(app, away[0], **away[1])
        go(app, page, **here)
        assert key not in keys(app), away


def test_what_is_open_stays_when_the_address_is_completed_and_when_the_period_changes(
    filled: Application,  # noqa: F811
) -> None:
    actor, person = local_actor(filled.organisation), filled.people()[0]
    add_note(filled, actor, NewNote(person_id=person.person_id, text="First"))
    app = run("person.py")
    key = _editing(filled, app)
    app.query_params["person"] = person.person_id
    app.run()
    assert key in keys(app)
    app.query_params["period"] = "3-months"
    app.run()
    assert key in keys(app)
