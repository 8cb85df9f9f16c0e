"""Compare through Streamlit's test runner: the screen prints what analytics computes, whatever the link says."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from analytics import cohorts as statistics_of
from analytics.cohorts import Comparison
from analytics.comparison_words import difference_text, interval_text, noun, value_text
from analytics.effects import Estimate
from analytics.wording import number, p_value, percent
from asleep.simulator.server import Running, serve
from asleep.simulator.world import simulated_world
from nocturne import access
from nocturne import application as applications
from nocturne import cohorts as of
from nocturne.access import local_actor
from nocturne.application import Application
from nocturne.comparing import METRICS, Groups, compared, comparison_sheet
from nocturne.roster import add_person
from nocturne.sync import synchronise
from reports.comparison_csv import comparison_csv
from store.people import NewPerson
from tests.nocturne.conftest import NIGHTS, NOW, UNTIL, make_application, roster_csv  # noqa: F401
from tests.nocturne.importing import import_people
from tests.pages.test_links import GARBAGE
from tests.pages.test_pages import plain, run, unfolded, way_to, words
from tests.pages.test_parts import HOSTILE

DAYS = 28
LAST = UNTIL + timedelta(days=1)
FIRST = LAST - timedelta(days=DAYS - 1)
MEANS = [metric for metric in METRICS.values() if metric.column]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Running]:
    with serve(simulated_world(people=16, nights=NIGHTS, seed=3, until=UNTIL, now=NOW)) as running:
        yield running


@dataclass(frozen=True, kw_only=True)
class Study:
    """A dashboard with people in two cohorts saved by hand, whose ids in links are `a` and `b`."""

    application: Application
    a: str
    b: str

    def people(self, name: str) -> list[str]:
        actor = local_actor(self.application.organisation)
        return [each.person_id for each in of.cohort_people(self.application, actor, name)]

    def saved(self, name: str, ids: Sequence[str]) -> str:
        actor = local_actor(self.application.organisation)
        return of.save_cohort(self.application, actor, name, person_ids=ids).cohort_id

    def nights(self, name: str, column: str, first: date = FIRST, last: date = LAST) -> pd.DataFrame:
        """By hand: the valid main sleeps of a cohort's people, and a value of each."""
        nights = self.application.archive.statistics(self.application.organisation)
        mains = nights[
            nights["valid"] & (nights["kind"] == "main") & nights["person_id"].isin(self.people(name))
        ]
        mains = mains[(mains["night"] >= pd.Timestamp(first)) & (mains["night"] <= pd.Timestamp(last))]
        return pd.DataFrame(
            {"person_id": mains["person_id"].astype("str"), "value": mains[column].astype("float64")}
        )


@pytest.fixture
def study(
    make_application: Callable[..., Application],  # noqa: F811
    simulator: Running,
) -> Iterator[Study]:
    application = make_application()
    applications.register(application, request_sync=lambda: None)
    actor = local_actor(application.organisation)
    import_people(application, actor, roster_csv(simulator))
    synchronise(application, actor, application.people())
    ids = [each.person_id for each in application.people()]
    bare = Study(application=application, a="", b="")
    yield replace(bare, a=bare.saved("Usual", ids[:8]), b=bare.saved("Later", ids[8:]))
    applications.forget()


def opened(**params: str) -> AppTest:
    app = run("comparison.py", **params)
    assert not app.exception, [each.value for each in app.exception]
    return app


def said(app: AppTest) -> str:
    return plain(words(app)).replace("\\", "")


def heading(app: AppTest) -> str:
    (found,) = app.title
    return plain(found.value).replace("\\", "")


def remarks(app: AppTest) -> list[str]:
    return [plain(each.value).replace("\\", "") for each in app.info]


def rests(app: AppTest) -> dict[str, str]:
    (table,) = [each.value for each in app.table if "95 % interval" in set(each.value.iloc[:, 0])]
    return {str(name): plain(str(value)) for name, value in table.itertuples(index=False)}


def view(app: AppTest) -> dict[str, str]:
    return dict(app.session_state["view"])


