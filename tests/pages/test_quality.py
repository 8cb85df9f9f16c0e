"""Quality: why nights were left out is found on the page, whatever the link says and whoever is in the cohort."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from analytics.analysed import Analysed
from analytics.quality import Quality
from analytics.rules import DEFAULT_RULES
from asleep.simulator.server import Running, serve
from asleep.simulator.world import simulated_world
from nocturne import access
from nocturne import application as applications
from nocturne import cohorts as of
from nocturne.access import Permission, local_actor
from nocturne.application import Application
from nocturne.cohorts import Cohort
from nocturne.mapping import EngineFailed
from nocturne.quality import quality_of
from nocturne.roster import EVERYONE, add_person
from nocturne.sync import synchronise
from pages import quality_flow, quality_rules
from store.people import NewPerson
from tests.nocturne.conftest import NOW, UNTIL, make_application, roster_csv, simulator  # noqa: F401
from tests.nocturne.importing import import_people
from tests.pages.test_basis import statistics_only  # noqa: F401
from tests.pages.test_pages import empty, filled, plain, run, unfolded, words  # noqa: F401
from tests.pages.test_parts import HOSTILE

# Last night is that of the day of NOW, or the one before: the archive of the tests ends with UNTIL.
LAST = UNTIL + timedelta(days=1)


def page(**params: str) -> AppTest:
    app = run("quality.py", **params)
    assert not app.exception, [each.value for each in app.exception]
    return app


def said(app: AppTest) -> str:
    return plain(words(app)).replace("\\", "")


def remarks(app: AppTest) -> list[str]:
    return [plain(each.value).replace("\\", "") for each in app.info]


def of_everyone(application: Application, **asked: object) -> Quality:
    everyone = Cohort(name=EVERYONE, label="Everyone", size=len(application.people()))
    return quality_of(
        application,
        local_actor(application.organisation),
        everyone,
        first=UNTIL - timedelta(days=27),
        last=UNTIL,
        analysed=Analysed(**asked),  # type: ignore[arg-type]
    )


def period() -> dict[str, str]:
    return {"from": (UNTIL - timedelta(days=27)).isoformat(), "to": UNTIL.isoformat()}


def listed(app: AppTest) -> pd.DataFrame:
    (found,) = [each.value for each in app.dataframe if "Missing" in each.value.columns]
    return found


def flow_rows(app: AppTest) -> dict[str, tuple[str, str]]:
    unfolded(app, "quality_flow")
    (table,) = [each.value for each in app.dataframe if "Step or reason" in each.value.columns]
    return {
        str(label): (str(nights), str(sessions)) for label, nights, sessions in table.itertuples(index=False)
    }


def test_the_title_is_the_finding_and_the_flow_has_its_numbers(filled: Application) -> None:  # noqa: F811
    found = of_everyone(filled)
    app = page(**period())
    left = found.recorded - found.in_analysis
    assert (
        plain(app.title[0].value)
        .replace("\\", "")
        .startswith(f"{left} of {found.recorded} nights were left out")
    )
    assert f"{found.recorded} of {found.expected} expected nights recorded" in said(app)
    rows = flow_rows(app)
    assert rows["Expected"] == (str(found.expected), "–")
    assert rows["Recorded"] == (str(found.recorded), str(found.ledger.recorded))
    assert rows["Valid"] == (str(found.valid), str(found.ledger.valid))
    assert rows["Analysed"] == (str(found.in_analysis), str(found.ledger.analysed))
    for each in found.ledger.exclusions:
        assert rows[each.reason][1].removeprefix("−") == str(each.sessions)


def test_a_chosen_reason_lists_exactly_its_nights_and_stands_in_the_link(filled: Application) -> None:  # noqa: F811
    found = of_everyone(filled)
    app = page(**period())
    assert len(listed(app)) == len(found.left_out)
    code = "TIME_IN_BED_SHORT"
    app.pills(key="quality_reason").set_value(code).run()
    assert not app.exception
    assert app.query_params["reason"] == code
    table = listed(app)
    wanted = found.nights_of(code)
    assert table["Person"].tolist() == wanted["name"].tolist()
    assert table["Night"].tolist() == wanted["night"].dt.date.tolist()
    assert len(table) == found.nights_by_reason[code]
    again = page(reason=code, **period())
    pd.testing.assert_frame_equal(listed(again), table)
    app.pills(key="quality_reason").set_value(None).run()
    assert "reason" not in app.query_params
    assert len(listed(app)) == len(found.left_out)


@pytest.mark.parametrize(("code", "answer"), [("", "Reason"), ("TIME_IN_BED_SHORT", "In bed")])
def test_a_phone_shows_of_each_night_what_was_asked(
    filled: Application,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    answer: str,
) -> None:
    monkeypatch.setattr(quality_flow, "narrow", lambda: True)
    asked = {"reason": code} if code else {}
    columns = [list(each.value.columns) for each in page(**asked, **period()).dataframe]
    assert ["Person", "Night", answer] in columns


def test_a_row_opens_the_night(filled: Application) -> None:  # noqa: F811
    app = page(**period())
    wanted = of_everyone(filled).left_out.iloc[0]
    app.session_state["quality_nights"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    assert not app.exception
    assert app.query_params["session"] == wanted["session_id"]
    assert app.query_params["person"] == wanted["person_id"]


def test_nights_without_a_recording_are_listed_and_lead_to_the_person(filled: Application) -> None:  # noqa: F811
    found = of_everyone(filled)
    app = page(reason="NO_RECORDING", **period())
    (table,) = [each.value for each in app.dataframe if list(each.value.columns) == ["Person", "Night"]]
    assert len(table) == found.unrecorded
    app.session_state["quality_nights"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    assert not app.exception
    assert app.query_params["person"] == found.nights_of("NO_RECORDING").iloc[0]["person_id"]


def test_what_is_analysed_can_be_chosen_and_stands_in_the_link(filled: Application) -> None:  # noqa: F811
    app = page(**period())
    app.selectbox(key="quality_measure").set_value("rem_latency_min").run()
    app.number_input(key="quality_minimum").set_value(24).run()
    app.toggle(key="quality_consistency").set_value(True).run()
    assert not app.exception
    asked = {"measure": "rem_latency_min", "minimum": "24", "consistency": "yes"}
    assert {name: app.query_params[name] for name in asked} == asked
    found = of_everyone(filled, measure="rem_latency_min", minimum_nights=24, consistency=True)
    assert found.in_analysis < found.valid
    assert flow_rows(app)["Analysed"][0] == str(found.in_analysis)
    assert flow_rows(page(**asked, **period()))["Analysed"][0] == str(found.in_analysis)


def test_other_rules_are_looked_at_and_never_saved(filled: Application) -> None:  # noqa: F811
    app = page(**period())
    assert "between 3 h and 16 h in bed" in said(app)
    app.number_input(key="quality_shortest_in_bed_min").set_value(7.0)
    app.button(key="FormSubmitter:quality_rules-See what would change").click().run()
    assert not app.exception
    assert app.query_params["shortest_in_bed_min"] == "420"
    assert "would be left out" in said(app)
    assert "between 7 h and 16 h in bed" in said(app)
    assert filled.night_rules == DEFAULT_RULES
    again = page(shortest_in_bed_min="420", **period())
    headings = [plain(each.value) for each in app.subheader if "would be left out" in each.value]
    assert headings == [plain(each.value) for each in again.subheader if "would be left out" in each.value]
    assert again.number_input(key="quality_shortest_in_bed_min").value == 7
    again.button(key="FormSubmitter:quality_rules-The rules in force").click().run()
    assert "shortest_in_bed_min" not in again.query_params
    assert "would be left out" not in said(again)
    assert "Put rules in force in Admin" in [link.proto.label for link in app.get("page_link")]


def test_limits_that_contradict_each_other_are_a_sentence(filled: Application) -> None:  # noqa: F811
    app = page(most_missing_share_a="0.4", most_missing_share_b="0.1", **period())
    assert "rise from A to B" in app.error[0].value
    assert len(flow_rows(app)) > 4


def test_where_nobody_can_compute_it_is_a_sentence(
    filled: Application,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nobody(*_args: object, **_more: object) -> None:
        raise EngineFailed("Nobody works there.")

    monkeypatch.setattr(quality_rules, "quality_by", nobody)
    app = page(longest_gap_min="30", **period())
    assert "Nobody works there" in app.error[0].value.replace("\\", "")


def test_every_limit_is_shown_with_its_source(filled: Application) -> None:  # noqa: F811
    (limits,) = [each.value for each in page().table if "Source" in each.value.columns]
    assert len(limits) == len(DEFAULT_RULES.__dataclass_fields__)
    assert limits["Source"].str.contains("SPEC").all()


@pytest.mark.parametrize(
    ("params", "remark"),
    [
        ({"reason": "SOMETHING"}, "a reason that no night here has"),
        ({"measure": "secret"}, "a statistic that does not exist"),
        ({"consistency": "perhaps"}, "a choice for consistency"),
        ({"minimum": "-3"}, "“minimum”"),
        ({"part": "99"}, "“part”"),
        ({"longest_gap_min": "1e9"}, "“longest_gap_min”"),
        ({"bridge_min": "nan"}, "“bridge_min”"),
        ({"cohort": "nobody"}, "a cohort that does not exist"),
        ({"from": "2026-03-10", "to": "2026-03-01"}, "ends before it begins"),
    ],
)
def test_a_link_that_names_nothing_shows_the_default_with_a_remark(
    filled: Application,  # noqa: F811
    params: dict[str, str],
    remark: str,
) -> None:
    app = page(**params)
    assert any(remark in each for each in remarks(app)), remarks(app)
    assert "nights were left out" in plain(app.title[0].value)


@pytest.mark.parametrize(
    ("first", "last", "words_"),
    [
        ("2019-01-01", "2019-01-31", "nothing was recorded in this period"),
        ("2026-03-09", "2026-03-09", "recorded"),
        ("2026-03-12", "2026-03-20", "nothing was recorded in this period"),
        ("2025-04-01", "2026-03-10", "nights were left out"),
    ],
)
def test_any_period_has_a_page(filled: Application, first: str, last: str, words_: str) -> None:  # noqa: F811
    assert words_ in said(page(**{"from": first, "to": last}))


def test_a_cohort_of_nobody_and_of_one_has_a_page(filled: Application) -> None:  # noqa: F811
    actor = local_actor(filled.organisation)
    nobody = of.save_cohort(filled, actor, "Nobody", rule=of.CohortRule(youngest_years=120))
    app = page(cohort=nobody.cohort_id, longest_gap_min="30")
    assert "nobody is in this cohort" in said(app)
    one = of.save_cohort(filled, actor, "One", person_ids=[filled.people()[0].person_id])
    assert "1 person" in said(page(cohort=one.cohort_id))


def test_people_without_a_night_are_expected_all_the_same(empty: Application) -> None:  # noqa: F811
    actor = local_actor(empty.organisation)
    add_person(empty, actor, NewPerson(vendor_id="G-1", name="Noa", zone="UTC"))  # no year of birth, no sex
    app = page(longest_gap_min="30")
    assert "nothing was recorded in this period" in said(app)
    assert flow_rows(app)["Expected"] == ("28", "–")
    assert "1 person" in said(app)


def test_all_nights_left_out_is_a_finding(filled: Application) -> None:  # noqa: F811
    app = page(minimum="366", **period())
    found = of_everyone(filled, minimum_nights=366)
    assert found.in_analysis == 0
    assert f"{found.recorded} of {found.recorded} nights were left out" in plain(app.title[0].value)
    assert "too few nights of a person" in plain(app.title[0].value)


def test_until_the_stages_are_here_the_count_says_that_it_is_not_complete(
    statistics_only: Application,  # noqa: F811
) -> None:
    app = page()
    assert "complete only when the stages are here" in said(app)
    assert "stages for 0 of" in said(app).lower()
    unfolded(app, "quality_grid")
    grid = next(each.value for each in app.dataframe if "Valid nights" in each.value.columns)
    assert (grid == "provisional").any(axis=None)


def test_names_are_never_markup(filled: Application) -> None:  # noqa: F811
    for person in filled.people():
        filled.store.update_person(filled.organisation, replace(person, name=HOSTILE))
    app = page(longest_gap_min="5", **period())
    assert HOSTILE not in words(app)
    assert listed(app)["Person"].iloc[0] == HOSTILE, "a cell shows it letter by letter"


def test_who_may_not_make_reports_has_no_download(
    filled: Application,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert len(page().download_button) == 2
    fewer = access.ROLES["local"] - {Permission.MAKE_REPORTS, Permission.MANAGE_PEOPLE}
    monkeypatch.setitem(access.ROLES, "local", fewer)
    app = page()
    assert not app.download_button
    assert "Put rules in force in Admin" not in [link.proto.label for link in app.get("page_link")]


class TestClockChange:
    @pytest.fixture
    def simulator(self) -> Iterator[Running]:
        """Nights over the change of clocks at the end of March."""
        until, now = UNTIL + timedelta(days=25), NOW + timedelta(days=25)
        with serve(simulated_world(people=3, nights=20, seed=4, until=until, now=now)) as running:
            yield running

    def test_a_clock_change_within_the_period_loses_no_night(
        self,
        make_application: Callable[..., Application],  # noqa: F811
        simulator: Running,  # noqa: F811
    ) -> None:
        application = make_application(now=NOW + timedelta(days=25))
        applications.register(application, request_sync=lambda: None)
        import_people(application, local_actor(application.organisation), roster_csv(simulator))
        for person in application.people():
            application.store.update_person(application.organisation, replace(person, zone="Europe/Berlin"))
        synchronise(application, local_actor(application.organisation), application.people())
        try:
            app = page(**{"from": "2026-03-20", "to": "2026-04-04"})
            assert flow_rows(app)["Expected"] == ("48", "–")
        finally:
            applications.forget()
