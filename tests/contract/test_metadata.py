"""What of a new person may be sent, at the edges of the contract; and that nothing else is."""

from datetime import date

import pytest

from asleep.errors import UnusableMetadata
from asleep.metadata import checked_metadata
from asleep.models import UserMetadata
from tests.contract.asking import talking_to

TODAY = date(2026, 2, 20)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"birth_year": 1900},
        {"birth_year": 2026},
        {"birth_month": 2, "birth_day": 29},
        {"birth_year": 2024, "birth_month": 2, "birth_day": 29},
        {"birth_day": 31},
        {"gender": "prefer_not_to_say"},
        {"height_cm": 0},
        {"height_cm": 300.0, "weight_kg": 1000.0},
        {"height_cm": 168.5, "weight_kg": 61.2},
    ],
)
def test_what_the_contract_allows_passes(fields: dict[str, object]) -> None:
    metadata = UserMetadata(**fields)  # type: ignore[arg-type]
    assert checked_metadata(metadata, today=TODAY) is metadata


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"birth_year": 1899}, "Birth year 1899 is not between 1900 and 2026"),
        ({"birth_year": 2027}, "Birth year 2027"),
        ({"birth_month": 0}, "Birth month 0"),
        ({"birth_month": 13, "birth_day": 1}, "Birth month 13"),
        ({"birth_day": 32}, "Birth day 32"),
        ({"birth_year": 2023, "birth_month": 2, "birth_day": 29}, "no day 29 in 02/2023"),
        ({"birth_month": 4, "birth_day": 31}, "no day 31 in month 4"),
        ({"gender": "Female"}, "Gender 'Female' is not one of male, female"),
        ({"gender": ""}, "Gender"),
        ({"height_cm": -0.1}, "Height -0.1 is not between 0 and 300"),
        ({"height_cm": 300.1}, "Height 300.1"),
        ({"height_cm": float("nan")}, "Height nan"),
        ({"weight_kg": 1000.1}, "Weight 1000.1"),
        ({"weight_kg": 61.25}, "more than one decimal"),
        ({"birth_year": 1899, "weight_kg": -1}, r"Birth year 1899.*Weight -1"),
    ],
)
def test_what_it_does_not_allow_is_named(fields: dict[str, object], sentence: str) -> None:
    with pytest.raises(UnusableMetadata, match=sentence):
        checked_metadata(UserMetadata(**fields), today=TODAY)  # type: ignore[arg-type]


def test_the_client_sends_nothing_that_the_contract_does_not_allow() -> None:
    with talking_to() as (client, service):
        with pytest.raises(UnusableMetadata):
            client.create_user(UserMetadata(height_cm=301))
        assert service.seen == []
