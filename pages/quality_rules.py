"""The rules of a valid night on the Quality page: which hold, and what others would do to this cohort and period."""

from typing import Final

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analytics.period_words import valid_night_words
from analytics.quality import Quality
from analytics.quality_change import QualityChange
from analytics.rules import ValidNight, limits
from analytics.wording import MINUS, number, of, plural
from nocturne.access import Actor, NotAllowed, Permission, authorize
from nocturne.application import Application
from nocturne.cohorts import Cohort
from nocturne.mapping import MapProgress
from nocturne.quality import EngineFailed, quality_by
from pages.carried import leave_for, settle
from pages.links import drop, query_number
from pages.parts import Way, card, chosen_row, escape, follow_link, narrow
from pages.rule_fields import RULE_FIELDS, RuleField, rule_fields, rules_of_fields

_TO_ADMIN: Final = Way("admin.py", "Put rules in force in Admin", {"section": "settings"})
_STEPS: Final = {"recorded": "Recorded", "valid": "Valid", "in_analysis": "Analysed"}
_MAKING: Final = "Making these nights by other rules …"
_MOST_LISTED: Final = 200


def rules_card(application: Application, actor: Actor) -> tuple[ValidNight, DeltaGenerator]:
    """The rules that the link asks about, and the place where what they would do is to be told."""
    now = application.night_rules
    values = _of_link(now)
    with card(
        "rules",
        "When a night is valid",
        "The rules in force. Other values show what they would do to these nights; nothing is saved.",
    ):
        st.markdown(escape(valid_night_words(now)))
        with st.form("quality_rules", border=False):
            for each in RULE_FIELDS:
                follow_link(_key(each), values[each.name])
            rule_fields(now, _key)
            with st.container(horizontal=True, vertical_alignment="center"):
                st.form_submit_button("See what would change", type="primary", on_click=_ask, args=(now,))
                st.form_submit_button("The rules in force", on_click=_forget)
        wanted = now
        try:
            wanted = rules_of_fields(now, values)
        except ValueError as problem:
            st.error(escape(str(problem)))
        place = st.container()
        with st.expander("Every limit, with its source"):
            _limits(now)
        if _may(application, actor, Permission.MANAGE_PEOPLE):
            st.page_link(
                _TO_ADMIN.page,
                label=_TO_ADMIN.label,
                icon=":material/arrow_forward:",
                query_params=dict(_TO_ADMIN.params),
            )
        return wanted, place


def other_rules(
    application: Application, actor: Actor, cohort: Cohort, found: Quality, wanted: ValidNight
) -> None:
    """What these rules would do; nothing while they are those in force."""
    if wanted == application.night_rules:
        return
    bar = st.progress(0.0, _MAKING)
    try:
        change = quality_by(
            application,
            actor,
            cohort,
            wanted,
            first=found.first,
            last=found.last,
            analysed=found.analysed,
            tell=lambda progress: _tell(bar, progress),
        )
    except EngineFailed as problem:
        st.error(escape(str(problem)))
        return
    finally:
        bar.empty()
    _told(change, wanted)


def _told(change: QualityChange, wanted: ValidNight) -> None:
    st.subheader(escape(change.title), anchor=False)
    st.caption(escape(f"If: {valid_night_words(wanted)}"))
    if change.unread:
        reasons = " ".join(sorted(set(change.unread.values())))
        st.warning(
            escape(
                f"{plural(len(change.unread), 'person', 'people')} not looked at and in no count. {reasons}"
            )
        )
    steps = change.flow.assign(what=[_STEPS[step] for step in change.flow["step"]])
    reasons_ = change.reasons.assign(what=change.reasons["reason"])
    st.table(
        pd.concat([_beside(steps), _beside(reasons_)], ignore_index=True),
        border="horizontal",
        hide_index=True,
        alt="Nights at each step and for each reason, by the rules in force and by these",
    )
    nights = change.nights.head(_MOST_LISTED)
    if not len(nights):
        return
    words = "Nights whose fate would change. Choose a row to open the person."
    if len(nights) < len(change.nights):
        words += f" The newest {of(len(nights), len(change.nights))}."
    st.caption(words)
    _changed(nights)


