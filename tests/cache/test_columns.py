"""A person's sessions as columns: nothing is lost on the way, and the order of delivery does not matter."""

import json
import math
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.nights import SESSION_COLUMNS, SessionSet
from asleep.contract import example
from asleep.models import SessionResult, SessionState
from asleep.payloads import parse_session
from cache.answers import Unreadable, session_set
from cache.columns import (
    READ_ERRORS,
    UNREADABLE,
    NewerFormat,
    PersonFile,
    decode_person,
    decode_stages,
    encode_person,
    known_sessions,
)
from cache.merging import merged, without
from tests.cache.samples import NOW, night

OLDER = [Path(__file__).parent.parent / "data" / f"archive-v{schema}" for schema in (1, 2)]
EXAMPLES = [
    "session_complete",
    "session_in_progress",
    "session_in_progress_no_polling",
    "session_never_slept",
    "session_too_short",
    "session_with_gaps",
    "session_complete_reference_shape",
]
BROKEN = Unreadable(session_id="s9", start=NOW - timedelta(days=1), end=None, reason="stat is a list.")


def parsed(name: str) -> SessionResult:
    return parse_session(json.dumps(example(name)).encode())


def rows(sessions: SessionSet) -> list[tuple[object, ...]]:
    """All that a set holds, in a form that can be compared."""
    facts = [
        tuple(None if pd.isna(value) else value for value in row)
        for row in sessions.frame[list(SESSION_COLUMNS)].itertuples(index=False)
    ]
    lists = zip(sessions.stages, sessions.snoring, strict=True)
    return [(*row, one.tobytes(), other.tobytes()) for row, (one, other) in zip(facts, lists, strict=True)]


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_of_the_contract_comes_back_from_a_file_as_it_went_in(name: str) -> None:
    result = parsed(name)
    sessions = session_set([result], received=NOW)
    person = PersonFile(sessions=sessions, zone="Asia/Seoul", synced_at=NOW)
    again = decode_person(encode_person(person))
    assert (again.zone, again.synced_at) == ("Asia/Seoul", NOW)
    assert rows(again.sessions) == rows(sessions)
    frame = again.sessions.frame
    assert {column: str(dtype) for column, dtype in frame.dtypes.items()} == {
        column: str(dtype) for column, dtype in SESSION_COLUMNS.items()
    }
    assert frame["session_id"].tolist() == [result.session_id]
    assert frame["start"].tolist() == [result.start]
    assert tuple(again.sessions.stages[0].tolist()) == (result.sleep_stages or ())
    assert tuple(again.sessions.snoring[0].tolist()) == (result.snoring_stages or ())


def test_the_vendors_statistics_are_columns_and_missing_ones_are_nan() -> None:
    result = parsed("session_complete")
    row = session_set([result], received=NOW).frame.iloc[0]
    assert result.stat is not None
    for column in SESSION_COLUMNS:
        if column.startswith("vendor_"):
            assert row[column] == getattr(result.stat, column.removeprefix("vendor_")), column
    missing = session_set([bare(night(1))], received=NOW).frame.iloc[0]
    assert all(np.isnan(missing[column]) for column in SESSION_COLUMNS if column.startswith("vendor_"))
    assert pd.isna(missing["end"])


def bare(result: SessionResult) -> SessionResult:
    return msgspec.structs.replace(result, stat=None, end=None)


def test_an_unreadable_session_is_a_row_with_its_reason() -> None:
    sessions = session_set([night(1)], [BROKEN], received=NOW)
    assert sessions.frame["session_id"].tolist() == ["s1", "s9"]
    assert sessions.frame["problem"].tolist() == ["", "stat is a list."]
    assert [len(row) for row in sessions.stages] == [960, 0]
    data = encode_person(PersonFile(sessions=sessions, zone="UTC", synced_at=None))
    found = known_sessions(data)
    assert {name: one.state for name, one in found.items()} == {"s1": "COMPLETE", "s9": UNREADABLE}
    assert found["s1"].whole
    assert not found["s9"].whole
    assert decode_person(data).synced_at is None


