"""The application has an inbox of its own, and lets go of it."""

from collections.abc import Callable

from nocturne.application import Application
from store.inbox import Accepted
from tests.store.arrivals import block


def test_the_inbox_lies_in_the_data_folder_and_webhooks_leave_the_store_as_it_is(
    make_application: Callable[..., Application],
) -> None:
    application = make_application()
    people = application.people()
    file = application.settings.folder / "inbox.sqlite3"
    assert file.stat().st_mode & 0o777 == 0o600
    arrival = block(organisation=application.organisation)
    assert application.inbox.accept([arrival]) == Accepted(new=1)
    assert application.people() is people, "what is kept of the store is still good"


def test_a_closed_application_has_let_go_of_the_inbox(make_application: Callable[..., Application]) -> None:
    application = make_application()
    (wal,) = application.settings.folder.glob("inbox.sqlite3-wal")
    application.inbox.accept([block(organisation=application.organisation)])
    application.close()
    assert not wal.exists(), "the last one to close the file writes its log back"
