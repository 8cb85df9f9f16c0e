"""Completeness of a cohort: the same counts as on every other page, what other rules would do, and the sheet."""

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from analytics.analysed import Analysed
from analytics.quality import Quality
from analytics.quality_people import COLUMNS
from analytics.rules import ValidNight
from nocturne import access
from nocturne.access import Actor, NotAllowed, Permission
from nocturne.application import Application
from nocturne.cohorts import Cohort, UnknownCohort
from nocturne.mapping import MapProgress
from nocturne.night_rules import set_night_rules
from nocturne.quality import adherence_sheet, left_out_sheet, longest_gaps, quality_by, quality_of
from nocturne.roster import EVERYONE
from nocturne.views import cohort_summary, day_of_cohort, period
from reports.adherence import LEFT_OUT_COLUMNS
from tests.nocturne.conftest import UNTIL

ALL = Cohort(name=EVERYONE, label="Everyone", size=6)
FIRST = UNTIL - timedelta(days=27)
HOSTILE = '=HYPERLINK("http://x";"y"), *[x](y) <b>'
OTHERS = ValidNight(shortest_in_bed_min=420, longest_gap_min=5)


def shown(
    application: Application, actor: Actor, first: date = FIRST, analysed: Analysed | None = None
) -> Quality:
    return quality_of(application, actor, ALL, first=first, last=UNTIL, analysed=analysed or Analysed())


def read(content: bytes, dates: Sequence[str]) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(content), parse_dates=list(dates))


def test_the_counts_are_those_of_person_and_cohort(filled: Application, actor: Actor) -> None:
    found = shown(filled, actor)
    assert found.valid < found.recorded < found.expected, "a period without gaps would prove little"
    days = day_of_cohort(filled, actor, EVERYONE, night=UNTIL, days=28)
    assert (found.valid, found.expected) == (days.valid, days.expected)
    summed = cohort_summary(filled, actor, ALL, first=FIRST, last=UNTIL)
    assert (found.recorded, found.valid) == (summed.coverage.recorded, summed.coverage.valid)
    assert found.ledger.exclusions == summed.ledger.exclusions
    for person_id, row in found.people.iterrows():
        card = period(filled, actor, str(person_id), first=FIRST, last=UNTIL)
        assert (row["recorded_nights"], row["valid_nights"], row["analysed_nights"]) == (
            card.coverage.recorded,
            card.coverage.valid,
            card.ledger.analysed_nights,
        )
        assert row["left_out_nights"] == sum(
            each.nights for each in card.ledger.exclusions if each.step == "valid"
        )


def test_not_synced_is_what_the_map_of_the_cohort_calls_so(filled: Application, actor: Actor) -> None:
    found = shown(filled, actor, first=UNTIL - timedelta(days=41))
    seen = day_of_cohort(filled, actor, EVERYONE, night=UNTIL, days=42).overview
    for at, person_id in enumerate(found.people.index):
        states = seen.map_states.loc[person_id].to_numpy()
        assert ((states == 0) == (found.states[at] == 0)).all()
        assert ((states == 2) == (found.states[at] >= 4)).all()
    assert found.not_synced > 0


def test_the_sheet_loads_and_says_what_the_screen_says(filled: Application, actor: Actor) -> None:
    filled.store.update_person(filled.organisation, replace(filled.people()[0], name=HOSTILE))
    found = shown(filled, actor)
    made = adherence_sheet(filled, actor, found)
    assert made.name == f"adherence-{FIRST}-{UNTIL}.csv"
    sheet = read(
        made.content, ["period_first", "period_last", "first_night", "last_night", "last_synchronised_utc"]
    )
    assert list(sheet.columns) == ["person_id", *COLUMNS]
    assert sheet["person_id"].tolist() == found.people.index.tolist()
    numbers = [name for name in COLUMNS if name.endswith(("_nights", "_pct"))]
    pd.testing.assert_frame_equal(
        sheet[numbers].reset_index(drop=True), found.people[numbers].reset_index(drop=True), check_dtype=False
    )
    assert sheet["recorded_nights"].sum() == found.recorded
    assert sheet["valid_nights"].sum() == found.valid
    assert sheet["analysed_nights"].sum() == found.in_analysis
    for name in ("first_night", "last_night"):
        assert (sheet[name].to_numpy() == found.people[name].to_numpy()).all()
    assert sheet["last_synchronised_utc"].notna().all()
    (name,) = [each for each in sheet["name"] if "HYPERLINK" in each]
    assert name.startswith("'="), "no cell may be a formula"
    assert b"G-" not in made.content, "the vendor's ids stay inside"


