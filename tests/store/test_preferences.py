"""The settings of an organisation: JSON values by key, each with who set it."""

from typing import Any

import pytest

from store.database import Store
from store.errors import EditedMeanwhile, InvalidEntry, UnknownOrganisation
from store.preferences import DEFAULT
from tests.store.samples import NOW


@pytest.mark.parametrize(
    "value", [None, True, 0, 0.1, "früh\n\x00", [1, "a", None], {"efficiency": 0.4, "ü": [{"deep": True}]}]
)
def test_a_value_comes_back_as_set(store: Store, value: Any) -> None:
    kept = store.preferences.set("north", "score.weights", value, version=DEFAULT, by="Kim")
    assert store.preferences.all("north") == {"score.weights": kept}
    assert kept.value == value
    assert type(kept.value) is type(value)
    assert (kept.version, kept.changed_by, kept.changed_at) == (1, "Kim", NOW)
    assert store.preferences.all("south") == {}


def test_a_setting_that_was_set_back_is_not_set_and_its_versions_go_on(store: Store) -> None:
    preferences = store.preferences
    first = preferences.set("north", "k", 1, version=DEFAULT, by="Kim")
    preferences.reset("north", "k", version=first.version, by="Kim")
    assert preferences.all("north") == {}
    again = preferences.set("north", "k", 2, version=DEFAULT, by="Lee")
    assert again.version == 3
    with pytest.raises(EditedMeanwhile, match="The setting k was changed by Lee at 2026-03-01 12:00 UTC"):
        preferences.set("north", "k", 9, version=first.version, by="Kim")
    assert preferences.all("north") == {"k": again}


def test_who_sets_too_late_is_told(store: Store) -> None:
    preferences = store.preferences
    kept = preferences.set("north", "k", 1, version=DEFAULT, by="Kim")
    for late in (
        lambda: preferences.set("north", "k", 2, version=DEFAULT, by="Lee"),
        lambda: preferences.reset("north", "k", version=DEFAULT, by="Lee"),
        lambda: preferences.set("north", "k", 2, version=2, by="Lee"),
        lambda: preferences.set("north", "other", 2, version=1, by="Lee"),
    ):
        with pytest.raises(EditedMeanwhile, match="Nothing was saved; load again"):
            late()
    assert preferences.all("north") == {"k": kept}
    assert preferences.set("north", "k", 2, version=1, by="Lee").version == 2


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("", 1, "The setting's key is empty"),
        ("k" * 101, 1, "the most is 100"),
        ("k", float("nan"), "cannot be written as JSON"),
        ("k", {1, 2}, "cannot be written as JSON"),
        ("k", "x" * 65_535, "has 65537 characters; the most is 65536"),
    ],
)
def test_a_setting_that_cannot_be_accepted_is_refused(
    store: Store, key: str, value: object, sentence: str
) -> None:
    with pytest.raises(InvalidEntry, match=sentence):
        store.preferences.set("north", key, value, version=DEFAULT, by="Kim")
    with pytest.raises(UnknownOrganisation):
        store.preferences.set("east", "k", 1, version=DEFAULT, by="Kim")
    assert store.preferences.all("north") == {}
