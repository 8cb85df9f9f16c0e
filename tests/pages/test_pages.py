"""Every page through Streamlit's test runner: what it says, and that nothing in a name breaks it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block, Node

from analytics.cohort_words import ALL_WELL
from asleep.simulator.server import Running
from nocturne import application as applications
from nocturne.access import local_actor
from nocturne.application import Application
from nocturne.roster import EVERYONE, add_person
from nocturne.sync import synchronise
from nocturne.views import day_of_cohort, overview
from pages.home_people import weighted
from pages.parts import escape
from store.people import NewPerson, StoreUnavailable
from tests.nocturne.conftest import make_application, roster_csv, simulator  # noqa: F401
from tests.nocturne.importing import import_people
from tests.pages.test_parts import HOSTILE
from tests.serving import free_port

ROUTER = Path(__file__).resolve().parents[2] / "pages" / "router.py"
PAGES = ("home.py", "night.py", "person.py", "cohort.py", "comparison.py", "quality.py", "report.py")


@pytest.fixture
def empty(make_application: Callable[..., Application]) -> Iterator[Application]:  # noqa: F811
    application = make_application()
    applications.register(application, request_sync=lambda: None)
    yield application
    applications.forget()


@pytest.fixture
def filled(empty: Application, simulator: Running) -> Application:  # noqa: F811
    actor = local_actor(empty.organisation)
    import_people(empty, actor, roster_csv(simulator))
    synchronise(empty, actor, empty.people())
    return empty


def run(page: str = "home.py", **params: str) -> AppTest:
    app = AppTest.from_file(str(ROUTER), default_timeout=60)
    for name, value in params.items():
        app.query_params[name] = value
    app.run()
    if page != "home.py":
        app.switch_page(str(ROUTER.with_name(page))).run()
    return app


def unfolded(app: AppTest, chart: str) -> AppTest:
    """The page with the table of a chart unfolded, as a reader unfolds it."""
    app.session_state[f"{chart}_twin"] = True
    return app.run()


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def ways(app: AppTest) -> list[str]:
    """What the links to other pages say."""
    return [link.proto.label for link in app.get("page_link")]


def way_to(app: AppTest, wanted: Node) -> list[tuple[str, int]]:
    """The way through the page to an element, by which the browser knows it: kind of each block, and place in it."""

    def look(block: Block) -> list[tuple[str, int]] | None:
        for at, child in block.children.items():
            if child is wanted:
                return [(block.type, at)]
            if isinstance(child, Block) and (found := look(child)) is not None:
                return [(block.type, at), *found]
        return None

    found = look(app.main)
    assert found is not None
    return found


def words(app: AppTest) -> str:
    kinds = ("title", "header", "subheader", "markdown", "caption", "error", "warning")
    return "\n".join(element.value for kind in kinds for element in getattr(app, kind))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_states_a_finding_and_no_fault(filled: Application, page: str) -> None:
    app = run(page)
    assert not app.exception
    assert len(app.title) == 1
    assert app.title[0].value


def test_home_says_what_to_do_when_nobody_is_there(empty: Application) -> None:
    app = run()
    assert not app.exception
    assert "Nobody is on the roster yet" in app.title[0].value
    said = words(app)
    for way in ("Add somebody", "Import a list", "Create a person"):
        assert way in said


@pytest.mark.parametrize("page", PAGES[1:])
def test_other_pages_lead_home_when_nobody_is_there(empty: Application, page: str) -> None:
    app = run(page)
    assert not app.exception
    assert "Nobody is on the roster yet" in words(app)
    assert "Add people on Home" in ways(app)


def test_somebody_is_added_from_home(empty: Application) -> None:
    app = run()
    app.text_input[0].input("G-1")
    app.text_input[1].input(HOSTILE)
    app.button[0].click().run()
    assert not app.exception
    assert [person.name for person in empty.people()] == [HOSTILE]


def test_what_cannot_be_added_is_answered_with_a_sentence(empty: Application) -> None:
    app = run()
    app.text_input[0].input("G-1")
    app.text_input[1].input("Noa")
    app.text_input[2].input("Mars/Olympus")
    app.button[0].click().run()
    assert not app.exception
    assert "Mars" in app.error[0].value
    assert not empty.people()


@pytest.mark.parametrize("page", PAGES)
def test_a_name_may_hold_anything(filled: Application, page: str) -> None:
    for person in filled.people():
        filled.store.update_person(filled.organisation, replace(person, name=HOSTILE))
    app = run(page)
    assert not app.exception
    said = words(app)
    assert HOSTILE not in said, "the name reached the page without its backslashes"
    if page in {"night.py", "person.py", "report.py"}:
        assert escape(HOSTILE) in said


def test_a_person_without_nights_has_a_page_that_says_so(empty: Application) -> None:
    actor = local_actor(empty.organisation)
    add_person(empty, actor, NewPerson(vendor_id="G-1", name="Noa", zone="UTC"))
    for page in PAGES[1:]:
        app = run(page)
        assert not app.exception, page
        assert "No night of Noa yet" in words(app) or page in {"cohort.py", "comparison.py", "quality.py"}
        assert "Synchronise in Admin" in ways(app) or page in {"cohort.py", "comparison.py", "quality.py"}


def test_who_has_no_nights_is_not_the_default_and_leaves_the_way_to_somebody_else(
    filled: Application,
) -> None:
    actor = local_actor(filled.organisation)
    nobody = add_person(filled, actor, NewPerson(vendor_id="G-0", name="Aaron", zone="UTC"))
    assert filled.people()[0] == nobody, "the first of the roster"
    other = filled.people()[1].person_id
    for page in ("night.py", "person.py", "report.py"):
        app = run(page)
        assert not app.exception, page
        assert "No night of" not in words(app), page
        app = run(page, person=nobody.person_id)
        assert "No night of Aaron yet" in words(app), page
        picker = app.selectbox(key=f"{page.removesuffix('.py')}_person")
        assert picker.value == nobody.person_id
        picker.set_value(other).run()
        assert not app.exception, page
        assert "No night of" not in words(app), page


@pytest.mark.parametrize(
    ("page", "params"),
    [
        ("person.py", {"from": "2027-01-01"}),
        ("person.py", {"to": "0001-01-01"}),
        ("report.py", {"ending": "2020-01-01"}),
        ("report.py", {"ending": "0001-01-01"}),
        ("cohort.py", {"from": "2026-03-01"}),
        ("cohort.py", {"from": "0001-01-01"}),
        ("cohort.py", {"from": "2026-03-01", "to": "2030-03-01"}),
    ],
)
def test_no_date_in_a_link_breaks_a_page(filled: Application, page: str, params: dict[str, str]) -> None:
    app = run(page, **params)
    assert not app.exception
    assert app.title


def test_a_first_synchronisation_that_failed_says_why(
    make_application: Callable[..., Application],  # noqa: F811
    simulator: Running,  # noqa: F811
) -> None:
    application = make_application(address=f"http://127.0.0.1:{free_port()}")
    applications.register(application, request_sync=lambda: None)
    actor = local_actor(application.organisation)
    import_people(application, actor, roster_csv(simulator))
    synchronise(application, actor, application.people())
    for page in PAGES[:3]:
        app = run(page)
        assert not app.exception
        assert "The last attempt failed" in words(app), page
    applications.forget()


def test_what_the_database_cannot_do_is_said_without_a_traceback(
    filled: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_kwargs: object) -> object:
        raise StoreUnavailable("The database cannot be reached. Check its disk and try again.")

    monkeypatch.setattr(type(filled.store), "people", fail)
    app = run()
    assert not app.exception
    assert "cannot be reached" in words(app)


def test_a_link_with_dates_of_its_own_says_so_beside_the_periods(filled: Application) -> None:
    linked = run("person.py", **{"from": "2026-02-20", "to": "2026-03-01"})
    assert not linked.exception
    assert "20\u00a0February to 1\u00a0March\u00a02026" in words(linked)
    plain = run("person.py")
    assert not plain.exception
    assert "20\u00a0February to 1" not in words(plain)


def test_home_says_who_needs_attention_with_the_reason_and_then_who_does_not(filled: Application) -> None:
    seen = overview(filled, local_actor(filled.organisation), EVERYONE, days=28)
    app = run()
    assert not app.exception
    assert plain(app.title[0].value) == plain(escape(seen.attention_title))
    said = words(app)
    for sentences in seen.people["reasons"][seen.people["attention"]].tolist():
        assert weighted(sentences[0]) in said
    if seen.others_title:
        assert escape(seen.others_title) in [folded.label for folded in app.expander]
    assert "not a p value" in said.replace("\\", "")


def test_home_says_when_nobody_needs_attention(filled: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    day = day_of_cohort(filled, local_actor(filled.organisation), EVERYONE, days=28)
    calm = [(who, {**row, "attention": False, "flag": "none", "label": ""}) for who, row in day.in_order]
    monkeypatch.setitem(vars(day), "in_order", tuple(calm))
    app = run()
    assert not app.exception
    assert escape(ALL_WELL) in words(app)


def test_the_first_value_of_a_reason_stands_out_and_nothing_in_it_is_markup() -> None:
    said = weighted(
        "Slept 1\u00a0h\u00a05\u00a0min less than usual in the last 7 days (7\u00a0nights); *usual*."
    )
    assert said.startswith("Slept **1\u00a0h\u00a05\u00a0min** less")
    assert said.count("**") == 2
    assert weighted("25\u00a0% of [it](x).") == r"**25" + "\u00a0" + r"%** of \[it\]\(x\)\."
    assert weighted("No value here") == "No value here"


def test_the_cohort_table_has_flags_and_says_what_rests_on_few_nights(filled: Application) -> None:
    app = run("cohort.py")
    assert not app.exception
    table = app.dataframe[0].value
    assert {"Flag", "Few nights"} <= set(table.columns)
    assert "Flag" in words(app)
