"""What takes long on Compare, after the first paint: the bootstrap's shape on the chart, ranks and the mixed model."""

from collections.abc import Mapping, Sequence

import streamlit as st

from analytics.cohort_metrics import CohortMetric
from analytics.comparison import Compared
from analytics.comparison_detail import why_no_model
from analytics.comparison_words import difference_text, interval_text, why_no_mean
from analytics.effects import Estimate
from analytics.evidence import Sensitivity
from analytics.mixed import MixedComparison
from analytics.wording import number, p_value, plural
from charts.estimation import caption, estimation
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.comparing import Question, compared, mixed_model, without_means
from pages.drawn import Drawn
from pages.explained import explained, meaning
from pages.parts import draw, escape, narrow, theme, twin

_SKELETON_PX = 110
_NIGHTS_AT_ONCE = 30_000
_WANTED = "compare_models"
"""Mark of the session: which large models somebody has asked for."""


@st.fragment(parallel=True)
def people_card(
    application: Application,
    actor: Actor,
    question: Question,
    metric: str,
    *,
    names: Mapping[str, str],
    charts: Drawn,
) -> None:
    """The people with their means and the difference at once; the shape of the bootstrap when it has arrived."""
    found = compared(application, actor, question)
    words, place = st.empty(), st.empty()
    tested = found.metrics[metric].contrast.means is not None
    name = f"people {metric}"
    if not tested or name not in charts.charts:
        words.caption(escape(caption(found, metric, shape=False)))
        chart = estimation(found, metric, theme(), names=names, narrow=narrow())
        with place:
            draw(chart, None)
    if tested:
        slow = without_means(application, actor, question, metric)
        shape = slow.shape if slow is not None else None
        words.caption(escape(caption(found, metric, shape=shape is not None and bool(shape.at))))
        chart = charts.chart(
            name,
            lambda: estimation(found, metric, theme(), names=names, shape=shape, narrow=narrow()),
        )
        with place:
            draw(chart, None)
    twin(chart, "estimation")


@st.fragment(parallel=True)
def sensitivity_card(application: Application, actor: Actor, question: Question, metric: str) -> None:
    """Ranks, bootstrap and mixed model under a skeleton; a sentence where there is nothing to compute."""
    found = compared(application, actor, question)
    if found.metrics[metric].contrast.means is None:
        st.markdown(f"{why_no_mean(found.metrics[metric])} There is nothing to compute here.")
        return
    columns = st.columns(4)
    with columns[3]:
        model = st.container()
    with columns[0], st.skeleton(height=_SKELETON_PX):
        slow = without_means(application, actor, question, metric)
    if slow is not None:
        _figures(columns, found, metric, slow.sensitivity)
    with model:
        if _waits(found, metric, question):
            return
        with st.skeleton(height=_SKELETON_PX):
            mixed = mixed_model(application, actor, question, metric)
        _mixed(found.metrics[metric].metric, mixed)


def _waits(found: Compared, metric: str, question: Question) -> bool:
    """Whether the model is of so many nights that it is made only when asked for: nothing can cut it off midway."""
    of = found.metrics[metric]
    nights = of.a.nights + of.b.nights
    if nights <= _NIGHTS_AT_ONCE or why_no_model(of, nights=nights):
        return False
    wanted: set[object] = st.session_state.setdefault(_WANTED, set())
    if (question, metric) in wanted:
        return False
    st.markdown("Mixed model", help=meaning("mixed_difference"))
    st.button(
        "Compute it",
        key="compare_model",
        on_click=wanted.add,
        args=((question, metric),),
        help=f"Of {plural(nights, 'night')} it may take some seconds.",
    )
    return True


def _figures(
    columns: Sequence[st.delta_generator.DeltaGenerator], found: Compared, metric: str, beside: Sensitivity
) -> None:
    of = found.metrics[metric].metric
    paired = found.design == "paired"
    bootstrap = Estimate(value=0.0, low=beside.bootstrap_low, high=beside.bootstrap_high)
    shift = f"{difference_text(of, beside.shift.value)} ({interval_text(of, beside.shift)})"
    with columns[0]:
        explained("Bootstrap interval", interval_text(of, bootstrap), [], means="bootstrap_low")
    with columns[1]:
        name = "Pseudo-median" if paired else "Shift of Hodges and Lehmann"
        explained(name, shift, [], means="shift")
    with columns[2]:
        test = "Wilcoxon" if paired else "Mann and Whitney"
        statistic = "sum of ranks that rose" if paired else "U"
        counted = [f"{statistic} {number(beside.rank_statistic)}"]
        explained(f"p of {test}", p_value(beside.rank_p), counted, means="rank_p")


def _mixed(of: CohortMetric, mixed: MixedComparison | str) -> None:
    reason = mixed if isinstance(mixed, str) else mixed.reason
    if isinstance(mixed, str) or mixed.method != "mixed model":
        explained("Mixed model", "not used", [reason.rstrip(".")], means="mixed_difference")
        return
    estimate = Estimate(value=mixed.difference, low=mixed.low, high=mixed.high)
    text = f"{difference_text(of, mixed.difference)} ({interval_text(of, estimate)})"
    notes = [f"p {p_value(mixed.p)}", plural(mixed.nights_a + mixed.nights_b, "night")]
    if mixed.components is not None:
        notes.append(f"ICC {number(mixed.components.icc, 2)}")
    explained("Mixed model", text, notes, means="mixed_difference")
