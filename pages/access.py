"""Who is asking, and the application that answers: the first thing every page touches."""

import streamlit as st

from nocturne.access import Actor, NotAllowed, Permission, authorize, local_actor
from nocturne.application import Application, Running, running


def here() -> Running:
    """What runs in this process."""
    return running()


def require(permission: Permission) -> tuple[Application, Actor]:
    """The application and the actor, when the actor may; otherwise the page ends with a sentence.

    Every page calls this on its first line. The router has asked before; asking again here keeps a page closed even if
    a way around the router were found.
    """
    application = running().application
    actor = local_actor(application.organisation)
    try:
        authorize(actor, permission, application.organisation)
    except NotAllowed as refusal:
        st.error(str(refusal))
        st.stop()
    return application, actor
