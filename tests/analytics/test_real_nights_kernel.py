"""174 nights of 65 real people: our statistics are those that an independent implementation agreed with."""

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.stages import STATISTICS, Ragged, night_statistics

REAL_NIGHTS = Path(__file__).resolve().parents[3] / "shared" / "real-nights"
LEFT_OUT = {"unknown_share", "se_lower_pct", "se_upper_pct"}


@pytest.fixture(scope="module")
def found_and_published() -> tuple[pd.DataFrame, pd.DataFrame]:
    if not REAL_NIGHTS.is_dir():
        pytest.skip("the real nights are not part of the repository; put them in ../shared/real-nights")
    with gzip.open(REAL_NIGHTS / "nights.jsonl.gz", "rt", encoding="utf-8") as lines:
        nights = [json.loads(line) for line in lines]
    assert {night["epoch_seconds"] for night in nights} == {30}
    stages = Ragged.from_arrays([night["stages"] for night in nights])
    found = night_statistics(stages.values, stages.offsets)
    found.index = pd.Index([night["night_id"] for night in nights])
    published = pd.read_csv(REAL_NIGHTS / "night_stats.csv", index_col="night_id").drop(columns="person")
    return found, published.loc[found.index]


def test_every_column_is_published_but_three(
    found_and_published: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    _, published = found_and_published
    assert len(published) == 174
    assert set(STATISTICS) - set(published.columns) == LEFT_OUT


@pytest.mark.parametrize("column", [name for name in STATISTICS if name not in LEFT_OUT])
def test_column_agrees_on_all_nights(
    column: str, found_and_published: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    found, published = found_and_published
    np.testing.assert_allclose(found[column], published[column].astype(float), rtol=1e-5, atol=1e-9)
