"""What may be shown of groups: small counts stay hidden, also from somebody who can subtract."""

import numpy as np
import pandas as pd
import pytest

from analytics.cohorts import compare
from analytics.disclosure import SHARED, TEAM, Disclosure
from analytics.shared_comparison import shared_comparison


def test_a_team_sees_groups_of_five_exactly() -> None:
    assert [TEAM.count_text(n) for n in (0, 1, 4, 5, 7)] == ["0", "<5", "<5", "5", "7"]
    assert np.isnan(TEAM.count(4))


def test_shared_exports_show_groups_of_eleven_to_the_nearest_five() -> None:
    assert (SHARED.k, SHARED.round_to) == (11, 5)
    assert [SHARED.count_text(n) for n in (0, 10, 11, 12, 17, 18, 46)] == [
        "0",
        "<11",
        "15",
        "15",
        "15",
        "20",
        "45",
    ]


def test_single_people_are_off_in_shared_exports_and_in_small_groups() -> None:
    assert not SHARED.shows_individuals(1_000)
    assert TEAM.shows_individuals(5)
    assert not TEAM.shows_individuals(4)


def test_means_of_small_groups_are_hidden_and_means_of_nobody_too() -> None:
    assert SHARED.figure(430.0, 11) == 430.0
    assert np.isnan([SHARED.figure(430.0, 10), SHARED.figure(430.0, 0)]).all()


def test_a_count_that_a_total_would_reveal_takes_another_with_it() -> None:
    found = Disclosure(k=11).list([24, 7, 15, 0])
    np.testing.assert_array_equal(found.counts, [[24, np.nan, np.nan, 0]])
    assert (found.total, found.hidden) == (46, 2)
    assert (
        found.text == "2 figures are not shown, so that no group of fewer than 11 people can be worked out."
    )


def test_a_percentage_is_shown_only_of_figures_that_are_shown() -> None:
    found = Disclosure(k=11).table([[24, 7, 15], [40, 30, 30]])
    shown = found.percentages()
    assert np.isnan(shown[0, 1])
    assert np.isnan(shown).sum() == np.isnan(found.counts).sum()
    assert shown[1, 0] == 40.0 or np.isnan(found.counts[1, 0])
    assert np.isnan(Disclosure(k=11).list([0, 0]).percentages()).all()


def test_a_hidden_count_is_hidden_in_its_row_and_in_its_column() -> None:
    found = TEAM.table([[3, 40, 20], [12, 30, 25], [17, 22, 9]])
    hidden = np.isnan(found.counts)
    assert hidden[0, 0]
    # Every row and column with a hidden figure has another one.
    for lines, totals in ((hidden, found.row_totals), (hidden.T, found.column_totals)):
        for line, total in zip(lines, totals, strict=True):
            assert line.sum() + np.isnan(total) != 1


def test_two_small_counts_whose_sum_is_small_take_a_third_with_them() -> None:
    found = TEAM.list([2, 2, 30, 40])
    assert np.isnan(found.counts).sum() == 3


def test_a_small_total_is_hidden_too() -> None:
    found = TEAM.table([[3, 0], [20, 30]])
    assert np.isnan(found.row_totals[0])
    assert found.counts[0, 1] == 0 or np.isnan(found.counts[0, 1])


def test_a_table_without_small_counts_is_shown_whole() -> None:
    found = TEAM.table([[5, 0], [20, 30]])
    assert (found.hidden, found.text, found.total) == (0, "", 55)
    np.testing.assert_array_equal(found.column_totals, [25, 30])


def test_a_single_small_count_is_hidden_with_its_total() -> None:
    found = TEAM.list([3])
    assert np.isnan(found.counts).all()
    assert np.isnan(found.total)


@pytest.mark.parametrize("counts", [[[-1, 5]], [], [[]]])
def test_what_is_no_table_of_counts_is_refused(counts: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="rows and columns of counts"):
        TEAM.table(counts)


def test_rules_that_show_less_than_five_people_do_not_exist() -> None:
    with pytest.raises(ValueError, match="never shown; give k of 5 or more"):
        Disclosure(k=4)
    with pytest.raises(ValueError, match="1 \\(exact\\) or more"):
        Disclosure(k=5, round_to=0)


def cohort(prefix: str, people: int) -> pd.DataFrame:
    draw = np.random.default_rng(people)
    return pd.DataFrame(
        {
            "person_id": np.repeat([f"{prefix}{n}" for n in range(people)], 9),
            "value": draw.normal(430, 40, 9 * people),
        }
    )


def test_a_shared_comparison_singles_nobody_out_and_tells_no_exact_number() -> None:
    found = compare(cohort("a", 12), cohort("b", 23), days=28)
    shared = shared_comparison(found)
    assert (shared.a.people, shared.b.people) == (15, 25)
    assert shared.a.mean == found.a.mean
    assert shared.evidence is not None
    assert found.evidence is not None
    assert shared.evidence.difference == found.evidence.difference
    assert np.isnan([shared.evidence.degrees, shared.evidence.rank_statistic]).all()
    text = repr(shared)
    assert not any(who in text for who in [*found.a.values.index, *found.b.values.index])
    assert repr(found.a.values.min()) not in text
    assert shared.notes == ("Numbers of people are rounded to 5.",)


def test_the_mean_of_a_small_group_cannot_be_had_from_the_difference() -> None:
    shared = shared_comparison(compare(cohort("a", 10), cohort("b", 23), days=28))
    assert shared.evidence is None
    assert np.isnan([shared.a.people, shared.a.mean, shared.a.q3]).all()
    assert shared.b.mean > 0
    assert "fewer than 11 people" in shared.notes[0]


def test_inside_a_team_a_small_sample_is_shown_and_called_one() -> None:
    found = compare(cohort("a", 6), cohort("b", 23), days=28)
    shared = shared_comparison(found, TEAM)
    assert (shared.a.people, shared.evidence, shared.notes) == (6, found.evidence, ("Small sample.",))
