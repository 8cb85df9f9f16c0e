"""Night: one sleep on a real clock, against the person's usual, ours beside the vendor's."""

import math
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Literal

import pandas as pd
import streamlit as st

from analytics.grades import PROVISIONAL
from analytics.night_view import Against, NightView, UnknownNight
from analytics.sleep_cycles import SleepCycles
from analytics.usual import REFERENCE_NIGHTS, note_of, range_finding
from analytics.wording import MINUS, NBSP, duration, of, percent, plural, quantity
from charts.against import against, how_to_read
from charts.hypnogram import hypnogram, stage_strip
from nocturne.access import Permission
from nocturne.newcomers import nights_here
from nocturne.views import NightPage, night
from pages.access import require
from pages.carried import remark, settle
from pages.drawn import Drawn, drawn
from pages.explained import meaning
from pages.links import linked_person
from pages.new_nights import for_new_nights, watch_nights
from pages.night_delete import deletable, deleted
from pages.notes_card import night_card
from pages.parts import (
    awaiting,
    card,
    draw,
    escape,
    narrow,
    person_picker,
    reader_clock,
    show,
    stale_banner,
    svg,
    theme,
    title,
    twin,
)
from store.people import Person

_STAGES = (("awake", "Awake"), ("rem", "REM"), ("light", "Light"), ("deep", "Deep"))
_GRADES = {
    PROVISIONAL: ("Provisional, by the vendor's statistics", "gray"),
    "A": ("Valid, grade A", "green"),
    "B": ("Valid, grade B", "green"),
    "X": ("Left out, grade X", "orange"),
}
_NAME = "night"
_NEWEST = "night_newest"
_METRICS = ("tst_min", "se_pct", "sol_min", "waso_min", "deep_min")


def _page() -> None:
    application, actor = require(Permission.SEE_PEOPLE)
    deleted()
    linked = linked_person(application, actor, page="night")
    found = linked.person
    here = nights_here(application, actor, [found], whose=found.person_id)
    try:
        page = night(application, actor, found.person_id, _wanted(found.person_id))
    except UnknownNight:
        page = night(application, actor, found.person_id)
        remark(f"The link names a night of {found.name} that has not arrived; the newest is shown.")
    view = page.view
    settle("session", view.session_id)
    _remember_newest(found.person_id, view.session_id)
    heading, controls = st.columns([2.35, 1], vertical_alignment="bottom")
    with heading:
        title(_title(page), _facts(view))
        stale_banner(application, [found])
        if view.basis == "vendor" and not view.unreadable:
            awaiting(application, "This night rests on the vendor's own statistics.")
        for reason in view.reasons:
            st.caption(escape(reason))
    metrics = st.container()
    charts = drawn(application, actor, (found.person_id, view.session_id), grounds=view)
    with card("hypnogram", _heading(view), _how_to_read(view) if len(view.runs) else ""):
        if view.basis == "vendor" and view.kind != "unusable":
            _served_stages(view)
        elif len(view.runs):
            _cycle_notes(view)
            _stages(view, charts)
        else:
            st.markdown("There are no stages to draw.")
    # What the reader waits for is on its way; the rest follows in the places that are kept for it.
    with controls:
        _controls(linked.people, page)
    with metrics:
        _metrics(page)
    _beside(view, charts)
    session_id = None if view.kind == "main" else view.session_id
    night_card(application, actor, found.person_id, _label(view), session_id)
    deletable(application, actor, found, view)
    watch_nights(application, actor, [found], here, page=_NAME)


def _wanted(person_id: str) -> str | None:
    """The session of the link; none where the reader looks at the newest night anyhow and another has come."""
    session = st.query_params.get("session")
    newest = st.session_state.get(_NEWEST) == (person_id, session)
    return None if for_new_nights(_NAME) and newest else session


def _remember_newest(person_id: str, session_id: str) -> None:
    """Whoever has not chosen a night sees the newest, and goes on to the next one when it comes."""
    session = st.query_params.get("session")
    if session is None or st.session_state.get(_NEWEST) == (person_id, session):
        st.session_state[_NEWEST] = (person_id, session_id)


