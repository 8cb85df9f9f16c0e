"""The name of a file tells whose report it is to us, and to nobody else."""

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from reports.weekly import PersonReport, file_name
from tests.reports.made_up import report_of

REPORT = report_of([])


def of(person_id: str) -> PersonReport:
    return replace(
        REPORT, period=replace(REPORT.period, sleeper=replace(REPORT.period.sleeper, person_id=person_id))
    )


def test_the_name_is_our_id_and_the_last_date() -> None:
    assert file_name(of("p_abc"), "html") == "weekly-p_abc-2026-02-11.html"
    assert file_name(of("p_abc"), "csv") == "weekly-p_abc-2026-02-11.csv"
    assert REPORT.period.sleeper.name not in file_name(REPORT, "html")


@given(st.text())
def test_any_id_makes_a_harmless_name(person_id: str) -> None:
    assert re.fullmatch(r"weekly-[A-Za-z0-9_-]{1,60}-2026-02-11\.html", file_name(of(person_id), "html"))


@given(st.text(), st.text())
def test_two_people_never_share_a_name(one: str, other: str) -> None:
    assert (file_name(of(one), "csv") == file_name(of(other), "csv")) == (one == other)
