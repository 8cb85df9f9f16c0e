"""Weeks that are hard to print: empty ones, full ones, long words, many reasons."""

from dataclasses import replace
from datetime import timedelta

from analytics.grades import REASONS
from reports.person_report import PersonReport
from tests.reports.made_up import FIRST, Sleep, at, report_of, week_of_nights

EXCLUDING = sorted(
    (code for code, (_, excludes) in REASONS.items() if excludes), key=lambda code: len(REASONS[code][0])
)
REMARKING = sorted(
    (code for code, (_, excludes) in REASONS.items() if not excludes), key=lambda code: len(REASONS[code][0])
)


def napping_week() -> list[Sleep]:
    """Seven nights and a nap after each, one of them in the early evening."""
    naps = [
        Sleep(
            begun=at(f"{FIRST + timedelta(days=n)} {'17:40' if n == 3 else '14:05'}"),
            stages=(0,) * 10 + (1,) * 60 + (2,) * 10,
            kind="nap",
        )
        for n in range(7)
    ]
    return [*week_of_nights(), *naps]


def excluded_week() -> list[Sleep]:
    """Seven nights, each left out for three long reasons."""
    long = ";".join(EXCLUDING[-3:])
    return [replace(night, grade="X", reasons=long) for night in week_of_nights()]


def mixed_week() -> list[Sleep]:
    """Nights left out, with remarks and with lost signal, a date without any, a nap."""
    nights = week_of_nights()
    gap = tuple(-1 if 300 < n < 340 else stage for n, stage in enumerate(nights[5].stages))
    return [
        replace(nights[0], reasons=REMARKING[-1]),
        nights[1],
        replace(nights[2], grade="X", reasons=";".join(EXCLUDING[-2:])),
        replace(nights[5], stages=gap, grade="B", reasons=";".join(REMARKING[-3:])),
        Sleep(begun=at("2026-02-10 14:10"), stages=(0,) * 6 + (1,) * 50, kind="nap"),
        nights[6],
    ]


def changed_clocks() -> PersonReport:
    """A week in which a night was recorded while the clocks changed."""
    nights = week_of_nights()
    note = "The clocks went forward by 1\u00a0h at 02:00; this recording lasted 8\u00a0h 36\u00a0min."
    return report_of(nights, notes={f"s-{night.begun:%Y%m%d%H%M}": note for night in nights[4:5]})


WEEKS: dict[str, PersonReport] = {
    "no night": report_of([], usual=False, history_nights=0, score=float("nan"), before=float("nan")),
    "one night": report_of(week_of_nights()[:1], score=float("nan"), estimator=None),
    "seven nights": report_of(week_of_nights()),
    "naps": report_of(napping_week()),
    "everything left out": report_of(excluded_week()),
    "a bit of everything": report_of(mixed_week()),
    "a clock change": changed_clocks(),
    "a long name": report_of(week_of_nights(), name="Maximiliane Konstantinopolska " * 6 + "of the far end"),
    "a long word": report_of(napping_week(), name="W" * 200),
    "no usual": report_of(week_of_nights(), usual=False, history_nights=6),
}
"""By name a week whose page has to hold."""
