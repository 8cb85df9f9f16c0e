"""The weekly report: one file, complete, readable by anyone, honest about what is missing."""

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import wording
from analytics.grades import REASONS
from reports.person_html import person_html
from reports.plotly_page import PLOTLY_FILE
from reports.weekly import PersonReport, weekly_csv
from tests.reports import made_up
from tests.reports.documents import Document, read
from tests.reports.made_up import FIRST, LAST, NAN, Sleep, at, report_of, stages_of_a_night, week_of_nights

MADE = datetime(2026, 2, 12, 7, 42, tzinfo=UTC)
EXCLUDING = sorted(code for code, (_, excludes) in REASONS.items() if excludes)
REMARKING = sorted(code for code, (_, excludes) in REASONS.items() if not excludes)
DATES = [wording.day(date(2026, 2, day), year=False, short=True) for day in range(5, 12)]


def document(report: PersonReport) -> Document:
    return read(person_html(report, generated_at=MADE, plotly="beside"))


def mixed_week() -> list[Sleep]:
    """A week with a night left out, a date without any, a recording too short, a nap and a night with a gap."""
    nights = week_of_nights()
    gap = tuple(-1 if 300 < n < 340 else stage for n, stage in enumerate(nights[5].stages))
    return [
        nights[0],
        nights[1],
        replace(nights[2], grade="X", reasons=EXCLUDING[0]),
        Sleep(
            begun=at("2026-02-08 02:10"), stages=(0,) * 20, kind="unusable", grade="X",
            reasons=";".join(EXCLUDING[1:3]), label=date(2026, 2, 8),
        ),
        replace(nights[5], stages=gap, grade="B", reasons=REMARKING[0]),
        Sleep(begun=at("2026-02-10 14:10"), stages=(0,) * 6 + (1,) * 50, kind="nap"),
        nights[6],
    ]  # fmt: skip


def test_nothing_is_asked_of_the_network() -> None:
    found = document(report_of(week_of_nights()))

    tags = {tag for tag, _ in found.elements}
    assert not tags & {
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "base",
        "form",
        "audio",
        "video",
        "image",
        "use",
    }
    for _, attributes in found.elements:
        for name in ("src", "srcset", "href", "xlink:href", "action", "poster", "data", "background"):
            assert attributes.get(name, "#").startswith(("#", "data:")) or attributes[name] == PLOTLY_FILE
        assert "url(" not in attributes.get("style", "")
    assert all(target.startswith("data:") for target in re.findall(r"url\(\s*['\"]?([^)]*)", found.style))
    assert "@import" not in found.style
    without_font = re.sub(r"base64,[^)]*", "", found.style)
    assert not re.search(r"https?:|//[a-z]", without_font)
    policy = next(
        a["content"] for tag, a in found.elements if a.get("http-equiv") == "Content-Security-Policy"
    )
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]


