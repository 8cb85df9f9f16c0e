"""Averages around a start in words: hover sentences, alternative text and table of their chart."""

import math
from html import escape

import numpy as np
import pandas as pd

from analytics.event_aligned import EventAligned
from analytics.event_words import NOUNS, amount, counted, interval, span_before, when
from analytics.wording import NBSP, NOTHING, number, plural

COLUMNS = ("From the start", "Mean change", "95\u00a0% interval", "People", "Nights", "With too few nights")


def sentence(found: EventAligned, step: int) -> str:
    """A week with its numbers: `week 2: +32 min (+10 min to +54 min), 14 people, 83 nights`."""
    row = found.steps.iloc[step + found.window.before]
    ends = interval(found.metric, row["low"], row["high"])
    bounded = f" ({ends})" if ends else ""
    people, nights = plural(int(row["people"]), "person", "people"), plural(int(row["nights"]), "night")
    return f"{when(step, found.window)}: {mean_words(found, row['mean'])}{bounded}, {people}, {nights}"


def dot_words(found: EventAligned, name: str | None, value: float, step: int) -> str:
    """A person's week on hover; the name is escaped, because Plotly reads markup there."""
    who = "one person" if name is None else escape(name, quote=False)
    return capitalised(f"{when(step, found.window)}: {who} {amount(found.metric, value)}")


def capitalised(words: str) -> str:
    """Words as a sentence begins; the rest stays as it is, names too."""
    return words[0].upper() + words[1:]


def mean_words(found: EventAligned, value: float) -> str:
    """A change as it is printed; en dash for none."""
    return NOTHING if math.isnan(value) else amount(found.metric, value)


def alternative(found: EventAligned) -> str:
    """What the chart shows, with its numbers; plain text, not HTML."""
    noun = NOUNS[found.metric.name][0]
    change = found.change
    before = span_before(found.window)
    parts = [
        found.title,
        f"{noun} by {found.window.step} from the start, against people's own {before} before",
        counted(found),
    ]
    if not math.isnan(change.difference.value):
        ends = interval(found.metric, change.difference.low, change.difference.high)
        bounded = f", 95{NBSP}% interval {ends}" if ends else ""
        parts.append(f"change {mean_words(found, change.difference.value)}{bounded}")
    mean = found.steps["mean"].to_numpy()
    if not np.isnan(mean).all():
        extremes = (("lowest", np.nanargmin(mean)), ("highest", np.nanargmax(mean)))
        parts += [f"{word} in {sentence(found, found.steps.index[int(at)])}" for word, at in extremes]
    else:
        values = found.values.to_numpy()
        least, most = float(np.nanmin(values)), float(np.nanmax(values))
        parts.append(f"people's changes from {mean_words(found, least)} to {mean_words(found, most)}")
    return "; ".join(parts) + "."


def table(found: EventAligned) -> pd.DataFrame:
    """One row a week, in words."""
    rows = [
        (
            capitalised(when(step, found.window)),
            mean_words(found, row["mean"]),
            interval(found.metric, row["low"], row["high"]) or NOTHING,
            number(row["people"], 0),
            number(row["nights"], 0),
            number(row["too_few"], 0),
        )
        for step, (_, row) in zip(found.steps.index, found.steps.iterrows(), strict=True)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))
