"""The launcher: settings -> application -> an ASGI app around `pages/router.py`.

`streamlit run streamlit_app.py` (what `make run` does) starts it. The main script is `pages/router.py` and not this
file, because Streamlit lets the first request of a fresh process open the files of a `pages` folder beside the main
script directly, past the router.
"""

import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import NoReturn

import streamlit as st
from streamlit import config

from nocturne import application as applications
from nocturne import roster
from nocturne.background import BackgroundSync
from nocturne.demo import DemoFailed, DemoSimulator, fresh_folder
from settings import Settings, SettingsError, is_loopback, read_settings

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
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    try:
        refuse_open_address(config.get_option("server.address"))
        settings = read_settings()
        simulator = _demo(settings)
    except (SettingsError, DemoFailed) as problem:
        _end(f"Nocturne cannot start. {problem}")
    application = applications.build(
        settings,
        base_url=simulator.address if simulator else None,
        api_key=simulator.api_key if simulator else None,
    )
    if simulator:
        roster.enrol(application, simulator.people)
    background = BackgroundSync(application)
    applications.register(application, request_sync=background.request)
    background.start()
    try:
        yield
    finally:
        background.stop()
        applications.forget()
        application.close()
        if simulator:
            simulator.stop()


def _end(sentence: str) -> NoReturn:
    """Says why and ends the process; nothing was opened yet.

    An exception would end it too, but the server would print a traceback around the sentence.
    """
    print(sentence, file=sys.stderr, flush=True)
    os._exit(2)


def _demo(settings: Settings) -> DemoSimulator | None:
    if settings.environment != "demo":
        return None
    until = date.today() - timedelta(days=1)  # noqa: DTZ011 - the simulator's own default, in its own words
    fresh_folder(settings, until=until)
    return DemoSimulator.start(settings, until=until)


app = st.App("pages/router.py", lifespan=lifespan)
