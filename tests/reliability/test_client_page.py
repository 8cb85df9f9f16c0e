"""docs/client.md does what it says, from its first block to its last."""

import re
from collections import Counter
from datetime import date

from asleep.models import AverageStats, User
from asleep.simulator.server import Running
from cache.policy import keep
from tests.reliability.conftest import sessions_of
from tests.serving import ROOT

PAGE = (ROOT / "docs" / "client.md").read_text()


def test_every_block_runs_in_order_against_the_simulator(vendor: Running) -> None:
    somebody, _ = sessions_of(vendor)
    names = {"BASE_URL": vendor.address, "API_KEY": vendor.api_key, "SOMEBODY": somebody}
    for block in re.findall(r"^```python\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE):
        line = PAGE[: PAGE.index(block)].count("\n")
        exec(compile("\n" * line + block, "docs/client.md", "exec"), names)  # noqa: S102 - our own page
    operations = {
        "createUser", "getUser", "deleteUser", "listSessions", "getSession", "deleteSession", "getAverageStats"
    }  # fmt: skip
    assert set(Counter(vendor.requests)) == operations


def test_the_table_of_what_is_kept_is_the_policy() -> None:
    nothing = AverageStats(timezone=None, first=date(2026, 2, 1), last=date(2026, 2, 1), days=1)
    lists, averages = keep("list_sessions", ()), keep("average_stats", nothing)
    user = keep("get_user", User(user_id="G-1"))
    assert lists is not None
    assert averages is not None
    assert user is not None
    days = 86_400
    assert (lists.fresh_s, lists.stale_s) == (60, 7 * days)
    assert (averages.fresh_s, averages.stale_s) == (15 * 60, 7 * days)
    assert (user.fresh_s, user.stale_s) == (5 * 60, 7 * days)
    for row in (
        "| a list of sessions | 60 s | 7 days |",
        "| averages | 15 min | 7 days |",
        "| a person | 5 min | 7 days |",
    ):
        assert row in PAGE
