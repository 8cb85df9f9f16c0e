"""What pages have computed is computed again when, and only when, what it rests on has changed."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from weakref import ref

import pytest

from nocturne.kept import Kept


def made(
    kept: Kept, what: str, *, question: str = "overview", version: str = "v1", grounds: object = None
) -> str:
    """The answer to a question of the organisation main; `what` when it is computed now."""
    return kept.answer("main", version, question, lambda: what, grounds=grounds)


def test_the_same_question_on_the_same_grounds_is_computed_once() -> None:
    kept = Kept()
    assert made(kept, "first", grounds=("Ann",)) == "first"
    assert made(kept, "second", grounds=("Ann",)) == "first"


def test_another_version_or_other_grounds_are_another_answer() -> None:
    kept = Kept()
    made(kept, "first", grounds=("Ann",))
    assert made(kept, "second", grounds=("Ann", "Zoe")) == "second"
    assert made(kept, "third", grounds=("Ann", "Zoe"), version="v2") == "third"


def test_organisations_and_questions_share_nothing() -> None:
    kept = Kept()
    for organisation in ("north", "south"):
        for question in (("Ann", "overview"), ("Zoe", "overview")):
            said = f"{organisation} {question}"
            assert kept.answer(organisation, "v1", question, lambda said=said: said) == said  # type: ignore[misc]


def test_answers_of_an_older_version_are_let_go_of() -> None:
    kept = Kept()
    old = Heavy()
    gone = ref(old)
    kept.answer("main", "v1", "overview", lambda old=old: old)  # type: ignore[misc]
    del old
    assert gone() is not None
    made(kept, "another question", question="nights", version="v2")
    assert gone() is None


class Heavy:
    """Something that can be seen to be let go of."""


def test_nothing_is_kept_of_what_failed_or_does_not_last() -> None:
    kept = Kept()
    with pytest.raises(ZeroDivisionError):
        kept.answer("main", "v1", "question", lambda: 1 // 0)
    assert kept.answer("main", "v1", "question", lambda: "in part", lasting=lambda _: False) == "in part"
    assert kept.answer("main", "v1", "question", lambda: "whole") == "whole"


def test_none_is_an_answer_too() -> None:
    kept = Kept()
    kept.answer("main", "v1", "question", lambda: None)
    assert kept.answer("main", "v1", "question", lambda: 7) is None


def test_who_asks_while_it_is_being_computed_waits_for_it() -> None:
    kept, begun, go = Kept(), Event(), Event()

    def slowly() -> str:
        begun.set()
        assert go.wait(10)
        return "once"

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(kept.answer, "main", "v1", "overview", slowly)
        assert begun.wait(10)
        second = pool.submit(made, kept, "twice")
        assert made(kept, "at once", question="another") == "at once"
        go.set()
        assert (first.result(10), second.result(10)) == ("once", "once")


def test_who_was_asked_longest_ago_makes_room() -> None:
    kept = Kept(longest=2)
    for question in ("a", "b", "a", "c"):
        made(kept, "first", question=question)
    assert made(kept, "again", question="a") == "first"
    assert made(kept, "again", question="b") == "again"
