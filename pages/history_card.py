"""What was noticed about a person and done about their flags, in words: of one entry, and as a card."""

from collections.abc import Sequence

import streamlit as st

from analytics.wording import day, plural
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.attention import Attention, back_on, history
from pages.parts import card, escape, escape_lines, reader_clock, reader_date
from store.flag_actions import FlagAction

_LISTED = 20
_DID = {"note": "Note", "snooze": "Snoozed", "done": "Done", "reopen": "Opened again"}


def history_card(application: Application, actor: Actor, person_id: str) -> None:
    """Everything that was noticed and done about a person, the newest first."""
    entries = history(application, actor, person_id)
    if not entries:
        with card("history", "Nothing was noted or done about a flag yet"):
            st.caption("Notes, snoozes and what is marked as done on Home are listed here.")
        return
    with card(
        "history", "What was noticed and done", f"{plural(len(entries), 'entry', 'entries')}, newest first."
    ):
        history_list(entries)


def history_list(entries: Sequence[FlagAction]) -> None:
    """The newest entries, each with who, when, what and why."""
    for entry in entries[:_LISTED]:
        st.markdown("  \n".join(_lines(entry)))
    if len(entries) > _LISTED:
        st.caption(f"{plural(len(entries) - _LISTED, 'earlier entry', 'earlier entries')} not listed.")


def _lines(entry: FlagAction) -> list[str]:
    what = _DID[entry.action]
    if entry.action == "snooze":
        what += f" until {_date(entry)}"
    about = f" · {escape(entry.label)}" if entry.label else ""
    head = f"**{what}** :gray[by {escape(entry.by)} · {reader_clock(entry.at)}{about}]"
    return [head, escape_lines(entry.text)] if entry.text else [head]


def dealt_with(found: Attention, person_id: str) -> list[str]:
    """What was done about a flag that is shown, in a few words each; nothing where nobody has done anything."""
    state, last, note = found.state(person_id), found.latest.get(person_id), found.note(person_id)
    words = []
    if last is not None and state in ("worse", "over"):
        was = "snoozed" if last.action == "snooze" else "marked done"
        on = f"on {reader_date(last.at)} by {escape(last.by)}"
        worse = f"returned: worse than when it was {was} {on}"
        words.append(f":red[{worse}]" if state == "worse" else f"back from a snooze, set {on}")
    if last is not None and last.action == "reopen" and found.is_about(last):
        words.append(f"opened again by {escape(last.by)}, {reader_date(last.at)}")
    if note is not None:
        words.append(f"note by {escape(note.by)}, {reader_date(note.at)}")
    return words


def put_aside(action: FlagAction) -> str:
    """Who has put a flag aside and when, until when, and what would bring it back."""
    by = f"by {escape(action.by)}, {reader_date(action.at)}"
    if action.action == "snooze":
        return f"Snoozed until {_date(action)} {by}; back earlier if it gets worse."
    return f"Done {by}; back if it gets worse, or once it has gone and come again."


def _date(action: FlagAction) -> str:
    return day(back_on(action), year=False, short=True)
