"""Admin, settings: when a night counts, and the target, as an operator sets them."""

from nocturne.application import Application
from nocturne.night_rules import DEFAULT_RULES
from tests.nocturne.conftest import make_application  # noqa: F401
from tests.pages.test_admin import admin, empty, filled, said, simulator  # noqa: F401


def test_other_rules_are_shown_with_their_effect_before_they_hold(filled: Application) -> None:  # noqa: F811
    app = admin("settings")
    assert "between 3 h and 16 h in bed" in said(app).replace("\xa0", " ")
    app.number_input(key="nights_shortest_in_bed_min_0").set_value(8.0).run()
    app.button(key="nights_look").click().run()
    assert not app.exception
    (told,) = [info.value for info in app.info]
    assert "would be left out" in told
    assert "too short to stand for a night" in told
    assert "between 8 h and 16 h" in told.replace("\xa0", " ")
    assert filled.night_rules == DEFAULT_RULES, "nothing holds yet"
    app.button(key="nights_save").click().run()
    assert not app.exception
    assert filled.night_rules.shortest_in_bed_min == 480
    assert "Nights count so from now on" in said(app)
    assert not app.info
    app.button(key="nights_default").click().run()
    app.button(key="nights_look").click().run()
    assert "would count that do not now" in app.info[0].value.replace("\xa0", " ")
    app.button(key="nights_save").click().run()
    assert filled.night_rules == DEFAULT_RULES


def test_what_was_looked_at_can_be_left(filled: Application) -> None:  # noqa: F811
    app = admin("settings")
    app.number_input(key="nights_longest_gap_min_0").set_value(0.0).run()
    app.button(key="nights_look").click().run()
    app.button(key="nights_leave").click().run()
    assert not app.exception
    assert not app.info
    assert filled.night_rules == DEFAULT_RULES


def test_what_was_looked_at_is_gone_when_a_field_says_something_else(filled: Application) -> None:  # noqa: F811
    app = admin("settings")
    app.number_input(key="nights_shortest_in_bed_min_0").set_value(6.0).run()
    app.button(key="nights_look").click().run()
    assert app.info
    app.number_input(key="nights_shortest_in_bed_min_0").set_value(4.0).run()
    assert not app.info, "nothing can be saved that the fields do not say"
    assert "nights_save" not in [button.key for button in app.button]
    assert filled.night_rules == DEFAULT_RULES


def test_limits_that_contradict_each_other_are_refused_in_a_sentence(filled: Application) -> None:  # noqa: F811
    app = admin("settings")
    app.number_input(key="nights_most_missing_share_a_0").set_value(30.0).run()
    assert not app.exception
    assert "rise from A to B" in app.error[0].value
    assert not app.info


def test_somebody_else_set_them_meanwhile(filled: Application) -> None:  # noqa: F811
    app = admin("settings")
    app.number_input(key="nights_longest_gap_min_0").set_value(30.0).run()
    app.button(key="nights_look").click().run()
    filled.store.preferences.set(filled.organisation, "valid_night", {"bridge_min": 30}, version=0, by="Noa")
    app.button(key="nights_save").click().run()
    assert not app.exception
    assert filled.organisation_settings.nights.bridge_min == 30
    assert filled.organisation_settings.nights.longest_gap_min == DEFAULT_RULES.longest_gap_min
    assert not app.info, "what was computed was beside other rules"


def test_a_target_is_set_and_given_up(filled: Application) -> None:  # noqa: F811
    app = admin("settings")
    app.number_input(key="target_hours_0").set_value(8.5)
    app.button(key="FormSubmitter:target_0-Save").click().run()
    assert not app.exception
    assert getattr(filled.organisation_settings.need, "minutes", None) == 510
    assert "8 h 30 min" in said(app).replace("\xa0", " ")
    app.button(key="FormSubmitter:target_1-By age").click().run()
    assert filled.organisation_settings.need is None
    assert "age" in said(app)
