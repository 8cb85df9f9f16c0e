"""What pages ask for: cohorts, the newest night, links that name nothing."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import pandas as pd
import pytest

from analytics.night_view import UnknownNight
from analytics.sessions import SessionSet
from cache.archive import Delivery
from nocturne.access import Actor, NotAllowed
from nocturne.application import Application
from nocturne.roster import EVERYONE, add_person
from nocturne.views import (
    NothingRecorded,
    UnknownCohort,
    cohort_people,
    cohort_summary,
    cohorts,
    day_of_cohort,
    heading,
    last_night,
    night,
    overview,
    period,
)
from store.people import NewPerson, UnknownPerson
from tests.nocturne.conftest import NIGHTS, NOW, UNTIL
from tests.nocturne.importing import import_people


def test_cohorts_are_everyone_and_one_for_each_tag(filled: Application, actor: Actor) -> None:
    found = {cohort.name: cohort.size for cohort in cohorts(filled, actor)}
    people = filled.people()
    assert found.pop(EVERYONE) == len(people)
    assert found == {
        tag: sum(tag in person.tags for person in people) for person in people for tag in person.tags
    }


def test_an_unknown_cohort_is_answered_with_those_there_are(filled: Application, actor: Actor) -> None:
    with pytest.raises(UnknownCohort, match=EVERYONE):
        cohort_people(filled, actor, "nobody")


def test_the_overview_counts_everybody_once(filled: Application, actor: Actor) -> None:
    seen = overview(filled, actor, EVERYONE, days=NIGHTS)
    assert set(seen.people.index) == {person.person_id for person in filled.people()}
    assert seen.expected == NIGHTS * len(filled.people())
    assert 0 < seen.valid <= seen.expected
    assert set(seen.people["last_state"]) <= {"valid", "no valid night", "no data"}


def test_without_dates_a_period_ends_with_the_newest_night(filled: Application, actor: Actor) -> None:
    person = filled.people()[0]
    nights = filled.archive.nights(filled.organisation, person.person_id)
    shown = period(filled, actor, person.person_id)
    assert shown.last == nights["night"].max().date()
    assert shown.first == shown.last - timedelta(days=27)


def test_what_moved_is_placed_among_everybody(filled: Application, actor: Actor) -> None:
    evidence = [
        insight.evidence
        for person in filled.people()
        for ago in range(3)
        for insight in period(
            filled, actor, person.person_id, last=UNTIL - timedelta(days=ago), days=7
        ).insights
        if insight.key.endswith("within a week")
    ]
    assert evidence, "nobody of the simulated people moved, so nothing was checked"
    assert any("These nights lie" in said and "of 5\u00a0others" in said for said in evidence)


def test_the_score_s_rules_of_the_settings_hold_in_every_view(filled: Application, actor: Actor) -> None:
    own = filled.settings.model_copy(
        update={
            "nocturne_score_weight_efficiency": 0.2,
            "nocturne_score_weight_consistency": 0.3,
            "nocturne_score_weight_duration": 0.5,
        }
    )
    other = replace(filled, settings=own)
    assert other.score_rules.version == "evidence-2+0.2/0.3/0.5"
    everyone = cohorts(filled, actor)[0]
    last = overview(filled, actor, EVERYONE).night
    first = last - timedelta(days=6)
    told = 0
    for person in filled.people():
        mine = period(other, actor, person.person_id, first=first, last=last)
        assert mine.score.version == other.score_rules.version
        if not mine.figures["score"].shown:
            continue
        told += 1
        parts = (mine.score.efficiency.value, mine.score.consistency.value, mine.score.duration.value)
        expected = 0.2 * parts[0] + 0.3 * parts[1] + 0.5 * parts[2]
        assert mine.score.overall == pytest.approx(expected)
        scores = overview(other, actor, EVERYONE, night=last).people["score"]
        assert scores[person.person_id] == pytest.approx(expected, abs=1e-6)
        table = cohort_summary(other, actor, everyone, first=first, last=last).people
        assert table["score"][person.person_id] == pytest.approx(mine.figures["score"].value)
        plain_score = period(filled, actor, person.person_id, first=first, last=last).score.overall
        assert mine.score.overall != pytest.approx(plain_score)
    assert told > 2


def test_neighbours_lead_through_every_sleep(filled: Application, actor: Actor) -> None:
    person = filled.people()[0]
    nights = filled.archive.nights(filled.organisation, person.person_id)
    at: str | None = str(nights["session_id"].iloc[-1])
    walked = []
    while at is not None:
        walked.append(at)
        at = night(filled, actor, person.person_id, at).previous_session_id
    assert walked == nights["session_id"].tolist()[::-1]


def test_links_that_name_nothing_are_told_apart(filled: Application, actor: Actor) -> None:
    with pytest.raises(UnknownPerson):
        period(filled, actor, "p_nobody")
    person = filled.people()[0]
    with pytest.raises(UnknownNight):
        night(filled, actor, person.person_id, "20200101000000_aaaaa")
    newcomer = add_person(
        filled, actor, NewPerson(vendor_id="G-20260101000000-newcomerhere", name="New", zone="UTC")
    )
    with pytest.raises(NothingRecorded, match="next synchronisation"):
        period(filled, actor, newcomer.person_id)


def test_last_night_is_today_only_once_half_of_them_have_slept() -> None:
    today, yesterday = pd.Timestamp(NOW.date()), pd.Timestamp(NOW.date()) - pd.Timedelta(days=1)
    rows = [(f"p_{number}", yesterday) for number in range(5)] + [("p_0", today)]
    nights = pd.DataFrame(rows, columns=["person_id", "night"]).assign(valid=True, kind="main")
    clock = cast("Application", SimpleNamespace(now=lambda: NOW))
    assert last_night(clock, nights) == yesterday.date()
    more = [(f"p_{number}", today) for number in (1, 2)]
    slept = pd.concat(
        [nights, pd.DataFrame(more, columns=["person_id", "night"]).assign(valid=True, kind="main")]
    )
    assert last_night(clock, slept) == today.date()
    assert last_night(clock, nights.iloc[:0]) == yesterday.date()


def test_a_new_zone_dates_nights_anew_at_once(filled: Application, actor: Actor) -> None:
    person = filled.people()[0]
    sessions = filled.archive.sessions(filled.organisation, person.person_id)
    bare = SessionSet.of_frame(
        frame=sessions.frame.assign(created_timezone="", received=NOW + timedelta(seconds=1)),
        stages=sessions.stages,
        snoring=sessions.snoring,
    )
    delivery = Delivery(person_id=person.person_id, zone=person.zone, sessions=bare)
    filled.archive.put_many(filled.organisation, [delivery])
    zone = "Asia/Seoul" if person.zone != "Asia/Seoul" else "Europe/Berlin"
    line = f"vendor_id,name,zone\n{person.vendor_id},{person.name},{zone}\n"
    import_people(filled, actor, line)
    after = filled.archive.nights(filled.organisation, person.person_id)
    assert set(after["zone"]) == {zone}


def test_somebody_of_the_other_vendor_environment_is_not_here(filled: Application, actor: Actor) -> None:
    other = filled.store.add_person(
        filled.organisation, NewPerson(vendor_id="G-t", name="Test", zone="UTC", environment="test")
    )
    assert other not in filled.people()
    with pytest.raises(UnknownPerson):
        period(filled, actor, other.person_id)


def test_what_is_said_first_is_what_the_whole_says(filled: Application, actor: Actor) -> None:
    day = day_of_cohort(filled, actor, EVERYONE, days=NIGHTS)
    said = (day.title, day.attention_title, day.in_need, day.valid, day.expected, day.first)
    whole = day.overview
    needing = int(whole.people["attention"].sum())
    assert said == (
        whole.title,
        whole.attention_title,
        needing,
        whole.valid,
        whole.expected,
        whole.first,
    )
    person = filled.people()[0]
    shown = period(filled, actor, person.person_id)
    begun = heading(filled, actor, person.person_id, first=shown.first, last=shown.last)
    assert (begun.title, begun.coverage) == (shown.title, shown.coverage)
    assert begun.nights is shown.nights


def test_what_was_computed_is_shared_until_the_nights_or_the_people_change(
    filled: Application, actor: Actor
) -> None:
    person = filled.people()[0]
    first = day_of_cohort(filled, actor, EVERYONE), period(filled, actor, person.person_id)
    assert day_of_cohort(filled, actor, EVERYONE) is first[0]
    assert period(filled, actor, person.person_id) is first[1]
    filled.store.update_person(filled.organisation, replace(person, name="Somebody Else"))
    renamed = day_of_cohort(filled, actor, EVERYONE), period(filled, actor, person.person_id)
    assert "Somebody Else" in set(renamed[0].overview.people["name"])
    assert renamed[1].title.startswith("Somebody Else")
    assert filled.archive.erase(filled.organisation, person.person_id)
    assert day_of_cohort(filled, actor, EVERYONE) is not renamed[0]
    with pytest.raises(NothingRecorded):
        period(filled, actor, person.person_id)


def test_an_answer_that_is_kept_is_still_only_for_who_may_see_it(filled: Application, actor: Actor) -> None:
    person = filled.people()[0]
    day_of_cohort(filled, actor, EVERYONE)
    period(filled, actor, person.person_id)
    stranger = replace(actor, organisations=frozenset({"elsewhere"}))
    with pytest.raises(NotAllowed):
        day_of_cohort(filled, stranger, EVERYONE)
    with pytest.raises(NotAllowed):
        period(filled, stranger, person.person_id)