def _beside(rows: pd.DataFrame) -> pd.DataFrame:
    told = pd.DataFrame(
        {
            "Nights": rows["what"],
            "Now": [number(value, 0) for value in rows["now"]],
            "By these": [number(value, 0) for value in rows["then"]],
            "Difference": [_signed(value) for value in rows["difference"]],
        }
    )
    return told.drop(columns="Difference") if narrow() else told


def _signed(value: int) -> str:
    return "0" if not value else f"{'+' if value > 0 else MINUS}{number(abs(value), 0)}"


def _changed(nights: pd.DataFrame) -> None:
    table = st.dataframe(
        pd.DataFrame(
            {
                "Person": nights["name"].astype("str"),
                "Night": nights["night"].dt.date,
                "Now": nights["now"],
                "By these": nights["then"],
            }
        ),
        hide_index=True,
        height=min(len(nights) + 1, 11) * 35 + 3,
        on_select="rerun",
        selection_mode="single-row",
        key="quality_changed",
        column_config={
            "Person": st.column_config.TextColumn(pinned=not narrow(), width="small"),
            "Night": st.column_config.DateColumn(
                format="D MMM" if narrow() else "ddd D MMM YYYY", width=64 if narrow() else "small"
            ),
            **dict.fromkeys(("Now", "By these"), st.column_config.TextColumn(width="large")),
        },
        alt="The nights whose fate would be another one by these rules",
    )
    person_id = chosen_row(table, nights["person_id"].tolist(), "quality_changed_rows")
    if person_id:
        leave_for("person.py", person=person_id)


def _limits(now: ValidNight) -> None:
    st.table(
        pd.DataFrame(
            [
                {
                    "What it decides": escape(f"{each.meaning[:1].upper()}{each.meaning[1:]}"),
                    "In force": f"{_value(getattr(now, each.name))} {each.unit}".replace(" yes or no", ""),
                    "Default": _value(each.default),
                    "Source": escape(each.source),
                }
                for each in limits()
            ]
        ),
        border="horizontal",
        hide_index=True,
        alt="Every limit by which nights are made, with its default and source",
    )


def _value(limit: float | bool) -> str:  # noqa: FBT001 - a limit is either
    return ("yes" if limit else "no") if isinstance(limit, bool) else number(limit, 2)


def _of_link(now: ValidNight) -> dict[str, float]:
    """What the fields say by the link, in the units of the form; where it says nothing, the rules in force."""
    values = {}
    for each in RULE_FIELDS:
        asked = query_number(
            each.name, each.limit(each.least), each.limit(each.most), instead="The limit in force is shown."
        )
        shown = each.shown(now) if asked is None else float(round(asked / each.factor, 6))
        values[each.name] = shown
        settle(each.name, None if shown == each.shown(now) else _in_link(each.limit(shown)))
    return values


def _ask(now: ValidNight) -> None:
    for each in RULE_FIELDS:
        shown = st.session_state[_key(each)]
        if shown is None or float(shown) == each.shown(now):
            drop(each.name)
        else:
            st.query_params[each.name] = _in_link(each.limit(float(shown)))


def _in_link(limit: float) -> str:
    """A limit as the address has it, as short as it can be read back: `30`, `0.05`."""
    return str(limit).removesuffix(".0")


def _forget() -> None:
    for each in RULE_FIELDS:
        drop(each.name)


def _key(each: RuleField) -> str:
    return f"quality_{each.name}"


def _may(application: Application, actor: Actor, permission: Permission) -> bool:
    try:
        authorize(actor, permission, application.organisation)
    except NotAllowed:
        return False
    return True


def _tell(bar: DeltaGenerator, progress: MapProgress) -> None:
    bar.progress(progress.share, f"{progress.done} of {progress.people} people")
