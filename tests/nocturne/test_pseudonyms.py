"""A pseudonym is the same for ever, of one person only, and nothing that is kept leads back from it."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.night_epochs import night_epochs
from analytics.night_view import night_view
from analytics.nights import night_table
from analytics.sleeper import Sleeper
from asleep.simulator.server import Running
from nocturne import pseudonyms as made
from nocturne.access import Actor
from nocturne.aliases import alias_of, pseudonymous
from nocturne.application import Application
from nocturne.erasure import erase_person
from nocturne.pseudonyms import pseudonyms
from nocturne.roster import add_person
from store.people import NewPerson
from store.preferences import DEFAULT
from tests.analytics.recordings import Recording, at, session_set
from tests.cache.samples import bytes_under

WRITTEN = re.compile(r"P-[0-9A-HJKMNP-TV-Z]{10}")
SECRET = b"s" * 32


def ids(application: Application) -> list[str]:
    return [person.person_id for person in application.people()]


def added(application: Application, actor: Actor, number: int) -> str:
    new = NewPerson(vendor_id=f"G-canary-{number}", name=f"Canary {number}", zone="UTC")
    return add_person(application, actor, new).person_id


def test_everybody_has_one_of_their_own_and_keeps_it(
    make_application: Callable[..., Application], actor: Actor
) -> None:
    application = make_application()
    people = [added(application, actor, number) for number in range(20)]
    found = pseudonyms(application, people)
    assert list(found) == people
    assert len(set(found.values())) == 20
    assert all(WRITTEN.fullmatch(each) for each in found.values())
    again = make_application()  # another process would open it so
    assert pseudonyms(again, reversed(people)) == found
    assert pseudonyms(again, people[3:4]) == {people[3]: found[people[3]]}


def test_two_organisations_call_the_same_id_by_different_names() -> None:
    north, south = (made.pseudonym(SECRET, name, "p_one") for name in ("north", "south"))
    assert north != south
    assert made.pseudonym(b"t" * 32, "north", "p_one") not in {north, south}


def test_a_pseudonym_depends_on_nobody_else_and_of_very_many_none_is_another_s() -> None:
    people = [f"p_{number}" for number in range(60_000)]
    found = {each: made.pseudonym(SECRET, "north", each) for each in people}
    assert len(set(found.values())) == len(people)
    assert made.pseudonym(SECRET, "north", people[7]) == found[people[7]]


def test_the_secret_is_made_once_and_whoever_comes_second_takes_it(
    application: Application, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    person_id = added(application, actor, 1)
    preferences = application.store.preferences
    rightly, others = preferences.set, "ab" * 32

    def second(organisation: str, key: str, value: object, *, version: int, by: str) -> object:
        rightly(organisation, key, others, version=DEFAULT, by="another process")
        return rightly(organisation, key, value, version=version, by=by)

    monkeypatch.setattr(preferences, "set", second)
    first = pseudonyms(application, [person_id])
    monkeypatch.undo()
    assert preferences.all(application.organisation)["pseudonym_secret"].value == others
    assert pseudonyms(application, [person_id]) == first


def test_the_secret_is_told_to_nobody(
    application: Application,
    actor: Actor,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(0)
    person_id = added(application, actor, 1)
    found = pseudonyms(application, [person_id])
    secret = application.store.preferences.all(application.organisation)["pseudonym_secret"].value
    assert len(bytes.fromhex(secret)) == 32
    said = "".join([*(record.getMessage() for record in caplog.records), *capsys.readouterr()])
    assert secret not in said
    assert secret not in f"{application.organisation_settings!r} {found!r} {application!r}"


def test_of_somebody_who_was_erased_nothing_links_to_the_pseudonym(
    filled: Application, actor: Actor, simulator: Running, tmp_path: Path
) -> None:
    person, other = filled.people()[:2]
    found = pseudonyms(filled, [person.person_id, other.person_id])
    # Not at the vendor, whose people other tests share.
    erase_person(filled, actor, person.person_id, at_vendor=False)
    filled.store.scrub()
    left = bytes_under(tmp_path / "data")
    for trace in (found[person.person_id], person.person_id, person.vendor_id, person.name):
        assert trace.encode() not in left
    assert pseudonyms(filled, [other.person_id]) == {other.person_id: found[other.person_id]}
    new = NewPerson(vendor_id=person.vendor_id, name=person.name, zone=person.zone)
    back = add_person(filled, actor, new)
    assert pseudonyms(filled, [back.person_id])[back.person_id] != found[person.person_id]


def test_a_sleeper_keeps_what_statistics_need_and_loses_the_rest() -> None:
    canary = Sleeper(
        person_id="p_canary",
        name="Canary",
        zone="Europe/Berlin",
        birth_year=1990,
        sex="female",
        tags=("Ward 7",),
    )
    found = pseudonymous(canary, "P-7F3K9QX2VD")
    assert found == Sleeper(
        person_id="P-7F3K9QX2VD", name="P-7F3K9QX2VD", zone="Europe/Berlin", birth_year=1990, sex="female"
    )
    assert pseudonymous(canary, "P-7F3K9QX2VD", tags=True).tags == ("Ward 7",)


@pytest.fixture
def recordings() -> list[Recording]:
    pieces = (
        Recording(session_id="canary-late", start=at("2026-02-11 03:00"), stages=((0, 4), (2, 400))),
        Recording(session_id="canary-early", start=at("2026-02-10 23:00"), stages=((1, 406),)),
    )
    broken = Recording(
        session_id="canary-broken",
        start=at("2026-02-11 23:00"),
        problem="canary-broken of G-canary is no JSON",
    )
    return [*pieces, broken]


def test_sessions_are_numbered_by_their_start_and_later_ones_leave_the_numbers_alone(
    recordings: list[Recording],
) -> None:
    alias = alias_of("P-A", session_set(recordings))
    assert alias.sessions == {"canary-early": "P-A-1", "canary-late": "P-A-2", "canary-broken": "P-A-3"}
    later = Recording(session_id="canary-0", start=at("2026-02-20 23:00"))
    grown = alias_of("P-A", session_set([later, *recordings])).sessions
    assert grown == {**alias.sessions, "canary-0": "P-A-4"}


def test_nights_epochs_sessions_and_views_hold_no_true_id(recordings: list[Recording]) -> None:
    sessions = session_set(recordings)
    nights = night_table(sessions, zone="UTC")
    alias = alias_of("P-A", sessions)
    renamed = alias.of_nights(nights.assign(person_id="p_canary"))
    assert renamed["session_ids"].tolist() == ["P-A-1;P-A-2", "P-A-3"]
    same = [name for name in nights if name not in {"session_id", "session_ids"}]
    pd.testing.assert_frame_equal(renamed[same], nights[same])
    epochs = alias.of_epochs(night_epochs(sessions, zone="UTC"))
    assert epochs.session_ids == ("P-A-1;P-A-2",)
    hidden = alias.of_sessions(sessions)
    pd.testing.assert_frame_equal(night_table(hidden, zone="UTC")[same], nights[same])
    views = [alias.of_view(night_view(sessions, nights, each)) for each in ("canary-late", "canary-broken")]
    views.append(night_view(hidden, alias.of_nights(nights), "P-A-3"))
    assert views[0].session_id == "P-A-1"
    for said in (
        renamed.to_csv(),
        hidden.frame.to_csv(),
        repr(views),
        *(str(v.statistics.to_dict()) for v in views),
    ):
        assert "canary" not in said
    assert views[1].reasons == ("The vendor's answer for this session could not be read.",)


@given(st.permutations(range(8)))
def test_numbers_do_not_depend_on_the_order_of_arrival(order: list[int]) -> None:
    starts = ["2026-02-10 23:00", "2026-02-11 23:00"]
    made_up = [Recording(session_id=f"s{n}", start=at(starts[n % 2])) for n in range(8)]
    expected = alias_of("P-A", session_set(made_up)).sessions
    assert alias_of("P-A", session_set([made_up[n] for n in order])).sessions == expected


def test_a_session_without_a_start_comes_last() -> None:
    sessions = session_set([Recording(session_id="a", start=at("2026-02-10 23:00"))] * 1)
    columns = dict(sessions.columns)
    columns["start"] = np.full(1, np.iinfo(np.int64).min)
    nowhere = type(sessions)(columns=columns, stages=sessions.stages, snoring=sessions.snoring)
    known = session_set([Recording(session_id="b", start=at("2026-02-12 23:00"))])
    both = type(sessions).concat([nowhere, known])
    assert alias_of("P-A", both).sessions == {"b": "P-A-1", "a": "P-A-2"}
