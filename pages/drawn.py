"""The charts of a view, drawn once for all sessions: a click that changes one of them draws that one alone."""

from collections.abc import Callable
from dataclasses import dataclass, field

from charts.chart import Chart
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.grounds import kept
from pages.parts import narrow, theme

__all__ = ["Drawn", "drawn"]


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """Charts by name, each drawn when it is first asked for; shared and not to be written to."""

    charts: dict[str, Chart] = field(default_factory=dict)

    def chart(self, name: str, draw: Callable[[], Chart]) -> Chart:
        """The chart of that name, which `draw` makes where it is not there yet."""
        # Two sessions at once may draw it twice; it is the same chart.
        if name not in self.charts:
            self.charts[name] = draw()
        return self.charts[name]


def drawn(application: Application, actor: Actor, view: tuple[object, ...], *, grounds: object) -> Drawn:
    """The charts of a view for the reader's theme and width, anew where what they are of has changed.

    Args:
        application: whose.
        actor: who looks; whether they may is asked where the values come from.
        view: names what is shown, without theme and width.
        grounds: the values that are drawn, compared with `==`.
    """
    return kept(application, ("charts", actor, *view, theme().name, narrow()), Drawn, grounds=grounds)
