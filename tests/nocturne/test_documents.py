"""A person's report from the archive alone: what it is made of for print and for a screen, and what a worker holds."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from analytics.night_view import NightView
from nocturne.application import Application
from nocturne.documents import PersonDocuments, Reader, Wanted
from nocturne.views import sleeper
from reports.person_html import person_html
from reports.person_pdf import person_pdf
from tests.nocturne.clusters import ROOT
from tests.nocturne.conftest import NOW, UNTIL

FOR_PRINT = Wanted(ending=UNTIL, formats=("pdf",))

WORKER = """
import json, sys
from datetime import date, datetime, UTC
from pathlib import Path
from analytics.score import ScoreRules
from analytics.sleeper import Sleeper
from cache.archive import NightArchive
from cache.seal import PlainSeal
from nocturne.documents import PersonDocuments, Reader, Wanted
folder, organisation, person_id, ending = sys.argv[1:]
made = PersonDocuments(
    organisation=organisation, wanted=Wanted(ending=date.fromisoformat(ending), formats=("pdf",)),
    rules=ScoreRules(), need=None, generated_at=datetime(2026, 3, 11, tzinfo=UTC),
)
reader = Reader(sleeper=Sleeper(person_id=person_id, name="Person A", zone="UTC", birth_year=1986))
(pdf,) = made(NightArchive(Path(folder), PlainSeal()), reader).documents
print(json.dumps({"pdf": pdf.content[:4].decode(), "modules": sorted(sys.modules)}))
"""


def documents_of(application: Application, wanted: Wanted) -> PersonDocuments:
    return PersonDocuments(
        organisation=application.organisation,
        wanted=wanted,
        rules=application.score_rules,
        need=None,
        generated_at=NOW,
    )


def test_print_draws_nights_and_a_screen_is_given_whole_views(filled: Application) -> None:
    reader = Reader(sleeper=sleeper(filled.people()[0]))
    printed = documents_of(filled, FOR_PRINT).report(filled.archive, reader)
    whole = documents_of(filled, replace(FOR_PRINT, formats=("html",))).report(filled.archive, reader)
    assert printed.hypnograms
    assert not any(isinstance(each, NightView) for each in printed.hypnograms)
    assert whole.views == whole.hypnograms
    assert person_pdf(printed, generated_at=NOW) == person_pdf(whole, generated_at=NOW)


def test_no_html_is_made_of_drawings_alone(filled: Application) -> None:
    printed = documents_of(filled, FOR_PRINT).report(
        filled.archive, Reader(sleeper=sleeper(filled.people()[0]))
    )
    with pytest.raises(ValueError, match="make it of whole views for an HTML"):
        person_html(printed, generated_at=NOW)


def test_a_worker_of_pdfs_holds_no_more_than_they_need(filled: Application) -> None:
    person_id = filled.people()[0].person_id
    command = [sys.executable, "-c", WORKER, str(filled.archive.folder), filled.organisation, person_id]
    ended = subprocess.run([*command, str(UNTIL)], cwd=ROOT, capture_output=True, check=True, text=True)
    found = json.loads(ended.stdout)
    assert found["pdf"] == "%PDF"
    needless = {"scipy.special", "statsmodels", "plotly", "xlsxwriter", "sqlalchemy", "requests", "streamlit"}
    assert not needless & set(found["modules"])