def check(app: AppTest, metric: str, found: Comparison) -> None:
    """Every figure of the screen against the comparison, as its words are written elsewhere."""
    of_metric, evidence = METRICS[metric], found.evidence
    assert evidence is not None
    figures = rests(app)
    assert figures["95 % interval"] == plain(interval_text(of_metric, evidence.difference))
    g = evidence.standardised
    assert figures["Hedges’ g"] == plain(
        f"{number(g.hedges_g, 2)} ({number(g.low, 2)} to {number(g.high, 2)})"
    )
    assert figures["p"] == plain(p_value(evidence.p))
    paired = found.design == "paired"
    assert figures["People who rose" if paired else "Chance of superiority"] == plain(
        percent(100 * evidence.superiority)
    )
    assert [plain(each.value) for each in app.metric] == [
        plain(difference_text(of_metric, evidence.difference.value))
    ]
    text = said(app)
    bootstrap = Estimate(value=0, low=evidence.bootstrap_low, high=evidence.bootstrap_high)
    for printed in (
        f"**{interval_text(of_metric, bootstrap)}**",
        f"**{difference_text(of_metric, evidence.shift.value)} ({interval_text(of_metric, evidence.shift)})**",
        f"**{p_value(evidence.rank_p)}**",
        number(evidence.rank_statistic),
    ):
        assert plain(printed) in text, printed


def test_the_screen_prints_what_compare_computes_of_the_same_nights(study: Study) -> None:
    for metric in ("mean_tst_min", "mean_deep_min", "mean_waso_min"):
        column = METRICS[metric].column
        found = statistics_of.compare(study.nights(study.a, column), study.nights(study.b, column), days=DAYS)
        app = opened(a=study.a, b=study.b, metric=metric)
        check(app, metric, found)
        for label, group in (("Usual", found.a), ("Later", found.b)):
            expected = f"{group.people} people, {number(group.nights, 0)} of {DAYS * group.people} nights"
            assert rests(app)[label] == expected
        for note in found.notes:
            assert plain(note) in said(app), note


def test_the_screen_prints_what_paired_computes_of_two_periods(study: Study) -> None:
    middle = LAST - timedelta(days=13)
    before = (middle - timedelta(days=14), middle - timedelta(days=1))
    one = study.nights("everyone", "tst_min", *before)
    other = study.nights("everyone", "tst_min", middle, LAST)
    link = {"design": "periods", "cohort": "everyone", "from": middle.isoformat(), "to": LAST.isoformat()}
    app = opened(**link)
    check(app, "mean_tst_min", statistics_of.paired(one, other, days=14))
    assert "everyone: " not in heading(app)
    assert heading(app).startswith("Everyone: ")
    assert "against" in said(app)


def test_every_statistic_can_be_chosen_and_stands_in_the_link(study: Study) -> None:
    app = opened(a=study.a, b=study.b)
    for metric, of_metric in METRICS.items():
        app.selectbox(key="compare_metric").set_value(metric).run()
        assert not app.exception
        assert view(app)["metric"] == metric
        assert noun(of_metric).split()[-1].casefold() in heading(app).casefold() + " asleep"
        again = opened(**{name: str(value) for name, value in view(app).items() if value is not None})
        assert heading(again) == heading(app)
        assert rests(again) == rests(app)
        assert not remarks(again)


def test_a_bare_address_compares_everyone_s_newest_weeks_with_those_before(study: Study) -> None:
    for person in study.application.people():
        study.application.store.update_person(study.application.organisation, replace(person, tags=()))
    app = opened()
    assert view(app)["design"] == "periods"
    assert view(app)["cohort"] == "everyone"
    assert heading(app).startswith(("Everyone: ", "Time asleep: ")) or "too few" in heading(app)


def test_a_study_with_an_intervention_and_its_control_is_compared_by_itself(study: Study) -> None:
    control, arm = (
        study.saved("Control", study.people(study.a)),
        study.saved("Intervention", study.people(study.b)),
    )
    app = opened()
    assert (view(app)["design"], view(app)["a"], view(app)["b"]) == ("groups", control, arm)
    assert heading(app).startswith("Intervention: ")


def test_groups_are_chosen_on_the_page_and_the_link_names_both(study: Study) -> None:
    app = opened(a=study.a, b=study.b)
    app.selectbox(key="compare_a").set_value("everyone").run()
    assert not app.exception
    assert (view(app)["a"], view(app)["b"]) == ("everyone", study.b)
    assert heading(app) == "Everybody of Later is in the other group too: nobody is left to compare"
    assert "Groups that share no people can be compared." in said(app)
    assert "In both groups and counted in neither: 8 people." in said(app)