def test_the_list_of_left_out_nights_loads_too(filled: Application, actor: Actor) -> None:
    found = shown(filled, actor)
    table = read(left_out_sheet(filled, actor, found).content, ["night"])
    assert list(table.columns) == list(LEFT_OUT_COLUMNS)
    assert len(table) == found.recorded - found.in_analysis
    assert table["code"].value_counts().to_dict() == {
        code: count for code, count in found.nights_by_reason.items() if code != "NO_RECORDING"
    }
    gaps = longest_gaps(filled, actor, found.nights_of())
    assert table["longest_gap_of_signal_min"].tolist() == pytest.approx(gaps, nan_ok=True)
    shares = table["missing_share"].dropna()
    assert (shares == shares.round(6)).all(), "no noise of 32 bits"
    assert (shares > 0).any()
    one = read(left_out_sheet(filled, actor, found, "NO_RECORDING").content, ["night"])
    assert len(one) == found.unrecorded


def test_the_gap_is_measured_of_each_listed_night(filled: Application, actor: Actor) -> None:
    found = shown(filled, actor)
    gaps = longest_gaps(filled, actor, found.nights_of())
    assert len(gaps) == len(found.nights_of())
    long = [gap for gap, code in zip(gaps, found.nights_of()["code"], strict=True) if code == "LONG_GAP"]
    assert all(gap > filled.night_rules.longest_gap_min for gap in long)
    assert np.isnan(longest_gaps(filled, actor, found.nights_of("NO_RECORDING"))).all()


def test_what_other_rules_would_do_is_what_they_do(filled: Application, actor: Actor) -> None:
    before = shown(filled, actor)
    version, told = filled.archive.version(filled.organisation), list[MapProgress]()
    change = quality_by(
        filled, actor, ALL, OTHERS, first=FIRST, last=UNTIL, analysed=Analysed(), tell=told.append
    )
    assert change.unread == {}
    assert told[-1].share == 1
    assert filled.archive.version(filled.organisation) == version, "to look changes nothing"
    assert change.now.ledger == before.ledger
    assert change.left_out > 0
    set_night_rules(filled, actor, OTHERS, version=0)
    after = shown(filled, actor)
    assert change.then.ledger == after.ledger
    assert change.then.nights_by_reason == after.nights_by_reason
    assert (change.then.people.index == after.people.index).all()
    assert (change.then.states == after.states).all()


def test_who_cannot_be_made_anew_is_in_neither_count(filled: Application, actor: Actor) -> None:
    whole = shown(filled, actor)
    person = filled.people()[0]
    path = filled.archive.folder / filled.organisation / "people" / f"{person.person_id}.parquet"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    change = quality_by(filled, actor, ALL, OTHERS, first=FIRST, last=UNTIL, analysed=Analysed())
    assert list(change.unread) == [person.person_id]
    assert person.person_id not in change.then.people.index
    assert len(change.now.people) == len(whole.people) - 1


def test_it_is_made_once(filled: Application, actor: Actor) -> None:
    assert shown(filled, actor) is shown(filled, actor)
    assert shown(filled, actor) is not shown(filled, actor, analysed=Analysed(minimum_nights=3))


def test_who_may_not_is_told(filled: Application, actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    found = shown(filled, actor)
    monkeypatch.setitem(access.ROLES, "local", access.ROLES["local"] - {Permission.MAKE_REPORTS})
    with pytest.raises(NotAllowed):
        adherence_sheet(filled, actor, found)
    with pytest.raises(NotAllowed):
        left_out_sheet(filled, actor, found)
    monkeypatch.setitem(access.ROLES, "local", frozenset())
    with pytest.raises(NotAllowed):
        shown(filled, actor)
    with pytest.raises(NotAllowed):
        longest_gaps(filled, actor, found.left_out)


def test_a_cohort_that_is_not_there_is_refused(filled: Application, actor: Actor) -> None:
    nobody = Cohort(name="c_aaaaaaaaaaaa", label="Gone", size=0)
    with pytest.raises(UnknownCohort):
        quality_of(filled, actor, nobody, first=FIRST, last=UNTIL, analysed=Analysed())
