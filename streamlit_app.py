"""The launcher: settings -> application -> an ASGI app around `pages/router.py`.

`streamlit run streamlit_app.py` (what `make run` does) starts it. The main script is `pages/router.py` and not this
file, because Streamlit lets the first request of a fresh process open the files of a `pages` folder beside the main
script directly, past the router.
"""

import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from datetime import date, timedelta
from typing import NoReturn

import streamlit as st
from streamlit import config

from nocturne import application as applications
from nocturne import logs, roster, webhook_access
from nocturne.application import Application
from nocturne.background import BackgroundSync
from nocturne.demo import DemoFailed, DemoFolder, DemoSimulator
from nocturne.engines import EngineFailed
from nocturne.inbox_worker import InboxWorker
from nocturne.scheduled import ScheduledReports
from nocturne.starting import TURN_S, CannotStart, beginning
from service.application import routes
from service.receiver import Receiver
from service.receiving import receiving
from settings import SettingsError, is_loopback, read_settings
from store.people import StoreError

log = logging.getLogger("nocturne")


def refuse_open_address(address: str | None) -> None:
    """Returns when the dashboard listens on this machine only.

    Raises:
        SettingsError: it would listen for others, and there is no sign-in yet that could ask who they are.
    """
    if address is None or not is_loopback(address):
        raise SettingsError(
            "Until sign-in exists, Nocturne listens on this machine only. Start it with `make run`, or with "
            "`--server.address 127.0.0.1`."
        )


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """From start to stop of the server: the application registered, its nights kept up to date."""
    sys.setswitchinterval(TURN_S)
    logs.begin()
    with ExitStack() as held:
        try:
            application = _start(held)
            worker = InboxWorker(application, name="dashboard")
            held.callback(worker.stop)
            held.enter_context(receiving(receiver, application, written=worker.wake))
        except (CannotStart, SettingsError, DemoFailed, EngineFailed, StoreError, OSError) as problem:
            held.close()
            _end(f"Nocturne cannot start. {problem}")
        background = BackgroundSync(application)
        applications.register(application, request_sync=background.request)
        held.callback(applications.forget)
        held.callback(background.stop)
        scheduled = ScheduledReports(application)
        held.callback(scheduled.stop)
        if application.settings.nocturne_inbox_worker == "inside":
            worker.start()
        background.start()
        scheduled.start()
        yield


def _start(held: ExitStack) -> Application:
    """The application of the settings; what it holds is let go of, in turn, when `held` closes."""
    refuse_open_address(config.get_option("server.address"))
    settings = read_settings()
    logs.set_up(settings)
    if settings.environment != "demo":
        with beginning(settings):
            application = applications.build(settings)
        held.callback(application.close)
        return application
    until = date.today() - timedelta(days=1)  # noqa: DTZ011 - the simulator's own default, in its own words
    with beginning(settings):
        held.callback(DemoFolder(settings, until=until).release)
    simulator = DemoSimulator.start(settings, until=until)
    held.callback(simulator.stop)
    logs.set_up(settings, known=[simulator.api_key])
    application = applications.build(settings, base_url=simulator.address, api_key=simulator.api_key)
    held.callback(application.close)
    roster.enrol(application, simulator.people)
    if settings.nocturne_webhooks == "on":
        simulator.announce_to(_own_address() + webhook_access.address(application).path)
    return application


def _own_address() -> str:
    """Where this process answers, for the demo's simulator on the same machine."""
    host = str(config.get_option("server.address"))
    base = str(config.get_option("server.baseUrlPath")).strip("/")
    scheme = "https" if config.get_option("server.sslCertFile") else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{config.get_option('server.port')}{base and '/' + base}"


def _end(sentence: str) -> NoReturn:
    """Says why and ends the process; whatever was opened is closed by now.

    An exception would end it too, but the server would print a traceback around the sentence.
    """
    print(sentence, file=sys.stderr, flush=True)
    os._exit(2)


receiver = Receiver()
app = st.App(
    "pages/router.py",
    lifespan=lifespan,
    routes=routes(receiver, applications.running_application, beside_pages=True),
)