def test_who_is_in_both_groups_is_counted_in_neither_and_named(study: Study) -> None:
    ids = [*study.people(study.a)[:1], *study.people(study.b)]
    wide = study.saved("Wide", ids)
    app = opened(a=study.a, b=wide)
    assert "In both groups and counted in neither: 1 person." in said(app)
    assert study.application.person(ids[0]).name in said(app)
    assert rests(app)["Usual"].startswith("7 people, ")
    assert rests(app)["Wide"].startswith("8 people, ")


def test_below_five_people_there_are_dots_and_no_test(study: Study) -> None:
    one, other = (
        study.saved("One", study.people(study.a)[:3]),
        study.saved("Other", study.people(study.b)[:4]),
    )
    app = opened(a=one, b=other)
    assert heading(app) == "3 and 4 people: too few to compare"
    assert rests(app)["95 % interval"] == rests(app)["p"] == "–"
    assert [each.value for each in app.metric] == ["–"]
    assert "Fewer than 5 people a group: no test and no mean, only the people themselves." in said(app)
    assert "Too few people for a test" in said(app)
    unfolded(app, "estimation")
    people = next(each.value for each in app.dataframe if list(each.value.columns)[:1] == ["What"])
    assert len(people) == 2 + 3 + 4
    assert set(people["Value"][:2]) == {"–"}


def test_what_the_numbers_mean_begins_with_which_group_is_which(study: Study) -> None:
    assert "Below, b is Later and a is Usual, which it is compared with." in said(
        opened(a=study.a, b=study.b)
    )


def test_five_to_nine_people_are_a_small_sample(study: Study) -> None:
    assert "Small sample: 8 people a group." in said(opened(a=study.a, b=study.b))


def test_a_group_compared_with_itself_is_a_sentence_and_the_fields_are_there(study: Study) -> None:
    app = opened(a=study.a, b=study.a)
    assert heading(app) == "Usual is compared with itself"
    assert "Choose two different groups" in said(app)
    app.selectbox(key="compare_b").set_value(study.b).run()
    assert not app.exception
    assert view(app)["b"] == study.b
    assert heading(app).startswith("Later: ")


def test_a_removed_cohort_is_a_remark(study: Study) -> None:
    app = opened(a=study.a, b="c_aaaaaaaaaaaa")
    assert any("a cohort that does not exist" in each for each in remarks(app))
    assert view(app)["a"] == study.a


def test_an_unknown_group_is_another_one_than_the_group_that_is_known(study: Study) -> None:
    for known in (study.a, study.b):
        app = opened(a="nobody", b=known)
        assert "compared with itself" not in heading(app)
        assert any("a cohort that does not exist" in each for each in remarks(app))


def test_a_group_within_the_other_leaves_nobody_and_the_title_says_why(study: Study) -> None:
    app = opened(a="everyone", b=study.b)
    assert heading(app) == "Everybody of Later is in the other group too: nobody is left to compare"


def test_periods_that_overlap_are_a_remark_and_the_days_before_are_taken(study: Study) -> None:
    app = opened(
        design="periods",
        **{"from": "2026-03-01", "to": "2026-03-11", "before_from": "2026-02-20", "before_to": "2026-03-02"},
    )
    assert any("overlaps with the other period" in each for each in remarks(app))
    assert view(app)["before_from"] is None
    assert "18 to 28 February 2026" in said(app)


def test_periods_of_different_length_do_not_compare_spreads_and_say_so(study: Study) -> None:
    link = {"from": "2026-03-01", "to": "2026-03-11", "before_from": "2026-02-13", "before_to": "2026-02-28"}
    app = opened(design="periods", metric="sd_midsleep_min", **link)
    assert "is not compared" in heading(app)
    assert "Spreads of periods of different lengths are not compared" in said(app)
    assert view(app)["before_from"] == "2026-02-13"


