"""The schedule of reports, set on Admin: what is chosen is kept, and what cannot be kept is said in the form."""

from typing import Any

from streamlit.testing.v1 import AppTest

from nocturne.application import Application
from nocturne.schedule import schedule_of
from tests.nocturne.conftest import make_application, simulator  # noqa: F401
from tests.pages.test_pages import empty, filled, run  # noqa: F401


def field(app: AppTest, kind: str, name: str) -> Any:
    return next(each for each in app.get(kind) if (each.key or "").startswith(f"schedule_{name}_"))


def save(app: AppTest) -> AppTest:
    next(
        button for button in app.button if button.label == "Save" and "schedule" in button.proto.form_id
    ).click()
    return app.run()


def test_what_is_chosen_is_what_is_kept(filled: Application) -> None:  # noqa: F811
    app = run("admin.py", section="settings")
    field(app, "radio", "kind").set_value("monthly")
    field(app, "radio", "paper").set_value("letter")
    field(app, "radio", "names").set_value("pseudonyms")
    field(app, "selectbox", "day").set_value("Thursday")
    save(app)
    kept = schedule_of(filled.store.preferences.all(filled.organisation))
    assert kept is not None
    assert (kept.kind, kept.paper, kept.pseudonyms, kept.weekday) == ("monthly", "letter", True, 3)


def test_a_schedule_without_a_format_is_refused_in_the_form(filled: Application) -> None:  # noqa: F811
    app = run("admin.py", section="settings")
    field(app, "button_group", "formats").set_value([])
    save(app)
    assert not app.exception
    assert any("at least one format" in error.value for error in app.error)
    assert schedule_of(filled.store.preferences.all(filled.organisation)) is None
