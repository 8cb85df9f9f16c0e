"""Pieces that pages share: titles, cards, charts with their table twin, pickers, the stale banner."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, NoReturn
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from analytics.basis import basis_of
from analytics.wording import clock_of, day, plural
from charts.chart import Chart
from charts.theme import CONFIG, Theme, font_px
from charts.theme import theme as theme_named
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.cohorts import Cohort, cohorts
from nocturne.freshness import freshness
from pages.carried import asked, settle
from pages.viewport import is_narrow
from store.people import Person

_BLANKS = re.compile(r"[ \t\r\n]+")
_OF_PERIOD = ("period", "from", "to", "ending", "kind", "paper", "names")
_FOLLOW_EVERY = timedelta(seconds=5)
# What a card says is a heading of the second level, in the size of a section's title.
_SECTION_REM: Final = font_px("section") / font_px("body")
# What `svg` draws; pictures of pages, which are worth seeing large, are sent otherwise.
_DRAWN: Final = 'img[src^="data:image/svg"]'
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&=^@\"'/])")


def escape_lines(text: str) -> str:
    """Text of several lines likewise, each on a line of its own."""
    return "  \n".join(escape(line) or "&nbsp;" for line in text.splitlines())


class PageEnded(Exception):
    """A page ended early. `st.stop` would stop the router too, at the first element after the page."""


class Way(NamedTuple):
    """A link to the page where something can be done: its file, what the link says, and its parameters."""

    page: str
    label: str
    params: Mapping[str, str] = {}


TO_HOME: Final = Way("home.py", "Add people on Home")


def escape(text: str) -> str:
    """Text that Streamlit's markdown shows letter by letter, whatever it holds.

    A name may be `*[x](y) :red[z] $a$ <b>`; nothing of it may become a link, a colour, a formula or an element.
    """
    return _SPECIAL.sub(r"\\\1", _BLANKS.sub(" ", text))


def theme() -> Theme:
    """The chart theme that goes with what the reader's browser shows."""
    return theme_named("dark" if st.context.theme.type == "dark" else "light")


def narrow() -> bool:
    """Whether the reader's window is a phone's."""
    return is_narrow()


def style() -> None:
    """The few rules of our own style sheet; without them everything still works."""
    tokens = theme()
    st.html(
        f"""<style>
        [class*="st-key-card"] {{ background: {tokens.surface}; }}
        [data-testid="stMainBlockContainer"] {{ max-width: 1288px; margin: 0 auto; }}
        [data-testid="stCaptionContainer"] {{ opacity: 1; color: {tokens.text_tertiary}; }}
        [data-variant="segmented_control"][aria-checked="true"] * {{ color: {tokens.accent} !important; }}
        [class*="st-key-quiet"] p {{ color: {tokens.text_secondary}; }}
        [class*="st-key-who"] a {{ padding: 0; }}
        .st-key-card_preview img {{ border: 1px solid {tokens.border}; }}
        .st-key-new_nights {{ position: fixed; right: 1rem; bottom: 1rem; z-index: 99; width: auto; }}
        [data-testid="stFullScreenFrame"]:has({_DRAWN}) [data-testid="stElementToolbar"] {{ display: none; }}
        [data-testid="stApp"] a:focus-visible {{ outline: 2px solid {tokens.accent}; outline-offset: 2px; }}
        [data-testid="stHeading"] h2 {{ font-size: {_SECTION_REM}rem; padding: 0.5rem 0 1rem; }}
        @media (max-width: 640px) {{
            /* They wrap here, so each has its whole border; by default those of a row share theirs. */
            [data-variant="segmented_control"] {{ border-radius: 0.5rem !important; padding: 0.25rem 0.6rem;
                margin-right: 0.25rem !important; }}
            [data-variant="segmented_control"][aria-checked="false"] {{ border-color: {tokens.border} !important; }}
        }}
        @media (prefers-reduced-motion: reduce) {{
            *, *::before, *::after {{ animation: none !important; transition: none !important; }}
        }}
        </style>"""
    )


def title(finding: str, facts: str, *, key: str = "facts") -> None:
    """The page's one title, which states the finding, and the line of facts below it; both are plain text."""
    st.title(escape(finding), anchor=False)
    with st.container(key=f"quiet_{key}"):
        st.markdown(facts)


