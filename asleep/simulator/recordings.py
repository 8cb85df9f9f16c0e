"""What the service knows of sessions beside their times: stages, snoring, labels and statistics, of many at once.

One path makes one night and many: the draws of a night lie in a fixed place, and what is made of them does not look
at other nights. So a batch equals its nights one by one, byte for byte.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from asleep.simulator import draws
from asleep.simulator.calibration import light_factor
from asleep.simulator.diary import EPOCH_S, NIGHT, Session
from asleep.simulator.draws import Draws
from asleep.simulator.nights import GAP_DRAWS, SNORING_WIDTH, cut_gaps, snoring_of_nights, unknown_ratio
from asleep.simulator.people import Person
from asleep.simulator.statistics import (
    Counts,
    Stages,
    Stat,
    statistics_of_nights,
    vendor_statistics,
)
from asleep.simulator.walk import GAPS, WIDTH, Walkers, walk

EPOCHS_PER_BLOCK = 10  # an unfinished session is analysed in blocks
_UP_AFTER_EPOCHS = 1000  # whoever leaves the recorder running still gets up
_NO_BREATHING = "NO_BREATHING_STABILITY"
_LABELS = {
    "too_short": "TOO_SHORT_FOR_ANALYSIS",
    "defects": "TOO_MANY_DEFECTS_IN_SLEEP_STAGES",
    "left_running": "TOO_LONG_FOR_ANALYSIS",
}
IN_PROGRESS = "IN_PROGRESS"


@dataclass(frozen=True, kw_only=True, slots=True)
class Recording:
    """What the service knows of a session beside its times.

    `stages` and `snoring` are int8 arrays, one entry per 30 s, or None where nothing may be shown; `stat` as
    in `vendor_statistics`, or None under the labels that forbid it.
    """

    stages: Stages | None
    snoring: Stages | None
    missing_data_ratio: float
    peculiarities: tuple[str, ...]
    stat: Stat | None


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What the averages need of a session: its labels and the vendor's statistics, as in `Recording`."""

    peculiarities: tuple[str, ...]
    stat: Stat | None


def simulated_recording(person: Person, session: Session, *, seed: int) -> Recording:
    """Stages, snoring, labels and statistics of a simulated session."""
    label = _label(session)
    if session.kind == "too_short":
        return labelled(session, stages=None, snoring=None, label=label)
    stages, _, snoring = nights_of(person, [session], seed=seed)
    if session.state != "COMPLETE":
        analysed = len(stages) // EPOCHS_PER_BLOCK * EPOCHS_PER_BLOCK
        stages, snoring = stages[:analysed], snoring[:analysed]
    return labelled(session, stages=stages, snoring=snoring, label=label)


def simulated_figures(person: Person, sessions: Sequence[Session], *, seed: int) -> tuple[Figures, ...]:
    """Labels and statistics of many of a person's simulated sessions, in their order."""
    labels = [_label(session) for session in sessions]
    analysed = [
        session for session, label in zip(sessions, labels, strict=True) if _has_statistics(session, label)
    ]
    stats: list[Stat] = []
    if analysed:
        values, offsets, snoring = nights_of(person, analysed, seed=seed)
        stats = statistics_of_nights(
            values,
            offsets,
            snoring,
            start_s=[session.start_s for session in analysed],
            end_s=[session.end_s or 0 for session in analysed],
        )
    by_id = dict(zip((session.id for session in analysed), stats, strict=True))
    return tuple(
        [_figures(label, by_id.get(session.id)) for session, label in zip(sessions, labels, strict=True)]
    )


def labelled(
    session: Session, *, stages: Stages | None, snoring: Stages | None, label: str | None
) -> Recording:
    """A recording with the labels and statistics its stages and its own label allow.

    Without a label of its own, a session whose every known entry is wake is NEVER_SLEPT.
    """
    for shared in (stages, snoring):
        if shared is not None:
            shared.setflags(write=False)  # recordings are kept and handed out many times
    stat = None
    if stages is not None and session.end_s is not None and _has_statistics(session, label):
        stat = vendor_statistics(stages, snoring, start_s=session.start_s, end_s=session.end_s)
    figures = _figures(label, stat)
    return Recording(
        stages=stages,
        snoring=snoring,
        missing_data_ratio=0.0 if stages is None else unknown_ratio(stages),
        peculiarities=figures.peculiarities,
        stat=figures.stat,
    )


def figures_of(recording: Recording) -> Figures:
    """The part of a recording that the averages need."""
    return Figures(peculiarities=recording.peculiarities, stat=recording.stat)


def _label(session: Session) -> str | None:
    return _LABELS.get(session.kind) if session.state == "COMPLETE" else IN_PROGRESS


