"""What a comparison rests on: figures, who is behind them and who is left out, the method, people's values."""

from collections.abc import Mapping

import streamlit as st

from analytics.comparison import Compared
from analytics.comparison_method import method
from analytics.comparison_words import left_out, noun, told
from analytics.wording import plural
from nocturne.access import Actor, NotAllowed, Permission, authorize
from nocturne.application import Application
from nocturne.comparing import comparison_sheet
from pages.explained import meaning
from pages.parts import escape
from reports.comparison_csv import comparison_file_name

_MOST_NAMED = 40
_MEANINGS = {
    "Difference": "difference",
    "Hedges’ g": "hedges_g",
    "Chance of superiority": "superiority",
    "Adjusted": "adjusted",
}


def rests_card(found: Compared, metric: str, names: Mapping[str, str]) -> None:
    """The difference with its interval, its size, the tests, the people and nights, and who is left out."""
    of = found.metrics[metric]
    figures = told(of)
    paired = found.design == "paired"
    st.metric(
        f"{'Change' if paired else 'Difference'} in {noun(of.metric)}",
        figures.difference,
        help=meaning("difference"),
    )
    rows = {
        "95 % interval": figures.interval,
        "Hedges’ g": figures.g,
        "People who rose" if paired else "Chance of superiority": figures.superiority,
        "p": figures.p,
        "Adjusted p": figures.p_adjusted,
        **dict(zip(_sides(found), (figures.a, figures.b), strict=True)),
    }
    st.table(
        {"": list(rows), " ": list(rows.values())},
        border="horizontal",
        hide_index=True,
        hide_header=True,
        alt="The figures of this comparison",
    )
    notes = [*of.contrast.notes, *([found.withheld[metric]] if metric in found.withheld else [])]
    if of.too_small:
        notes.append("The whole adjusted interval lies where a difference is too small to matter.")
    if of.contrast.means is None and of.contrast.in_both:
        notes.append("Groups that share no people can be compared.")
    notes.append("A difference is no proof of a cause.")
    st.caption(escape(" ".join(notes)))
    _who_is_left_out(found, metric, names)


def _sides(found: Compared) -> tuple[str, str]:
    """What both are called; a table of one column each would read names of cohorts as markdown."""
    if found.design == "paired":
        return "First period", "Second period"
    a, b = (escape(of.label) for of in (found.a, found.b))
    return (a, b) if a != b else (f"{a} (a)", f"{b} (b)")


def _who_is_left_out(found: Compared, metric: str, names: Mapping[str, str]) -> None:
    groups = left_out(found, metric)
    if not groups:
        return
    count = len({who for _, ids in groups for who in ids})
    with st.expander(f"{plural(count, 'person', 'people')} left out, and why"):
        for why, ids in groups:
            shown = ", ".join(escape(names.get(who, "somebody")) for who in ids[:_MOST_NAMED])
            more = f" and {len(ids) - _MOST_NAMED} more" if len(ids) > _MOST_NAMED else ""
            st.markdown(f"**{escape(why)}** ({len(ids)}): {shown}{more}")


def _meanings(found: Compared) -> None:
    a, b = (escape(side.label) for side in (found.a, found.b))
    with st.popover("What these mean", icon=":material/help:", type="tertiary", key="compare_meanings"):
        st.markdown(f"Below, b is {b} and a is {a}, which it is compared with.")
        for label, name in _MEANINGS.items():
            st.markdown(f"**{label}.** {meaning(name)}")


def taken_home(
    application: Application, actor: Actor, found: Compared, metric: str, names: Mapping[str, str]
) -> None:
    """The method to copy, and for who may make reports the values of the people to repeat it with."""
    rules, version = application.night_rules, application.score_rules.version
    with st.container(horizontal=True):
        with st.popover("Copy method", icon=":material/content_copy:", key="compare_method"):
            st.code(method(found, metric, rules, score_version=version), language=None, wrap_lines=True)
        _meanings(found)
    try:
        authorize(actor, Permission.MAKE_REPORTS, application.organisation)
    except NotAllowed:
        return
    st.download_button(
        "People’s values as CSV",
        lambda: comparison_sheet(application, actor, found, names).content,
        file_name=comparison_file_name(found),
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="compare_csv",
        help="One row a person, nothing rounded, with dates, seed and the rule for valid nights.",
    )
