"""A dashboard that takes in webhooks, with nobody to work them off, and events that a worker gives up."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from settings import Settings
from store.inbox import Arrival, Inbox
from tests.browser.conftest import DEMO
from tests.serving import Served, serve_script


@dataclass(frozen=True, kw_only=True)
class Receiving:
    """A running dashboard of two people, and the folder of its data."""

    served: Served
    folder: Path

    def gives_up(self, error: str, seqs: Iterable[int]) -> None:
        """Another process, as a worker of its own is, gives up events about nobody on the roster."""
        mine = Settings(nocturne_environment="demo")
        inbox = Inbox(f"sqlite:///{self.folder / 'data' / 'demo' / 'inbox.sqlite3'}")
        try:
            arrivals = [_of_nobody(mine, seq) for seq in seqs]
            inbox.accept(arrivals)
            for leased in inbox.lease(mine.organisation, mine.asleep_environment, worker="test", limit=1000):
                if leased.vendor_id == _NOBODY:
                    inbox.bury(leased, error=error)
            inbox.give_back("test")
        finally:
            inbox.close()


@contextmanager
def receiving(folder: Path) -> Iterator[Receiving]:
    """The dashboard, from ready to stopped."""
    environment = {
        **DEMO,
        "NOCTURNE_DEMO_PEOPLE": "2",
        "NOCTURNE_DEMO_NIGHTS": "2",
        "NOCTURNE_WEBHOOKS": "on",
        "NOCTURNE_INBOX_WORKER": "apart",
        "NOCTURNE_DATA_DIR": str(folder / "data"),
    }
    with serve_script("streamlit_app.py", output=folder / "output.txt", environment=environment) as served:
        yield Receiving(served=served, folder=folder)


_NOBODY = "G-nobody"


def _of_nobody(mine: Settings, seq: int) -> Arrival:
    return Arrival(
        organisation=mine.organisation,
        environment=mine.asleep_environment,
        kind="block",
        event="INFERENCE_COMPLETE",
        version="V3",
        vendor_id=_NOBODY,
        session_id="20260311140000_none0",
        seq=seq,
        stages=bytes(10),
        body=b"{}",
        mark=b"of nobody",
        request_id=f"r{seq}",
    )
