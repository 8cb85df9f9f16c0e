"""The flow from expected to analysed as rows, each with its nights and sessions: after CONSORT's diagram (SPEC 7.8)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from analytics.ledger import ANALYSED, VALID
from analytics.quality import Quality
from analytics.quality_states import REASON_SENTENCES, UNRECORDED

__all__ = ["FlowRow", "flow"]


@dataclass(frozen=True, kw_only=True)
class FlowRow:
    """A step of the flow, or one reason why something did not come so far.

    Attributes:
        kind: "step", or "reason" for what goes before the next step.
        code: of the step ("expected", "recorded", "valid", "analysed") or of the reason.
        label: what it is called; a reason has its sentence.
        nights: how many nights it is; of a reason 0 where they are counted through another session.
        sessions: how many sessions; None where there can be none.
        above: nights that are left before a reason is taken away; of a step its own.
    """

    kind: Literal["step", "reason"]
    code: str
    label: str
    nights: int
    sessions: int | None
    above: int


def flow(found: Quality) -> tuple[FlowRow, ...]:
    """The rows from the top; the nights of a step less those of the reasons below it are those of the next step."""
    ledger = found.ledger
    return (
        _step("expected", "Expected", found.expected, None),
        *_unrecorded(found),
        _step("recorded", "Recorded", ledger.recorded_nights, ledger.recorded),
        *_left_out(found, VALID, ledger.recorded_nights),
        _step("valid", "Valid", ledger.valid_nights, ledger.valid),
        *_left_out(found, ANALYSED, ledger.valid_nights),
        _step("analysed", "Analysed", ledger.analysed_nights, ledger.analysed),
    )


def _step(code: str, label: str, nights: int, sessions: int | None) -> FlowRow:
    return FlowRow(kind="step", code=code, label=label, nights=nights, sessions=sessions, above=nights)


def _unrecorded(found: Quality) -> Iterator[FlowRow]:
    above = found.expected
    for code in UNRECORDED:
        nights = found.nights_by_reason.get(code, 0)
        if nights:
            label = REASON_SENTENCES[code]
            yield FlowRow(kind="reason", code=code, label=label, nights=nights, sessions=None, above=above)
        above -= nights


def _left_out(found: Quality, step: str, above: int) -> Iterator[FlowRow]:
    """The reasons of a step, those of most nights first."""
    told = [each for each in found.ledger.exclusions if each.step == step]
    for each in sorted(told, key=lambda each: (-each.nights, -each.sessions)):
        yield FlowRow(
            kind="reason",
            code=each.code,
            label=each.reason,
            nights=each.nights,
            sessions=each.sessions,
            above=above,
        )
        above -= each.nights
