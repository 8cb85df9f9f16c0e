"""A receiver of webhooks on a loopback port that keeps what it was sent."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LIMIT_S = 30


@dataclass(frozen=True, kw_only=True)
class Received:
    """One webhook: its body as it came and read, the two headers that count, and when it came."""

    raw: bytes
    body: dict[str, Any]
    key: str
    user_id: str
    at_s: float

    @property
    def payload(self) -> dict[str, Any]:
        found: dict[str, Any] = self.body.get("data") or self.body.get("callback_data") or self.body
        return found

    @property
    def event(self) -> str:
        return str(self.body.get("event") or self.body["callback_event"])

    @property
    def seq(self) -> int | None:
        return self.payload.get("inference_seq_num")

    @property
    def session_id(self) -> str:
        payload = self.payload
        return str(payload.get("session_id") or payload["session"]["id"])

    @property
    def stages(self) -> list[int]:
        found: list[int] = self.payload.get("sleep_stages") or self.payload["stage_list"]
        return found


@dataclass
class Receiver:
    """`received` in the order of arrival; `statuses` are answered first, one each, then 200."""

    port: int
    received: list[Received] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhooks/asleep/a-token"

    def wait_for(self, enough: Callable[[list[Received]], bool]) -> list[Received]:
        """What was received once it is enough."""
        until = time.monotonic() + LIMIT_S
        while not enough(self.received):
            assert time.monotonic() < until, f"{len(self.received)} webhooks came"
            time.sleep(0.01)
        return list(self.received)


@contextmanager
def receiving(port: int = 0, *, statuses: tuple[int, ...] = ()) -> Iterator[Receiver]:
    """A running receiver."""
    receiver = Receiver(port=port, statuses=list(statuses))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            key, user_id = self.headers["x-api-key"], self.headers["x-user-id"]
            receiver.received.append(
                Received(raw=raw, body=json.loads(raw), key=key, user_id=user_id, at_s=time.time())
            )
            self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        receiver.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
