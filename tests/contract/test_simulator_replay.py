"""A file of nights is served as it is, or refused with the line that does not fit."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from asleep.simulator.replay import ReplayError, replay_world
from asleep.simulator.world import Account

REAL_NIGHTS = Path(__file__).parents[3] / "shared" / "real-nights" / "nights.jsonl.gz"
UNTIL = date(2026, 4, 12)
NIGHT: dict[str, Any] = {
    "dataset": "made",
    "person": "made_1",
    "night_id": "made_1_a",
    "start_time": "2026-03-02T23:10:00.700+01:00",
    "end_time": "2026-03-03T00:10:29.900+01:00",
    "zone": "Europe/Berlin",
    "epoch_seconds": 30,
    "age": 41.0,
    "sex": "F",
    "stages": [0] * 20 + [1] * 100,
    "published": None,
}

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(*nights: dict[str, Any] | str, name: str = "nights.jsonl.gz") -> Path:
        text = "".join(
            (night if isinstance(night, str) else json.dumps(NIGHT | night)) + "\n" for night in nights
        )
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return path

    return written


def test_instants_are_cut_to_the_second_without_changing_the_number_of_epochs(write: Write) -> None:
    # From .700 to .900 an hour and 29.2 s later: cut each for itself the night would keep 3,629 s, as elapsed.
    world, ids = replay_world(write({}), until=UNTIL)
    session = world.diary.sessions(world.people[0])[0]
    assert session.id == ids["made_1_a"]
    assert datetime.fromtimestamp(session.start_s, UTC) == datetime(2026, 3, 2, 22, 10, tzinfo=UTC)
    assert (session.end_s or 0) - session.start_s == 3629


def test_an_end_that_rounds_up_keeps_the_elapsed_seconds(write: Write) -> None:
    # 3,599.8 s elapsed are 119 epochs; cutting both instants would make 3,600 s of them.
    path = write({"start_time": "2026-03-02T22:10:00.900+00:00", "end_time": "2026-03-02T23:10:00.700+00:00"})
    world, _ = replay_world(path, until=UNTIL)
    session = world.diary.sessions(world.people[0])[0]
    assert (session.end_s or 0) - session.start_s == 3599


def test_an_array_one_entry_longer_than_the_time_in_bed_is_served_whole(write: Write) -> None:
    world, _ = replay_world(write({"stages": [1] * 121}), until=UNTIL)
    person = world.people[0]
    recording = world.diary.recording(person, world.diary.sessions(person)[0])
    assert recording.stages is not None
    assert len(recording.stages) == 121
    assert recording.stat is not None
    assert recording.stat["time_in_light"] == 3630
    assert recording.snoring is None


def test_nights_without_a_clock_become_consecutive_evenings(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    clockless = {"start_time": None, "end_time": None, "zone": None}
    path = write(*(clockless | {"night_id": f"night_{place}"} for place in "abc"))
    world, ids = replay_world(path, until=UNTIL)
    person = world.people[0]
    sessions = world.diary.sessions(person)
    starts = [datetime.fromtimestamp(session.start_s, UTC) for session in sessions]
    assert starts == [datetime(2026, 4, day, 23, tzinfo=UTC) for day in (10, 11, 12)]
    assert [session.id for session in sessions] == [ids[f"night_{place}"] for place in "abc"]
    assert all((session.end_s or 0) - session.start_s == 3600 for session in sessions)
    log = capsys.readouterr().err.splitlines()
    assert len(log) == 3
    assert any("night_a" in line and "2026-04-10" in line for line in log)
    assert person.zone == "UTC"


def test_the_person_is_what_the_file_knows(write: Write) -> None:
    world, _ = replay_world(
        write({}, {"person": "made_2", "night_id": "b", "age": None, "sex": None}), until=UNTIL
    )
    first, second = world.people
    assert (first.name, first.birth_year, first.sex, first.zone) == (
        "made_1",
        1985,
        "female",
        "Europe/Berlin",
    )
    assert (second.name, second.birth_year, second.sex, second.metadata) == ("made_2", None, None, None)
    assert first.user_id != second.user_id


@pytest.mark.parametrize(
    ("written", "sex"),
    [
        ("F", "female"),
        ("f", "female"),
        ("Female", "female"),
        ("M", "male"),
        ("m", "male"),
        ("MALE", "male"),
        (None, None),
    ],
)
def test_sex_is_written_as_a_word_or_its_first_letter(
    write: Write, written: str | None, sex: str | None
) -> None:
    world, _ = replay_world(write({"sex": written}), until=UNTIL)
    assert world.people[0].sex == sex


def test_the_example_of_the_readme_is_a_night(write: Write) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (line,) = [text for text in readme.splitlines() if text.startswith('{"person"')]
    world, ids = replay_world(write(line), until=UNTIL)
    session = world.diary.sessions(world.people[0])[0]
    assert ids == {"p1-1": session.id}
    assert ((session.end_s or 0) - session.start_s) // 30 == len(json.loads(line)["stages"])


def test_a_user_created_later_has_no_nights(write: Write) -> None:
    world, _ = replay_world(write({}), until=UNTIL)
    account = Account(world)
    person = account.person(account.create_user(None, now=datetime(2026, 4, 1, tzinfo=UTC)))
    assert person is not None
    assert account.sessions(person) == []


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("{not json", "not JSON"),
        ("[]", "no JSON object"),
        (json.dumps({"person": "x"}), "'epoch_seconds' is missing"),
        ({"epoch_seconds": 60}, "only 30"),
        ({"stages": [0, 4]}, "-1, 0, 1, 2 and 3"),
        ({"stages": []}, "not empty"),
        ({"zone": "Mars/Base"}, "'Mars/Base' is unknown"),
        ({"start_time": "2026-03-02T23:10:00"}, "need an offset"),
        ({"start_time": "yesterday"}, "start_time is 'yesterday'; write 2026-"),
        ({"end_time": 1772489400}, "end_time is 1772489400; write 2026-"),
        ({"sex": "woman"}, "sex is 'woman'; write female, male, F or M, or null"),
        ({"sex": 1}, "sex is 1"),
        ({"age": "old"}, "age is 'old'; write years from 0 to 120"),
        ({"age": -1}, "age is -1"),
        ({"end_time": "2026-03-02T20:00:00+01:00"}, "not after"),
        ({"night_id": "made_1_a"}, "repeats"),
        ({"person": 7}, "must be text"),
    ],
)
def test_a_broken_line_is_named(write: Write, broken: dict[str, Any] | str, reason: str) -> None:
    second = broken if isinstance(broken, str) else {"night_id": "b"} | broken
    with pytest.raises(ReplayError, match=r"Line 2 of nights\.jsonl\.gz") as refusal:
        replay_world(write({}, second), until=UNTIL)
    assert reason in str(refusal.value)


def test_a_file_cut_short_or_empty_is_refused(write: Write) -> None:
    path = write({})
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(ReplayError, match="cannot be read to its end"):
        replay_world(path, until=UNTIL)
    with pytest.raises(ReplayError, match="holds no night"):
        replay_world(write(name="empty.jsonl"), until=UNTIL)


def test_real_nights_are_served_whole() -> None:
    if not REAL_NIGHTS.exists():
        pytest.skip("the real nights are not beside this checkout")
    world, ids = replay_world(REAL_NIGHTS, until=UNTIL)
    with gzip.open(REAL_NIGHTS, "rt") as lines:
        nights = [json.loads(line) for line in lines]
    assert len(world.people) == len({night["person"] for night in nights})
    served = {}
    for person in world.people:
        for session in world.diary.sessions(person):
            stages = world.diary.recording(person, session).stages
            served[session.id] = [] if stages is None else stages.tolist()
    assert len(served) == len(ids) == len(nights)
    for night in nights:
        assert served[ids[night["night_id"]]] == night["stages"]
