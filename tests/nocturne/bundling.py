"""What the tests of research bundles share: a bundle that is opened the way a stranger opens it, with pandas alone."""

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analytics.nights import NIGHT_COLUMNS
from analytics.stages import STATISTICS
from tests.reports.counted_anew import statistics_anew

INSTANTS = [name for name, dtype in NIGHT_COLUMNS.items() if "UTC" in str(dtype)]
NUMBERS = [name for name, dtype in NIGHT_COLUMNS.items() if dtype == "float64"]


@dataclass(frozen=True)
class Opened:
    """The members of a bundle by their names below its folder."""

    folder: str
    members: dict[str, bytes]

    def text(self, name: str) -> str:
        return self.members[name].decode("utf-8")

    def json(self, name: str) -> Any:
        return json.loads(self.members[name])

    def parquet(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(io.BytesIO(self.members[f"{name}.parquet"]))

    def csv(self, name: str, **options: Any) -> pd.DataFrame:
        frame: pd.DataFrame = pd.read_csv(io.BytesIO(self.members[f"{name}.csv"]), **options)
        return frame

    def checked(self) -> "Opened":
        """Itself, once every digest is right and every file has one."""
        lines = (line.split("  ", 1) for line in self.text("checksums.sha256").splitlines())
        sums = {name: digest for digest, name in lines}
        assert set(sums) == set(self.members) - {"checksums.sha256"}
        for name, digest in sums.items():
            assert hashlib.sha256(self.members[name]).hexdigest() == digest, name
        for file in self.json("provenance.json")["files"]:
            assert (len(self.members[file["name"]]), sums[file["name"]]) == (file["bytes"], file["sha256"])
        return self


def opened(path: Path) -> Opened:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        (folder,) = {name.split("/", 1)[0] for name in archive.namelist()}
        return Opened(
            folder, {name.split("/", 1)[1]: archive.read(name) for name in archive.namelist()}
        ).checked()


def nights_from_parquet(bundle: Opened) -> pd.DataFrame:
    nights = bundle.parquet("nights")
    return nights.assign(night=pd.to_datetime(nights["night"]).astype("datetime64[us]"))


def nights_from_csv(bundle: Opened) -> pd.DataFrame:
    """As README.md says: numbers cast to 32 bits."""
    nights = bundle.csv(
        "nights",
        dtype=dict.fromkeys(("session_id", "session_ids"), "str"),
        keep_default_na=False,
        na_values={name: [""] for name in (*NUMBERS, *INSTANTS, "night")},
    )
    for name in INSTANTS:
        nights[name] = pd.to_datetime(nights[name], format="ISO8601", utc=True).astype("datetime64[us, UTC]")
    nights["night"] = pd.to_datetime(nights["night"]).astype("datetime64[us]")
    return nights.astype(dict.fromkeys(NUMBERS, "float32"))


def same_nights(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Every value of the archive's rows is there, every number to its last bit."""
    assert set(found.columns) == set(expected.columns)
    assert len(found) == len(expected)
    for name in expected.columns:
        mine, theirs = found[name], expected[name]
        if name in NUMBERS:
            assert mine.dtype == theirs.dtype == np.float32, name
            np.testing.assert_array_equal(
                mine.to_numpy().view(np.int32)[mine.notna()],
                theirs.to_numpy().view(np.int32)[theirs.notna()],
                name,
            )
            assert mine.isna().tolist() == theirs.isna().tolist(), name
        else:
            pd.testing.assert_series_equal(
                mine.reset_index(drop=True), theirs.reset_index(drop=True), check_dtype=False, obj=name
            )


def statistics_from_parquet(bundle: Opened) -> pd.DataFrame:
    """`STATISTICS` by session id, counted anew from the rows of epochs."""
    epochs = bundle.parquet("epochs")
    sleeps = epochs.groupby(["person_id", "session_id"], observed=True, sort=False)
    stages = [group["stage"].to_numpy(np.int8) for _, group in sleeps]
    segments = [group["segment"].to_numpy(np.int64) for _, group in sleeps]
    names = [str(group["session_id"].iloc[0]) for _, group in sleeps]
    return _by_session(statistics_anew(stages, segments), names)


def statistics_from_csv(bundle: Opened) -> pd.DataFrame:
    """The same from the digits."""
    text = ["session_id", "stages", "piece_first_epochs", "piece_segments"]
    sleeps = bundle.csv("epochs", dtype=dict.fromkeys(text, "str"))
    digits = [np.frombuffer(each.encode(), np.uint8).astype(np.int8) - ord("0") for each in sleeps["stages"]]
    assert [len(each) for each in digits] == sleeps["epochs"].tolist()
    stages = [np.where(each == 9, -1, each).astype(np.int8) for each in digits]
    segments = []
    for night, firsts, numbers in zip(
        stages, sleeps["piece_first_epochs"], sleeps["piece_segments"], strict=True
    ):
        begins = np.array(firsts.split(";"), dtype=np.int64)
        which = np.searchsorted(begins, np.arange(len(night)), side="right") - 1
        segments.append(np.array(numbers.split(";"), dtype=np.int64)[which])
    return _by_session(statistics_anew(stages, segments), sleeps["session_id"].tolist())


def same_statistics(anew: pd.DataFrame, nights: pd.DataFrame) -> None:
    """What was counted anew is what stands in the nights, bit for bit; and no sleep with stages is missing."""
    staged = nights[(nights["kind"] != "unusable") & (nights["basis"] == "stages")].set_index("session_id")
    assert set(anew.index) == set(staged.index)
    assert len(anew), "nothing was compared"
    columns = list(STATISTICS)
    np.testing.assert_array_equal(
        anew[columns].to_numpy(np.float32), staged.loc[anew.index, columns].to_numpy(np.float32)
    )


def _by_session(statistics: pd.DataFrame, session_ids: list[str]) -> pd.DataFrame:
    return statistics.set_axis(pd.Index(session_ids), axis=0)
