"""Reports: choices stand in the link, names may give way to pseudonyms, and everybody's reports come as one ZIP."""

import io
import time
import zipfile
from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from nocturne.access import local_actor
from nocturne.application import Application
from nocturne.documents import FORMATS, Wanted, documents
from nocturne.runs import person_report
from tests.nocturne.conftest import NOW, UNTIL, make_application, simulator  # noqa: F401
from tests.pages.test_pages import empty, filled, plain, run, words  # noqa: F401

PAGE = "report.py"


def choose(app: AppTest, key: str, value: object) -> AppTest:
    """A choice of a segmented control, as its callback gets it."""
    app.segmented_control(key=key).set_value(value)
    app.run()
    assert not app.exception
    return app


def buttons(app: AppTest) -> dict[str, str]:
    return {button.proto.id.rsplit("-", 1)[-1]: button.proto.label for button in app.get("download_button")}


def test_a_person_a_week_and_every_format_is_what_a_bare_address_shows(filled: Application) -> None:  # noqa: F811
    app = run(PAGE)
    assert not app.exception
    assert "Weekly report" in words(app)
    assert list(buttons(app)) == [f"download_{kind}" for kind in FORMATS]


@pytest.mark.parametrize("about", ["person", "cohort"])
@pytest.mark.parametrize("kind", ["weekly", "monthly"])
def test_each_kind_of_each_has_a_link(filled: Application, about: str, kind: str) -> None:  # noqa: F811
    app = run(PAGE, about=about, kind=kind, ending=UNTIL.isoformat())
    assert not app.exception
    said = plain(words(app))
    assert f"{kind.capitalize()} report" in said
    assert ("Everyone" in said) == (about == "cohort")


def test_choices_go_into_the_link_and_the_link_decides(filled: Application) -> None:  # noqa: F811
    app = run(PAGE, ending=UNTIL.isoformat())
    choose(app, "report_kind", "monthly")
    assert (app.query_params["kind"], app.query_params["ending"]) == ("monthly", UNTIL.isoformat())
    choose(app, "report_paper", "letter")
    choose(app, "report_names", "pseudonyms")
    assert (app.query_params["kind"], app.query_params["paper"]) == ("monthly", "letter")
    again = run(PAGE, **dict(app.query_params))
    assert again.title[0].value == app.title[0].value


def test_under_a_pseudonym_the_title_has_no_name(filled: Application) -> None:  # noqa: F811
    person = filled.people()[0]
    named = run(PAGE, person=person.person_id).title[0].value
    hidden = run(PAGE, person=person.person_id, names="pseudonyms").title[0].value
    assert person.name.split()[0] in named
    assert person.name.split()[0] not in hidden
    assert "P\\-" in hidden


def test_a_report_on_the_future_says_which_night_is_the_last(filled: Application) -> None:  # noqa: F811
    app = run(PAGE, ending="2099-01-01")
    assert not app.exception
    said = plain(words(app)).replace("\\", "")
    assert "There is no report of the future" in said
    assert f"The last night is {NOW.date()}" in said
    app.button[0].click().run()
    assert "Weekly report" in words(app)


def test_a_week_without_a_night_is_a_report_that_says_so(filled: Application) -> None:  # noqa: F811
    app = run(PAGE, ending="2020-01-05")
    assert not app.exception
    assert "0 of 7 nights valid" in plain(words(app))


def test_everybodys_reports_come_as_one_zip_with_the_bytes_of_the_single_ones(
    filled: Application,  # noqa: F811
) -> None:
    app = run(PAGE, about="cohort", ending=UNTIL.isoformat())
    app.button(key="many_begin").click().run()
    job = app.session_state["job_many"][1]
    assert job.wait(60).state == "done"
    app.run()
    assert "Download the ZIP" in buttons(app).values()
    wanted = Wanted(ending=UNTIL, formats=("pdf",))
    actor = local_actor(filled.organisation)
    with zipfile.ZipFile(io.BytesIO(job.content())) as found:
        members = {name.rpartition("/")[2]: found.read(name) for name in found.namelist()}
    for person in filled.people():
        report = person_report(filled, actor, person.person_id, wanted)
        (single,) = documents(report, wanted, generated_at=NOW)
        assert members.pop(single.name) == single.content
    assert not members


def test_a_run_that_is_cancelled_keeps_nothing_and_can_begin_again(
    filled: Application,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("nocturne.runs._PEOPLE_PER_BATCH", 1)
    true = type(filled.archive).nights

    def slow(*asked: object) -> object:
        time.sleep(0.3)
        return true(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(type(filled.archive), "nights", slow)
    app = run(PAGE, about="cohort", ending=UNTIL.isoformat())
    app.button(key="many_begin").click().run()
    app.button(key="many_cancel").click().run()
    assert app.session_state["job_many"][1].wait(60).state == "cancelled"
    app.run()
    assert [each.value for each in app.info] == ["Cancelled; nothing was kept."]
    assert "many_again" in {button.key for button in app.button}


def test_another_question_forgets_the_zip_of_the_last(filled: Application) -> None:  # noqa: F811
    app = run(PAGE, about="cohort", ending=UNTIL.isoformat())
    app.button(key="many_begin").click().run()
    app.session_state["job_many"][1].wait(60)
    app.query_params["ending"] = date(2026, 3, 8).isoformat()
    app.run()
    assert "many_begin" in {button.key for button in app.button}
    assert "Download the ZIP" not in buttons(app).values()