def test_the_document_is_well_formed_and_its_headings_are_in_order() -> None:
    found = document(report_of(mixed_week()))

    assert found.unclosed == []
    assert ("html", {"lang": "en"}) in found.elements
    levels = [level for level, _ in found.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    ids = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    named = [a["aria-labelledby"] for _, a in found.elements if "aria-labelledby" in a]
    assert set(named) <= set(ids)


def test_every_picture_says_its_numbers() -> None:
    found = document(report_of(mixed_week()))

    assert len(found.pictures) == 7 + 7 + 1  # a strip per date, a band per statistic, the eight weeks
    for attributes, title in found.pictures:
        assert attributes["role"] == "img"
        assert re.search(r"\d", title), title


@pytest.mark.parametrize(
    "name", ['<script>alert("1")</script>', "{{ 7 * 7 }}", "O'Neil & <b>sons</b>", "Zoë Łuk"]
)
def test_a_name_is_only_ever_text(name: str) -> None:
    found = document(report_of(week_of_nights(), name=name))

    assert name in found.text
    assert name in found.headings[0][1]
    assert [tag for tag, a in found.elements if tag == "b" and a] == []
    assert [a for a, _ in found.scripts] == [
        {"type": "application/octet-stream", "id": "plots"},
        {"src": PLOTLY_FILE},
        {},
    ]
    assert name not in found.scripts[-1][1]
    plain = document(report_of(week_of_nights()))
    assert [tag for tag, _ in found.elements] == [tag for tag, _ in plain.elements]


def test_the_header_says_whose_when_where_and_how_much_it_rests_on() -> None:
    text = document(report_of(mixed_week())).text

    for part in (
        "Person A", wording.span(FIRST, LAST), made_up.ZONE, "4 valid, 6 recorded, 7 expected", "score evidence-2"
    ):  # fmt: skip
        assert part in text


def test_the_score_is_written_out_and_compared_with_the_four_weeks_before() -> None:
    text = document(report_of(week_of_nights())).text

    assert "0.4 × 88.2 + 0.3 × 74.5 + 0.3 × 96.1 = 86.4" in text
    assert wording.quantity(86.4 - 84.1, "points") in text
    assert "(84.1 from" in text


def test_without_a_score_the_reason_stands_in_its_place() -> None:
    report = report_of(week_of_nights()[:3], score=NAN, before=NAN, estimator=None)

    text = document(report).text

    assert f"No score for this week: {report.period.score.reason}" in text
    assert f"No score for the 4 weeks before: {report.period.before.reason}" in text


def test_every_date_of_the_week_has_a_row_and_a_missing_night_says_why() -> None:
    text = document(report_of(mixed_week())).text

    for day in DATES:
        assert text.count(day) >= 2  # on the clock and in the table
    assert text.count("No recording") == 2  # Monday, in both
    for code in EXCLUDING[:3]:
        assert REASONS[code][0] in text
    assert f"Left out for 2 reasons. {REASONS[EXCLUDING[1]][0]}" in text


def test_what_was_left_out_is_listed_with_its_time_and_every_reason() -> None:
    text = document(report_of(mixed_week())).text

    one, two, three = (REASONS[code][0] for code in EXCLUDING[:3])
    assert f"{DATES[2]}, 03:41 to 11:41. {one}" in text
    assert f"{DATES[3]}, 02:10 to 02:20. {two} {three}" in text
    assert f"Counted, with a remark: {DATES[5]}. {REASONS[REMARKING[0]][0]}" in text


def test_naps_are_listed_or_said_to_be_none() -> None:
    nap = f"{DATES[5]}, 14:10 to 14:38, asleep {wording.duration(25)}"

    assert nap in document(report_of(mixed_week())).text
    assert "No nap was recorded this week." in document(report_of(week_of_nights())).text


def test_screen_and_csv_show_the_same_digits() -> None:
    report = report_of(week_of_nights())

    rows = list(csv.DictReader(io.StringIO(weekly_csv(report).decode())))
    text = document(report).text

    assert len(rows) == 7
    for row in rows:
        line = " ".join(
            (
                wording.day(date.fromisoformat(row["night"]), year=False, short=True)
                + row["start_local"][11:16]
                + row["end_local"][11:16]
                + wording.duration(float(row["tib_min"]))
                + wording.duration(float(row["tst_min"])),
            )
        )
        assert line in text


def test_the_table_ends_with_what_a_physician_asks_for() -> None:
    report = report_of(week_of_nights())
    valid = report.period.valid

    text = document(report).text

    asleep = valid["tst_min"]
    for value in (
        asleep.mean(),
        asleep.min(),
        asleep.max(),
        valid["sol_min"].mean(),
        valid["waso_min"].mean(),
    ):
        assert wording.duration(value) in text
    assert f"{wording.duration(420)} asleep: 0 of 7 valid nights" in text


@pytest.mark.parametrize(
    ("nights", "said"), [(1, "1\xa0night: too few for a mean"), (3, "Mean, low confidence"), (5, "Mean")]
)
def test_a_mean_of_few_nights_is_left_out_or_marked(nights: int, said: str) -> None:
    text = document(report_of(week_of_nights()[:nights])).text

    assert said in text
    assert ("low confidence" in text.split("Night by night")[1].split("Eight weeks")[0]) == (nights == 3)


@pytest.mark.parametrize(
    ("nights", "median", "doubt"), [(4, False, False), (5, True, True), (10, True, False)]
)
def test_the_median_of_eight_weeks_takes_five_nights(nights: int, median: bool, doubt: bool) -> None:
    report = report_of(week_of_nights(), history_nights=nights)
    asleep = report.period.history["tst_min"]

    said = next(title for _, title in document(report).pictures if title.startswith("Time asleep on"))

    span = f"{wording.duration(asleep.min())} to {wording.duration(asleep.max())}"
    assert f"on {wording.plural(nights, 'night')}: {span}" in said
    assert (f", median {wording.duration(asleep.median())}" in said) == median
    assert (f"(low confidence: {nights}\xa0nights, 10 are good)" in said) == doubt
    assert f"of {nights} within 7 to 9\xa0h" in said


def test_a_spread_needs_six_nights() -> None:
    assert "23:51 ± 1\xa0h\xa043\xa0min" in document(report_of(week_of_nights())).text
    assert "mean of 5\xa0nights; too few for a spread" in document(report_of(week_of_nights()[:5])).text


def test_a_typical_hour_needs_three_nights_and_five_to_be_trusted() -> None:
    two, four = (document(report_of(week_of_nights()[:nights])).text for nights in (2, 4))
    assert two.count("a mean of a week needs 3\xa0nights; there are 2") == 3, (
        "of both hours, and of the stages"
    )
    assert "no typical time" not in two
    assert four.count("mean of 4\xa0nights, low confidence, no spread") == 2


def test_a_spread_of_a_month_is_doubtful_below_eighteen_nights() -> None:
    report = report_of(week_of_nights())
    hours = replace(report.period.bed, nights=12)
    month = replace(report.period, first=FIRST - timedelta(days=21), bed=hours, rise=hours)
    assert (
        document(replace(report, period=month)).text.count("mean ± SD of 12\xa0nights, low confidence") == 2
    )


def test_regularity_names_its_estimator() -> None:
    assert "Sleep Regularity Index74.5" in document(report_of(week_of_nights())).text.replace("> <", "><")
    assert "Regularity of midsleep" in document(report_of(week_of_nights(), estimator="midsleep_sd")).text


def test_a_value_outside_usual_is_marked_and_said() -> None:
    found = document(report_of(week_of_nights()))

    outside = [title for _, title in found.pictures if title.endswith("outside the usual range")]
    assert [title.split()[0] for title in outside] == ["Bedtime"]
    assert [a["class"] for tag, a in found.elements if tag == "path"].count("outside") == 1
    assert "diamond: outside it" in found.text


def test_without_enough_nights_before_there_is_no_usual_and_it_says_so() -> None:
    found = document(report_of(week_of_nights(), usual=False))

    assert "No usual yet: it needs 5\xa0valid nights in the 28 days before this week." in found.text
    assert not [a for a, _ in found.pictures if a["class"] == "band"]


def test_a_usual_without_a_range_has_its_value_and_difference_but_no_band_and_it_says_why() -> None:
    report = report_of(week_of_nights())
    few = "a range needs 11\xa0nights; there are 7 (low confidence, 10 are good)"
    rows = tuple(
        made_up.against_row(
            row.name, row.label, row.kind, (row.value, row.usual, NAN, NAN), nights=7, note=few
        )
        for row in report.period.against
    )

    found = document(replace(report, period=replace(report.period, against=rows)))

    assert f"A{few[1:]}." in found.text
    assert not [a for a, _ in found.pictures if a["class"] == "band"]
    assert "7\xa0valid nights" in found.text
    asleep = rows[0]
    assert f"usual {wording.duration(asleep.usual)}{asleep.delta_text}" in found.text
    assert "outside" not in found.text.split("Night by night")[0].split("28 days before")[1]


def test_an_empty_week_is_said_in_words() -> None:
    report = report_of(
        [], score=NAN, before=NAN, history_nights=0, estimator=None, title="No valid night this week"
    )

    text = document(report).text

    assert text.count("No recording") == 14
    for sentence in (
        "No valid night this week, so there is nothing to average.",
        "No valid night in these weeks.",
        "No usual yet",
        "No nap was recorded this week.",
        "0 of 7 nights are valid",
    ):
        assert sentence in text


def test_the_footer_says_method_number_version_and_what_it_is_not() -> None:
    report = report_of(week_of_nights())

    text = document(report).text

    assert report.period.method in text
    assert "Not a medical device and not a diagnosis." in text
    assert "made 12\xa0February\xa02026, 07:42 UTC" in text
    assert "n = 7\xa0valid nights · score evidence-2" in text
    assert "Acme · made" in read(person_html(report, generated_at=MADE, plotly="beside", product="Acme")).text


@pytest.mark.parametrize(
    ("born", "said"),
    [
        (2030, "14 to 17\xa0h, recommended for age 0"),
        (2016, "9 to 11\xa0h, recommended for age 10"),
        (1950, "7 to 8\xa0h, recommended for age 76"),
        (None, "7 to 9\xa0h, recommended for adults, as the age is not known"),
    ],
)
def test_the_recommended_hours_are_those_of_the_age_also_before_the_year_of_birth(
    born: int | None, said: str
) -> None:
    report = report_of(week_of_nights())
    sleeper = replace(report.period.sleeper, birth_year=born)

    assert said in document(replace(report, period=replace(report.period, sleeper=sleeper))).text


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="pass an aware datetime"):
        person_html(report_of([]), generated_at=at("2026-02-12 00:00"))