def _label(view: NightView) -> date:
    label: pd.Timestamp = pd.Timestamp(view.statistics["night"])
    return label.date()


def _title(page: NightPage) -> str:
    name, finding = page.sleeper.name, page.view.title
    return (
        f"{name} {finding[0].lower()}{finding[1:]}" if finding.startswith("Slept") else f"{name}: {finding}"
    )


def _facts(view: NightView) -> str:
    grade, colour = _GRADES[view.grade]
    parts = [view.dates, f"{escape(view.zone)}, {escape(_offsets(view))}"]
    if view.clock_note:
        parts.append(escape(view.clock_note))
    parts.append(f":{colour}-badge[{grade}]")
    received: pd.Timestamp = pd.Timestamp(view.statistics["received"])
    if not pd.isna(received):
        parts.append(f"synced {escape(reader_clock(received.to_pydatetime(warn=False)))}")
    return " · ".join(parts)


def _offsets(view: NightView) -> str:
    first, last = (f"{moment:%z}" for moment in (view.start, view.end))
    words = [f"UTC{offset[:3].replace('-', '−')}:{offset[3:]}" for offset in (first, last)]
    return words[0] if first == last else f"{words[0]}, then {words[1]}"


def _controls(people: Sequence[Person], page: NightPage) -> None:
    person_picker(people, page.sleeper.person_id, page="night")
    with st.container(horizontal=True, horizontal_alignment="right"):
        for label, icon, session in (
            ("Previous", ":material/chevron_left:", page.previous_session_id),
            ("Next", ":material/chevron_right:", page.next_session_id),
        ):
            st.button(
                label,
                icon=icon,
                disabled=session is None,
                key=f"night_{label.lower()}",
                on_click=_open,
                args=(page.sleeper.person_id, session),
            )


def _open(person_id: str, session_id: str) -> None:
    st.query_params.from_dict({"person": person_id, "session": session_id})


def _metrics(page: NightPage) -> None:
    shown = [row for name in _METRICS for row in page.view.against if row.name == name]
    with st.grid(len(_METRICS), min_column_width=150, key="night_metrics"):
        for row in shown:
            # A nap or a broken recording stands alone: nights are no measure for it.
            _metric(row, page.recent[row.name].tolist() if page.view.kind == "main" else [])


def _metric(row: Against, recent: list[float]) -> None:
    known = [value for value in recent if not math.isnan(value)]
    has_usual = not math.isnan(row.usual)
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.metric(
            row.label,
            row.text,
            delta=row.delta_text if has_usual else None,
            delta_color="off",
            delta_arrow=_arrow(row.delta_text) if has_usual else "off",
            chart_data=known if len(known) > 1 else None,
            help=meaning(row.name),
        )
        # Beside the chip there is no room for it in a card this narrow.
        if has_usual:
            st.caption(f"usual {_usual(row)}")


def _arrow(printed: str) -> Literal["up", "down", "off"]:
    """Which way a printed difference goes; what is printed as 0 goes nowhere."""
    if printed.startswith("+"):
        return "up"
    return "down" if printed.startswith(MINUS) else "off"


def _usual(row: Against) -> str:
    return percent(row.usual) if row.kind == "percent" else duration(row.usual)


def _served_stages(view: NightView) -> None:
    """How long each stage lasted, as the vendor says: when it was, only the stages themselves can tell."""
    words = _share_words(view)
    svg(stage_strip(view, theme()), alt=", ".join(words).replace("*", ""), width="stretch")
    st.markdown(("  \n" if narrow() else " · ").join(words))


def _heading(view: NightView) -> str:
    if view.basis == "vendor" and view.kind != "unusable":
        return "The stages could not be read" if view.unreadable else "The stages have not arrived yet"
    if not len(view.runs):
        return "No stages arrived"
    if view.kind == "unusable" and view.shares["pct"].notna().any():
        return "The stages as they arrived, not counted as a sleep"
    waso = float(view.statistics["waso_min"])
    if math.isnan(waso):
        return "No sleep was found in this recording"
    awake = f"{duration(waso)} awake after falling asleep"
    return f"{view.cycles.words}, and {awake}" if view.cycles.words else awake