def _has_statistics(session: Session, label: str | None) -> bool:
    return session.end_s is not None and label in (None, _LABELS["left_running"])


def _figures(label: str | None, stat: Stat | None) -> Figures:
    if stat is not None and not stat["time_in_sleep"]:
        label = "NEVER_SLEPT"
    return Figures(peculiarities=(label, _NO_BREATHING) if label else (_NO_BREATHING,), stat=stat)


def nights_of(person: Person, sessions: Sequence[Session], *, seed: int) -> tuple[Stages, Counts, Stages]:
    """Stages of the sessions one after another, where each begins, and the snoring beside them."""
    drawn = _rows(person, sessions, seed=seed, purpose=draws.RECORDING, width=WIDTH)
    epochs = np.array([_heard_epochs(session) for session in sessions])
    offsets = np.concatenate(([0], np.cumsum(epochs)))
    stages = walk(drawn, _walkers(person, sessions, epochs))
    for place, session in enumerate(sessions):
        if session.kind in ("gaps", "defects"):
            night = stages[offsets[place] : offsets[place + 1]]
            gap_draws = drawn[place, GAPS : GAPS + GAP_DRAWS]
            cut_gaps(night, gap_draws, defective=session.kind == "defects")
    ratio = person.sleeper.snoring_ratio
    if ratio:
        drawn = _rows(person, sessions, seed=seed, purpose=draws.SNORING, width=SNORING_WIDTH)
    snoring = snoring_of_nights(drawn, stages, epochs, ratio)
    if any(session.heard_s for session in sessions):
        return _cut_to_recorded(sessions, offsets, stages, snoring)
    return stages, offsets, snoring


def _heard_epochs(session: Session) -> int:
    if session.heard_s is None:
        return session.epochs
    start_s, end_s = session.heard_s
    return max((end_s - start_s) // EPOCH_S, (session.start_s - start_s) // EPOCH_S + session.epochs)


def _cut_to_recorded(
    sessions: Sequence[Session], offsets: Counts, stages: Stages, snoring: Stages
) -> tuple[Stages, Counts, Stages]:
    """The same with what a second device did not record cut off."""
    pieces = []
    for place, session in enumerate(sessions):
        begin = int(offsets[place])
        if session.heard_s is not None:
            begin += (session.start_s - session.heard_s[0]) // EPOCH_S
        pieces.append(slice(begin, begin + session.epochs))
    lengths = np.cumsum([0, *(piece.stop - piece.start for piece in pieces)])
    cut_stages, cut_snoring = (
        np.concatenate([found[piece] for piece in pieces]) for found in (stages, snoring)
    )
    return cut_stages, lengths, cut_snoring


def _walkers(person: Person, sessions: Sequence[Session], epochs: Counts) -> Walkers:
    sleeper = person.sleeper
    count = len(sessions)
    return Walkers(
        epochs=epochs,
        restful_epochs=np.array(
            [_restful_epochs(session, int(known)) for session, known in zip(sessions, epochs, strict=True)]
        ),
        latency_median_epochs=np.array(
            [
                # A nap begins when sleep is near.
                2 * sleeper.latency_median_min * (0.5 if session.kind == "nap" else session.latency_factor)
                for session in sessions
            ]
        ),
        wake_factor=np.full(count, sleeper.wake_factor),
        light_factor=np.full(count, light_factor(sleeper.wake_factor)),
        deep_factor=np.full(count, sleeper.deep_factor),
        rem_factor=np.full(count, sleeper.rem_factor),
    )


def _restful_epochs(session: Session, epochs: int) -> int:
    if session.kind == "never_slept":
        return 0
    if session.kind == "left_running":
        return min(epochs, _UP_AFTER_EPOCHS)
    if session.heard_s is not None:
        return (session.heard_s[1] - session.heard_s[0]) // EPOCH_S
    return 2 * epochs if session.state == "OPEN" else epochs


def _rows(person: Person, sessions: Sequence[Session], *, seed: int, purpose: int, width: int) -> Draws:
    """The draws of each session, [sessions, width]; a second device shares those of the night."""
    drawn = np.empty((len(sessions), width), dtype=np.uint16)
    places: dict[int, list[int]] = {}
    for place, session in enumerate(sessions):
        places.setdefault(NIGHT if session.heard_s else session.slot, []).append(place)
    for slot, found in places.items():
        evenings = [sessions[place].evening for place in found]
        first, last = min(evenings), max(evenings)
        block = draws.rows(
            seed=seed,
            number=person.number,
            purpose=purpose + slot,
            first=first,
            count=last - first + 1,
            width=width,
        )
        drawn[found] = block[[evening - first for evening in evenings]]
    return drawn