def test_dates_without_nights_and_links_that_mean_nothing_are_sentences(study: Study) -> None:
    for link in (
        {"from": "2001-01-01", "to": "2001-02-01"},
        {"from": "2026-03-09", "to": "2026-03-09"},
        {"design": "periods", "from": "2001-01-01", "to": "2001-02-01"},
        {"design": "periods", "from": "2026-03-11", "to": "2026-03-01"},
        {"design": "periods", "before_from": "2026-03-30", "before_to": "2026-03-11"},
        {"design": "periods", "before_from": "1999-01-01", "before_to": "x"},
        {"design": "triangle", "metric": "weight"},
    ):
        groups = {"a": study.a, "b": study.b} if "design" not in link else {}
        for metric in ("mean_tst_min", "score", "sd_midsleep_min", "mean_midsleep_h"):
            assert heading(opened(**{"metric": metric, **groups, **link}))


def test_garbage_in_every_parameter_shows_the_page(study: Study) -> None:
    names = ("design", "a", "b", "cohort", "from", "to", "before_from", "before_to", "metric", "period")
    for at in range(len(GARBAGE)):
        app = opened(**{name: GARBAGE[(at + n) % len(GARBAGE)] for n, name in enumerate(names)})
        assert heading(app)
        assert "<img" not in words(app)


def test_an_empty_cohort_and_people_without_nights_are_sentences(study: Study) -> None:
    actor = local_actor(study.application.organisation)
    silent = [
        add_person(
            study.application, actor, NewPerson(vendor_id=f"G-{n}", name=f"New {n}", zone="UTC")
        ).person_id
        for n in range(5)
    ]
    nobody = of.save_cohort(
        study.application, actor, "Nobody", rule=of.CohortRule(youngest_years=120)
    ).cohort_id
    new = study.saved("New", silent)
    assert heading(opened(a=nobody, b=study.b)) == "0 and 8 people: too few to compare"
    app = opened(a=nobody, b=new)
    assert heading(app) == "Time asleep: nobody has enough valid nights in these dates"
    assert "5 people left out, and why" in [plain(each.label) for each in app.expander]
    assert heading(opened(design="periods", cohort=new)).startswith("Time asleep: nobody")


def test_names_may_be_anything(study: Study) -> None:
    for person in study.application.people():
        study.application.store.update_person(study.application.organisation, replace(person, name=HOSTILE))
    hostile = study.saved("*[x](y) <b>", study.people(study.b))
    app = opened(a=study.a, b=hostile)
    assert HOSTILE not in words(app)
    assert "<b>" not in words(app).replace("\\<b\\>", "")


def test_the_method_can_be_copied_and_names_what_was_done(study: Study) -> None:
    app = opened(a=study.a, b=study.b)
    (text,) = [each.value for each in app.code]
    for part in (
        "Later (b) against Usual (a)",
        "Welch",
        "seed 42",
        "Holm",
        "no proof of a cause",
        "valid with at most",
    ):
        assert part in plain(text)


def downloaded(monkeypatch: pytest.MonkeyPatch, **params: str) -> list[dict[str, str]]:
    """The file of the button, which is made when it is asked for and not before."""
    made: list[bytes] = []

    def noted(*args: object, **more: object) -> bytes:
        made.append(comparison_csv(*args, **more))  # type: ignore[arg-type]
        return made[-1]

    monkeypatch.setattr("nocturne.comparing.comparison_csv", noted)
    buttons: list[Callable[[], bytes]] = []
    monkeypatch.setattr("streamlit.download_button", lambda _label, data, **_more: buttons.append(data))
    opened(**params)
    assert made == []
    return list(csv.DictReader(io.StringIO(buttons[-1]().decode())))


