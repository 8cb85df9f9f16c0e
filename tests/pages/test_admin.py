"""Admin through Streamlit's test runner: what an operator does, and what may be in a name."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analytics.score import ScoreRules
from asleep.simulator.server import Running, serve
from asleep.simulator.world import simulated_world
from nocturne import application as applications
from nocturne.access import local_actor
from nocturne.application import Application
from nocturne.erasure import pending
from nocturne.roster import add_person, update_person
from nocturne.sync import synchronise
from pages.parts import escape
from store.errors import StoreUnavailable
from store.people import NewPerson
from store.troubles import LOCKED
from tests.nocturne.conftest import NIGHTS, NOW, UNTIL, make_application, roster_csv  # noqa: F401
from tests.nocturne.importing import import_people
from tests.pages.test_pages import ROUTER, words
from tests.serving import free_port

HEADER = "vendor_id,name,zone,birth_year,sex,tags\n"
NAMES = {
    "an element": "<img src=x onerror=alert(1)>",
    "a formula": '=HYPERLINK("http://x","y")',
    "right to left": "נועה כהן",
    "emoji": "Noa 🌙👩‍👩‍👧",
    "markdown": "*[x](y) :red[z] $a$",
    "long": "N" * 200,
}


@pytest.fixture
def simulator() -> Iterator[Running]:
    """Of each test its own: people are deleted here."""
    with serve(simulated_world(people=3, nights=6, seed=3, until=UNTIL, now=NOW)) as running:
        yield running


@pytest.fixture
def empty(make_application: Callable[..., Application]) -> Iterator[Application]:  # noqa: F811
    application = make_application()
    asked: list[object] = []
    applications.register(application, request_sync=lambda *people: asked.append(people))
    yield application
    applications.forget()


@pytest.fixture
def filled(empty: Application, simulator: Running) -> Application:
    actor = local_actor(empty.organisation)
    import_people(empty, actor, roster_csv(simulator))
    synchronise(empty, actor, empty.people())
    return empty


def admin(section: str = "people", **params: str) -> AppTest:
    app = AppTest.from_file(str(ROUTER), default_timeout=60)
    app.query_params["section"] = section
    for name, value in params.items():
        app.query_params[name] = value
    app.run()
    return app.switch_page(str(Path(ROUTER).with_name("admin.py"))).run()


def said(app: AppTest) -> str:
    return words(app) + "\n".join(element.value for element in app.success)


@pytest.mark.parametrize("section", ["people", "settings", "sync", "webhooks", "storage", "no-such-section"])
@pytest.mark.parametrize("people", ["nobody", "three people"])
def test_every_section_says_something_and_has_no_fault(
    request: pytest.FixtureRequest, section: str, people: str
) -> None:
    request.getfixturevalue("empty" if people == "nobody" else "filled")
    app = admin(section)
    assert not app.exception
    assert len(app.title) == 1
    assert app.title[0].value


def test_a_list_is_looked_at_before_anything_of_it_is_taken_in(filled: Application) -> None:
    first, second, _ = filled.people()
    rows = [
        f'{first.vendor_id},"{first.name}",{first.zone},{first.birth_year},{first.sex},{";".join(first.tags)}',
        f"{second.vendor_id},Another Name,{second.zone},{second.birth_year},{second.sex},{';'.join(second.tags)}",
        "G-new,Noa,UTC,1988,f,A;B",
        "G-new,Noa again,UTC,,,",
        "G-zone,Yusuf,Mars/Olympus,,,",
        "G-year,Yusuf,UTC,1700,,",
        "G-sex,Yusuf,UTC,,mars,",
        "G-tag,Yusuf,UTC,,,everyone",
        ",Yusuf,UTC,,,",
        "G-cells,Yusuf,UTC,,,,,too,many",
    ]
    before = filled.people()
    app = admin()
    app.file_uploader[0].set_value(("people.csv", (HEADER + "\n".join(rows)).encode(), "text/csv")).run()
    assert not app.exception
    preview = app.dataframe[-1].value
    found = dict(
        zip(preview["Line"], zip(preview["Would"], preview["Why, or what changes"], strict=True), strict=True)
    )
    assert [found[line][0] for line in range(2, 12)] == ["as before", "change", "add", *["refused"] * 7]
    for line, why in ((5, "already on line 4"), (6, "Mars/Olympus"), (7, "1700"), (8, "mars"), (9, "everyone"),
                      (10, "vendor"), (11, "more cells")):  # fmt: skip
        assert why in found[line][1], found[line]
    assert "Another Name" in found[3][1]
    assert filled.people() == before, "nothing is taken in yet"
    app.button(key="import_accept").click().run()
    assert not app.exception
    assert {"Another Name", "Noa"} <= {person.name for person in filled.people()}
    assert len(filled.people()) == 4
    assert "7 refused" in said(app)


def test_a_list_may_be_discarded(empty: Application) -> None:
    app = admin()
    app.file_uploader[0].set_value(("people.csv", f"{HEADER}G-1,Noa,UTC,,,".encode(), "text/csv")).run()
    app.button(key="import_discard").click().run()
    assert not app.exception
    assert not empty.people()


def test_what_is_no_list_is_a_sentence(empty: Application) -> None:
    app = admin()
    app.file_uploader[0].set_value(("people.csv", b"\x00\x01\x02", "text/csv")).run()
    assert not app.exception
    assert "not text" in app.error[0].value


def test_a_person_is_changed(filled: Application) -> None:
    person = filled.people()[0]
    app = admin(person=person.person_id)
    stamp = f"{person.person_id}_{person.version}"
    app.text_input(key=f"edit_name_{stamp}").input("Noa K.")
    app.text_input(key=f"edit_tags_{stamp}").input("Squad; Trial")
    app.selectbox(key=f"edit_sex_{stamp}").select("non_binary")
    _save(app)
    assert not app.exception
    changed = filled.person(person.person_id)
    assert (changed.name, changed.tags, changed.sex) == ("Noa K.", ("Squad", "Trial"), "non_binary")
    assert "Saved Noa K" in said(app)


def test_of_two_browsers_that_edit_one_person_the_later_is_told(filled: Application) -> None:
    person = filled.people()[0]
    stamp = f"{person.person_id}_{person.version}"
    one, two = admin(person=person.person_id), admin(person=person.person_id)
    one.text_input(key=f"edit_name_{stamp}").input("From the one")
    _save(one)
    two.text_input(key=f"edit_name_{stamp}").input("From the other")
    _save(two)
    assert not two.exception
    assert "meanwhile" in two.error[0].value
    assert filled.person(person.person_id).name == "From the one"
    two.button(key="edit_again").click().run()
    assert two.text_input(key=f"edit_name_{person.person_id}_{person.version + 1}").value == "From the one"


def _save(app: AppTest) -> None:
    next(button for button in app.button if button.label == "Save").click().run()


def test_a_zone_that_is_none_is_refused_with_a_sentence(filled: Application) -> None:
    person = filled.people()[0]
    app = admin(person=person.person_id)
    app.text_input(key=f"edit_zone_{person.person_id}_{person.version}").input("Mars/Olympus")
    _save(app)
    assert not app.exception
    assert "Mars" in app.error[0].value
    assert filled.person(person.person_id) == person


def test_a_person_is_erased_only_when_the_name_is_typed(filled: Application, simulator: Running) -> None:
    person = filled.people()[0]
    app = admin(person=person.person_id)
    app.button(key="erase_open").click().run()
    assert not app.exception
    assert app.button(key="erase_do").disabled
    assert "nights" in words(app).replace("\u00a0", " ")
    app.text_input(key="erase_typed").input("somebody else").run()
    assert app.button(key="erase_do").disabled
    app.text_input(key="erase_typed").input(person.name).run()
    app.button(key="erase_do").click().run()
    assert not app.exception
    assert person.person_id not in {each.person_id for each in filled.people()}
    assert simulator.account.person(person.vendor_id) is None
    assert "the vendor has deleted the user" in said(app)


def test_the_next_page_shows_somebody_else_without_a_word_about_a_link(filled: Application) -> None:
    person = filled.people()[0]
    app = admin(person=person.person_id)
    app.button(key="erase_open").click().run()
    app.text_input(key="erase_typed").input(person.name).run()
    app.button(key="erase_do").click().run()
    assert person.person_id not in app.session_state["carried"].values()
    app.query_params.clear()
    app.switch_page(str(Path(ROUTER).with_name("person.py"))).run()
    assert not app.exception
    assert not app.info


def test_what_the_vendor_has_not_deleted_is_shown_and_tried_again(
    filled: Application, simulator: Running
) -> None:
    person = filled.people()[0]
    simulator.plan_faults("quota")
    app = admin(person=person.person_id)
    app.button(key="erase_open").click().run()
    app.text_input(key="erase_typed").input(person.name).run()
    app.button(key="erase_do").click().run()
    assert not app.exception
    assert "still has to delete 1" in words(app)
    assert "Quota" in words(app)
    app.button(key="deletion_again_0").click().run()
    assert not app.exception
    assert not pending(filled, local_actor(filled.organisation))
    assert simulator.account.person(person.vendor_id) is None


@pytest.mark.parametrize("kind", NAMES)
def test_a_name_may_hold_anything(filled: Application, kind: str) -> None:
    name = NAMES[kind]
    person = filled.people()[0]
    actor = local_actor(filled.organisation)
    update_person(filled, actor, replace(person, name=name))
    app = admin(person=person.person_id)
    app.button(key="erase_open").click().run()
    assert not app.exception
    spoken = [element.value for element in app.markdown if escape(name) in element.value]
    assert spoken, "the dialog names whom it is about"
    if escape(name) != name:
        assert not any(name in element.value for element in app.markdown)
    assert name in app.dataframe[0].value["Name"].tolist()
    app.text_input(key="erase_typed").input(name).run()
    assert not app.button(key="erase_do").disabled
    sync = admin("sync")
    assert not sync.exception


def test_a_person_is_created_with_everything_the_vendor_takes(empty: Application, simulator: Running) -> None:
    app = admin()
    app.text_input(key="create_name_0").input("Noa")
    for key, value in (("year", 1988), ("month", 2), ("day", 29), ("cm", 171.5), ("kg", 63.0)):
        app.number_input(key=f"c_{key}_0").set_value(value)
    app.selectbox(key="c_gender_0").select("non_binary")
    button = next(button for button in app.button if button.label == "Create at the vendor")
    button.click().run()
    assert not app.exception
    (person,) = empty.people()
    assert (person.birth_year, person.sex) == (1988, "non_binary")
    assert simulator.account.person(person.vendor_id) is not None
    assert person.vendor_id in said(app)
    assert app.text_input(key="create_name_1").value == "", "pressed again, nobody is created twice"
    app.text_input(key="create_name_1").input("Noa")
    for key, value in (("year", 1989), ("month", 2), ("day", 29)):
        app.number_input(key=f"c_{key}_1").set_value(value)
    next(button for button in app.button if button.label == "Create at the vendor").click().run()
    assert "no day 29" in app.error[0].value


def test_score_rules_hold_at_once_and_go_back(filled: Application) -> None:
    app = admin("settings")
    app.number_input(key="score_efficiency_0").set_value(50)
    _save(app)
    assert "110 %" in app.error[0].value.replace("\\", "")
    assert filled.score_rules == ScoreRules()
    app.number_input(key="score_consistency_0").set_value(20)
    app.checkbox(key="score_naps_0").check()
    _save(app)
    assert not app.exception
    assert filled.score_rules.version == "evidence-2+24h+0.5/0.2/0.3"
    assert "set here" in app.title[0].value
    next(button for button in app.button if button.label == "Back to the default").click().run()
    assert not app.exception
    assert filled.score_rules == ScoreRules()


def test_of_two_who_set_the_score_the_later_is_told(filled: Application) -> None:
    one, two = admin("settings"), admin("settings")
    for app, efficiency, consistency in ((one, 50, 20), (two, 30, 40)):
        app.number_input(key="score_efficiency_0").set_value(efficiency)
        app.number_input(key="score_consistency_0").set_value(consistency)
    _save(one)
    # The second browser's form was drawn before; its run finds the newer version and says so.
    _save(two)
    assert not two.exception
    assert filled.score_rules.weights.efficiency == 0.5


def test_the_zone_that_forms_propose_is_set(empty: Application) -> None:
    app = admin("settings")
    app.text_input(key="zone_value_0").input("Asia/Tokyo")
    next(
        button for button in app.button if button.label == "Save" and button.form_id == "zone_0"
    ).click().run()
    assert not app.exception
    assert admin().text_input(key="add_zone_0").value == "Asia/Tokyo"


def test_whom_it_failed_for_is_listed_with_the_reason(
    make_application: Callable[..., Application],  # noqa: F811
    simulator: Running,
) -> None:
    application = make_application(address=f"http://127.0.0.1:{free_port()}")
    asked: list[object] = []
    applications.register(application, request_sync=lambda *people: asked.append(people))
    actor = local_actor(application.organisation)
    import_people(application, actor, roster_csv(simulator))
    synchronise(application, actor, application.people())
    app = admin("sync")
    assert not app.exception
    assert "3 of 3 people could not be synchronised" in app.title[0].value
    assert len(app.dataframe[0].value) == 3
    app.button(key="sync_one").click().run()
    app.button(key="sync_failed").click().run()
    assert not app.exception
    ids = [person.person_id for person in application.people()]
    assert asked == [([ids[0]],), (ids,)]
    applications.forget()


@pytest.mark.parametrize("act", ["verify", "repair", "fold", "empty"])
def test_what_is_kept_is_looked_after(filled: Application, act: str) -> None:
    app = admin("storage")
    app.button(key=f"storage_{act}").click().run()
    assert not app.exception
    assert app.info[0].value


def test_a_locked_database_is_a_sentence_on_every_section(
    filled: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object, **__: object) -> None:
        raise StoreUnavailable(LOCKED)

    person = filled.people()[0]
    app = admin(person=person.person_id)
    with monkeypatch.context() as patch:
        patch.setattr(type(filled.store), "update_person", locked)
        _save(app)
        assert not app.exception
        assert "in use" in said(app)
    for section, asked in (("people", "people"), ("settings", "settings_of"), ("sync", "sync_states")):
        with monkeypatch.context() as patch:
            patch.setattr(type(filled.store), asked, locked)
            app = admin(section)
            assert not app.exception
            assert "in use" in said(app), section


def test_a_data_folder_that_is_read_only_is_a_sentence(
    filled: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system", "people")

    person = filled.people()[0]
    monkeypatch.setattr("cache.archive.NightArchive.erase", read_only)
    monkeypatch.setattr("cache.archive.NightArchive.fold", read_only)
    app = admin(person=person.person_id)
    app.button(key="erase_open").click().run()
    app.text_input(key="erase_typed").input(person.name).run()
    app.button(key="erase_do").click().run()
    assert not app.exception
    assert "Read-only" in said(app).replace("\\", "")
    assert filled.person(person.person_id) == person
    app = admin("storage")
    app.button(key="storage_fold").click().run()
    assert not app.exception
    assert "Read-only" in app.info[0].value.replace("\\", "")


def test_somebody_added_twice_is_a_sentence(empty: Application) -> None:
    add_person(empty, local_actor(empty.organisation), NewPerson(vendor_id="G-1", name="Noa", zone="UTC"))
    app = admin()
    app.text_input(key="add_id_0").input("G-1")
    app.text_input(key="add_name_0").input("Noa")
    next(button for button in app.button if button.label == "Add").click().run()
    assert not app.exception
    assert "already in the roster" in app.error[0].value


@pytest.mark.parametrize("vendor_id", ["nonsense id", "G-ü", "G-1\u200b"])
def test_an_id_that_no_vendor_gives_is_refused_where_it_is_typed(empty: Application, vendor_id: str) -> None:
    app = admin()
    app.text_input(key="add_id_0").input(vendor_id)
    app.text_input(key="add_name_0").input("Noa")
    next(button for button in app.button if button.label == "Add").click().run()
    assert not app.exception
    assert "user id" in app.error[0].value
    assert empty.people() == ()


def test_who_was_added_is_said_and_the_form_is_empty(empty: Application) -> None:
    app = admin()
    app.text_input(key="add_id_0").input("G-1")
    app.text_input(key="add_name_0").input("Zoë *K*")
    next(button for button in app.button if button.label == "Add").click().run()
    assert not app.exception
    assert "Zoë \\*K\\* is on the roster" in said(app)
    assert (app.text_input(key="add_id_1").value, app.text_input(key="add_name_1").value) == ("", "")


def test_what_an_import_changed_is_what_the_form_then_holds(filled: Application) -> None:
    person = filled.people()[0]
    app = admin(person=person.person_id)
    assert app.text_input(key=f"edit_name_{person.person_id}_{person.version}").value == person.name
    line = f"{person.vendor_id},Renamed,{person.zone},,,"
    app.file_uploader[0].set_value(("people.csv", (HEADER + line).encode(), "text/csv")).run()
    app.button(key="import_accept").click().run()
    assert not app.exception
    (name,) = [field for field in app.text_input if (field.key or "").startswith("edit_name_")]
    assert name.value == "Renamed"
