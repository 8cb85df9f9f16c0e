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
from typing import Final, NoReturn

import streamlit as st
from streamlit import config

from nocturne import application as applications
from nocturne import roster
from nocturne.application import Application
from nocturne.background import BackgroundSync
from nocturne.demo import DemoFailed, DemoFolder, DemoSimulator
from nocturne.engines import EngineFailed
from nocturne.inbox_worker import InboxWorker
from nocturne.scheduled import ScheduledReports
from service.application import routes
from service.receiver import Receiver
from service.receiving import receiving
from settings import SettingsError, is_loopback, read_settings
from store.people import StoreError

log = logging.getLogger("nocturne")

# While nights arrive several threads want the interpreter. By default each keeps it for 5 ms from a page that asks for
# it back, which a page does a thousand times a run: whenever it has read a row of the database or sent an element.
_TURN_S: Final = 0.0005


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
    sys.setswitchinterval(_TURN_S)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    with ExitStack() as held:
        try:
            application = _start(held)
            held.enter_context(receiving(receiver, application))
        except (SettingsError, DemoFailed, EngineFailed, StoreError, OSError) as problem:
            held.close()
            _end(f"Nocturne cannot start. {problem}")
        background = BackgroundSync(application)
        applications.register(application, request_sync=background.request)
        held.callback(applications.forget)
        held.callback(background.stop)
        scheduled = ScheduledReports(application)
        held.callback(scheduled.stop)
        if application.settings.nocturne_inbox_worker == "inside":
            worker = InboxWorker(application, name="dashboard")
            held.callback(worker.stop)
            worker.start()
        background.start()
        scheduled.start()
        yield


def _start(held: ExitStack) -> Application:
    """The application of the settings; what it holds is let go of, in turn, when `held` closes."""
    refuse_open_address(config.get_option("server.address"))
    settings = read_settings()
    if settings.environment != "demo":
        application = applications.build(settings)
        held.callback(application.close)
        return application
    until = date.today() - timedelta(days=1)  # noqa: DTZ011 - the simulator's own default, in its own words
    held.callback(DemoFolder(settings, until=until).release)
    simulator = DemoSimulator.start(settings, until=until)
    held.callback(simulator.stop)
    application = applications.build(settings, base_url=simulator.address, api_key=simulator.api_key)
    held.callback(application.close)
    roster.enrol(application, simulator.people)
    return application


def _end(sentence: str) -> NoReturn:
    """Says why and ends the process; whatever was opened is closed by now.

    An exception would end it too, but the server would print a traceback around the sentence.
    """
    print(sentence, file=sys.stderr, flush=True)
    os._exit(2)


receiver = Receiver()
app = st.App("pages/router.py", lifespan=lifespan, routes=routes(receiver))
