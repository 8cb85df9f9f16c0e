"""Events as the receiver hands them to the inbox."""

from nocturne.application import Application
from store.inbox import Arrival


def arrival(application: Application, seq: int) -> Arrival:
    """A block of a night."""
    return Arrival(
        organisation=application.organisation,
        environment="live",
        kind="block",
        event="INFERENCE_COMPLETE",
        version="V3",
        vendor_id="G-20260105081500-QmVubml0b1NsZWVwUVo",
        session_id="20260214220530_m4t6b",
        seq=seq,
        stages=bytes(10),
        body=b"{}",
        mark=b"mark",
        request_id=f"r-{seq}",
    )