def test_nobodys_sessions_are_a_file_too() -> None:
    data = encode_person(PersonFile(sessions=SessionSet.empty(), zone="UTC", synced_at=NOW))
    assert len(decode_person(data).sessions.frame) == 0
    assert known_sessions(data) == {}


def test_any_stage_value_of_eight_bits_is_kept() -> None:
    result = night(1, stages=(-128, -2, -1, 0, 3, 4, 127))
    sessions = decode_person(
        encode_person(PersonFile(sessions=session_set([result], received=NOW), zone="UTC", synced_at=None))
    ).sessions
    assert sessions.stages[0].tolist() == [-128, -2, -1, 0, 3, 4, 127]


@settings(deadline=None)
@given(data=st.binary(max_size=200))
def test_bytes_that_are_no_such_file_are_refused_in_a_known_way(data: bytes) -> None:
    with pytest.raises(READ_ERRORS):
        decode_person(data)


@settings(deadline=None)
@given(place=st.integers(0, 2_000), value=st.integers(0, 255), cut=st.integers(0, 2_000))
def test_a_damaged_file_is_read_or_refused_in_a_known_way(place: int, value: int, cut: int) -> None:
    data = bytearray(ONE_NIGHT)
    data[place % len(data)] = value
    for spoilt in (bytes(data), ONE_NIGHT[: cut % len(ONE_NIGHT)]):
        try:
            decode_person(spoilt)
        except READ_ERRORS:
            continue


ONE_NIGHT = encode_person(
    PersonFile(sessions=session_set([night(1)], received=NOW), zone="UTC", synced_at=NOW)
)


def at(minutes: int, *results: SessionResult, problems: tuple[Unreadable, ...] = ()) -> SessionSet:
    return session_set(results, problems, received=NOW + timedelta(minutes=minutes))


def test_a_session_is_kept_once_as_received_last() -> None:
    old = at(0, night(2), night(1, state="OPEN"))
    both, added, changed = merged(old, at(5, night(1), night(3)))
    assert both.frame["session_id"].tolist() == ["s1", "s2", "s3"]
    assert both.frame["state"].tolist() == ["COMPLETE"] * 3
    assert (added, changed) == (1, 1)
    assert rows(both)[0] == rows(at(5, night(1)))[0]


def test_the_same_again_changes_nothing_but_when_it_came() -> None:
    both, added, changed = merged(at(0, night(1)), at(5, night(1)))
    assert (added, changed) == (0, 0)
    assert both.frame["received"].tolist() == [NOW + timedelta(minutes=5)]


@pytest.mark.parametrize(
    "later",
    [
        night(1, stages=(1,) * 960),
        bare(night(1)),
    ],
)
def test_another_stage_or_statistic_is_a_change(later: SessionResult) -> None:
    assert merged(at(0, night(1), night(2)), at(1, later, night(2)))[1:] == (0, 1)


def test_a_late_look_at_an_open_session_does_not_undo_its_completion() -> None:
    both, _, changed = merged(at(0, night(1)), at(5, night(1, state="OPEN", stages=(1,))))
    assert (both.frame["state"].tolist(), changed) == (["COMPLETE"], 0)


def test_a_session_read_in_full_is_not_replaced_by_one_that_could_not_be_read() -> None:
    broken = Unreadable(session_id="s1", start=night(1).start, end=None, reason="cut off.")
    whole, _, changed = merged(at(0, night(1)), at(5, problems=(broken,)))
    assert (whole.frame["problem"].tolist(), changed) == ([""], 0)
    open_, _, changed = merged(at(0, night(1, state="OPEN")), at(5, problems=(broken,)))
    assert (open_.frame["problem"].tolist(), changed) == (["cut off."], 1)
    mended, _, changed = merged(open_, at(9, night(1)))
    assert (mended.frame["problem"].tolist(), changed) == ([""], 1)


STATES: list[SessionState] = ["OPEN", "CLOSED", "COMPLETE"]
delivery = st.builds(
    lambda day, state, minute, is_broken: (
        at(
            minute,
            problems=(
                Unreadable(session_id=f"s{day}", start=night(day).start, end=None, reason=f"{minute}"),
            ),
        )
        if is_broken
        else at(minute, night(day, state=state, stages=(minute % 4,) * 10))
    ),
    day=st.integers(0, 2),
    state=st.sampled_from(STATES),
    minute=st.integers(0, 1_000),
    is_broken=st.booleans(),
)


