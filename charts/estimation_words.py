"""What an estimation plot says: its groups, how its marks are read, its alternative text and its table."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from analytics.comparison import Compared, ComparedMetric, MetricPeople
from analytics.comparison_people import GroupValues
from analytics.comparison_words import difference_text, interval_text, noun, value_text, why_no_mean
from analytics.contrasts import Group
from analytics.effects import Estimate
from analytics.wording import NOTHING, plural, span
from charts.estimation_scale import scale_of
from charts.theme import Theme

COLUMNS: Final = ("What", "Value", "95 % interval", "Nights")
PLACES: Final = (0.0, 1.0)
"""Where the two groups stand."""
MOST_DOTS: Final = 300
"""So many people of a group are dots; more are bars by bins."""
MOST_LINES: Final = 100
"""So many people are tied to themselves in the other period by a line."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """One group on the chart."""

    group: Group
    counted: MetricPeople
    of: GroupValues
    mean: Estimate
    at: float
    label: str
    short: str
    colour: str


def sides_of(compared: Compared, found: ComparedMetric, theme: Theme) -> tuple[Side, Side]:
    """The groups, or the two periods, as they stand on the chart."""
    paired = compared.design == "paired"
    one, other = (
        Side(
            group=group,
            counted=counted,
            of=of,
            mean=mean,
            at=at,
            label=span(of.first, of.last) if paired else of.label,
            short=period if paired else of.label,
            colour=colour,
        )
        for group, counted, of, mean, at, period, colour in zip(
            (found.contrast.a, found.contrast.b),
            (found.a, found.b),
            (compared.a, compared.b),
            (found.mean_a, found.mean_b),
            PLACES,
            ("First", "Second"),
            (theme.text_tertiary, theme.accent),
            strict=True,
        )
    )
    return one, other


def caption(compared: Compared, name: str, *, shape: bool) -> str:
    """How to read the marks."""
    found = compared.metrics[name]
    paired = compared.design == "paired"
    many = max(found.a.people, found.b.people)
    if many > MOST_DOTS:
        people = "A bar is as long as there are people at its height."
    elif paired and many > MOST_LINES:
        people = "A dot a person and period; with so many people their lines are left out."
    else:
        people = "A line a person." if paired else "A dot a person."
    if found.contrast.means is None:
        return f"{people} Only the people themselves. {why_no_mean(found)}"
    right = "the mean change" if paired else "the difference of the means"
    own = "" if scale_of(found, None).aligned else " on a scale of its own"
    # On the clock a change can be typical where no time of either period is.
    beside = "" if math.isnan(found.mean_a.value) else " Bar beside them: mean, 95 % interval."
    drawn = " and how its bootstrap spreads" if shape else ""
    return f"{people}{beside} Right: {right}{own}, its 95 % interval{drawn}.".strip()


def interval_words(found: ComparedMetric, mean: Estimate) -> str:
    """The interval of a mean, in brackets."""
    if math.isnan(mean.low):
        return ""
    low, high = (value_text(found.metric, end) for end in (mean.low, mean.high))
    return f" ({low} to {high})"


def alt(compared: Compared, found: ComparedMetric, sides: tuple[Side, Side]) -> str:
    """The chart with its numbers, as plain text."""
    told = [f"{noun(found.metric)[0].upper()}{noun(found.metric)[1:]} of people."]
    told += [_told(side, found) for side in sides]
    means = found.contrast.means
    if means is None:
        told.append(why_no_mean(found))
    else:
        word = "Change" if compared.design == "paired" else "Difference"
        ends = (
            ""
            if math.isnan(means.difference.low)
            else (f" (95 % interval {interval_text(found.metric, means.difference)})")
        )
        told.append(f"{word}: {difference_text(found.metric, means.difference.value)}{ends}.")
    return " ".join(told)


def _told(side: Side, found: ComparedMetric) -> str:
    people = plural(side.counted.people, "person", "people")
    if not side.counted.people:
        return f"{side.label}: nobody."
    low, high = (
        value_text(found.metric, float(end)) for end in (side.group.values.min(), side.group.values.max())
    )
    mean = (
        ""
        if math.isnan(side.mean.value)
        else f", mean {value_text(found.metric, side.mean.value)}{interval_words(found, side.mean)}"
    )
    return f"{side.label}: {people} from {low} to {high}{mean}."


def table(
    found: ComparedMetric, sides: tuple[Side, Side], names: Mapping[str, str], *, paired: bool
) -> pd.DataFrame:
    """The means, their difference, and then every person who is a dot."""
    rows: list[tuple[str, str, str, str]] = []
    for side in sides:
        ends = interval_words(found, side.mean).strip(" ()") or NOTHING
        value = NOTHING if math.isnan(side.mean.value) else value_text(found.metric, side.mean.value)
        rows.append((f"Mean of {side.label}", value, ends, str(side.counted.nights)))
    means = found.contrast.means
    if means is not None:
        word = "Change" if paired else "Difference"
        rows.append(
            (
                word,
                difference_text(found.metric, means.difference.value),
                interval_text(found.metric, means.difference),
                NOTHING,
            )
        )
    for side in sides:
        nights = side.of.values[found.metric.id].nights
        if len(side.group.values) > MOST_DOTS:
            continue
        rows += [
            (
                f"{names.get(str(who), 'Somebody')}, {side.label}",
                value_text(found.metric, float(value)),
                NOTHING,
                str(nights[str(who)]),
            )
            for who, value in side.group.values.items()
        ]
    return pd.DataFrame(rows, columns=list(COLUMNS))
