"""The nights of a week in words: one line per date, naps, the table of statistics, and what was left out and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
from markupsafe import Markup

from analytics import wording
from analytics.drawn_night import DrawnNight
from analytics.grades import sentences, why_left_out
from reports.person_report import PersonReport
from reports.rows import Row, absent, local, records
from reports.strip import ClockAxis, empty_strip, mini_hypnogram
from reports.week_table import night_cells, with_efficiency

_NOT_RECORDED = "No recording"


@dataclass(frozen=True, kw_only=True)
class NightLine:
    """One calendar date of the week.

    Attributes:
        label: the date the night counts for, on which it ends.
        begins: the date on which it began, in words.
        picture: its hypnogram, or empty clock lines; None when no night of the week has stages.
        asleep, efficiency, awake: in words; empty when the night does not count.
        cells: its row of the table of statistics; empty likewise.
        missing: why the night does not count; empty when it does.
        brief: the same with the first reason only, for the narrow place beside the picture.
        note: what else a reader must know of it, e.g. that the clocks changed.
        session_id: of the sleep that is drawn; empty when there is none.
        said: the picture as a sentence with its numbers.
    """

    label: str
    begins: str = ""
    picture: Markup | None = None
    asleep: str = ""
    efficiency: str = ""
    awake: str = ""
    cells: tuple[str, ...] = ()
    missing: str = ""
    brief: str = ""
    note: str = ""
    session_id: str = ""
    said: str = ""


def night_lines(
    report: PersonReport, axis: ClockAxis | None, rows: Sequence[Row] | None = None
) -> tuple[NightLine, ...]:
    """One line per calendar date of the period, oldest first, whether or not there is a night.

    Args:
        report: whose nights.
        axis: the clock on which each is drawn; None draws none.
        rows: `night_rows` of the period, where they are at hand.
    """
    period = report.period
    by_date = _by_date(night_rows(period.nights) if rows is None else rows)
    views = {view.session_id: view for view in report.hypnograms}
    days = (period.last - period.first).days + 1
    return tuple(
        _line(day, by_date.get(day, []), views, axis)
        for day in (period.first + timedelta(n) for n in range(days))
    )


def night_rows(nights: pd.DataFrame) -> list[Row]:
    """The rows of a nights frame with the efficiency that counts, by start: what the functions below read."""
    return records(with_efficiency(nights))


def nap_sentences(rows: Sequence[Row]) -> tuple[str, ...]:
    """One sentence per nap of the period: when, how long asleep, and why it is not counted if it is not."""
    return tuple(_nap(row) for row in rows if row["kind"] == "nap")


def left_out(rows: Sequence[Row]) -> tuple[str, ...]:
    """One line per recording of the period that is in no mean: when it was, and every reason."""
    out = (row for row in rows if not row["valid"] and row["kind"] != "nap")
    return tuple(f"{_when(row)}. {' '.join(why_left_out(row['reasons']))}" for row in out)


def remarks(rows: Sequence[Row]) -> tuple[str, ...]:
    """One line per remark on sleeps that do count (a clock change, a value that differs), with their dates."""
    dates: dict[str, list[str]] = {}
    for row in rows:
        if row["valid"]:
            for sentence in sentences(row["reasons"], valid=True):
                dates.setdefault(sentence, []).append(_day(row["night"].date()))
    return tuple(f"{', '.join(days)}. {sentence}" for sentence, days in dates.items())


def _line(day: date, rows: list[Row], views: Mapping[str, DrawnNight], axis: ClockAxis | None) -> NightLine:
    mains = [row for row in rows if row["kind"] == "main"]
    counted = [row for row in mains if row["valid"]]
    if counted:
        return _counted(day, counted[-1], views.get(counted[-1]["session_id"]), axis)
    reasons = _reasons(rows)
    missing = f"Left out. {' '.join(reasons)}" if reasons else _NOT_RECORDED
    row = mains[-1] if mains else None
    view = views.get(row["session_id"]) if row is not None else None
    return NightLine(
        label=_day(day),
        begins=_begins(row, day) if row is not None else "",
        picture=_picture(_day(day), row, view, axis, missing),
        missing=missing,
        brief=_brief(reasons),
        note=view.clock_note if view is not None else "",
        session_id=row["session_id"] if row is not None else "",
        said=_in_numbers(_day(day), row, missing) if row is not None else f"{_day(day)}: {missing}",
    )


def _brief(reasons: tuple[str, ...]) -> str:
    """What fits beside a picture: the first reason, and that there are more in the table."""
    if len(reasons) < 2:
        return f"Left out. {reasons[0]}" if reasons else _NOT_RECORDED
    return f"Left out for {len(reasons)} reasons. {reasons[0]}"


def _counted(day: date, row: Row, view: DrawnNight | None, axis: ClockAxis | None) -> NightLine:
    return NightLine(
        label=_day(day),
        begins=_begins(row, day),
        picture=_picture(_day(day), row, view, axis, ""),
        asleep=wording.duration(row["tst_min"]),
        efficiency=wording.percent(row["efficiency_pct"]),
        awake=wording.duration(row["waso_min"]),
        cells=night_cells(row),
        note=view.clock_note if view is not None else "",
        session_id=row["session_id"],
        said=_in_numbers(_day(day), row, ""),
    )


def _picture(
    day: str, row: Row | None, view: DrawnNight | None, axis: ClockAxis | None, missing: str
) -> Markup | None:
    if axis is None:
        return None
    if row is None or view is None:
        return empty_strip(axis, title=f"{day}: {missing or 'the stages of this night are not at hand'}")
    return mini_hypnogram(view, axis, title=_in_numbers(day, row, missing))


def _in_numbers(day: str, row: Row, missing: str) -> str:
    """The picture of a night as a sentence, for those who hear it and for the pointer."""
    text = (
        f"{day}: in bed {wording.clock(row['start_clock_h'])} to {wording.clock(row['end_clock_h'])}, "
        f"asleep {wording.duration(row['tst_min'])}, awake after onset {wording.duration(row['waso_min'])}, "
        f"light {wording.duration(row['light_min'])}, deep {wording.duration(row['deep_min'])}, "
        f"REM {wording.duration(row['rem_min'])}"
    )
    if row["unknown_min"] > 0:
        text += f", unknown {wording.duration(row['unknown_min'])}"
    return f"{text}. {missing}" if missing else text


def _reasons(rows: list[Row]) -> tuple[str, ...]:
    """Why a date has no night that counts: the reasons of what was recorded; nothing when nothing was."""
    tried = [row for row in rows if row["kind"] != "nap"]
    return tuple(dict.fromkeys(reason for row in tried for reason in why_left_out(row["reasons"])))


def _begins(row: Row, day: date) -> str:
    begun = local(row, "start")
    if begun is None:
        return ""
    evening = wording.evening_of(begun)
    return "same day" if evening == day else f"from {_day(evening)}"


def _nap(row: Row) -> str:
    asleep = f"asleep {wording.duration(row['tst_min'])}"
    if row["valid"]:
        return f"{_when(row)}, {asleep}"
    return f"{_when(row)}, {asleep}; not counted. {' '.join(why_left_out(row['reasons']))}"


def _when(row: Row) -> str:
    """When a recording was, on its own clock: `Fri 6 Feb, 23:10 to 02:05`."""
    begun, ended = local(row, "start"), local(row, "end")
    if begun is None:
        return (
            "A session without a start"
            if absent(row["night"])
            else f"{_day(row['night'].date())}, start unknown"
        )
    start = f"{_day(begun.date())}, {wording.clock_of(begun)}"
    return f"{start} to {wording.clock_of(ended)}" if ended is not None else f"{start}, without an end"


def _day(value: date) -> str:
    return wording.day(value, year=False, short=True)


def _by_date(rows: Sequence[Row]) -> dict[date, list[Row]]:
    found: dict[date, list[Row]] = {}
    for row in rows:
        if not absent(row["night"]):
            found.setdefault(row["night"].date(), []).append(row)
    return found
