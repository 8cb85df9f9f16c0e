"""No number depends on the machine: neither on its zone nor on its language nor on the order of its hashes."""

import os
import subprocess
import sys

from tests.serving import ROOT

PROGRAM = """
import json
from datetime import UTC, date, datetime

import pandas as pd

from analytics.ledger import exclusion_ledger
from analytics.nights import night_table
from analytics.score import period_score
from analytics.sleeper import Sleeper
from analytics.summary import cohort_week, person_period
from analytics.trends import PRACTICAL, trend
from analytics.triage import triage
from asleep.simulator.world import simulated_world
from tests.analytics.recordings import Recording, session_set

now = datetime(2026, 4, 2, 12, tzinfo=UTC)
world = simulated_world(people=6, nights=60, seed=4, until=date(2026, 4, 1), now=now)
tables = []
for person in world.people:
    made = []
    for session in world.diary.sessions(person):
        stages = world.diary.recording(person, session).stages
        if stages is None or session.end_s is None:
            continue
        start = datetime.fromtimestamp(session.start_s, UTC)
        made.append(Recording(start=start, stages=tuple((int(stage), 1) for stage in stages)))
    tables.append(night_table(session_set(made), zone=person.zone).assign(person_id=person.user_id))
nights = pd.concat(tables, ignore_index=True)
print(nights.to_csv(index=False))
for person, table in zip(world.people, tables):
    sleeper = Sleeper(person_id=person.user_id, name="A", zone=person.zone, birth_year=1980)
    print(period_score(table, age_years=46, first=date(2026, 2, 2), last=date(2026, 4, 1)))
    period = person_period(sleeper, table, first=date(2026, 3, 5), last=date(2026, 4, 1))
    print(period.title, period.lead, period.talk, period.method)
    print(list(period.figures.values()), period.insights, period.ledger)
    print(period.patterns.weeks.to_csv(), period.patterns.line.to_csv(), period.patterns.changes)
    print(exclusion_ledger(table))
    print(trend(table["night"], table["tst_min"], practical=PRACTICAL["tst_min"]))
print(triage(nights, date(2026, 4, 1)).to_csv())
squad = [Sleeper(person_id=person.user_id, name="A", zone=person.zone, birth_year=1980) for person in world.people]
week = cohort_week("Squad", squad, nights, ending=date(2026, 4, 1), synced={})
print(week.title, week.lead, list(week.figures.values()), week.people.to_csv())
"""


def printed(**surroundings: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "TZ"))}
    command = [sys.executable, "-c", PROGRAM]
    ran = subprocess.run(
        command, cwd=ROOT, env=kept | surroundings, capture_output=True, check=False, encoding="utf-8"
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_two_machines_far_apart_compute_the_same() -> None:
    here = printed(TZ="UTC", LC_ALL="C.UTF-8", PYTHONHASHSEED="1")
    there = printed(TZ="Pacific/Apia", LC_ALL="POSIX", PYTHONHASHSEED="2", PYTHONUTF8="1")
    assert here == there
    assert len(here.splitlines()) > 150