@contextmanager
def card(key: str, heading: str = "", caption: str = "") -> Iterator[None]:
    """A bordered container with a finding as its heading and a caption that says how to read the marks."""
    with st.container(border=True, key=f"card_{key}"):
        if heading:
            st.header(escape(heading), anchor=False)
        if caption:
            st.caption(escape(caption))
        yield


def show(chart: Chart, key: str) -> None:
    """A chart with its alternative text, and its table twin folded away below it."""
    draw(chart, key)
    twin(chart, key)


def draw(chart: Chart, key: str | None) -> None:
    """A chart with its alternative text; `twin` must follow somewhere below it.

    One that is drawn again in its place within a run has no key: a browser then changes it instead of making another.
    """
    st.plotly_chart(
        chart.drawing.for_browser(), theme=None, config=CONFIG, key=key, alt=chart.alt, height=chart.height_px
    )


def twin(chart: Chart, key: str) -> None:
    """The chart's values as a table, folded away; it is sent once somebody unfolds it."""
    folded = st.expander("The same as a table", key=f"{key}_twin", on_change="rerun")
    if folded.open:
        with folded:
            st.dataframe(
                chart.table, hide_index=True, key=f"{key}_table", alt="The values of the chart above"
            )


def svg(image: str, alt: str, width: int | str = "content") -> None:
    """A small drawing made of numbers and tokens only; `style` takes away the button that would show it large."""
    st.image(image, width=width, alt=alt)  # type: ignore[arg-type]


def stale_banner(application: Application, people: Sequence[Person]) -> None:
    """Says how old the data of these people are when a reader should know, and when nothing new can come."""
    fresh, progress = freshness(application, people), application.board.progress
    if progress.resumes_at is not None:
        st.badge("synchronisation paused", color="orange", icon=":material/pause:")
        st.caption(f"{escape(progress.halted)} It goes on by itself at {reader_clock(progress.resumes_at)}.")
    reason = fresh.reason if progress.resumes_at is None else ""
    because = f"The last attempt failed: {escape(reason)}" if reason else ""
    if fresh.as_of is None:
        if because:
            st.badge("nothing has arrived yet", color="orange", icon=":material/history:")
            st.caption(because)
    elif fresh.stale:
        words = f"data as of {reader_clock(fresh.as_of)}, {fresh.in_words}"
        st.badge(words, color="orange", icon=":material/history:")
        if because:
            st.caption(f"What you see had arrived by then. {because}")
    elif fresh.behind and len(people) == 1:
        st.caption(f"Not up to date. {because}".rstrip())
    elif fresh.behind:
        label = f"{plural(fresh.behind, 'person is', 'people are')} not up to date: who, and why"
        st.page_link("admin.py", label=label, query_params={"section": "sync"}, icon=":material/history:")


def rests_on(application: Application, nights: pd.DataFrame) -> None:
    """Says on how many of these nights the stages are here, and follows them as they arrive; silent when all are."""
    basis = basis_of(nights)
    if not basis.complete:
        words = basis.in_words[0].upper() + basis.in_words[1:]
        awaiting(application, f"{words}; until the rest is here, the vendor's own statistics stand in.")


def awaiting(application: Application, sentence: str) -> None:
    """The sentence, and while stages are on their way the page is run again as they arrive."""
    if application.board.progress.running:
        version = application.archive.version(application.organisation)
        _arriving(application, f"{sentence} More is arriving.", version, application.now())
    else:
        st.caption(escape(sentence))


@st.fragment(run_every=2.0)
def _arriving(application: Application, sentence: str, shown: str, since: datetime) -> None:
    st.caption(escape(sentence))
    follow(application, shown, since)


def follow(application: Application, shown: str, since: datetime) -> None:
    """Runs the page again for what has arrived, though not at every step: a reader is reading it.

    Args:
        application: whose synchronisation is followed.
        shown: the version of the archive that the page shows.
        since: when it was drawn.
    """
    arrived = application.archive.version(application.organisation) != shown
    if not application.board.progress.running or (arrived and application.now() - since > _FOLLOW_EVERY):
        st.rerun()


