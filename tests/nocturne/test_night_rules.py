"""When a night counts in an organisation: what other rules would do is exactly what they do, and everything says so."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.nights import night_table
from analytics.rules import DEFAULT_RULES, ValidNight
from nocturne import mapping, night_rules
from nocturne.access import Actor, NotAllowed
from nocturne.application import Application
from nocturne.documents import Wanted
from nocturne.engines import EngineFailed
from nocturne.mapping import MapProgress
from nocturne.night_rules import Effect, NotPutInForce, effect, set_night_rules
from nocturne.organisation_settings import (
    NIGHTS,
    TARGET,
    UnusableSetting,
    reset,
    set_target,
)
from nocturne.places import Folder
from nocturne.roster import EVERYONE
from nocturne.runs import people_reports
from nocturne.views import Cohort, cohort_summary, period
from store.errors import EditedMeanwhile
from tests.nocturne.conftest import UNTIL

RULES = {
    "longer in bed": ValidNight(shortest_in_bed_min=480),
    "shorter in bed": ValidNight(longest_in_bed_min=450, shortest_in_bed_min=60),
    "no lost signal": ValidNight(most_missing_share_a=0, most_missing_share_b=0),
    "much lost signal": ValidNight(most_missing_share_b=0.5, longest_gap_min=240),
    "pieces stay pieces": ValidNight(bridge_min=0),
}


def counting(application: Application, rules: ValidNight) -> set[tuple[str, pd.Timestamp]]:
    """Person and date of every night that counts by the rules, from the sessions as they are."""
    found = set()
    for person in application.people():
        sessions = application.archive.sessions(application.organisation, person.person_id)
        nights = night_table(sessions, zone=person.zone, rules=rules)
        valid = nights[nights["valid"] & (nights["kind"] == "main")]
        found |= {(person.person_id, night) for night in valid["night"]}
    return found


def in_the_archive(application: Application) -> set[tuple[str, pd.Timestamp]]:
    nights = application.archive.statistics(application.organisation)
    valid = nights[nights["valid"] & (nights["kind"] == "main")]
    return set(zip(valid["person_id"], valid["night"], strict=True))


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
def test_what_is_told_beforehand_is_what_happens(
    filled: Application, actor: Actor, rules: ValidNight
) -> None:
    before, after = counting(filled, DEFAULT_RULES), counting(filled, rules)
    version, told = filled.archive.version(filled.organisation), list[MapProgress]()
    found = effect(filled, actor, rules, tell=told.append)
    assert found.nights == len(before)
    assert found.left_out == len(before - after)
    assert found.counted == len(after - before)
    assert found.people == len({person for person, _ in before ^ after})
    assert found.unread == ()
    assert told[-1].share == 1
    assert filled.archive.version(filled.organisation) == version, "to look changes nothing"
    set_night_rules(filled, actor, rules, version=0)
    assert in_the_archive(filled) == after
    assert filled.night_rules == filled.organisation_settings.nights == rules
    assert effect(filled, actor, rules) == Effect(nights=len(after))


def test_the_effect_has_its_reasons(filled: Application, actor: Actor) -> None:
    found = effect(filled, actor, RULES["longer in bed"])
    assert found.left_out > 5
    assert found.reasons == {"TIME_IN_BED_SHORT": found.left_out}
    assert f"{found.left_out}: the recording is too short to stand for a night" in found.in_words.replace(
        "\xa0", " "
    )
    assert f"more nights of {found.nights} would be left out" in found.in_words.replace("\xa0", " ")
    assert "Nothing would change" in effect(filled, actor, DEFAULT_RULES).in_words


def test_the_defaults_again_are_no_setting(filled: Application, actor: Actor) -> None:
    before = in_the_archive(filled)
    set_night_rules(filled, actor, RULES["longer in bed"], version=0)
    assert in_the_archive(filled) != before
    now = filled.organisation_settings
    assert now.changed[NIGHTS].startswith(f"set by {actor.name}")
    set_night_rules(filled, actor, DEFAULT_RULES, version=now.versions[NIGHTS])
    assert in_the_archive(filled) == before
    assert NIGHTS not in filled.organisation_settings.changed


def test_the_later_of_two_is_told_and_nothing_changes(filled: Application, actor: Actor) -> None:
    set_night_rules(filled, actor, RULES["longer in bed"], version=0)
    with pytest.raises(EditedMeanwhile):
        set_night_rules(filled, actor, RULES["no lost signal"], version=0)
    assert filled.night_rules == RULES["longer in bed"]


def test_only_who_may(filled: Application, actor: Actor) -> None:
    other = replace(actor, organisations=frozenset({"elsewhere"}))
    with pytest.raises(NotAllowed):
        effect(filled, other, RULES["longer in bed"])
    with pytest.raises(NotAllowed):
        set_night_rules(filled, other, RULES["longer in bed"], version=0)
    assert filled.night_rules == DEFAULT_RULES


def test_what_could_not_be_made_is_said_and_made_at_the_next_start(
    filled: Application,
    actor: Actor,
    make_application: Callable[..., Application],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nobody_works(*_: object, **__: object) -> None:
        raise EngineFailed("Nobody works there.")

    with monkeypatch.context() as patch:
        patch.setattr("nocturne.night_rules.map_batches", nobody_works)
        with pytest.raises(NotPutInForce, match="started the next time"):
            set_night_rules(filled, actor, RULES["longer in bed"], version=0)
    assert filled.night_rules == DEFAULT_RULES
    assert in_the_archive(filled) == counting(filled, DEFAULT_RULES), "no mixture meanwhile"
    again = make_application()
    assert again.night_rules == RULES["longer in bed"]
    assert in_the_archive(again) == counting(again, RULES["longer in bed"])


def test_of_two_at_once_the_later_decides_the_archive_too(
    filled: Application, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = RULES["longer in bed"], RULES["no lost signal"]
    maps, begun = mapping.map_batches, list[bool]()

    def meanwhile(*arguments: Any, **more: Any) -> Any:
        made = maps(*arguments, **more)
        if not begun:
            begun.append(True)
            set_night_rules(filled, actor, second, version=filled.organisation_settings.versions[NIGHTS])
        return made

    monkeypatch.setattr(night_rules, "map_batches", meanwhile)
    with pytest.raises(NotPutInForce, match="Somebody else"):
        set_night_rules(filled, actor, first, version=0)
    assert filled.night_rules == filled.organisation_settings.nights == second
    assert in_the_archive(filled) == counting(filled, second)


def test_who_cannot_be_looked_at_is_named_and_not_counted(filled: Application, actor: Actor) -> None:
    person = filled.people()[0]
    path = filled.archive.folder / filled.organisation / "people" / f"{person.person_id}.parquet"
    before = effect(filled, actor, DEFAULT_RULES)
    path.chmod(0o600)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    found = effect(filled, actor, DEFAULT_RULES)
    assert [failure.person_id for failure in found.unread] == [person.person_id]
    assert found.left_out == found.counted == 0
    assert 0 < found.nights < before.nights


def test_words_and_reports_speak_of_the_rules_in_force(
    filled: Application, actor: Actor, tmp_path: Path
) -> None:
    rules = ValidNight(shortest_in_bed_min=240, most_missing_share_b=0.3)
    said = "at most 30 % of the recording missing, no gap longer than 1 h, and between 4 h and 16 h in bed. "
    said += "With more than 20 % missing, efficiency is of all time in bed, the missing time as not slept."
    set_night_rules(filled, actor, rules, version=0)
    person = filled.people()[0]
    methods = [
        period(filled, actor, person.person_id).method,
        cohort_summary(
            filled,
            actor,
            Cohort(name=EVERYONE, label="Everyone", size=6),
            first=UNTIL - timedelta(days=6),
            last=UNTIL,
        ).method,
    ]
    wanted = Wanted(ending=UNTIL, formats=("html",))
    run = people_reports(filled, actor, [person], wanted, Folder(tmp_path / "reports"))
    methods.append(Path(run.files[0]).read_text(encoding="utf-8"))
    for method in methods:
        assert said in method.replace("\xa0", " ").replace("&nbsp;", " ")


class TestTarget:
    def test_debts_are_measured_against_it(self, filled: Application, actor: Actor) -> None:
        person = filled.people()[0]
        before = period(filled, actor, person.person_id).patterns.debt
        set_target(filled.store, filled.organisation, actor, 9.5, version=0)
        after = period(filled, actor, person.person_id).patterns.debt
        assert after.need.minutes == 570
        assert "target of the organisation" in after.reason
        assert after.mean_deficit_min == pytest.approx(
            before.mean_deficit_min + 570 - before.need.minutes, nan_ok=True
        )
        assert np.isfinite(after.mean_deficit_min)
        reset(
            filled.store,
            filled.organisation,
            actor,
            TARGET,
            version=filled.organisation_settings.versions[TARGET],
        )
        assert period(filled, actor, person.person_id).patterns.debt == before

    @pytest.mark.parametrize("hours", [0, 3.9, 16.1, -8, float("nan"), float("inf")])
    def test_nobody_sleeps_so(self, application: Application, actor: Actor, hours: float) -> None:
        with pytest.raises(UnusableSetting, match="between 4 and 16 h"):
            set_target(application.store, application.organisation, actor, hours, version=0)
        assert application.organisation_settings.need is None

    @pytest.mark.parametrize("kept", ["eight", None, [8], 99])
    def test_what_cannot_be_used_is_no_target(
        self, application: Application, caplog: pytest.LogCaptureFixture, kept: object
    ) -> None:
        application.store.preferences.set(application.organisation, TARGET, kept, version=0, by="somebody")
        assert application.organisation_settings.need is None
        assert "target" in caplog.text


@pytest.mark.parametrize("kept", [{"no_such": 1}, [], "x", {"longest_in_bed_min": 1}])
def test_kept_rules_that_cannot_be_used_are_the_defaults(
    application: Application, caplog: pytest.LogCaptureFixture, kept: object
) -> None:
    application.store.preferences.set(application.organisation, NIGHTS, kept, version=0, by="somebody")
    assert application.organisation_settings.nights == DEFAULT_RULES
    assert "valid nights" in caplog.text
