"""Night says how many cycles a sleep had, what to keep in mind of them, and that the vendor counts otherwise."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analytics.beside_vendor import Beside
from analytics.night_drawing import Piece
from analytics.night_view import NightView
from analytics.sleep_cycles import no_cycles, sleep_cycles
from nocturne import views
from nocturne.access import local_actor
from nocturne.application import Application
from tests.analytics.recordings import epochs
from tests.nocturne.conftest import make_application, simulator  # noqa: F401
from tests.pages.test_pages import empty, filled, run, words  # noqa: F401

Shown = Callable[..., str]
L, R, U = 1, 3, -1


@pytest.fixture
def shown(filled: Application, monkeypatch: pytest.MonkeyPatch) -> Shown:  # noqa: F811
    """What the page says of the newest night of somebody with these things changed."""
    person = filled.people()[0]
    page = views.night(filled, local_actor(filled.organisation), person.person_id)

    def say(**changed: Any) -> str:
        view: NightView = replace(page.view, **changed)
        monkeypatch.setattr(views, "night", lambda *_args, **_more: replace(page, view=view))
        app = run("night.py")
        assert not app.exception
        return words(app)

    return say


def cycles(*runs: tuple[int, int]) -> dict[str, Any]:
    stages = epochs(runs)
    piece = Piece(start_min=0, end_min=len(stages) / 2, stages=stages, snoring=np.zeros_like(stages))
    return {"cycles": sleep_cycles((piece,))}


def test_the_heading_counts_the_cycles_of_the_night(shown: Shown) -> None:
    awake = r"and .+ awake after falling asleep"
    assert re.search(
        f"Two complete cycles, {awake}", unescaped(shown(**cycles((L, 60), (R, 20), (L, 60), (R, 20))))
    )
    assert re.search(f"No complete cycle, {awake}", unescaped(shown(**cycles((L, 20)))))


def test_the_caption_explains_the_brackets(shown: Shown) -> None:
    whole = unescaped(shown(**cycles((L, 60), (R, 20), (L, 80), (R, 20))))
    assert "Brackets: cycles of NREM and REM sleep, 45\u00a0min on average." in whole
    assert "open" not in whole
    ended = unescaped(shown(**cycles((L, 60), (R, 20), (L, 80))))
    assert "the open one at the end has no REM period and is not complete" in ended
    alone = unescaped(shown(**cycles((L, 80))))
    assert "The open bracket: NREM sleep that no REM period follows" in alone
    assert "Brackets" not in unescaped(shown(**cycles((L, 20))))


def test_what_makes_cycles_doubtful_is_said_and_nothing_otherwise(shown: Shown) -> None:
    lost = unescaped(shown(**cycles((L, 60), (U, 11), (L, 20), (R, 20))))
    assert (
        ":orange-badge[Cycles uncertain] There was no signal for more than 5\u00a0min inside the sleep"
        in lost
    )
    long = unescaped(shown(**cycles((L, 250), (R, 20))))
    assert "The NREM period of cycle 1 holds more than 120\u00a0min of sleep" in long
    assert "uncertain" not in long
    plain = unescaped(shown(**cycles((L, 60), (R, 20))))
    assert "uncertain" not in plain
    assert "NREM period" not in plain


def test_an_unusable_session_has_its_stages_and_no_count(shown: Shown) -> None:
    said = unescaped(shown(kind="unusable", cycles=no_cycles()))
    assert "The stages as they arrived, not counted as a sleep" in said
    assert "cycle" not in said.replace("The vendor counts cycles by another rule", "")


def test_the_vendors_count_is_named_as_one_by_another_rule(shown: Shown) -> None:
    line = Beside(label="Complete cycles", ours="4", vendor="2", differs=False, other_rule=True)
    assert "The vendor counts cycles by another rule" in unescaped(shown(beside=(line,)))
    asleep = Beside(label="Asleep", ours="8 h", vendor="8 h", differs=False)
    assert "another rule" not in shown(beside=(asleep,))


def test_the_usual_stands_whole_on_a_line_of_its_own_in_every_card(filled: Application) -> None:  # noqa: F811
    app = run("night.py")
    assert not app.exception
    usual = [each.value for each in app.caption if each.value.startswith("usual ")]
    assert len(usual) == len(app.metric) == 5
    assert all(re.search("(min|%)$", each) for each in usual)
    assert not any(metric.proto.delta_description for metric in app.metric)


def unescaped(text: str) -> str:
    return text.replace("\\", "")
