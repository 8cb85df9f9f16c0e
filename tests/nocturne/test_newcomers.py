"""Whether other nights have come than those that are shown: of these people, and not of others."""

from datetime import timedelta

import pytest

from nocturne.application import Application
from nocturne.newcomers import nights_here, others_came
from tests.nocturne.conftest import NOW, UNTIL
from tests.pages.lives import lives, night, nights


def _put(application: Application, person_id: str, days_later: int, *, received_later_s: int = 1) -> None:
    moment = NOW + timedelta(seconds=received_later_s)
    result = night(UNTIL + timedelta(days=days_later))
    application.archive.put(
        application.organisation, person_id, zone="UTC", results=[result], received=moment, synced_at=moment
    )


def test_a_night_of_theirs_is_noticed_and_only_until_it_is_shown(application: Application) -> None:
    who = lives(application, nights(5))
    people = [application.person(who)]
    shown = nights_here(application, people, whose=who)
    assert not others_came(application, people, shown)
    _put(application, who, 1)
    assert others_came(application, people, shown)
    assert not others_came(application, people, nights_here(application, people, whose=who))


def test_a_night_that_is_received_anew_is_noticed(application: Application) -> None:
    who = lives(application, nights(5))
    people = [application.person(who)]
    shown = nights_here(application, people, whose=who)
    _put(application, who, 0, received_later_s=60)
    assert others_came(application, people, shown)


def test_a_night_of_somebody_else_is_none_of_theirs(filled: Application) -> None:
    who = lives(filled, nights(5))
    mine, others = [filled.person(who)], [each for each in filled.people() if each.person_id != who]
    shown = nights_here(filled, others, whose="others"), nights_here(filled, mine, whose=who)
    _put(filled, who, 1)
    assert not others_came(filled, others, shown[0])
    assert others_came(filled, mine, shown[1])


def test_while_nothing_has_come_nobody_reads_the_nights(
    filled: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = filled.people()
    shown = nights_here(filled, people, whose="everyone")

    def read(*_: object) -> None:
        raise AssertionError("the nights were read")

    monkeypatch.setattr(type(filled.archive), "statistics", read)
    assert not others_came(filled, people, shown)


def test_nobody_has_no_nights(application: Application) -> None:
    assert nights_here(application, [], whose="nobody").count == 0
