"""What a roster accepts, and the sentence it refuses with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.people import (
    MAX_NAME,
    InvalidPerson,
    NewPerson,
    checked_organisation_id,
    checked_person,
    checked_tags,
)


def person(**changes: object) -> NewPerson:
    fields: dict[str, object] = {"vendor_id": "G-1", "name": "Ann", "zone": "Asia/Seoul"}
    return NewPerson(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"zone": "Mars/Olympus"}, "Time zone 'Mars/Olympus' is not an IANA name"),
        ({"zone": ""}, "is not an IANA name"),
        ({"zone": "../etc/passwd"}, "is not an IANA name"),
        ({"birth_year": 1899}, "Birth year 1899 is not between 1900 and 2026"),
        ({"birth_year": 2027}, "Birth year 2027 is not between 1900 and 2026"),
        ({"sex": "f"}, "Sex 'f' is not one of male, female, non_binary, other, prefer_not_to_say"),
        ({"name": "   "}, "The name is empty"),
        ({"name": "a" * (MAX_NAME + 1)}, "The name has 201 characters; the most is 200"),
        ({"name": "Ann\nBob"}, "The name holds a control character"),
        ({"name": "Ann\u202egnp.exe"}, "The name holds a control character"),
        ({"vendor_id": ""}, "The vendor's user id is empty"),
        ({"vendor_id": " G-1"}, "has blanks around it"),
        ({"vendor_id": ".."}, "cannot be a vendor's user id"),
        ({"vendor_id": "G\x001"}, "The vendor's user id holds a control character"),
        ({"tags": ("night;shift",)}, "holds a semicolon"),
        ({"tags": ("",)}, "A tag is empty"),
        ({"tags": tuple(f"t{n}" for n in range(51))}, "51 tags are too many"),
        ({"environment": "staging"}, "Environment 'staging' is neither live nor test"),
    ],
)
def test_a_field_that_cannot_be_accepted_is_named_in_the_refusal(
    changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(InvalidPerson) as refusal:
        checked_person(person(**changes), this_year=2026)
    assert sentence in str(refusal.value)


@pytest.mark.parametrize("birth_year", [None, 1900, 2026])
@pytest.mark.parametrize("sex", ["", "female", "prefer_not_to_say"])
def test_the_edges_of_what_is_accepted(birth_year: int | None, sex: str) -> None:
    checked = checked_person(person(birth_year=birth_year, sex=sex), this_year=2026)
    assert (checked.birth_year, checked.sex) == (birth_year, sex)


def test_one_name_written_in_two_unicode_forms_is_one_name() -> None:
    composed = checked_person(person(name="Zoë"), this_year=2026)
    decomposed = checked_person(person(name=" Zoe\u0308 "), this_year=2026)
    assert composed == decomposed


def test_tags_are_sorted_and_counted_once() -> None:
    assert checked_tags(["shift", "control", " shift "]) == ("control", "shift")


@pytest.mark.parametrize("organisation", ["", "A", "a/b", "..", "-a", "a" * 64, "ä", "a.b"])
def test_an_organisation_id_that_could_not_be_a_folder_is_refused(organisation: str) -> None:
    with pytest.raises(InvalidPerson, match="Organisation id"):
        checked_organisation_id(organisation)


@given(name=st.text(), vendor_id=st.text(), tags=st.lists(st.text(), max_size=4), zone=st.text(max_size=20))
def test_any_text_is_accepted_clean_or_refused_with_a_sentence(
    name: str, vendor_id: str, tags: list[str], zone: str
) -> None:
    given_person = person(name=name, vendor_id=vendor_id, tags=tuple(tags), zone=zone)
    try:
        checked = checked_person(given_person, this_year=2026)
    except InvalidPerson as error:
        sentence = str(error)
        assert sentence.endswith(".")
        return
    assert checked.name == checked.name.strip() != ""
    assert checked.vendor_id == vendor_id
    assert checked_person(checked, this_year=2026) == checked