def on_reader_clock(moments: pd.Series) -> pd.Series:
    """Moments as the reader's own clock shows them, for a table, which writes them as they are."""
    shown: pd.Series = moments.dt.tz_convert(ZoneInfo(st.context.timezone or "UTC"))
    return shown


def reader_date(moment: datetime) -> str:
    """The date of a moment on the reader's own calendar: `11 Feb`."""
    here = moment.astimezone(ZoneInfo(st.context.timezone or "UTC"))
    return day(here.date(), year=False, weekday=False, short=True)


def reader_clock(moment: datetime) -> str:
    """A moment on the reader's own clock: `07:42`, with the date when it is not of today."""
    here = moment.astimezone(ZoneInfo(st.context.timezone or "UTC"))
    today = datetime.now(here.tzinfo).date()
    return (
        clock_of(here)
        if here.date() == today
        else f"{day(here.date(), year=False, short=True)} {clock_of(here)}"
    )


def cohort_picker(application: Application, actor: Actor, *, forgets: Sequence[str] = ()) -> Cohort:
    """The chosen cohort, everyone where the link names none; the choice stands in the link under its name.

    Streamlit's own binding would write what the reader sees, "Squad (8)", and the link would break with the ninth.

    Args:
        application: whose.
        actor: who chooses.
        forgets: parameters of the link that another cohort has no use for.
    """
    choices = {cohort.name: cohort for cohort in cohorts(application, actor)}
    names = list(choices)
    wanted = asked("cohort")
    shown = wanted if wanted in choices else names[0]
    settle("cohort", shown)

    def go() -> None:
        st.query_params["cohort"] = st.session_state["cohort_choice"]
        for name in forgets:
            st.query_params.pop(name, None)

    follow_link("cohort_choice", shown)
    st.selectbox(
        "Cohort",
        names,
        format_func=lambda name: choices[name].choice if name in choices else name,
        key="cohort_choice",
        on_change=go,
    )
    return choices[shown]


def person_picker(people: Sequence[Person], chosen: str, *, page: str) -> None:
    """Lets the reader go to another person; the link then names that person, for the same period."""
    names = {person.person_id: person.name for person in people}
    key = f"{page}_person"

    def go() -> None:
        kept = {name: st.query_params[name] for name in _OF_PERIOD if name in st.query_params}
        st.query_params.from_dict({**kept, "person": st.session_state[key]})

    follow_link(key, chosen)
    st.selectbox("Person", list(names), format_func=lambda person_id: names[person_id], key=key, on_change=go)


def follow_link(key: str, value: object) -> None:
    """Sets a field to what the link, or the store, says: after Back, the link and not the last choice is right.

    In every run, also where the server has that value already: a run that was cut off, as the first one on a phone is,
    may have set it without the browser having heard.
    """
    st.session_state[key] = value


def problem(
    what: str,
    remedy: str,
    label: str | None = None,
    act: Callable[[], None] | None = None,
    *,
    way: Way | None = None,
) -> NoReturn:
    """Ends the page with `trouble`.

    Raises:
        PageEnded: always; the router goes on with the address.
    """
    trouble(what, remedy, label, act, way=way)
    raise PageEnded


def trouble(
    what: str,
    remedy: str,
    label: str | None = None,
    act: Callable[[], None] | None = None,
    *,
    way: Way | None = None,
) -> None:
    """What happened as a title, what to do, and a button that does it or a way to the page that does."""
    title(what, escape(remedy), key="problem")  # what goes wrong may do so below the page's own title
    if label and act:
        st.button(label, on_click=act, type="primary")
    if way:
        st.page_link(
            way.page, label=way.label, icon=":material/arrow_forward:", query_params=dict(way.params)
        )


def chosen_row(selection: Mapping[str, Any], shown: Sequence[str], key: str) -> str | None:
    """The id behind a chosen row of a table, or None.

    The row counts in the table that the reader saw; by the time of this run the newest nights may have another order.
    """
    seen = st.session_state.get(key, shown)
    st.session_state[key] = list(shown)
    rows = selection["selection"]["rows"]
    return seen[rows[0]] if rows and rows[0] < len(seen) else None
