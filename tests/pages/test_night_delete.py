"""Night: one recording is deleted after a question, at the vendor and here."""

from asleep.simulator.server import Running
from nocturne.application import Application
from nocturne.upkeep import kept
from tests.nocturne.conftest import make_application  # noqa: F401
from tests.pages.test_admin import empty, filled, simulator  # noqa: F401
from tests.pages.test_pages import run, words


def test_a_recording_is_deleted_after_a_question(filled: Application) -> None:  # noqa: F811
    before = kept(filled).archive.nights
    app = run("night.py")
    app.button(key="night_delete").click().run()
    assert not app.exception
    assert "every figure that rests on it is computed anew" in words(app)
    assert kept(filled).archive.nights == before, "asking is not deleting"
    app.button(key="night_delete_do").click().run()
    assert not app.exception
    assert "is deleted" in app.success[0].value
    assert kept(filled).archive.nights == before - 1


def test_what_the_vendor_does_not_delete_stays(filled: Application, simulator: Running) -> None:  # noqa: F811
    before = kept(filled).archive.nights
    app = run("night.py")
    app.button(key="night_delete").click().run()
    simulator.plan_faults("quota")
    app.button(key="night_delete_do").click().run()
    assert not app.exception
    assert "Nothing was deleted" in app.error[0].value
    assert kept(filled).archive.nights == before
