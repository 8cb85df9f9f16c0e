"""What the tests of the cache begin with."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from asleep.models import SessionResult, SessionStat, SessionState
from cache.seal import SealBroken, Sealed

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class MirrorSeal:
    """A seal that changes bytes and binds the label, as a real one will: what only works in plain fails."""

    def seal(self, data: bytes, *, label: str) -> Sealed:
        return Sealed(label.encode() + b"\n" + bytes(255 - byte for byte in data))

    def open(self, data: bytes, *, label: str) -> bytes:
        head, _, body = data.partition(b"\n")
        if head != label.encode():
            raise SealBroken(f"These bytes were not sealed as {label}.")
        return bytes(255 - byte for byte in body)

    def patch(self, data: bytes, *, label: str) -> Sealed | None:  # noqa: ARG002
        return None  # the label stands in front of the whole: a part cannot be exchanged

    def map(self, path: Path, *, label: str) -> memoryview:
        return memoryview(self.open(path.read_bytes(), label=label))


def bytes_under(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


def night(
    day: int, *, prefix: str = "s", state: SessionState = "COMPLETE", stages: tuple[int, ...] | None = None
) -> SessionResult:
    """The session of one evening, 23:00 UTC to 07:00: a little wake, then sleep in cycles."""
    start = datetime(2026, 1, 1, 23, tzinfo=UTC) + timedelta(days=day)
    if stages is None:
        cycle = (1,) * 40 + (2,) * 50 + (1,) * 40 + (3,) * 40 + (0,) * (day % 5)
        stages = ((0,) * (10 + day % 7) + cycle * 6)[:960]
    return SessionResult(
        session_id=f"{prefix}{day}",
        state=state,
        start=start,
        end=None if state == "OPEN" else start + timedelta(seconds=30 * len(stages)),
        created_timezone="Europe/Berlin",
        peculiarities=("NO_BREATHING_STABILITY",),
        missing_data_ratio=0.0,
        sleep_stages=stages,
        snoring_stages=tuple(int(stage == 2) for stage in stages),
        stat=SessionStat(time_in_bed_s=28_800.0, sleep_latency_s=300.0, sleep_index=80.0, waso_count=3.0),
        unknown=(("session.device_model", '"X-1"'),),
    )