def test_the_clock_change_is_told_beside_its_night() -> None:
    nights = week_of_nights()
    note = "The clocks changed in this night."

    report = report_of(nights, notes={f"s-{nights[0].begun:%Y%m%d%H%M}": note})

    assert note in document(report).text


def test_a_session_without_a_start_is_in_the_list_of_what_was_left_out() -> None:
    report = report_of(mixed_week())
    nights = report.period.nights
    lost = nights["kind"] == "unusable"
    frame = nights.assign(start=nights["start"].mask(lost), night=nights["night"].mask(lost))

    text = document(replace(report, period=replace(report.period, nights=frame))).text

    assert f"A session without a start. {REASONS[EXCLUDING[1]][0]}" in text


sleeps = st.builds(
    Sleep,
    begun=st.datetimes(at("2026-02-04 18:00"), at("2026-02-11 12:00")),
    stages=st.integers(0, 9).map(lambda seed: stages_of_a_night(3 + seed / 2, seed))
    | st.sampled_from([(0,) * 30, (-1,) * 30, (1,) * 300]),
    kind=st.sampled_from(["main", "nap", "unusable"]),
    grade=st.sampled_from(["A", "B", "X"]),
    reasons=st.lists(st.sampled_from([*sorted(REASONS), "A_CODE_OF_TOMORROW"]), max_size=3).map(";".join),
    label=st.dates(FIRST, LAST),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(sleeps, max_size=9, unique_by=lambda sleep: sleep.begun.replace(second=0, microsecond=0)))
def test_any_week_makes_a_complete_document(week: list[Sleep]) -> None:
    found = document(report_of(week, score=NAN if len(week) < 5 else 80.0, history_nights=len(week)))

    assert found.unclosed == []
    assert all(day in found.text for day in DATES)
    assert not re.search(r"\b(nan|NaN|NaT|None|inf)\b", found.text)
    assert all(title for _, title in found.pictures)
