"""Whether other nights have come than those that are shown: of these people, and not of others."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from nocturne import newcomers
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.newcomers import nights_here, others_came
from store.people import Person
from tests.nocturne.conftest import NOW, UNTIL
from tests.pages.lives import lives, night, nights


def _put(application: Application, person_id: str, days_later: int, *, received_later_s: int = 1) -> None:
    moment = NOW + timedelta(seconds=received_later_s)
    result = night(UNTIL + timedelta(days=days_later))
    application.archive.put(
        application.organisation, person_id, zone="UTC", results=[result], received=moment, synced_at=moment
    )


def test_a_night_of_theirs_is_noticed_and_only_until_it_is_shown(
    application: Application, actor: Actor
) -> None:
    who = lives(application, nights(5))
    people = [application.person(who)]
    shown = nights_here(application, actor, people, whose=who)
    assert not others_came(application, actor, people, shown)
    _put(application, who, 1)
    assert others_came(application, actor, people, shown)
    assert not others_came(application, actor, people, nights_here(application, actor, people, whose=who))


def test_a_night_that_is_received_anew_is_noticed(application: Application, actor: Actor) -> None:
    who = lives(application, nights(5))
    people = [application.person(who)]
    shown = nights_here(application, actor, people, whose=who)
    _put(application, who, 0, received_later_s=60)
    assert others_came(application, actor, people, shown)


def test_a_night_of_somebody_else_is_none_of_theirs(filled: Application, actor: Actor) -> None:
    who = lives(filled, nights(5))
    mine, others = [filled.person(who)], [each for each in filled.people() if each.person_id != who]
    shown = nights_here(filled, actor, others, whose="others"), nights_here(filled, actor, mine, whose=who)
    _put(filled, who, 1)
    assert not others_came(filled, actor, others, shown[0])
    assert others_came(filled, actor, mine, shown[1])


def test_while_nothing_has_come_nobody_reads_the_nights(
    filled: Application, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = filled.people()
    shown = nights_here(filled, actor, people, whose="everyone")

    def read(*_: object) -> None:
        raise AssertionError("the nights were read")

    monkeypatch.setattr(type(filled.archive), "statistics", read)
    assert not others_came(filled, actor, people, shown)


def test_nobody_has_no_nights(application: Application, actor: Actor) -> None:
    assert nights_here(application, actor, [], whose="nobody").count == 0


def test_the_same_people_are_looked_through_once_for_each_who_asks(
    filled: Application, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    digest = newcomers._digest

    def counted(application: Application, people: Sequence[Person]) -> tuple[int, int]:
        looked.append(len(people))
        return digest(application, people)

    monkeypatch.setattr(newcomers, "_digest", counted)
    people = list(filled.people())
    for some in (people, tuple(people), people):
        nights_here(filled, actor, some, whose="everyone")
    assert looked == [len(people)]
    nights_here(filled, replace(actor, name="another"), people, whose="everyone")
    assert len(looked) == 2