def _how_to_read(view: NightView) -> str:
    words = ["Stage by stage on the clock of the place. Tinted: falling asleep and final wake."]
    words += _brackets(view.cycles)
    if len(view.long_awakenings):
        words.append(
            f"Figures above the top row: {plural(len(view.long_awakenings), 'awakening')} over 5{NBSP}min."
        )
    else:
        words.append(f"No awakening was longer than 5{NBSP}min.")
    return " ".join(words)


def _brackets(cycles: SleepCycles) -> Iterator[str]:
    left_open = any(not cycle.complete for cycle in cycles.each)
    if cycles.complete:
        mean = f", {quantity(cycles.mean_min, 'min', 0)} on average" if cycles.complete > 1 else ""
        last = "; the open one at the end has no REM period and is not complete" if left_open else ""
        yield f"Brackets: cycles of NREM and REM sleep{mean}{last}."
    elif left_open:
        yield "The open bracket: NREM sleep that no REM period follows, not a complete cycle."


def _cycle_notes(view: NightView) -> None:
    if view.cycles.notes:
        badge = ":orange-badge[Cycles uncertain] " if view.cycles.uncertain else ""
        st.caption(badge + " ".join(escape(note) for note in view.cycles.notes))


def _stages(view: NightView, charts: Drawn) -> None:
    chart = charts.chart("hypnogram", lambda: hypnogram(view, theme(), narrow=narrow()))
    draw(chart, key="hypnogram")
    words = _share_words(view)
    svg(stage_strip(view, theme()), alt=", ".join(words).replace("*", ""), width="stretch")
    if narrow():
        st.markdown("  \n".join(words))
    else:
        with st.container(horizontal=True, gap="medium"):
            for share in words:
                st.markdown(share, width="content")
    twin(chart, key="hypnogram")


def _share_words(view: NightView) -> list[str]:
    """Each stage with its minutes, and its percent of time asleep where it is a part of sleep."""
    words = []
    for name, label in _STAGES:
        minutes, share = (float(view.shares[column][name]) for column in ("minutes", "pct"))
        of_sleep = "" if math.isnan(share) else f" · {percent(share)} of sleep"
        words.append(f"{label} **{duration(minutes)}**{of_sleep}")
    unknown = float(view.shares["minutes"]["unknown"])
    return [*words, f"No signal **{duration(unknown)}**"] if unknown > 0 else words


def _beside(view: NightView, charts: Drawn) -> None:
    usual, vendor = st.columns([1.6, 1])
    with usual:
        with_usual = tuple(row for row in view.against if row.has_usual)
        if with_usual:
            nights = of(max(row.nights for row in with_usual), REFERENCE_NIGHTS)
            caption = how_to_read(with_usual, what="this night", nights=f"the last valid nights ({nights})")
            with card("against", range_finding(with_usual), caption):
                chart = charts.chart("against", lambda: against(with_usual, theme(), narrow=narrow()))
                show(chart, key="against")
        else:
            with card("against", "Nothing to compare it with"):
                st.markdown(note_of(view.against) or "Only main sleeps are compared with the usual.")
    with vendor, card("beside", "Ours beside the vendor’s"):
        if not view.beside:
            st.markdown(
                "What is shown is the vendor's; ours is computed from the stages."
                if view.basis == "vendor"
                else "Neither of us computes anything of this recording."
            )
            return
        st.table(
            pd.DataFrame(
                [
                    {
                        "Statistic": row.label,
                        "Ours": row.ours,
                        "Vendor": row.vendor + (" ◆" if row.differs else ""),
                    }
                    for row in view.beside
                ]
            ),
            border="horizontal",
            hide_index=True,
            alt="Statistics of this night as we compute them and as the vendor served them",
        )
        if any(row.differs for row in view.beside):
            st.caption(
                "◆ differs by more than one epoch or 0.011. Ours is computed from the stages drawn above."
            )
        if any(row.other_rule for row in view.beside):
            st.caption("The vendor counts cycles by another rule, from its groups of REM sleep alone.")


_page()
