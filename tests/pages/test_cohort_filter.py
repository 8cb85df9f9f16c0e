"""Cohort: some of its people, one metric at a time, page by page; and the link says which."""

import json
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from analytics.night_metrics import NIGHT_METRICS
from nocturne import cohorts as of
from nocturne.access import local_actor
from nocturne.application import Application
from nocturne.cohort_filter import filtered
from nocturne.cohorts import CohortRule
from nocturne.roster import add_person
from pages import cohort_metric, cohort_table
from reports.definitions import definition
from store.people import NewPerson
from tests.nocturne.conftest import NOW, make_application, simulator  # noqa: F401
from tests.pages.test_cohort import opened
from tests.pages.test_pages import empty, filled, plain, run, words  # noqa: F401
from tests.pages.test_parts import HOSTILE


def said(app: AppTest) -> str:
    assert not app.exception
    return plain(words(app)).replace("\\", "")


def headings(app: AppTest) -> list[str]:
    return [plain(each.value).replace("\\", "") for each in app.header]


def listed(app: AppTest) -> set[str]:
    return set(app.dataframe[0].value["Person"])


def ways(app: AppTest) -> set[str]:
    """What the links of the page say; each person of the panels has one."""
    return {str(getattr(link, "label", "")).replace("\\", "") for link in app.get("page_link")}


def remarks(app: AppTest) -> str:
    return "\n".join(each.value for each in app.info).replace("\\", "")


def linked(**params: str | list[str]) -> AppTest:
    app = run("cohort.py")
    app.query_params.clear()
    for name, value in params.items():
        app.query_params[name] = value
    return app.run()


def set_years(application: Application, *years: int | None) -> None:
    """Gives the people of the roster these years of birth, in order."""
    for person, year in zip(application.people(), years, strict=False):
        application.store.update_person(application.organisation, replace(person, birth_year=year))


@pytest.fixture
def aged(filled: Application) -> Application:  # noqa: F811
    set_years(filled, NOW.year - 20, NOW.year - 30, NOW.year - 40, None, None, NOW.year - 50)
    return filled


def test_a_filter_by_age_counts_who_is_left_and_who_has_no_year(aged: Application) -> None:
    app = linked(age_from="25", age_to="45")
    assert "**2 of 6 people; 2 without a year of birth are left out by the age filter.**" in said(app)
    assert listed(app) == {person.name for person in aged.people()[1:3]}
    assert "2 of 6 people" in said(app)
    assert app.number_input(key="cohort_filter_age_from").value == 25


def test_the_filter_narrows_table_spread_map_and_panels(aged: Application) -> None:
    app = linked(age_from="25", age_to="45")
    assert "84 nights valid" in said(app) or "of 84 nights" in said(app)
    assert any("too few people for an average" in each for each in headings(app))
    names = {person.name for person in aged.people()[1:3]}
    assert names <= ways(app)
    assert not ways(app) & {person.name for person in aged.people()} - names


def test_tags_and_sex_narrow_it_too(filled: Application) -> None:  # noqa: F811
    people = filled.people()
    tag, sex = people[0].tags[0], people[0].sex
    app = linked(tag=[tag], sex=[sex or "not_said"])
    wanted = {person.name for person in people if tag in person.tags and person.sex == sex}
    assert listed(app) == wanted
    assert app.multiselect(key="cohort_filter_tag").value == [tag]


def test_what_is_chosen_in_the_fields_stands_in_the_link_and_pages_begin_anew(aged: Application) -> None:
    app = linked(page="1", metric="rem_min")
    app.number_input(key="cohort_filter_age_from").set_value(35).run()
    assert app.query_params["age_from"] == "35"
    assert app.query_params["metric"] == "rem_min"
    assert "page" not in app.query_params
    assert listed(app) == {person.name for person in (aged.people()[2], aged.people()[5])}
    app.number_input(key="cohort_filter_age_to").set_value(20).run()
    assert (app.query_params["age_from"], app.query_params["age_to"]) == ("20", "35"), "exchanged"


def test_a_filter_that_leaves_nobody_is_a_sentence_with_a_way_back(aged: Application) -> None:
    app = linked(age_from="120")
    assert "Nobody of this cohort fits the filter. People 120 years or older." in said(app)
    assert "2 without a year of birth are left out by the age filter." in said(app)
    assert len(app.dataframe) == 0
    app.button(key="cohort_filter_clear_all").click().run()
    assert "age_from" not in app.query_params
    assert listed(app) == {person.name for person in aged.people()}