@settings(max_examples=25, deadline=None)  # an example is up to 18 merges of frames
@given(
    deliveries=st.lists(
        delivery,
        min_size=2,
        max_size=3,
        unique_by=lambda sessions: sessions.frame["received"].iloc[0],
    )
)
def test_the_order_in_which_deliveries_arrive_does_not_matter(deliveries: list[SessionSet]) -> None:
    outcomes = []
    for order in permutations(deliveries):
        together = SessionSet.empty()
        for sessions in order:
            together, _, _ = merged(together, sessions)
        outcomes.append(rows(together))
    assert all(outcome == outcomes[0] for outcome in outcomes)
    ids = [str(row[0]) for row in outcomes[0]]
    assert sorted(ids) == sorted({str(name) for d in deliveries for name in d.frame["session_id"]})


def test_one_session_twice_in_one_delivery_is_kept_once() -> None:
    both, added, _ = merged(SessionSet.empty(), at(0, night(1, state="OPEN"), night(1)))
    assert (both.frame["state"].tolist(), added) == (["COMPLETE"], 1)


def test_a_session_taken_out_takes_its_stages_along() -> None:
    left = without(at(0, night(1, stages=(1,) * 9), night(2, stages=(2,) * 8)), "s1")
    assert left.frame["session_id"].tolist() == ["s2"]
    assert left.stages[0].tolist() == [2] * 8


def test_a_file_of_another_schema_is_not_misread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cache.columns.SCHEMA", 2)
    with pytest.raises(NewerFormat, match="format 3, and this program reads the formats 1 to 2"):
        decode_person(ONE_NIGHT)


@pytest.mark.parametrize("folder", OLDER, ids=lambda folder: folder.name)
@pytest.mark.parametrize("name", ["p_first", "p_second", "p_third"])
def test_a_file_of_an_older_schema_is_read_whole(name: str, folder: Path) -> None:
    expected = json.loads((folder / "expected.json").read_text())[name]
    data = (folder / "north" / "people" / f"{name}.parquet").read_bytes()
    person = decode_person(data)
    assert rows(decode_person(encode_person(person)).sessions) == rows(person.sessions)
    stages = decode_stages(data)
    assert stages.session_ids == tuple(session["session_id"] for session in expected["sessions"])
    assert [row.tolist() for row in stages.stages] == [row.tolist() for row in person.sessions.stages]
    assert person.zone == expected["zone"]
    assert person.synced_at == datetime.fromisoformat(expected["synced_at"])
    assert person.sessions.frame["basis"].tolist() == ["stages"] * len(expected["sessions"])
    for row, session in enumerate(expected["sessions"]):
        kept = person.sessions.frame.iloc[row]
        asleep_s = kept["vendor_time_in_sleep_s"]
        assert {
            "session_id": kept["session_id"],
            "state": kept["state"],
            "start": kept["start"].isoformat(),
            "problem": kept["problem"],
            "vendor_time_in_sleep_s": None if math.isnan(asleep_s) else asleep_s,
            "stages": "".join(
                "-" if code < 0 else str(code) for code in person.sessions.stages[row].tolist()
            ),
        } == session


def test_the_moment_of_receipt_may_be_given_in_any_zone() -> None:
    seoul = datetime.fromisoformat("2026-03-01T21:00:00+09:00")
    assert session_set([night(1)], received=seoul).frame["received"].tolist() == [
        datetime(2026, 3, 1, 12, tzinfo=UTC)
    ]


@pytest.mark.parametrize("folder", OLDER, ids=lambda folder: folder.name)
def test_what_a_synchronisation_has_to_know_is_in_files_of_every_schema(folder: Path) -> None:
    expected = json.loads((folder / "expected.json").read_text())["p_second"]["sessions"]
    known = known_sessions((folder / "north" / "people" / "p_second.parquet").read_bytes())
    assert {name: (one.whole, one.summary) for name, one in known.items()} == {
        each["session_id"]: (not each["problem"] and each["state"] == "COMPLETE", "") for each in expected
    }
