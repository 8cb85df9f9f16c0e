"""Sleep cycles: the worked examples of the specification, its edges by hand, and a night's flags."""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analytics.cycles import find_cycles, night_cycles
from tests.analytics.recordings import epochs

ORACLE = Path(__file__).resolve().parents[1] / "data" / "oracle.json"
EXAMPLES: dict[str, dict[str, Any]] = {
    example["name"]: example
    for example in json.loads(ORACLE.read_text(encoding="utf-8"))["examples"]
    if example["name"].startswith("cycles.")
}
L, D, R, W, U = 1, 2, 3, 0, -1


def periods(*runs: tuple[int, int]) -> list[tuple[str, int, int, bool]]:
    found = find_cycles(epochs(runs))
    columns = (found[name] for name in ("kind", "start_epoch", "end_epoch", "complete"))
    return [
        (str(kind), int(start), int(end), bool(whole))
        for kind, start, end, whole in zip(*columns, strict=True)
    ]


@pytest.mark.parametrize("name", EXAMPLES)
def test_cycles_of_the_specification(name: str) -> None:
    example = EXAMPLES[name]
    found = night_cycles(epochs(example["inputs"]["stage_runs"]))
    rows = found.periods.to_dict("records")
    cycles = []
    for row, after in zip(rows, [*rows[1:], None], strict=True):
        if row["kind"] == "nrem":
            rem = [after["start_epoch"], after["end_epoch"]] if after else None
            cycles.append({"nrem": [row["start_epoch"], row["end_epoch"]], "rem": rem})
    expected = example["expected"]
    assert cycles == expected["cycles_epochs"]
    assert found.complete == expected["n_cycles_with_rem"]
    assert found.complete + found.incomplete == expected["n_nrem_periods"]


def test_the_specification_has_four_examples() -> None:
    assert set(EXAMPLES) == {"cycles.H2", "cycles.H4_skipfirstREM", "cycles.H5_short_end", "cycles.H6_frag"}


def test_columns_and_types_hold_for_a_night_without_cycles_too() -> None:
    for stages in ([], [W] * 60, [U] * 60, [L] * 29):
        found = find_cycles(stages)
        assert found.empty
        assert found.dtypes.astype(str).to_dict() == {
            "start_epoch": "int64",
            "end_epoch": "int64",
            "kind": "str",
            "complete": "bool",
        }


def test_nrem_takes_15_minutes_without_rem() -> None:
    assert periods((L, 30), (R, 10)) == [("nrem", 0, 30, True), ("rem", 30, 40, True)]
    assert periods((L, 29), (R, 10)) == [("rem", 29, 39, False)]


def test_wake_and_lost_signal_are_neutral_in_nrem_and_never_begin_it() -> None:
    assert periods((W, 9), (L, 10), (W, 10), (U, 5), (D, 5), (R, 10))[0] == ("nrem", 9, 39, True)


def test_the_first_rem_may_be_short_and_a_later_one_takes_5_minutes() -> None:
    first = periods((L, 30), (R, 1), (L, 30), (R, 9), (L, 30), (R, 10), (L, 30))
    assert first == [
        ("nrem", 0, 30, True),
        ("rem", 30, 31, True),
        ("nrem", 31, 100, True),
        ("rem", 100, 110, True),
        ("nrem", 110, 140, False),
    ]


def test_rem_goes_on_over_nrem_that_is_too_short() -> None:
    assert periods((L, 40), (R, 20), (L, 29), (R, 20)) == [("nrem", 0, 40, True), ("rem", 40, 109, True)]


def test_the_last_rem_ends_with_rem_and_the_last_nrem_with_sleep() -> None:
    assert periods((L, 40), (R, 20), (L, 10), (W, 50))[-1] == ("rem", 40, 60, True)
    assert periods((L, 40), (R, 20), (W, 5), (L, 30), (W, 50))[-1] == ("nrem", 65, 95, False)


def test_a_last_nrem_below_15_minutes_is_none() -> None:
    # With the wake after it 15 min pass without REM, but the sleep itself is shorter.
    assert periods((L, 40), (R, 20), (W, 5), (L, 29), (W, 50)) == [
        ("nrem", 0, 40, True),
        ("rem", 40, 60, True),
    ]


def test_rem_before_the_first_nrem_belongs_to_no_cycle() -> None:
    found = periods((R, 12), (L, 60), (R, 20))
    assert found == [("rem", 0, 12, False), ("nrem", 12, 72, True), ("rem", 72, 92, True)]
    assert night_cycles(epochs(((R, 12), (L, 60), (R, 20)))).complete == 1


def test_a_night_says_how_long_its_cycles_are() -> None:
    found = night_cycles(epochs(((L, 100), (R, 20), (L, 150), (R, 30), (L, 60))))
    assert (found.complete, found.incomplete, found.mean_min) == (2, 1, 75)
    assert np.isnan(night_cycles([W] * 50).mean_min)


@pytest.mark.parametrize(("asleep", "flagged"), [(240, False), (241, True)])
def test_a_long_nrem_period_may_hide_a_skipped_rem_and_is_not_split(asleep: int, *, flagged: bool) -> None:
    # Wake does not count towards the 120 min.
    found = night_cycles(epochs(((L, 100), (W, 40), (L, asleep - 100), (R, 20))))
    assert found.skipped_rem == ((0,) if flagged else ())
    assert bool(found.notes) == flagged
    assert found.complete == 1


def test_a_note_names_the_cycles_it_is_about() -> None:
    one = night_cycles(epochs(((R, 4), (L, 60), (R, 20), (L, 241), (R, 20))))
    assert one.notes[0].startswith("The NREM period of cycle 2 holds more than 120\u00a0min")
    three = night_cycles(epochs(((L, 241), (R, 20), (L, 60), (R, 20), (L, 241), (R, 20), (L, 250))))
    assert three.notes[0].startswith("The NREM periods of cycles 1, 3 and 4 hold")
    assert len(three.notes) == 1


def test_the_place_of_a_split_is_the_first_deep_sleep_after_12_minutes_without() -> None:
    runs = ((L, 60), (D, 40), (L, 23), (D, 10), (L, 24), (D, 10), (L, 100), (R, 20))
    assert night_cycles(epochs(runs)).split_epochs == (157,)
    assert night_cycles(epochs(((L, 60), (D, 200), (R, 20)))).split_epochs == (-1,)


@pytest.mark.parametrize(("gap", "uncertain"), [(10, False), (11, True)])
def test_lost_signal_of_more_than_5_minutes_makes_cycles_uncertain(gap: int, *, uncertain: bool) -> None:
    found = night_cycles(epochs(((L, 60), (U, gap), (D, 40), (R, 20))))
    assert found.uncertain == uncertain
    assert any("no signal for more than 5\u00a0min" in note for note in found.notes) == uncertain


def test_lost_signal_outside_of_the_sleep_or_in_parts_is_no_matter() -> None:
    assert not night_cycles(epochs(((U, 60), (L, 60), (U, 10), (W, 1), (U, 10), (R, 20), (U, 60)))).uncertain


def test_what_is_no_stage_is_refused() -> None:
    for judge in (find_cycles, night_cycles):
        with pytest.raises(ValueError, match="epoch 1 has the stage 4"):
            judge([0, 4])


def test_a_night_takes_less_than_a_millisecond() -> None:
    stages = epochs(EXAMPLES["cycles.H2"]["inputs"]["stage_runs"])
    took = []
    for _ in range(15):
        begun = time.perf_counter()
        find_cycles(stages)
        took.append(time.perf_counter() - begun)
    assert min(took) < 1e-3
