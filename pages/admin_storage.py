"""Admin, storage: what is kept and how large it is; looked through, mended, folded, emptied."""

from collections.abc import Callable

import streamlit as st

from analytics.wording import number, plural
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.upkeep import Report, emptied, folded, kept, repaired, verified
from pages.parts import card, escape, narrow


def storage_title(application: Application) -> tuple[str, str]:
    """What the section says first."""
    held = kept(application)
    recorded = plural(held.archive.nights, "recording")
    return f"{recorded} of {plural(held.archive.people, 'person', 'people')} are kept", escape(held.folder)


def storage_section(application: Application, actor: Actor) -> None:
    """Sizes, and what can be done about them."""
    held = kept(application)
    with st.grid(4, min_column_width=150, key="storage_sizes"):
        st.metric("Recordings", _size(held.archive.people_bytes), border=True)
        st.metric("Statistics", _size(held.archive.table_bytes), border=True)
        st.metric("Not yet folded in", _size(held.archive.overlay_bytes), border=True)
        st.metric("Cache of answers", _size(held.cache_bytes), border=True)
    _said()
    with card("upkeep", "Looking after it", "Everything here may be done while people work."):
        _act(
            "Verify",
            "Reads every person's file, computes the nights anew and compares.",
            _looked,
            application,
            actor,
        )
        _act(
            "Repair",
            "Derives the statistics anew, and sets aside what cannot be read; a synchronisation brings that back.",
            _mended,
            application,
            actor,
        )
        _act(
            "Fold",
            "Writes the statistics that are not folded in yet into the one table of everybody.",
            _folded,
            application,
            actor,
        )
        _act(
            "Empty the cache",
            "Lets go of the vendor's answers; the next synchronisation asks for what it needs. No night is lost.",
            _emptied,
            application,
            actor,
        )
    with card("backup", "Back-up"):
        st.markdown("One file with everything that cannot be derived again, written while people work:")
        st.code("python -m nocturne backup FILE", language=None)


def _act(
    label: str,
    meaning: str,
    act: Callable[[Application, Actor], list[str]],
    application: Application,
    actor: Actor,
) -> None:
    button, words = st.columns([1, 4], gap="xsmall" if narrow() else "small", vertical_alignment="center")
    words.markdown(meaning)
    if button.button(label, key=f"storage_{label.split(maxsplit=1)[0].lower()}", width="stretch"):
        with st.spinner(f"{label} …"):
            try:
                st.session_state["storage_said"] = act(application, actor)
            except OSError as failure:
                reason = failure.strerror or failure
                remedy = f"Look at the disk and at the rights of {application.settings.folder}."
                st.session_state["storage_said"] = [f"It could not be done: {reason}. {remedy}"]
        st.rerun()


def _said() -> None:
    if said := st.session_state.pop("storage_said", None):
        st.info("  \n".join(escape(line) for line in said), icon=":material/fact_check:")


def _looked(application: Application, actor: Actor) -> list[str]:
    return _lines(verified(application, actor))


def _mended(application: Application, actor: Actor) -> list[str]:
    return _lines(repaired(application, actor))


def _lines(report: Report) -> list[str]:
    """At most twenty lines; the command line has the rest."""
    *first, total = report.in_words
    rest = len(first) - 20
    more = [f"And {number(rest, 0)} more: see `python -m nocturne verify`."] if rest > 0 else []
    return [*first[:20], *more, total]


def _folded(application: Application, actor: Actor) -> list[str]:
    folded(application, actor)
    return ["Everything is in the table of everybody."]


def _emptied(application: Application, actor: Actor) -> list[str]:
    return [f"{plural(emptied(application, actor), 'row')} of answers let go of."]


def _size(count: int) -> str:
    return f"{number(count / 1e6, 1)} MB"
