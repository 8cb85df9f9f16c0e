"""Admin, webhooks: the address for the vendor, how the inbox stands, and what was given up with a way to try again."""

from typing import Any, Final

import pandas as pd
import streamlit as st

from analytics.wording import NBSP, number, plural
from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from nocturne.dead_letters import unknown_people
from nocturne.webhook_access import address, key_ring
from nocturne.webhook_health import WebhookHealth, done_lately, health_now
from pages.admin_dead_letters import dead_letters_card
from pages.parts import card, escape, reader_clock
from store.errors import StoreError

EVERY_S: Final = 5.0

_SHOWN = "webhooks_shown"
_DRAWN = "webhooks_drawn"


def webhooks_title(application: Application, actor: Actor) -> tuple[str, str]:
    """What the section says first."""
    health = health_now(application, actor)
    last = health.state.last_received_at
    facts = [f"last event {reader_clock(last)}" if last else "no event so far"]
    if health.on:
        facts.append(plural(len(key_ring(application)), "key is accepted", "keys are accepted"))
    return health.title, escape(" · ".join(facts))


def webhooks_section(application: Application, actor: Actor) -> None:
    """The address, the state of the inbox and its dead letters, followed as they change."""
    authorize(actor, Permission.SYNCHRONISE, application.organisation)
    health = health_now(application, actor)
    st.session_state[_SHOWN] = webhooks_said(application, health)
    st.session_state[_DRAWN] = True
    left, right = st.columns([2.35, 1])
    with left:
        _address(application)
        dead_letters_card(application, actor, health)
    with right:
        _inbox(application, actor, health)
    _watch(application, actor)


def _address(application: Application) -> None:
    if application.settings.nocturne_webhooks == "off":
        with card("webhook_address", "Nothing is received"):
            st.markdown(
                "`NOCTURNE_WEBHOOKS` is off. Without it or set to `on`, events are received at an address that "
                "is shown here."
            )
        return
    with card(
        "webhook_address",
        "Where the vendor sends webhooks",
        "Enter it as the callback URL, with your own host name in front. Whoever knows it can knock; only who "
        "also carries one of your API keys is let in.",
    ):
        st.code(f"https://YOUR-HOST{address(application).path}", language=None, wrap_lines=True)
        st.caption("To copy it, point at it or tap it, and press the button in its corner.")
        keys = len(key_ring(application))
        accepted = plural(keys, "key is accepted", "keys are accepted")
        where = (
            "from `NOCTURNE_WEBHOOK_KEYS`"
            if application.settings.nocturne_webhook_keys is not None
            else "the one that the API is asked with"
        )
        st.markdown(f"**{accepted}**: {where}. Keys are never shown.")
        st.caption(
            "The vendor has to reach it over HTTPS, so a reverse proxy stands in front of this machine. While a key is "
            "changed, NOCTURNE_WEBHOOK_KEYS may hold the new one and the one before."
        )


@st.fragment(run_every=EVERY_S)
def _watch(application: Application, actor: Actor) -> None:
    """Has the page drawn again once it says something that is not so any more; sends nothing before."""
    if st.session_state.pop(_DRAWN, False):
        return
    try:
        changed = webhooks_said(application, health_now(application, actor)) != st.session_state.get(_SHOWN)
    except (StoreError, OSError):
        changed = True  # the router says what cannot be read
    if changed:
        st.rerun()


def webhooks_said(application: Application, health: WebhookHealth) -> object:
    """What the section says of the inbox, as a value: by it is known when it has to be drawn anew."""
    return health.title, health.sentences(reader_clock), _rows(application, health)


def _inbox(application: Application, actor: Actor, health: WebhookHealth) -> None:
    state = health.state
    with card("inbox", "The inbox"):
        if health.on and not health.ever:
            st.markdown(
                "It is empty. Until the vendor is told the address, nights come by synchronisation alone."
            )
        else:
            for sentence in health.sentences(reader_clock):
                st.markdown(escape(sentence))
        if rows := _rows(application, health):
            st.table(
                pd.DataFrame(rows, columns=["Events", "Count"]).style.format({"Count": _counted}),
                border="horizontal",
                hide_index=True,
                alt="How many events of webhooks are in which state",
            )
        if state.quarantined:
            people = plural(unknown_people(application, actor), "person who is", "people who are")
            st.caption(
                f"Events of {people} not on the roster are kept for a week. Whoever is added in time gets "
                "them; people who were erased leave nothing here."
            )
        st.caption(f"`python -m nocturne inbox` says the same on the command{NBSP}line.")


def _counted(count: Any) -> str:
    """A count as it is shown; the table has the number, by which it is aligned."""
    return number(count, 0)


def _rows(application: Application, health: WebhookHealth) -> list[tuple[str, int]]:
    """What is counted: nothing where no event has come, and of what is seldom nothing where there is none."""
    if not health.ever:
        return []
    state = health.state
    seldom = [
        ("Given up", state.dead),
        ("Of unknown people", state.quarantined),
        ("Of an unknown kind", state.unhandled),
        ("Sent again with another content", state.revised),
    ]
    always = [("Waiting", state.waiting), ("Done in 30 days", done_lately(application))]
    return always + [(label, count) for label, count in seldom if count]
