"""What is analysed, on the Quality page: the statistic, consistency, the fewest nights of a person; all in the link."""

from typing import Final

import streamlit as st

from analytics.analysed import MEASURES, MOST_NIGHTS, Analysed
from pages.carried import settle
from pages.links import drop, query_choice, query_number
from pages.parts import follow_link

_DEFAULT: Final = Analysed()
_KEYS: Final = {name: f"quality_{name}" for name in ("measure", "consistency", "minimum")}


def analysed_of_link() -> Analysed:
    """What the link says is analysed; the page's own defaults are not named in it."""
    measure = query_choice(
        "measure", MEASURES, _DEFAULT.measure, what="a statistic", instead="time asleep is analysed"
    )
    consistency = query_choice(
        "consistency", ("yes", "no"), "no", what="a choice for consistency", instead="all valid nights count"
    )
    fewest = query_number("minimum", 0, MOST_NIGHTS, instead="No number of nights is asked for.")
    found = Analysed(measure=measure, consistency=consistency == "yes", minimum_nights=int(fewest or 0))
    settle("measure", measure if measure != _DEFAULT.measure else None)
    settle("consistency", "yes" if found.consistency else None)
    settle("minimum", str(found.minimum_nights) if found.minimum_nights else None)
    return found


def analysed_fields(found: Analysed) -> None:
    """Fields to analyse something else."""
    follow_link(_KEYS["measure"], found.measure)
    follow_link(_KEYS["consistency"], found.consistency)
    follow_link(_KEYS["minimum"], found.minimum_nights)
    what, fewest, journeys = st.columns([1.2, 1, 1.6], vertical_alignment="bottom")
    with what:
        st.selectbox(
            "Analysed",
            list(MEASURES),
            format_func=MEASURES.__getitem__,
            key=_KEYS["measure"],
            on_change=_name_all,
            help="A valid night without a value of it is left out of the analysis.",
        )
    with fewest:
        st.number_input(
            "Fewest nights of a person",
            0,
            MOST_NIGHTS,
            step=1,
            key=_KEYS["minimum"],
            on_change=_name_all,
            help="A person with fewer nights left is left out with all of them. 0: nobody is.",
        )
    with journeys:
        st.toggle(
            "Consistency: leave out journeys",
            key=_KEYS["consistency"],
            on_change=_name_all,
            help="A change of time zone moves the clock by itself, so the nights of a journey say nothing of "
            "regularity.",
        )


def _name_all() -> None:
    # All of them: what the address was completed by need not have reached the server yet.
    chosen = {name: st.session_state[key] for name, key in _KEYS.items()}
    for name, value, default in (
        ("measure", chosen["measure"], _DEFAULT.measure),
        ("consistency", "yes" if chosen["consistency"] else "no", "no"),
        ("minimum", str(chosen["minimum"] or 0), "0"),
    ):
        if value == default:
            drop(name)
        else:
            st.query_params[name] = value
