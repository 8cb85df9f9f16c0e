"""Admin, webhooks: the address for the vendor, how the inbox stands, and what was given up with a way to try again."""

import pandas as pd
import streamlit as st

from analytics.wording import NBSP, age, number, plural
from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from nocturne.dead_letters import GivenUp, given_up, try_again, unknown_people
from nocturne.webhook_access import address, key_ring
from nocturne.webhook_health import WebhookHealth, done_lately, health_now
from pages.parts import card, escape, reader_clock
from pages.telling import attempt, told

_PLACE = "webhooks"
_LISTED = 200


def webhooks_title(application: Application, actor: Actor) -> tuple[str, str]:
    """What the section says first."""
    health = health_now(application, actor)
    last = health.state.last_received_at
    facts = [f"last event {reader_clock(last)}" if last else "no event so far"]
    facts.append(plural(len(key_ring(application)), "key is accepted", "keys are accepted"))
    return health.title, escape(" · ".join(facts))


def webhooks_section(application: Application, actor: Actor) -> None:
    """The address, the state of the inbox and its dead letters."""
    authorize(actor, Permission.SYNCHRONISE, application.organisation)
    health = health_now(application, actor)
    told(_PLACE)
    left, right = st.columns([2.35, 1])
    with left:
        _address(application)
        _dead_letters(application, actor)
    with right:
        _inbox(application, actor, health)


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
        st.code(f"https://YOUR-HOST{address(application).path}", language=None)
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


def _dead_letters(application: Application, actor: Actor) -> None:
    letters = given_up(application, actor)
    if not letters:
        with card("dead_letters", "Nothing was given up"):
            st.markdown("Every event was used, or is still tried. Events that cannot be used end up here.")
        return
    heading = f"{plural(len(letters), 'event was', 'events were')} given up"
    caption = (
        "They could not be used, each for its reason. The nights they announce come with synchronisation."
    )
    with card("dead_letters", heading, caption):
        st.dataframe(
            _table(application, letters[:_LISTED]),
            hide_index=True,
            key="webhook_dead",
            column_config={"Why": st.column_config.TextColumn(width="large")},
            alt="Events that were given up: what they are, whose, when they came, how old they are, and why",
        )
        if len(letters) > _LISTED:
            st.caption(f"The oldest {number(_LISTED, 0)} are listed.")
        _again(application, actor, letters)


def _table(application: Application, letters: tuple[GivenUp, ...]) -> pd.DataFrame:
    now = application.now()
    return pd.DataFrame(
        [
            {
                "Number": letter.event_id,
                "Event": letter.event,
                "Person": letter.name or "not on the roster",
                "Received": reader_clock(letter.received_at),
                "Age": age((now - letter.received_at).total_seconds() / 60),
                "Tries": letter.attempts,
                "Why": letter.error,
            }
            for letter in letters
        ]
    )


def _again(application: Application, actor: Actor, letters: tuple[GivenUp, ...]) -> None:
    by_number = {letter.event_id: letter for letter in letters[:_LISTED]}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Event",
            list(by_number),
            format_func=lambda event_id: _named(by_number.get(event_id), event_id),
            key="webhook_event",
        )
        st.button(
            "Replay",
            key="webhook_replay",
            disabled=chosen is None,
            on_click=_replay,
            args=(application, actor, None if chosen is None else [chosen]),
        )
        st.button(
            f"Replay all {number(len(letters), 0)}",
            key="webhook_replay_all",
            on_click=_replay,
            args=(application, actor, None),
        )
    if chosen in by_number:
        st.caption(escape(by_number[chosen].error))


def _named(letter: GivenUp | None, event_id: int) -> str:
    return f"{event_id}: {letter.event}, {letter.name or 'not on the roster'}" if letter else str(event_id)


def _replay(application: Application, actor: Actor, event_ids: list[int] | None) -> None:
    def act() -> str:
        again = try_again(application, actor, event_ids)
        return f"{plural(again, 'event is', 'events are')} tried again now."

    attempt(_PLACE, act)


def _inbox(application: Application, actor: Actor, health: WebhookHealth) -> None:
    state = health.state
    with card("inbox", "The inbox"):
        for sentence in health.sentences(reader_clock):
            st.markdown(escape(sentence))
        rows = [
            ("Waiting", state.waiting),
            ("Done in 30 days", done_lately(application)),
            ("Given up", state.dead),
            ("Of unknown people", state.quarantined),
            ("Of an unknown kind", state.unhandled),
            ("Sent again with another content", state.revised),
        ]
        st.table(
            pd.DataFrame([{"Events": label, "Count": number(count, 0)} for label, count in rows]),
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