@pytest.mark.parametrize(
    ("params", "remark"),
    [
        ({"tag": "no such tag"}, "The link filters by a tag that nothing here has; it is left out."),
        ({"sex": "<b>"}, "The link filters by a sex that nothing here has; it is left out."),
        ({"age_from": "-3"}, "The link’s “age_from” is not an age in years from 0 to 130; it is left out."),
        ({"age_to": "old"}, "The link’s “age_to” is not an age in years from 0 to 130; it is left out."),
        (
            {"age_from": "9" * 4000},
            "The link’s “age_from” is not an age in years from 0 to 130; it is left out.",
        ),
        (
            {"age_from": "60", "age_to": "20"},
            "The link asks for 60 years or older and 20 or younger; both are left out.",
        ),
        ({"page": "7"}, "The link’s “page” is not a page: there is 1; it is left out."),
        ({"panels": "0"}, "The link’s “panels” is not a page: there is 1; it is left out."),
        ({"list": "x"}, "The link’s “list” is not a page: there is 1; it is left out."),
        ({"metric": "$a$"}, "The link names a metric that does not exist; time asleep is shown."),
    ],
)
def test_what_a_link_gets_wrong_is_left_out_with_a_remark(
    filled: Application,  # noqa: F811
    params: dict[str, str],
    remark: str,
) -> None:
    app = linked(**params)
    assert remark in remarks(app)
    assert len(listed(app)) == 6


def test_a_new_cohort_by_rule_begins_with_the_filter(aged: Application) -> None:
    app = linked(age_from="25", age_to="45")
    app.session_state["cohort_saving"] = True
    app.run()
    assert "The fields begin with the filter of the page." in said(app)
    assert "Would hold **2 of 6** people." in said(app)
    name = next(each for each in app.text_input if str(each.key).startswith("cohort_new_0"))
    name.input("In between")
    app.button(key="cohort_save").click().run()
    (saved,) = aged.store.cohorts.all(aged.organisation)
    assert saved.rule == CohortRule(youngest_years=25, oldest_years=45)
    assert "age_from" not in app.query_params
    assert len(listed(app)) == 2


def test_a_rule_begun_on_a_tag_keeps_the_tag(filled: Application) -> None:  # noqa: F811
    tag = filled.people()[0].tags[0]
    sex = filled.people()[0].sex
    app = opened(cohort=tag, sex=sex or "not_said")
    key = next(
        str(each.key)
        for each in app.multiselect
        if str(each.key).startswith("cohort_new_0") and str(each.key).endswith("_all")
    )
    assert app.multiselect(key=key).value == [tag]


@pytest.mark.parametrize("metric", list(NIGHT_METRICS))
def test_every_metric_is_drawn_and_says_its_finding(filled: Application, metric: str) -> None:  # noqa: F811
    app = linked(metric=metric)
    spread = next(each for each in headings(app) if each.startswith("The middle half"))
    assert spread.startswith("The middle half " + NIGHT_METRICS[metric].middle.split("{}")[0])
    charts = [chart.proto.spec for chart in app.get("plotly_chart")]
    assert len(charts) == 2
    assert all(len(chart) < 1_500_000 for chart in charts)


def test_another_metric_is_one_click_away_and_keeps_the_rest_of_the_link(aged: Application) -> None:
    app = linked(age_from="25", period="4-weeks")
    app.segmented_control(key="cohort_metric").set_value("sol_min").run()
    assert not app.exception
    assert app.query_params["metric"] == "sol_min"
    assert app.query_params["age_from"] == "25"
    assert app.query_params["period"] == "4-weeks"
    app.segmented_control(key="cohort_metric").set_value("tst_min").run()
    assert "metric" not in app.query_params, "the page's own metric is not named"