def test_the_csv_repeats_the_comparison(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = downloaded(monkeypatch, a=study.a, b=study.b)
    assert len(rows) == 16
    assert {row["bootstrap_seed"] for row in rows} == {"42"}
    frame = pd.DataFrame(rows).replace("", float("nan"))
    x, y = (
        frame.loc[(frame["side"] == group) & (frame["mean_tst_min_counted"] == "yes"), "mean_tst_min"].astype(
            "float64"
        )
        for group in "ab"
    )
    found = statistics_of.compare(
        study.nights(study.a, "tst_min"), study.nights(study.b, "tst_min"), days=DAYS
    )
    assert found.evidence is not None
    assert y.mean() - x.mean() == pytest.approx(found.evidence.difference.value)
    assert sorted(x) == pytest.approx(sorted(found.a.values))
    assert (rows[0]["from"], rows[0]["to"]) == (FIRST.isoformat(), LAST.isoformat())


def test_who_may_not_make_reports_gets_no_names_and_values(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(opened(a=study.a, b=study.b).download_button) == 1
    fewer = access.ROLES["local"] - {access.Permission.MAKE_REPORTS}
    monkeypatch.setitem(access.ROLES, "local", fewer)
    app = opened(a=study.a, b=study.b)
    assert not app.download_button
    assert heading(app).startswith("Later: ")
    actor = local_actor(study.application.organisation)
    groups = {each.name: each for each in of.cohorts(study.application, actor)}
    question = Groups(a=groups[study.a], b=groups[study.b], first=FIRST, last=LAST)
    found = compared(study.application, actor, question)
    with pytest.raises(access.NotAllowed):
        comparison_sheet(study.application, actor, found, {})


def test_the_csv_of_two_periods_has_both_values_of_each_person(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = downloaded(monkeypatch, design="periods", cohort="everyone", period="4-weeks")
    assert len(rows) == 16
    assert {"first_mean_tst_min", "second_mean_tst_min", "first_from", "second_to"} <= set(rows[0])


def test_what_was_computed_is_shared_and_a_change_of_statistic_computes_nothing(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nocturne import comparing  # noqa: PLC0415 - the module whose functions are replaced

    opened(a=study.a, b=study.b)

    def fail(*_args: object, **_more: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(comparing, "two_groups", fail)
    monkeypatch.setattr(comparing, "group_values", fail)
    assert heading(opened(a=study.a, b=study.b, metric="score"))


def test_from_two_groups_to_two_periods_of_the_one_it_was_about(study: Study) -> None:
    app = opened(a=study.a, b=study.b)
    app.segmented_control(key="compare_design").set_value("periods").run()
    assert not app.exception
    assert (view(app)["design"], view(app)["cohort"]) == ("periods", study.b)
    assert "a" not in view(app)


def test_where_everyone_is_the_only_group_the_page_says_how_to_make_another(study: Study) -> None:
    for person in study.application.people():
        study.application.store.update_person(study.application.organisation, replace(person, tags=()))
    actor = local_actor(study.application.organisation)
    for name in (study.a, study.b):
        of.remove_cohort(study.application, actor, name)
    app = opened(design="groups")
    assert heading(app) == "Everyone is compared with itself"
    assert "There is no other group yet" in said(app)


def test_a_model_of_very_many_nights_is_made_when_somebody_asks(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [each.person_id for each in study.application.people()]
    monkeypatch.setattr("analytics.mixed.PEOPLE_FOR_MODEL", 5)
    monkeypatch.setattr("pages.comparison_detail._NIGHTS_AT_ONCE", 100)
    app = opened(a=study.saved("One", ids[:8]), b=study.saved("Other", ids[8:]))
    assert "ICC" not in said(app)
    app.button(key="compare_model").click().run()
    assert not app.exception
    assert "ICC" in said(app)


def test_dates_of_one_s_own_stand_in_the_link(study: Study) -> None:
    app = opened(a=study.a, b=study.b)
    app.date_input(key="compare_from").set_value(date(2026, 2, 20))
    app.date_input(key="compare_to").set_value(date(2026, 3, 5))
    next(button for button in app.button if button.label == "Show these dates").click().run()
    assert not app.exception
    assert (view(app)["from"], view(app)["to"]) == ("2026-02-20", "2026-03-05")
    assert "20 February to 5 March 2026" in said(app)


def test_the_controls_keep_their_place_whatever_is_said(study: Study) -> None:
    places = [
        way_to(app, app.selectbox(key="compare_metric"))
        for app in (opened(a=study.a, b=study.b), opened(a=study.a, b=study.b, metric="score"))
    ]
    assert places[0] == places[1]


def test_the_mean_of_each_group_is_on_the_chart_s_table(study: Study) -> None:
    found = statistics_of.compare(
        study.nights(study.a, "tst_min"), study.nights(study.b, "tst_min"), days=DAYS
    )
    app = opened(a=study.a, b=study.b)
    unfolded(app, "estimation")
    table = next(each.value for each in app.dataframe if list(each.value.columns)[:1] == ["What"])
    shown = dict(zip(table["What"], table["Value"], strict=True))
    metric = METRICS["mean_tst_min"]
    assert plain(shown["Mean of Usual"]) == plain(value_text(metric, found.a.mean))
    assert plain(shown["Mean of Later"]) == plain(value_text(metric, found.b.mean))
