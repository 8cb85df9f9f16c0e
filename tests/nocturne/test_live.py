"""Who is recording now, what last night brought and who is missing: of this roster, and of nobody else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from nocturne.access import Actor, NotAllowed, local_actor
from nocturne.application import Application
from nocturne.erasure import erase_person
from nocturne.live import LiveView, live_version, live_view
from nocturne.live_recordings import Recording
from nocturne.roster import EVERYONE
from nocturne.views import day_of_cohort
from store.people import NewPerson
from tests.nocturne.conftest import NOW, UNTIL
from tests.nocturne.nights_under_way import ASLEEP, announces, completes, opens
from tests.pages.lives import NIGHT, SHORT, UNKNOWN, Runs, lives, night, nights


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def one(view: LiveView) -> Recording:
    (found,) = view.recording
    return found


def test_nobody_is_recording(filled: Application, actor: Actor) -> None:
    view = live_view(filled, actor)
    assert (view.recording, view.silent) == ((), ())
    assert view.title == "Nobody is recording now"


def test_who_is_recording_is_shown_with_the_stages_that_have_arrived(
    filled: Application, actor: Actor
) -> None:
    announces(filled)
    person = filled.people()[0]
    opens(filled, person, began_min=125, stages=ASLEEP, without=(3, 4), zone="Europe/Berlin")
    view = live_view(filled, actor)
    found = one(view)
    assert (found.person_id, found.name) == (person.person_id, person.name)
    assert found.night.epochs.tolist() == [*ASLEEP[:30], *[-1] * 20, *ASLEEP[50:]]
    assert plain(found.facts) == "since 16:55 · 2 h 5 min · 19:00 there now"
    assert plain(view.title) == "1 person is asleep now"
    assert view.facts == "2 missing"


def test_who_is_awake_or_without_stages_is_recording_and_not_asleep(
    filled: Application, actor: Actor
) -> None:
    announces(filled)
    first, second, *_ = filled.people()
    opens(filled, first, began_min=6, stages=(0,) * 10)
    opens(filled, second, began_min=1)
    view = live_view(filled, actor)
    assert plain(view.title) == "2 people are recording now"
    assert plain(view.facts) == "1 awake, 1 not known yet · 2 missing"


def test_stages_of_an_hour_ago_do_not_say_that_somebody_is_asleep_now(
    filled: Application, actor: Actor
) -> None:
    announces(filled)
    opens(filled, filled.people()[0], began_min=200, stages=ASLEEP)
    view = live_view(filled, actor)
    assert (plain(view.title), plain(view.facts)) == (
        "1 person is recording now",
        "1 not known yet · 2 missing",
    )


def test_stages_of_hours_ago_that_have_just_come_are_caught_up_with(
    filled: Application, actor: Actor
) -> None:
    announces(filled)
    opens(filled, filled.people()[0], began_min=400, stages=ASLEEP, zone="UTC")
    view = live_view(filled, actor)
    assert (view.recording, view.silent) == ((), ())
    (found,) = view.catching_up
    assert not found.asleep_now
    assert plain(found.facts) == "since 11:20 · until 13:20"
    assert plain(found.heard_words).startswith("Stages until 13:20 have just come")
    assert view.title == "Nobody is known to be recording"
    assert view.facts == "1 catching up · 2 missing"


def test_the_facts_say_in_one_line_whether_all_is_well(
    make_application: Callable[..., Application], application: Application, actor: Actor
) -> None:
    announces(application)
    lives(application, nights(20, missing=[0]))
    names = ("Asleep", "Awake", "Silent", "Another")
    application.store.add_people(
        application.organisation, [NewPerson(vendor_id=f"G-{name}", name=name, zone="UTC") for name in names]
    )
    ids = {person.name: person for person in application.people()}
    for name, began_min, stages in (
        ("Asleep", 65, ASLEEP),
        ("Awake", 66, (0,) * 120),
        ("Silent", 300, ASLEEP),
        ("Another", 301, ASLEEP),
    ):
        opens(application, ids[name], began_min=began_min, stages=stages, session_id=name)
    later = make_application(now=NOW + timedelta(minutes=6))
    view = live_view(later, actor)
    assert plain(view.title) == "1 person is asleep now"
    assert plain(view.facts) == "2 recording: 1 asleep, 1 awake · 2 give no sign · 1 missing"
    assert [each.name for each in view.under_way] == ["Silent", "Another", "Asleep", "Awake"]


def test_where_all_is_well_the_facts_say_so(application: Application, actor: Actor) -> None:
    announces(application)
    lives(application, nights(20))
    assert plain(live_view(application, actor).facts) == "The night to Tue 10 March: nobody is missing"
    opens(application, application.people()[0], began_min=125, stages=ASLEEP)
    view = live_view(application, actor)
    assert plain(view.title) == "1 person is asleep now"
    assert plain(view.facts) == "The night to Tue 10 March: nobody is missing"


@pytest.mark.parametrize("why", ["off", "never set up"])
def test_without_webhooks_nobody_is_said_to_record_or_sleep_now(
    filled: Application, actor: Actor, why: str
) -> None:
    if why == "off":
        announces(filled)
        off = filled.settings.model_copy(update={"nocturne_webhooks": "off"})
        filled = replace(filled, settings=off)
    opens(filled, filled.people()[0], began_min=125, stages=ASLEEP)
    view = live_view(filled, actor)
    assert plain(view.title) == "1 person was recording at the last synchronisation"
    assert view.known_at == NOW
    assert not one(view).asleep_now
    assert "asleep" not in view.facts


def test_between_two_synchronisations_silence_is_no_sign_of_anything(
    make_application: Callable[..., Application], filled: Application, actor: Actor
) -> None:
    first, second, *_ = filled.people()
    opens(filled, first, began_min=125, stages=ASLEEP)
    opens(filled, second, began_min=62, stages=ASLEEP, session_id="another")
    view = live_view(make_application(now=NOW + timedelta(minutes=59)), actor)
    assert len(view.recording) == 2
    opens(
        make_application(now=NOW + timedelta(minutes=59)),
        second,
        began_min=62,
        stages=(1,) * 350,
        session_id="another",
    )
    view = live_view(make_application(now=NOW + timedelta(minutes=61)), actor)
    assert plain(view.facts) == "1 may have ended · 2 missing"
    assert [each.name for each in view.under_way] == [second.name, first.name], (
        "it is nothing to look at first"
    )
    assert "The vendor is asked" not in view.silent[0].heard_words


def test_without_a_zone_of_the_vendor_or_with_a_strange_one_there_is_still_a_clock(
    filled: Application, actor: Actor
) -> None:
    first, second, *_ = filled.people()
    opens(filled, first, began_min=30)
    opens(filled, second, began_min=60, zone="Mars/Olympus", session_id="20260311140000_live1")
    by_name = {each.name: each for each in live_view(filled, actor).recording}
    assert str(by_name[first.name].night.start.tzinfo) == first.zone
    assert by_name[second.name].clock == "18:00"


def test_a_block_from_the_future_is_left_out_and_said(filled: Application, actor: Actor) -> None:
    opens(filled, filled.people()[0], began_min=30, stages=ASLEEP[:100], without=(0, 1, 2, 3, 4, 5, 6, 7, 8))
    found = one(live_view(filled, actor))
    assert (found.night.stages, found.night.elapsed_min) == (b"", 30)
    assert "1 block left out" in plain(found.night.gap_words)
    assert not found.asleep_now


def test_after_an_hour_of_silence_somebody_is_not_said_to_be_recording(
    make_application: Callable[..., Application], filled: Application, actor: Actor
) -> None:
    opens(filled, filled.people()[0], began_min=130, stages=ASLEEP)
    later = make_application(now=NOW + timedelta(minutes=61))
    view = live_view(later, actor)
    assert view.recording == ()
    (silent,) = view.silent
    assert "may have ended" in silent.heard_words
    assert not silent.asleep_now
    assert view.title == "Nobody is known to be recording"
    assert live_view(make_application(now=NOW + timedelta(hours=25)), actor).silent == ()


def test_the_age_of_the_last_block_is_said_once_it_is_worth_saying(
    make_application: Callable[..., Application], filled: Application, actor: Actor
) -> None:
    opens(filled, filled.people()[0], began_min=125, stages=ASLEEP)
    said = [
        plain(one(live_view(make_application(now=NOW + timedelta(minutes=later)), actor)).heard_words)
        for later in (1, 12, 41)
    ]
    assert said == ["", "last block 12 min ago", "last block 41 min ago"]


def test_stages_of_hours_ago_that_no_others_follow_are_no_recording_that_goes_on(
    make_application: Callable[..., Application], filled: Application, actor: Actor
) -> None:
    opens(filled, filled.people()[0], began_min=400, stages=ASLEEP)
    assert live_view(filled, actor).catching_up, "they have just come"
    soon = live_view(make_application(now=NOW + timedelta(minutes=6)), actor)
    assert (soon.recording, soon.catching_up) == ((), ())
    assert soon.silent


def test_a_night_that_is_complete_is_no_longer_under_way(filled: Application, actor: Actor) -> None:
    person = filled.people()[0]
    opens(filled, person, began_min=125, stages=ASLEEP)
    assert live_view(filled, actor).recording
    completes(filled, person)
    assert live_view(filled, actor).recording == ()


def test_nobody_else_is_shown(filled: Application, actor: Actor) -> None:
    stranger = replace(filled.people()[0], vendor_id="G-somebody-else")
    opens(filled, stranger, began_min=30)
    opens(filled, filled.people()[0], began_min=30, organisation="another")
    assert filled.settings.asleep_environment == "live"
    opens(filled, replace(filled.people()[0], environment="test"), began_min=30)
    assert live_view(filled, actor).recording == ()


def test_who_leaves_the_roster_leaves_the_page(filled: Application, actor: Actor) -> None:
    person = filled.people()[0]
    opens(filled, person, began_min=30)
    assert live_view(filled, actor).recording
    erase_person(filled, actor, person.person_id, at_vendor=False)
    assert live_view(filled, actor).recording == ()


def test_only_who_may_see_people_sees_them(filled: Application) -> None:
    with pytest.raises(NotAllowed):
        live_view(filled, local_actor("another"))
    with pytest.raises(NotAllowed):
        live_view(filled, replace(local_actor(filled.organisation), role="nobody"))


def test_what_last_night_brought_is_told_with_when_it_came(application: Application, actor: Actor) -> None:
    who = lives(application, nights(20))
    view = live_view(application, actor)
    assert view.night == UNTIL
    (arrived,) = view.arrived
    assert (arrived.person_id, arrived.received, arrived.main) == (who, NOW, True)
    assert view.arrived_title == "1 of 1 have last night here"
    assert view.awaited == ()


def test_who_usually_comes_and_has_not_is_missing_and_nobody_else(
    application: Application, actor: Actor
) -> None:
    regular = lives(application, nights(20, missing=[0, 5]))
    application.store.add_people(
        application.organisation,
        [
            NewPerson(vendor_id=f"G-{name}", name=name, zone="UTC")
            for name in ("Seldom", "Present", "Recording")
        ],
    )
    ids = {person.name: person for person in application.people()}
    given = {
        "Seldom": [night(UNTIL - timedelta(days=3))],
        "Present": nights(20),
        "Recording": nights(20, missing=[0]),
    }
    for name, results in given.items():
        application.archive.put(
            application.organisation,
            ids[name].person_id,
            zone="UTC",
            results=results,
            received=NOW,
            synced_at=NOW,
        )
    opens(application, ids["Recording"], began_min=30)
    view = live_view(application, actor)
    assert [each.person_id for each in view.awaited] == [regular]
    assert view.awaited[0].words == "came on 13 of the 14\u00a0days before"
    assert {each.name for each in view.arrived} == {"Present"}


def test_who_has_fallen_silent_stands_among_the_silent_alone(
    make_application: Callable[..., Application], application: Application, actor: Actor
) -> None:
    lives(application, nights(20, missing=[0]))
    (person,) = application.people()
    assert [each.name for each in live_view(application, actor).awaited] == [person.name]
    opens(application, person, began_min=130, stages=ASLEEP)
    later = live_view(make_application(now=NOW + timedelta(minutes=75)), actor)
    assert [each.name for each in later.silent] == [person.name]
    assert later.awaited == ()


@pytest.mark.parametrize(
    ("runs", "last_state"), [(SHORT, "no valid night"), (UNKNOWN, "no valid night"), (NIGHT, "valid")]
)
def test_last_night_is_here_of_as_many_as_home_says(
    application: Application, actor: Actor, runs: Runs, last_state: str
) -> None:
    lives(application, [*nights(20, missing=[0]), night(UNTIL, runs=runs)])
    application.store.add_people(
        application.organisation, [NewPerson(vendor_id="G-silent", name="Silent", zone="UTC")]
    )
    found = day_of_cohort(application, actor, EVERYONE, night=UNTIL)
    states = [str(row["last_state"]) for _, row in found.in_order]
    assert sorted(states) == sorted(["no data", last_state])
    view = live_view(application, actor)
    assert view.night == UNTIL
    assert view.arrived_title == "1 of 2 have last night here"
    assert view.awaited == ()


def test_a_nap_after_last_night_does_not_bring_it(application: Application, actor: Actor) -> None:
    lives(application, nights(20))
    application.store.add_people(
        application.organisation, [NewPerson(vendor_id="G-napper", name="Napper", zone="UTC")]
    )
    (napper,) = (person for person in application.people() if person.name == "Napper")
    application.archive.put(
        application.organisation,
        napper.person_id,
        zone="UTC",
        results=[*nights(20, missing=[0]), night(UNTIL + timedelta(days=2), clock="14:00", runs=SHORT)],
        received=NOW,
        synced_at=NOW,
    )
    view = live_view(application, actor)
    assert view.night == UNTIL
    assert "Napper" in {each.name for each in view.arrived}, "it is listed as of a later night"
    assert view.arrived_title == "1 of 2 have last night here"
    assert [each.name for each in view.awaited] == ["Napper"]


def test_the_view_is_made_once_while_nothing_changes(filled: Application, actor: Actor) -> None:
    opens(filled, filled.people()[0], began_min=30, stages=ASLEEP[:20])
    assert live_view(filled, actor) is live_view(filled, actor)
    before = live_version(filled)
    assert live_version(filled) == before
    opens(filled, filled.people()[0], began_min=30, stages=ASLEEP[:40])
    assert live_version(filled) != before
    assert len(one(live_view(filled, actor)).night.stages) == 40


def test_the_version_follows_the_archive_the_roster_and_the_clock(
    make_application: Callable[..., Application],
) -> None:
    application = make_application()
    seen = [live_version(application)]
    lives(application, nights(2))
    seen.append(live_version(application))
    seen.append(live_version(make_application(now=NOW + timedelta(minutes=1))))
    assert len(set(seen)) == 3
