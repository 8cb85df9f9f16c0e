"""What pages have computed is computed again when, and only when, what it rests on has changed."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from nocturne.kept import Kept


def test_the_same_question_on_the_same_grounds_is_computed_once() -> None:
    kept, made = Kept(), []
    for _ in range(3):
        assert kept.answer(("main", "overview"), ("v1", (1, 2)), lambda: made.append(1) or len(made)) == 1
    assert kept.answer(("main", "overview"), ("v2", (1, 2)), lambda: made.append(1) or len(made)) == 2


def test_questions_share_nothing_even_on_the_same_grounds() -> None:
    kept = Kept()
    assert kept.answer(("north", "overview"), "v1", lambda: "north's") == "north's"
    assert kept.answer(("south", "overview"), "v1", lambda: "south's") == "south's"


def test_nothing_is_kept_of_what_failed() -> None:
    kept = Kept()
    with pytest.raises(ZeroDivisionError):
        kept.answer("question", None, lambda: 1 // 0)
    assert kept.answer("question", None, lambda: 7) == 7


def test_none_is_an_answer_too() -> None:
    kept, made = Kept(), []
    for _ in range(2):
        assert kept.answer("question", None, lambda: made.append(1)) is None
    assert len(made) == 1


def test_who_asks_while_it_is_being_computed_waits_for_it() -> None:
    kept, begun, go = Kept(), Event(), Event()

    def slowly() -> str:
        begun.set()
        assert go.wait(10)
        return "once"

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(kept.answer, "question", 1, slowly)
        assert begun.wait(10)
        second = pool.submit(kept.answer, "question", 1, lambda: "twice")
        assert kept.answer("another question", 1, lambda: "at once") == "at once"
        go.set()
        assert (first.result(10), second.result(10)) == ("once", "once")


def test_who_was_asked_longest_ago_makes_room() -> None:
    kept = Kept(longest=2)
    for question in ("a", "b", "a", "c"):
        kept.answer(question, 1, lambda: "first")
    assert kept.answer("a", 1, lambda: "again") == "first"
    assert kept.answer("b", 1, lambda: "again") == "again"
