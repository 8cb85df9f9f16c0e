"""Charts of the Quality page, kept while their numbers hold: laying out a hundred people takes long."""

from collections.abc import Callable
from typing import Any

from analytics.quality import Quality
from charts.chart import Chart
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.cohorts import Cohort
from nocturne.grounds import kept
from pages.parts import narrow, theme


def drawn(
    application: Application,
    actor: Actor,
    found: Quality,
    cohort: Cohort,
    draw: Callable[..., Chart],
    **more: Any,
) -> Chart:
    """The chart that `draw` makes of these numbers in the reader's theme and width.

    Args:
        application: whose.
        actor: who looks.
        found: what is drawn; another one is drawn anew.
        cohort: of whom.
        draw: takes the numbers, the theme, `narrow` and `more`.
        **more: what else it takes, each a plain value.
    """
    colours, phone = theme(), narrow()
    view = (cohort, found.first, found.last, found.analysed, colours.name, phone, *sorted(more.items()))
    return kept(
        application,
        (f"chart {draw.__qualname__}", actor, *view),
        lambda: draw(found, colours, narrow=phone, **more),
        grounds=found,
    )
