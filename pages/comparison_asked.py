"""What the link of Compare asks for, and the fields that choose something else; every choice stands in the link."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import streamlit as st

from analytics.comparison_words import noun
from analytics.wording import span
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.cohorts import EVERYONE, Cohort, cohorts
from nocturne.comparing import METRICS, Groups, Periods, Question, just_before, likely_pair
from nocturne.views import last_night, statistics
from pages.carried import asked, remark, settle
from pages.links import check_cohort_link, query_choice, query_date
from pages.parts import cohort_picker, follow_link
from pages.periods import linked_period, period_picker

_LENGTH: Final = "4-weeks"
_DESIGNS: Final = {"groups": "Two groups", "periods": "Two periods"}
_METRIC: Final = "mean_tst_min"
_LONGEST_DAYS: Final = 366
_OF_GROUPS: Final = ("a", "b")
_BEFORE: Final = ("before_from", "before_to")
_PLACE: Final = "compare"


def asked_for(application: Application, actor: Actor) -> tuple[Question, str]:
    """What is compared, and by which metric, as the link says or by default; what it gets wrong is remarked."""
    choices = cohorts(application, actor)
    pair = likely_pair(choices)
    design = query_choice(
        "design",
        _DESIGNS,
        _default_design(paired=pair is None),
        what="a design",
        instead="what is usual here is shown",
    )
    settle("design", design)
    metric = query_choice("metric", METRICS, _METRIC, what="a metric", instead="time asleep is shown")
    settle("metric", metric)
    newest = last_night(application, statistics(application, application.people()))
    first, last = linked_period(newest, default=_LENGTH)
    if st.session_state["view"].get("period") is None and not _dated():
        # Named although it is the default: in a link without a cohort the period of the page before would return.
        settle("period", _LENGTH)
    if design == "groups":
        a, b = _groups(choices, pair)
        return Groups(a=a, b=b, first=first, last=last), metric
    cohort = _cohort(application, actor, choices)
    before = _before(first, last)
    return (
        Periods(cohort=cohort, before_first=before[0], before_last=before[1], first=first, last=last),
        metric,
    )


def _default_design(*, paired: bool) -> str:
    """Two groups where the link names one, or where there are groups that ask to be compared."""
    if any(name in st.query_params for name in _OF_GROUPS):
        return "groups"
    if paired or any(name in st.query_params for name in (*_BEFORE, "cohort")):
        return "periods"
    return "groups"


def _dated() -> bool:
    view = st.session_state["view"]
    return bool(view.get("from") or view.get("to"))


def _groups(choices: Sequence[Cohort], pair: tuple[Cohort, Cohort] | None) -> tuple[Cohort, Cohort]:
    """Both groups of the link, the likely ones where it names none."""
    named = {cohort.name: cohort for cohort in choices}
    a, b = pair or _first_two(choices)
    found = {name: named.get(asked(name) or "") for name in _OF_GROUPS}
    one, other = found["a"] or a, found["b"] or b
    # Where the link names one group only, the other must be another one.
    if found["a"] is None and one.name == other.name:
        one = next((cohort for cohort in (a, b, *choices) if cohort.name != other.name), one)
    elif found["b"] is None and one.name == other.name:
        other = next((cohort for cohort in (b, a, *choices) if cohort.name != one.name), other)
    for name, cohort in zip(_OF_GROUPS, (one, other), strict=True):
        if found[name] is None and asked(name):
            _remark_unknown(cohort)
    for name, cohort in zip(_OF_GROUPS, (one, other), strict=True):
        settle(name, cohort.name)
    return one, other


def _first_two(choices: Sequence[Cohort]) -> tuple[Cohort, Cohort]:
    """Two groups that need not hold each other: everyone only where there are no two others."""
    others = choices[1:]
    return (others[0], others[1]) if len(others) > 1 else (choices[0], choices[-1])


def _remark_unknown(shown: Cohort) -> None:
    remark(
        "The link names a cohort that does not exist: it may have been removed, or nobody carries its tag any "
        f"more. {shown.label} is shown."
    )


def _cohort(application: Application, actor: Actor, choices: Sequence[Cohort]) -> Cohort:
    check_cohort_link(application, actor)
    wanted = asked("cohort") or EVERYONE
    found = next((cohort for cohort in choices if cohort.name == wanted), choices[0])
    settle("cohort", found.name)
    return found


def _before(first: date, last: date) -> tuple[date, date]:
    """The period that is compared with, as the link says; else the equally long one just before."""
    usual = just_before(first, last)
    instead = f"{span(*usual)} is compared with, the days just before."
    begins, ends = (query_date(name, instead) for name in _BEFORE)
    found = (
        (begins or (just_before(first, last)[0] if ends is None else ends - (last - first))),
        (ends or (usual[1] if begins is None else begins + (last - first))),
    )
    if (wrong := _wrong(found, (first, last))) and (begins or ends):
        remark(f"The link compares with {found[0]} to {found[1]}, and {wrong}. {instead}")
        begins = ends = None
        found = usual
    settle("before_from", begins.isoformat() if begins else None)
    settle("before_to", ends.isoformat() if ends else None)
    return found


def _wrong(before: tuple[date, date], now: tuple[date, date]) -> str:
    if before[0] > before[1]:
        return "that ends before it begins"
    if (before[1] - before[0]).days >= _LONGEST_DAYS:
        return "that is longer than a year"
    if before[0] <= now[1] and now[0] <= before[1]:
        return "that overlaps with the other period: no night may count in both"
    return ""


def controls(application: Application, actor: Actor, question: Question, metric: str) -> None:
    """The fields, in the order in which somebody asks: what with what, by what, when."""
    grouped = isinstance(question, Groups)
    follow_link(f"{_PLACE}_design", "groups" if grouped else "periods")
    follow_link(f"{_PLACE}_metric", metric)
    with st.container(key="compare_controls"):
        design, period, dates = st.columns([1, 1.6, 0.7], vertical_alignment="bottom")
        with design:
            st.segmented_control(
                "Compare",
                list(_DESIGNS),
                format_func=_DESIGNS.__getitem__,
                required=True,
                key=f"{_PLACE}_design",
                label_visibility="collapsed",
                on_change=_go,
                args=("design",),
            )
        with period:
            period_picker(_PLACE, default=_LENGTH)
        with dates:
            _dates(question)
        fields = st.columns(3 if grouped else 2, vertical_alignment="bottom")
        if isinstance(question, Groups):
            choices = {cohort.name: cohort for cohort in cohorts(application, actor)}
            for field, name, label, cohort in zip(
                fields, _OF_GROUPS, ("Group", "Against"), (question.b, question.a), strict=False
            ):
                _cohort_field(field, choices, "b" if name == "a" else "a", label, cohort)
        else:
            with fields[0]:
                cohort_picker(application, actor)
        with fields[-1]:
            st.selectbox(
                "Statistic",
                list(METRICS),
                format_func=_label,
                key=f"{_PLACE}_metric",
                on_change=_go,
                args=("metric",),
            )


def _cohort_field(
    field: "st.delta_generator.DeltaGenerator",
    choices: Mapping[str, Cohort],
    name: str,
    label: str,
    cohort: Cohort,
) -> None:
    follow_link(f"{_PLACE}_{name}", cohort.name)
    with field:
        st.selectbox(
            label,
            list(choices),
            format_func=lambda each: choices[each].choice if each in choices else each,
            key=f"{_PLACE}_{name}",
            on_change=_go,
            args=(name,),
        )


def _label(metric: str) -> str:
    name = noun(METRICS[metric])
    return f"{name[0].upper()}{name[1:]}"


def _go(name: str) -> None:
    """The link of what is shown with one choice changed: all of it, for the server may not know its address yet."""
    chosen = st.session_state[f"{_PLACE}_{name}"]
    # From two groups to two periods of the one that the page was about.
    group = st.session_state.get("view", {}).get("b") if (name, chosen) == ("design", "periods") else None
    _name_all(**{name: chosen}, **({"cohort": group} if group else {}))


def _name_all(**changed: str | None) -> None:
    view = {**st.session_state.get("view", {}), **changed}
    st.query_params.from_dict({key: value for key, value in view.items() if value is not None})


def _dates(question: Question) -> None:
    """Dates of one's own, in a form: a period that is half changed shall not be shown."""
    named = {"from": question.first, "to": question.last}
    labels = {"from": "First night", "to": "Last night"}
    if isinstance(question, Periods):
        named |= {"before_from": question.before_first, "before_to": question.before_last}
        labels |= {"before_from": "Compared with: first night", "before_to": "Compared with: last night"}
    for name, value in named.items():
        follow_link(f"{_PLACE}_{name}", value)
    with (
        st.popover("Dates", icon=":material/calendar_month:", key="compare_dates", width="stretch"),
        st.form("compare_dates_form", border=False),
    ):
        st.caption("A night goes by the date on which it ends.")
        for name, label in labels.items():
            st.date_input(
                label,
                min_value=date(2000, 1, 1),
                max_value=date(2099, 12, 31),
                key=f"{_PLACE}_{name}",
                format="YYYY-MM-DD",
            )
        st.form_submit_button("Show these dates", type="primary", on_click=_go_to, args=(tuple(named),))


def _go_to(names: tuple[str, ...]) -> None:
    chosen = {name: st.session_state[f"{_PLACE}_{name}"] for name in names}
    told = {name: None if value is None else value.isoformat() for name, value in chosen.items()}
    _name_all(period=None, **told)
