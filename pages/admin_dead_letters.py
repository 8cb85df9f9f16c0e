"""Admin, webhooks: what was given up, first by its cause, then event by event, and trying it again."""

from datetime import timedelta
from typing import Final
from zlib import crc32

import pandas as pd
import streamlit as st

from analytics.wording import age, number, plural
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.dead_letters import Cause, GivenUp, causes, given_up, try_again
from nocturne.webhook_health import WebhookHealth
from pages.parts import card, escape, narrow, reader_clock
from pages.telling import attempt, told

_CAUSES = "dead_causes"
_SINGLE = "dead_single"
_TABLE = "webhook_dead"
_SEEN = "webhook_dead_seen"
_MOST_CAUSES = 10
_NAMED = 3
_LISTED = 200
# On a phone a reason takes up to five lines beside the person and the age; a chosen row says it whole.
_WRAPPED_PX = 84
_WHY_PX = 118
_TOLD_FOR: Final = timedelta(seconds=30)


def dead_letters_card(application: Application, actor: Actor, health: WebhookHealth) -> None:
    """Why events were given up, and each of them; where none was, that."""
    letters = given_up(application, actor)
    if not letters:
        _nothing(application, health)
        return
    heading = f"{plural(len(letters), 'event was', 'events were')} given up"
    caption = "They could not be used. The nights they announce come with synchronisation all the same."
    found = causes(letters)
    with card("dead_letters", heading, caption):
        for cause in found[:_MOST_CAUSES]:
            _cause(application, actor, cause, alone=len(found) == 1)
        if len(found) > _MOST_CAUSES:
            more = plural(len(found) - _MOST_CAUSES, "more reason is", "more reasons are")
            st.caption(f"{more} among the events one by one.")
        if len(found) > 1:
            _button(application, actor, f"Replay all {number(len(letters), 0)}", "all", None)
        _told_a_while(application, _CAUSES)
        _one_by_one(application, actor, letters)


def _nothing(application: Application, health: WebhookHealth) -> None:
    if not health.ever:
        words = "Events that cannot be used end up here."
    elif health.on:
        words = "Every event was used, or is still tried. Events that cannot be used end up here."
    else:
        words = "What came before webhooks were switched off was used, or is still tried."
    if health.on or health.ever:
        with card("dead_letters", "Nothing was given up"):
            st.markdown(words)
            _told_a_while(application, _CAUSES)
            _told_a_while(application, _SINGLE)


def _cause(application: Application, actor: Actor, cause: Cause, *, alone: bool) -> None:
    count, mark = len(cause.letters), crc32(cause.error.encode())
    with st.container(horizontal=not narrow(), vertical_alignment="center", key=f"cause_{mark}"):
        with st.container(width="stretch", gap="xsmall"):
            st.markdown(f"**{plural(count, 'event')}**: {escape(cause.error)}")
            st.caption(escape(_facts(application, cause)))
        label = f"Replay {'all' if alone else 'these' if count > 1 else 'this'} {number(count, 0)}"
        _button(application, actor, label, str(mark), [letter.event_id for letter in cause.letters])


def _facts(application: Application, cause: Cause) -> str:
    names = list(cause.names)
    if len(names) > _NAMED:
        names[_NAMED:] = [plural(len(names) - _NAMED, "more person", "more people")]
    whose = [", ".join(names[:-1]) + " and " + names[-1] if names[1:] else names[0]] if names else []
    if cause.of_nobody:
        whose.append(f"{plural(cause.of_nobody, 'event')} of nobody on the roster")
    oldest = age((application.now() - cause.oldest_at).total_seconds() / 60)
    return f"{', '.join(whose)} · the oldest: {oldest} · last given up {reader_clock(cause.last_at)}"


def _one_by_one(application: Application, actor: Actor, letters: tuple[GivenUp, ...]) -> None:
    listed = letters[:_LISTED]
    label = f"The oldest {number(_LISTED, 0)}" if len(letters) > _LISTED else "The events"
    folded = st.expander(f"{label}, one by one", key="webhook_single", on_change="rerun")
    if not folded.open:
        _told_a_while(application, _SINGLE)
        return
    with folded:
        st.caption("Choose a row to see more of an event and to replay it alone.")
        chosen = _chosen(application, listed)
        if chosen is not None:
            tries = plural(chosen.attempts, "try", "tries")
            st.markdown(
                f"**{escape(chosen.event)}** {chosen.event_id} of {escape(chosen.name or 'nobody on the roster')}, "
                f"received {escape(reader_clock(chosen.received_at))}, {tries}: {escape(chosen.error)}"
            )
            _button(application, actor, "Replay this event", "one", [chosen.event_id], place=_SINGLE)
        _told_a_while(application, _SINGLE)


def _chosen(application: Application, listed: tuple[GivenUp, ...]) -> GivenUp | None:
    """The event whose row is chosen; it stays so when the list changes, and nothing is once it has gone."""
    ids = [letter.event_id for letter in listed]
    seen, rows = st.session_state.get(_SEEN, ids), _rows(st.session_state.get(_TABLE))
    if seen != ids and rows:
        kept = [ids.index(seen[row]) for row in rows if row < len(seen) and seen[row] in ids]
        st.session_state[_TABLE] = {"selection": {"rows": kept}}
    st.session_state[_SEEN] = ids
    selection = st.dataframe(
        _frame(application, listed),
        hide_index=True,
        key=_TABLE,
        on_select="rerun",
        selection_mode="single-row",
        row_height=_WRAPPED_PX if narrow() else None,
        column_order=("Person", "Age", "Why") if narrow() else None,
        column_config={
            "Why": st.column_config.TextColumn(width=_WHY_PX if narrow() else "large"),
            "Person": st.column_config.TextColumn(width="small"),
        },
        alt="Events that were given up: whose, why, and how old they are",
    )
    rows = _rows(selection)
    return listed[rows[0]] if rows and rows[0] < len(listed) else None


def _rows(state: object) -> list[int]:
    return list(state["selection"]["rows"]) if isinstance(state, dict) else []


def _frame(application: Application, listed: tuple[GivenUp, ...]) -> pd.DataFrame:
    now = application.now()
    return pd.DataFrame(
        [
            {
                "Person": letter.name or "not on the roster",
                "Why": letter.error,
                "Age": age((now - letter.received_at).total_seconds() / 60),
            }
            for letter in listed
        ]
    )


def _button(
    application: Application,
    actor: Actor,
    label: str,
    key: str,
    event_ids: list[int] | None,
    *,
    place: str = _CAUSES,
) -> None:
    """Tries these events again, or all; what came of it is told at the place."""

    def act() -> str:
        again = try_again(application, actor, event_ids)
        return f"{plural(again, 'event is', 'events are')} tried again now."

    def replay() -> None:
        for each in (_CAUSES, _SINGLE):
            st.session_state.pop(f"told_{each}", None)
            st.session_state.pop(f"{each}_since", None)
        attempt(place, act)

    st.button(label, key=f"webhook_replay_{key}", on_click=replay)


def _told_a_while(application: Application, place: str) -> None:
    """Says what the last press came to, for half a minute: the page is drawn again by itself meanwhile."""
    said, since = f"told_{place}", f"{place}_since"
    what, now = st.session_state.get(said), application.now()
    told(place)
    if what is None:
        st.session_state.pop(since, None)
    elif now - st.session_state.setdefault(since, now) < _TOLD_FOR:
        st.session_state[said] = what
