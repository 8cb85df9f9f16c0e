"""Which stage follows which: pairs of known epochs, and shares that say nothing where there is no pair."""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analytics.ragged import Ragged
from analytics.transitions import transition_counts, transition_probabilities
from tests.analytics.recordings import epochs

ORACLE = Path(__file__).resolve().parents[1] / "data" / "oracle.json"
EXAMPLES: dict[str, dict[str, Any]] = {
    example["name"]: example
    for example in json.loads(ORACLE.read_text(encoding="utf-8"))["examples"]
    if example["name"].startswith("transition_matrix.")
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_counts_of_the_specification(name: str) -> None:
    example = EXAMPLES[name]
    stages = epochs(example["inputs"]["stage_runs"])
    counts = transition_counts(stages, [0, len(stages)])
    expected = example["expected"]
    assert counts.tolist() == [expected["counts"]]
    assert counts.sum() == expected.get("n_pairs", len(stages) - 1)
    if "probs" in expected:
        shares = transition_probabilities(counts)[0]
        np.testing.assert_allclose(shares, expected["probs"], atol=example["tolerance"])


def test_the_specification_has_two_examples() -> None:
    assert len(EXAMPLES) == 2


def test_no_pair_crosses_lost_signal_or_the_end_of_a_night() -> None:
    stages = [0, 1, 1, -1, 0, 3, 2]
    both = transition_counts(stages, [0, 5, 7])
    assert np.argwhere(both[0]).tolist() == [[0, 1], [1, 1]]
    assert np.argwhere(both[1]).tolist() == [[3, 2]]


def test_nights_without_a_pair_have_zeros_and_shares_that_say_nothing() -> None:
    nights = Ragged.from_arrays([[], [1], [-1, -1], [-1, 2, -1], []])
    counts = transition_counts(nights.values, nights.offsets)
    assert counts.shape == (5, 4, 4)
    assert not counts.any()
    assert np.isnan(transition_probabilities(counts)).all()
    assert transition_counts([], [0]).shape == (0, 4, 4)


def test_a_stage_that_never_occurs_has_no_shares_and_the_others_add_up_to_one() -> None:
    shares = transition_probabilities(transition_counts([0, 1, 0, 1], [0, 4]))[0]
    assert np.isnan(shares[2:]).all()
    assert shares[:2].tolist() == [[0, 1, 0, 0], [1, 0, 0, 0]]


def test_a_person_is_the_sum_of_the_nights() -> None:
    counts = transition_counts([0, 1, 0, 0, 0, 0, 0, 0], [0, 2, 8])
    assert transition_probabilities(counts.sum(axis=0))[0, 1] == pytest.approx(1 / 6)


def test_what_is_no_stage_or_no_matrix_is_refused() -> None:
    with pytest.raises(ValueError, match="entry 1 is the stage 4"):
        transition_counts([0, 4], [0, 2])
    with pytest.raises(ValueError, match="offsets must rise"):
        transition_counts([0, 1], [0, 3])
    with pytest.raises(ValueError, match="4 by 4"):
        transition_probabilities([1, 2])


def test_many_nights_take_a_few_nanoseconds_an_epoch() -> None:
    rng = np.random.default_rng(4)
    runs = np.repeat(rng.integers(-1, 4, 100_000).astype(np.int8), rng.integers(1, 20, 100_000))
    offsets = np.append(np.arange(0, len(runs), 960), len(runs))
    transition_counts(runs, offsets)
    begun = time.process_time()
    transition_counts(runs, offsets)
    # Some 3 ns; the bound leaves room for a machine ten times slower.
    assert time.process_time() - begun < 30e-9 * len(runs)