def test_a_score_that_nobody_has_leaves_the_page_whole(
    filled: Application,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from analytics import night_metrics  # noqa: PLC0415

    monkeypatch.setattr(night_metrics, "nightly_scores", lambda nights, **_more: np.full(len(nights), np.nan))
    app = linked(metric="score")
    assert "Nobody of 6 people has nights enough for a mean: Score" in headings(app)
    assert listed(app)


def test_lists_are_paged_in_the_order_of_the_table(
    filled: Application,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module, name, rows in (
        (cohort_metric, "MAP_ROWS", 4),
        (cohort_metric, "PANELS", 5),
        (cohort_table, "ROWS", 2),
    ):
        monkeypatch.setattr(module, name, rows)
    listed_by_page = []
    for number in ("1", "2", "3"):
        app = linked(list=number, page="2", panels="2")
        listed_by_page += [str(name) for name in app.dataframe[0].value["Person"]]
    assert set(listed_by_page) == {person.name for person in filled.people()}
    assert "People 5 to 6 of 6, in the order of the table." in said(app)
    assert listed_by_page[5] in ways(app)
    assert listed_by_page[0] not in ways(app)
    assert app.query_params["page"] == "2"


@pytest.mark.parametrize(
    "period", [{"from": "2020-01-01", "to": "2020-01-20"}, {"from": "2026-03-01", "to": "2026-03-01"}]
)
@pytest.mark.parametrize("metric", ["tst_min", "score", "midsleep_clock_h"])
def test_before_the_first_night_and_of_one_night_there_are_sentences(
    filled: Application,  # noqa: F811
    period: dict[str, str],
    metric: str,
) -> None:
    app = linked(metric=metric, **period)
    assert not app.exception
    assert app.title[0].value
    assert "has nights enough for a mean" in "\n".join(headings(app))


def test_one_person_whose_name_is_markup_has_a_page(empty: Application) -> None:  # noqa: F811
    add_person(
        empty,
        local_actor(empty.organisation),
        NewPerson(vendor_id="G-1", name=HOSTILE, zone="UTC", tags=(HOSTILE[:50],)),
    )
    app = linked(metric="se_pct")
    assert not app.exception
    assert HOSTILE not in words(app), "the name reached the page without its backslashes"
    assert HOSTILE in ways(app)


def test_a_cohort_of_nobody_says_so_with_a_way_out(filled: Application) -> None:  # noqa: F811
    nobody = of.save_cohort(
        filled, local_actor(filled.organisation), "Nobody", rule=CohortRule(youngest_years=129)
    )
    app = linked(cohort=nobody.cohort_id)
    assert "Nobody belongs to this cohort at present." in said(app)
    assert app.title[0].value == "Nobody is in this cohort"


def test_on_a_phone_there_are_fewer_columns_and_two_panels_abreast(
    filled: Application,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (cohort_table, cohort_metric):
        monkeypatch.setattr(module, "narrow", lambda: True)
    app = linked()
    assert not app.exception
    columns = list(app.dataframe[0].value.columns)
    assert columns[:4] == ["Person", "Flag", "Against usual, min", "Asleep, h"]
    assert "Last 28 nights" not in columns
    assert app.selectbox(key="cohort_metric").value == "tst_min"


def test_a_wide_table_reads_from_whom_to_why_and_has_tags(filled: Application) -> None:  # noqa: F811
    columns = list(linked().dataframe[0].value.columns)
    assert columns == [
        *("Person", "Flag", "Few nights", "Against usual, min", "Asleep, h", "Efficiency, %", "Score"),
        *("Last 28 nights", "Valid of 28", "Tags"),
    ]


def test_the_filter_of_people_is_the_rule_of_cohorts(aged: Application) -> None:
    people = aged.people()
    rule = CohortRule(youngest_years=25)
    found = filtered(people, rule, on=NOW.date())
    assert found.people == of.taken_in(aged, local_actor(aged.organisation), rule, on=NOW.date())
    assert (found.of, found.without_year) == (6, 2)
    assert filtered(people, CohortRule(), on=NOW.date()).without_year == 0
    assert filtered((), rule, on=NOW.date()).people == ()


def test_every_heading_with_a_number_says_what_it_means(filled: Application) -> None:  # noqa: F811
    told = json.loads(linked().dataframe[0].proto.columns)
    for name in (
        "Flag",
        "Against usual, min",
        "Asleep, h",
        "Efficiency, %",
        "Score",
        "Last 28 nights",
        "Valid of 28",
    ):
        assert len(told[name]["help"]) > 20, name
    assert plain(told["Valid of 28"]["help"]).replace("\\", "") == definition("valid_28")


def test_a_period_that_ends_before_it_begins_is_the_default_with_a_remark(filled: Application) -> None:  # noqa: F811
    app = linked(**{"from": "2026-03-01", "to": "2026-02-01"}, metric="sol_min")
    assert "ends before it begins" in remarks(app)
    assert any(each.startswith("The middle half fall asleep within") for each in headings(app))


def test_another_cohort_begins_on_its_first_page(
    filled: Application,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cohort_metric, "MAP_ROWS", 4)
    app = linked(page="2")
    app.selectbox(key="cohort_choice").set_value(filled.people()[0].tags[0]).run()
    assert not app.exception
    assert "page" not in app.query_params
    assert remarks(app) == ""


def test_five_thousand_people_have_a_page_and_no_message_is_large(empty: Application) -> None:  # noqa: F811
    everybody = [
        NewPerson(vendor_id=f"G-{n}", name=f"Person {n}", zone="UTC", tags=("half",) * (n % 2))
        for n in range(5000)
    ]
    empty.store.add_people(empty.organisation, everybody)
    app = linked(list="10", page="50", panels="209")
    assert not app.exception
    assert len(app.dataframe[0].value) == cohort_table.ROWS
    assert "People 4,501 to 5,000 of 5,000" in said(app)
    assert "People 4,901 to 5,000 of 5,000" in said(app)
    sent = [len(each.proto.SerializeToString()) for each in (*app.get("plotly_chart"), *app.dataframe)]
    assert sum(sent) < 1_500_000
    some = linked(tag=["half"])
    assert "**2,500 of 5,000 people.**" in said(some)
